// What goes wrong at the disk, provoked for real: each fault is an error to whoever waits, changes nothing, is seen in
// health, and is over by itself.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Stores } from '../../../packages/server/src/stores/contract.ts'
import {
  openSqliteStores,
  type SqliteStoresOptions,
} from '../../../packages/server/src/stores/sqlite-stores.ts'
import { expectChain } from './kit.ts'
import { eventOf, grantOf, NOW, useOf } from './kit-values.ts'
import { optionsFor, quiet, temporaryFolder } from './support.ts'

describe('a SQLite store', () => {
  let folder: string
  let file: string
  const open = new Set<Stores>()
  beforeEach(() => {
    folder = temporaryFolder()
    file = join(folder, 'state.sqlite')
  })
  afterEach(async () => {
    await Promise.all([...open].map((stores) => stores.close()))
    open.clear()
    rmSync(folder, { recursive: true, force: true })
  })

  async function openHere(more: Partial<SqliteStoresOptions> = {}): Promise<Stores> {
    const stores = await openSqliteStores(optionsFor(folder, { futureToleranceSeconds: 0, ...more }))
    open.add(stores)
    return stores
  }

  const later = { issuedAt: NOW + 1 }
  const take = (stores: Stores, number: number, note = `${number}`) =>
    stores.commit({ uses: [useOf(number, later)], audit: [eventOf('token.issued', note)] })
  const worker = (name: string) => new URL(`./${name}-worker.ts`, import.meta.url)
  const committed = { outcome: 'committed', ended: 0 }

  async function healed<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await attempt()
      } catch (error) {
        if (tries === 100) throw error
        await sleep(20)
      }
    }
  }

  async function expectSound(stores: Stores, count: number): Promise<void> {
    const records = await stores.audit.read({ after: 0, limit: 1_000 })
    expectChain(records)
    expect(records).toHaveLength(count)
  }

  describe('that another connection locks', () => {
    test('fails, says so once, and goes on', async () => {
      const seen: string[] = []
      const note = (level: string) => (_: object, message: string) => void seen.push(`${level}: ${message}`)
      const stores = await openHere({
        busyTimeoutMilliseconds: 10,
        log: { ...quiet, info: note('info'), error: note('error') },
        onFault: (error) => void seen.push(error.code),
      })
      await take(stores, 1)
      const other = new DatabaseSync(file)
      other.exec('BEGIN EXCLUSIVE')
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await expect(take(stores, 2)).rejects.toMatchObject({
          code: 'ERR_SERVICE_STORE',
          details: { resultCode: 5 },
        })
        await expect(stores.probe()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
        await expect(stores.moveClock(NOW)).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      }
      expect(stores.health()).toMatchObject({ state: 'failing', code: 'ERR_SERVICE_STORE', units: 1 })
      expect(await stores.grants.find('a')).toBeUndefined()
      other.exec('COMMIT')
      other.close()
      expect(await take(stores, 2)).toEqual(committed)
      expect(await take(stores, 2)).toMatchObject({ outcome: 'used' })
      expect(stores.health()).toMatchObject({ state: 'ok', queued: 0 })
      await expectSound(stores, 2)
      expect(seen).toEqual(['error: the store fails', 'ERR_SERVICE_STORE', 'info: the store writes again'])
    })

    test('heals by a probe alone', async () => {
      const stores = await openHere({ busyTimeoutMilliseconds: 10 })
      const other = new DatabaseSync(file)
      other.exec('BEGIN EXCLUSIVE')
      await expect(stores.probe()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      other.close()
      await stores.probe()
      expect(stores.health().state).toBe('ok')
    })

    test('waits for it within its time', async () => {
      const stores = await openHere({ busyTimeoutMilliseconds: 5_000 })
      const other = new DatabaseSync(file)
      other.exec('BEGIN EXCLUSIVE')
      const unit = take(stores, 1)
      await sleep(30)
      other.close()
      expect(await unit).toEqual(committed)
    })
  })

  describe('that is full', () => {
    const wide = (id: string) => grantOf(id, { scope: ['x'.repeat(30_000)], expiresAt: NOW + 1 })

    test('takes nothing more, and goes on once there is room', async () => {
      const stores = await openHere({ maxPages: 80 })
      const ids = Array.from({ length: 20 }, (_, index) => `g${index}`)
      const results: string[] = []
      for (const [index, id] of ids.entries()) {
        const unit = {
          uses: [useOf(index, later)],
          grant: wide(id),
          audit: [eventOf('token.issued', id)],
        }
        results.push(
          await stores.commit(unit).then(
            ({ outcome }) => outcome,
            ({ code }) => code,
          ),
        )
      }
      expect(new Set(results)).toEqual(new Set(['committed', 'ERR_SERVICE_STORE_FULL']))
      const full = results.indexOf('ERR_SERVICE_STORE_FULL')
      expect(stores.health()).toMatchObject({ state: 'failing', code: 'ERR_SERVICE_STORE_FULL' })
      for (const [index, id] of ids.entries()) {
        expect((await stores.grants.find(id)) !== undefined).toBe(results[index] === 'committed')
      }
      await expectSound(stores, results.filter((result) => result === 'committed').length)
      await stores.prune(NOW + 2 + 86_400)
      expect(stores.health().state).toBe('ok')
      expect(
        await stores.commit({ uses: [useOf(full, { ...later, keepUntil: NOW + 99_999 })], audit: [] }),
      ).toEqual(committed)
      expect(await stores.commit({ grant: wide('again'), audit: [] })).toEqual(committed)
    })

    test('remembers nothing of a batch that was undone: no block, no policy, no place in the chain', async () => {
      const stores = await openHere({ maxPages: 60 })
      await take(stores, 1)
      const block = {
        selector: { kind: 'trustAnchor', trustAnchor: 'corp' },
        since: NOW,
        reason: 'r',
        by: 'b',
      } as const
      const policy = {
        expected: 0,
        next: { text: 't', digest: 'd', appliedAt: NOW, appliedBy: 'b', comment: '' },
      }
      const results = await Promise.allSettled([
        stores.commit({ block, policy, audit: [eventOf('block.added', 'undone')] }),
        stores.commit({
          grant: grantOf('g', { trustAnchor: 'other', scope: ['x'.repeat(400_000)] }),
          audit: [],
        }),
      ])
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      expect(await stores.commit({ grant: grantOf('a'), audit: [eventOf('token.issued', '2')] })).toEqual(
        committed,
      )
      expect(await stores.commit({ policy, audit: [] })).toMatchObject({ outcome: 'committed', version: 1 })
      await expectSound(stores, 2)
    })

    test('fails all units of a batch, and none of them counts', async () => {
      const stores = await openHere({ maxPages: 60 })
      const units = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          stores.commit({ uses: [useOf(index, later)], grant: wide(`g${index}`), audit: [] }),
        ),
      )
      expect(units.every(({ status }) => status === 'rejected')).toBe(true)
      expect((await stores.grants.list(undefined, { limit: 100, now: NOW })).items).toEqual([])
      for (let index = 0; index < 20; index += 1) expect(await take(stores, index)).toEqual(committed)
    })
  })

  describe('whose file goes away', () => {
    test('writes into no file that is lost, makes no new one, and goes on when it is back', async () => {
      const stores = await openHere()
      await take(stores, 1)
      renameSync(file, `${file}.away`)
      await expect(take(stores, 2)).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE', details: { file } })
      await expect(stores.probe()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      await expect(stores.grants.find('a')).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      expect(existsSync(file)).toBe(false)
      renameSync(`${file}.away`, file)
      expect(await healed(() => take(stores, 2))).toEqual(committed)
      expect(await take(stores, 1)).toMatchObject({ outcome: 'used' })
      await expectSound(stores, 2)
    })

    test('a probe does not wait for the pause between attempts', async () => {
      const stores = await openHere()
      renameSync(file, `${file}.away`)
      for (let attempt = 0; attempt < 8; attempt += 1) {
        await expect(stores.probe()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      }
      renameSync(`${file}.away`, file)
      await stores.probe()
      expect(stores.health().state).toBe('ok')
    })

    test('takes no other database in its place', async () => {
      const stores = await openHere()
      await take(stores, 1)
      renameSync(file, `${file}.away`)
      const other = join(folder, 'other')
      const second = await openSqliteStores(optionsFor(other))
      await second.close()
      rmSync(`${file}-wal`)
      await expect(take(stores, 2)).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      renameSync(join(other, 'state.sqlite'), file)
      await expect(stores.probe()).rejects.toThrow('replaced')
      await expect(take(stores, 1)).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
    })

    test('sees that the log was removed', async () => {
      const stores = await openHere()
      rmSync(`${file}-wal`)
      await expect(take(stores, 1)).rejects.toMatchObject({
        code: 'ERR_SERVICE_STORE',
        details: { file: `${file}-wal` },
      })
      expect(await healed(() => take(stores, 1))).toEqual(committed)
    })
  })

  describe('whose worker dies', () => {
    test.each(['die-before', 'throw-before'])(
      '%s the unit was committed: an error, and nothing of it',
      async (note) => {
        const stores = await openHere({ worker: worker('dying') })
        await take(stores, 1)
        const run = (await stores.audit.head())?.run
        await expect(take(stores, 2, note)).rejects.toMatchObject({
          code: 'ERR_SERVICE_STORE',
          details: { outcome: 'unknown' },
        })
        expect(stores.health().state).toBe('failing')
        expect(await take(stores, 2)).toEqual(committed)
        expect(await take(stores, 1)).toMatchObject({ outcome: 'used' })
        expect(stores.health().state).toBe('ok')
        expect((await stores.audit.head())?.run).toBe(run)
        await expectSound(stores, 2)
      },
    )

    test('after the unit was committed: an error all the same, and its use counts no second time', async () => {
      const stores = await openHere({ worker: worker('dying') })
      const units = [take(stores, 1), take(stores, 2, 'die-after')]
      for (const unit of units) {
        await expect(unit).rejects.toMatchObject({ details: { outcome: 'unknown' } })
      }
      expect(await take(stores, 1)).toMatchObject({ outcome: 'used' })
      expect(await take(stores, 2)).toMatchObject({ outcome: 'used' })
      expect(await take(stores, 3)).toEqual(committed)
      await expectSound(stores, 3)
    })

    test('what is still queued goes to the next one; questions in its hands fail', async () => {
      const stores = await openHere({ worker: worker('dying') })
      const dying = take(stores, 1, 'die-before')
      await new Promise((resolve) => setImmediate(resolve))
      const queued = [take(stores, 2), take(stores, 3)]
      const question = stores.grants.find('a')
      await expect(dying).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      await expect(question).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      expect(await Promise.all(queued)).toEqual([committed, committed])
      expect(stores.health()).toMatchObject({ state: 'ok', queued: 0 })
    })

    test('closes all the same', async () => {
      const stores = await openHere({ worker: worker('dying') })
      const dying = take(stores, 1, 'die-before')
      const closing = stores.close()
      await expect(dying).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      await closing
      await openHere()
    })
  })

  test('whose disk hangs counts as failing, and its queue stays bounded', async () => {
    const stores = await openSqliteStores(
      optionsFor(folder, { worker: worker('silent'), stallMilliseconds: 20, maxQueue: 2 }),
    )
    const waiting = [take(stores, 1), take(stores, 2)]
    await expect(take(stores, 3)).rejects.toMatchObject({ code: 'ERR_SERVICE_OVERLOADED' })
    await healed(() => Promise.resolve().then(() => expect(stores.health().state).toBe('failing')))
    expect(stores.health()).toMatchObject({ queued: 2, message: expect.stringContaining('20 ms') })
    await expect(stores.probe()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
    await stores.close()
    for (const unit of waiting) await expect(unit).rejects.toMatchObject({ details: { outcome: 'unknown' } })
    await openHere()
  })

  describe('at its start', () => {
    test('is one per folder', async () => {
      const stores = await openHere()
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await expect(openHere()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE_IN_USE' })
      }
      await stores.close()
      await openHere()
    })

    test('leaves no file that others can read', async () => {
      const state = join(folder, 'state')
      const stores = await openSqliteStores(optionsFor(state))
      await take(stores, 1)
      expect(statSync(state).mode & 0o777).toBe(0o700)
      for (const name of readdirSync(state)) expect(statSync(join(state, name)).mode & 0o777).toBe(0o600)
      expect(readdirSync(state)).toContain('state.sqlite-wal')
      await stores.close()
    })

    test('has the log written through at each commit', async () => {
      await openHere()
      const other = new DatabaseSync(file)
      expect(other.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
      other.close()
    })

    test.each([
      [
        'a newer database',
        'PRAGMA application_id = 0x496e676d; PRAGMA user_version = 99',
        'ERR_SERVICE_STORE_VERSION',
      ],
      ['a database of somebody else', 'CREATE TABLE theirs (x)', 'ERR_SERVICE_STORE'],
    ])('refuses %s, and lets go of the folder', async (_, sql, code) => {
      const other = new DatabaseSync(file)
      other.exec(sql)
      other.close()
      for (let attempt = 0; attempt < 2; attempt += 1)
        await expect(openHere()).rejects.toMatchObject({ code })
    })

    test('refuses a file that is no database', async () => {
      writeFileSync(file, 'x'.repeat(5_000), { mode: 0o600 })
      await expect(openHere()).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
    })

    test('refuses a folder that cannot be made', async () => {
      writeFileSync(join(folder, 'file'), '')
      const options = optionsFor(join(folder, 'file', 'state'))
      await expect(openSqliteStores(options)).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
      mkdirSync(join(folder, 'open'), { mode: 0o755 })
      await expect(openSqliteStores(optionsFor(join(folder, 'open')))).rejects.toThrow('open to others')
    })
  })

  describe('that is new', () => {
    const openAt = (milliseconds: number, futureToleranceSeconds?: number) =>
      openHere({
        clock: () => new Date(milliseconds),
        ...(futureToleranceSeconds === undefined ? {} : { futureToleranceSeconds }),
      })

    test.each([0, 1, 999])('refuses what was made within its first second: %i ms', async (milliseconds) => {
      const stores = await openAt(NOW * 1000 + milliseconds, 0)
      const at = (issuedAt: number) => stores.commit({ uses: [useOf(1, { issuedAt })], audit: [] })
      expect(await at(NOW)).toEqual({ outcome: 'before-epoch', index: 0, epoch: NOW + 1 })
      expect(await at(NOW + 0.999)).toMatchObject({ outcome: 'before-epoch' })
      expect(await at(NOW + 1)).toEqual(committed)
    })

    test("refuses what a clock ahead could have made before: the verifiers' tolerance", async () => {
      const stores = await openHere({ clock: () => new Date(NOW * 1000), futureToleranceSeconds: 5 })
      const at = (issuedAt: number) => stores.commit({ uses: [useOf(1, { issuedAt })], audit: [] })
      expect(await at(NOW + 5.9)).toEqual({ outcome: 'before-epoch', index: 0, epoch: NOW + 6 })
      expect(await at(NOW + 6)).toEqual(committed)
    })

    test('keeps its epoch over restarts', async () => {
      const first = await openAt(NOW * 1000, 0)
      await first.close()
      const stores = await openAt((NOW + 100) * 1000, 0)
      expect(await take(stores, 1)).toEqual(committed)
    })

    test('begins its clock mark at its making', async () => {
      const stores = await openAt(NOW * 1000 + 999)
      expect(await stores.clockMark()).toBe(NOW)
    })
  })
})
