// Backups while the store works, and what they are as a state again.

import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Stores } from '../../../packages/server/src/stores/contract.ts'
import { type RestoreOptions, restoreBackup } from '../../../packages/server/src/stores/restore.ts'
import { openSqliteStores } from '../../../packages/server/src/stores/sqlite-stores.ts'
import { expectChain } from './kit.ts'
import { eventOf, grantOf, keyRecordOf, NOW, useOf } from './kit-values.ts'
import { optionsFor, temporaryFolder } from './support.ts'

describe('a backup', () => {
  let base: string
  let folder: string
  let backup: string
  let now: number
  const open = new Set<Stores>()
  beforeEach(() => {
    base = temporaryFolder()
    folder = join(base, 'state')
    backup = join(base, 'backup.sqlite')
    now = NOW - 100
  })
  afterEach(async () => {
    await Promise.all([...open].map((stores) => stores.close()))
    open.clear()
    rmSync(base, { recursive: true, force: true })
  })

  async function openHere(at: string = folder): Promise<Stores> {
    const clock = (): Date => new Date(now * 1000)
    const stores = await openSqliteStores(optionsFor(at, { clock, maxQueue: 10_000 }))
    open.add(stores)
    return stores
  }

  // A store with something in it, its backup, and something thereafter.
  async function makeBackup(): Promise<void> {
    const stores = await openHere()
    await stores.commit({ uses: [useOf(1)], grant: grantOf('before'), audit: [eventOf('token.issued', 'a')] })
    await stores.commit({ keys: [keyRecordOf('k')], audit: [] })
    await stores.backup(backup)
    await stores.commit({ uses: [useOf(2)], grant: grantOf('after'), audit: [eventOf('token.issued', 'b')] })
    await stores.close()
    now = NOW + 100
  }

  const restoreTo = (to: string, more: Partial<RestoreOptions> = {}) =>
    restoreBackup({ from: backup, folder: to, now: new Date(now * 1000), ...more })
  const use = (stores: Stores, number: number, issuedAt: number) =>
    stores.commit({ uses: [useOf(number, { issuedAt, keepUntil: NOW + 1_000 })], audit: [] })

  test('is one durable file of mode 0600 with all that was committed', async () => {
    await makeBackup()
    expect(statSync(backup).mode & 0o777).toBe(0o600)
    expect(readdirSync(base).sort()).toEqual(['backup.sqlite', 'state'])
    const database = new DatabaseSync(backup, { readOnly: true })
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    expect(database.prepare('SELECT id FROM grants').all()).toEqual([{ id: 'before' }])
    database.close()
  })

  test('refuses a file that is there, and leaves it alone', async () => {
    const stores = await openHere()
    writeFileSync(backup, 'mine')
    await expect(stores.backup(backup)).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
    expect(readFileSync(backup, 'utf8')).toBe('mine')
    expect(stores.health().state).toBe('ok')
    await expect(stores.backup(join(base, 'none', 'backup'))).rejects.toMatchObject({
      code: 'ERR_SERVICE_STORE',
    })
  })

  test('is one instant of a store at work: a grant, its use and its record, or none of them', async () => {
    const stores = await openHere()
    let running = true
    let count = 0
    const work = async (): Promise<void> => {
      while (running) {
        const id = count++
        await stores.commit({
          uses: [useOf(id)],
          grant: grantOf(`g${id}`),
          audit: [eventOf('token.issued', `g${id}`)],
        })
      }
    }
    const workers = Array.from({ length: 8 }, work)
    for (let round = 0; round < 5; round += 1) await stores.backup(`${backup}${round}`)
    running = false
    await Promise.all(workers)
    for (let round = 0; round < 5; round += 1) {
      const database = new DatabaseSync(`${backup}${round}`, { readOnly: true })
      const number = (sql: string) => Number(database.prepare(sql).get()?.['n'])
      const grants = number('SELECT count(*) AS n FROM grants')
      expect(number('SELECT count(*) AS n FROM uses')).toBe(grants)
      expect(number('SELECT count(*) AS n FROM audit')).toBe(grants)
      expect(number('SELECT coalesce(max(position), 0) AS n FROM audit')).toBe(grants)
      database.close()
    }
  })

  test('restored, it is the state of then; nothing from before the restore counts as unused', async () => {
    await makeBackup()
    const restored = join(base, 'restored')
    const result = restoreTo(restored)
    expect(result).toEqual({ database: join(restored, 'state.sqlite'), version: 1, epoch: NOW + 106 })
    expect(statSync(restored).mode & 0o777).toBe(0o700)
    expect(statSync(result.database).mode & 0o777).toBe(0o600)
    const stores = await openHere(restored)
    expect(await stores.grants.find('before')).toEqual(grantOf('before'))
    expect(await stores.grants.find('after')).toBeUndefined()
    expect(await stores.keys.list()).toEqual([keyRecordOf('k')])
    expect(await stores.clockMark()).toBe(NOW + 100)
    // Used after the backup, which nobody knows any more.
    expect(await use(stores, 2, NOW)).toEqual({ outcome: 'before-epoch', index: 0, epoch: NOW + 106 })
    expect(await use(stores, 3, NOW + 105)).toMatchObject({ outcome: 'before-epoch' })
    expect(await use(stores, 3, NOW + 106)).toMatchObject({ outcome: 'committed' })
    await stores.commit({ audit: [eventOf('service.started', 's')] })
    expectChain(await stores.audit.read({ after: 0, limit: 10 }))
  })

  test('a clock behind what the backup has seen does not move the epoch back', async () => {
    await makeBackup()
    const moved = new DatabaseSync(backup)
    moved.exec(`UPDATE state SET clock = ${NOW + 5_000}`)
    moved.close()
    expect(restoreTo(join(base, 'restored'), { now: new Date(0) }).epoch).toBe(NOW + 5_006)
  })

  test('is not put in the place of a database without force; with it the old one is kept, whole', async () => {
    await makeBackup()
    expect(() => restoreTo(folder)).toThrow('force')
    const result = restoreTo(folder, { force: true })
    const kept = result.kept ?? ''
    expect(kept).toMatch(/state\.sqlite\.\d{8}T\d{6}Z$/u)
    const old = new DatabaseSync(kept, { readOnly: true })
    expect(old.prepare('SELECT count(*) AS n FROM grants').get()).toEqual({ n: 2 })
    old.close()
    expect(restoreTo(folder, { force: true }).kept).toBe(`${kept}.2`)
    const stores = await openHere()
    expect(await stores.grants.find('after')).toBeUndefined()
    await stores.close()
    // And back again.
    restoreTo(folder, { from: kept, force: true })
    expect(await (await openHere()).grants.find('after')).toBeDefined()
  })

  test('the log of a database that was killed is not played into the backup, and goes with the old one', async () => {
    await makeBackup()
    const stores = await openHere()
    await stores.commit({ grant: grantOf('late'), audit: [] })
    const copy = join(base, 'killed')
    const files = ['state.sqlite', 'state.sqlite-wal']
    const { makeFolder } = await import('../../../packages/server/src/stores/files.ts')
    makeFolder(copy)
    for (const name of files) copyFileSync(join(folder, name), join(copy, name))
    await stores.close()
    const { kept = '' } = restoreTo(copy, { force: true })
    const old = new DatabaseSync(kept)
    expect(old.prepare("SELECT count(*) AS n FROM grants WHERE id = 'late'").get()).toEqual({ n: 1 })
    old.close()
    const restored = await openHere(copy)
    expect(await restored.grants.find('late')).toBeUndefined()
    expect(await restored.grants.find('before')).toBeDefined()
  })

  test('a damaged database that is there is kept as it is', async () => {
    await makeBackup()
    const file = join(folder, 'state.sqlite')
    writeFileSync(file, 'x'.repeat(8_192))
    const { kept = '' } = restoreTo(folder, { force: true })
    expect(readFileSync(kept, 'utf8')).toBe('x'.repeat(8_192))
    expect(await (await openHere()).grants.find('before')).toBeDefined()
  })

  test('is refused while a process holds the folder', async () => {
    await makeBackup()
    const stores = await openHere()
    expect(() => restoreTo(folder, { force: true })).toThrow(
      expect.objectContaining({ code: 'ERR_SERVICE_STORE_IN_USE' }),
    )
    expect(await use(stores, 2, NOW)).toMatchObject({ outcome: 'used' })
  })

  test.each<[string, (file: string) => void, string]>([
    ['that is missing', (file) => rmSync(file), 'ERR_SERVICE_STORE'],
    ['that is empty', (file) => writeFileSync(file, ''), 'ERR_SERVICE_STORE'],
    ['that is no database', (file) => writeFileSync(file, 'x'.repeat(5_000)), 'ERR_SERVICE_STORE'],
    [
      'that was cut',
      (file) => writeFileSync(file, readFileSync(file).subarray(0, -4_096)),
      'ERR_SERVICE_STORE',
    ],
    ['with a page overwritten', (file) => overwrite(file, 5), 'ERR_SERVICE_STORE'],
    ['of somebody else', (file) => change(file, 'PRAGMA application_id = 7'), 'ERR_SERVICE_STORE'],
    ['of a newer service', (file) => change(file, 'PRAGMA user_version = 99'), 'ERR_SERVICE_STORE_VERSION'],
    ['that has a log beside it', (file) => writeFileSync(`${file}-wal`, ''), 'ERR_SERVICE_STORE'],
  ])('one %s is refused, and the folder stays as it was', async (_, damage, code) => {
    await makeBackup()
    damage(backup)
    const before = readFileSync(join(folder, 'state.sqlite'))
    expect(() => restoreTo(folder, { force: true })).toThrow(expect.objectContaining({ code }))
    expect(readFileSync(join(folder, 'state.sqlite'))).toEqual(before)
    expect(readdirSync(folder).sort()).toEqual(['lock.sqlite', 'state.sqlite'])
    expect(await use(await openHere(), 2, NOW)).toMatchObject({ outcome: 'used' })
  })

  test('a restore that was interrupted keeps the service from starting, and is made by the next one', async () => {
    await makeBackup()
    const file = join(folder, 'state.sqlite')
    renameSync(file, `${file}.20260101T000000Z`)
    writeFileSync(`${file}.restoring`, 'half')
    writeFileSync(`${file}-wal`, 'a log of the other one')
    await expect(openHere()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
    expect(() => restoreTo(folder, { from: join(base, 'none') })).toThrow('no such file')
    await expect(openHere()).rejects.toThrow('interrupted')
    expect(existsSync(file)).toBe(false)
    restoreTo(folder)
    expect(existsSync(`${file}-wal`)).toBe(false)
    expect(await (await openHere()).grants.find('before')).toBeDefined()
  })
})

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

function overwrite(file: string, page: number): void {
  const bytes = readFileSync(file)
  bytes.fill(0xff, page * 4_096, (page + 1) * 4_096)
  writeFileSync(file, bytes)
}
