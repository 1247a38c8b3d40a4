import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa, type TestCa, type TestCertificate } from 'ingam/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadTlsPair, type TlsPair } from '../../../packages/server/src/host/tls-pair.ts'
import { type TlsWatch, watchTlsPair } from '../../../packages/server/src/host/tls-watch.ts'
import { type FakeLog, fakeLog } from '../support/fakes.ts'

let ca: TestCa
let first: TestCertificate
let second: TestCertificate
let folder: string
const at = new Date('2026-06-01T00:00:00Z')

beforeAll(async () => {
  ca = await createTestCa({ at })
  first = await ca.issue({ dns: ['id.example'] })
  second = await ca.issue({ dns: ['id.example'] })
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-tls-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const tls = () => ({
  certificate: join(folder, 'server.pem'),
  privateKey: { file: join(folder, 'server.key') },
  clientCertificates: 'request' as const,
})

// As renewal tools do it: a new file takes the place of the old one.
function put(name: string, text: string, mode = 0o600): void {
  const path = join(folder, name)
  writeFileSync(`${path}.new`, text, { mode })
  renameSync(`${path}.new`, path)
}

async function load(now: Date = at): Promise<TlsPair> {
  return await loadTlsPair(tls(), { env: {}, readFile, now })
}

describe('a pair', () => {
  it('is taken where the key is that of the certificate, at any time within its dates', async () => {
    put('server.pem', first.pem + ca.pem)
    put('server.key', first.privateKeyPem)
    const { notBefore, notAfter } = first.certificate
    expect((await load()).notAfter).toEqual(notAfter)
    await load(notBefore)
    await load(notAfter)
    await expect(load(new Date(notAfter.getTime() + 1_000))).rejects.toMatchObject({
      code: 'ERR_CONFIG_VALUE',
    })
    await expect(load(new Date(notBefore.getTime() - 1_000))).rejects.toMatchObject({
      code: 'ERR_CONFIG_VALUE',
    })
  })

  it.each([
    ['another key', (): string => second.privateKeyPem, 0o600, 'ERR_CONFIG_VALUE'],
    ['no key', (): string => first.pem, 0o600, 'ERR_CONFIG_SECRET'],
    ['an empty file', (): string => '', 0o600, 'ERR_CONFIG_SECRET'],
    ['a key that others may read', (): string => first.privateKeyPem, 0o644, 'ERR_CONFIG_SECRET'],
  ] as const)('is refused with %s', async (_, key, mode, code) => {
    put('server.pem', first.pem)
    put('server.key', key(), mode)
    const error: unknown = await load().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect(String(error)).not.toMatch(/BEGIN|MII|MIG/u)
  })

  it('is refused without a certificate', async () => {
    put('server.key', first.privateKeyPem)
    await expect(load()).rejects.toMatchObject({ code: 'ERR_CONFIG_FILE' })
    put('server.pem', first.privateKeyPem)
    await expect(load()).rejects.toMatchObject({ code: 'ERR_CONFIG_VALUE' })
  })
})

describe('a watch', () => {
  let shown: string[]
  let outcomes: string[]
  let log: FakeLog

  async function watch(): Promise<TlsWatch> {
    put('server.pem', first.pem)
    put('server.key', first.privateKeyPem)
    shown = []
    outcomes = []
    log = fakeLog()
    return await watchTlsPair({
      tls: tls(),
      pair: await load(),
      listener: { setPair: ({ cert }) => void shown.push(cert) },
      inputs: { env: {}, readFile },
      wall: () => at,
      log,
      metrics: { tlsReload: (outcome) => void outcomes.push(outcome) },
    })
  }

  it('does nothing while nothing changes', async () => {
    const { look, reload } = await watch()
    await look()
    await reload()
    expect([shown, outcomes]).toEqual([[], []])
  })

  it('shows a new pair, after the half of one was not used', async () => {
    const { look } = await watch()
    put('server.pem', second.pem)
    await look()
    await look()
    expect([shown, outcomes]).toEqual([[], ['refused']])
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { code: 'ERR_CONFIG_VALUE' } })
    put('server.key', second.privateKeyPem)
    await look()
    await look()
    expect([shown, outcomes]).toEqual([[second.pem], ['refused', 'taken']])
  })

  it('goes on with the old pair where the files vanish, and takes up the new one', async () => {
    const { look, notAfter } = await watch()
    rmSync(join(folder, 'server.pem'))
    await look()
    expect([shown, outcomes]).toEqual([[], ['refused']])
    expect(notAfter()).toBe(first.certificate.notAfter.getTime() / 1000)
    put('server.key', second.privateKeyPem)
    put('server.pem', second.pem)
    await look()
    expect(shown).toEqual([second.pem])
  })

  it('does not show a pair that has expired', async () => {
    const { look } = await watch()
    const expired = await ca.issue({
      dns: ['id.example'],
      notBefore: new Date('2026-01-01'),
      notAfter: new Date('2026-02-01'),
    })
    put('server.key', expired.privateKeyPem)
    put('server.pem', expired.pem)
    await look()
    expect([shown, outcomes]).toEqual([[], ['refused']])
  })
})
