// Layer: token. What a token says, with nothing verified; every name says so.

import { platform } from '#platform'
import { encodeBase64url } from '../bytes/base64.ts'
import type { Certificate } from '../x509/certificate.ts'
import { formatName } from '../x509/name.ts'
import { describeKey } from '../x509/spki.ts'
import { readCertificate, readCertificateTexts } from './header.ts'
import { type JsonObject, parseJsonObject } from './json.ts'
import { decodePart, splitToken } from './jws.ts'

/** A certificate as it was sent, for display. */
export interface InspectedCertificate {
  readonly role: 'signer' | 'further'
  readonly subject: string
  readonly issuer: string
  readonly notBefore: string
  readonly notAfter: string
  readonly key: string
  /** Base64url SHA-256 of the DER. */
  readonly thumbprint: string
  readonly unverifiedCertificate: Certificate
}

/** The parts of a token, **none of them verified**. */
export interface InspectedToken {
  readonly unverifiedHeader: JsonObject
  readonly unverifiedClaims: JsonObject
  readonly unverifiedCertificates: readonly InspectedCertificate[]
  readonly sizeBytes: number
}

// LIMIT: as large as any token that a verifier can be told to read.
const MAX_TOKEN_BYTES = 65_536

/**
 * Reads a token apart. **Nothing is verified**: not the signature, not the certificates, not one claim.
 *
 * @param token compact JWS
 * @throws {TokenError} where it cannot be read: ERR_TOKEN_MALFORMED, ERR_TOKEN_TOO_LARGE, ERR_TOKEN_ENCODING,
 *   ERR_TOKEN_JSON, ERR_TOKEN_HEADER, ERR_TOKEN_CHAIN
 */
export async function inspectToken(token: string): Promise<InspectedToken> {
  const parts = splitToken(token, MAX_TOKEN_BYTES)
  const unverifiedHeader = parseJsonObject(decodePart(parts, 'header'), 'header')
  const unverifiedClaims = parseJsonObject(decodePart(parts, 'payload'), 'payload')
  const texts = Object.hasOwn(unverifiedHeader, 'x5c') ? readCertificateTexts(unverifiedHeader) : []
  const unverifiedCertificates = await inspectCertificates(texts)
  return { unverifiedHeader, unverifiedClaims, unverifiedCertificates, sizeBytes: token.length }
}

/** The certificates of x5c, or of a chain that a thumbprint stands for, for display; ERR_TOKEN_CHAIN as above. */
export async function inspectCertificates(
  texts: readonly string[],
): Promise<readonly InspectedCertificate[]> {
  return await Promise.all(texts.map((text, index) => inspect(readCertificate(text, index), index)))
}

async function inspect(certificate: Certificate, index: number): Promise<InspectedCertificate> {
  return {
    role: index === 0 ? 'signer' : 'further',
    subject: formatName(certificate.subject),
    issuer: formatName(certificate.issuer),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    key: describeKey(certificate.subjectPublicKeyInfo),
    thumbprint: encodeBase64url(await platform.sha256(certificate.der)),
    unverifiedCertificate: certificate,
  }
}
