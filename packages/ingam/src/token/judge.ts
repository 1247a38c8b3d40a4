// Layer: token. One judgement on one token. The cold path reads everything; the warm path, for a header whose chain
// was verified before, skips to the claims. Both call the same checks in the same order: cheap ones, then the path,
// then the signature, and the memory of used tokens last. Nothing is remembered before the signature has verified.

import { platform } from '#platform'
import { encodeBase64url } from '../bytes/base64.ts'
import { concatBytes } from '../bytes/compare.ts'
import { createError } from '../errors/errors.ts'
import { validDate } from '../errors/options.ts'
import { schemeOf, suitsKey, type TokenAlgorithm } from '../keys/algorithms.ts'
import { signerProblem } from '../keys/signer-rules.ts'
import { borneSubjects, subjectsOf } from '../keys/subjects.ts'
import { createBudget } from '../path/budget.ts'
import { referenceTo } from '../path/refusal.ts'
import type { PlatformPublicKey } from '../platform/contract.ts'
import type { ChainCache } from '../verify/cache.ts'
import type { VerifiedPath } from '../verify/verified-path.ts'
import { searchPath } from '../verify/verify-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { formatName } from '../x509/name.ts'
import { describeKey } from '../x509/spki.ts'
import { checkAudience, checkBinding, checkTime, isoOf, type RegisteredClaims, readClaims } from './claims.ts'
import {
  checkHeaderMembers,
  checkType,
  readAlgorithm,
  readCertificate,
  readCertificateTexts,
} from './header.ts'
import { type JsonObject, parseJsonObject } from './json.ts'
import { decodePart, splitToken, type TokenParts } from './jws.ts'
import type { Plan } from './plan.ts'
import type { ReplayEntry } from './replay.ts'
import type { TraceSink } from './trace.ts'
import { type Identity, VerifiedToken } from './verified-token.ts'

/** A verified chain with all that each further token of it needs. */
export interface KnownSigner {
  readonly path: VerifiedPath
  readonly identity: Identity
  readonly subjects: ReadonlySet<string>
  readonly key: PlatformPublicKey
  readonly algorithm: TokenAlgorithm
  readonly holder: Uint8Array
}

/** What a verifier has done so far; counts only grow. */
export interface WorkCounters {
  certificatesParsed: number
  bytesParsed: number
  pathEdges: number
  pathSignatureChecks: number
  tokenSignatureChecks: number
}

/** What a judgement reads and may change. */
export interface Bench {
  readonly plan: Plan
  readonly cache: ChainCache<KnownSigner>
  readonly work: WorkCounters
}

/** Judges a token; with a trace nothing is remembered and no one-time entry is taken. */
export async function judgeToken(bench: Bench, token: unknown, trace?: TraceSink): Promise<VerifiedToken> {
  const { plan, cache } = bench
  trace?.enter('shape')
  const parts = splitToken(token, plan.maxTokenBytes)
  const at = validDate("the clock's answer", plan.clock())
  if (trace === undefined) {
    const known = cache.findHeader(parts.header)?.value
    if (known?.path.isWithinValidity(at)) return await judgeWarm(bench, parts, known, at)
  }
  return await judgeCold(bench, parts, at, trace)
}

// The header is byte for byte one that passed; its path is valid still. What is left belongs to this token alone.
async function judgeWarm(
  bench: Bench,
  parts: TokenParts,
  known: KnownSigner,
  at: Date,
): Promise<VerifiedToken> {
  const payload = checkPayload(bench.plan, parts.payload, at)
  checkSubject(known, payload.registered)
  await checkSignature(bench, parts, known)
  await checkOneTimeUse(bench.plan, known, payload, at)
  return toVerifiedToken(known, payload)
}

async function judgeCold(
  bench: Bench,
  parts: TokenParts,
  at: Date,
  trace?: TraceSink,
): Promise<VerifiedToken> {
  const { plan, cache, work } = bench
  trace?.enter('header')
  const headerBytes = decodePart(parts.header, 'header')
  work.bytesParsed += headerBytes.length
  const header = parseJsonObject(headerBytes, 'header')
  checkHeaderMembers(header)
  trace?.enter('type')
  checkType(header, plan.profile)
  trace?.enter('algorithm')
  const algorithm = readAlgorithm(header, plan.algorithms)
  trace?.note('algorithm', algorithm)
  const payload = checkPayload(plan, parts.payload, at, trace)

  trace?.enter('certificates')
  const texts = readCertificateTexts(header)
  // Length-prefixed, so that no other list of texts has the same chain text and passes for a chain that was read.
  const chainText = [algorithm, ...texts].map((text) => `${text.length}:${text}`).join('')
  const known = trace === undefined ? findKnown(cache, chainText, at) : undefined
  const signer = known ?? (await vouch(bench, texts, algorithm, at, trace))

  trace?.enter('subject')
  trace?.note('subject', payload.registered.subject)
  checkSubject(signer, payload.registered)
  trace?.enter('signature')
  await checkSignature(bench, parts, signer)
  if (trace === undefined && plan.maxCacheBytes > 0) cache.add(chainText, signer, parts.header, algorithm)
  trace?.enter('oneTimeUse')
  trace?.note('memory', plan.replay === undefined ? 'off' : 'this process')
  await checkOneTimeUse(plan, signer, payload, at, trace)
  return toVerifiedToken(signer, payload)
}

interface Payload {
  readonly claims: JsonObject
  readonly registered: RegisteredClaims
  readonly audience: string
  readonly bindings: readonly string[]
}

function checkPayload(plan: Plan, text: string, at: Date, trace?: TraceSink): Payload {
  trace?.enter('claims')
  const claims = parseJsonObject(decodePart(text, 'payload'), 'payload')
  const registered = readClaims(claims, plan.replay === undefined ? 'optional' : 'required')
  trace?.enter('binding')
  const bindings = checkBinding(claims, plan)
  trace?.enter('time')
  trace?.note('issued at', isoOf(registered.issuedAt))
  trace?.note('expires at', isoOf(registered.expiresAt))
  trace?.note('clock', at.toISOString())
  checkTime(registered, plan, at)
  trace?.enter('audience')
  trace?.note('audience', registered.audiences.join(', '))
  const audience = checkAudience(registered, plan)
  return { claims, registered, audience, bindings }
}

function findKnown(cache: ChainCache<KnownSigner>, chainText: string, at: Date): KnownSigner | undefined {
  const known = cache.findChain(chainText)
  if (known === undefined || known.path.isWithinValidity(at)) return known
  cache.removeChain(chainText)
  return undefined
}

// Everything that makes a sender's certificate a signer: well-formed, of the right key and kind, vouched for.
async function vouch(
  bench: Bench,
  texts: readonly string[],
  algorithm: TokenAlgorithm,
  at: Date,
  trace?: TraceSink,
): Promise<KnownSigner> {
  const { plan, work } = bench
  const [leaf, ...intermediates] = texts.map((text, index) => {
    work.certificatesParsed++
    work.bytesParsed += text.length
    return readCertificate(text, index)
  })
  if (leaf === undefined) throw createError('ERR_TOKEN_CHAIN', { index: 0, problem: 'missing' })
  trace?.note('certificates', String(texts.length))
  trace?.enter('algorithmKey')
  if (!suitsKey(algorithm, leaf.subjectPublicKeyInfo)) {
    throw createError('ERR_TOKEN_ALGORITHM_KEY', { algorithm, key: describeKey(leaf.subjectPublicKeyInfo) })
  }
  trace?.enter('signer')
  await checkSigner(leaf)
  trace?.enter('path')
  const budget = createBudget()
  try {
    const path = await searchPath({
      leaf,
      intermediates,
      trustStore: plan.trustStore,
      rules: { ...plan.pathRules, at },
      budget,
      ...(trace && { onAttempts: trace.tried }),
    })
    trace?.note('trust anchor', path.anchor.id)
    trace?.enter('key')
    return await toKnownSigner(path, leaf, algorithm)
  } finally {
    work.pathEdges += budget.edges
    work.pathSignatureChecks += budget.signatureChecks
  }
}

async function checkSigner(leaf: Certificate): Promise<void> {
  const problem = signerProblem(leaf)
  if (problem === undefined) return
  const certificate = await referenceTo({ certificate: leaf, position: 0, role: 'leaf' })
  throw createError('ERR_TOKEN_SIGNER', { certificate, problem })
}

async function toKnownSigner(
  path: VerifiedPath,
  leaf: Certificate,
  algorithm: TokenAlgorithm,
): Promise<KnownSigner> {
  const key = await platform.importPublicKey(leaf.subjectPublicKeyInfo.der, schemeOf(algorithm))
  if (key === undefined) {
    throw createError('ERR_TOKEN_ALGORITHM_KEY', {
      algorithm,
      key: `${describeKey(leaf.subjectPublicKeyInfo)}, malformed`,
    })
  }
  const thumbprint = encodeBase64url(await platform.sha256(leaf.der))
  const identity: Identity = Object.freeze({
    anchor: path.anchor.id,
    subject: formatName(leaf.subject),
    ...subjectsOf(leaf),
    thumbprint,
  })
  return {
    path,
    identity,
    subjects: new Set(borneSubjects(leaf, thumbprint)),
    key,
    algorithm,
    holder: await platform.sha256(leaf.subjectPublicKeyInfo.der),
  }
}

function checkSubject(signer: KnownSigner, registered: RegisteredClaims): void {
  if (signer.subjects.has(registered.subject)) return
  throw createError('ERR_TOKEN_SUBJECT', { claimed: registered.subject, borne: [...signer.subjects] })
}

async function checkSignature(bench: Bench, parts: TokenParts, signer: KnownSigner): Promise<void> {
  const signature = decodePart(parts.signature, 'signature')
  bench.work.tokenSignatureChecks++
  const signed = new TextEncoder().encode(parts.signed)
  const answer = platform.verifySignature(schemeOf(signer.algorithm), signer.key, signed, signature)
  const verified = typeof answer === 'boolean' ? answer : await answer
  if (!verified) throw createError('ERR_TOKEN_SIGNATURE', { algorithm: signer.algorithm })
}

async function checkOneTimeUse(
  plan: Plan,
  signer: KnownSigner,
  payload: Payload,
  at: Date,
  trace?: TraceSink,
): Promise<void> {
  const { replay } = plan
  const { tokenId, issuedAt, expiresAt } = payload.registered
  if (replay === undefined || tokenId === undefined) return
  const entry: ReplayEntry = {
    key: await oneTimeKey(plan.profile.name, payload.audience, signer.holder, tokenId),
    holder: signer.holder,
    issuedAt,
    keepUntil: expiresAt + plan.expiryToleranceSeconds,
    now: at.getTime() / 1000,
  }
  const answer = trace === undefined ? replay.take(entry) : replay.peek(entry)
  switch (answer) {
    case 'fresh':
      if (trace === undefined) await untilSigned(plan, issuedAt, at)
      return
    case 'used':
      throw createError('ERR_TOKEN_REPLAYED', { jti: tokenId })
    case 'before-epoch':
      throw createError('ERR_TOKEN_REPLAY_EPOCH', { issuedAt: isoOf(issuedAt), epoch: isoOf(replay.epoch) })
    case 'full':
      throw createError('ERR_TOKEN_REPLAY_FULL', { maximum: replay.maxEntries })
    case 'quota':
      throw createError('ERR_TOKEN_REPLAY_QUOTA', { maximum: replay.maxEntriesPerKey })
  }
}

// A memory that begins later refuses tokens from before its beginning. So that this covers every token used here, none
// is accepted before the instant at which it says it was signed: one that is ahead of the clock waits for it.
async function untilSigned(plan: Plan, issuedAt: number, at: Date): Promise<void> {
  const ahead = Math.ceil(issuedAt * 1000 - at.getTime())
  if (ahead > 0) await plan.wait(ahead)
}

// Length-prefixed, so that no two lists of parts have the same bytes; never jti alone, never signature bytes.
async function oneTimeKey(
  profile: string,
  audience: string,
  holder: Uint8Array,
  tokenId: string,
): Promise<Uint8Array> {
  const encoder = new TextEncoder()
  const parts = [encoder.encode(profile), encoder.encode(audience), holder, encoder.encode(tokenId)]
  const prefixed = parts.flatMap((part) => [lengthPrefix(part.length), part])
  return await platform.sha256(concatBytes(...prefixed))
}

function lengthPrefix(length: number): Uint8Array {
  return Uint8Array.of((length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff)
}

function toVerifiedToken(signer: KnownSigner, payload: Payload): VerifiedToken {
  return new VerifiedToken({
    identity: signer.identity,
    claims: payload.claims,
    path: signer.path,
    algorithm: signer.algorithm,
    audience: payload.audience,
    issuedAt: new Date(payload.registered.issuedAt * 1000),
    expiresAt: new Date(payload.registered.expiresAt * 1000),
    uncheckedBindings: payload.bindings,
  })
}
