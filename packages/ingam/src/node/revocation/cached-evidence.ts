// Layer: node. Holdings as objects of the cache folder, and back: parsed again, as if a server had just sent them.

import { readAll } from '../../der/reader.ts'
import { isPkiError } from '../../errors/errors.ts'
import type { HeldEvidence } from '../../revocation/source.ts'
import { type CertId, encodeCertId } from '../../x509/ocsp.ts'
import { readCertId } from '../../x509/ocsp-cert-id.ts'
import type { CachedObject } from './cache-folder.ts'
import { derOf, type Holding } from './holdings.ts'
import { readList, readResponse } from './read-evidence.ts'

/** A holding as it is written. */
export function toCached({ url, certId, fetchedAt = 0, pieces }: Holding): CachedObject {
  return {
    kind: certId === undefined ? 'crl' : 'ocsp',
    url: url.href,
    ...(certId && { certId: encodeCertId(certId) }),
    fetchedAt,
    pieces: pieces.map(derOf),
  }
}

/** What a cached object holds, parsed again. */
export interface RestoredObject {
  readonly url: URL
  readonly certId: CertId | undefined
  readonly pieces: readonly HeldEvidence[]
}

/** Parses a cached object; undefined where it is no evidence. */
export async function readCached(object: CachedObject, url: URL): Promise<RestoredObject | undefined> {
  try {
    const certId = object.certId && readAll(object.certId, 'certID', readCertId)
    const pieces: HeldEvidence[] = []
    for (const der of object.pieces) {
      const piece = object.kind === 'crl' ? await readList(der, url.href) : readResponse(der, url.href)
      pieces.push(piece)
    }
    return { url, certId, pieces }
  } catch (error) {
    if (isPkiError(error)) return undefined
    throw error
  }
}
