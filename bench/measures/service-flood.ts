// Junk at the token endpoint: what one junk request costs the server beside a valid exchange, and beside what the library
// alone spends on the same assertion; and whether valid requests still get through while junk floods.

import { fork } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createVerifier, isPkiError, type Verifier } from 'ingam'
import { quantile } from '../lib/race.ts'
import type { FloodAnswer, FloodOrder } from '../lib/service-flooder.ts'
import { type Junk, junkFor } from '../lib/service-junk.ts'
import { createLoad, type LoadOptions } from '../lib/service-load.ts'
import { type ServerProcess, startServer } from '../lib/service-process.ts'
import { bearerBody, createSetup, ISSUER, type ServiceSetup, untilServed } from '../lib/service-setup.ts'
import type { Settings } from '../lib/settings.ts'

export interface JunkResult {
  readonly name: string
  readonly bytes: number
  readonly status: number
  /** CPU time of the server's process. */
  readonly micros: number
  /** Of a valid exchange over the same socket. */
  readonly ofValid: number
  /** What the library alone spends on the assertion; undefined where there is none. */
  readonly libraryMicros: number | undefined
}

/** Valid exchanges beside a flood. */
export interface FloodResult {
  readonly flood: string
  readonly limits: 'default' | 'unlimited'
  /** Valid requests that were answered with a token. */
  readonly share: number
  readonly aloneMillis: number
  readonly aloneSlowMillis: number
  readonly medianMillis: number
  /** Nineteen of twenty are faster. */
  readonly slowMillis: number
  /** What came back to the flood, by status. */
  readonly junkAnswers: FloodAnswer
}

export interface ServiceFloodResult {
  readonly validMicros: number
  readonly junk: readonly JunkResult[]
  readonly floods: readonly FloodResult[]
}

const VALID_CONNECTIONS = 8
const FLOOD_CONNECTIONS = 64

export async function measureServiceFlood(settings: Settings): Promise<ServiceFloodResult> {
  const setup = await createSetup({ ratePerAddress: 'unlimited', logLevel: 'info' })
  const server = await start(setup)
  try {
    const verifier = verifierOf(setup)
    // A slice of each kind is long, and there are many kinds.
    const rounds = Math.ceil(settings.race.rounds / 3)
    const kinds = await junkFor(setup.pki, (assertion) => libraryMicros(verifier, assertion, 3))
    const { validMicros, junk } = await costs(setup, server, kinds, rounds)
    const results: JunkResult[] = []
    for (const { kind, status, micros } of junk) {
      results.push({
        name: kind.name,
        bytes: kind.body.length,
        status,
        micros,
        ofValid: micros / validMicros,
        libraryMicros:
          kind.assertion === undefined ? undefined : await libraryMicros(verifier, kind.assertion, rounds),
      })
    }
    const dearest = results.toSorted((a, b) => b.micros - a.micros)[0]
    const floods: FloodResult[] = []
    for (const name of new Set(['random bytes', 'a stranger with a chain of his own', dearest?.name])) {
      const kind = kinds.find((one) => one.name === name)
      if (kind === undefined) continue
      floods.push(await flooded(setup, server, kind, 'unlimited', settings))
    }
    const stranger = kinds.find(({ name }) => name === dearest?.name)
    if (stranger !== undefined) floods.push(await withLimits(stranger, settings))
    return { validMicros, junk: results, floods }
  } finally {
    await server.stop()
    setup.remove()
  }
}

// A service whose limits for one address are those that it comes with.
async function withLimits(kind: Junk, settings: Settings): Promise<FloodResult> {
  const setup = await createSetup({ ratePerAddress: 'default', logLevel: 'info' })
  const server = await start(setup)
  try {
    return await flooded(setup, server, kind, 'default', settings)
  } finally {
    await server.stop()
    setup.remove()
  }
}

async function start({ configFile, pki, credential }: ServiceSetup): Promise<ServerProcess> {
  const clientJwk = createPublicKey(pki.leaf.privateKeyPem).export({ format: 'jwk' })
  const server = await startServer({ kind: 'ingam', configFile, clientJwk })
  const load = createLoad({ port: server.port, path: '/token', connections: 1, from: '127.0.0.19' })
  await untilServed(async () => (await load.send([await bearerBody(credential)]))[0]?.status)
  load.close()
  return server
}

interface Cost {
  readonly kind: Junk
  readonly status: number
  readonly micros: number
}

async function costs(
  { credential }: ServiceSetup,
  server: ServerProcess,
  kinds: readonly Junk[],
  rounds: number,
): Promise<{ readonly validMicros: number; readonly junk: readonly Cost[] }> {
  const load = createLoad({ port: server.port, path: '/token', connections: FLOOD_CONNECTIONS })
  const spend = async (
    bodies: readonly string[],
  ): Promise<{ readonly status: number; readonly micros: number }> => {
    const before = await server.spent()
    const [first] = await load.send(bodies)
    return { status: first?.status ?? 0, micros: ((await server.spent()) - before) / bodies.length }
  }
  const valid: number[] = []
  const slices = kinds.map((kind) => ({ kind, status: 0, micros: [0] }))
  for (let round = 0; round < 2 * rounds; round++) {
    // The first half only warms up.
    if (round === rounds) {
      valid.length = 0
      for (const slice of slices) slice.micros.length = 0
    }
    const bodies: string[] = []
    for (let count = 0; count < SLICE; count++) bodies.push(await bearerBody(credential))
    valid.push((await spend(bodies)).micros)
    for (const slice of slices) {
      const { status, micros } = await spend(Array.from({ length: SLICE }, () => slice.kind.body))
      slice.status = status
      slice.micros.push(micros)
    }
  }
  load.close()
  return {
    validMicros: quantile(valid, 0.5),
    junk: slices.map(({ kind, status, micros }) => ({ kind, status, micros: quantile(micros, 0.5) })),
  }
}

const SLICE = 96

async function flooded(
  { credential }: ServiceSetup,
  server: ServerProcess,
  { name, body }: Junk,
  limits: FloodResult['limits'],
  { service }: Settings,
): Promise<FloodResult> {
  const bodies = async (): Promise<readonly string[]> => {
    const list: string[] = []
    for (let count = 0; count < Math.min(VALID, service.exchanges); count++)
      list.push(await bearerBody(credential))
    return list
  }
  // Each from an address of its own, so that a limit for an address counts the flood alone.
  const valid = (from: string): LoadOptions => ({
    port: server.port,
    path: '/token',
    connections: VALID_CONNECTIONS,
    from,
  })
  await send(valid('127.0.0.20'), await bodies())
  const alone = await send(valid('127.0.0.21'), await bodies())
  const flood = await startFlood({
    port: server.port,
    path: '/token',
    connections: FLOOD_CONNECTIONS,
    from: '127.0.0.30',
    bodies: Array.from({ length: 4 * FLOOD_CONNECTIONS }, () => body),
  })
  const beside = await send(valid('127.0.0.22'), await bodies())
  const junkAnswers = await flood.stop()
  const millis = beside.map((answer) => answer.millis)
  const aloneMillis = alone.map((answer) => answer.millis)
  return {
    flood: name,
    limits,
    share: beside.filter(({ status }) => status === 200).length / beside.length,
    aloneMillis: quantile(aloneMillis, 0.5),
    aloneSlowMillis: quantile(aloneMillis, 0.95),
    medianMillis: quantile(millis, 0.5),
    slowMillis: quantile(millis, 0.95),
    junkAnswers,
  }
}

// LIMIT: what an address may send at once by default.
const VALID = 200

async function send(
  options: LoadOptions,
  bodies: readonly string[],
): Promise<readonly { readonly status: number; readonly millis: number }[]> {
  const load = createLoad(options)
  const answers = await load.send(bodies)
  load.close()
  return answers
}

async function startFlood(order: FloodOrder): Promise<{ readonly stop: () => Promise<FloodAnswer> }> {
  const child = fork(join(import.meta.dirname, '..', 'lib', 'service-flooder.ts'), [], {
    execArgv: ['--no-warnings'],
  })
  const flooding = once(child, 'message')
  child.send(order)
  await flooding
  return {
    async stop() {
      const answered = once(child, 'message')
      child.send('stop')
      const [counts]: FloodAnswer[] = await answered
      return counts ?? {}
    },
  }
}

function verifierOf({ pki }: ServiceSetup): Verifier {
  return createVerifier({
    trustAnchors: [pki.root.certificate],
    audience: ISSUER,
    profile: 'authorization-grant',
    oneTimeUse: 'caller',
    revocation: 'off',
  })
}

async function libraryMicros(verifier: Verifier, assertion: string, rounds: number): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 2 * rounds; round++) {
    const start = process.cpuUsage()
    for (let call = 0; call < CALLS; call++) await refuse(verifier, assertion)
    const { user, system } = process.cpuUsage(start)
    if (round >= rounds) times.push((user + system) / CALLS)
  }
  return quantile(times, 0.5)
}

const CALLS = 8

async function refuse(verifier: Verifier, assertion: string): Promise<void> {
  try {
    await verifier.verify(assertion)
  } catch (error) {
    if (isPkiError(error)) return
    throw error
  }
  throw new Error('a stranger was accepted')
}
