// A whole exchange over HTTP, the servers in processes of their own under the same load by turns: ours, with what it
// audits and without, the bare parts, and another library. The figure is the CPU time of the server's process alone.

import { createPublicKey } from 'node:crypto'
import { quantile, type Timing } from '../lib/race.ts'
import { createLoad, type Load } from '../lib/service-load.ts'
import { type ServerKind, type ServerProcess, startServer } from '../lib/service-process.ts'
import { clientBody, createSetup, keyBody, type ServiceSetup, untilServed } from '../lib/service-setup.ts'
import type { Settings } from '../lib/settings.ts'

export interface ServiceHttpResult {
  /** All with `client_credentials`, the client authenticated by an assertion that is signed with ES256. */
  readonly timings: readonly Timing[]
}

const KINDS: readonly ServerKind[] = ['bare', 'ingam', 'ingam, audit dropped', 'oidc-provider']
const CONNECTIONS = 64

interface Lane {
  readonly server: ServerProcess
  readonly load: Load
  readonly slices: number[]
  readonly body: () => Promise<string> | string
}

export async function measureServiceHttp({ service, race }: Settings): Promise<ServiceHttpResult> {
  const lanes: Lane[] = []
  const setups: ServiceSetup[] = []
  try {
    for (const kind of KINDS) {
      const setup = await createSetup({ ratePerAddress: 'unlimited', logLevel: 'info' })
      setups.push(setup)
      lanes.push(await laneOf(kind, setup))
    }
    for (let round = -service.warmUps; round < race.rounds; round++) {
      for (let turn = 0; turn < lanes.length; turn++) {
        const lane = lanes[(round + service.warmUps + turn) % lanes.length]
        if (lane === undefined) continue
        const micros = await slice(lane, service.exchanges)
        if (round >= 0) lane.slices.push(micros)
      }
    }
  } finally {
    for (const { load, server } of lanes) {
      load.close()
      await server.stop()
    }
    for (const { remove } of setups) remove()
  }
  return {
    timings: lanes.map(({ server, slices }) => ({
      name: server.kind,
      median: quantile(slices, 0.5),
      low: quantile(slices, 0.25),
      high: quantile(slices, 0.75),
      calls: service.exchanges,
    })),
  }
}

async function laneOf(kind: ServerKind, { configFile, pki, credential }: ServiceSetup): Promise<Lane> {
  const clientJwk = createPublicKey(pki.leaf.privateKeyPem).export({ format: 'jwk' })
  const server = await startServer({ kind, configFile, clientJwk })
  const load = createLoad({ port: server.port, path: '/token', connections: CONNECTIONS })
  const body = (): Promise<string> | string =>
    kind === 'oidc-provider' ? keyBody(pki) : clientBody(credential)
  await untilServed(async () => (await load.send([await body()]))[0]?.status)
  return { server, load, body, slices: [] }
}

async function slice({ server, load, body }: Lane, exchanges: number): Promise<number> {
  const bodies: string[] = []
  for (let count = 0; count < exchanges; count++) bodies.push(await body())
  const before = await server.spent()
  const answers = await load.send(bodies)
  const spent = (await server.spent()) - before
  const refused = answers.find(({ status }) => status !== 200)
  if (refused !== undefined) throw new Error(`${server.kind} answers ${refused.status}: ${refused.text}`)
  return spent / exchanges
}
