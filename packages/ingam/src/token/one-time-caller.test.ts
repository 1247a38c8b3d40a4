// One-time use that is the caller's: what a verified token hands on, and that the verifier itself remembers nothing.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, AUDIENCE, type ForgeOptions, forge, NOW } from '../../../../test/support/forge.ts'
import { issuer, leaf, other, root, verifierOf } from '../../../../test/support/tokens.ts'
import type { TestCertificate } from '../testing/test-ca.ts'
import { createBench } from './bench.ts'
import { UNBOUND } from './binding.ts'
import { judgeToken } from './judge.ts'
import { createPlan, type VerifierOptions } from './plan.ts'
import type { ReplayEntry, ReplayStore } from './replay.ts'
import type { OneTimeEntry, VerifiedToken } from './verified-token.ts'
import type { Verifier } from './verify.ts'

const JTI = 'one-time-0123456789'
const SECOND = 'https://b.example'
const AUDIENCES = [AUDIENCE, SECOND]

/** What a verifier hands on: from a fresh one and from one that knows the signer, the same, or the test fails. */
async function entryOf(
  options: ForgeOptions = {},
  by: TestCertificate = leaf,
  verifying: Partial<VerifierOptions> = {},
): Promise<OneTimeEntry> {
  const verifier = verifierOf({ audience: AUDIENCES, ...verifying, oneTimeUse: 'caller' })
  const token = await forge(by, { ...options, claims: { jti: JTI, ...options.claims } })
  const cold = entryIn(await verifier.verify(token))
  const warm = entryIn(await verifier.verify(token))
  expect(verifier.status()).toMatchObject({ cacheHits: 1 })
  expect(warm).toEqual(cold)
  expect(warm.key.buffer).not.toBe(cold.key.buffer)
  return warm
}

function entryIn({ oneTimeEntry }: VerifiedToken): OneTimeEntry {
  if (oneTimeEntry === undefined) throw new Error('no entry')
  return oneTimeEntry
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

// docs/token-format.md, One-time use, written anew.
function keyOf(profile: string, audience: string, by: TestCertificate, jti: string): string {
  const hash = createHash('sha256')
  for (const part of [profile, audience, holderOf(by), jti]) {
    const bytes = Buffer.from(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  return hash.digest('hex')
}

function holderOf({ certificate }: TestCertificate): Uint8Array {
  return createHash('sha256').update(certificate.subjectPublicKeyInfo.der).digest()
}

const CLIENT: ForgeOptions = { header: { typ: 'client-authentication+jwt' } }

describe('the entry', () => {
  test('has all that a store needs', async () => {
    const entry = await entryOf({ claims: { iat: NOW - 1.5, exp: NOW + 300.25 } })
    expect(entry).toStrictEqual({
      key: entry.key,
      holder: new Uint8Array(holderOf(leaf)),
      keepUntil: NOW + 360.25,
      issuedAt: NOW - 1.5,
    })
    expect(entry.key).toHaveLength(32)
    expect(Object.isFrozen(entry)).toBe(true)
    expect([entry.key.constructor, entry.holder.constructor]).toEqual([Uint8Array, Uint8Array])
  })

  test.each([0, 60, 3_600])('is to be kept until no clock accepts it: %j', async (expiryToleranceSeconds) => {
    const { keepUntil } = await entryOf({}, leaf, { expiryToleranceSeconds })
    const token = await forge(leaf)
    const at = (seconds: number): Verifier =>
      verifierOf({ expiryToleranceSeconds, oneTimeUse: 'caller', clock: () => new Date(seconds * 1000) })
    expect(await codeOf(() => at(keepUntil - 0.001).verify(token))).toBe('accepted')
    expect(await codeOf(() => at(keepUntil).verify(token))).toBe('ERR_TOKEN_EXPIRED')
  })

  test('has the key of the specification', async () => {
    expect(hexOf((await entryOf()).key)).toBe(keyOf('auth', AUDIENCE, leaf, JTI))
    expect(hexOf((await entryOf({ claims: { aud: SECOND } })).key)).toBe(keyOf('auth', SECOND, leaf, JTI))
    const long = '한'.repeat(128)
    expect(hexOf((await entryOf({ claims: { jti: long } })).key)).toBe(keyOf('auth', AUDIENCE, leaf, long))
  })

  test('has the key that the memory of a verifier has', async () => {
    const seen: ReplayEntry[] = []
    const take = (entry: ReplayEntry): 'fresh' => {
      seen.push(entry)
      return 'fresh'
    }
    const replay: ReplayStore = {
      take,
      peek: take,
      epoch: 0,
      maxEntries: 1,
      maxEntriesPerKey: 1,
      size: 0,
      bytes: 0,
      work: 0,
    }
    const plan = createPlan({
      trustAnchors: [root.certificate],
      audience: AUDIENCES,
      revocation: 'off',
      clock: () => AT,
    })
    const bench = createBench({ ...plan, replay })
    const token = await forge(leaf, { claims: { jti: JTI } })
    for (const _ of ['cold', 'warm']) {
      expect((await judgeToken(bench, { token, binding: UNBOUND })).oneTimeEntry).toBeUndefined()
    }
    const { key, keepUntil, issuedAt, holder } = await entryOf()
    for (const entry of seen) {
      expect({ ...entry, key: hexOf(entry.key), holder: hexOf(Buffer.from(entry.holder, 'latin1')) }).toEqual(
        {
          key: hexOf(key),
          holder: hexOf(holder),
          keepUntil,
          issuedAt,
          now: NOW,
        },
      )
    }
    expect(seen).toHaveLength(2)
  })

  test('is another one for another profile, audience, holder or jti, and for nothing else', async () => {
    const client = { profile: 'client-authentication' } as const
    const legacy = { profile: 'legacy-client-authentication' } as const
    const entries = [
      await entryOf(),
      await entryOf({ claims: { aud: SECOND } }),
      await entryOf({}, other),
      await entryOf({ claims: { jti: `${JTI}0` } }),
      await entryOf({ header: { typ: 'authorization-grant+jwt' } }, leaf, { profile: 'authorization-grant' }),
      await entryOf(CLIENT, leaf, client),
      await entryOf({ header: { typ: 'JWT' } }, leaf, legacy),
    ]
    expect(new Set(entries.map(({ key }) => hexOf(key))).size).toBe(entries.length)
    const again = await entryOf({
      claims: { iat: NOW - 1, exp: NOW + 1, own: 1 },
      signature: (genuine) => genuine,
    })
    expect(again.key).toEqual(entries[0]?.key)
    // The client's identifier is no part of it: the key of whoever signed is.
    const named = await entryOf({ ...CLIENT, claims: { iss: 'x', sub: 'x' } }, leaf, client)
    expect(named.key).toEqual(entries[5]?.key)
    const absent = await entryOf({ header: { typ: undefined } }, leaf, legacy)
    expect(absent.key).toEqual(entries[6]?.key)
  })

  test('is the same for another certificate of the same key', async () => {
    const renewed = await issuer.issue({ name: 'renewed', keyOf: leaf })
    expect(renewed.der).not.toEqual(leaf.der)
    const [{ key, holder }, first] = [await entryOf({}, renewed), await entryOf()]
    expect([key, holder]).toEqual([first.key, first.holder])
  })
})

describe("a verifier whose one-time use is the caller's", () => {
  test('remembers nothing: the token is not used up', async () => {
    const verifier = verifierOf({ oneTimeUse: 'caller' })
    const token = await forge(leaf)
    const keys: string[] = []
    for (let index = 0; index < 3; index++) keys.push(hexOf(entryIn(await verifier.verify(token)).key))
    expect(new Set(keys).size).toBe(1)
    expect(verifier.status().replayEntries).toBe(0)
  })

  test('requires jti', async () => {
    const verifier = verifierOf({ oneTimeUse: 'caller' })
    const token = await forge(leaf, { claims: { jti: undefined } })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_CLAIM_MISSING')
    await verifier.verify(await forge(leaf))
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(await codeOf(() => verifierOf({ oneTimeUse: 'off' }).verify(token))).toBe('accepted')
  })

  test('has no beginning, and waits for no iat', async () => {
    let waits = 0
    const wait = async (): Promise<void> => {
      waits++
    }
    for (const [oneTimeUse, early, expectedWaits] of [
      ['caller', 'accepted', 0],
      ['memory', 'ERR_TOKEN_REPLAY_EPOCH', 2],
    ] as const) {
      waits = 0
      const verifier = verifierOf({ oneTimeUse, wait })
      for (const _ of ['cold', 'warm']) {
        const ahead = await forge(leaf, { claims: { iat: NOW + 5 } })
        expect(await codeOf(() => verifier.verify(ahead))).toBe('accepted')
      }
      expect(waits).toBe(expectedWaits)
      const before = await forge(leaf, { claims: { iat: NOW - 60, exp: NOW + 60 } })
      expect(await codeOf(() => verifier.verify(before))).toBe(early)
    }
  })

  test('hands on nothing of a token that it refuses', async () => {
    const verifier = verifierOf({ oneTimeUse: 'caller' })
    const token = await forge(leaf, { signer: other })
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' })
  })

  test('says so in explain', async () => {
    const token = await forge(leaf)
    for (const [oneTimeUse, memory] of [
      ['caller', 'the caller'],
      ['memory', 'this process'],
      ['off', 'off'],
    ] as const) {
      const { accepted, checks } = await verifierOf({ oneTimeUse }).explain(token)
      expect(accepted).toBe(true)
      expect(checks.find(({ id }) => id === 'oneTimeUse')).toMatchObject({ facts: { memory } })
    }
  })
})

test.each(['memory', 'off', undefined] as const)(
  'with oneTimeUse %s there is no entry',
  async (oneTimeUse) => {
    const verifier = verifierOf(oneTimeUse && { oneTimeUse })
    expect((await verifier.verify(await forge(leaf))).oneTimeEntry).toBeUndefined()
    expect((await verifier.verify(await forge(leaf))).oneTimeEntry).toBeUndefined()
  },
)
