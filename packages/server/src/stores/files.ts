// Server: the files of a state folder, and how they come to be: the folder 0700, each file 0600, the names durable.

import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { storeFault } from './store-fault.ts'

/** Where everything lies. */
export interface StateFiles {
  readonly folder: string
  readonly database: string
  /** Held for as long as a process uses the folder. */
  readonly lock: string
  /** A restore in the making; where it is still there, one was interrupted. */
  readonly restoring: string
}

export function stateFiles(folder: string): StateFiles {
  return {
    folder,
    database: join(folder, 'state.sqlite'),
    lock: join(folder, 'lock.sqlite'),
    restoring: join(folder, 'state.sqlite.restoring'),
  }
}

/** Makes the folder if need be. @throws {StoreFault} ERR_SERVICE_STORE where others may look into it */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { mode } = statSync(folder)
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  const found = (mode & 0o777).toString(8).padStart(4, '0')
  throw storeFault('ERR_SERVICE_STORE', `the state folder is open to others: its mode is ${found}`, {
    expected: '0700',
    found,
  })
}

/**
 * Makes an empty file of mode 0600 where there is none.
 *
 * A file that is there is not opened, not even to look: closing any descriptor of a file gives up this process's locks
 * on it (POSIX fcntl), those of SQLite among them.
 */
export function makeFile(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', 0o600))
    return true
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false
    throw error
  }
}

/** Makes what was written to a file or folder durable. Never for a database that is open: see {@link makeFile}. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Names an existing database: with this SQLite never makes a file. */
export function existing(file: string, mode: 'ro' | 'rw'): URL {
  const url = pathToFileURL(file)
  url.searchParams.set('mode', mode)
  return url
}

export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
