// Server: opens the database of a state folder with all that makes it safe: written through to the disk at each commit
// (WAL with synchronous=FULL), and never made anew under a service that runs.

import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { foldSubject } from './blocks.ts'
import { existing, makeFile, type StateFiles, stateFiles, syncPath } from './files.ts'
import { type Migration, migrate } from './migrations.ts'
import { StoreFault, storeFault } from './store-fault.ts'

/** How to open. */
export interface DatabaseOptions {
  readonly folder: string
  /** Which database it was before: then no other one is taken, and none is made. */
  readonly instance?: string
  /** The name of a database that is made now: something random. */
  readonly newInstance: string
  /** Milliseconds since 1970 UTC; the epoch of a database that is made now. */
  readonly now: number
  /** Seconds by which a token may be signed ahead of our clock and be accepted all the same. */
  readonly futureToleranceSeconds: number
  /** Milliseconds to wait for another connection that writes. */
  readonly busyTimeoutMilliseconds: number
  /** Largest size of the file in pages of 4,096 bytes. */
  readonly maxPages?: number
}

/** An open database. */
export interface OpenDatabase {
  readonly database: DatabaseSync
  readonly instance: string
  /** @throws {StoreFault} where the files are not those that were opened: what is written now would be lost */
  readonly checkPlace: () => void
}

/**
 * Opens, or makes, the database, and brings it to today's version. The folder's lock is the caller's.
 *
 * @throws {StoreFault}
 */
export function openDatabase(options: DatabaseOptions, steps: readonly Migration[]): OpenDatabase {
  const files = stateFiles(options.folder)
  if (existsSync(files.restoring)) {
    throw storeFault('ERR_SERVICE_STORE', 'a restore was interrupted: run it again', {
      file: files.restoring,
    })
  }
  if (options.instance === undefined && makeFile(files.database)) syncPath(files.folder)
  const database = new DatabaseSync(existing(files.database, 'rw'), {
    timeout: options.busyTimeoutMilliseconds,
  })
  try {
    configure(database, options.maxPages)
    migrate(database, steps, () => fill(database, options))
    const instance = instanceOf(database)
    if (options.instance !== undefined && instance !== options.instance) {
      throw storeFault('ERR_SERVICE_STORE', 'the database was replaced while the service runs')
    }
    // A write, so that the log of the database exists and its place can be watched.
    database.exec('UPDATE state SET probes = probes + 1')
    return { database, instance, checkPlace: watchPlace(files) }
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * The epoch of a memory that begins at an instant: uses of tokens that say an earlier time are refused as undecided.
 *
 * A token that says the same second may have been signed, and used, before; so may one that was signed by a clock ahead
 * of ours. So it is the next whole second, later by the tolerance: a new database refuses for that long.
 */
export function epochOf(now: number, futureToleranceSeconds: number): number {
  return Math.floor(now / 1000) + 1 + Math.ceil(futureToleranceSeconds)
}

function configure(database: DatabaseSync, maxPages: number | undefined): void {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
  `)
  database.function('fold_subject', { deterministic: true }, (subject) => foldSubject(String(subject)))
  if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${Math.trunc(maxPages)}`)
}

function fill(database: DatabaseSync, options: DatabaseOptions): void {
  const { newInstance, now, futureToleranceSeconds } = options
  database
    .prepare('INSERT INTO state (id, instance, epoch, forgotten, clock, probes) VALUES (1, ?, ?, 0, ?, 0)')
    .run(newInstance, epochOf(now, futureToleranceSeconds), Math.floor(now / 1000))
}

function instanceOf(database: DatabaseSync): string {
  const instance = database.prepare('SELECT instance FROM state').get()?.['instance']
  if (typeof instance === 'string') return instance
  throw storeFault('ERR_SERVICE_STORE', 'the database has lost its state')
}

// SQLite writes on into files that were removed or replaced, and says that all is well.
function watchPlace({ database }: StateFiles): () => void {
  const places = [database, `${database}-wal`].map((file) => ({ file, node: nodeOf(file) }))
  return () => {
    for (const { file, node } of places) {
      if (node !== undefined && nodeOf(file) === node) continue
      const message = 'the file is not the one that was opened: it was removed or replaced'
      throw new StoreFault({ code: 'ERR_SERVICE_STORE', message, details: { file } }, true)
    }
  }
}

function nodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino
}
