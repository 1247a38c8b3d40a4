// Layer: token. One judgement on one token. The cold path reads everything; the warm path, for a header whose chain
// was verified before, skips to the claims. Both call the same checks in the same order: cheap ones, then the path,
// then the signature, and the memory of used tokens last. Nothing is remembered before the signature has verified.

import { platform } from '#platform'
import { ownAscii } from '../bytes/ascii.ts'
import { createError } from '../errors/errors.ts'
import { validDate } from '../errors/options.ts'
import { schemeOf, suitsKey, type TokenAlgorithm } from '../keys/algorithms.ts'
import { createBudget } from '../path/budget.ts'
import type { MaybePromise } from '../platform/contract.ts'
import type { JudgeOptions } from '../revocation/judgement.ts'
import { positionIn } from '../revocation/signers.ts'
import type { RevocationDesk } from '../revocation/standing.ts'
import type { ChainCache, ChainKey } from '../verify/cache.ts'
import type { VerifiedPath } from '../verify/verified-path.ts'
import { type PathSearch, searchPath } from '../verify/verify-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { describeKey } from '../x509/spki.ts'
import type { Bench } from './bench.ts'
import { type Binding, type BindingClaim, checkBinding, NO_CLAIMS, UNBOUND } from './binding.ts'
import { checkAudience, checkTime, isoOf, type RegisteredClaims, readClaims } from './claims.ts'
import {
  checkHeaderMembers,
  checkThumbprint,
  checkType,
  readAlgorithm,
  readCertificate,
  readCertificateTexts,
  readStaples,
  readThumbprint,
  type Staples,
} from './header.ts'
import { type JsonObject, parseJsonObject } from './json.ts'
import { decodePart, refillRoom, signedBytes, splitToken, type TokenParts } from './jws.ts'
import {
  bears,
  chainIn,
  chainKeyOf,
  chainTextOf,
  checkSigner,
  type KnownSigner,
  type SentChain,
  toKeep,
  toKnownSigner,
} from './known-signer.ts'
import { toOneTimeEntry, useOnce } from './one-time-use.ts'
import { NO_AUDIENCE, type Plan } from './plan.ts'
import {
  isCurrent,
  readStapledResponses,
  renewStanding,
  tellIfUndecided,
  toSignerStanding,
} from './signer-standing.ts'
import type { TraceSink } from './trace.ts'
import { VerifiedToken } from './verified-token.ts'

/** What a call says of a token that it wants judged. */
export interface Question {
  readonly token: unknown
  readonly binding: Binding
  /** Where given, nothing is remembered and no one-time entry is taken. */
  readonly trace?: TraceSink
  /** Whether sources of evidence may fetch; default `'use'`. */
  readonly network?: 'use' | 'leave'
}

/** Judges a token. */
export async function judgeToken(bench: Bench, question: Question): Promise<VerifiedToken> {
  const { plan, cache, desk } = bench
  const { token, binding, trace } = question
  trace?.enter('shape')
  const parts = splitToken(token, plan.maxTokenBytes, bench.room)
  const at = validDate("the clock's answer", plan.clock())
  const known = trace === undefined ? cache.findHeader(parts.token, parts.headerEnd) : undefined
  if (known === undefined || !known.path.isWithinValidity(at)) {
    return await judgeCold(bench, parts, question, at)
  }
  // The header is, to its last character, one that passed; its path is valid still. What is left belongs to this token
  // alone. INVARIANT: nothing reads the parts after something was waited for, because the room is the next token's then.
  const payload = checkPayload(plan, parts, binding, at)
  if (plan.profile.subject === 'borne by the certificate') checkSubject(known, payload.registered)
  const answer = verifySignature(bench, parts, known)
  checkSignature(typeof answer === 'boolean' ? answer : await answer, known)
  if (desk !== undefined) {
    if (!isCurrent(desk, known, at) && !(await renewStanding(desk, known, { ...plan.pathRules, at }))) {
      refillRoom(parts)
      return await judgeCold(bench, parts, question, at)
    }
    tellIfUndecided(desk, known)
  }
  const made = oneTimeKey(bench, known, payload)
  const key = made instanceof Promise ? await made : made
  if (key !== undefined) {
    const ahead = useOnce(plan, known.holder, payload.registered, at, key)
    if (ahead > 0) await plan.wait(ahead)
  }
  return toVerifiedToken(plan, known, payload, key)
}

async function judgeCold(
  bench: Bench,
  parts: TokenParts,
  question: Question,
  at: Date,
): Promise<VerifiedToken> {
  const { plan, cache, work, desk } = bench
  const { binding, trace } = question
  trace?.enter('header')
  const headerBytes = decodePart(parts, 'header')
  work.bytesParsed += headerBytes.length
  const header = parseJsonObject(headerBytes, 'header')
  checkHeaderMembers(header, plan.profile)
  trace?.enter('reference')
  const thumbprint = readThumbprint(header, plan.profile)
  // First of all checks, so that a sender who is told to send its certificates learns nothing else.
  const resolved =
    thumbprint === undefined || Object.hasOwn(header, 'x5c') ? undefined : await resolve(bench, thumbprint)
  if (resolved !== undefined) {
    trace?.resolved(resolved)
    refillRoom(parts)
  }
  trace?.enter('type')
  checkType(header, plan.profile)
  trace?.enter('algorithm')
  const algorithm = readAlgorithm(header, plan.algorithms)
  trace?.note('algorithm', algorithm)
  const payload = checkPayload(plan, parts, binding, at, trace)

  trace?.enter('certificates')
  const texts = resolved ?? readCertificateTexts(header)
  const staples = readStaples(header, texts.length)
  if (thumbprint !== undefined && resolved === undefined) await checkThumbprint(thumbprint, texts[0] ?? '')
  const sent = { algorithm, texts, ...(desk && { staples }) }
  const chain = trace === undefined && plan.maxCacheBytes > 0 ? chainKeyOf(sent) : undefined
  const found = chain && findKnown(cache, chain, at)
  const known = found !== undefined && isCurrent(desk, found, at) ? found : undefined
  const vouched = known === undefined ? await vouch(bench, texts, algorithm, at, trace) : undefined
  let signer = known ?? vouched?.signer
  if (signer === undefined) throw new TypeError('nobody vouched')

  trace?.enter('subject')
  trace?.note('subject', payload.registered.subject)
  if (plan.profile.subject === 'borne by the certificate') checkSubject(signer, payload.registered)
  else trace?.note('compared', 'by the caller: a client identifier is in no certificate')
  trace?.enter('signature')
  // Other tokens may have come into the room while this one's path was looked for.
  refillRoom(parts)
  const answer = verifySignature(bench, parts, signer)
  checkSignature(typeof answer === 'boolean' ? answer : await answer, signer)
  trace?.enter('revocation')
  trace?.note('stance', desk?.plan.mode ?? 'off')
  if (desk !== undefined && vouched !== undefined) {
    signer = await checkStanding(bench, desk, { vouched, algorithm, staples }, question, at)
  }
  if (trace === undefined) tellIfUndecided(desk, signer)
  if (chain !== undefined)
    remember(bench, parts, { chain, sent, isReferred: resolved !== undefined }, signer, vouched)
  trace?.enter('oneTimeUse')
  trace?.note('memory', MEMORY_OF[plan.oneTimeUse])
  const key = await oneTimeKey(bench, signer, payload)
  if (key !== undefined) {
    const ahead = useOnce(plan, signer.holder, payload.registered, at, key, trace)
    if (ahead > 0) await plan.wait(ahead)
  }
  return toVerifiedToken(plan, signer, payload, key)
}

const MEMORY_OF = { memory: 'this process', off: 'off', caller: 'the caller' } as const

// Chains are public: that a sender names one of them proves nothing, and everything about it is still to be verified.
async function resolve({ plan, cache }: Bench, thumbprint: string): Promise<readonly string[]> {
  // The one that came last with a token before the one that was given: its path has been seen.
  const chainText = cache.findReference(thumbprint)
  if (chainText !== undefined) return chainIn(chainText)
  const given = await plan.knownChains.find(thumbprint)
  if (given === undefined) throw createError('ERR_TOKEN_UNKNOWN_THUMBPRINT', { thumbprint })
  return given
}

interface Payload {
  readonly claims: JsonObject
  readonly registered: RegisteredClaims
  readonly audience: string
  readonly binding: Binding
  readonly unchecked: readonly BindingClaim[]
}

function checkPayload(plan: Plan, parts: TokenParts, binding: Binding, at: Date, trace?: TraceSink): Payload {
  trace?.enter('claims')
  const claims = parseJsonObject(decodePart(parts, 'payload'), 'payload')
  const registered = readClaims(claims, plan.profile, plan.tokenId)
  trace?.enter('binding')
  if (trace !== undefined) for (const claim of binding.keys()) trace.note(claim, 'demanded')
  const unchecked = checkBinding(claims, binding, plan.unexpectedBinding)
  trace?.enter('time')
  if (trace !== undefined) {
    trace.note('issued at', isoOf(registered.issuedAt))
    trace.note('expires at', isoOf(registered.expiresAt))
    if (registered.notBefore !== undefined) trace.note('not before', isoOf(registered.notBefore))
    trace.note('clock', at.toISOString())
  }
  checkTime(registered, plan, at)
  trace?.enter('audience')
  trace?.note('audience', registered.audiences.join(', '))
  const audience = plan.profile.audience === 'required' ? checkAudience(registered, plan) : NO_AUDIENCE
  return { claims, registered, audience, binding, unchecked }
}

function findKnown(cache: ChainCache<KnownSigner>, chain: ChainKey, at: Date): KnownSigner | undefined {
  const known = cache.findChain(chain)
  if (known === undefined || known.path.isWithinValidity(at)) return known
  cache.removeChain(chain)
  return undefined
}

/** The chain of a token, and whether its header only referred to it. */
interface ChainToKeep {
  readonly chain: ChainKey
  readonly sent: SentChain
  readonly isReferred: boolean
}

// INVARIANT: the token's own signature has verified. A chain is public: its path alone proves nothing about its sender.
function remember(
  { cache, issuers }: Bench,
  parts: TokenParts,
  { chain, sent, isReferred }: ChainToKeep,
  signer: KnownSigner,
  vouched: Vouched | undefined,
): void {
  const headerText = ownAscii(parts.token.slice(0, parts.headerEnd))
  // Also for a chain that was known: it may have been forgotten while the signature was waited for.
  const text = isReferred ? chainTextOf(sent) : headerText
  const reference = signer.identity.thumbprint
  const isFleeting = (sent.staples ?? []).length > 0
  const value = vouched === undefined ? signer : toKeep(signer, text)
  cache.add(chain, value, headerText, { text, reference, isFleeting })
  if (vouched === undefined) return
  const { certificates } = signer.path
  for (const [position, certificate] of certificates.entries()) {
    const issuer = certificates[position + 1]
    // Neither the leaf, which issues nothing, nor the anchor, which is known for good.
    if (position === 0 || issuer === undefined) continue
    const text = vouched.texts[vouched.certificates.indexOf(certificate)]
    if (text !== undefined) issuers.add(text, certificate, issuer.subjectPublicKeyInfo.der)
  }
}

/** A signer with the certificates that came along, each at the place of its text. */
interface Vouched {
  readonly signer: KnownSigner
  readonly texts: readonly string[]
  readonly certificates: readonly Certificate[]
}

// Everything that makes a sender's certificate a signer: well-formed, of the right key and kind, vouched for.
async function vouch(
  bench: Bench,
  texts: readonly string[],
  algorithm: TokenAlgorithm,
  at: Date,
  trace?: TraceSink,
): Promise<Vouched> {
  const { plan, work } = bench
  const memory = trace === undefined ? bench.issuers : undefined
  const certificates = texts.map((text, index) => {
    const issuer = index === 0 ? undefined : memory?.find(text)
    if (issuer !== undefined) return issuer
    work.certificatesParsed++
    work.bytesParsed += text.length
    return readCertificate(text, index)
  })
  const [leaf, ...intermediates] = certificates
  if (leaf === undefined) throw createError('ERR_TOKEN_CHAIN', { index: 0, problem: 'missing' })
  trace?.note('certificates', String(texts.length))
  trace?.enter('algorithmKey')
  if (!suitsKey(algorithm, leaf.subjectPublicKeyInfo)) {
    throw createError('ERR_TOKEN_ALGORITHM_KEY', { algorithm, key: describeKey(leaf.subjectPublicKeyInfo) })
  }
  trace?.enter('signer')
  await checkSigner(leaf, plan.profile.signer)
  trace?.enter('path')
  const path = await search(bench, leaf, intermediates, at, { trace })
  trace?.note('trust anchor', path.anchor.id)
  trace?.enter('key')
  return { signer: await toKnownSigner(path, leaf, algorithm), texts, certificates }
}

async function search(
  bench: Bench,
  leaf: Certificate,
  intermediates: readonly Certificate[],
  at: Date,
  extra: { readonly trace: TraceSink | undefined; readonly standing?: NonNullable<PathSearch['standing']> },
): Promise<VerifiedPath> {
  const { plan, work } = bench
  const { trace, standing } = extra
  const budget = createBudget()
  try {
    return await searchPath({
      leaf,
      intermediates,
      trustStore: plan.trustStore,
      rules: { ...plan.pathRules, at },
      pinnedLeaf: plan.profile.signer === 'pinned' ? 'accept' : 'refuse',
      budget,
      ...(trace === undefined && { memory: bench.issuers }),
      ...(trace && { onAttempts: trace.tried }),
      ...(standing && { standing }),
    })
  } finally {
    work.pathEdges += budget.edges
    work.pathSignatureChecks += budget.signatureChecks
  }
}

interface StandingQuestion {
  readonly vouched: Vouched
  readonly algorithm: TokenAlgorithm
  readonly staples: Staples
}

// The path that was found first is asked about first; where its standing refuses it, all paths are searched again with
// the standing as a rule of theirs.
async function checkStanding(
  bench: Bench,
  desk: RevocationDesk,
  { vouched, algorithm, staples }: StandingQuestion,
  { trace, network = 'use' }: Question,
  at: Date,
): Promise<KnownSigner> {
  const { certificates, signer } = vouched
  const [leaf, ...pool] = certificates
  if (leaf === undefined) throw new TypeError('a signer has a certificate')
  const responses = await readStapledResponses(staples, certificates)
  const options: JudgeOptions = { pool, network, stapledFor: (certificate) => responses.get(certificate) }
  const judge = desk.judgeOfMany({ ...bench.plan.pathRules, at }, options)
  const { certificates: chain, anchor } = signer.path
  const first = await judge({ chain, anchor })
  trace?.stood(first.statuses)
  let accepted = first
  let path = signer.path
  if (first.refusal !== undefined) {
    path = await search(bench, leaf, pool, at, {
      trace,
      standing: async (candidate) => {
        const isFirst =
          candidate.chain.length === chain.length && candidate.chain.every((c, i) => c === chain[i])
        accepted = isFirst ? first : await judge(candidate)
        return accepted.refusal
      },
    })
    trace?.stood(accepted.statuses)
  }
  // A certificate that the path does not need may be that of somebody who signs lists.
  const stands = path.certificates
  const isOfToken = staples.length > 0 || pool.some((extra) => positionIn(stands, extra) < 0)
  const stood = path === signer.path ? signer : await toKnownSigner(path, leaf, algorithm)
  return {
    ...stood,
    path: path.withStanding(accepted.statuses),
    standing: toSignerStanding(accepted, at, { isOfToken }),
  }
}

function checkSubject(signer: KnownSigner, registered: RegisteredClaims): void {
  if (bears(signer, registered.subject)) return
  throw createError('ERR_TOKEN_SUBJECT', { claimed: registered.subject, borne: [...signer.subjects] })
}

function verifySignature(bench: Bench, parts: TokenParts, signer: KnownSigner): MaybePromise<boolean> {
  const signature = decodePart(parts, 'signature')
  bench.work.tokenSignatureChecks++
  return platform.verifySignature(schemeOf(signer.algorithm), signer.key, signedBytes(parts), signature)
}

function checkSignature(verified: boolean, { algorithm }: KnownSigner): void {
  if (!verified) throw createError('ERR_TOKEN_SIGNATURE', { algorithm })
}

// Undefined where nobody asks whether tokens are used again, or where one without a name is allowed to be.
function oneTimeKey(
  { plan, oneTimeKeys }: Bench,
  { holder }: KnownSigner,
  { audience, registered }: Payload,
): MaybePromise<Uint8Array> | undefined {
  if (plan.oneTimeUse === 'off' || registered.tokenId === undefined) return undefined
  return oneTimeKeys.of(audience, holder, registered.tokenId)
}

function toVerifiedToken(
  plan: Plan,
  signer: KnownSigner,
  payload: Payload,
  key: Uint8Array | undefined,
): VerifiedToken {
  const { registered } = payload
  return new VerifiedToken({
    profile: plan.profile.name,
    identity: signer.identity,
    claims: payload.claims,
    path: signer.path,
    algorithm: signer.algorithm,
    audience: payload.audience,
    issuedAt: registered.issuedAt,
    expiresAt: registered.expiresAt,
    checkedBindings: payload.binding === UNBOUND ? NO_CLAIMS : [...payload.binding.keys()],
    uncheckedBindings: payload.unchecked,
    oneTimeEntry:
      plan.oneTimeUse === 'caller' && key !== undefined
        ? toOneTimeEntry(plan, signer.holder, registered, key)
        : undefined,
  })
}
