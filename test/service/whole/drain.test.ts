// SIGTERM under load: what was taken on is answered, what comes later is told so or meets a closed door, and the audit log
// ends with the end of the service.

import { afterEach, expect, it } from 'vitest'
import { createClient, tokenIdOf } from './support/asking.ts'
import { readiness } from './support/process.ts'
import { issuedIn, readState, verifyChain } from './support/state.ts'
import { endWorlds, startWorld, UNAVAILABLE } from './support/world.ts'

afterEach(endWorlds)

const CONNECTIONS = 32
const ANSWERS_BEFORE = 100
const NOT_HEARD = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE']

it('SIGTERM under load: every request on a connection that was served is answered, and the end is on record', async () => {
  const { folder, service, holders } = await startWorld({ yaml: 'tokens: { challengeSeconds: 600 }' })
  const client = createClient(service.url, CONNECTIONS)
  const nonce = await client.nonce()
  const tokenIds: string[] = []
  const refused: unknown[] = []
  const silences: { readonly code: string; readonly onOldConnection: boolean }[] = []
  const enough = Promise.withResolvers<void>()

  const lane = async (kind: 'plain' | 'bound'): Promise<void> => {
    for (;;) {
      const asking = await holders.next(kind, nonce)
      if (tokenIds.length >= ANSWERS_BEFORE) enough.resolve()
      const answer = await client.ask(asking)
      if (!('status' in answer)) return void silences.push(answer)
      if (answer.status === 200) tokenIds.push(tokenIdOf(answer))
      else refused.push(answer)
    }
  }
  const lanes = Array.from({ length: CONNECTIONS }, (_, index) => lane(index % 2 === 0 ? 'plain' : 'bound'))
  await enough.promise
  const ending = service.end('SIGTERM')
  await Promise.all(lanes)
  client.close()

  expect(await ending).toEqual({ code: 0, signal: null })
  // Whoever comes to a door that is closed, or closing, knows that nobody has heard him.
  expect(silences.filter(({ onOldConnection }) => onOldConnection)).toEqual([])
  expect(silences.filter(({ code }) => !NOT_HEARD.includes(code))).toEqual([])
  for (const answer of refused)
    expect(answer).toMatchObject({ ...UNAVAILABLE, headers: { connection: 'close' } })
  await expect(readiness(service.url)).rejects.toThrow('fetch failed')

  const state = readState(folder)
  expect(state.records.at(-1)?.type).toBe('service.stopped')
  expect(issuedIn(state).toSorted()).toEqual(tokenIds.toSorted())
  expect(state.grants.toSorted()).toEqual(tokenIds.toSorted())
  const { findings, records, signedUpTo } = verifyChain(state)
  expect([findings, signedUpTo]).toEqual([[], records])
})

it('SIGTERM without load: the log has the beginning and the end of the service, and nothing else', async () => {
  const { folder, service } = await startWorld()
  expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(readState(folder).records.map(({ type }) => type)).toEqual([
    'policy.applied',
    'key.created',
    'key.created',
    'key.created',
    'service.started',
    'service.stopped',
  ])
})
