// CLI: the connection of an administrator to a service: where it is, whose certificate signs each call, whom to trust
// for TLS. Each call is signed anew by the service's own client.

import type { Command } from 'commander'
import { loadCredential } from 'ingam/node'
import type { Context, ServerModule } from '../context.ts'
import { addPassphraseOptions, openCredential } from '../credential.ts'
import { usageError } from '../failure.ts'
import type { PassphraseSource } from '../input.ts'
import { readServiceUrl } from './address.ts'
import { createFetch } from './http.ts'
import { loadServer } from './server.ts'
import { readTlsCa } from './tls.ts'

/** The options of every command that talks to /admin. */
export interface ConnectionOptions extends PassphraseSource {
  readonly service?: string
  readonly cert?: string
  readonly key?: string
  readonly tlsCa?: string
  readonly json?: boolean
}

/** The typed client of /admin. */
export type AdminClient = ReturnType<ServerModule['createAdminClient']>

/** Adds the options of {@link ConnectionOptions}. */
export function addConnectionOptions(command: Command): Command {
  const connected = command
    .optionsGroup('The service, and who asks:')
    .option('--service <url>', 'the issuer of the service (default: INGAM_SERVICE)')
    .option('--cert <file>', "the administrator's certificate, PEM or DER (default: INGAM_ADMIN_CERT)")
    .option('--key <file>', 'its private key; may be encrypted (default: INGAM_ADMIN_KEY)')
    .option(
      '--tls-ca <file>',
      "CAs to trust for the service's TLS, PEM (default: INGAM_TLS_CA, else the system's)",
    )
  return addPassphraseOptions(connected).option('--json', 'print what the service answered, as JSON')
}

/**
 * Opens the connection; nothing is sent yet.
 *
 * @throws {CommandError} exit 2 where something is not said, exit 3 where a file cannot be read
 */
export async function openAdmin(context: Context, options: ConnectionOptions): Promise<AdminClient> {
  const issuer = readServiceUrl(context, options.service)
  const certificate = given(context, options.cert, '--cert', 'INGAM_ADMIN_CERT')
  const key = given(context, options.key, '--key', 'INGAM_ADMIN_KEY')
  const { createAdminClient } = await loadServer(context)
  const { credential } = await openCredential(context, { ...options, key }, async (passphrase) => {
    const opening = passphrase === undefined ? {} : { passphrase }
    return await loadCredential({ certificate, privateKey: key, ...opening })
  })
  const tlsCa = options.tlsCa ?? context.env['INGAM_TLS_CA'] ?? ''
  const fetch = context.fetch ?? createFetch(tlsCa === '' ? {} : { ca: await readTlsCa(tlsCa) })
  return createAdminClient({ issuer, credential, fetch, now: context.now })
}

function given(context: Context, value: string | undefined, option: string, variable: string): string {
  const found = value ?? context.env[variable] ?? ''
  if (found === '') throw usageError(`no ${option} given`, `add: ${option} FILE, or set ${variable}`)
  return found
}
