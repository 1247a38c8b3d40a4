// Tool: builds the peers of test/interop/matrix.test.ts that are written in Go and in Java, where these languages are
// there. What they depend on is fetched here and never by a test: from the Go module proxy, held to go.sum, and from Maven
// Central, held to jars.sha256. What is built already is left alone.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BuiltLanguage, peerFolder, peerProduct, peerSources } from '../test/support/built-peers.ts'

/** The files whose SHA-256 the list does not have, and the files of the list that are missing. */
export function strangeFiles(list: string, files: ReadonlyMap<string, Uint8Array>): string[] {
  const expected = new Map(
    list
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(/\s+/u))
      .map(([digest = '', name = '']) => [name, digest]),
  )
  const found = new Map(
    [...files].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
  )
  return [...new Set([...expected.keys(), ...found.keys()])].filter(
    (name) => expected.get(name) !== found.get(name),
  )
}

function build(language: BuiltLanguage): string {
  const product = peerProduct(language)
  if (existsSync(product)) return 'is built already'
  const folder = peerFolder(language)
  mkdirSync(dirname(folder), { recursive: true })
  // Built beside its place and moved there whole: a build that was cut off leaves nothing that looks like one.
  const scratch = mkdtempSync(join(dirname(folder), '.building-'))
  try {
    cpSync(peerSources(language), join(scratch, 'sources'), { recursive: true })
    BUILDS[language](join(scratch, 'sources'), join(scratch, 'built'))
    renameSync(join(scratch, 'built'), folder)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  if (!existsSync(product)) throw new Error(`the build left no ${product}`)
  for (const name of readdirSync(dirname(folder))) {
    const isOfOtherSources = name.startsWith(`${language}-`) && name !== basename(folder)
    if (isOfOtherSources) rmSync(join(dirname(folder), name), { recursive: true })
  }
  return 'is built'
}

const BUILDS: Readonly<Record<BuiltLanguage, (sources: string, target: string) => void>> = {
  go: (sources, target) => {
    mkdirSync(target)
    run('go', ['build', '-trimpath', '-mod=readonly', '-o', join(target, 'peer'), '.'], sources)
  },
  java: (sources, target) => {
    // -C: a file whose checksum is not the repository's is an error.
    run('mvn', ['-q', '-B', '-C', '-Dstyle.color=never', `-Dpeer.target=${target}`, 'compile'], sources)
    const jars = join(target, 'lib')
    const files = readdirSync(jars).map((name): [string, Uint8Array] => [
      name,
      readFileSync(join(jars, name)),
    ])
    const strange = strangeFiles(readFileSync(join(sources, 'jars.sha256'), 'utf8'), new Map(files))
    if (strange.length > 0) throw new Error(`other than jars.sha256 says: ${strange.join(', ')}`)
  },
}

function run(command: string, args: readonly string[], cwd: string): void {
  // One toolchain for everybody: an older or newer Go fetches this one, as a module, and builds with it.
  const env = { ...process.env, GOTOOLCHAIN: 'go1.26.8', GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' }
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command}: exit ${status}`)
}

function main(): void {
  for (const language of ['go', 'java'] as const) {
    try {
      console.error(`build-peers: the peer in ${language} ${build(language)}`)
    } catch (error) {
      console.error(`build-peers: the peer in ${language} is not built: ${String(error)}`)
      process.exitCode = 1
    }
  }
}

if (import.meta.main) main()
