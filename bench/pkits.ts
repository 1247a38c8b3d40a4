// NIST PKITS for us and for what JavaScript services use instead, by the suite's own runner: all cases, all
// intermediates and lists unordered, all policy inputs. Run it by `node bench/pkits.ts` after `npm run build`.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Totals {
  readonly n: number
  readonly agree: number
  readonly falseAccept: readonly string[]
  readonly falseReject: readonly string[]
  readonly crash: readonly string[]
}

const ROOT = join(import.meta.dirname, '..')
const SUITE = join(ROOT, '..', 'shared', 'vectors', 'pkits')

const ADAPTERS = [
  ['ingam', 'test/conformance/pkits-adapter.ts'],
  [`pkijs ${versionOf('pkijs')}`, 'bench/pkits/pkijs.ts'],
  [`@peculiar/x509 ${versionOf('@peculiar/x509')}, by hand`, 'bench/pkits/peculiar.ts'],
  [`X509Certificate of Node ${process.versions.node}, by hand`, 'bench/pkits/walk.ts'],
] as const

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'ingam-bench-'))
  try {
    console.log('| validator | agree | wrongly accepted | wrongly refused | crashed or did not return |')
    console.log('|---|---|---|---|---|')
    for (const [name, adapter] of ADAPTERS) {
      const { n, agree, falseAccept, falseReject, crash } = totalsOf(adapter, join(folder, 'report.json'))
      const counts = [`${agree} of ${n}`, falseAccept.length, falseReject.length, crash.length]
      console.log(`| ${name} | ${counts.join(' | ')} |`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function totalsOf(adapter: string, report: string): Totals {
  const options = ['--adapter', join(ROOT, adapter), '--json', report, '--timeout', '5000']
  const { stderr } = spawnSync(process.execPath, [join(SUITE, 'run-pkits.mjs'), ...options, '--quiet'])
  const { total }: { total?: Totals } = JSON.parse(readFileSync(report, 'utf8'))
  if (total === undefined) throw new Error(stderr.toString())
  return total
}

function versionOf(name: string): string {
  const text = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
  const { version }: { version: string } = JSON.parse(text)
  return version
}

main()
