// Evidence from files: what is read, what is found by whom, and that whoever replaces a file badly takes nothing away.

import { writeFileSync } from 'node:fs'
import {
  appendFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { untyped } from '../../../../../test/support/certificate-der.ts'
import { derOf, queryFor } from '../../../../../test/support/evidence-query.ts'
import { createFixedClock, createTestCa } from '../../testing/index.ts'
import { readWhole } from './file-reading.ts'
import { createFileSource, type FileSource, type FileSourceOptions } from './file-source.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const DAY = 86_400
// Whose signatures have one length.
const ca = await createTestCa({ at: AT, name: 'CA', keyType: 'Ed25519' })
const other = await createTestCa({ at: AT, name: 'Other' })
const leaf = await ca.issue()
const about = await queryFor(leaf, ca)
const list = await ca.crl()
const newer = await ca.crl({ crlNumber: 2, revoked: [leaf] })
const foreign = await other.crl()
const response = await ca.ocspResponse({ certificate: leaf })

let folder: string
const opened: FileSource[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingam-evidence-'))
})

afterEach(async () => {
  for (const source of opened.splice(0)) source.close()
  await rm(folder, { recursive: true })
})

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

async function open(options: Partial<FileSourceOptions> = {}): Promise<FileSource> {
  const source = await createFileSource({ paths: folder, watch: 'off', clock: () => AT, ...options })
  opened.push(source)
  return source
}

async function refusalOf(options: unknown): Promise<unknown> {
  return await createFileSource(untyped(options)).then(
    (source) => source.close(),
    (error: unknown) => error,
  )
}

describe('a source', () => {
  test('reads lists and responses in DER, told apart by what they are, and lists in PEM', async () => {
    await file('a.der', list.der)
    await file('b.der', response)
    await file('c.pem', `two\n${newer.pem}and\n${foreign.pem}`)
    const source = await open()
    expect(new Set(derOf(source.find(about)))).toEqual(new Set([response, list.der, newer.der]))
    expect(source.status()).toMatchObject([
      {
        from: join(folder, 'a.der'),
        kind: 'file',
        state: 'ok',
        size: 0,
        nextUpdate: new Date('2026-06-08T12:00:00Z'),
      },
      { from: join(folder, 'b.der'), state: 'ok', size: 1, thisUpdate: new Date('2026-06-01T11:59:00Z') },
      { from: join(folder, 'c.pem'), state: 'ok', size: 2, updatedAt: AT },
    ])
  })

  test('reads the files of a folder that end as evidence does, none below it, and links', async () => {
    const elsewhere = await file('elsewhere', list.der)
    await file('a.txt', list.der)
    await mkdir(join(folder, 'below.crl'))
    await file('below.crl/a.crl', list.der)
    await symlink(join(folder, 'nowhere'), join(folder, 'broken.crl'))
    const source = await open()
    expect([source.find(about), source.status()]).toEqual([[], []])
    await symlink(elsewhere, join(folder, 'link.crl'))
    for (const ending of ['crl', 'der', 'pem']) await file(`a.${ending}`, list.der)
    await file('a.ocsp', response)
    await source.refresh()
    expect(source.find(about)).toHaveLength(5)
  })

  test('names the file of each piece', async () => {
    const path = await file('a.crl', list.der)
    expect((await open()).find(about).map(({ from }) => from)).toEqual([path])
  })

  test('finds lists of the issuer and responses of the serial number, for lists alone no responses', async () => {
    await file('a.crl', list.der)
    await file('b.ocsp', response)
    const source = await open()
    expect(source.find(about).map(({ kind }) => kind)).toEqual(['ocsp', 'crl'])
    expect(source.find(await queryFor(leaf, ca, 'crl')).map(({ kind }) => kind)).toEqual(['crl'])
    const sibling = await ca.issue()
    expect(source.find(await queryFor(sibling, ca)).map(({ kind }) => kind)).toEqual(['crl'])
    expect(source.find(await queryFor(await other.issue(), other))).toEqual([])
  })

  test('finds the lists of whom a distribution point names', async () => {
    await file('a.crl', foreign.der)
    const source = await open()
    const named = await ca.issue({
      crlDistributionPoints: [{ urls: ['http://x.example/'], cRLIssuer: other.certificate.subject.der }],
    })
    expect(source.find(await queryFor(named, ca))).toHaveLength(1)
    expect(source.find(about)).toEqual([])
  })

  test('finds one of three thousand', async () => {
    for (let index = 0; index < 3_000; index++) await file(`${index}.crl`, foreign.der)
    await file('x.crl', list.der)
    const source = await open()
    expect(source.status()).toHaveLength(3_001)
    expect(derOf(source.find(about))).toEqual([list.der])
  })
})

describe('a change', () => {
  test('is read when it is looked for, and the revision grows with it', async () => {
    await file('a.crl', list.der)
    const source = await open()
    const before = source.revision()
    await source.refresh()
    expect(source.revision()).toBe(before)
    await file('a.crl', newer.der)
    await file('b.ocsp', response)
    await source.refresh()
    expect(source.revision()).toBeGreaterThan(before)
    expect(derOf(source.find(about))).toEqual([response, newer.der])
  })

  test('is seen in a file of the same size and the same time of change', async () => {
    const twin = await ca.crl({ crlNumber: 3 })
    expect(twin.der.length).toBe(list.der.length)
    const path = await file('a.crl', list.der)
    const source = await open()
    await writeFile(path, twin.der)
    await utimes(path, AT, AT)
    await source.refresh()
    await writeFile(path, list.der)
    await utimes(path, AT, AT)
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([list.der])
  })

  test('is no change where the content is the same', async () => {
    const path = await file('a.crl', list.der)
    const source = await open()
    const before = source.revision()
    await file('other', list.der)
    await rename(join(folder, 'other'), path)
    await source.refresh()
    expect(source.revision()).toBe(before)
  })

  test('that comes during a look is read after it where somebody asks for it', async () => {
    await file('0.crl', foreign.der)
    await file('1.crl', foreign.der)
    let onTakenOver = (): void => undefined
    const clock = (): Date => {
      onTakenOver()
      return AT
    }
    const source = await open({ clock })
    await file('1.crl', newer.der)
    onTakenOver = () => {
      // This look has been at the first file already.
      onTakenOver = () => undefined
      writeFileSync(join(folder, '0.crl'), list.der)
      void source.refresh()
    }
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([newer.der, list.der])
  })

  test('is found by itself, by notices of the system', async () => {
    const path = await file('a.crl', list.der)
    const source = await open({ paths: path, watch: 'on', pollMilliseconds: 3_600_000 })
    await file('next', newer.der)
    await rename(join(folder, 'next'), path)
    await vi.waitFor(() => expect(derOf(source.find(about))).toEqual([newer.der]), 20_000)
  })

  test('is found by itself, by looks at intervals, where the system says nothing', async () => {
    await mkdir(join(folder, 'elsewhere'))
    const target = await file('elsewhere/x', list.der)
    await mkdir(join(folder, 'links'))
    await symlink(target, join(folder, 'links', 'a.crl'))
    const source = await open({ paths: join(folder, 'links'), watch: 'on', pollMilliseconds: 100 })
    await writeFile(target, newer.der)
    await vi.waitFor(() => expect(derOf(source.find(about))).toEqual([newer.der]), 20_000)
  })

  test('is not looked for any more after the source was closed', async () => {
    const path = await file('a.crl', list.der)
    const source = await open({ paths: path, watch: 'on', pollMilliseconds: 100 })
    const still = await open({ paths: path, watch: 'on', pollMilliseconds: 100 })
    source.close()
    await writeFile(path, newer.der)
    await vi.waitFor(() => expect(derOf(still.find(about))).toEqual([newer.der]), 20_000)
    expect(derOf(source.find(about))).toEqual([list.der])
  })
})

describe('the last good content serves on', () => {
  const cases: readonly (readonly [string, Uint8Array | string, string])[] = [
    ['cut', newer.der.subarray(0, -1), 'CertificateList'],
    ['empty', '', 'empty'],
    ['garbage', 'x'.repeat(300), 'PEM'],
    ['followed by a byte', Uint8Array.of(...newer.der, 0), 'CertificateList'],
    ['a certificate', ca.pem, 'certificate'],
    ['a certificate in DER', ca.der, 'signature'],
    ['a response that answers nothing', Uint8Array.of(0x30, 3, 0x0a, 1, 3), 'tryLater'],
    ['half PEM', newer.pem.slice(0, -40), 'END'],
  ]
  test.each(cases)('while the file is %s', async (_, content, problem) => {
    await file('a.crl', list.der)
    await file('b.ocsp', response)
    const source = await open()
    const before = source.revision()
    await file('a.crl', content)
    await source.refresh()
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([response, list.der])
    expect(source.revision()).toBe(before)
    const [bad, good] = source.status()
    expect(bad).toMatchObject({
      state: 'failing',
      updatedAt: AT,
      lastError: expect.stringContaining(problem),
    })
    expect(good).not.toHaveProperty('lastError')

    await file('a.crl', newer.der)
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([response, newer.der])
    expect(source.status()).toMatchObject([{ state: 'ok' }, { state: 'ok' }])
  })

  test('until its nextUpdate where the file has gone', async () => {
    const path = await file('a.crl', list.der)
    const clock = createFixedClock(AT)
    const source = await open({ paths: [path], clock: clock.now })
    await unlink(path)
    clock.advance(7 * DAY)
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([list.der])
    expect(source.status()).toMatchObject([
      { state: 'failing', lastError: expect.stringContaining('nextUpdate') },
    ])
    clock.advance(1)
    await source.refresh()
    expect(source.find(about)).toEqual([])
    expect(source.status()).toMatchObject([
      { state: 'failing', lastError: expect.stringContaining('no such file'), size: 0 },
    ])
    await file('a.crl', list.der)
    await source.refresh()
    expect(source.status()).toMatchObject([{ state: 'ok' }])
    expect(derOf(source.find(about))).toEqual([list.der])
  })

  test('where the whole folder has gone', async () => {
    const inner = join(folder, 'inner')
    await mkdir(inner)
    await file('inner/a.crl', list.der)
    const source = await open({ paths: inner })
    await rename(inner, join(folder, 'gone'))
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([list.der])
    expect(source.status()).toMatchObject([
      { from: inner, state: 'failing', lastError: `${inner}: no such file` },
      { state: 'failing' },
    ])
  })
})

test('a file that grows while it is read is not taken', async () => {
  const path = await file('a.crl', new Uint8Array(1_000_000))
  let isRead = false
  const reading = readWhole(path, 1_000_000_000).finally(() => {
    isRead = true
  })
  // Seen before anybody waits for it.
  const outcome = expect(reading).rejects.toMatchObject({ details: { problem: 'changed while it was read' } })
  while (!isRead) {
    await appendFile(path, 'x')
    await nextTurn()
  }
  await outcome
  expect((await readWhole(path, 1_000_000_000)).bytes.length).toBeGreaterThan(1_000_000)
})

test('a file is known to be written just now, and not so long ago', async () => {
  const path = await file('a.crl', list.der)
  expect((await readWhole(path, 1_000)).mark.isFresh).toBe(true)
  await utimes(path, AT, AT)
  expect((await readWhole(path, 1_000)).mark.isFresh).toBe(false)
})

describe('the start', () => {
  test('is refused for a path of one file that cannot be used', async () => {
    const garbage = await file('a.crl', 'x')
    for (const [paths, code] of [
      [join(folder, 'none'), 'ERR_FILE_READ'],
      [[garbage], 'ERR_PEM_NONE'],
      ['/dev/zero', 'ERR_FILE_READ'],
    ] as const) {
      expect(await refusalOf({ paths })).toMatchObject({ code })
    }
    expect(await refusalOf({ paths: garbage })).toMatchObject({ source: garbage })
  })

  test('goes on without those files of a folder that cannot be used', async () => {
    await file('a.crl', 'x')
    await file('b.crl', list.der)
    const source = await open()
    expect(derOf(source.find(about))).toEqual([list.der])
    expect(source.status()).toMatchObject([{ state: 'failing', size: 0 }, { state: 'ok' }])
  })

  test.each([
    ['nothing', undefined, 'ERR_ARG_TYPE'],
    ['no path', { paths: [] }, 'ERR_ARG_VALUE'],
    ['an empty path', { paths: [''] }, 'ERR_ARG_TYPE'],
    ['a misspelt option', { paths: 'x', poll: 1 }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['an unknown stance', { paths: 'x', watch: true }, 'ERR_ARG_VALUE'],
    ['too short an interval', { paths: 'x', pollMilliseconds: 99 }, 'ERR_ARG_VALUE'],
    ['no file at all', { paths: 'x', maxFiles: 0 }, 'ERR_ARG_VALUE'],
    ['a clock that is none', { paths: 'x', clock: AT }, 'ERR_ARG_TYPE'],
  ])('with %s is a wrong call', async (_, options, code) => {
    expect(await refusalOf(options)).toMatchObject({ code, name: 'ArgumentError' })
  })
})

describe('bounds', () => {
  test('on the number of files: at it, and one past it', async () => {
    await file('a.crl', list.der)
    await file('b.crl', newer.der)
    const source = await open({ maxFiles: 2 })
    expect(source.status()).toMatchObject([{ state: 'ok' }, { state: 'ok' }])
    await file('c.crl', list.der)
    await source.refresh()
    expect(source.find(about)).toHaveLength(2)
    expect(source.status()).toMatchObject([
      { from: folder, state: 'failing', lastError: '3 files, of which 2 are read' },
      {},
      {},
    ])
    const late = await open({ maxFiles: 2 })
    expect(late.find(about)).toHaveLength(2)
  })

  test('on all bytes: at it, and one past it', async () => {
    await file('a.crl', list.der)
    await file('b.ocsp', response)
    const maxBytes = list.der.length + response.length
    expect((await open({ maxBytes })).find(about)).toHaveLength(2)
    const source = await open({ maxBytes: maxBytes - 1 })
    expect(derOf(source.find(about))).toEqual([list.der])
    expect(source.status()).toMatchObject([{ state: 'ok' }, { state: 'failing', size: 0 }])
  })

  test('count a replaced file once', async () => {
    const path = await file('a.crl', list.der)
    const source = await open({ maxBytes: Math.max(list.der.length, newer.der.length) })
    for (const { der } of [newer, list, newer]) {
      await writeFile(path, der)
      await source.refresh()
      expect(derOf(source.find(about))).toEqual([der])
    }
  })

  test('count a file no more that has gone and expired', async () => {
    const clock = createFixedClock(AT)
    const path = await file('a.crl', list.der)
    const source = await open({ clock: clock.now, maxBytes: Math.max(list.der.length, newer.der.length) })
    await unlink(path)
    await file('b.crl', newer.der)
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([list.der])
    clock.advance(8 * DAY)
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([newer.der])
  })

  test('refuse a huge file unread', async () => {
    const path = await file('a.crl', list.der)
    const source = await open()
    await truncate(path, 600_000_000)
    await source.refresh()
    expect(derOf(source.find(about))).toEqual([list.der])
    expect(source.status()).toMatchObject([
      { state: 'failing', lastError: expect.stringContaining('larger than') },
    ])
  })
})
