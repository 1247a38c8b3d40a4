// Layer: node. One file of evidence, read whole or not at all: a file that changes while it is read is no file yet.

import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createError, isPkiError } from '../../errors/errors.ts'
import { fileProblemOf } from '../files.ts'

/** The bytes of a file and what tells its next version from this one. */
export interface FileContent {
  readonly bytes: Uint8Array
  readonly mark: FileMark
}

/** What changes when a file does. */
export interface FileMark {
  readonly text: string
  /** Written so shortly ago that a second change might bear the same mark. */
  readonly isFresh: boolean
}

/** A file that was found, and its mark. */
export interface FoundFile {
  readonly path: string
  readonly size: number
  readonly mark: FileMark
}

// LIMIT: the coarsest times of change that file systems in use keep, FAT's.
const COARSEST_MILLISECONDS = 2_000n
const MILLION = 1_000_000n

const EXTENSIONS = ['.crl', '.pem', '.der', '.ocsp']

/**
 * The regular files of a path: itself, or those of the folder with a fitting ending, in order. Links are followed.
 *
 * @throws {DecodeError} ERR_FILE_READ
 */
export async function listFiles(path: string): Promise<{ kind: 'file' | 'folder'; files: FoundFile[] }> {
  try {
    const found = await stat(path, { bigint: true })
    if (found.isFile()) return { kind: 'file', files: [toFound(path, found)] }
    // A pipe would be waited for, a device has no end.
    if (!found.isDirectory())
      throw createError('ERR_FILE_READ', { path, problem: 'neither a file nor a folder' })
    const names = (await readdir(path)).filter((name) => EXTENSIONS.some((ending) => name.endsWith(ending)))
    const files: FoundFile[] = []
    for (const name of names.sort()) {
      const file = await statFile(join(path, name))
      if (file !== undefined) files.push(file)
    }
    return { kind: 'folder', files }
  } catch (cause) {
    throw readError(path, cause)
  }
}

// A name that has gone meanwhile, or a link that leads nowhere, is no file.
async function statFile(path: string): Promise<FoundFile | undefined> {
  try {
    const found = await stat(path, { bigint: true })
    return found.isFile() ? toFound(path, found) : undefined
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  }
}

/**
 * Reads a file of at most so many bytes.
 *
 * @throws {DecodeError} ERR_FILE_READ, also where it changed meanwhile; ERR_FILE_LIMIT
 */
export async function readWhole(path: string, maximum: number): Promise<FileContent> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const before = await file.stat({ bigint: true })
    if (before.size > BigInt(maximum)) throw createError('ERR_FILE_LIMIT', { path, maximum })
    const bytes = new Uint8Array(Number(before.size))
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    const mark = markOf(await file.stat({ bigint: true }))
    if (length < bytes.length || mark.text !== markOf(before).text) {
      throw createError('ERR_FILE_READ', { path, problem: 'changed while it was read' })
    }
    return { bytes, mark }
  } catch (cause) {
    throw readError(path, cause)
  } finally {
    await file?.close()
  }
}

function readError(path: string, cause: unknown): Error {
  if (isPkiError(cause)) return cause
  return createError('ERR_FILE_READ', { path, problem: fileProblemOf(cause) }, { cause })
}

function toFound(path: string, stats: BigIntStats): FoundFile {
  return { path, size: Number(stats.size), mark: markOf(stats) }
}

function markOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileMark {
  const age = BigInt(Date.now()) - mtimeNs / MILLION
  return {
    text: [dev, ino, size, mtimeNs, ctimeNs].join(':'),
    isFresh: age < COARSEST_MILLISECONDS,
  }
}
