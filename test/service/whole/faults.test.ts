// Files that go wrong below a service that runs: the key-encryption key, the revocation lists, the listener's certificate.
// Each is met with a refusal that has its own code, or with what was good before, and heals without a restart.

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import type { TestCertificate, TestCrlOptions } from 'ingam/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type Answer, createClient } from './support/asking.ts'
import type { ServiceFolder } from './support/folder.ts'
import { readiness, until } from './support/process.ts'
import { readState } from './support/state.ts'
import { ask, endWorlds, expectToHeal, startWorld, UNAVAILABLE, type World } from './support/world.ts'

afterEach(endWorlds)

describe('the key-encryption key', () => {
  it('that is gone, or another: nothing is signed, and what was signed can still be verified', async () => {
    const world = await startWorld()
    const { folder, service } = world
    const keys = async (): Promise<unknown> => await (await fetch(`${service.url}/jwks`)).json()
    const published = await keys()
    const kek = join(folder.path, 'kek')
    const expectFailing = async (): Promise<void> => {
      service.signal('SIGHUP')
      await until(
        async () => await readiness(service.url),
        ({ status }) => status === 503,
      )
      expect((await readiness(service.url)).parts['keys']).toEqual({
        state: 'failing',
        code: 'ERR_SERVICE_KEYS',
      })
      expect(await ask(world)).toMatchObject(UNAVAILABLE)
      expect(await keys()).toEqual(published)
    }
    renameSync(kek, `${kek}.kept`)
    await expectFailing()
    mkdirSync(kek)
    await expectFailing()
    rmSync(kek, { recursive: true })
    folder.put('kek', `${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')}\n`)
    await expectFailing()
    await expectToHeal(world, {
      part: 'keys',
      code: 'ERR_SERVICE_KEYS',
      heal() {
        renameSync(`${kek}.kept`, kek)
        service.signal('SIGHUP')
      },
    })
    expect(await keys()).toEqual(published)
  })
})

describe('revocation lists that are required', () => {
  it('refuse once they have expired, are gone or say revoked, and no longer once a good one is there', async () => {
    const world = await startWorld({
      revocation: '{ mode: require, depth: leaf }',
      yaml: 'revocation: { files: [lists] }',
      prepare: async (folder) => {
        mkdirSync(join(folder.path, 'lists'))
        await putList(folder, {})
      },
    })
    const { folder, holders } = world
    expect((await ask(world)).status).toBe(200)

    await putList(folder, { thisUpdate: inSeconds(-60), nextUpdate: inSeconds(1), crlNumber: 2 })
    expect(await untilRefused(world, 'ERR_REVOCATION_STALE')).toMatchObject(UNAVAILABLE)
    rmSync(join(folder.path, 'lists', 'ca.crl'))
    expect(await untilRefused(world, 'ERR_REVOCATION_UNKNOWN')).toMatchObject(UNAVAILABLE)
    await putList(folder, { crlNumber: 3 })
    await untilAccepted(world)

    await putList(folder, { crlNumber: 4, revoked: [holders.certificates.plain] })
    expect(await untilRefused(world, 'ERR_REVOCATION_REVOKED')).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    expect(world.service.isRunning()).toBe(true)
  })
})

async function putList({ ca, put }: ServiceFolder, options: TestCrlOptions): Promise<void> {
  put(join('lists', 'ca.crl'), (await ca.crl(options)).der)
}

function inSeconds(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000)
}

// A new assertion each time, until one is refused for this reason in the audit log.
async function untilRefused(world: World, reason: string): Promise<Answer> {
  return await until(
    async () => await ask(world),
    ({ status, body }) => status !== 200 && reasonOf(world, String(body['request_id'])) === reason,
  )
}

async function untilAccepted(world: World): Promise<void> {
  await until(
    async () => (await ask(world)).status,
    (status) => status === 200,
  )
}

function reasonOf({ folder }: World, id: string): unknown {
  const record = readState(folder).records.find(({ requestId }) => requestId === id)
  return record?.type === 'token.refused' ? record.details['reason'] : undefined
}

describe("the listener's certificate", () => {
  it('that does not fit its key is not shown; the old one is, and then a new one that fits', async () => {
    const world = await startWorld({
      issuer: 'https://localhost:8780',
      listen: 'tls: { certificate: tls.pem, privateKey: { file: tls.key } }',
      prepare: async (folder) => putPair(folder, await serverOf(folder)),
    })
    const { folder, service, holders } = world
    const tls = { ca: folder.ca.pem, servername: 'localhost' }
    const shown = async (): Promise<string> => await shownBy({ ...tls, port: service.port })
    const open = createClient(service.url, 1, tls)
    const first = await shown()
    expect(await open.ask(await holders.next('plain', ''))).toMatchObject({ status: 200 })

    const next = await serverOf(folder)
    folder.put('tls.pem', next.pem)
    service.signal('SIGHUP')
    const refused = await until(
      async () => await Promise.resolve(service.log.filter(({ level }) => level === 'error')),
      ({ length }) => length > 0,
    )
    expect(refused).toMatchObject([
      { msg: 'the new server certificate is not used', code: 'ERR_CONFIG_VALUE' },
    ])
    expect(await shown()).toBe(first)
    expect(await open.ask(await holders.next('plain', ''))).toMatchObject({ status: 200 })

    folder.put('tls.key', next.privateKeyPem)
    service.signal('SIGHUP')
    await until(shown, (fingerprint) => fingerprint === fingerprintOf(next))
    expect(first).not.toBe(fingerprintOf(next))
    const anew = createClient(service.url, 1, tls)
    for (const client of [open, anew]) {
      expect(await client.ask(await holders.next('plain', ''))).toMatchObject({ status: 200 })
      client.close()
    }
    expect(service.isRunning()).toBe(true)
  })
})

async function serverOf({ ca }: ServiceFolder): Promise<TestCertificate> {
  return await ca.issue({ name: 'server', dns: ['localhost'], extKeyUsage: [SERVER_AUTH] })
}

function putPair({ put }: ServiceFolder, { pem, privateKeyPem }: TestCertificate): void {
  put('tls.pem', pem)
  put('tls.key', privateKeyPem)
}

function fingerprintOf({ pem }: TestCertificate): string {
  return new X509Certificate(pem).fingerprint256
}

// The client of these tests checks the chain as well, or there is no connection.
async function shownBy(options: ConnectionOptions): Promise<string> {
  const socket = connect({ ...options, host: '127.0.0.1' })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerX509Certificate()?.fingerprint256 ?? ''
  } finally {
    socket.destroy()
  }
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
