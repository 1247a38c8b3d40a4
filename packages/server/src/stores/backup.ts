// Server: a copy of the database while the service runs. It is read through a connection of its own, so that units of
// work go on; the copy is the state at one instant between two transactions.

import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { existing, makeFile, syncPath } from './files.ts'
import { storeFault } from './store-fault.ts'

/**
 * The file holds a consistent copy, durable, of mode 0600. It is as secret as the state folder: private keys are in it,
 * sealed.
 *
 * @param file must not exist yet
 * @throws {StoreFault} ERR_SERVICE_STORE where it exists
 */
export async function backupDatabase(database: string, file: string): Promise<void> {
  if (!makeFile(file))
    throw storeFault('ERR_SERVICE_STORE', 'the file of the backup exists already', { file })
  try {
    const source = new DatabaseSync(existing(database, 'ro'), { readOnly: true })
    try {
      // All pages in one step: between two steps a commit would make it begin anew.
      await backup(source, file, { rate: ALL_PAGES })
    } finally {
      source.close()
    }
    const copy = new DatabaseSync(existing(file, 'rw'))
    try {
      // One file, which can be looked at without a second one being made beside it.
      copy.exec('PRAGMA journal_mode = DELETE')
    } finally {
      copy.close()
    }
    syncPath(file)
    syncPath(dirname(file))
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  }
}

const ALL_PAGES = 2 ** 31 - 1
