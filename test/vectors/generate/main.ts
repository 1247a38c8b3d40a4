// Writes the files of v1/: `node test/vectors/generate/main.ts` all of them, or those of the groups that are named. Keys
// and signatures are new in each file that is written, verdicts are not.

import { writeFileSync } from 'node:fs'
import { algorithms } from './algorithms.ts'
import { assertions } from './assertions.ts'
import { binding } from './binding.ts'
import { certificates } from './certificates.ts'
import { claims } from './claims.ts'
import { header } from './header.ts'
import { json } from './json.ts'
import { mlDsa } from './ml-dsa.ts'
import { oneTimeUse } from './one-time-use.ts'
import { paths } from './paths.ts'
import { pinned } from './pinned.ts'
import { proof } from './proof.ts'
import { reference } from './reference.ts'
import { revocation } from './revocation.ts'
import { shape } from './shape.ts'
import { signatures } from './signatures.ts'
import { subjects } from './subjects.ts'
import { time } from './time.ts'

const GROUPS = {
  shape,
  json,
  header,
  certificates,
  paths,
  claims,
  time,
  subjects,
  algorithms,
  signatures,
  'ml-dsa': mlDsa,
  reference,
  binding,
  proof,
  assertions,
  'one-time-use': oneTimeUse,
  revocation,
  pinned,
} as const

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(GROUPS, name))
if (unknown.length > 0) throw new Error(`no such group: ${unknown.join(', ')}`)
for (const [name, make] of Object.entries(GROUPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const file = await make()
  writeFileSync(new URL(`../v1/${name}.json`, import.meta.url), `${JSON.stringify(file, undefined, 2)}\n`)
  console.log(`${name}: ${file.cases.length} cases`)
}
