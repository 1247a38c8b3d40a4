// CLI: writing new folders and files of certificates and keys. A folder appears whole or not at all, nothing that exists is
// overwritten, and private keys can be read by their owner alone.

import { link, lstat, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { CommandError, systemProblem } from './failure.ts'

/** A file of a new folder. */
export interface NewFile {
  readonly name: string
  readonly text: string
  /** Readable by the owner alone (0600) instead of by everybody (0644). */
  readonly secret: boolean
}

/** Refuses a folder that has something in it, before any work is done for it. */
export async function checkNewFolder(path: string): Promise<void> {
  const names = await readdir(path).catch((error: unknown) => {
    const problem = systemProblem(error)
    if (problem === 'no such file') return []
    throw new CommandError(3, `${path}: ${problem ?? String(error)}`)
  })
  if (names.length > 0) throw occupied(path)
}

/**
 * Writes the files to a new folder (0700): first aside, then renamed, so that a half-written one is never seen. What is
 * to be done before it is seen, `before` does; where that fails, nothing is left.
 */
export async function writeNewFolder(
  path: string,
  files: readonly NewFile[],
  before?: () => Promise<void>,
): Promise<void> {
  const target = resolve(path)
  try {
    await mkdir(dirname(target), { recursive: true })
    const aside = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
    try {
      for (const file of files) {
        await writeFile(join(aside, file.name), file.text, { flag: 'wx', mode: file.secret ? 0o600 : 0o644 })
      }
      await before?.()
      await rename(aside, target)
    } catch (error) {
      await rm(aside, { recursive: true, force: true })
      throw error
    }
  } catch (error) {
    if (error instanceof CommandError) throw error
    const problem = systemProblem(error)
    if (problem === 'exists already' || problem === 'is not empty') throw occupied(path)
    throw problem === undefined ? error : new CommandError(3, `${path}: ${problem}`)
  }
}

/** Refuses a file that exists, before any work is done for it. */
export async function checkNewFile(path: string, hint: string = OTHER_FILE): Promise<void> {
  try {
    await lstat(path)
  } catch (error) {
    const problem = systemProblem(error)
    if (problem === 'no such file') return
    throw new CommandError(3, `${path}: ${problem ?? String(error)}`)
  }
  throw existing(path, hint)
}

/** Writes a new file (0644), aside first; it appears whole or not at all, and never in the place of another. */
export async function writeNewFile(path: string, text: string, before: () => Promise<void>): Promise<void> {
  const target = resolve(path)
  try {
    await mkdir(dirname(target), { recursive: true })
    const aside = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
    try {
      await writeFile(join(aside, 'new'), text, { flag: 'wx', mode: 0o644 })
      await before()
      // Unlike rename, link refuses a target that exists.
      await link(join(aside, 'new'), target)
    } finally {
      await rm(aside, { recursive: true, force: true })
    }
  } catch (error) {
    if (error instanceof CommandError) throw error
    const problem = systemProblem(error)
    if (problem === 'exists already') throw existing(path)
    throw problem === undefined ? error : new CommandError(3, `${path}: ${problem}`)
  }
}

function existing(path: string, hint: string = OTHER_FILE): CommandError {
  return new CommandError(2, `${path}: exists already`, [hint])
}

const OTHER_FILE = 'name another file with --out; nothing is ever overwritten'

function occupied(path: string): CommandError {
  return new CommandError(2, `${path}: exists already and is not empty`, [
    'name another folder with --out; nothing is ever overwritten',
  ])
}
