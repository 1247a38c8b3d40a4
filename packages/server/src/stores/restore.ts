// Server: a backup becomes the state of a folder, offline. What was used, issued and blocked since the backup is lost:
// the epoch moves to the instant of the restore, so that no one-time token of the lost time counts again.

import { chmodSync, constants, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { numberOf } from './columns.ts'
import { epochOf } from './database.ts'
import { existing, makeFile, makeFolder, type StateFiles, stateFiles, syncPath } from './files.ts'
import { lockFolder } from './folder-lock.ts'
import { checkOwner, migrations } from './migrations.ts'
import { asServiceError, randomName } from './service-fault.ts'
import { storeFault } from './store-fault.ts'

/** What is restored, and where to. */
export interface RestoreOptions {
  /** A file that {@link Stores.backup} has written. */
  readonly from: string
  /** The state folder. */
  readonly folder: string
  readonly now: Date
  /** Puts it in the place of a database that is there; that one is kept under a dated name. Default: refused. */
  readonly force?: boolean
  /** As of the stores; default 5. */
  readonly futureToleranceSeconds?: number
  /** Random bytes; default the system's. */
  readonly random?: (length: number) => Uint8Array
}

/** What was restored. */
export interface RestoreResult {
  readonly database: string
  /** Its version; the service migrates it at its next start. */
  readonly version: number
  /** One-time tokens from before are refused; seconds since 1970 UTC. */
  readonly epoch: number
  /** Where the database is that was there before. */
  readonly kept?: string
}

/**
 * The folder holds the backup's state, durable, with a new epoch. **Blocks, endings and withdrawn keys since the backup are
 * lost**: such a key signs again. Nothing here can know of them.
 *
 * @throws {ServiceError} ERR_SERVICE_STORE_IN_USE where a process holds the folder, ERR_SERVICE_STORE_VERSION where the
 *   backup is of a newer service, ERR_SERVICE_STORE where it is damaged, not ours, or a database is there already
 */
export function restoreBackup(options: RestoreOptions): RestoreResult {
  try {
    const files = stateFiles(resolve(options.folder))
    makeFolder(files.folder)
    const lock = lockFolder(files)
    try {
      return restore(options, files)
    } finally {
      lock.release()
    }
  } catch (error) {
    throw asServiceError(error)
  }
}

function restore(options: RestoreOptions, files: StateFiles): RestoreResult {
  const isThere = existsSync(files.database)
  if (isThere && options.force !== true) {
    throw storeFault('ERR_SERVICE_STORE', 'a database is there already; force puts the backup in its place', {
      file: files.database,
    })
  }
  const wasInterrupted = existsSync(files.restoring)
  let prepared: Pick<RestoreResult, 'version' | 'epoch'>
  try {
    copyPrivately(resolve(options.from), files.restoring)
    prepared = prepare(files.restoring, options)
    syncPath(files.restoring)
  } catch (error) {
    // Nothing was replaced yet: the folder is as it was. Where an earlier restore was interrupted, the database may be
    // gone: what it left keeps the service from starting with an empty one.
    if (!wasInterrupted) rmSync(files.restoring, { force: true })
    removeLog(files.restoring)
    throw error
  }
  const kept = isThere ? keepOld(files, options.now) : undefined
  removeLog(files.database)
  renameSync(files.restoring, files.database)
  syncPath(files.folder)
  return { database: files.database, ...prepared, ...(kept === undefined ? {} : { kept }) }
}

function copyPrivately(from: string, to: string): void {
  if (existsSync(`${from}-wal`)) {
    // A database in use, or one that was killed: without its log the file lacks what was committed last.
    throw storeFault('ERR_SERVICE_STORE', 'the file has a log beside it: it is a database, not a backup', {
      file: from,
    })
  }
  removeLog(to)
  makeFile(to)
  copyFileSync(from, to, constants.COPYFILE_FICLONE)
  chmodSync(to, 0o600)
}

function prepare(file: string, options: RestoreOptions): Pick<RestoreResult, 'version' | 'epoch'> {
  const { now, futureToleranceSeconds = 5, random } = options
  const database = new DatabaseSync(existing(file, 'rw'))
  try {
    database.exec('PRAGMA journal_mode = DELETE')
    const version = checkOwner(database)
    if (version === 0) throw storeFault('ERR_SERVICE_STORE', 'the file is empty: it is no backup')
    if (version > migrations.length) {
      const message = `the backup is of version ${version}; this service knows versions up to ${migrations.length}`
      throw storeFault('ERR_SERVICE_STORE_VERSION', message, { expected: migrations.length, found: version })
    }
    checkIntegrity(database)
    // Where the backup has seen a later instant than ours, it is our clock that is behind.
    const row = database
      .prepare(
        `UPDATE state SET instance = ?, clock = max(clock, ?), epoch = max(epoch, ?, clock + 1 + ?)
           RETURNING epoch`,
      )
      .get(
        randomName(random),
        Math.floor(now.getTime() / 1000),
        epochOf(now.getTime(), futureToleranceSeconds),
        Math.ceil(futureToleranceSeconds),
      )
    return { version, epoch: numberOf(row?.['epoch']) }
  } finally {
    database.close()
  }
}

function checkIntegrity(database: DatabaseSync): void {
  const found = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
  if (found === 'ok') return
  throw storeFault('ERR_SERVICE_STORE', 'the backup is damaged', {
    expected: 'ok',
    found: typeof found === 'string' ? found : 'no answer',
  })
}

function keepOld({ database }: StateFiles, now: Date): string {
  foldLog(database)
  const kept = freeName(`${database}.${now.toISOString().replaceAll(/[-:]|\.\d+/gu, '')}`)
  renameSync(database, kept)
  for (const end of ['-wal', '-shm']) {
    if (existsSync(database + end)) renameSync(database + end, kept + end)
  }
  return kept
}

function foldLog(file: string): void {
  try {
    const database = new DatabaseSync(existing(file, 'rw'))
    try {
      database.exec('PRAGMA journal_mode = DELETE')
    } finally {
      database.close()
    }
  } catch {
    // Too damaged to be opened, which may be why a backup is wanted: it is kept as it is, its log with it.
  }
}

function freeName(wanted: string): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? wanted : `${wanted}.${count}`
    if (!existsSync(name)) return name
  }
}

// Left behind where a restore was interrupted; the log of another database would be played into this one.
function removeLog(database: string): void {
  for (const end of ['-wal', '-shm', '-journal']) rmSync(database + end, { force: true })
}
