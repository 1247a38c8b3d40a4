// One measure in a process of its own, so that no other one's code, garbage or caches disturb it:
// `node --expose-gc bench/worker.ts <measure> <algorithm> <contestant> [--quick]` prints JSON.

import { createInterface } from 'node:readline'
import { ALGORITHMS, type Algorithm } from './lib/pki.ts'
import { FULL, QUICK, type Settings } from './lib/settings.ts'

type Measure = (algorithm: Algorithm, contestant: string, settings: Settings) => unknown

// Imported one at a time: a measure's process holds what that measure needs.
const MEASURES: Readonly<Record<string, () => Promise<Measure>>> = {
  verify: async () => (await import('./measures/verify.ts')).measureVerify,
  sign: async () => (await import('./measures/sign.ts')).measureSign,
  chain: async () => (await import('./measures/chain.ts')).measureChain,
  memory: async () => {
    const { measureChainMemory } = await import('./measures/memory.ts')
    return (algorithm, _, settings) => measureChainMemory(algorithm, settings)
  },
  'one-time': async () => {
    const { measureOneTime } = await import('./measures/one-time.ts')
    return (_, __, settings) => measureOneTime(settings)
  },
  growth: async () => {
    const { measureGrowth } = await import('./measures/growth.ts')
    return (_, __, settings) => measureGrowth(settings)
  },
  evidence: async () => {
    const { measureEvidence } = await import('./measures/evidence.ts')
    return (_, __, settings) => measureEvidence(settings)
  },
  hostile: async () => {
    const { measureHostile } = await import('./measures/hostile.ts')
    return (_, __, settings) => measureHostile(settings)
  },
  service: async () => {
    const { measureService } = await import('./measures/service.ts')
    return (_, __, settings) => measureService(settings)
  },
  'service-http': async () => {
    const { measureServiceHttp } = await import('./measures/service-http.ts')
    return (_, __, settings) => measureServiceHttp(settings)
  },
  'service-flood': async () => {
    const { measureServiceFlood } = await import('./measures/service-flood.ts')
    return (_, __, settings) => measureServiceFlood(settings)
  },
  spin: async () => {
    const { spin } = await import('./measures/processes.ts')
    return (_, __, { tokens, processes }) =>
      spin(tokens, processes.milliseconds, createInterface({ input: process.stdin }))
  },
}

const [measure = '', algorithm = '', contestant = '', ...flags] = process.argv.slice(2)
const settings = flags.includes('--quick') ? QUICK : FULL
const load = MEASURES[measure]
if (load === undefined) throw new Error(`no such measure: ${measure}`)
if (!isAlgorithm(algorithm)) throw new Error(`no such algorithm: ${algorithm}`)
const result = await (await load())(algorithm, contestant, settings)
if (result !== undefined) console.log(JSON.stringify(result))

function isAlgorithm(value: string): value is Algorithm {
  return Object.hasOwn(ALGORITHMS, value)
}
