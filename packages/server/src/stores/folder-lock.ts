// Server: one process holds a state folder at a time. The lock is a transaction that never ends, on a file beside the
// database: the operating system takes it back from a process that was killed, and nothing is left to clean up.

import { DatabaseSync } from 'node:sqlite'
import { existing, makeFile, type StateFiles } from './files.ts'
import { databaseFaultOf, storeFault } from './store-fault.ts'

/** Held until `release`, or until the process ends. */
export interface FolderLock {
  readonly release: () => void
}

/**
 * Takes the folder for this process.
 *
 * Why not PRAGMA locking_mode on the database itself: the lock must outlive a connection that has to be opened again,
 * and a backup reads the database through a second one.
 *
 * @throws {StoreFault} ERR_SERVICE_STORE_IN_USE where a process has it, this one included
 */
export function lockFolder(files: StateFiles): FolderLock {
  makeFile(files.lock)
  const database = new DatabaseSync(existing(files.lock, 'rw'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    const fault = databaseFaultOf(error)
    if (fault?.fault.details['resultCode'] !== SQLITE_BUSY) throw error
    throw storeFault('ERR_SERVICE_STORE_IN_USE', 'another process holds the state folder', {
      folder: files.folder,
    })
  }
  return { release: () => database.close() }
}

const SQLITE_BUSY = 5
