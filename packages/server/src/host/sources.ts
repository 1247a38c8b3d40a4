// Server: where evidence of revocation comes from: files and folders that are watched, and the network where the
// configuration opens it.

import { createFileSource, createHttpSource } from 'ingam/node'
import type { RevocationSource } from 'ingam/x509'
import type { ServiceConfig } from '../config/contract.ts'

/** Sources, and how to end their watching. */
export interface OpenSources {
  readonly sources: readonly RevocationSource[]
  readonly close: () => void
}

/**
 * The sources of the configuration. Only the origins in `allowHosts` are ever connected to.
 *
 * @throws {DecodeError} ERR_FILE_READ and others of createFileSource, where a file cannot be used from the start
 */
export async function openSources(
  revocation: ServiceConfig['revocation'],
  clock: () => Date,
): Promise<OpenSources> {
  const { files, fetch, allowHosts } = revocation
  const fromFiles = files.length === 0 ? undefined : await createFileSource({ paths: files, clock })
  const fromNetwork = fetch === 'off' ? undefined : await createHttpSource({ allow: allowHosts, clock })
  return {
    sources: [fromFiles, fromNetwork].filter((source) => source !== undefined),
    close() {
      fromFiles?.close()
      fromNetwork?.close()
    },
  }
}
