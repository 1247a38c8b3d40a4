// A thousand verifications while the list that they rest on is fetched anew again and again, by servers that fail every third
// time, until one list revokes: nobody is refused before, nobody accepted after.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { queryFor } from '../../../../../test/support/evidence-query.ts'
import {
  type Answer,
  type EvidenceServer,
  sends,
  sendsList,
  startEvidenceServer,
} from '../../../../../test/support/evidence-server.ts'
import { isPkiError } from '../../errors/errors.ts'
import { createFixedClock, createTestCa } from '../../testing/index.ts'
import { signToken } from '../../token/sign.ts'
import { createVerifier } from '../../token/verify.ts'
import { createHttpSource } from './http-source.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const AUDIENCE = 'https://api.example'
const BATCHES = 50
const BATCH = 20
const REVOKED_FROM = 30

let server: EvidenceServer
beforeAll(async () => {
  server = await startEvidenceServer()
})
afterAll(async () => await server.stop())

const FAILURES: readonly Answer[] = [
  (_request, to) => to.writeHead(500).end(),
  (request) => request.socket.destroy(),
  sendsList(new TextEncoder().encode('garbage')),
  sends(new Uint8Array(10), 'text/html'),
]

test('a revocation counts from when it is held, and nothing that fails beside it counts for anything', async () => {
  const url = `${server.origin}/ca.crl`
  const ca = await createTestCa({ at: AT })
  const leaf = await ca.issue({ crlDistributionPoints: [url] })
  const about = await queryFor(leaf, ca)
  const credential = await leaf.credential()
  const clock = createFixedClock(AT)
  const ticks: (() => void)[] = []
  const source = await createHttpSource({
    allow: [server.origin],
    loopback: 'allow',
    fetches: 'crl',
    clock: clock.now,
    every: (_milliseconds, callback) => {
      ticks.push(callback)
      return () => undefined
    },
  })
  const verifier = createVerifier({
    trustAnchors: [ca.certificate],
    audience: AUDIENCE,
    revocation: { mode: 'require', sources: [source] },
    oneTimeUse: 'off',
    clock: clock.now,
  })
  const holdsRevocation = (): boolean => source.status().some(({ size }) => size > 0)
  const outcomes: { wasHeld: boolean; outcome: string }[] = []
  const verify = async (token: string): Promise<void> => {
    const wasHeld = holdsRevocation()
    const outcome = await verifier.verify(token).then(
      () => 'accepted',
      (error: unknown) => (isPkiError(error) ? error.code : String(error)),
    )
    outcomes.push({ wasHeld, outcome })
  }

  for (let batch = 0; batch < BATCHES; batch++) {
    const now = clock.now()
    const revoked = batch >= REVOKED_FROM ? [leaf] : []
    // Due after five batches, expired after seven: a failure that comes between leaves time for one more.
    const nextUpdate = new Date(now.getTime() + 1_000_000)
    const { der } = await ca.crl({ crlNumber: batch + 1, thisUpdate: now, nextUpdate, revoked })
    const failure = FAILURES[batch % FAILURES.length] ?? sendsList(der)
    server.answer('/ca.crl', batch % 3 === 2 ? failure : sendsList(der))
    const token = await signToken(credential, { audience: AUDIENCE, at: now })
    const isDue = source.status().some(({ nextRefresh = AT }) => nextRefresh <= now)
    for (const tick of ticks) tick()
    await Promise.all(Array.from({ length: BATCH }, () => verify(token)))
    // What is under way belongs to this instant: whoever asks now waits for it, and has nothing new asked.
    if (isDue) await source.fetch(about, new AbortController().signal)
    clock.advance(160)
  }
  source.close()

  expect(outcomes).toHaveLength(1_000)
  const [before, after] = [
    outcomes.filter(({ wasHeld }) => !wasHeld),
    outcomes.filter(({ wasHeld }) => wasHeld),
  ]
  expect(new Set(after.map(({ outcome }) => outcome))).toEqual(new Set(['ERR_REVOCATION_REVOKED']))
  // One that was judged while the list came in may be either.
  expect(before.slice(0, BATCH * REVOKED_FROM).every(({ outcome }) => outcome === 'accepted')).toBe(true)
  expect(before.length).toBeGreaterThanOrEqual(BATCH * REVOKED_FROM)
  expect(after.length).toBeGreaterThan(100)
  // Fetched by far less often than it was asked for, and some of it in vain.
  expect(server.asked.length).toBeGreaterThan(5)
  expect(server.asked.length).toBeLessThan(BATCHES)
})
