// Layer: node. What was fetched, kept in a folder, so that a restart knows what it knew. Each object is a file of its own,
// written beside and renamed into place, and ends with the digest of all before it: a process may be killed anywhere.
// The digest is against accidents; whoever can write here can write anything, and is believed nothing more than a server.

import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createError, messageOf } from '../../errors/errors.ts'
import { fileProblemOf } from '../files.ts'
import { digestOf } from './slices.ts'

/** What is kept of one address. */
export interface CachedObject {
  readonly kind: 'crl' | 'ocsp'
  readonly url: string
  /** DER of the CertID that was asked for. */
  readonly certId?: Uint8Array
  /** Milliseconds since 1970 UTC. */
  readonly fetchedAt: number
  /** DER of each piece. */
  readonly pieces: readonly Uint8Array[]
}

/** How much is read back. */
export interface CacheBounds {
  readonly maxObjects: number
  readonly maxBytes: number
}

const FIRST_LINE = 'ingam revocation cache, version 1\n'
const ENDING = '.evidence'
const OWN_NAME = /^[0-9a-f]{64}\.evidence$/u
const UNFINISHED_NAME = /^\.[0-9a-f-]{36}\.unfinished$/u
const DIGEST_BYTES = 32
// LIMIT: two addresses of the longest kind, and a few numbers.
const MAX_HEAD_BYTES = 4_096

/** A name for what is asked, equal for equal questions. */
export function cacheKey({ kind, url, certId }: Pick<CachedObject, 'kind' | 'url' | 'certId'>): string {
  return [kind, url, Buffer.from(certId ?? []).toString('hex')].join(' ')
}

/** The folder of one source. Writes happen one after the other. */
export class CacheFolder {
  readonly #path: string
  #work: Promise<void> = Promise.resolve()
  #problem: string | undefined

  private constructor(path: string) {
    this.#path = path
  }

  /**
   * Opens the folder, makes it where it is missing, and reads what it holds, the newest first. Files of ours that are
   * damaged, unfinished or too many are removed; files of others are left alone and never read.
   *
   * @throws {DecodeError} ERR_FILE_READ where it cannot be used
   */
  static async open(
    path: string,
    bounds: CacheBounds,
  ): Promise<{ readonly folder: CacheFolder; readonly objects: readonly CachedObject[] }> {
    const folder = new CacheFolder(path)
    try {
      await mkdir(path, { recursive: true, mode: 0o700 })
      return { folder, objects: await folder.#readAll(bounds) }
    } catch (cause) {
      throw createError('ERR_FILE_READ', { path, problem: fileProblemOf(cause) }, { cause })
    }
  }

  /** What last went wrong, in words; what is held is not touched by it. */
  get problem(): string | undefined {
    return this.#problem
  }

  get path(): string {
    return this.#path
  }

  /** Writes an object in the place of what was written under its key. */
  write(object: CachedObject): void {
    this.#enqueue(async () => await this.#write(object))
  }

  remove(key: string): void {
    // It may never have been written.
    this.#enqueue(async () => await rm(this.#fileOf(key), { force: true }))
  }

  /** Resolves when all is written that was asked for so far. */
  async settled(): Promise<void> {
    await this.#work
  }

  #enqueue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).then(
      () => {
        this.#problem = undefined
      },
      (error: unknown) => {
        this.#problem = `not written: ${messageOf(error)}`
      },
    )
  }

  async #write(object: CachedObject): Promise<void> {
    const unfinished = join(this.#path, `.${randomUUID()}.unfinished`)
    try {
      const file = await open(unfinished, 'wx', 0o600)
      try {
        for (const part of await encode(object)) await file.writeFile(part)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, this.#fileOf(cacheKey(object)))
    } catch (error) {
      // What went wrong is told already.
      await rm(unfinished, { force: true }).catch(() => undefined)
      throw error
    }
    await this.#syncFolder()
  }

  // That the new name outlives a loss of power; not every system can open a folder for it.
  async #syncFolder(): Promise<void> {
    try {
      const folder = await open(this.#path, 'r')
      try {
        await folder.sync()
      } finally {
        await folder.close()
      }
    } catch {
      // The file itself is written; after a loss of power its older version may be there.
    }
  }

  async #readAll({ maxObjects, maxBytes }: CacheBounds): Promise<readonly CachedObject[]> {
    const objects: CachedObject[] = []
    let removed = 0
    let left = maxBytes
    for (const { name, size } of await this.#ownFiles()) {
      const path = join(this.#path, name)
      const isBearable = objects.length < maxObjects && size <= left + MAX_HEAD_BYTES
      const object = isBearable ? await readObject(path, name) : undefined
      if (object === undefined) {
        await rm(path, { force: true })
        removed++
        continue
      }
      objects.push(object)
      left -= size
    }
    if (removed > 0) this.#problem = `${removed} files were damaged, unfinished or too many, and were removed`
    return objects
  }

  // The newest first; what another process never finished comes last and is removed.
  async #ownFiles(): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const files: { name: string; size: number; time: number }[] = []
    for (const name of await readdir(this.#path)) {
      if (!OWN_NAME.test(name) && !UNFINISHED_NAME.test(name)) continue
      const found = await stat(join(this.#path, name))
      if (found.isFile()) files.push({ name, size: found.size, time: found.mtimeMs })
    }
    return files.sort((a, b) => b.time - a.time)
  }

  #fileOf(key: string): string {
    return join(this.#path, nameOf(key))
  }
}

function nameOf(key: string): string {
  return `${createHash('sha256').update(key).digest('hex')}${ENDING}`
}

async function encode(object: CachedObject): Promise<readonly Uint8Array[]> {
  const { kind, url, certId, fetchedAt, pieces } = object
  const head = {
    kind,
    url,
    ...(certId && { certId: Buffer.from(certId).toString('hex') }),
    fetchedAt,
    lengths: pieces.map(({ length }) => length),
  }
  const content = [Buffer.from(`${FIRST_LINE}${JSON.stringify(head)}\n`), ...pieces]
  return [...content, await digestOf(...content)]
}

// Undefined for whatever is not whole, or not what its name says.
async function readObject(path: string, name: string): Promise<CachedObject | undefined> {
  if (!OWN_NAME.test(name)) return undefined
  const file = await readFile(path)
  const content = file.subarray(0, -DIGEST_BYTES)
  if (!(await digestOf(content)).equals(file.subarray(-DIGEST_BYTES))) return undefined
  const start = Buffer.byteLength(FIRST_LINE)
  const end = content.indexOf('\n', start)
  if (end < 0 || content.subarray(0, start).toString('latin1') !== FIRST_LINE) return undefined
  const head = readHead(content.subarray(start, end).toString('utf8'))
  if (head === undefined) return undefined
  const pieces: Uint8Array[] = []
  let offset = end + 1
  for (const length of head.lengths) {
    pieces.push(viewOf(content.subarray(offset, offset + length)))
    offset += length
  }
  const { lengths: _, ...rest } = head
  return offset === content.length && nameOf(cacheKey(rest)) === name ? { ...rest, pieces } : undefined
}

// The same bytes, not a Buffer: large lists are not copied.
function viewOf({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

type Head = Omit<CachedObject, 'pieces'> & { readonly lengths: readonly number[] }

function readHead(text: string): Head | undefined {
  const head = parseJson(text)
  if (typeof head !== 'object' || head === null) return undefined
  if (!('kind' in head && 'url' in head && 'fetchedAt' in head && 'lengths' in head)) return undefined
  const { kind, url, fetchedAt, lengths } = head
  if ((kind !== 'crl' && kind !== 'ocsp') || typeof url !== 'string') return undefined
  if (typeof fetchedAt !== 'number' || !Array.isArray(lengths) || !lengths.every(isLength)) return undefined
  const certId = 'certId' in head ? head.certId : undefined
  if (certId !== undefined && (typeof certId !== 'string' || !/^(?:[0-9a-f]{2})+$/u.test(certId)))
    return undefined
  if ((kind === 'ocsp') !== (certId !== undefined)) return undefined
  return {
    kind,
    url,
    fetchedAt,
    lengths,
    ...(certId !== undefined && { certId: new Uint8Array(Buffer.from(certId, 'hex')) }),
  }
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not what was written here.
    return undefined
  }
}
