// The cache over a restart: what was known is known again, whatever happened to the files in between, and nothing that
// others put there is taken for more than it is.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { derOf, queryFor } from '../../../../../test/support/evidence-query.ts'
import {
  type EvidenceServer,
  sendsList,
  sendsResponse,
  startEvidenceServer,
} from '../../../../../test/support/evidence-server.ts'
import type { EvidenceQuery } from '../../revocation/source.ts'
import { createFixedClock, createTestCa, type FixedClock } from '../../testing/index.ts'
import { type CachedObject, CacheFolder, cacheKey } from './cache-folder.ts'
import type { HttpSourceOptions } from './http-options.ts'
import { createHttpSource, type HttpSource } from './http-source.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const BOUNDS = { maxObjects: 10, maxBytes: 1_000_000 }

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'ingam-cache-')), 'cache')
})
afterEach(async () => await rm(join(folder, '..'), { recursive: true }))

function object(name: string, ...pieces: readonly string[]): CachedObject {
  const bytes = pieces.map((text) => new TextEncoder().encode(text))
  return { kind: 'crl', url: `http://crl.example/${name}`, fetchedAt: AT.getTime(), pieces: bytes }
}

async function written(...objects: readonly CachedObject[]): Promise<CacheFolder> {
  const { folder: cache } = await CacheFolder.open(folder, BOUNDS)
  for (const each of objects) cache.write(each)
  await cache.settled()
  expect(cache.problem).toBeUndefined()
  return cache
}

async function reopened(
  bounds = BOUNDS,
): Promise<{ objects: readonly CachedObject[]; problem: string | undefined }> {
  const { folder: cache, objects } = await CacheFolder.open(folder, bounds)
  return { objects, problem: cache.problem }
}

async function onlyFile(): Promise<string> {
  const [name = '', ...rest] = await readdir(folder)
  expect(rest).toEqual([])
  return join(folder, name)
}

const response: CachedObject = {
  ...object('ocsp', 'response'),
  kind: 'ocsp',
  certId: Uint8Array.of(1, 2, 255),
}

describe('a folder', () => {
  test('gives back what was written', async () => {
    const objects = [object('a', 'one'), object('b', 'one', 'two\n', 'three'), response]
    await written(...objects)
    expect((await reopened()).objects.toSorted((a, b) => a.url.localeCompare(b.url))).toEqual(objects)
  })

  test('holds the last that was written under a key, and nothing that was removed', async () => {
    const cache = await written(object('a', 'one'), object('b', 'one'), object('a', 'two'))
    cache.remove(cacheKey(object('b')))
    cache.remove(cacheKey(object('never written')))
    await cache.settled()
    expect(cache.problem).toBeUndefined()
    expect(await reopened()).toEqual({ objects: [object('a', 'two')], problem: undefined })
  })

  test('is for its owner alone, as its files are', async () => {
    await written(object('a', 'one'))
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8)
    expect([await mode(folder), await mode(await onlyFile())]).toEqual(['700', '600'])
  })

  test('that cannot be one is refused', async () => {
    await writeFile(folder, '')
    await expect(reopened()).rejects.toMatchObject({ code: 'ERR_FILE_READ' })
  })

  test('that cannot be written any more says so, until it can', async () => {
    const cache = await written(object('a', 'one'))
    await rm(folder, { recursive: true })
    cache.write(object('b', 'one'))
    await cache.settled()
    expect(cache.problem).toContain('not written: ENOENT')
    await mkdir(folder)
    cache.write(object('b', 'one'))
    await cache.settled()
    expect(cache.problem).toBeUndefined()
  })
})

describe('a file is removed, and the others serve, where', () => {
  async function damaged(path: string, offset: number): Promise<void> {
    const bytes = await readFile(path)
    bytes[offset] = (bytes[offset] ?? 0) ^ 1
    await writeFile(path, bytes)
  }

  test('any of its bits is another', async () => {
    await written(object('a', 'one'))
    const path = await onlyFile()
    const whole = await readFile(path)
    for (let offset = 0; offset < whole.length; offset++) {
      await writeFile(path, whole)
      await damaged(path, offset)
      expect(await reopened()).toEqual({
        objects: [],
        problem: expect.stringContaining('1 files were damaged'),
      })
      expect(await readdir(folder)).toEqual([])
    }
    await writeFile(path, whole)
    expect((await reopened()).objects).toHaveLength(1)
  })

  test('it was cut anywhere', async () => {
    await written(object('a', 'one'))
    const path = await onlyFile()
    const whole = await readFile(path)
    for (let length = 0; length < whole.length; length++) {
      await writeFile(path, whole)
      await truncate(path, length)
      expect((await reopened()).objects).toEqual([])
    }
  })

  test('it bears the name of another', async () => {
    await written(object('a', 'one'))
    const path = await onlyFile()
    await written(object('b', 'one'))
    const other = (await readdir(folder)).map((name) => join(folder, name)).find((name) => name !== path)
    await copyFile(path, other ?? '')
    expect((await reopened()).objects).toEqual([object('a', 'one')])
    expect(await onlyFile()).toBe(path)
  })

  test.each<readonly [string, Record<string, unknown> | string]>([
    ['more bytes than there are', { lengths: [4] }],
    ['fewer bytes than there are', { lengths: [2] }],
    ['no piece', { lengths: [] }],
    ['a length that is none', { lengths: [4, -1] }],
    ['a length that is a text', { lengths: ['3'] }],
    ['another kind', { kind: 'delta' }],
    ['no address', { url: undefined }],
    ['no time', { fetchedAt: 'now' }],
    ['a list and a certificate', { certId: '01' }],
    ['a response of no certificate', { kind: 'ocsp' }],
    ['a certificate that is no hexadecimal', { kind: 'ocsp', certId: 'x' }],
    ['no object', 'null'],
    ['no JSON', '{'],
  ])('its head says %s, though its digest is right', async (_, change) => {
    const { pieces, ...good } = object('a', 'one')
    const forge = async (head: unknown): Promise<void> => {
      const text = typeof head === 'string' ? head : JSON.stringify(head)
      const content = Buffer.from(`ingam revocation cache, version 1\n${text}\none`)
      const { kind, url, certId } = Object(head)
      const key = cacheKey({ kind: kind ?? 'crl', url: url ?? '', certId: Buffer.from(certId ?? '', 'hex') })
      const name = createHash('sha256').update(key).digest('hex')
      const digest = createHash('sha256').update(content).digest()
      await writeFile(join(folder, `${name}.evidence`), Buffer.concat([content, digest]))
    }
    await mkdir(folder)
    await forge({ ...good, lengths: [3] })
    expect((await reopened()).objects).toEqual([{ ...good, pieces }])
    await rm(folder, { recursive: true })
    await mkdir(folder)
    await forge(typeof change === 'string' ? change : { ...good, lengths: [3], ...change })
    expect(await reopened()).toMatchObject({ objects: [], problem: expect.stringContaining('1 files') })
    expect(await readdir(folder)).toEqual([])
  })

  test('it was never finished', async () => {
    await written(object('a', 'one'))
    await writeFile(join(folder, '.5f0c6f0e-3c1c-4f0e-9f43-0a3d3c6a4b1e.unfinished'), 'half')
    expect((await reopened()).objects).toHaveLength(1)
    await onlyFile()
  })

  test('there are more than bearable: the oldest goes', async () => {
    await written(object('old', 'one'))
    await utimes(await onlyFile(), AT, new Date('2020-01-01'))
    await written(object('new', 'one'))
    const { objects } = await reopened({ ...BOUNDS, maxObjects: 1 })
    expect(objects).toEqual([object('new', 'one')])
    await onlyFile()
  })

  test('it is larger than all may be', async () => {
    await written(object('a', 'x'.repeat(10_000)))
    const { size } = await stat(await onlyFile())
    expect((await reopened({ ...BOUNDS, maxBytes: size - 4_096 })).objects).toHaveLength(1)
    expect((await reopened({ ...BOUNDS, maxBytes: size - 4_097 })).objects).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })

  test('a folder bears its name, which stays', async () => {
    await mkdir(join(folder, `${'0'.repeat(64)}.evidence`), { recursive: true })
    expect((await reopened()).objects).toEqual([])
    await onlyFile()
  })
})

test('files of others are neither read nor removed', async () => {
  await mkdir(folder)
  const names = ['README', `${'a'.repeat(63)}.evidence`, `${'A'.repeat(64)}.evidence`, '.unfinished']
  for (const name of names) await writeFile(join(folder, name), 'mine')
  expect(await reopened()).toEqual({ objects: [], problem: undefined })
  expect((await readdir(folder)).sort()).toEqual(names.sort())
})

test('a process that is killed while it writes leaves each object whole: its last version, or the one before', async () => {
  const script = join(import.meta.dirname, '..', '..', '..', '..', '..', 'test', 'support', 'write-cache.ts')
  const seen = new Set<number>()
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = once(child, 'exit')
    let versions = 0
    child.stdout.on('data', (text: Buffer) => {
      versions = Number(text.toString().trim().split('\n').at(-1))
    })
    await vi.waitFor(() => expect(versions).toBeGreaterThan(3), { timeout: 20_000, interval: 5 })
    await sleep(round * 3)
    child.kill('SIGKILL')
    await gone
    const { objects, problem } = await reopened()
    expect(objects).toHaveLength(2)
    // Nothing but what was under way.
    expect(problem ?? '1 files').toMatch(/^1 files/u)
    for (const { url, pieces } of objects) {
      const texts = pieces.map((bytes) => new TextDecoder().decode(bytes))
      const version = Number(texts[0]?.split(' ')[0])
      expect(texts).toEqual([`${version} ${url} ${'x'.repeat(200_000)}`])
      seen.add(version)
    }
    expect((await readdir(folder)).every((name) => name.endsWith('.evidence'))).toBe(true)
  }
  expect(seen.size).toBeGreaterThan(1)
})

describe('a source that starts again', () => {
  let server: EvidenceServer
  let about: EvidenceQuery
  let clock: FixedClock
  const ticks: (() => void)[] = []
  const opened: HttpSource[] = []

  beforeAll(async () => {
    server = await startEvidenceServer()
    const ca = await createTestCa({ at: AT })
    const leaf = await ca.issue({
      crlDistributionPoints: [`${server.origin}/ca.crl`],
      ocsp: [`${server.origin}/ocsp`],
    })
    about = await queryFor(leaf, ca)
    server.answer('/ca.crl', sendsList((await ca.crl()).der))
    server.answer('/ocsp/', sendsResponse(await ca.ocspResponse({ certificate: leaf, hash: 'SHA-256' })))
  })
  afterAll(async () => await server.stop())
  beforeEach(() => {
    server.asked.length = 0
    clock = createFixedClock(AT)
    ticks.length = 0
  })
  afterEach(() => {
    for (const source of opened.splice(0)) source.close()
  })

  async function open(options: Partial<HttpSourceOptions> = {}): Promise<HttpSource> {
    const source = await createHttpSource({
      allow: [server.origin],
      loopback: 'allow',
      clock: clock.now,
      cacheFolder: folder,
      every: (_milliseconds, callback) => {
        ticks.push(callback)
        return () => undefined
      },
      ...options,
    })
    opened.push(source)
    return source
  }

  async function filled(): Promise<HttpSource> {
    const source = await open()
    expect(await source.fetch(about, new AbortController().signal)).toEqual([])
    await vi.waitFor(
      async () => expect((await readdir(folder)).filter((name) => !name.startsWith('.'))).toHaveLength(2),
      20_000,
    )
    return source
  }

  test('knows what it knew, and asks nobody', async () => {
    const before = await filled()
    const after = await open()
    expect(derOf(after.find(about))).toEqual(derOf(before.find(about)))
    expect(await after.fetch(about, new AbortController().signal)).toEqual([])
    expect(server.asked).toHaveLength(2)
    const times = ({ from, updatedAt }: { from: string; updatedAt?: Date }) => ({ from, updatedAt })
    const byUrl = (a: { from: string }, b: { from: string }): number => a.from.localeCompare(b.from)
    expect(after.status().map(times).sort(byUrl)).toEqual(before.status().map(times).sort(byUrl))
  })

  test('fetches it anew before it expires', async () => {
    await filled()
    clock.advance(20 * 3_600)
    const after = await open()
    clock.advance(20 * 3_600)
    // Nobody has used it for more than a day.
    for (const tick of ticks) tick()
    expect(after.status()).toMatchObject([{ updatedAt: AT }, { updatedAt: AT }])
    await sleep(50)
    expect(server.asked).toHaveLength(2)
    after.find(about)
    for (const tick of ticks) tick()
    await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(2), 20_000)
  })

  test('takes nothing over that it may not ask for any more, and removes it', async () => {
    await filled()
    const after = await open({ allow: ['http://other.example'] })
    expect([after.find(about), after.status()]).toEqual([[], []])
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual([]), 20_000)
  })

  test('takes nothing over that does not parse', async () => {
    await written(
      { ...object('x', 'garbage'), url: `${server.origin}/x` },
      { ...response, url: `${server.origin}/y` },
    )
    const after = await open()
    expect([after.find(about), after.status()]).toEqual([[], []])
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual([]), 20_000)
  })

  test('reads no more than it may hold', async () => {
    await filled()
    const after = await open({ maxHeld: 1 })
    expect(after.find(about)).toHaveLength(1)
    await onlyFile()
  })

  test('removes what goes from memory', async () => {
    const { length } = (await filled()).status()
    expect(length).toBe(2)
    await rm(folder, { recursive: true })
    const source = await open({ maxHeld: 1, maxConcurrent: 1 })
    const one = async (fetches: EvidenceQuery['kinds']): Promise<void> => {
      await source.fetch({ ...about, kinds: fetches }, new AbortController().signal)
    }
    await one('crl')
    await one('any')
    expect(source.status()).toHaveLength(1)
    await vi.waitFor(async () => {
      expect((await readdir(folder)).filter((name) => !name.startsWith('.'))).toHaveLength(1)
    }, 20_000)
  })

  test('serves without a folder that cannot be written, and says so', async () => {
    const source = await open()
    await rm(folder, { recursive: true })
    await writeFile(folder, '')
    expect(await source.fetch(about, new AbortController().signal)).toEqual([])
    expect(source.find(about)).toHaveLength(2)
    await vi.waitFor(() => expect(source.status()).toHaveLength(3), 20_000)
    expect(source.status()[2]).toMatchObject({
      from: folder,
      kind: 'file',
      state: 'failing',
      lastError: expect.stringContaining('not written'),
    })
  })
})
