// Tokens as an attacker would make them: a genuine holder of a test certificate signs whatever a test asks for.
// Nothing here goes through the library's signer; the signature comes from WebCrypto, in Node and in browsers.

import { encodeBase64, encodeBase64url } from '../../packages/ingam/src/bytes/base64.ts'
import { defaultAlgorithm, type TokenAlgorithm } from '../../packages/ingam/src/keys/algorithms.ts'
import { borneSubjects, subjectsOf } from '../../packages/ingam/src/keys/subjects.ts'
import type { TestCertificate } from '../../packages/ingam/src/testing/test-ca.ts'
import { ecdsa, rsaPss, signAs, WEB_SIGNING, withContext } from './algorithms.ts'

/** The instant around which forged tokens lie unless told otherwise. */
export const AT: Date = new Date('2026-06-01T12:00:00Z')
/** {@link AT} in seconds since 1970. */
export const NOW: number = AT.getTime() / 1000
/** The audience that forged tokens name unless told otherwise. */
export const AUDIENCE = 'https://api.example'

const SIGNING = {
  ...WEB_SIGNING,
  'ES256 with SHA-512': ecdsa('P-256', 'SHA-512'),
  'ES384 with SHA-256': ecdsa('P-384', 'SHA-256'),
  'ES512 with SHA-384': ecdsa('P-521', 'SHA-384'),
  'PS256 without salt': rsaPss('SHA-256', 0),
  'PS256 with a salt of 20 bytes': rsaPss('SHA-256', 20),
  'PS256 with a salt of 33 bytes': rsaPss('SHA-256', 33),
  // RFC 8017 §9.1.1: what 2048 bits have room for.
  'PS256 with the longest salt': rsaPss('SHA-256', 256 - 32 - 2),
  'ML-DSA-44 with a context': withContext('ML-DSA-44', 'ingam'),
} as const

/** How the signature is really made, whatever the header says. */
export type Signing = keyof typeof SIGNING

/** What to write instead of the usual. */
export interface ForgeOptions {
  /** Members over the usual `alg`, `typ`, `x5c`; undefined leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>
  /** Claims over the usual ones; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** JSON text from the usual one. */
  readonly headerText?: (usual: string) => string
  /** JSON text from the usual one. */
  readonly claimsText?: (usual: string) => string
  /** Text of the header's part from the usual one; it is what is signed. */
  readonly headerPart?: (usual: string) => string
  /** Text of the payload's part from the usual one; it is what is signed. */
  readonly payloadPart?: (usual: string) => string
  /** Default: what suits the key. */
  readonly signing?: Signing
  /** Whose key signs; default the certificate's own. */
  readonly signer?: TestCertificate
  /** Signature bytes from the genuine ones. */
  readonly signature?: (genuine: Uint8Array) => Uint8Array
}

let made = 0

/** A token of the certificate's holder, with the alterations; each call has a jti of its own. */
export async function forge(leaf: TestCertificate, options: ForgeOptions = {}): Promise<string> {
  const subject = await subjectOf(leaf)
  const header = { alg: usualAlgorithm(leaf), typ: 'cert-auth+jwt', x5c: x5cOf(leaf), ...options.header }
  const claims = {
    iss: subject,
    sub: subject,
    aud: AUDIENCE,
    iat: NOW,
    exp: NOW + 300,
    jti: `forged-${String(++made).padStart(16, '0')}`,
    ...options.claims,
  }
  const same = (text: string): string => text
  const headerPart = (options.headerPart ?? same)(
    encodeText((options.headerText ?? same)(JSON.stringify(header))),
  )
  const payloadPart = (options.payloadPart ?? same)(
    encodeText((options.claimsText ?? same)(JSON.stringify(claims))),
  )
  const signed = `${headerPart}.${payloadPart}`
  const signer = options.signer ?? leaf
  const signing = SIGNING[options.signing ?? usualAlgorithm(signer)]
  const genuine = await signAs(signing, signer.privateKeyPkcs8, new TextEncoder().encode(signed))
  return `${signed}.${encodeBase64url(options.signature === undefined ? genuine : options.signature(genuine))}`
}

/** The certificate and its chain as `x5c` carries them. */
export function x5cOf(leaf: TestCertificate): readonly string[] {
  return leaf.chain.map((link) => encodeBase64(link.der))
}

/** Base64url of the text's UTF-8. */
export function encodeText(text: string): string {
  return encodeBase64url(new TextEncoder().encode(text))
}

/** The preferred `sub` of the certificate. */
export async function subjectOf(leaf: TestCertificate): Promise<string> {
  return borneSubjects(subjectsOf(leaf.certificate), await thumbprintOf(leaf))[0] ?? ''
}

/** Base64url SHA-256 of the certificate's DER. */
export async function thumbprintOf(leaf: TestCertificate): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(leaf.der))))
}

/** The value as whatever type is asked for, to call functions as untyped callers can. */
export function untyped<T>(value: unknown): T
export function untyped(value: unknown): unknown {
  return value
}

// The keys of test certificates are all ones that some algorithm takes.
function usualAlgorithm(leaf: TestCertificate): TokenAlgorithm {
  return defaultAlgorithm(leaf.certificate.subjectPublicKeyInfo) ?? 'ES256'
}
