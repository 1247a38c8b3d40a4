// One measure in a process of its own: `node bench/worker.ts <measure> <algorithm> <contestant>` prints JSON.

import { ALGORITHMS, type Algorithm } from './lib/pki.ts'
import { FULL, QUICK } from './lib/settings.ts'
import { measureSign } from './measures/sign.ts'
import { measureVerify } from './measures/verify.ts'

const [measure = '', algorithm = '', contestant = '', ...flags] = process.argv.slice(2)
const settings = flags.includes('--quick') ? QUICK : FULL
if (!isAlgorithm(algorithm)) throw new Error(`no such algorithm: ${algorithm}`)
const measures = { verify: measureVerify, sign: measureSign }
const run = Object.entries(measures).find(([name]) => name === measure)?.[1]
if (run === undefined) throw new Error(`no such measure: ${measure}`)
console.log(JSON.stringify(await run(algorithm, contestant, settings)))

function isAlgorithm(value: string): value is Algorithm {
  return Object.hasOwn(ALGORITHMS, value)
}
