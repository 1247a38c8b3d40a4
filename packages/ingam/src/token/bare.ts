// Layer: token. The bare envelope: a signature over the signer's own certificate, and nothing else. It is the same each
// time, names no audience and no instant, and whoever sees it once can use it until the certificate dies. It is
// verified, until a date, for those who come from it; see docs/from-pyopenssl.md.

import { platform } from '#platform'
import { createError } from '../errors/errors.ts'
import type { SignatureScheme } from '../platform/contract.ts'
import { verifyPath } from '../verify/verify-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { encodePem } from '../x509/pem.ts'
import { describeKey, type SubjectPublicKeyInfo, toImportable } from '../x509/spki.ts'
import { checkSigner } from './known-signer.ts'

/** What was signed: the certificate's DER, or its PEM as OpenSSL writes it. */
export type BareContent = 'der' | 'pem'

/** Until when bare signatures are accepted, and over what. */
export interface BareRules {
  readonly until: Date
  readonly over: BareContent
}

/** The bytes that a bare signature is made over. */
export function bareContentOf(certificate: Certificate, over: BareContent): Uint8Array {
  return over === 'der'
    ? certificate.der
    : new TextEncoder().encode(encodePem('CERTIFICATE', certificate.der))
}

/** How a bare signature by the key is made: with SHA-256, as `openssl dgst` writes it; undefined for other keys. */
export function bareSchemeOf({ key }: SubjectPublicKeyInfo): SignatureScheme | undefined {
  if (key.kind === 'rsa') return { kind: 'rsa-pkcs1', hash: 'SHA-256' }
  if (key.kind === 'ec') return { kind: 'ecdsa', hash: 'SHA-256', curve: key.curve, encoding: 'der' }
  return undefined
}

/**
 * Judges a bare signature of the pinned certificate's holder.
 *
 * @param signature its bytes, or their base64 or base64url
 * @throws {TokenError} ERR_TOKEN_BARE, ERR_TOKEN_ENCODING, ERR_TOKEN_SIGNER, ERR_TOKEN_ALGORITHM_KEY,
 *   ERR_TOKEN_SIGNATURE; {PathError} ERR_PATH_* for the certificate's dates, key and critical extensions
 */
export async function judgeBare(
  signature: string | Uint8Array,
  certificate: Certificate,
  rules: BareRules | undefined,
  at: Date,
): Promise<void> {
  if (rules === undefined || at.getTime() >= rules.until.getTime()) {
    const until = rules === undefined ? 'never' : rules.until.toISOString()
    throw createError('ERR_TOKEN_BARE', { until, at: at.toISOString() })
  }
  const bytes = readSignature(signature)
  await checkSigner(certificate, 'pinned')
  await verifyPath({
    leaf: certificate,
    intermediates: [],
    trustAnchors: [certificate],
    pinnedLeaf: 'accept',
    purpose: 'any',
    revocation: 'off',
    at,
  })
  const spki = certificate.subjectPublicKeyInfo
  const scheme = bareSchemeOf(spki)
  const key = scheme && (await platform.importPublicKey(toImportable(spki), scheme))
  const algorithm = 'a bare signature with SHA-256'
  if (scheme === undefined || key === undefined)
    throw createError('ERR_TOKEN_ALGORITHM_KEY', { algorithm, key: describeKey(spki) })
  const content = bareContentOf(certificate, rules.over)
  if (!(await platform.verifySignature(scheme, key, content, bytes)))
    throw createError('ERR_TOKEN_SIGNATURE', { algorithm })
}

// LIMIT: RSA of 8192 bits, the largest key accepted, signs with 1,024 bytes.
const MAX_SIGNATURE_BYTES = 1_024
const MAX_SIGNATURE_CHARACTERS = 1_368

function readSignature(signature: string | Uint8Array): Uint8Array {
  const isText = typeof signature === 'string'
  if (signature.length > (isText ? MAX_SIGNATURE_CHARACTERS : MAX_SIGNATURE_BYTES)) {
    throw createError('ERR_TOKEN_TOO_LARGE', { maximum: MAX_SIGNATURE_CHARACTERS, found: signature.length })
  }
  if (!isText) return signature
  const bytes = platform.decodeBase64(signature, 'base64') ?? platform.decodeBase64(signature, 'base64url')
  if (bytes !== undefined) return bytes
  const problem = 'neither canonical base64 nor base64url'
  throw createError('ERR_TOKEN_ENCODING', { part: 'signature', offset: 0, problem })
}
