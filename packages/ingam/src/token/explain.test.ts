// explain says what verify would say, names the check that decides, and leaves the verifier and the token as they were.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, AUDIENCE, forge, NOW, thumbprintOf, untyped } from '../../../../test/support/forge.ts'
import {
  ACCEPTED,
  issuer,
  leaf,
  other,
  REFUSED,
  root,
  stranger,
  strangerRoot,
  type TokenCase,
  verifierOf,
} from '../../../../test/support/tokens.ts'
import { createFixedClock } from '../testing/fixed-clock.ts'
import { createTestCa } from '../testing/test-ca.ts'
import type { VerifierOptions } from './plan.ts'
import { CHECKS, type CheckId } from './trace.ts'
import type { Explanation, Verifier } from './verify.ts'

const TABLE: readonly TokenCase[] = [...ACCEPTED, ...REFUSED]

async function warmVerifierOf(options: Partial<VerifierOptions> = {}): Promise<Verifier> {
  const verifier = verifierOf(options)
  if (options.algorithms === undefined) await verifier.verify(await forge(leaf))
  return verifier
}

/** What a verifier holds, without the counters of its work. */
function heldBy(verifier: Verifier): object {
  const { cachedChains, cachedBytes, cacheHits, cacheMisses, replayEntries } = verifier.status()
  return { cachedChains, cachedBytes, cacheHits, cacheMisses, replayEntries }
}

function factsOf(explanation: Explanation, id: CheckId): Readonly<Record<string, string>> | undefined {
  return explanation.checks.find((check) => check.id === id)?.facts
}

/** Code and message of a refusal, or nothing. */
async function refusalOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run()
    return undefined
  } catch (error) {
    return error
  }
}

describe.each([
  ['a fresh verifier', verifierOf],
  ['a verifier that knows the chain', warmVerifierOf],
])('on %s', (_, make) => {
  test.each(TABLE)('$code: the verdict on $title is that of verify', async (row) => {
    const verifier = await make(row.options)
    const token = await row.make()
    const explanation = await verifier.explain(token, row.expected)
    const error = await refusalOf(() => verifier.verify(token, row.expected))
    expect(explanation.accepted).toBe(error === undefined)
    expect(explanation.error?.code ?? 'accepted').toBe(row.code)
    if (explanation.error === undefined) return
    expect(error).toMatchObject(explanation.error)
    expect(error).toMatchObject({ attempts: explanation.attempts })
  })

  test.each(TABLE)('$code: the checks on $title end at $check', async (row) => {
    const verifier = await make(row.options)
    const { checks, accepted } = await verifier.explain(await row.make(), row.expected)
    expect(checks.map(({ id, title }) => [id, title])).toEqual(CHECKS)
    const last = CHECKS.findIndex(([id]) => id === row.check)
    expect(checks.map(({ outcome }) => outcome)).toEqual(
      CHECKS.map((_check, index) => {
        if (index > last) return 'not-reached'
        return index === last && !accepted ? 'failed' : 'passed'
      }),
    )
  })

  test.each(TABLE)('$code: $title leaves everything as it was', async (row) => {
    const verifier = await make(row.options)
    const before = heldBy(verifier)
    const token = await row.make()
    await verifier.explain(token, row.expected)
    await verifier.explain(token, row.expected)
    expect(heldBy(verifier)).toEqual(before)
    expect(await codeOf(() => verifier.verify(token, row.expected))).toBe(row.code)
  })
})

describe('one-time use', () => {
  test('explains a used token as used, again and again', async () => {
    const verifier = verifierOf()
    const token = await forge(leaf)
    await verifier.verify(token)
    for (let round = 0; round < 2; round++) {
      const { error, checks } = await verifier.explain(token)
      expect(error?.code).toBe('ERR_TOKEN_REPLAYED')
      expect(checks.at(-1)).toMatchObject({ id: 'oneTimeUse', outcome: 'failed' })
    }
  })

  test('explains a token that many explain at once as fresh', async () => {
    const verifier = verifierOf()
    const token = await forge(leaf)
    const answers = await Promise.all(Array.from({ length: 8 }, () => verifier.explain(token)))
    expect(answers.every(({ accepted }) => accepted)).toBe(true)
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
  })

  test.each([
    ['ERR_TOKEN_REPLAY_FULL', { maxReplayEntries: 1, maxReplayEntriesPerKey: 1 }],
    ['ERR_TOKEN_REPLAY_QUOTA', { maxReplayEntries: 9, maxReplayEntriesPerKey: 1 }],
  ])('explains %s', async (code, options) => {
    const verifier = verifierOf(options)
    await verifier.verify(await forge(leaf))
    expect((await verifier.explain(await forge(leaf))).error?.code).toBe(code)
  })

  test('explains ERR_TOKEN_REPLAY_EPOCH', async () => {
    const explanation = await verifierOf().explain(await forge(leaf, { claims: { iat: NOW - 1 } }))
    expect(explanation.error).toMatchObject({
      code: 'ERR_TOKEN_REPLAY_EPOCH',
      details: { issuedAt: '2026-06-01T11:59:59.000Z' },
    })
  })

  test('says whether a memory is kept', async () => {
    const token = await forge(leaf)
    expect(factsOf(await verifierOf().explain(token), 'oneTimeUse')).toEqual({ memory: 'this process' })
    const off = verifierOf({ oneTimeUse: 'off' })
    expect(factsOf(await off.explain(token), 'oneTimeUse')).toEqual({ memory: 'off' })
  })
})

describe('the facts', () => {
  test('say what the checks of an accepted token saw', async () => {
    const explanation = await verifierOf().explain(await forge(leaf))
    expect(factsOf(explanation, 'algorithm')).toEqual({ algorithm: 'ES256' })
    expect(factsOf(explanation, 'time')).toEqual({
      'issued at': '2026-06-01T12:00:00.000Z',
      'expires at': '2026-06-01T12:05:00.000Z',
      clock: '2026-06-01T12:00:00.000Z',
    })
    expect(factsOf(explanation, 'audience')).toEqual({ audience: AUDIENCE })
    expect(factsOf(explanation, 'certificates')).toEqual({ certificates: '2' })
    expect(factsOf(explanation, 'path')).toEqual({
      'trust anchor': `x509-sha256:${await thumbprintOf(root)}`,
    })
    expect(factsOf(explanation, 'subject')).toEqual({ subject: 'uri:spiffe://example/client' })
  })

  test('are empty where a check was not reached', async () => {
    const { checks } = await verifierOf().explain('x')
    expect(checks.filter(({ outcome }) => outcome === 'not-reached')).toHaveLength(CHECKS.length - 1)
    expect(checks.every(({ facts }) => Object.keys(facts).length === 0)).toBe(true)
  })

  test('never show an anchor for a chain that leads nowhere', async () => {
    expect(factsOf(await verifierOf().explain(await forge(stranger)), 'path')).toEqual({})
  })
})

describe('the certificates', () => {
  test('are shown as sent, whether accepted or not', async () => {
    for (const client of [leaf, stranger]) {
      const { certificates } = await verifierOf().explain(await forge(client))
      expect(certificates.map(({ role }) => role)).toEqual(['signer', 'further'])
      expect(certificates[0]?.thumbprint).toBe(await thumbprintOf(client))
    }
  })

  test.each([
    ['text without dots', 'x'],
    ['a header that is no JSON', 'AAAA.AAAA.AAAA'],
  ])('are none for %s', async (_, token) => {
    expect((await verifierOf().explain(token)).certificates).toEqual([])
  })
})

describe('the attempts', () => {
  test('are none for an accepted token', async () => {
    expect((await verifierOf().explain(await forge(leaf))).attempts).toEqual([])
  })

  test('are told of an accepted token as well, where one path failed and another did not', async () => {
    const ca = await createTestCa({ at: AT, name: 'Twin', withoutExtensions: ['2.5.29.14'] })
    const twin = await createTestCa({ at: AT, name: 'Twin', withoutExtensions: ['2.5.29.14'] })
    const signer = await ca.issue({ uris: ['spiffe://example/client'] })
    const trustAnchors = [twin.certificate, ca.certificate]
    const explanation = await verifierOf({ trustAnchors }).explain(await forge(signer))
    expect(explanation).toMatchObject({
      accepted: true,
      attempts: [{ code: 'ERR_PATH_SIGNATURE', position: 0, reachesAnchor: true }],
      attemptsDropped: 0,
    })
  })

  test('name every candidate that was refused', async () => {
    const trustAnchors = [strangerRoot.certificate]
    const { attempts } = await verifierOf({ trustAnchors }).explain(await forge(leaf))
    expect(attempts.map(({ code }) => code)).toEqual(['ERR_PATH_SIGNATURE'])
    expect(attempts[0]).toMatchObject({ position: 1, reachesAnchor: true })
    const subjects = attempts[0]?.certificates.map(({ subject }) => subject)
    expect(subjects).toEqual(['CN=client', 'CN=intermediate', 'CN=Test CA'])
  })
})

describe('what is not a token', () => {
  test.each([undefined, null, 1, {}, [], Object('a.b.c')])('is refused, not thrown: %j', async (token) => {
    const explanation = await verifierOf().explain(untyped(token))
    expect(explanation).toMatchObject({ accepted: false, error: { code: 'ERR_TOKEN_MALFORMED' } })
    expect(explanation.checks[0]).toMatchObject({ id: 'shape', outcome: 'failed' })
  })
})

describe('the clock', () => {
  test('that answers an invalid Date makes no token accepted', async () => {
    let broken = false
    const verifier = verifierOf({ clock: () => (broken ? new Date(Number.NaN) : AT) })
    broken = true
    const explanation = await verifier.explain(await forge(leaf))
    expect(explanation).toMatchObject({ accepted: false, error: { code: 'ERR_ARG_TYPE' } })
  })

  test('ends the path of a chain that verify knows', async () => {
    const clock = createFixedClock(AT)
    const client = await issuer.issue({ notAfter: new Date(AT.getTime() + 10_000) })
    const verifier = verifierOf({ clock: clock.now })
    await verifier.verify(await forge(client))
    const token = await forge(client)
    clock.advance(10)
    expect((await verifier.explain(token)).accepted).toBe(true)
    clock.advance(0.001)
    expect((await verifier.explain(token)).error?.code).toBe('ERR_PATH_EXPIRED')
  })
})

describe('work', () => {
  test('is counted in full each time, since nothing is remembered', async () => {
    const verifier = await warmVerifierOf()
    const before = verifier.status()
    const token = await forge(leaf)
    await verifier.explain(token)
    await verifier.explain(token)
    const after = verifier.status()
    expect(after.certificatesParsed - before.certificatesParsed).toBe(4)
    expect(after.tokenSignatureChecks - before.tokenSignatureChecks).toBe(2)
  })

  test('on a token of another client makes that client no better known', async () => {
    const verifier = verifierOf()
    await verifier.explain(await forge(other))
    await verifier.verify(await forge(other))
    expect(verifier.status()).toMatchObject({ cacheHits: 0, cacheMisses: 1, cachedChains: 1 })
  })
})
