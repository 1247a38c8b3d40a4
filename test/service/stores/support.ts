// A SQLite store in a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../../../packages/server/src/service.ts'
import {
  openSqliteStores,
  type SqliteStoresOptions,
} from '../../../packages/server/src/stores/sqlite-stores.ts'
import type { Subject } from './kit.ts'
import { LONG_AGO, NOW } from './kit-values.ts'

/** Says nothing. */
export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ingam-stores-'))
}

/** The usual options; the clock stands at NOW. */
export function optionsFor(folder: string, more: Partial<SqliteStoresOptions> = {}): SqliteStoresOptions {
  return {
    folder,
    clock: () => new Date(NOW * 1000),
    maxQueue: 64,
    grantRetentionDays: 1,
    log: quiet,
    ...more,
  }
}

/** Opens an empty store whose epoch lies LONG_AGO; the clock goes on to NOW. */
export async function openSubject(more: Partial<SqliteStoresOptions> = {}): Promise<Subject> {
  const folder = temporaryFolder()
  let now = LONG_AGO - 60
  const options = optionsFor(folder, { ...more, clock: () => new Date(now * 1000) })
  let stores = await openSqliteStores(options)
  now = NOW
  return {
    stores,
    setClock: (seconds) => void (now = seconds),
    reopen: async () => {
      await stores.close()
      stores = await openSqliteStores(options)
      return stores
    },
    dispose: async () => {
      await stores.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
