// The files of the listener's certificate, replaced at moments that nobody chose.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa } from 'ingam/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadTlsPair } from '../../../packages/server/src/host/tls-pair.ts'
import { type TlsWatch, watchTlsPair } from '../../../packages/server/src/host/tls-watch.ts'
import { type FakeLog, fakeLog } from '../support/fakes.ts'

const at = new Date('2026-06-01T00:00:00Z')
const ca = createTestCa({ at })
let folder: string
let now: Date
let shown: string[]
let outcomes: string[]
let log: FakeLog

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-tls-'))
  now = at
  shown = []
  outcomes = []
  log = fakeLog()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Pair = { readonly pem: string; readonly privateKeyPem: string }

function put({ pem, privateKeyPem }: Pair): void {
  writeFileSync(join(folder, 'server.pem'), pem, { mode: 0o600 })
  writeFileSync(join(folder, 'server.key'), privateKeyPem, { mode: 0o600 })
}

// The service reads the pair first, starts everything else, and only then begins to watch.
async function startWith(first: Pair, meanwhile: () => void): Promise<TlsWatch> {
  const tls = {
    certificate: join(folder, 'server.pem'),
    privateKey: { file: join(folder, 'server.key') },
    clientCertificates: 'off' as const,
  }
  put(first)
  const inputs = { env: {}, readFile }
  const pair = await loadTlsPair(tls, { ...inputs, now })
  meanwhile()
  return watchTlsPair({
    tls,
    pair,
    listener: { setPair: ({ cert }) => void shown.push(cert) },
    inputs,
    wall: () => now,
    log,
    metrics: { tlsReload: (outcome) => void outcomes.push(outcome) },
  })
}

test('a pair that was replaced while the service started is shown', async () => {
  const first = await (await ca).issue({ dns: ['id.example'] })
  const second = await (await ca).issue({ dns: ['id.example'] })
  const { look } = await startWith(first, () => put(second))
  await look()
  await look()
  expect([shown, outcomes]).toEqual([[second.pem], ['taken']])
})

test('one that was not replaced is not shown again', async () => {
  const { look } = await startWith(await (await ca).issue({ dns: ['id.example'] }), () => undefined)
  await look()
  expect([shown, outcomes, log.lines]).toEqual([[], [], []])
})

test('a pair whose first second is yet to come is told of once, and shown from that second on', async () => {
  const first = await (await ca).issue({ dns: ['id.example'] })
  const notBefore = new Date(at.getTime() + 30_000)
  const second = await (await ca).issue({ dns: ['id.example'], notBefore })
  const { look } = await startWith(first, () => put(second))
  await look()
  now = new Date(notBefore.getTime() - 1)
  await look()
  expect([shown, outcomes, log.lines.length]).toEqual([[], ['refused'], 1])
  now = notBefore
  await look()
  await look()
  expect([shown, outcomes]).toEqual([[second.pem], ['refused', 'taken']])
})
