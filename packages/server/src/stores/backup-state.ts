// Server: a backup by name of the state folder, for the command: from another process than the service, which may run.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { backupDatabase } from './backup.ts'
import { stateFiles } from './files.ts'
import { asServiceError } from './service-fault.ts'
import { storeFault } from './store-fault.ts'

/**
 * The file holds a consistent copy of the folder's state, durable, of mode 0600. It is as secret as the folder.
 *
 * **Not written: an audit record**, which only the process that holds the folder can write.
 *
 * @throws {ServiceError} ERR_SERVICE_STORE where the file exists, the folder has no state, or it cannot be read
 */
export async function backupState(options: {
  readonly folder: string
  readonly file: string
}): Promise<void> {
  try {
    const { database, folder } = stateFiles(resolve(options.folder))
    if (!existsSync(database)) throw storeFault('ERR_SERVICE_STORE', 'the folder has no state', { folder })
    await backupDatabase(database, resolve(options.file))
  } catch (error) {
    throw asServiceError(error)
  }
}
