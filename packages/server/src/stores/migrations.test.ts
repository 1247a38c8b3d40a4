import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { APPLICATION_ID, checkOwner, migrate, migrations } from './migrations.ts'

const nothing = (): void => {}
const steps = [
  'CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)',
  'ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7',
  'CREATE TABLE b (z TEXT) STRICT',
]
const version = (database: DatabaseSync): unknown =>
  database.prepare('PRAGMA user_version').get()?.['user_version']

describe('migrate', () => {
  test('makes every version from every older one, and keeps what is there', () => {
    for (let from = 0; from <= steps.length; from += 1) {
      const database = new DatabaseSync(':memory:')
      migrate(database, steps.slice(0, from), nothing)
      expect(version(database)).toBe(from)
      expect(migrate(database, steps, nothing)).toEqual({ from, to: 3 })
      expect(version(database)).toBe(3)
      expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: 7 }])
      expect(database.prepare('SELECT * FROM b').all()).toEqual([])
    }
  })

  test('fills an empty database once, within the first step', () => {
    const database = new DatabaseSync(':memory:')
    let fills = 0
    const fill = (): void => void (fills += 1)
    migrate(database, steps.slice(0, 1), fill)
    migrate(database, steps, fill)
    expect(fills).toBe(1)
  })

  test('a database that could not be filled stays empty', () => {
    const database = new DatabaseSync(':memory:')
    const fill = (): void => {
      throw new Error('no')
    }
    expect(() => migrate(database, steps, fill)).toThrow('no')
    expect(checkOwner(database)).toBe(0)
  })

  test('a step that fails leaves the version before it, and is made by the next attempt', () => {
    const database = new DatabaseSync(':memory:')
    expect(() => migrate(database, [steps[0] ?? '', 'CREATE TABLE c (x); BROKEN'], nothing)).toThrow()
    expect(version(database)).toBe(1)
    expect(database.isTransaction).toBe(false)
    expect(migrate(database, steps, nothing)).toEqual({ from: 1, to: 3 })
  })

  test('refuses a newer version and changes nothing; takes its own', () => {
    const database = new DatabaseSync(':memory:')
    migrate(database, steps, nothing)
    expect(() => migrate(database, steps.slice(0, 2), nothing)).toThrow(
      expect.objectContaining({
        fault: expect.objectContaining({
          code: 'ERR_SERVICE_STORE_VERSION',
          details: { expected: 2, found: 3 },
        }),
      }),
    )
    expect(version(database)).toBe(3)
    expect(migrate(database, steps, nothing)).toEqual({ from: 3, to: 3 })
  })

  test.each([
    ['of somebody else', 'PRAGMA application_id = 5'],
    ['with tables of somebody else', 'CREATE TABLE theirs (x)'],
    ['with a version of somebody else', 'PRAGMA user_version = 1'],
    ['marked as ours without a version', `PRAGMA application_id = ${APPLICATION_ID}`],
  ])('refuses a database %s', (_, sql) => {
    const database = new DatabaseSync(':memory:')
    database.exec(sql)
    expect(() => migrate(database, steps, nothing)).toThrow('not one of this service')
  })

  test("today's steps make today's tables", () => {
    const database = new DatabaseSync(':memory:')
    migrate(database, migrations, nothing)
    expect(checkOwner(database)).toBe(migrations.length)
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
    expect(tables.map((row) => row['name'])).toEqual([
      'audit',
      'blocks',
      'checkpoints',
      'grants',
      'keys',
      'policies',
      'state',
      'uses',
    ])
  })
})
