// Server: the keys in force. Each refresh reads the key-encryption key and all rows of the store again: where either
// cannot be read, or a row does not open, nothing is signed until it can. Keys that are missing are made, those that are
// due are rotated, and each of that is one unit of work with its audit record.

import { escapeText } from 'ingam'
import type { AuditEvent } from '../audit/record.ts'
import type { ServiceConfig } from '../config/contract.ts'
import type { JsonRecord } from '../json.ts'
import type { Log } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { KeyUse, StoredKey, Stores } from '../stores/contract.ts'
import type { KeyRing } from './contract.ts'
import { type HeldKey, type HeldKeys, isTag, noKeys, openRows, signJws, tagOf } from './held-keys.ts'
import { addKey, due, FOR_GOOD, type Slot, type Spans } from './schedule.ts'
import { makeKey } from './sealed-key.ts'

/** What a key ring needs. */
export interface KeyRingOptions {
  readonly stores: Pick<Stores, 'commit' | 'keys'>
  /** Reads the 32 bytes; called anew at each refresh and rotation, and not kept between them. */
  readonly readKeyEncryptionKey: () => Promise<Uint8Array>
  readonly config: Pick<
    ServiceConfig['tokens'],
    'defaultAlgorithm' | 'rotateDays' | 'overlapHours' | 'challengeSeconds'
  >
  /** Now, of the guarded clock: while it throws, nothing is signed, made or rotated. */
  readonly clock: () => Date
  readonly log: Log
  readonly random: (length: number) => Uint8Array
  /** The longest lifetime of an access token under any policy. */
  readonly maxTokenLifetimeSeconds: number
  /** What the policy wants beyond the default algorithm, asked at each refresh; default nothing. */
  readonly algorithms?: () => readonly ('ES256' | 'RS256')[]
}

// LIMIT: how long a JWS is looked at after its last second; verifiers allow for clocks that differ by minutes.
const GRACE_SECONDS = 300
// LIMIT: the clock guard lets the clock go back by seconds; the ring does not go back with it.
const STEADY_SECONDS = 60
const CHALLENGES: Slot = { use: 'challenge', algorithm: 'HMAC-SHA-256' }
const CHECKPOINTS: Slot = { use: 'audit', algorithm: 'ES256' }

/**
 * The key ring after its first refresh. Where that failed, the ring is in the state `failing` and heals by a later
 * refresh; this does not throw.
 *
 * On a store without keys each key is active at once. While the ring fails its private keys are dropped from memory, and
 * the JWKS stays as it was: tokens that were issued can still be verified.
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { stores, config, log, random } = options
  const spans: Spans = {
    rotate: config.rotateDays * 86_400,
    overlap: config.overlapHours * 3_600,
    retention: (use) => {
      // Checkpoints are verified years later.
      if (use === 'audit') return FOR_GOOD
      return (use === 'challenge' ? config.challengeSeconds : options.maxTokenLifetimeSeconds) + GRACE_SECONDS
    },
  }

  let rows: readonly StoredKey[] = []
  let held: HeldKeys = noKeys
  let published: readonly { readonly use: KeyUse; readonly until: number; readonly jwk: JsonRecord }[] = []
  /** Slots that the last refresh wanted. */
  let wanted: readonly Slot[] = []
  let fault: string | undefined = 'the keys have not been read yet'
  /** The latest second seen. */
  let latest = 0
  let queue: Promise<unknown> = Promise.resolve()
  let refreshing: Promise<void> | undefined

  const ring: KeyRing = {
    signAccessToken: (algorithm, payload) => signJws(current({ use: 'access-token', algorithm }), payload),
    signCheckpoint: (payload) => signJws(current(CHECKPOINTS), payload),
    jwks: (use) => {
      const now = secondsOrLatest()
      return { keys: published.filter((key) => key.use === use && key.until > now).map(({ jwk }) => jwk) }
    },
    mac: (data) => {
      const key = current(CHALLENGES)
      return { kid: key.kid, tag: tagOf(key, data) }
    },
    verifyMac: (kid, data, tag) => {
      const key = held.published('challenge', seconds()).find((one) => one.kid === kid)
      return key !== undefined && isTag(key, data, tag)
    },
    health: () => {
      if (fault !== undefined) return { state: 'failing', message: fault }
      const now = secondsOrLatest()
      const missing = wanted.find((slot) => held.signing(slot, now) === undefined)
      return missing === undefined ? { state: 'ok' } : { state: 'failing', message: missingKey(missing) }
    },
    refresh: () => {
      refreshing ??= exclusive(refresh).finally(() => {
        refreshing = undefined
      })
      return refreshing
    },
    rotate: async (order) => {
      try {
        return await exclusive(() => rotate(order))
      } catch (error) {
        // What became of it may be unknown: a key that leaked must not sign on until the next refresh.
        await ring.refresh()
        throw error
      }
    },
    describe: () => {
      const now = secondsOrLatest()
      return rows.filter((row) => row.publishedUntil > now).map((row) => describe(row, now))
    },
  }
  await ring.refresh()
  return ring

  function current(slot: Slot): HeldKey {
    const key = fault === undefined ? held.signing(slot, seconds()) : undefined
    if (key !== undefined) return key
    throw new ServiceError('ERR_SERVICE_KEYS', fault ?? missingKey(slot), { retryAfterSeconds: 5 })
  }

  async function refresh(): Promise<void> {
    try {
      await withKeys(async (keyEncryptionKey) => {
        const slots = slotsOf(options.algorithms?.() ?? [])
        try {
          for (const slot of slots) {
            const what = due(rows, slot, spans, seconds())
            if (what !== 'nothing') await add([slot], what, { actor: 'service' }, keyEncryptionKey)
          }
          await prune()
        } catch (error) {
          // What is active goes on signing; health tells once that no longer suffices.
          log.warn({ err: error }, 'keys cannot be made, rotated or removed; it is tried again')
        }
        wanted = slots
      })
    } catch (error) {
      log.error({ err: error }, 'nothing can be signed')
    }
  }

  async function rotate(order: Parameters<KeyRing['rotate']>[0]): Promise<{ readonly kid: string }> {
    return await withKeys(async (keyEncryptionKey) => {
      const now = seconds()
      // Also what lies there beyond the policy's wishes: if one key leaked, so may have its neighbours.
      const stored = held.published(order.use, now).map((key) => key.opened.algorithm)
      const more = (['ES256', 'RS256'] as const).filter((algorithm) => stored.includes(algorithm))
      const slots = slotsOf([...(options.algorithms?.() ?? []), ...more]).filter(
        (slot) => slot.use === order.use,
      )
      const kids = await add(slots, order.immediately ? 'immediately' : 'next', order, keyEncryptionKey)
      await prune().catch((error: unknown) => {
        log.warn({ err: error }, 'keys that are no longer published are still in the store; they go later')
      })
      return { kid: kids[0] ?? '' }
    })
  }

  /** Reads and opens everything, then works with it; the key-encryption key is not kept. */
  async function withKeys<T>(work: (keyEncryptionKey: Uint8Array) => Promise<T>): Promise<T> {
    let keyEncryptionKey: Uint8Array
    try {
      keyEncryptionKey = await options.readKeyEncryptionKey()
      if (keyEncryptionKey.length !== 32) throw new TypeError('the key-encryption key is not 32 bytes')
      install(await stores.keys.list(), keyEncryptionKey)
    } catch (cause) {
      held = noKeys
      fault = cause instanceof ServiceError ? cause.message : 'the keys cannot be read'
      throw new ServiceError('ERR_SERVICE_KEYS', fault, { cause })
    }
    return await work(keyEncryptionKey)
  }

  /** Puts rows in force, all or none. @throws {ServiceError} ERR_SERVICE_KEYS */
  function install(next: readonly StoredKey[], keyEncryptionKey: Uint8Array): void {
    const newest = Math.max(0, ...next.map((row) => row.publishedFrom))
    let now = secondsOrLatest()
    // After a restart too a key that was withdrawn stays so, though the clock be a little behind or not to be relied on:
    // that it was withdrawn is as old as the key that took its place.
    if (now < newest && (newest - now <= STEADY_SECONDS || now === 0)) now = latest = newest
    const opened = openRows(next, keyEncryptionKey, now)
    rows = next
    held = opened
    published = (['access-token', 'audit'] as const)
      .flatMap((use) => opened.published(use, now))
      .flatMap(({ use, publishedUntil: until, opened: { publicJwk: jwk } }) =>
        jwk === undefined ? [] : [{ use, until, jwk }],
      )
    fault = undefined
  }

  async function add(
    slots: readonly Slot[],
    how: 'first' | 'next' | 'immediately',
    by: { readonly actor: string; readonly requestId?: string },
    keyEncryptionKey: Uint8Array,
  ): Promise<readonly string[]> {
    const made = []
    for (const { use, algorithm } of slots) {
      made.push(await makeKey(use, algorithm, keyEncryptionKey, random))
    }
    // Making takes its time; the times of the keys count from when they are there.
    const now = seconds()
    const at = options.clock().getTime()
    const changes = made.map((key) => addKey(rows, key, how, spans, now))
    const audit = changes.map(({ added, changed }): AuditEvent => {
      const { kid, use, algorithm } = added
      const details = {
        kid,
        use,
        algorithm,
        activeFrom: iso(added.activeFrom),
        activeUntil: iso(added.activeUntil),
        ...(how === 'first'
          ? {}
          : { immediately: how === 'immediately', replaces: changed.map((row) => row.kid) }),
      }
      const requestId = by.requestId === undefined ? {} : { requestId: by.requestId }
      const type = how === 'first' ? 'key.created' : 'key.rotated'
      return { type, at, actor: by.actor, ...requestId, details }
    })
    const keys = changes.flatMap(({ added, changed }) => [added, ...changed])
    const { outcome } = await stores.commit({ keys, audit })
    if (outcome !== 'committed') throw new ServiceError('ERR_SERVICE_STORE', `keys: ${escapeText(outcome)}`)
    const touched = new Set(keys.map((key) => key.kid))
    install([...rows.filter((row) => !touched.has(row.kid)), ...keys], keyEncryptionKey)
    return made.map((key) => key.kid)
  }

  async function prune(): Promise<void> {
    const now = seconds()
    if (!rows.some((row) => row.publishedUntil <= now)) return
    // What ends with this second has passed, also for a store that keeps what ends with the second it is given.
    await stores.keys.prune(now + 1)
    rows = rows.filter((row) => row.publishedUntil > now)
  }

  /** Now; it stands still where the clock goes back a little, so that a key that was withdrawn does not come back. */
  function seconds(): number {
    const now = Math.floor(options.clock().getTime() / 1000)
    if (now < latest && latest - now <= STEADY_SECONDS) return latest
    latest = Math.max(latest, now)
    return now
  }

  /** What is published does not depend on the clock being reliable. */
  function secondsOrLatest(): number {
    try {
      return seconds()
    } catch (error) {
      if (error instanceof ServiceError) return latest
      throw error
    }
  }

  /** What must be there. RSA keys take a second to make: last, and only where they are wanted. */
  function slotsOf(more: readonly ('ES256' | 'RS256')[]): readonly Slot[] {
    const algorithms = [...new Set([config.defaultAlgorithm, ...more])]
    return [
      CHECKPOINTS,
      CHALLENGES,
      ...algorithms.map((algorithm) => ({ use: 'access-token' as const, algorithm })),
    ]
  }

  /** One at a time: two that make keys at once would each make the one that is missing. */
  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work)
    queue = result.catch(() => undefined)
    return result
  }
}

function describe(row: StoredKey, now: number): ReturnType<KeyRing['describe']>[number] {
  return {
    kid: row.kid,
    use: row.use,
    algorithm: row.algorithm,
    state: row.activeUntil <= now ? 'retired' : row.activeFrom > now ? 'next' : 'active',
    activeFrom: iso(row.activeFrom),
    activeUntil: iso(row.activeUntil),
    publishedUntil: iso(row.publishedUntil),
  }
}

function missingKey({ use, algorithm }: Slot): string {
  return `no key for ${use} with ${algorithm} is active`
}

// A row's times are not authenticated: telling of them must not throw.
function iso(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString()
}
