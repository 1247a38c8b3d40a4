// Layer: token. A signer whose path has verified: all that each further token of it needs, in a form that is worth
// keeping for a hundred thousand of them.

import { platform } from '#platform'
import { latin1Of } from '../bytes/ascii.ts'
import { decodeBase64url, encodeBase64url } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { schemeOf, type TokenAlgorithm } from '../keys/algorithms.ts'
import { type SignerRule, signerProblem } from '../keys/signer-rules.ts'
import { borneSubjects, subjectsOf } from '../keys/subjects.ts'
import { referenceTo } from '../path/refusal.ts'
import type { PlatformPublicKey } from '../platform/contract.ts'
import type { ChainKey } from '../verify/cache.ts'
import { sampleOf } from '../verify/sampled-index.ts'
import type { VerifiedPath } from '../verify/verified-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { formatName } from '../x509/name.ts'
import { describeKey, toImportable } from '../x509/spki.ts'
import { NO_STAPLES, readCertificate, readCertificateTexts, readStaples, type Staples } from './header.ts'
import { type JsonObject, parseJsonObject } from './json.ts'
import type { Identity } from './verified-token.ts'

/** A verified chain with all that each further token of it needs. */
export interface KnownSigner {
  /** Replaced by the same path with newer knowledge about its standing. */
  path: VerifiedPath
  /** Where it was asked for: until when the path's standing is known. */
  standing?: SignerStanding
  readonly identity: Identity
  /** Every value of `sub` that the certificate bears. */
  readonly subjects: Subjects
  readonly key: PlatformPublicKey
  readonly algorithm: TokenAlgorithm
  /** SHA-256 of the leaf's SubjectPublicKeyInfo, a character for each byte. */
  readonly holder: string
}

/** How long what is known of a signer's certificates holds. */
export interface SignerStanding {
  /** Of the sources, before they were asked. */
  readonly revision: number
  /** Milliseconds since 1970 UTC; the clock may be set back too. */
  readonly from: number
  readonly until: number
  /** Whether all are known to be good; false only where the policy accepts less. */
  readonly isKnown: boolean
  /** Whether something came with the token, beside the path, that was looked at for it. */
  readonly isOfToken: boolean
}

type Subjects = readonly string[] | ReadonlySet<string>

// LIMIT: up to here a list is smaller than a set and no slower.
const FEW_SUBJECTS = 8

/** The signer at the end of a verified path; ERR_TOKEN_ALGORITHM_KEY where the runtime cannot use its key. */
export async function toKnownSigner(
  path: VerifiedPath,
  leaf: Certificate,
  algorithm: TokenAlgorithm,
): Promise<KnownSigner> {
  const { der } = leaf.subjectPublicKeyInfo
  const imported = platform.importPublicKey(toImportable(leaf.subjectPublicKeyInfo), schemeOf(algorithm))
  const key = imported instanceof Promise ? await imported : imported
  if (key === undefined) {
    throw createError('ERR_TOKEN_ALGORITHM_KEY', {
      algorithm,
      key: `${describeKey(leaf.subjectPublicKeyInfo)}, malformed`,
    })
  }
  const identity = await toIdentity(path, leaf)
  const borne = borneSubjects(identity, identity.thumbprint)
  const subjects = borne.length > FEW_SUBJECTS ? new Set(borne) : borne
  return { path, identity, subjects, key, algorithm, holder: latin1Of(await platform.sha256(der)) }
}

/** Who stands at the beginning of a verified path. */
export async function toIdentity(path: VerifiedPath, leaf: Certificate): Promise<Identity> {
  const thumbprint = encodeBase64url(await platform.sha256(leaf.der))
  const named = subjectsOf(leaf)
  return Object.freeze({
    anchor: path.anchor.id,
    subject: formatName(leaf.subject),
    dns: named.dns,
    uris: named.uris,
    emails: named.emails,
    ips: named.ips,
    upns: named.upns,
    thumbprint,
  })
}

/** Refuses a certificate that may not sign such tokens. */
export async function checkSigner(leaf: Certificate, rule: SignerRule): Promise<void> {
  const problem = signerProblem(leaf, rule)
  if (problem === undefined) return
  const certificate = await referenceTo({ certificate: leaf, position: 0, role: 'leaf' })
  throw createError('ERR_TOKEN_SIGNER', { certificate, problem })
}

/** Whether the certificate bears the name. */
export function bears({ subjects }: KnownSigner, subject: string): boolean {
  return isList(subjects) ? subjects.includes(subject) : subjects.has(subject)
}

function isList(subjects: Subjects): subjects is readonly string[] {
  return Array.isArray(subjects)
}

/**
 * The signer as it is kept beside the text of a header that carries its chain: without the parsed leaf, which is read
 * out of that text again when somebody asks for it.
 */
export function toKeep(signer: KnownSigner, chainText: string): KnownSigner {
  return { ...signer, path: signer.path.withoutLeaf(() => leafOf(chainText)) }
}

/** A header's text that carries the chain, for one that came by reference. It is no header of any token. */
export function chainTextOf({ algorithm, texts, staples = NO_STAPLES }: SentChain): string {
  const members = { alg: algorithm, x5c: texts, ...(staples.length > 0 && { ocsp: staples }) }
  return encodeBase64url(new TextEncoder().encode(JSON.stringify(members)))
}

/** The texts of the chain that such a text, or a header that passed, carries. */
export function chainIn(chainText: string): readonly string[] {
  return readCertificateTexts(readHeader(chainText))
}

/** A chain as a header carries it, or refers to it. */
export interface SentChain {
  readonly algorithm: TokenAlgorithm
  readonly texts: readonly string[]
  /** What came along, where the verifier looks at it: a chain with other staples is then another one. */
  readonly staples?: Staples
}

/** How the cache knows a chain whatever header carries it: by algorithm, texts and staples, all of them compared. */
export function chainKeyOf(sent: SentChain): ChainKey {
  let sample = sampleOf(sent.algorithm)
  for (const text of sent.texts) sample = (Math.imul(sample, 31) + sampleOf(text)) | 0
  for (const text of sent.staples ?? []) sample = (Math.imul(sample, 31) + sampleOf(text ?? '')) | 0
  return { sample, isIn: (chainText) => isChainOf(chainText, sent) }
}

function isChainOf(chainText: string, { algorithm, texts, staples }: SentChain): boolean {
  const header = readHeader(chainText)
  const held = readCertificateTexts(header)
  return (
    header['alg'] === algorithm &&
    areSame(held, texts) &&
    (staples === undefined || areSame(readStaples(header, held.length), staples))
  )
}

function areSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

function leafOf(chainText: string): Certificate {
  const [text = ''] = chainIn(chainText)
  return readCertificate(text, 0)
}

// INVARIANT: the text passed these checks before it was kept, or was made of texts that did.
function readHeader(chainText: string): JsonObject {
  return parseJsonObject(decodeBase64url(chainText) ?? new Uint8Array(0), 'header')
}
