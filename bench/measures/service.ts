// A whole exchange at the token endpoint, without a socket, against the bare parts: the check of one signature, the making
// of another, and an echo of the form. All threads count. What the exchange consists of is measured part by part beside it.

import { getRequestListener } from '@hono/node-server'
import { type Contestant, race, type Timing } from '../lib/race.ts'
import { createBareParts } from '../lib/service-bare.ts'
import { createPeer, type Ingam, openIngam } from '../lib/service-ingam.ts'
import { concurrently } from '../lib/service-load.ts'
import { partsOf, REQUEST, type Sample, sampleOf } from '../lib/service-parts.ts'
import { bearerBody, clientBody, createSetup, type ServiceSetup, untilServed } from '../lib/service-setup.ts'
import type { Settings } from '../lib/settings.ts'

/** A contestant, and how much of its time the thread that answers requests has spent. */
export interface ServiceTiming extends Timing {
  /** Microseconds a call; the rest is the thread of the store, and what the runtime does beside. */
  readonly answering: number
}

export interface ServiceResult {
  readonly requestBytes: number
  readonly timings: readonly ServiceTiming[]
}

const CONCURRENCY = 64

export async function measureService(settings: Settings): Promise<ServiceResult> {
  // Puts the lighter Response of the listener in the place of the global one, as in a server's process; for all alike.
  getRequestListener(() => new Response())
  const setup = await createSetup({ ratePerAddress: 'unlimited', logLevel: 'info' })
  const ingam = await openIngam(setup.configFile, 'audit')
  try {
    await untilServed(async () => {
      const { request } = sampleOf(await bearerBody(setup.credential))
      return (await ingam.handle(request, createPeer())).status
    })
    const contestants = await contestantsOf(ingam, sampleOf(await bearerBody(setup.credential)))
    const supply = new Supply(setup)
    const answering = new Map<string, { micros: number; calls: number }>()
    const timings = await race(
      contestants.map((contestant) => timed(contestant, answering)),
      {
        rounds: settings.race.rounds,
        warmUpMicros: settings.race.warmUpMicros,
        // Long enough for some transactions of the store in each slice.
        sliceMicros: settings.race.sliceMicros * 10,
        inputs: async ({ name }, count) => await supply.take(name, Math.max(count, CONCURRENCY)),
      },
    )
    return {
      requestBytes: (await bearerBody(setup.credential)).length,
      timings: timings.map((timing) => {
        const { micros, calls } = answering.get(timing.name) ?? { micros: Number.NaN, calls: 1 }
        return { ...timing, answering: micros / calls }
      }),
    }
  } finally {
    await ingam.stop()
    setup.remove()
  }
}

async function contestantsOf(ingam: Ingam, first: Sample): Promise<readonly Contestant<Sample>[]> {
  const bare = createBareParts()
  const peer = createPeer()
  const answered = async (answer: Promise<Response>): Promise<void> => {
    const response = await answer
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  }
  const each = (name: string, work: (sample: Sample) => Promise<void> | void): Contestant<Sample> => ({
    name,
    run: (inputs) => concurrently(inputs, CONCURRENCY, async (sample) => await work(sample)),
  })
  return [
    each(BARE, ({ request }) => answered(bare.exchange(request))),
    each(EXCHANGE, ({ request }) => answered(ingam.handle(request, peer))),
    each(BY_CLIENT, ({ request }) => answered(ingam.handle(request, peer))),
    each('bare: verify', bare.verify),
    each('bare: sign', bare.sign),
    each('bare: echo', ({ request }) => answered(bare.echo(request))),
    ...(await partsOf(ingam, first)).map(({ name, work }) => each(name, work)),
  ]
}

const BARE = 'bare'
const EXCHANGE = 'exchange, jwt-bearer'
const BY_CLIENT = 'exchange, client_credentials'

function timed(
  { name, run }: Contestant<Sample>,
  answering: Map<string, { micros: number; calls: number }>,
): Contestant<Sample> {
  return {
    name,
    async run(inputs) {
      const start = process.threadCpuUsage()
      await run(inputs)
      const { user, system } = process.threadCpuUsage(start)
      const sum = answering.get(name) ?? { micros: 0, calls: 0 }
      answering.set(name, { micros: sum.micros + user + system, calls: sum.calls + inputs.length })
    },
  }
}

// Fresh assertions for whole exchanges, each of which counts once; for everything else some are enough.
class Supply {
  readonly #setup: ServiceSetup
  readonly #bodies: string[] = []
  readonly #samples: Sample[] = []

  constructor(setup: ServiceSetup) {
    this.#setup = setup
  }

  async take(name: string, count: number): Promise<readonly Sample[]> {
    const { credential } = this.#setup
    const list: Sample[] = []
    if (name === EXCHANGE || name === BY_CLIENT) {
      const sign = name === EXCHANGE ? bearerBody : clientBody
      while (list.length < count) list.push(sampleOf(await sign(credential)))
      return list
    }
    while (this.#bodies.length < SOME) this.#bodies.push(await bearerBody(credential))
    // A body is read once.
    const isRead = name.startsWith(BARE) || name.startsWith(REQUEST)
    while (this.#samples.length < count) this.#samples.push(this.#sample(this.#samples.length))
    return isRead
      ? Array.from({ length: count }, (_, index) => this.#sample(index))
      : this.#samples.slice(0, count)
  }

  #sample(index: number): Sample {
    return sampleOf(this.#bodies[index % SOME] ?? '')
  }
}

const SOME = 256
