// CLI: the index of a development CA: one line of JSON for each certificate it issued, oldest first. It is written anew
// beside the old one and renamed over it, so that a reader sees the one or the other; the file beside is also the lock.

import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CommandError, systemProblem } from '../failure.ts'

export const INDEX_FILE = 'index.jsonl'

/** One certificate that the CA issued. */
export interface IndexEntry {
  /** Hexadecimal, lower case. */
  readonly serial: string
  readonly subject: string
  /** With their kinds: `uri:spiffe://example/client`. */
  readonly names: readonly string[]
  readonly profile: string
  readonly issuer: string
  /** ISO 8601, UTC. */
  readonly notBefore: string
  readonly notAfter: string
  /** base64url of the SHA-256 of the certificate's DER. */
  readonly thumbprint: string
  /** Where the certificate was written, from the CA's folder; absent where it went to stdout. */
  readonly file?: string
}

/** The entries of a CA's folder; undefined where it has no index, as folders of the first version do not. */
export async function readIndex(folder: string): Promise<readonly IndexEntry[] | undefined> {
  const path = join(folder, INDEX_FILE)
  const text = await readText(path)
  if (text === undefined) return undefined
  const lines = text.split('\n')
  return lines.flatMap((line, index) => (line === '' ? [] : [parseEntry(line, `${path}: line ${index + 1}`)]))
}

/** Adds an entry. Throws where another process holds the index for longer than five seconds. */
export async function addToIndex(folder: string, entry: IndexEntry): Promise<void> {
  await addLine(join(folder, INDEX_FILE), entry)
}

/** Adds a line of JSON to a file of a CA's folder, as {@link addToIndex} does to the index. */
export async function addLine(path: string, value: object): Promise<void> {
  const beside = `${path}.new`
  const file = await openBeside(beside)
  try {
    try {
      const before = (await readText(path)) ?? ''
      const separator = before === '' || before.endsWith('\n') ? '' : '\n'
      await file.writeFile(`${before}${separator}${JSON.stringify(value)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw failure(path, error)
  }
}

const ATTEMPTS = 100
const PAUSE_MILLISECONDS = 50

async function openBeside(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open(path, 'wx', 0o644)
    } catch (error) {
      if (systemProblem(error) !== 'exists already') throw failure(path, error)
      if (attempt === ATTEMPTS) {
        throw new CommandError(3, `${path}: another ingam is writing the index`, [
          'if none is running any more, remove this file and try again',
        ])
      }
      await wait(PAUSE_MILLISECONDS)
    }
  }
}

/** The text of a file of a CA's folder; undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemProblem(error) === 'no such file') return undefined
    throw failure(path, error)
  }
}

function parseEntry(line: string, place: string): IndexEntry {
  const damaged = new CommandError(3, `${place}: not an entry of the index`, [
    'the file was changed by hand or damaged; each line is one JSON object',
  ])
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw damaged
  }
  if (!isEntry(value)) throw damaged
  return value
}

function isEntry(value: unknown): value is IndexEntry {
  if (typeof value !== 'object' || value === null) return false
  const entry = new Map(Object.entries(value))
  const names: unknown = entry.get('names')
  const texts = ['serial', 'subject', 'profile', 'issuer', 'notBefore', 'notAfter', 'thumbprint']
  return (
    texts.every((field) => typeof entry.get(field) === 'string') &&
    ['notBefore', 'notAfter'].every((field) => Number.isFinite(Date.parse(String(entry.get(field))))) &&
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string') &&
    (entry.get('file') === undefined || typeof entry.get('file') === 'string')
  )
}

function failure(path: string, error: unknown): unknown {
  const problem = systemProblem(error)
  return problem === undefined || error instanceof CommandError
    ? error
    : new CommandError(3, `${path}: ${problem}`, ['the index lists what the CA issued; it must be writable'])
}
