// What the library weighs: the time of its first import, the package, and a browser bundle of `verify` alone.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { quantile } from '../lib/race.ts'
import type { Settings } from '../lib/settings.ts'

export interface StartUpResult {
  /** Milliseconds of `import 'ingam'` in a new process: the best, and the median. */
  readonly bestMillis: number
  readonly medianMillis: number
  readonly packedBytes: number
  readonly bundleBytes: number
  readonly bundleGzipBytes: number
}

const ROOT = join(import.meta.dirname, '..', '..')
const IMPORT =
  "const start = performance.now(); await import('ingam'); console.log(performance.now() - start)"

export async function measureStartUp(node: string, settings: Settings): Promise<StartUpResult> {
  const times = Array.from({ length: settings.startUps }, () =>
    Number(execFileSync(node, ['--input-type=module', '--eval', IMPORT], { cwd: ROOT, encoding: 'utf8' })),
  )
  const folder = mkdtempSync(join(tmpdir(), 'ingam-bench-'))
  try {
    const packed = execFileSync(
      'npm',
      ['pack', '--json', '--workspace', 'ingam', '--pack-destination', folder],
      { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const file = /"filename":\s*"([^"]+)"/u.exec(packed)?.[1] ?? ''
    const bundle = await bundleOfVerify(folder)
    return {
      bestMillis: Math.min(...times),
      medianMillis: quantile(times, 0.5),
      packedBytes: statSync(join(folder, file)).size,
      bundleBytes: bundle.length,
      bundleGzipBytes: gzipSync(bundle).length,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function bundleOfVerify(folder: string): Promise<Buffer> {
  const entry = join(folder, 'verify.js')
  writeFileSync(entry, "export { createVerifier } from 'ingam'\n")
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    root: ROOT,
    resolve: { alias: { ingam: join(ROOT, 'packages', 'ingam', 'dist', 'bundle', 'index.js') } },
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'verify' }, minify: true },
  })
  const [first] = Array.isArray(output) ? output : [output]
  if (first === undefined || !('output' in first)) throw new Error('no bundle')
  return Buffer.from(first.output.map((chunk) => ('code' in chunk ? chunk.code : '')).join(''))
}
