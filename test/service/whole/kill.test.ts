// SIGKILL in the middle of load, again and again, on one and the same state: what was answered is there, nothing is
// accepted twice, and the log is whole. INGAM_KILLS sets the number of rounds, INGAM_KILLS_SEED repeats a run.
// That the process dies is what this tests; a machine that loses its power is the business of fsync.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import {
  type Answer,
  type Asking,
  type Client,
  concurrently,
  createClient,
  createHolders,
  type Holders,
  type Silence,
  tokenIdOf,
} from './support/asking.ts'
import { createFolder, type ServiceFolder } from './support/folder.ts'
import { endAll, killWhileStarting, type ServiceProcess, startProcess } from './support/process.ts'
import { issuedIn, readState, verifyByCommand, verifyChain } from './support/state.ts'

const ROUNDS = Number(process.env['INGAM_KILLS'] ?? 3)
const SEED = Number(process.env['INGAM_KILLS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const CONNECTIONS = 32
// LIMIT: sent again once more at the very end; older ones may have expired, which is another reason to refuse them.
const MOST_SENT_AT_THE_END = 1_000
const PROOFS = 5
// LIMIT: answers before a kill, each of them sent again after the start; then so many milliseconds into what is under way.
const MOST_ANSWERS = 120
const LONGEST_DELAY_MILLISECONDS = 20
// LIMIT: no measure of the start, only the sign that something hangs: the machine may be busy with other tests.
const LONGEST_MEDIAN_MILLISECONDS = 15_000

afterEach(endAll)

// What became of a request: its token arrived, or nothing did; and later, that the one without an answer had counted.
interface Entry {
  readonly kind: 'plain' | 'bound'
  readonly asking: Asking
  state: 'accepted' | 'lost' | 'counted'
}

interface Tally {
  readonly entries: Entry[]
  /** Of all tokens that arrived. */
  readonly tokenIds: string[]
  replays: number
  acceptedAtReplay: number
  readonly starts: number[]
}

it(`killed ${ROUNDS} times under load: every answer is in the state, nothing counts twice, the chain is whole`, {
  timeout: 60_000 + ROUNDS * 30_000,
}, async ({ task }) => {
  task.meta.report = `kill: seed ${SEED}`
  const random = seeded(SEED)
  const folder = await createFolder({ yaml: 'tokens: { challengeSeconds: 600 }\nlog: { level: warn }' })
  const holders = await createHolders(folder)
  const tally: Tally = { entries: [], tokenIds: [], replays: 0, acceptedAtReplay: 0, starts: [] }
  try {
    let sent: readonly Entry[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const usual = tally.starts.at(-1)
      if (usual !== undefined && round % 3 === 1) await killWhileStarting(folder, random() * usual)
      sent = await withService(folder, tally, async (service, client, nonce) => {
        await sendAgain(client, holders, nonce, sent, tally)
        const kill = {
          answers: Math.floor(random() * MOST_ANSWERS),
          milliseconds: random() * LONGEST_DELAY_MILLISECONDS,
        }
        const load = { service, client, holders, nonce, kill }
        return await loadUntilKilled(load, tally)
      })
    }
    await withService(folder, tally, async (service, client, nonce) => {
      await sendAgain(client, holders, nonce, sent, tally)
      await sendAgain(client, holders, nonce, tally.entries.slice(-MOST_SENT_AT_THE_END), tally)
      expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null })
    })
    checkState(folder, tally)
    task.meta.report = reportOf(tally)
    expect(medianOf(tally.starts)).toBeLessThan(LONGEST_MEDIAN_MILLISECONDS)
  } finally {
    await endAll()
    folder.remove()
  }
})

async function withService<T>(
  folder: ServiceFolder,
  tally: Tally,
  work: (service: ServiceProcess, client: Client, nonce: string) => Promise<T>,
): Promise<T> {
  const service = await startProcess(folder)
  tally.starts.push(service.startMilliseconds)
  const client = createClient(service.url, CONNECTIONS)
  try {
    return await work(service, client, await client.nonce())
  } finally {
    client.close()
  }
}

interface Load {
  readonly service: ServiceProcess
  readonly client: Client
  readonly holders: Holders
  readonly nonce: string
  /** After so many answers and then so many milliseconds. */
  readonly kill: { readonly answers: number; readonly milliseconds: number }
}

async function loadUntilKilled(load: Load, { entries, tokenIds }: Tally): Promise<readonly Entry[]> {
  const { service, client, holders, nonce, kill } = load
  const sent: Entry[] = []
  const enough = Promise.withResolvers<void>()
  const lane = async (kind: Entry['kind']): Promise<void> => {
    for (;;) {
      const asking = await holders.next(kind, nonce)
      if (sent.length >= kill.answers) enough.resolve()
      const answer = await client.ask(asking)
      sent.push({ kind, asking, state: 'status' in answer ? 'accepted' : 'lost' })
      if (!('status' in answer)) return
      expect([answer.status, answer.body['error']]).toEqual([200, undefined])
      tokenIds.push(tokenIdOf(answer))
    }
  }
  const lanes = Array.from({ length: CONNECTIONS }, (_, index) => lane(index % 2 === 0 ? 'plain' : 'bound'))
  const killed = enough.promise
    .then(async () => await sleep(kill.milliseconds))
    .then(async () => await service.end('SIGKILL'))
  const [ending] = await Promise.all([killed, ...lanes])
  expect(ending).toEqual({ code: null, signal: 'SIGKILL' })
  entries.push(...sent)
  return sent
}

// Each twice at the same time, as it was and with another proof. What was answered is refused; what was not is accepted
// once, or refused because it had counted; and never more than that.
async function sendAgain(
  client: Client,
  holders: Holders,
  nonce: string,
  entries: readonly Entry[],
  tally: Tally,
): Promise<void> {
  await concurrently(entries, CONNECTIONS / 2, async (entry) => {
    const { asking, kind, state } = entry
    const renewed = kind === 'plain' ? asking : { ...asking, proof: holders.proof(nonce) }
    const answers = [answered(await Promise.all([client.ask(asking), client.ask(renewed)]))].flat()
    tally.replays += answers.length
    const [accepted, ...more] = answers.filter(({ status }) => status === 200)
    expect(more).toEqual([])
    for (const { status, body } of answers) {
      if (status === 200) continue
      expect([status, body['error']]).toEqual([400, expect.stringMatching(/^invalid_(?:grant|dpop_proof)$/u)])
    }
    if (state !== 'lost') return expect(accepted).toBeUndefined()
    // The renewed one has nothing wrong with it but that the assertion may have been used.
    if (accepted === undefined) expect(answers.at(-1)?.body['error']).toBe('invalid_grant')
    entry.state = accepted === undefined ? 'counted' : 'accepted'
    if (accepted === undefined) return
    tally.acceptedAtReplay += 1
    tally.tokenIds.push(tokenIdOf(accepted))
  })
  // Nor does a proof count twice, whatever it comes with.
  const bound = entries.filter(({ kind, state }) => kind === 'bound' && state === 'accepted').slice(-PROOFS)
  for (const { asking } of bound) {
    const { assertion } = await holders.next('bound', nonce)
    const [answer] = answered([await client.ask({ ...asking, assertion })])
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
  }
}

function answered(answers: readonly (Answer | Silence)[]): readonly Answer[] {
  return answers.map((answer) => {
    if ('status' in answer) return answer
    throw new Error(`no answer: ${answer.code}`)
  })
}

function checkState(folder: ServiceFolder, { entries, tokenIds, starts }: Tally): void {
  const state = readState(folder)
  const issued = issuedIn(state)
  expect(issued).toEqual([...new Set(issued)])
  expect(state.grants.toSorted()).toEqual(issued.toSorted())
  const known = new Set(issued)
  expect(new Set(tokenIds).size).toBe(tokenIds.length)
  expect(tokenIds.filter((id) => !known.has(id))).toEqual([])
  // No assertion has two records: as many are there as there were tokens, and assertions that counted without an answer.
  const counted = entries.filter(({ state }) => state === 'counted').length
  expect(issued.length).toBe(tokenIds.length + counted)
  expect(entries.filter(({ state }) => state === 'lost')).toEqual([])

  const report = verifyChain(state)
  expect(report.findings).toEqual([])
  expect(report.records).toBe(state.records.length)
  expect(state.records.map(({ position }) => position)).toEqual(state.records.map((_, index) => index + 1))
  // Each start is a run, and so may be one that was killed before it was ready.
  expect(report.runs).toBeGreaterThanOrEqual(starts.length)
  expect(state.records.filter(({ type }) => type === 'service.started').length).toBeLessThanOrEqual(
    report.runs,
  )
  expect(state.records.at(-1)?.type).toBe('service.stopped')
  expect(report.signedUpTo).toBe(report.records)
  expect(verifyByCommand(folder, state)).toMatchObject({ status: 0 })
}

function reportOf({ entries, tokenIds, replays, acceptedAtReplay, starts }: Tally): string {
  const counted = entries.filter(({ state }) => state === 'counted').length
  const figures = [
    `${ROUNDS} kills (INGAM_KILLS_SEED=${SEED})`,
    `${tokenIds.length - acceptedAtReplay} answers and ${counted + acceptedAtReplay} without one`,
    `${counted} of these had counted`,
    `${replays} sent again`,
    `ready after ${Math.round(medianOf(starts))} ms (median), ${Math.round(Math.max(...starts))} ms at most`,
  ]
  return `kill: ${figures.join(', ')}`
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

// Park and Miller's generator: enough to repeat when somebody was killed.
function seeded(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
