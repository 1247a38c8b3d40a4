// Layer: keys. A credential: a signer's certificates and the use of its private key. Made only where key and
// certificate fit, proved by a signature, and where the certificate may sign tokens at all.

import { platform } from '#platform'
import { encodeBase64url } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import { isCertificate } from '../path/trust-store.ts'
import type { MaybePromise } from '../platform/contract.ts'
import { readSources } from '../revocation/policy.ts'
import type { RevocationSource } from '../revocation/source.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalNames, formatName } from '../x509/name.ts'
import { parseCertificates } from '../x509/pem.ts'
import { describeKey, toImportable, weaknessOf } from '../x509/spki.ts'
import {
  defaultAlgorithm,
  isTokenAlgorithm,
  schemeOf,
  suitsKey,
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
} from './algorithms.ts'
import { type PrivateKeyInput, readPrivateKey } from './private-key.ts'
import { type SignerRule, signerProblem } from './signer-rules.ts'
import { borneSubjects, subjectsOf } from './subjects.ts'

/** What {@link createCredential} takes. */
export interface CreateCredentialOptions {
  /** The signer's certificate, perhaps followed by its issuers: PEM, its bytes, or the DER of one certificate. */
  readonly certificate: string | Uint8Array
  /** Further issuers, where they are kept apart: PEM or DER. A root may be left out; verifiers have it. */
  readonly chain?: string | Uint8Array
  /** The signer's private key, unencrypted: PKCS#8, PKCS#1 or SEC 1 as PEM or DER. */
  readonly privateKey: string | Uint8Array
  /**
   * The algorithm to sign with; default the one that the key's curve or parameter set names, PS256 for RSA. `EdDSA` writes
   * the name by which older verifiers know Ed25519.
   */
  readonly algorithm?: TokenAlgorithm
  /** The name to sign under, with its type in front; one that the certificate bears. Default: the first of them. */
  readonly subject?: string
  /**
   * Sources of responses about the certificates, which tokens then carry (`staple` of signToken). Of Node's sources
   * createHttpSource asks the responder that a certificate names. Default: none.
   */
  readonly stapleFrom?: readonly RevocationSource[]
  /** Certificates of issuers that tokens do not carry, such as the root: who issued the last of the chain says what to ask for. */
  readonly issuers?: readonly Certificate[]
}

/** Certificates and a key that fit, ready to sign tokens. Holds the key; do not log it. */
export interface Credential {
  readonly kind: 'credential'
  /** The signer first, then its issuers. */
  readonly certificates: readonly [Certificate, ...Certificate[]]
  readonly algorithm: TokenAlgorithm
  /** The value of `sub` and `iss`. */
  readonly subject: string
  /** Where responses about the certificates come from, and the issuers above them; absent where none was given. */
  readonly stapling?: Stapling
  /** Signs bytes as the algorithm writes signatures in tokens. */
  readonly sign: (data: Uint8Array) => MaybePromise<Uint8Array>
}

/** Where a signer gets responses about its own certificates. */
export interface Stapling {
  readonly sources: readonly RevocationSource[]
  /** Issuers that tokens do not carry. */
  readonly issuers: readonly Certificate[]
}

/**
 * Returns a credential whose key was seen to fit its certificate.
 *
 * **Not checked: whether anybody trusts the certificate, or its dates** (signToken looks at these).
 *
 * @throws {CredentialError} ERR_KEY_FORMAT, ERR_KEY_ENCRYPTED, ERR_KEY_UNSUPPORTED, ERR_KEY_MISMATCH,
 *   ERR_CREDENTIAL_CHAIN, ERR_CREDENTIAL_SIGNER
 * @throws {DecodeError} ERR_INPUT_*, ERR_PEM_*, ERR_DER_*; {CertificateError} ERR_CERT_*
 * @throws {ArgumentError} ERR_ARG_*
 */
export async function createCredential(options: CreateCredentialOptions): Promise<Credential> {
  return await openCredential(options, 'client')
}

/**
 * As {@link createCredential}, for tokens of a pinned certificate: the certificate may be a CA's and for whatever
 * purpose, and further certificates beside it are left out.
 */
export async function createPinnedCredential(options: CreateCredentialOptions): Promise<Credential> {
  return await openCredential(options, 'pinned')
}

async function openCredential(options: CreateCredentialOptions, rule: SignerRule): Promise<Credential> {
  checkOptionKeys('createCredential options', options, OPTION_KEYS)
  for (const argument of ['certificate', 'privateKey'] as const) {
    if (options[argument] === undefined)
      throw createError('ERR_ARG_REQUIRED', { argument, expected: 'PEM or DER' })
  }
  const all = readCertificates(options)
  const privateKey = readPrivateKey(options.privateKey)
  const [leaf, ...issuers] = all
  const certificates = rule === 'pinned' ? Object.freeze([leaf] as const) : all
  if (rule === 'client') checkFirst(leaf, issuers)
  const algorithm = chooseAlgorithm(leaf, options.algorithm)
  const sign = await openKey(certificates, privateKey, algorithm)
  checkSigner(leaf, rule)
  checkOrder(certificates)
  const subject = await chooseSubject(leaf, options.subject)
  const stapling = readStapling(options)
  return Object.freeze({
    kind: 'credential',
    certificates,
    algorithm,
    subject,
    sign,
    ...(stapling && { stapling }),
  })
}

function readStapling({ stapleFrom, issuers }: CreateCredentialOptions): Stapling | undefined {
  if (stapleFrom === undefined && issuers === undefined) return undefined
  return Object.freeze({ sources: readSources('stapleFrom', stapleFrom), issuers: readIssuers(issuers) })
}

function readIssuers(issuers: readonly Certificate[] | undefined): readonly Certificate[] {
  if (issuers === undefined) return []
  const expected = `at most ${MAX_CERTIFICATES} certificates made by parseCertificate`
  if (!Array.isArray(issuers) || issuers.length > MAX_CERTIFICATES) {
    const found = Array.isArray(issuers) ? `${issuers.length} of them` : kindOf(issuers)
    throw createError('ERR_ARG_VALUE', { argument: 'issuers', expected, found })
  }
  return Object.freeze(
    Array.from(issuers, (issuer: unknown) => {
      if (isCertificate(issuer)) return issuer
      throw createError('ERR_ARG_VALUE', {
        argument: 'issuers',
        expected,
        found: `an array with ${kindOf(issuer)}`,
      })
    }),
  )
}

const OPTION_KEYS = [
  'certificate',
  'chain',
  'privateKey',
  'algorithm',
  'subject',
  'stapleFrom',
  'issuers',
] as const
// LIMIT: as many certificates as a token carries.
const MAX_CERTIFICATES = 10

function readCertificates(options: CreateCredentialOptions): readonly [Certificate, ...Certificate[]] {
  const further = options.chain === undefined ? [] : parseCertificates(options.chain)
  const all = [...parseCertificates(options.certificate), ...further]
  const [leaf, ...rest] = all
  if (leaf === undefined) throw createError('ERR_INPUT_EMPTY', { wanted: 'a certificate' })
  if (all.length > MAX_CERTIFICATES) {
    throw chainError(leaf, `is one of ${all.length}; a token carries at most ${MAX_CERTIFICATES}`)
  }
  return Object.freeze([leaf, ...rest])
}

// The commonest mistake in a bundle gets its own words, whatever kinds of key the two have.
function checkFirst(leaf: Certificate, issuers: readonly Certificate[]): void {
  const signer = issuers.find((certificate) => certificate.basicConstraints?.cA !== true)
  if (leaf.basicConstraints?.cA !== true || signer === undefined) return
  throw chainError(
    leaf,
    `is a CA and stands first; "${formatName(signer.subject)}" below it is the signer: the order is wrong`,
  )
}

function chooseAlgorithm(leaf: Certificate, wanted: TokenAlgorithm | undefined): TokenAlgorithm {
  const spki = leaf.subjectPublicKeyInfo
  const expected = TOKEN_ALGORITHMS.join(', ')
  if (wanted !== undefined && (typeof wanted !== 'string' || !isTokenAlgorithm(wanted))) {
    throw createError('ERR_ARG_UNSUPPORTED', {
      argument: 'algorithm',
      expected,
      found: typeof wanted === 'string' ? wanted : kindOf(wanted),
    })
  }
  const algorithm = wanted ?? defaultAlgorithm(spki)
  const weakness = weaknessOf(spki)
  if (algorithm === undefined || weakness !== undefined) {
    const problem = weakness ?? 'no token algorithm takes this kind of key'
    throw createError('ERR_KEY_UNSUPPORTED', { algorithm: describeKey(spki), problem })
  }
  if (suitsKey(algorithm, spki)) return algorithm
  throw createError('ERR_ARG_VALUE', {
    argument: 'algorithm',
    expected: `one for a key of kind ${describeKey(spki)}`,
    found: algorithm,
  })
}

// Whether key and certificate fit is proved, not compared: the key signs, the certificate's key verifies.
async function openKey(
  certificates: readonly [Certificate, ...Certificate[]],
  input: PrivateKeyInput,
  algorithm: TokenAlgorithm,
): Promise<Credential['sign']> {
  const [leaf, ...rest] = certificates
  const scheme = schemeOf(algorithm)
  const key = await platform.importPrivateKey(input.pkcs8, scheme)
  const proof = platform.randomBytes(32)
  const signature = key === undefined ? undefined : await trySign(() => platform.sign(scheme, key, proof))
  if (key !== undefined && signature !== undefined && (await fits(leaf, algorithm, proof, signature))) {
    return (data) => platform.sign(scheme, key, data)
  }
  for (const other of rest) {
    const otherAlgorithm = defaultAlgorithm(other.subjectPublicKeyInfo)
    if (otherAlgorithm === undefined) continue
    const otherKey = await platform.importPrivateKey(input.pkcs8, schemeOf(otherAlgorithm))
    if (otherKey === undefined) continue
    const otherSignature = await trySign(() => platform.sign(schemeOf(otherAlgorithm), otherKey, proof))
    if (otherSignature === undefined || !(await fits(other, otherAlgorithm, proof, otherSignature))) continue
    throw chainError(
      leaf,
      `stands first, but the private key belongs to "${formatName(other.subject)}" below it: the order is wrong`,
    )
  }
  throw createError('ERR_KEY_MISMATCH', {
    subject: formatName(leaf.subject),
    certificateKey: describeKey(leaf.subjectPublicKeyInfo),
    privateKey: input.description,
  })
}

// A key of another kind than the scheme makes some runtimes throw; here that only means that it does not fit.
async function trySign(sign: () => MaybePromise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await sign()
  } catch {
    // Deliberately without cause: the caller says that key and certificate do not fit.
    return undefined
  }
}

async function fits(
  certificate: Certificate,
  algorithm: TokenAlgorithm,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const scheme = schemeOf(algorithm)
  const key = await platform.importPublicKey(toImportable(certificate.subjectPublicKeyInfo), scheme)
  return key !== undefined && (await platform.verifySignature(scheme, key, data, signature))
}

function checkSigner(leaf: Certificate, rule: SignerRule): void {
  const problem = signerProblem(leaf, rule)
  if (problem !== undefined)
    throw createError('ERR_CREDENTIAL_SIGNER', { problem, subject: formatName(leaf.subject) })
}

// Each further certificate must be the issuer of one before it: a stranger's in between is a mistake in the file.
function checkOrder(certificates: readonly Certificate[]): void {
  for (const [index, certificate] of certificates.entries()) {
    if (index === 0) continue
    const linked = certificates.slice(0, index).some((below) => equalNames(below.issuer, certificate.subject))
    if (!linked) throw chainError(certificate, 'issued none of the certificates before it')
  }
}

async function chooseSubject(leaf: Certificate, wanted: string | undefined): Promise<string> {
  const thumbprint = encodeBase64url(await platform.sha256(leaf.der))
  const borne = borneSubjects(subjectsOf(leaf), thumbprint)
  const subject = wanted === undefined ? borne[0] : wanted
  if (subject !== undefined && borne.includes(subject)) return subject
  throw createError('ERR_ARG_VALUE', {
    argument: 'subject',
    expected: `one of ${borne.join(', ')}`,
    found: typeof wanted === 'string' ? wanted : kindOf(wanted),
  })
}

function chainError(certificate: Certificate, problem: string): Error {
  return createError('ERR_CREDENTIAL_CHAIN', { problem, subject: formatName(certificate.subject) })
}
