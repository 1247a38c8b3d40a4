// `npm run bench`: every figure of docs/performance.md, as tables, as JSON and as one chart. `-- --quick` shows that all
// of it works, in some minutes; its figures mean nothing, and nothing is written unless `--out <folder>` says where.

import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { chartOf } from './lib/chart.ts'
import { ALGORITHMS, type Algorithm } from './lib/pki.ts'
import { quantile, type Timing } from './lib/race.ts'
import { run, spinTwo } from './lib/run.ts'
import { FULL, QUICK } from './lib/settings.ts'
import { numbered, table } from './lib/table.ts'
import type { ChainResult } from './measures/chain.ts'
import type { EvidenceResult } from './measures/evidence.ts'
import type { GrowthResult } from './measures/growth.ts'
import type { HostileResult } from './measures/hostile.ts'
import type { MemoryResult } from './measures/memory.ts'
import type { OneTimeResult } from './measures/one-time.ts'
import type { ServiceResult } from './measures/service.ts'
import type { ServiceFloodResult } from './measures/service-flood.ts'
import type { ServiceHttpResult } from './measures/service-http.ts'
import type { SignResult } from './measures/sign.ts'
import { measureStartUp } from './measures/startup.ts'
import type { VerifyResult } from './measures/verify.ts'

const isQuick = process.argv.includes('--quick')
const settings = isQuick ? QUICK : FULL
const algorithms = Object.keys(ALGORITHMS).filter(isAlgorithm)
const out = folderOf(process.argv)
const runtimes = join(import.meta.dirname, 'runtimes', 'node_modules')
const otherNodes = ['24', '22'].map((major) => ({
  name: `Node ${major}`,
  path: join(runtimes, `node-${major}-linux-${arch()}`, 'bin', 'node'),
}))
const headline = { name: `Node ${process.versions.node.split('.')[0]}`, path: process.execPath }

const TOKEN_PEERS = ['ingam', 'fast-jwt', 'jsonwebtoken', 'jose']
const CHAIN_PEERS = ['X509Certificate + jose', '@peculiar/x509 + jose', 'pkijs + jose']
const CHAINS = ['ingam: new chain', 'ingam: new leaf', 'ingam: path alone', 'X509Certificate by hand']

/** One contestant beside the bare operation, in microseconds of CPU time. */
interface Figure {
  readonly runtime: string
  readonly algorithm: Algorithm
  readonly contestant: string
  readonly bare: number
  /** Undefined where it refuses what it is given. */
  readonly own: number | undefined
}

const verify = await figures('verify', [
  [headline, [...TOKEN_PEERS, ...CHAIN_PEERS]],
  ...otherNodes.map((node): Turn => [node, ['ingam', 'fast-jwt', 'X509Certificate + jose']]),
])
print('A fresh token each time, its chain known', verify, 'share')
const sign = await figures('sign', [
  [headline, TOKEN_PEERS],
  ...otherNodes.map((node): Turn => [node, ['ingam', 'fast-jwt']]),
])
print('A new token each time', sign, 'share')
const chain = await figures('chain', [[headline, CHAINS]])
print('A chain that is new, from the text of the token', chain, 'multiple')

const memory: MemoryResult[] = []
for (const algorithm of algorithms)
  memory.push(await run<MemoryResult>(headline.path, { measure: 'memory', algorithm }))
print('A cached chain', memory)
const oneTime = await run<OneTimeResult>(headline.path, { measure: 'one-time' })
print('One-time use', [oneTime])
const growth = await run<GrowthResult>(headline.path, { measure: 'growth' })
print('Growth', [growth])
const evidence = await run<EvidenceResult>(headline.path, { measure: 'evidence' })
const { indirect, ...plain } = evidence
print('Revocation', [plain])
print('An indirect list', [indirect])
const spun = await spinTwo(headline.path, settings.processes.slices)
const processes = {
  barePerSecond: quantile(spun.bare, 0.5),
  ingamPerSecond: quantile(spun.ingam, 0.5),
  share: quantile(spun.ingam, 0.5) / quantile(spun.bare, 0.5),
}
print('Two processes', [processes])
const hostile = await run<HostileResult>(headline.path, { measure: 'hostile' })
const { attacks, ...valid } = hostile
print('A stranger', [valid])
print('His dearest tokens', attacks.slice(0, 12))
const startUp = await measureStartUp(headline.path, settings)
print('Start-up and size', [startUp])

const service = await run<ServiceResult>(headline.path, { measure: 'service' })
print('The token service: an exchange without a socket, and its parts', againstBare(service.timings))
const serviceHttp = await run<ServiceHttpResult>(headline.path, { measure: 'service-http' })
print('The token service: an exchange over HTTP', againstBare(serviceHttp.timings))
const serviceFlood = await run<ServiceFloodResult>(headline.path, { measure: 'service-flood' })
print('The token service: junk', serviceFlood.junk)
print('The token service: valid requests beside a flood', serviceFlood.floods.map(floodCells))

const report = {
  date: new Date().toISOString(),
  machine: { processor: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem(), system: release() },
  versions: { node: process.version, openssl: process.versions.openssl },
  isQuick,
  verify,
  sign,
  chain,
  memory,
  oneTime,
  growth,
  evidence,
  processes,
  hostile,
  startUp,
  service,
  serviceHttp,
  serviceFlood,
}
if (out !== undefined) {
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'latest.json'), `${JSON.stringify(report, numbered, 2)}\n`)
  writeFileSync(join(out, 'performance.svg'), chartOf(verify))
  console.log(`written to ${out}`)
}

type Turn = readonly [node: { readonly name: string; readonly path: string }, contestants: readonly string[]]

async function figures(measure: 'verify' | 'sign' | 'chain', turns: readonly Turn[]): Promise<Figure[]> {
  const list: Figure[] = []
  for (const [node, contestants] of turns) {
    for (const algorithm of algorithms) {
      for (const contestant of contestants) {
        const job = { measure, algorithm, contestant }
        const { timings } = await run<VerifyResult | SignResult | ChainResult>(node.path, job)
        const median = (name: string): number | undefined =>
          timings.find((timing: Timing) => timing.name === name)?.median
        list.push({
          runtime: node.name,
          algorithm,
          contestant,
          bare: median('bare') ?? Number.NaN,
          own: median(contestant),
        })
      }
    }
  }
  return list
}

function print(title: string, rows: readonly Figure[], as: 'share' | 'multiple'): void
function print(title: string, rows: readonly object[]): void
function print(title: string, rows: readonly (Figure | object)[], as?: 'share' | 'multiple'): void {
  console.log(`\n## ${title}\n`)
  console.log(table(as === undefined ? rows : rows.map((row) => ('bare' in row ? cells(row, as) : row))))
}

function cells({ runtime, algorithm, contestant, bare, own }: Figure, as: 'share' | 'multiple'): object {
  const figure = own === undefined ? 'refuses it' : as === 'share' ? bare / own : own / bare
  const added = own === undefined ? '' : own - bare
  return { runtime, algorithm, contestant, 'bare, µs': bare, 'added, µs': added, [as]: figure }
}

// The first contestant is the bare one.
function againstBare(timings: readonly Timing[]): readonly object[] {
  const bare = timings[0]?.median ?? Number.NaN
  return timings.map((timing) => ({ ...timing, multiple: timing.median / bare }))
}

function floodCells({ junkAnswers, ...flood }: ServiceFloodResult['floods'][number]): object {
  const answers = Object.entries(junkAnswers).map(([status, count]) => `${status}: ${count}`)
  return { ...flood, 'answers to the flood': answers.join(', ') }
}

function folderOf(words: readonly string[]): string | undefined {
  const at = words.indexOf('--out')
  if (at >= 0) return words[at + 1]
  return isQuick ? undefined : join(import.meta.dirname, 'results')
}

function isAlgorithm(value: string): value is Algorithm {
  return Object.hasOwn(ALGORITHMS, value)
}
