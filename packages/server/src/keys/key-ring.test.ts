import { randomBytes } from 'node:crypto'
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../audit/record.ts'
import { ServiceError } from '../service-error.ts'
import type { StoredKey } from '../stores/contract.ts'
import type { KeyRing } from './contract.ts'
import { type KeyRingOptions, openKeyRing } from './key-ring.ts'

const START = Date.UTC(2026, 10, 23, 8)
const HOUR = 3_600_000
const LIFETIME = 900

class World {
  now = START
  clockFails = false
  storeFails = false
  commitFails = false
  /** What is committed is there, and nobody is told. */
  outcomeUnknown = false
  pruneFails = false
  keyEncryptionKey: Uint8Array | undefined = randomBytes(32)
  rows = new Map<string, StoredKey>()
  audit: AuditEvent[] = []
  algorithms: ('ES256' | 'RS256')[] = []
  commits = 0

  open(config: Partial<KeyRingOptions['config']> = {}): Promise<KeyRing> {
    return openKeyRing({
      stores: {
        keys: {
          list: async () => {
            if (this.storeFails) throw new ServiceError('ERR_SERVICE_STORE', 'no store')
            return [...this.rows.values()]
          },
          prune: async (now) => {
            if (this.pruneFails) throw new ServiceError('ERR_SERVICE_STORE', 'no store')
            const gone = [...this.rows.values()].filter((row) => row.publishedUntil <= now)
            for (const { kid } of gone) this.rows.delete(kid)
            return gone.length
          },
        },
        commit: async (unit) => {
          if (this.commitFails) throw new ServiceError('ERR_SERVICE_STORE', 'no store')
          this.commits += 1
          for (const row of unit.keys ?? []) {
            const before = this.rows.get(row.kid)
            if (before !== undefined) expect(row.sealed).toEqual(before.sealed)
            this.rows.set(row.kid, row)
          }
          this.audit.push(...unit.audit)
          if (this.outcomeUnknown) throw new ServiceError('ERR_SERVICE_STORE', 'the worker ended')
          return { outcome: 'committed', ended: 0 }
        },
      },
      readKeyEncryptionKey: async () => {
        if (this.keyEncryptionKey === undefined) throw new ServiceError('ERR_CONFIG_SECRET', 'gone')
        return this.keyEncryptionKey
      },
      config: { defaultAlgorithm: 'ES256', rotateDays: 90, overlapHours: 1, challengeSeconds: 60, ...config },
      clock: () => {
        if (this.clockFails) throw new ServiceError('ERR_SERVICE_CLOCK', 'stepped')
        return new Date(this.now)
      },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      random: randomBytes,
      maxTokenLifetimeSeconds: LIFETIME,
      algorithms: () => this.algorithms,
    })
  }

  token(ring: KeyRing, algorithm: 'ES256' | 'RS256' = 'ES256'): string {
    const iat = Math.floor(this.now / 1000)
    return ring.signAccessToken(algorithm, JSON.stringify({ sub: 'a', iat, exp: iat + LIFETIME }))
  }
}

async function verified(token: string, jwks: ReturnType<KeyRing['jwks']>, at: number): Promise<string> {
  const keys = { keys: jwks.keys.map((key) => ({ ...key })) } as Parameters<typeof createLocalJWKSet>[0]
  const result = await jwtVerify(token, createLocalJWKSet(keys), {
    typ: 'at+jwt',
    algorithms: ['ES256', 'RS256'],
    currentDate: new Date(at),
  })
  return String(result.protectedHeader.kid)
}

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'nothing thrown'
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error)
  }
}

describe('a first start', () => {
  test('makes one key of each use, active at once, each in a commit with its record', async () => {
    const world = new World()
    const ring = await world.open()
    expect(ring.health()).toEqual({ state: 'ok' })
    expect(ring.describe().map(({ use, algorithm, state }) => [use, algorithm, state])).toEqual([
      ['audit', 'ES256', 'active'],
      ['challenge', 'HMAC-SHA-256', 'active'],
      ['access-token', 'ES256', 'active'],
    ])
    expect(world.commits).toBe(3)
    expect(world.audit.map(({ type, actor }) => [type, actor])).toEqual(
      Array.from({ length: 3 }, () => ['key.created', 'service']),
    )
  })

  test('the token has the key id, the algorithm and the type, and verifies', async () => {
    const world = new World()
    const ring = await world.open()
    const token = world.token(ring)
    const [header] = token.split('.')
    const { keys } = ring.jwks('access-token')
    expect(JSON.parse(Buffer.from(header ?? '', 'base64url').toString())).toEqual({
      alg: 'ES256',
      kid: keys[0]?.['kid'],
      typ: 'at+jwt',
    })
    expect(await verified(token, ring.jwks('access-token'), world.now)).toBe(keys[0]?.['kid'])
  })

  test('key ids are RFC 7638 thumbprints, and no private member is shown or logged', async () => {
    const world = new World()
    world.algorithms = ['RS256']
    const ring = await world.open()
    const all = [...ring.jwks('access-token').keys, ...ring.jwks('audit').keys]
    expect(all).toHaveLength(3)
    for (const jwk of all) {
      expect(jwk['kid']).toBe(
        await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]),
      )
      const expected =
        jwk['kty'] === 'EC'
          ? ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']
          : ['alg', 'e', 'kid', 'kty', 'n', 'use']
      expect(Object.keys(jwk).sort()).toEqual(expected)
    }
    for (const row of world.rows.values())
      expect(JSON.stringify([world.audit, ring.describe()])).not.toContain(
        Buffer.from(row.sealed).toString('base64url'),
      )
  })

  test('a second start makes nothing and signs with the same key', async () => {
    const world = new World()
    const first = await world.open()
    const second = await world.open()
    expect(world.commits).toBe(3)
    expect(second.jwks('access-token')).toEqual(first.jwks('access-token'))
  })

  test('two refreshes at once make nothing twice', async () => {
    const world = new World()
    const ring = await world.open()
    world.rows.clear()
    await Promise.all([
      ring.refresh(),
      ring.refresh(),
      ring.rotate({ use: 'audit', immediately: true, actor: 'a' }),
    ])
    expect(ring.jwks('audit').keys).toHaveLength(1)
    expect(ring.jwks('access-token').keys).toHaveLength(1)
  })
})

describe('RS256', () => {
  test('is made only once it is wanted', async () => {
    const world = new World()
    const ring = await world.open()
    expect(codeOf(() => world.token(ring, 'RS256'))).toBe('ERR_SERVICE_KEYS')
    world.algorithms = ['RS256']
    await ring.refresh()
    const token = world.token(ring, 'RS256')
    expect(await verified(token, ring.jwks('access-token'), world.now)).toBeTruthy()
    expect(ring.jwks('access-token').keys).toHaveLength(2)
  })

  test('a leak withdraws it with the others though it is wanted no more', async () => {
    const world = new World()
    world.algorithms = ['RS256']
    const ring = await world.open()
    const before = ring.jwks('access-token').keys.map((key) => key['kid'])
    world.algorithms = []
    await ring.rotate({ use: 'access-token', immediately: true, actor: 'alice', requestId: 'r' })
    const after = ring.jwks('access-token').keys.map((key) => key['kid'])
    expect(after).toHaveLength(2)
    expect(after.filter((kid) => before.includes(kid))).toEqual([])
  })
})

describe('rotation', () => {
  test('minute by minute every token verifies until it expires, also with a JWKS as old as the overlap', async () => {
    const world = new World()
    const ring = await world.open({ rotateDays: 0.125, overlapHours: 1 })
    const tokens: { token: string; at: number }[] = []
    const snapshots: ReturnType<KeyRing['jwks']>[] = []
    const kids = new Set<string>()
    let most = 0
    for (let minute = 0; minute < 10 * 60; minute += 1) {
      world.now = START + minute * 60_000
      await ring.refresh()
      expect(ring.health().state).toBe('ok')
      const jwks = ring.jwks('access-token')
      snapshots.push(jwks)
      most = Math.max(most, jwks.keys.length)
      const token = world.token(ring)
      tokens.push({ token, at: world.now })
      kids.add(await verified(token, jwks, world.now))
      // RFC 9068 leaves it to the resource server how long it keeps the JWKS: up to the overlap must do.
      await verified(token, snapshots[Math.max(0, minute - 60)] ?? jwks, world.now)
      const old = tokens[minute - 15]
      if (old !== undefined) await verified(old.token, jwks, old.at + LIFETIME * 1000 - 1)
    }
    expect(kids.size).toBe(4)
    // Never more than the one that signs and the one before or after it.
    expect(most).toBe(2)
    expect(
      world.audit.filter(({ type, details }) => type === 'key.rotated' && details['use'] === 'access-token'),
    ).toHaveLength(3)
    expect([...world.rows.values()].filter((row) => row.use === 'access-token').length).toBeLessThanOrEqual(2)
    // The audit keys stay: their checkpoints are verified years later.
    expect(ring.jwks('audit').keys).toHaveLength(4)
  }, 120_000)

  test('a refresh that comes late still publishes for the whole overlap before it signs', async () => {
    const world = new World()
    const ring = await world.open({ rotateDays: 1, overlapHours: 2 })
    const [first] = ring.jwks('access-token').keys
    world.now = START + 23.9 * HOUR
    await ring.refresh()
    expect(
      ring
        .describe()
        .filter(({ use }) => use === 'access-token')
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['active', 'next'])
    world.now += 2 * HOUR - 1000
    expect(await verified(world.token(ring), ring.jwks('access-token'), world.now)).toBe(first?.['kid'])
    world.now += 1000
    expect(await verified(world.token(ring), ring.jwks('access-token'), world.now)).not.toBe(first?.['kid'])
  })

  test('a start after all keys have ended makes a key that is active at once', async () => {
    const world = new World()
    const before = (await world.open({ rotateDays: 1 })).jwks('access-token').keys[0]?.['kid']
    world.now = START + 48 * HOUR
    const ring = await world.open({ rotateDays: 1 })
    expect(ring.health().state).toBe('ok')
    expect(ring.jwks('access-token').keys.map((key) => key['kid'])).not.toContain(before)
    world.token(ring)
  })

  test('by hand: published at once, signs after the overlap, the old one goes when its last token has expired', async () => {
    const world = new World()
    const ring = await world.open()
    const old = ring.jwks('access-token').keys[0]?.['kid']
    const { kid } = await ring.rotate({
      use: 'access-token',
      immediately: false,
      actor: 'alice',
      requestId: 'r1',
    })
    expect(ring.jwks('access-token').keys.map((key) => key['kid'])).toEqual([kid, old])
    expect(world.audit.at(-1)).toMatchObject({
      type: 'key.rotated',
      actor: 'alice',
      requestId: 'r1',
      details: { kid, immediately: false, replaces: [old] },
    })
    world.now += HOUR - 1000
    const last = world.token(ring)
    expect(await verified(last, ring.jwks('access-token'), world.now)).toBe(old)
    world.now += 1000
    expect(await verified(world.token(ring), ring.jwks('access-token'), world.now)).toBe(kid)
    world.now += (LIFETIME + 300) * 1000 - 1000
    expect(ring.jwks('access-token').keys).toHaveLength(2)
    world.now += 1000
    expect(ring.jwks('access-token').keys.map((key) => key['kid'])).toEqual([kid])
    await ring.refresh()
    expect(world.rows.has(String(old))).toBe(false)
  })

  test('by hand twice leaves no instant without a key', async () => {
    const world = new World()
    const ring = await world.open()
    await ring.rotate({ use: 'access-token', immediately: false, actor: 'a' })
    world.now += HOUR / 2
    const { kid } = await ring.rotate({ use: 'access-token', immediately: false, actor: 'a' })
    for (let minute = 0; minute < 120; minute += 1) {
      world.now += 60_000
      await verified(world.token(ring), ring.jwks('access-token'), world.now)
    }
    expect(await verified(world.token(ring), ring.jwks('access-token'), world.now)).toBe(kid)
  })

  test('immediately: the leaked key and the one published beside it are gone from the JWKS, the store and checks', async () => {
    const world = new World()
    const ring = await world.open()
    const stolen = world.token(ring)
    await ring.rotate({ use: 'access-token', immediately: false, actor: 'a' })
    const { kid } = await ring.rotate({ use: 'access-token', immediately: true, actor: 'a' })
    expect(ring.jwks('access-token').keys.map((key) => key['kid'])).toEqual([kid])
    await expect(verified(stolen, ring.jwks('access-token'), world.now)).rejects.toThrow()
    expect(await verified(world.token(ring), ring.jwks('access-token'), world.now)).toBe(kid)
    expect(
      [...world.rows.values()].filter(({ use }) => use === 'access-token').map((row) => row.kid),
    ).toEqual([kid])
  })

  test('immediately, written without an answer: the leaked key signs no more all the same', async () => {
    const world = new World()
    const ring = await world.open()
    const [leaked] = ring.jwks('access-token').keys.map((key) => key['kid'])
    world.outcomeUnknown = true
    await expect(ring.rotate({ use: 'access-token', immediately: true, actor: 'a' })).rejects.toMatchObject({
      code: 'ERR_SERVICE_STORE',
    })
    const kids = ring.jwks('access-token').keys.map((key) => key['kid'])
    expect(kids).toHaveLength(1)
    expect(kids).not.toContain(leaked)
    expect(await verified(world.token(ring), ring.jwks('access-token'), world.now)).toBe(kids[0])
  })

  test('a key that was withdrawn does not come back when the clock goes back a little, nor across a restart', async () => {
    const world = new World()
    const ring = await world.open()
    world.pruneFails = true
    world.now += 60_000
    const { kid } = await ring.rotate({ use: 'access-token', immediately: true, actor: 'a' })
    expect([...world.rows.values()].filter(({ use }) => use === 'access-token')).toHaveLength(2)
    world.now -= 10_000
    const kidsOf = (one: KeyRing): unknown[] => one.jwks('access-token').keys.map((key) => key['kid'])
    expect(kidsOf(ring)).toEqual([kid])
    expect(kidsOf(await world.open())).toEqual([kid])
    world.clockFails = true
    expect(kidsOf(await world.open())).toEqual([kid])
  })

  test('that cannot be written leaves the old key signing, and is tried again', async () => {
    const world = new World()
    const ring = await world.open({ rotateDays: 1 })
    world.commitFails = true
    world.now += 23.5 * HOUR
    await ring.refresh()
    expect(ring.health()).toEqual({ state: 'ok' })
    world.token(ring)
    world.now += HOUR
    expect(ring.health().state).toBe('failing')
    expect(codeOf(() => world.token(ring))).toBe('ERR_SERVICE_KEYS')
    world.commitFails = false
    await ring.refresh()
    expect(ring.health()).toEqual({ state: 'ok' })
  })
})

describe('what fails closed, and heals', () => {
  const faults: [string, (world: World) => void, (world: World) => void][] = []
  const key = randomBytes(32)
  faults.push(
    [
      'an unreadable key-encryption key',
      (w) => (w.keyEncryptionKey = undefined),
      (w) => (w.keyEncryptionKey = key),
    ],
    [
      'another key-encryption key',
      (w) => (w.keyEncryptionKey = randomBytes(32)),
      (w) => (w.keyEncryptionKey = key),
    ],
    [
      'a key-encryption key of 31 bytes',
      (w) => (w.keyEncryptionKey = key.subarray(1)),
      (w) => (w.keyEncryptionKey = key),
    ],
    ['an unreadable store', (w) => (w.storeFails = true), (w) => (w.storeFails = false)],
  )
  test.each(faults)('%s', async (_, fail, mend) => {
    const world = new World()
    world.keyEncryptionKey = key
    const ring = await world.open()
    const jwks = ring.jwks('access-token')
    const { kid, tag } = ring.mac(Buffer.from('x'))
    fail(world)
    await ring.refresh()
    expect(ring.health().state).toBe('failing')
    expect(codeOf(() => world.token(ring))).toBe('ERR_SERVICE_KEYS')
    expect(codeOf(() => ring.signCheckpoint('{}'))).toBe('ERR_SERVICE_KEYS')
    expect(codeOf(() => ring.mac(Buffer.from('x')))).toBe('ERR_SERVICE_KEYS')
    expect(ring.verifyMac(kid, Buffer.from('x'), tag)).toBe(false)
    // Tokens that were issued can be verified, and nothing was made meanwhile.
    expect(ring.jwks('access-token')).toEqual(jwks)
    expect(world.commits).toBe(3)
    await expect(ring.rotate({ use: 'audit', immediately: true, actor: 'a' })).rejects.toMatchObject({
      code: 'ERR_SERVICE_KEYS',
    })
    mend(world)
    await ring.refresh()
    expect(ring.health()).toEqual({ state: 'ok' })
    expect(ring.verifyMac(kid, Buffer.from('x'), tag)).toBe(true)
    await verified(world.token(ring), jwks, world.now)
  })

  test('a start without the key-encryption key gives a failing ring that heals', async () => {
    const world = new World()
    world.keyEncryptionKey = undefined
    const ring = await world.open()
    expect(ring.health()).toEqual({ state: 'failing', message: 'gone' })
    expect(ring.jwks('access-token')).toEqual({ keys: [] })
    world.keyEncryptionKey = key
    await ring.refresh()
    expect(ring.health()).toEqual({ state: 'ok' })
  })

  test('an unreliable clock signs, makes and rotates nothing, and leaves the JWKS', async () => {
    const world = new World()
    const ring = await world.open({ rotateDays: 1 })
    const jwks = ring.jwks('access-token')
    world.clockFails = true
    await ring.refresh()
    expect(codeOf(() => world.token(ring))).toBe('ERR_SERVICE_CLOCK')
    expect(ring.jwks('access-token')).toEqual(jwks)
    expect(world.commits).toBe(3)
  })
})

describe('rows that were changed in the store', () => {
  const changes: [string, (rows: StoredKey[]) => StoredKey[]][] = [
    [
      'two sealed parts swapped',
      ([a, b, ...rest]) => (a && b ? [{ ...a, sealed: b.sealed }, { ...b, sealed: a.sealed }, ...rest] : []),
    ],
    [
      'an audit key made a token key',
      (rows) => rows.map((row) => (row.use === 'audit' ? { ...row, use: 'access-token' } : row)),
    ],
    [
      'a token key made an audit key',
      (rows) => rows.map((row) => (row.use === 'access-token' ? { ...row, use: 'audit' } : row)),
    ],
    [
      'another key id',
      (rows) => rows.map((row, index) => (index === 0 ? { ...row, kid: `${row.kid}x` } : row)),
    ],
    [
      'another id of a challenge key',
      (rows) => rows.map((row) => (row.use === 'challenge' ? { ...row, kid: `${row.kid}x` } : row)),
    ],
    [
      'another algorithm',
      (rows) => rows.map((row) => (row.use === 'access-token' ? { ...row, algorithm: 'RS256' } : row)),
    ],
    [
      'algorithm none',
      (rows) => rows.map((row) => (row.use === 'access-token' ? { ...row, algorithm: 'none' } : row)),
    ],
    [
      'another public key',
      (rows) => {
        const other = rows.find((row) => row.use === 'audit')?.publicJwk ?? ''
        return rows.map((row) => (row.use === 'access-token' ? { ...row, publicJwk: other } : row))
      },
    ],
    [
      'a public key for a challenge key',
      (rows) => rows.map((row) => (row.use === 'challenge' ? { ...row, publicJwk: '{}' } : row)),
    ],
    ['a sealed part cut to nothing', (rows) => rows.map((row) => ({ ...row, sealed: new Uint8Array(0) }))],
    [
      'a sealed part cut by one byte',
      (rows) => rows.map((row) => ({ ...row, sealed: row.sealed.subarray(0, -1) })),
    ],
    ...[0, 11, 12, 40, -16, -1].map((at): [string, (rows: StoredKey[]) => StoredKey[]] => [
      `a bit of byte ${at} of a sealed part`,
      (rows) =>
        rows.map((row) => {
          const sealed = Uint8Array.from(row.sealed)
          const place = at < 0 ? sealed.length + at : at
          sealed[place] = (sealed[place] ?? 0) ^ 1
          return { ...row, sealed }
        }),
    ]),
  ]
  test.each(changes)('%s: nothing is signed, nothing is made', async (_, change) => {
    const world = new World()
    await world.open()
    const before = [...world.rows.values()]
    world.rows = new Map(change(before).map((row) => [row.kid, row]))
    expect(world.rows.size).toBe(3)
    const ring = await world.open()
    expect(ring.health().state).toBe('failing')
    expect(codeOf(() => world.token(ring))).toBe('ERR_SERVICE_KEYS')
    expect(ring.jwks('access-token').keys).toEqual([])
    expect(world.commits).toBe(3)
    world.rows = new Map(before.map((row) => [row.kid, row]))
    await ring.refresh()
    expect(ring.health()).toEqual({ state: 'ok' })
  })
})

describe('challenges', () => {
  test('a tag is good for its data and key id alone', async () => {
    const world = new World()
    const ring = await world.open()
    const data = Buffer.from('nonce|1')
    const { kid, tag } = ring.mac(data)
    expect(ring.verifyMac(kid, data, tag)).toBe(true)
    expect(ring.verifyMac(kid, Buffer.from('nonce|2'), tag)).toBe(false)
    expect(ring.verifyMac(`${kid}x`, data, tag)).toBe(false)
    expect(ring.verifyMac(String(ring.jwks('audit').keys[0]?.['kid']), data, tag)).toBe(false)
    expect(ring.verifyMac(kid, data, tag.subarray(1))).toBe(false)
    expect(ring.verifyMac(kid, data, new Uint8Array(0))).toBe(false)
    expect(
      ring.verifyMac(
        kid,
        data,
        tag.map((byte, at) => (at === 31 ? byte ^ 1 : byte)),
      ),
    ).toBe(false)
  })

  test('stays good across a rotation for as long as a challenge may be used, and not after a leak', async () => {
    const world = new World()
    const ring = await world.open({ rotateDays: 1 })
    world.now += 23.5 * HOUR
    await ring.refresh()
    world.now += HOUR - 1000
    const data = Buffer.from('x')
    const old = ring.mac(data)
    world.now += 61_000
    await ring.refresh()
    expect(ring.mac(data).kid).not.toBe(old.kid)
    expect(ring.verifyMac(old.kid, data, old.tag)).toBe(true)
    await ring.rotate({ use: 'challenge', immediately: true, actor: 'a' })
    expect(ring.verifyMac(old.kid, data, old.tag)).toBe(false)
    expect(ring.verifyMac(ring.mac(data).kid, data, ring.mac(data).tag)).toBe(true)
  })
})
