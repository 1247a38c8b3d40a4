// Tool: packs the library and looks at the tarball as a stranger would: what is in it, how large it is, whether its
// entry points and types resolve, and whether it works where nothing else is installed.

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// LIMIT: about twice the size of the first version; a library that is to be read in full stays small.
const MAX_TARBALL_BYTES = 240 * 1024

const ROOT = join(import.meta.dirname, '..')

// A strict consumer without Node's types and without skipLibCheck.
const CONSUMER = `import { createVerifier, type Verifier } from 'ingam'
import { loadCredential } from 'ingam/node'
import { createTestCa } from 'ingam/testing'
import { parseCertificate, type Certificate } from 'ingam/x509'

const certificate: Certificate = parseCertificate(new Uint8Array())
export const verifier: Verifier = createVerifier({
  trustAnchors: [certificate],
  audience: 'https://api.example',
  revocation: 'off',
})
// @ts-expect-error there is no default for revocation
createVerifier({ trustAnchors: [certificate], audience: 'https://api.example' })
export const functions = [loadCredential, createTestCa]
`

const folder = mkdtempSync(join(tmpdir(), 'ingam-package-'))
try {
  checkPackage()
} finally {
  rmSync(folder, { recursive: true })
}

function checkPackage(): void {
  const packed = execFileSync(
    'npm',
    ['pack', '--json', '--pack-destination', folder, '--workspace', 'ingam'],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  )
  const file = /"filename":\s*"([^"]+)"/u.exec(packed)?.[1]
  if (file === undefined) throw new Error(`npm pack names no file: ${packed}`)
  const tarball = join(folder, file)

  const { size } = statSync(tarball)
  console.error(`check-package: ${file}: ${size} bytes, at most ${MAX_TARBALL_BYTES}`)
  if (size > MAX_TARBALL_BYTES) fail('the tarball is too large')
  const names = [...packed.matchAll(/"path":\s*"([^"]+)"/gu)].map((match) => match[1] ?? '')
  for (const name of names) {
    if (!/^(package\.json|README\.md|LICENSE|dist\/.+\.(js|d\.ts))$/u.test(name) || name.includes('.test.')) {
      fail(`${name} does not belong into the tarball`)
    }
  }

  run(ROOT, bin('publint'), 'run', tarball, '--strict')
  run(ROOT, bin('attw'), tarball, '--profile', 'esm-only')

  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  run(folder, 'npm', 'install', '--offline', '--no-audit', '--no-fund', tarball)
  copyFileSync(join(ROOT, 'tools', 'smoke.mjs'), join(folder, 'smoke.mjs'))
  // Other versions of Node that the library promises to run on, given as paths of their executables.
  for (const node of [process.execPath, ...process.argv.slice(2)]) run(folder, node, 'smoke.mjs')

  writeFileSync(join(folder, 'consumer.ts'), CONSUMER)
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--types', '']
  run(
    folder,
    bin('tsc'),
    ...strict,
    '--module',
    'nodenext',
    '--lib',
    'es2024,dom',
    '--target',
    'es2024',
    'consumer.ts',
  )
}

function run(cwd: string, command: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) {
    const said = stdout.trim().split('\n').at(-1) ?? ''
    console.error(
      `check-package: ok: ${describe(command, args)}${said.startsWith('smoke:') ? `: ${said}` : ''}`,
    )
  } else {
    console.error(`${stdout}${stderr}`)
    fail(`failed: ${describe(command, args)}`)
  }
}

function describe(command: string, args: readonly string[]): string {
  return [command, ...args.slice(0, 2)].map((part) => part.replace(/^.*\//u, '')).join(' ')
}

function bin(name: string): string {
  return join(ROOT, 'node_modules', '.bin', name)
}

function fail(problem: string): void {
  console.error(`check-package: ${problem}`)
  process.exitCode = 1
}
