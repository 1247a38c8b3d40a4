// Layer: node. Evidence from files and folders, read again when they change. Whoever replaces a file badly (cut, garbage,
// another kind) takes nothing away: the last good content serves on, and the status says so.

import { dirname } from 'node:path'
import { createError, isPkiError, messageOf, withSource } from '../../errors/errors.ts'
import { escapeText } from '../../errors/escape.ts'
import { checkOptionKeys, choice, kindOf, wholeNumber } from '../../errors/options.ts'
import { EvidenceIndex } from '../../revocation/evidence-index.ts'
import type { HeldEvidence, RevocationSource, SourceStatus } from '../../revocation/source.ts'
import { checkPath } from '../files.ts'
import { type FoundFile, listFiles, readWhole } from './file-reading.ts'
import { nextUpdateOf, timesOf } from './lifetime.ts'
import { readEvidence } from './read-evidence.ts'
import { digestOf } from './slices.ts'
import { watchFolders } from './watch.ts'

/** What {@link createFileSource} takes. */
export interface FileSourceOptions {
  /**
   * Files, and folders of which every regular file that ends in `.crl`, `.pem`, `.der` or `.ocsp` is read, without
   * folders below. A file holds PEM with one or several `X509 CRL` blocks (at most 4 MiB), the DER of one list, or the
   * DER of one OCSP response.
   */
  readonly paths: string | readonly string[]
  /** Whether changes are looked for by itself; default `'on'`. With `'off'` they are read when `refresh` is called. */
  readonly watch?: 'on' | 'off'
  /**
   * Milliseconds between two looks at the files, below the notices of the system, which not every file system gives;
   * 100 to 3,600,000, default 10,000.
   */
  readonly pollMilliseconds?: number
  /** How many files are read at most; 1 to 1,000,000, default 10,000. What lies beyond is left out, and said so. */
  readonly maxFiles?: number
  /** Bytes of all files together; default 512 MiB, at most 4 GiB. A file that would exceed them is not taken over. */
  readonly maxBytes?: number
  /** Says when the content of a file that has gone expires; default the system's clock. */
  readonly clock?: () => Date
}

/** Evidence from files and folders. */
export interface FileSource extends RevocationSource {
  /** Looks at the files now; resolves when what has changed is read. Never rejects: the status says what is wrong. */
  readonly refresh: () => Promise<void>
  readonly close: () => void
}

/**
 * Reads evidence from files and folders, and reads it again when they change. When it resolves, everything was read once.
 * **Nothing is verified**: whoever can write the files decides what is known, never what is believed.
 *
 * A file that is being written, cut or malformed leaves its last good content in place; one that has gone serves until
 * its nextUpdate. Both are said by `status`. Files of a folder that cannot be read from the start are said there as well.
 *
 * @throws {DecodeError} ERR_FILE_READ where a path leads nowhere; for a path of one file whatever is wrong with it:
 *   ERR_FILE_LIMIT, ERR_INPUT_*, ERR_PEM_*, ERR_DER_*; {CertificateError} ERR_CRL_*, ERR_OCSP_*
 * @throws {ArgumentError} ERR_ARG_*
 */
export async function createFileSource(options: FileSourceOptions): Promise<FileSource> {
  const plan = readOptions(options)
  const files = new EvidenceFiles(plan)
  const folders = await files.readFirst()
  const onChange = (): void => void files.refresh()
  const watching = plan.watch === 'on' ? watchFolders(folders, plan.pollMilliseconds, onChange) : undefined
  return Object.freeze<FileSource>({
    kind: 'revocation-source',
    revision: () => files.index.revision,
    find: (query) => files.index.find(query),
    status: () => files.status(),
    refresh: async () => await files.refresh(),
    close() {
      watching?.close()
    },
  })
}

interface FilePlan {
  readonly paths: readonly string[]
  readonly watch: 'on' | 'off'
  readonly pollMilliseconds: number
  readonly maxFiles: number
  readonly maxBytes: number
  readonly clock: () => Date
}

const OPTION_KEYS = ['paths', 'watch', 'pollMilliseconds', 'maxFiles', 'maxBytes', 'clock'] as const

function readOptions(options: FileSourceOptions): FilePlan {
  checkOptionKeys('createFileSource options', options, OPTION_KEYS)
  const { paths, watch, pollMilliseconds, maxFiles, maxBytes, clock = () => new Date() } = options
  const list: readonly unknown[] = typeof paths === 'string' ? [paths] : paths
  if (!Array.isArray(list) || list.length === 0) {
    const expected = 'a path, or several in an array'
    throw createError('ERR_ARG_VALUE', { argument: 'paths', expected, found: kindOf(paths) })
  }
  if (typeof clock !== 'function') {
    throw createError('ERR_ARG_TYPE', { argument: 'clock', expected: 'a function', found: kindOf(clock) })
  }
  return {
    paths: list.map((path: unknown) => {
      checkPath('paths', path)
      return path
    }),
    watch: choice('watch', watch, ['on', 'off']),
    pollMilliseconds: wholeNumber('pollMilliseconds', pollMilliseconds, {
      default: 10_000,
      minimum: 100,
      maximum: 3_600_000,
    }),
    maxFiles: wholeNumber('maxFiles', maxFiles, { default: 10_000, minimum: 1, maximum: 1_000_000 }),
    maxBytes: wholeNumber('maxBytes', maxBytes, {
      default: 536_870_912,
      minimum: 1,
      maximum: 4_294_967_296,
    }),
    clock,
  }
}

// What is known of one file. Its content is of the last time that it was good.
interface FileState {
  /** The mark of the version that was last looked at, good or not; undefined: look again. */
  mark?: string
  digest?: string
  bytes: number
  pieces: readonly HeldEvidence[]
  updatedAt?: Date
  lastError?: string
}

class EvidenceFiles {
  readonly index = new EvidenceIndex()
  readonly #plan: FilePlan
  readonly #states = new Map<string, FileState>()
  /** What is wrong with whole paths. */
  readonly #problems = new Map<string, string>()
  #bytes = 0
  #looking: Promise<void> | undefined
  #isAgainDue = false

  constructor(plan: FilePlan) {
    this.#plan = plan
  }

  /** Reads everything; what is wrong with a path that was named is thrown. @returns the folders in which changes show */
  async readFirst(): Promise<readonly string[]> {
    const folders: string[] = []
    for (const path of this.#plan.paths) {
      const { kind, files } = await listFiles(path)
      // A file is seen to be replaced in the folder where it lies.
      folders.push(kind === 'folder' ? path : dirname(path))
      for (const file of files.slice(0, this.#plan.maxFiles - this.#states.size)) {
        const error = await this.#read(file)
        if (kind === 'file' && error !== undefined) throw isPkiError(error) ? withSource(error, path) : error
      }
    }
    await this.refresh()
    return folders
  }

  /** Looks at all files once; a look that is asked for meanwhile comes after it. */
  async refresh(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#isAgainDue = true
      return await this.#looking
    }
    this.#looking = this.#lookUntilDone()
    await this.#looking
  }

  status(): readonly SourceStatus[] {
    const statuses: SourceStatus[] = []
    for (const [path, lastError] of this.#problems) {
      if (this.#states.has(path)) continue
      statuses.push({ from: escapeText(path), kind: 'file', state: 'failing', lastError, size: 0 })
    }
    for (const [path, state] of this.#states) statuses.push(statusOf(path, state))
    return statuses
  }

  async #lookUntilDone(): Promise<void> {
    try {
      do {
        this.#isAgainDue = false
        await this.#look()
      } while (this.#isAgainDue)
    } finally {
      this.#looking = undefined
    }
  }

  async #look(): Promise<void> {
    const found = new Map<string, FoundFile>()
    this.#problems.clear()
    for (const path of this.#plan.paths) {
      try {
        for (const file of (await listFiles(path)).files) found.set(file.path, file)
      } catch (error) {
        this.#problems.set(path, messageOf(error))
      }
    }
    const { maxFiles, paths } = this.#plan
    if (found.size > maxFiles) {
      const where = paths.length === 1 ? (paths[0] ?? '') : 'all paths'
      this.#problems.set(where, `${found.size} files, of which ${maxFiles} are read`)
    }
    for (const path of [...this.#states.keys()]) if (!found.has(path)) this.#letGo(path)
    for (const file of [...found.values()].slice(0, maxFiles)) {
      await this.#read(file)
    }
  }

  /** Takes a file over if it has changed. @returns what is wrong with it */
  async #read(file: FoundFile): Promise<unknown> {
    const state: FileState = this.#states.get(file.path) ?? { bytes: 0, pieces: [] }
    if (state.mark === file.mark.text) return undefined
    this.#states.set(file.path, state)
    try {
      const { bytes, mark } = await readWhole(file.path, this.#plan.maxBytes - (this.#bytes - state.bytes))
      const digest = (await digestOf(bytes)).toString('hex')
      if (digest !== state.digest) {
        const pieces = await readEvidence(bytes, escapeText(file.path))
        this.index.put(file.path, pieces)
        this.#bytes += bytes.length - state.bytes
        Object.assign(state, { digest, pieces, bytes: bytes.length, updatedAt: this.#plan.clock() })
      }
      setMark(state, mark.isFresh ? undefined : mark.text)
      delete state.lastError
      return undefined
    } catch (error) {
      // Looked at again when it changes, or at the next look where another change may bear the same mark.
      setMark(state, file.mark.isFresh || isReadError(error) ? undefined : file.mark.text)
      state.lastError = messageOf(error)
      return error
    }
  }

  // Good until its nextUpdate, however it went: a file that vanishes must not make a revoked certificate unknown.
  #letGo(path: string): void {
    const state = this.#states.get(path)
    if (state === undefined) return
    const now = this.#plan.clock().getTime()
    const kept = state.pieces.filter((piece) => (nextUpdateOf(piece) ?? Number.POSITIVE_INFINITY) >= now)
    if (kept.length === 0) {
      this.#states.delete(path)
      this.#bytes -= state.bytes
      this.index.put(path, [])
      return
    }
    if (kept.length < state.pieces.length) {
      state.pieces = kept
      this.index.put(path, kept)
    }
    setMark(state, undefined)
    delete state.digest
    state.lastError = 'no such file; what it held serves until its nextUpdate'
  }
}

function setMark(state: FileState, mark: string | undefined): void {
  if (mark === undefined) delete state.mark
  else state.mark = mark
}

function isReadError(error: unknown): boolean {
  return !isPkiError(error) || error.code === 'ERR_FILE_READ'
}

function statusOf(path: string, { pieces, updatedAt, lastError }: FileState): SourceStatus {
  const [only] = pieces
  const isOneList = pieces.length === 1 && only?.kind === 'crl'
  return {
    from: escapeText(path),
    kind: 'file',
    state: lastError === undefined ? 'ok' : 'failing',
    ...(updatedAt && { updatedAt: new Date(updatedAt) }),
    ...timesOf(pieces),
    ...(lastError !== undefined && { lastError }),
    size: isOneList ? only.crl.size : pieces.length,
  }
}
