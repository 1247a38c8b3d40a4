// Tool: reads the imports of every source file and refuses an arrow that points the wrong way, a cycle (type
// imports included), Node outside its two places, a default export, a private door between the packages, and in the
// service a database, a network or a file where they do not belong.
// It reads text, not syntax: comments are removed, and an import must begin a line, as the formatter leaves it.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { fileURLToPath } from 'node:url'

/** One source file: its path from the repository's root, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

interface Module extends SourceFile {
  /** Every specifier in the order of appearance. */
  readonly specifiers: readonly string[]
  /** The files of this repository among them. */
  readonly imports: readonly string[]
}

const CORE = 'packages/ingam/src/'
const SERVER = 'packages/server/src/'
const CLI = 'packages/cli/src/'

// A file imports its own layer or lower ones; those on one line do not see each other.
const ORDER = [
  ['errors', 'bytes'],
  ['platform'],
  ['der'],
  ['x509'],
  ['path'],
  ['revocation'],
  ['verify'],
  ['keys'],
  ['token'],
  ['http', 'node', 'testing'],
]

// What an entry point must not reach, however long the way.
const UNREACHABLE: readonly { readonly entry: string; readonly layers: readonly string[] }[] = [
  { entry: `${CORE}index.ts`, layers: ['node', 'testing'] },
  { entry: `${CORE}entries/x509.ts`, layers: ['keys', 'token', 'http', 'node', 'testing'] },
]

// What only a few places of the service may touch: whatever else needs it is given it.
const SERVER_PLACES: readonly { readonly name: RegExp; readonly places: readonly string[] }[] = [
  { name: /^(?:node:sqlite|node:worker_threads|kysely(?:\/|$))/u, places: ['stores/'] },
  { name: /^(?:node:https?|node:net|node:tls|node:http2)$/u, places: ['host/'] },
  { name: /^(?:hono|@hono\/node-server)(?:\/|$)/u, places: ['host/', 'app.ts'] },
  { name: /^(?:pino|prom-client)$/u, places: ['host/'] },
  { name: /^node:fs(?:\/promises)?$/u, places: ['config/', 'host/', 'keys/secret.ts', 'stores/', 'main.ts'] },
  { name: /^ingam\/testing$/u, places: [] },
]

const PUBLIC_NAMES = new Set(['ingam', 'ingam/node', 'ingam/x509', 'ingam/testing'])
const PLATFORM_FORMS = new Set([`${CORE}platform/node.ts`, `${CORE}platform/web.ts`])

/** What is wrong with these files, one line each; empty when the rules hold. */
export function findViolations(files: readonly SourceFile[]): string[] {
  const modules = new Map(files.map((file) => [file.path, readModule(file)]))
  const problems: string[] = []
  for (const module of modules.values()) {
    if (module.path.startsWith(CORE)) problems.push(...coreProblems(module))
    if (module.path.startsWith(SERVER)) problems.push(...serverProblems(module))
    if (module.path.startsWith(CLI)) problems.push(...cliProblems(module))
    if (/^\s*export\s+(default\b|\{[^}]*\bas\s+default\b)/mu.test(module.text)) {
      problems.push(`${module.path}: default export`)
    }
    for (const target of module.imports) {
      if (!modules.has(target)) problems.push(`${module.path}: imports ${target}, which does not exist`)
    }
  }
  return [...problems, ...cycles(modules), ...entryProblems(modules)]
}

function coreProblems(module: Module): string[] {
  const problems: string[] = []
  const refuse = (problem: string): number => problems.push(`${module.path}: ${problem}`)
  const isNode = module.path === `${CORE}platform/node.ts` || module.path.startsWith(`${CORE}node/`)
  if (!isNode && /\bBuffer\b/u.test(withoutStrings(module.text)))
    refuse('Buffer outside platform/node.ts and node/')
  for (const specifier of module.specifiers) {
    if (specifier.startsWith('.') || specifier === '#platform') continue
    if (!specifier.startsWith('node:')) refuse(`imports ${specifier}: the library has no dependencies`)
    else if (!isNode) refuse(`imports ${specifier} outside platform/node.ts and node/`)
  }
  if (module.specifiers.includes('#platform') && rank(layerOf(module.path)) < rank('platform')) {
    refuse('imports #platform from a layer below it')
  }
  for (const target of module.imports) {
    if (!target.startsWith(CORE)) refuse(`imports ${target}, which is not of this package`)
    else if (PLATFORM_FORMS.has(target)) refuse(`imports ${target}: use #platform`)
    else if (!mayImport(layerOf(module.path), layerOf(target)))
      refuse(`imports ${target} against the order of the layers`)
  }
  return problems
}

function serverProblems(module: Module): string[] {
  const local = module.path.slice(SERVER.length)
  const misplaced = module.specifiers.filter((name) =>
    SERVER_PLACES.some(
      (rule) => rule.name.test(name) && !rule.places.some((place) => local.startsWith(place)),
    ),
  )
  return [
    ...privateDoors(module, SERVER, PUBLIC_NAMES),
    ...misplaced.map((name) => `${module.path}: imports ${name} outside its places`),
  ]
}

// The service is a guest of the command: whoever only signs and verifies does not load it.
function cliProblems(module: Module): string[] {
  const loaded =
    /^\s*(?:import|export)\s(?!type\b)[^'";]*?\bfrom\s*'@ingam\/server'|^\s*import\s*'@ingam\/server'/mu
  return [
    ...privateDoors(module, CLI, new Set([...PUBLIC_NAMES, '@ingam/server'])),
    ...(loaded.test(module.text) ? [`${module.path}: loads @ingam/server at once: use import()`] : []),
  ]
}

function privateDoors(module: Module, own: string, names: ReadonlySet<string>): string[] {
  const inner = module.specifiers.filter((name) => /^(@ingam|ingam)(\/|$)/u.test(name) && !names.has(name))
  const outside = module.imports.filter((target) => !target.startsWith(own))
  return [...inner, ...outside].map((name) => `${module.path}: imports ${name}, which is not a public name`)
}

function entryProblems(modules: ReadonlyMap<string, Module>): string[] {
  return UNREACHABLE.flatMap(({ entry, layers }) =>
    reachable(entry, modules)
      .filter((path) => layers.includes(layerOf(path)))
      .map((path) => `${entry}: reaches ${path}`),
  )
}

function reachable(entry: string, modules: ReadonlyMap<string, Module>): string[] {
  const seen = new Set([entry])
  for (const path of seen) for (const target of modules.get(path)?.imports ?? []) seen.add(target)
  return [...seen]
}

function cycles(modules: ReadonlyMap<string, Module>): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`)
    if (done.has(path) || trail.includes(path)) return
    for (const target of modules.get(path)?.imports ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of modules.keys()) visit(path, [])
  return found
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true
  if (from === 'entry') return true
  return rank(to) < rank(from)
}

// An unknown folder has no place in the order: it may be imported by nobody and imports nothing.
function rank(layer: string): number {
  const index = ORDER.findIndex((layers) => layers.includes(layer))
  return index === -1 ? Number.NaN : index
}

function layerOf(path: string): string {
  const [first = '', ...rest] = path.slice(CORE.length).split('/')
  return rest.length === 0 || first === 'entries' ? 'entry' : first
}

function readModule(file: SourceFile): Module {
  const text = withoutComments(file.text)
  const specifiers = [...text.matchAll(SPECIFIER)].map((match) => match[1] ?? match[2] ?? '')
  const imports = specifiers
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(dirname(file.path), specifier)))
  return { path: file.path, text, specifiers, imports }
}

const SPECIFIER = /^\s*(?:import|export)\b(?:[^'";]*?\bfrom)?\s*'([^']+)'|\bimport\(\s*['"`]([^'"`]+)/gmu

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//gu, '').replaceAll(/(^|\s)\/\/.*$/gmu, '$1')
}

function withoutStrings(text: string): string {
  return text.replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/gu, "''")
}

function sourceFiles(root: string): SourceFile[] {
  return [CORE, SERVER, CLI].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => ({ path: folder + name, text: readFileSync(join(root, folder, name), 'utf8') })),
  )
}

if (import.meta.main) {
  const files = sourceFiles(fileURLToPath(new URL('..', import.meta.url)))
  const problems = findViolations(files)
  for (const problem of problems) console.error(`check-layers: ${problem}`)
  console.error(`check-layers: ${files.length} files, ${problems.length} violations`)
  if (problems.length > 0) process.exitCode = 1
}
