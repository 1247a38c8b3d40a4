// Layer: node. Bytes of a file or an answer as evidence: lists and responses, told apart by their content. Large lists are
// read in slices, so that verifications go on meanwhile.

import { createError } from '../../errors/errors.ts'
import type { HeldEvidence } from '../../revocation/source.ts'
import { parseOcspResponse } from '../../x509/ocsp.ts'
import { decodeText, parsePem } from '../../x509/pem.ts'
import { readCrl } from './read-crl.ts'

const ENUMERATED = 0x0a

/**
 * Reads a file: PEM with any number of lists, or DER of one list or one OCSP response. **Nothing is verified.**
 *
 * @throws {DecodeError} ERR_INPUT_*, ERR_PEM_*, ERR_DER_*; {CertificateError} ERR_CRL_*, ERR_OCSP_*
 */
export async function readEvidence(bytes: Uint8Array, from: string): Promise<readonly HeldEvidence[]> {
  const content = isLongDer(bytes) ? bytes : decodeText(bytes, 'revocation list or OCSP response')
  if (content instanceof Uint8Array) {
    return [isOcspResponse(content) ? readResponse(content, from) : await readList(content, from)]
  }
  const pieces: HeldEvidence[] = []
  for (const { der } of parsePem(content, 'revocation list', ['X509 CRL'])) {
    pieces.push(await readList(der, from))
  }
  return pieces
}

/** Reads DER of one list, whose bytes are kept as they are. */
export async function readList(der: Uint8Array, from: string): Promise<HeldEvidence & { kind: 'crl' }> {
  return Object.freeze({ kind: 'crl', crl: await readCrl(der), from })
}

/** Reads DER of one successful response; others say nothing of any certificate. */
export function readResponse(der: Uint8Array, from: string): HeldEvidence & { kind: 'ocsp' } {
  const response = parseOcspResponse(der)
  if (response.status !== 'successful') {
    const problem = `is ${response.status}, which says nothing of any certificate`
    throw createError('ERR_OCSP_FIELD', { field: 'responseStatus', problem })
  }
  return Object.freeze({ kind: 'ocsp', response, from })
}

// A length of several bytes, which no text has after its first character.
function isLongDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80
}

// OCSPResponse begins with its status (RFC 6960 §4.2.1), CertificateList with another SEQUENCE (RFC 5280 §5.1).
function isOcspResponse(der: Uint8Array): boolean {
  const length = der[1] ?? 0
  return der[length >= 0x80 ? 2 + (length & 0x7f) : 2] === ENUMERATED
}
