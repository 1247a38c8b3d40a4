// Server: the state in SQLite (node:sqlite), for one process. The database is at work in a thread of its own, so that
// the disk keeps no request waiting that does not need it.

import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Log } from '../service.ts'
import type { ServiceError } from '../service-error.ts'
import { backupDatabase } from './backup.ts'
import { checkCursor, checkLimit, checkUnit, wholeSeconds } from './check-unit.ts'
import type { Block, Stores } from './contract.ts'
import { makeFolder, stateFiles } from './files.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import type { WorkerStart } from './messages.ts'
import { asServiceError, randomName } from './service-fault.ts'
import { StoreLink } from './store-link.ts'

/** How the stores are opened. */
export interface SqliteStoresOptions {
  /** State folder; made with mode 0700 where there is none. On a disk of this machine: not on a network file system. */
  readonly folder: string
  readonly clock: () => Date
  /** Units that may be unanswered at a time; one more is answered ERR_SERVICE_OVERLOADED. */
  readonly maxQueue: number
  /** Days for which a grant is kept after it has expired. */
  readonly grantRetentionDays: number
  readonly log: Log
  /** Called when the store begins to fail. */
  readonly onFault?: (error: ServiceError) => void
  /**
   * The largest futureToleranceSeconds of the verifiers whose uses are kept here; default 5, which is theirs. A new
   * database refuses tokens that say they were signed before it began, or this much later.
   */
  readonly futureToleranceSeconds?: number
  /** Milliseconds to wait for another connection that holds the database; default 1,000. */
  readonly busyTimeoutMilliseconds?: number
  /** Milliseconds after which a disk that does not answer makes health failing; default 5,000. */
  readonly stallMilliseconds?: number
  /** Largest size of the database in pages of 4,096 bytes; default none but the disk's. */
  readonly maxPages?: number
  /** Random bytes; default the system's. They name the run and a new database, and guard nothing. */
  readonly random?: (length: number) => Uint8Array
  /** The worker's file; tests have others. */
  readonly worker?: URL
}

/** LIMIT: chunks of 2,000 that one call of prune removes. */
const MAX_PRUNE_CHUNKS = 50
const SECONDS_OF_A_DAY = 86_400
/** LIMIT: signed checkpoints that are handed out at once: the newest. */
const MAX_CHECKPOINTS = 10_000

/**
 * The state folder is this process's, its database is open and of today's version, and the audit chain's run is new.
 *
 * **A new database has an epoch**: for up to a second, and `futureToleranceSeconds` more, it refuses one-time tokens,
 * since they may have been used with a database that was lost.
 *
 * @throws {ServiceError} ERR_SERVICE_STORE_IN_USE, ERR_SERVICE_STORE_VERSION, ERR_SERVICE_STORE
 */
export async function openSqliteStores(options: SqliteStoresOptions): Promise<Stores> {
  const files = stateFiles(resolve(options.folder))
  const lock = takeFolder(files.folder)
  const link = linkOf(options, files.folder)
  try {
    await link.start()
  } catch (error) {
    lock.release()
    throw error
  }
  return storesOf(options, files.database, link, lock)
}

function takeFolder(folder: string): FolderLock {
  try {
    makeFolder(folder)
    return lockFolder(stateFiles(folder))
  } catch (error) {
    throw asServiceError(error)
  }
}

function linkOf(options: SqliteStoresOptions, folder: string): StoreLink {
  const { clock, log, onFault, maxPages, random } = options
  const url = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
  const file = options.worker ?? new URL(url, import.meta.url)
  const start: WorkerStart = {
    folder,
    run: randomName(random),
    newInstance: randomName(random),
    now: clock().getTime(),
    futureToleranceSeconds: options.futureToleranceSeconds ?? 5,
    busyTimeoutMilliseconds: options.busyTimeoutMilliseconds ?? 1_000,
    ...(maxPages === undefined ? {} : { maxPages }),
  }
  return new StoreLink({
    // No environment: nothing in it is the worker's business.
    startWorker: (instance) =>
      new Worker(file, {
        name: 'store',
        env: {},
        workerData: { ...start, ...(instance === undefined ? {} : { instance }) },
      }),
    now: () => Math.floor(clock().getTime() / 1000),
    maxQueue: options.maxQueue,
    stallMilliseconds: options.stallMilliseconds ?? 5_000,
    onHealth: (error) => {
      if (error === undefined) return log.info({}, 'the store writes again')
      log.error({ code: error.code, details: error.details, reason: error.message }, 'the store fails')
      onFault?.(error)
    },
  })
}

function storesOf(
  { grantRetentionDays }: SqliteStoresOptions,
  database: string,
  link: StoreLink,
  lock: FolderLock,
): Stores {
  const write = async <T>(done: Promise<T>): Promise<T> => {
    const result = await done
    link.wrote()
    return result
  }
  const blocks = keepBlocks(() => link.ask('blocks', null))
  let closed: Promise<void> | undefined
  return {
    grants: {
      find: (id) => link.ask('findGrant', id),
      list: async (selector, { limit, before, active, now }) => {
        checkLimit(limit, 1_000)
        checkCursor(before)
        const page = { limit, now: wholeSeconds(now), ...(before === undefined ? {} : { before }) }
        return await link.ask('listGrants', {
          ...page,
          ...(selector === undefined ? {} : { selector }),
          ...(active === undefined ? {} : { active }),
        })
      },
      blocks: blocks.read,
    },
    policies: {
      current: () => link.ask('currentPolicy', null),
      find: (version) => link.ask('findPolicy', version),
      list: async (page) => {
        checkLimit(page.limit, 1_000)
        checkCursor(page.before)
        return await link.ask('listPolicies', page)
      },
    },
    keys: {
      list: () => link.ask('listKeys', null),
      prune: async (now) => await write(link.ask('pruneKeys', wholeSeconds(now))),
    },
    audit: {
      tail: async (options) => {
        checkLimit(options.limit, 1_000)
        checkCursor(options.before)
        return await link.ask('auditTail', options)
      },
      read: async (options) => {
        checkLimit(options.limit, 10_000)
        return await link.ask('auditRead', options)
      },
      head: () => link.ask('auditHead', null),
      addCheckpoint: (signed) => write(link.ask('addCheckpoint', signed)),
      checkpoints: () => link.ask('checkpoints', MAX_CHECKPOINTS),
    },
    commit: async (unit) => {
      checkUnit(unit)
      if (unit.block === undefined && unit.unblock === undefined) return await link.commit(unit)
      try {
        return await link.commit(unit)
      } finally {
        // Also where it failed: what became of it may be unknown.
        blocks.forget()
      }
    },
    clockMark: () => link.ask('clockMark', null),
    moveClock: async (now) => await write(link.ask('moveClock', wholeSeconds(now))),
    prune: async (now) => {
      const usesBefore = wholeSeconds(now)
      const grantsBefore = usesBefore - grantRetentionDays * SECONDS_OF_A_DAY
      for (let chunk = 0; chunk < MAX_PRUNE_CHUNKS; chunk += 1) {
        if (!(await write(link.ask('prune', { usesBefore, grantsBefore })))) return
      }
    },
    health: () => link.health(),
    probe: () => write(link.ask('probe', null)),
    backup: async (file) => {
      try {
        await backupDatabase(database, resolve(file))
      } catch (error) {
        throw asServiceError(error)
      }
    },
    close: () => {
      closed ??= link.close().finally(() => lock.release())
      return closed
    },
  }
}

/**
 * Blocks, kept from one reading until one of them may have changed. INVARIANT: nobody but this process writes to the
 * database, and it changes blocks by units of work alone; a reading that began before such a unit was answered is not
 * given to anybody who asks after it.
 */
function keepBlocks(read: () => Promise<readonly Block[]>): {
  readonly read: () => Promise<readonly Block[]>
  readonly forget: () => void
} {
  let kept: Promise<readonly Block[]> | undefined
  return {
    async read() {
      const mine = (kept ??= read())
      try {
        return await mine
      } catch (error) {
        if (kept === mine) kept = undefined
        throw error
      }
    },
    forget() {
      kept = undefined
    },
  }
}
