// Server: variables that override keys of the configuration: one for each key that has a single value. A name that is
// almost one of them is refused, so that a misspelt limit does not pass in silence.

import { type ConfigKey, describeKeys } from './describe.ts'
import { describeValue, didYouMean } from './problems.ts'

/** What the variables say. */
export interface EnvironmentReading {
  /** The document with the overrides in it. */
  readonly value: unknown
  /** Which variable gave the value at a key; the key as JSON of its path. */
  readonly variables: ReadonlyMap<string, string>
  /** Lines. */
  readonly problems: readonly string[]
}

// Other names with INGAM_ belong to the command or to a platform (Kubernetes sets INGAM_PORT for a service `ingam`).
const OURS = /^INGAM_(LISTEN|STATE|SECRETS|INITIAL|REVOCATION|TOKENS|LIMITS|AUDIT|LOG|METRICS)_/u

/** The document with what the variables override. The given one is not changed. */
export function applyEnvironment(
  document: unknown,
  env: Readonly<Record<string, string | undefined>>,
): EnvironmentReading {
  const value: unknown = structuredClone(document)
  const variables = new Map<string, string>()
  const problems: string[] = []
  const keys = describeKeys()
  const replaced = new Set<string>()
  for (const key of keys) {
    const found = findVariable(key, env)
    if (found === undefined) continue
    const read = readVariable(key, found.text)
    if (read === undefined)
      problems.push(
        `${found.name}: ${key.path.join('.')}: expected ${key.expected}, found ${describeValue(found.text)}`,
      )
    else if (put(value, key.path, read, replaced)) variables.set(JSON.stringify(key.path), found.name)
  }
  problems.push(...unknownVariables(keys, env, value))
  return { value, variables, problems }
}

function findVariable(
  { variable, path }: ConfigKey,
  env: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly text: string } | undefined {
  if (variable === undefined) return undefined
  const text = env[variable]
  if (text !== undefined) return { name: variable, text }
  // What platforms set that run a container.
  const port = path.join('.') === 'listen.port' ? env['PORT'] : undefined
  return port === undefined ? undefined : { name: 'PORT', text: port }
}

function readVariable({ kind }: ConfigKey, text: string): string | number | boolean | undefined {
  if (kind === 'number') return /^-?\d{1,15}(\.\d{1,6})?$/u.test(text) ? Number(text) : undefined
  if (kind === 'flag') return text === 'true' || text === 'false' ? text === 'true' : undefined
  return text === '' ? undefined : text
}

function unknownVariables(
  keys: readonly ConfigKey[],
  env: Readonly<Record<string, string | undefined>>,
  document: unknown,
): readonly string[] {
  const known = keys.flatMap(({ variable }) => variable ?? [])
  const named = new Set(secretVariables(document))
  return Object.keys(env)
    .filter((name) => OURS.test(name) && !known.includes(name) && !named.has(name) && env[name] !== undefined)
    .map((name) => `${describeName(name)}: unknown variable${didYouMean(name, known)}`)
}

// A secret may lie in a variable whose name begins like one of ours.
function secretVariables(document: unknown): readonly string[] {
  const names: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'env' && typeof inner === 'string') names.push(inner)
      else walk(inner)
    }
  }
  walk(document)
  return names
}

function describeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/gu, '?').slice(0, 80)
}

// False where the document has something else than mappings above the key: the schema says so.
function put(
  document: unknown,
  path: readonly string[],
  value: string | number | boolean,
  replaced: Set<string>,
): boolean {
  let parent = document
  for (const name of path.slice(0, -1)) {
    if (!isMapping(parent)) return false
    // A variable says where a secret comes from, and takes the place of all that the file says of it; two variables stand
    // side by side, so that the schema refuses them.
    const isSource = name === path.at(-2) && (name === 'privateKey' || name === 'keyEncryptionKey')
    if (parent[name] === undefined || (isSource && !replaced.has(name))) parent[name] = {}
    if (isSource) replaced.add(name)
    parent = parent[name]
  }
  const last = path.at(-1)
  if (!isMapping(parent) || last === undefined) return false
  parent[last] = value
  return true
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
