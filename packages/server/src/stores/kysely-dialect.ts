// Server: Kysely over node:sqlite. The queries that are made with it are single statements that answer at once; units of
// work do not go this way. Runs in the worker thread.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'

/** A query builder on an open database, which stays the caller's: never `destroy` the builder. */
export function queryBuilder<Tables>(database: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: { prepare: (sql) => adapt(database.prepare(sql)), close: () => {} },
    }),
  })
}

// Kysely speaks to the statements of better-sqlite3: parameters as one list, and whether rows come back.
function adapt(statement: StatementSync): {
  readonly reader: boolean
  readonly all: (parameters: readonly unknown[]) => unknown[]
  readonly run: (parameters: readonly unknown[]) => ReturnType<StatementSync['run']>
  readonly iterate: (parameters: readonly unknown[]) => IterableIterator<unknown>
} {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toInput)),
    run: (parameters) => statement.run(...parameters.map(toInput)),
    iterate: (parameters) => statement.iterate(...parameters.map(toInput)),
  }
}

function toInput(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  throw new TypeError('a parameter of a query is nothing that SQLite holds')
}
