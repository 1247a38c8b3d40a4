import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addToIndex, INDEX_FILE, type IndexEntry, readIndex } from './index-file.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-index-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the index', () => {
  test('is undefined where there is none, and empty where it is empty', async () => {
    expect(await readIndex(folder)).toBeUndefined()
    writeFileSync(join(folder, INDEX_FILE), '')
    expect(await readIndex(folder)).toEqual([])
  })

  test('holds every entry, in order, though many are added at once', async () => {
    const entries = Array.from({ length: 20 }, (_, index) => entry(`0${index}`))
    await Promise.all(entries.map(async (one) => await addToIndex(folder, one)))
    const found = await readIndex(folder)
    expect(found?.map(({ serial }) => serial).toSorted()).toEqual(
      entries.map(({ serial }) => serial).toSorted(),
    )
    await addToIndex(folder, entry('last'))
    expect((await readIndex(folder))?.at(-1)).toEqual(entry('last'))
    expect(readdirSync(folder)).toEqual([INDEX_FILE])
  })

  test('a last line without its end is not run together with the next', async () => {
    writeFileSync(join(folder, INDEX_FILE), JSON.stringify(entry('01')))
    await addToIndex(folder, entry('02'))
    expect(await readIndex(folder)).toEqual([entry('01'), entry('02')])
  })

  test.each([
    ['text', 'hello'],
    ['another value', '[]'],
    ['null', 'null'],
    ['an entry without its serial', JSON.stringify({ ...entry('01'), serial: undefined })],
    ['an entry whose date is none', JSON.stringify({ ...entry('01'), notAfter: 'soon' })],
    ['an entry whose names are no list of texts', JSON.stringify({ ...entry('01'), names: [7] })],
    ['an entry whose file is no text', JSON.stringify({ ...entry('01'), file: 7 })],
  ])('%s is refused with the number of its line', async (_what, line) => {
    writeFileSync(join(folder, INDEX_FILE), `${JSON.stringify(entry('01'))}\n${line}\n`)
    await expect(readIndex(folder)).rejects.toThrow(`${join(folder, INDEX_FILE)}: line 2: not an entry`)
  })

  test('a writer that does not come to its end is named, and its file left alone', async () => {
    const beside = join(folder, `${INDEX_FILE}.new`)
    writeFileSync(beside, 'half')
    await expect(addToIndex(folder, entry('01'))).rejects.toThrow(
      `${beside}: another ingam is writing the index`,
    )
    expect(readFileSync(beside, 'utf8')).toBe('half')
    expect(existsSync(join(folder, INDEX_FILE))).toBe(false)
  })
})

function entry(serial: string): IndexEntry {
  return {
    serial,
    subject: 'CN=client',
    names: ['uri:spiffe://example/client'],
    profile: 'client',
    issuer: 'CN=CA',
    notBefore: '2026-06-01T11:00:00.000Z',
    notAfter: '2027-06-01T12:00:00.000Z',
    thumbprint: 'x',
    file: '../client/cert.pem',
  }
}
