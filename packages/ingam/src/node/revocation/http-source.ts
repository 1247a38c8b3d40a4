// Layer: node. Evidence over HTTP: the lists and responders that certificates name, as far as the configuration allows.
// Answers are held until they are of no use, fetched anew before they expire, and verified by nobody here.

import { messageOf } from '../../errors/errors.ts'
import { escapeText } from '../../errors/escape.ts'
import type {
  EvidenceQuery,
  FetchProblem,
  HeldEvidence,
  RevocationSource,
  SourceStatus,
} from '../../revocation/source.ts'
import type { CertId } from '../../x509/ocsp.ts'
import { type CachedObject, CacheFolder, cacheKey } from './cache-folder.ts'
import { readCached, toCached } from './cached-evidence.ts'
import { FetchQueue } from './fetch-queue.ts'
import { type Holding, Holdings, statusOf } from './holdings.ts'
import { HttpClient } from './http-client.ts'
import { type HttpPlan, type HttpSourceOptions, readHttpOptions } from './http-options.ts'
import { nextUpdateOf, thisUpdateOf } from './lifetime.ts'
import { askResponder } from './ocsp-exchange.ts'
import { readList } from './read-evidence.ts'
import { LONGEST_RETRY_MILLISECONDS, refreshAt, retryAt } from './schedule.ts'
import { type Alternatives, addressesOf, respondersOf } from './targets.ts'

/** Evidence over HTTP. */
export interface HttpSource extends RevocationSource {
  readonly markVerified: (held: HeldEvidence) => void
  readonly fetch: (query: EvidenceQuery, signal: AbortSignal) => Promise<readonly FetchProblem[]>
  readonly close: () => void
}

/**
 * Makes a source that fetches revocation lists and OCSP responses from where certificates say they are (RFC 5280
 * §4.2.1.13, §4.2.1.15, §4.2.2.1), and what a cache folder holds is there when it resolves. **Nothing is verified**: an
 * answer is well-formed and about what was asked, and may be of anybody.
 *
 * Only origins of `allow` are asked, over connections of their own: no redirect is followed, no proxy, cookie,
 * credential or compression used, and no address connected to that is link-local, multicast, unspecified or a cloud's
 * metadata service, nor, unless `loopback` says so, this machine's own.
 *
 * @throws {ArgumentError} ERR_ARG_*
 * @throws {DecodeError} ERR_FILE_READ where the cache folder cannot be used
 * @see RFC 6960 Appendix A, RFC 9919
 */
export async function createHttpSource(options: HttpSourceOptions): Promise<HttpSource> {
  const plan = readHttpOptions(options)
  const evidence = new HttpEvidence(plan)
  await evidence.restore()
  const stop = plan.every(TICK_MILLISECONDS, () => evidence.refreshDue())
  return Object.freeze<HttpSource>({
    kind: 'revocation-source',
    revision: () => evidence.holdings.revision,
    find: (query) => evidence.find(query),
    markVerified: (held) => evidence.holdings.markVerified(held),
    fetch: async (query, signal) => await evidence.fetch(query, signal),
    status: () => evidence.status(),
    close() {
      stop()
      evidence.close()
    },
  })
}

// LIMIT: how late a refresh may begin; it begins long before anything expires.
const TICK_MILLISECONDS = 10_000
// RFC 2585 §4.3, and what servers send in its place.
const LIST_TYPES = [
  'application/pkix-crl',
  'application/x-pkcs7-crl',
  'application/x-x509-crl',
  'application/octet-stream',
  'binary/octet-stream',
]
// LIMIT: as far as any policy lets a clock be off; what lies further ahead counts nowhere yet.
const MAX_AHEAD_MILLISECONDS = 3_600_000

class HttpEvidence {
  readonly holdings: Holdings
  readonly #plan: HttpPlan
  readonly #client: HttpClient
  readonly #queue: FetchQueue
  #folder: CacheFolder | undefined
  #isClosed = false

  constructor(plan: HttpPlan) {
    this.#plan = plan
    this.#client = new HttpClient(plan)
    this.#queue = new FetchQueue(plan.maxConcurrent, plan.maxWaiting)
    this.holdings = new Holdings(plan, (key) => this.#folder?.remove(key))
  }

  /** Takes over what the cache folder holds, as far as it may still be asked for. */
  async restore(): Promise<void> {
    const { cacheFolder, maxHeld, maxHeldBytes } = this.#plan
    if (cacheFolder === undefined) return
    const bounds = { maxObjects: maxHeld, maxBytes: maxHeldBytes }
    const { folder, objects } = await CacheFolder.open(cacheFolder, bounds)
    this.#folder = folder
    for (const object of objects) await this.#restore(object)
  }

  find(query: EvidenceQuery): readonly HeldEvidence[] {
    return this.holdings.find(query, this.#now())
  }

  /**
   * Asks side by side, where RFC 9919 §4.1 would ask the responder first: one that is down costs no time of the lists',
   * and what either revokes is revoked whatever the other says.
   */
  async fetch(query: EvidenceQuery, signal: AbortSignal): Promise<readonly FetchProblem[]> {
    const fetching = Promise.all([this.#fetchResponses(query), this.#fetchLists(query)])
    return await untilAborted(
      fetching.then((problems) => problems.flat()),
      signal,
    )
  }

  /** Fetches what is due and was of use lately. */
  refreshDue(): void {
    const now = this.#now()
    for (const holding of [...this.holdings.all()]) {
      const { nextAt, usedAt } = holding
      if (nextAt === undefined || nextAt > now || holding.flight !== undefined) continue
      if (now - usedAt <= this.#plan.refreshForSeconds * 1000) void this.#obtain(holding, 'due')
    }
  }

  status(): readonly SourceStatus[] {
    const statuses = [...this.holdings.all()].map(statusOf)
    const { problem: lastError, path = '' } = this.#folder ?? {}
    if (lastError === undefined) return statuses
    return [...statuses, { from: escapeText(path), kind: 'file', state: 'failing', lastError, size: 0 }]
  }

  close(): void {
    this.#isClosed = true
    this.#client.close()
  }

  async #fetchResponses(query: EvidenceQuery): Promise<readonly FetchProblem[]> {
    const { fetches, ocspUrl, certIdHash } = this.#plan
    if (fetches === 'crl' || query.kinds === 'crl') return []
    const certId = query.certIds.find(({ hash }) => hash === certIdHash)
    const addresses = [...(ocspUrl === undefined ? [] : [ocspUrl]), ...respondersOf(query.certificate)]
    return certId === undefined ? [] : await this.#fetchFirst([...new Set(addresses)], certId)
  }

  async #fetchLists(query: EvidenceQuery): Promise<readonly FetchProblem[]> {
    if (this.#plan.fetches === 'ocsp') return []
    const { crlDistributionPoints, freshestCrl } = query.certificate
    const points = [...addressesOf(crlDistributionPoints), ...addressesOf(freshestCrl)]
    const problems = await this.#fetchEach(points)
    // RFC 5280 §5.2.6: a list says where its deltas are.
    const lists = this.holdings
      .look({ ...query, kinds: 'crl' })
      .flatMap((held) => (held.kind === 'crl' ? held.crl : []))
    const deltas = lists.flatMap((list) => addressesOf(list.freshestCrl))
    return [...problems, ...(await this.#fetchEach(unique(deltas).slice(0, MAX_DELTAS)))]
  }

  async #fetchEach(points: readonly Alternatives[]): Promise<readonly FetchProblem[]> {
    const problems = await Promise.all(points.map((addresses) => this.#fetchFirst(addresses, undefined)))
    return problems.flat()
  }

  /** From the first address that has it; the problems of all where none does. */
  async #fetchFirst(addresses: Alternatives, certId: CertId | undefined): Promise<readonly FetchProblem[]> {
    const problems: FetchProblem[] = []
    for (const address of addresses) {
      const problem = await this.#fetchFrom(address, certId)
      if (problem === undefined) return []
      problems.push({ from: escapeText(address), problem })
    }
    return problems
  }

  async #fetchFrom(address: string, certId: CertId | undefined): Promise<string | undefined> {
    const verdict = this.#plan.allow.check(address)
    if (!verdict.ok) return verdict.problem
    const holding = this.holdings.at(verdict.url, certId, this.#now())
    return holding === undefined ? TOO_MANY : await this.#obtain(holding, 'asked')
  }

  /** Fetches, unless that is under way, was done just now or failed just now. @returns what is wrong */
  async #obtain(holding: Holding, why: 'asked' | 'due'): Promise<string | undefined> {
    if (holding.flight !== undefined) return await holding.flight
    if (this.#isClosed) return 'the source was closed'
    const now = this.#now()
    const { failures, nextAt, fetchedAt } = holding
    if (why === 'asked') {
      // A clock that was set back must not make this last.
      const wait = failures > 0 && nextAt !== undefined ? nextAt - now : 0
      if (wait > 0 && wait <= LONGEST_RETRY_MILLISECONDS) return holding.lastError
      const { minRefreshSeconds } = this.#plan
      const isRecent = fetchedAt !== undefined && Math.abs(now - fetchedAt) < minRefreshSeconds * 1000
      if (failures === 0 && isRecent) return undefined
    }
    const flight = this.#queue.run(async () => await this.#fetch(holding))
    if (flight === undefined) return TOO_MANY
    holding.flight = flight.finally(() => delete holding.flight)
    return await holding.flight
  }

  async #fetch(holding: Holding): Promise<string | undefined> {
    const outcome = await this.#ask(holding)
    const now = this.#now()
    const problem = typeof outcome === 'string' ? outcome : this.#takeOver(holding, outcome, now)
    if (problem === undefined) {
      holding.failures = 0
      delete holding.lastError
    } else {
      holding.failures++
      holding.lastError = problem
      holding.nextAt = retryAt(holding.failures, { now })
    }
    return problem
  }

  async #ask({ url, certId, failures }: Holding): Promise<HeldEvidence | string> {
    // RFC 9919 §7.2: what failed may be what a cache on the way has kept too long.
    const caches = failures > 0 ? 'pass by' : 'use'
    if (certId !== undefined) {
      const answer = await askResponder(this.#client, url, certId, { nonce: this.#plan.nonce, caches })
      return answer.ok ? answer.piece : answer.problem
    }
    const { maxCrlBytes: maxBytes } = this.#plan
    const answer = await this.#client.ask({ url, accept: '*/*', caches, types: LIST_TYPES, maxBytes })
    if (!answer.ok) return answer.problem
    try {
      return await readList(answer.bytes, url.href)
    } catch (error) {
      return `no revocation list: ${messageOf(error)}`
    }
  }

  #takeOver(holding: Holding, arrived: HeldEvidence, now: number): string | undefined {
    const [thisUpdate, nextUpdate] = [thisUpdateOf(arrived), nextUpdateOf(arrived)]
    if (thisUpdate > now + MAX_AHEAD_MILLISECONDS)
      return `is of the future: thisUpdate ${new Date(thisUpdate).toISOString()}`
    const isExpired = nextUpdate !== undefined && nextUpdate < now
    // What is revoked in an old list stays so; but an old one takes the place of older ones alone.
    if (!isExpired || holding.pieces.every((piece) => thisUpdateOf(piece) < thisUpdate)) {
      if (!this.holdings.take(holding, arrived, now)) return 'no room to hold it'
      holding.fetchedAt = now
      this.#folder?.write(toCached(holding))
    }
    if (isExpired) return `has expired: nextUpdate ${new Date(nextUpdate).toISOString()}`
    holding.nextAt = refreshAt(nextUpdate, { now, minimumSeconds: this.#plan.minRefreshSeconds })
    return undefined
  }

  // What no longer parses, may no longer be asked for or finds no room is removed.
  async #restore(object: CachedObject): Promise<void> {
    const verdict = this.#plan.allow.check(object.url)
    const now = this.#now()
    const read = verdict.ok ? await readCached(object, verdict.url) : undefined
    const usedAt = Math.min(object.fetchedAt, now)
    const holding = read && this.holdings.at(read.url, read.certId, usedAt)
    if (read === undefined || holding === undefined || !this.holdings.put(holding, read.pieces)) {
      this.#folder?.remove(cacheKey(object))
      return
    }
    const [newest] = read.pieces
    holding.fetchedAt = object.fetchedAt
    holding.nextAt = refreshAt(newest && nextUpdateOf(newest), { now, minimumSeconds: 0 })
  }

  #now(): number {
    return this.#plan.clock().getTime()
  }
}

const TOO_MANY = 'too many requests wait for their turn'
// LIMIT: one for each list; lists of one issuer are one to four.
const MAX_DELTAS = 8

function unique(points: readonly Alternatives[]): readonly Alternatives[] {
  return [...new Map(points.map((addresses) => [addresses.join(' '), addresses])).values()]
}

// What is under way goes on for others.
async function untilAborted(
  problems: Promise<readonly FetchProblem[]>,
  signal: AbortSignal,
): Promise<readonly FetchProblem[]> {
  const late: readonly FetchProblem[] = [{ from: 'network', problem: 'no answer as long as anybody waited' }]
  if (signal.aborted) return late
  return await new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(late)
    signal.addEventListener('abort', onAbort, { once: true })
    problems.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
