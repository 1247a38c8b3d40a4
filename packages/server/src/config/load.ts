// Server: from a file and variables to the configuration: read, overridden, validated as a whole, paths made absolute.
// All that is wrong is said at once. No secret is read here.

import { dirname, resolve } from 'node:path'
import { escapeText } from 'ingam'
import { parseCertificates, type TrustAnchor } from 'ingam/x509'
import { ServiceError } from '../service-error.ts'
import type { SecretSource, ServiceConfig } from './contract.ts'
import { describeKeys } from './describe.ts'
import { applyEnvironment } from './environment.ts'
import type { SecretSourceDocument } from './fields.ts'
import { configError, nameOfPath, type Problem, problemsOf } from './problems.ts'
import { checkRules } from './rules.ts'
import { type ConfigDocument, configSchema } from './schema.ts'
import { parseYaml, type YamlDocument } from './yaml.ts'

/** What {@link loadConfig} takes. */
export interface LoadConfigOptions {
  /** The configuration file, YAML; without it the variables alone count. Relative paths in it are relative to it. */
  readonly file?: string
  /** Variables; `INGAM_…` override single values, and PORT does where INGAM_LISTEN_PORT is absent. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads a file's bytes; rejects with an error whose `code` is Node's, such as ENOENT. */
  readonly readFile: (path: string) => Promise<Uint8Array>
}

/**
 * The configuration, complete and validated: every key is known and within its range, rules between keys hold, paths are
 * absolute, and administrators' trust anchors are parsed. **Not checked: whether secrets, keys and folders can be used**,
 * which {@link checkConfig} and the start of the service do.
 *
 * @throws {ServiceError} ERR_CONFIG_FILE where the file cannot be read, ERR_CONFIG_SYNTAX where it is no YAML as it may be
 *   written, ERR_CONFIG_VALUE with `details.problems`, a line for each; ERR_CONFIG_SECRET where a secret stands among them
 */
export async function loadConfig(options: LoadConfigOptions): Promise<ServiceConfig> {
  const { file, env, readFile } = options
  const source = file ?? 'environment'
  const yaml = file === undefined ? undefined : parseYaml(await readText(file, readFile), file)
  const environment = applyEnvironment(yaml?.value ?? {}, env)
  const say = (problem: Problem): string => lineOf(problem, source, yaml, environment.variables)

  const read = configSchema.safeParse(environment.value)
  const problems = read.success
    ? checkRules(read.data)
    : problemsOf(read.error.issues, environment.value, knownKeys)
  const isSecret = problems.some((problem) => problem.isSecret === true)
  const lines = [...problems.map(say), ...environment.problems]
  if (!read.success) throw configError(lines, isSecret)

  const folder = file === undefined ? resolve('.') : dirname(resolve(file))
  const anchors = await readAnchors(read.data, folder, readFile)
  lines.push(...anchors.problems.map(say))
  if (lines.length > 0) throw configError(lines, isSecret)
  return toConfig(read.data, folder, anchors.anchors)
}

async function readText(file: string, readFile: LoadConfigOptions['readFile']): Promise<string> {
  const shown = escapeText(file)
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    const reason = reasonOf(error)
    throw new ServiceError('ERR_CONFIG_FILE', `${shown}: ${reason}`, {
      details: { file: shown, reason },
      cause: error,
    })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const reason = 'expected UTF-8, found other bytes'
    throw new ServiceError('ERR_CONFIG_SYNTAX', `${shown}: ${reason}`, {
      details: { file: shown, reason },
      cause: error,
    })
  }
}

/** Why a file could not be read, in words. */
export function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read'
  if (code === 'EISDIR') return 'is a folder'
  return `cannot be read (${typeof code === 'string' ? escapeText(code, 40) : 'unknown reason'})`
}

function knownKeys(path: readonly (string | number)[]): readonly string[] {
  const wanted = path.map((part) => (typeof part === 'number' ? '[]' : part))
  const below = describeKeys().filter(({ path: key }) => wanted.every((name, index) => key[index] === name))
  return [...new Set(below.flatMap(({ path: key }) => key[wanted.length] ?? []))]
}

function lineOf(
  { path, unknownKey, text }: Problem,
  source: string,
  yaml: YamlDocument | undefined,
  variables: ReadonlyMap<string, string>,
): string {
  const key = nameOfPath(unknownKey === undefined ? path : [...path, unknownKey])
  const variable = variables.get(JSON.stringify(path))
  if (variable !== undefined) return `${variable}: ${key}: ${text}`
  const place = unknownKey === undefined ? yaml?.placeOf(path) : yaml?.placeOfKey(path, unknownKey)
  const where = place === undefined ? '' : `:${place.line}:${place.column}`
  return `${escapeText(source)}${where}: ${key === '' ? 'configuration' : key}: ${text}`
}

async function readAnchors(
  { admin }: ConfigDocument,
  folder: string,
  readFile: LoadConfigOptions['readFile'],
): Promise<{ readonly anchors: readonly TrustAnchor[]; readonly problems: readonly Problem[] }> {
  const anchors: TrustAnchor[] = []
  const problems: Problem[] = []
  for (const [index, file] of (admin?.trustAnchors ?? []).entries()) {
    const path = ['admin', 'trustAnchors', index]
    try {
      const certificates = parseCertificates(await readFile(resolve(folder, file)))
      anchors.push(...certificates.map((certificate) => ({ certificate })))
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
      const reason = code.startsWith('ERR_') ? `no certificates (${escapeText(code, 60)})` : reasonOf(error)
      problems.push({
        path,
        text: `expected a PEM file with certificates, found ${escapeText(file)}: ${reason}`,
      })
    }
  }
  return { anchors, problems }
}

function toConfig(
  document: ConfigDocument,
  folder: string,
  trustAnchors: readonly TrustAnchor[],
): ServiceConfig {
  const { listen, state, secrets, initialPolicy, revocation, admin, ...rest } = document
  const absolute = (path: string): string => resolve(folder, path)
  const { tls, ...plainListen } = listen
  return Object.freeze<ServiceConfig>({
    ...rest,
    listen: {
      ...plainListen,
      ...(tls && {
        tls: {
          ...tls,
          certificate: absolute(tls.certificate),
          privateKey: sourceOf(tls.privateKey, absolute),
        },
      }),
    },
    state: { ...state, folder: absolute(state.folder) },
    secrets: { keyEncryptionKey: sourceOf(secrets.keyEncryptionKey, absolute) },
    ...(initialPolicy !== undefined && { initialPolicy: absolute(initialPolicy) }),
    revocation: { ...revocation, files: revocation.files.map(absolute) },
    ...(admin && { admin: { ...admin, trustAnchors } }),
  })
}

function sourceOf({ file, env }: SecretSourceDocument, absolute: (path: string) => string): SecretSource {
  // INVARIANT: the schema has refused both together and none at all.
  return file === undefined ? { env: env ?? '' } : { file: absolute(file) }
}
