// CLI: writing new folders of certificates and keys. A folder appears whole or not at all, nothing that exists is
// overwritten, and private keys can be read by their owner alone.

import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
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

/** Writes the files to a new folder (0700): first aside, then renamed, so that a half-written one is never seen. */
export async function writeNewFolder(path: string, files: readonly NewFile[]): Promise<void> {
  const target = resolve(path)
  try {
    await mkdir(dirname(target), { recursive: true })
    const aside = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
    try {
      for (const file of files) {
        await writeFile(join(aside, file.name), file.text, { flag: 'wx', mode: file.secret ? 0o600 : 0o644 })
      }
      await rename(aside, target)
    } catch (error) {
      await rm(aside, { recursive: true, force: true })
      throw error
    }
  } catch (error) {
    const problem = systemProblem(error)
    if (problem === 'exists already' || problem === 'is not empty') throw occupied(path)
    throw problem === undefined ? error : new CommandError(3, `${path}: ${problem}`)
  }
}

function occupied(path: string): CommandError {
  return new CommandError(2, `${path}: exists already and is not empty`, [
    'name another folder with --out; nothing is ever overwritten',
  ])
}
