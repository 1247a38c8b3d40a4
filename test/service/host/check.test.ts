import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CheckLine, checkConfig } from '../../../packages/server/src/host/check.ts'
import { createServiceWorld, type ServiceWorld } from '../support/world.ts'

let world: ServiceWorld
beforeEach(async () => {
  world = await createServiceWorld()
})
afterEach(async () => {
  await world.remove()
})

async function check(now: Date = new Date()): Promise<readonly CheckLine[]> {
  return await checkConfig({ file: join(world.folder, 'ingam.yaml'), env: {}, readFile, now })
}

async function problems(now?: Date): Promise<readonly string[]> {
  const lines = await check(now)
  return lines.filter(({ state }) => state === 'problem').map(({ part, text }) => `${part}: ${text}`)
}

function put(name: string, text: string): void {
  writeFileSync(join(world.folder, name), text, { mode: 0o600 })
}

function yaml(lines: string, issuer = 'http://127.0.0.1:8780'): void {
  put(
    'ingam.yaml',
    `issuer: ${issuer}\nsecrets: { keyEncryptionKey: { file: kek } }\ninitialPolicy: policy.yaml\n${lines}`,
  )
}

describe('a check', () => {
  it('finds everything in order, and leaves no trace', async () => {
    rmSync(join(world.folder, 'state'), { recursive: true })
    const before = readdirSync(world.folder)
    const lines = await check()
    expect(lines.map(({ state, part }) => `${state} ${part}`)).toEqual([
      'ok configuration',
      'ok listen',
      'ok secrets.keyEncryptionKey',
      'ok state.folder',
      'ok initialPolicy',
      'ok revocation',
      'ok admin',
    ])
    expect(readdirSync(world.folder)).toEqual(before)
    expect(existsSync(join(world.folder, 'state'))).toBe(false)
  })

  it('says what is wrong with the configuration, line by line', async () => {
    put('ingam.yaml', 'listen: {}\n')
    expect(await problems()).toHaveLength(2)
    rmSync(join(world.folder, 'ingam.yaml'))
    expect(await problems()).toEqual([expect.stringContaining('no such file')])
  })

  it('looks at every part, though another is wrong', async () => {
    chmodSync(join(world.folder, 'kek'), 0o644)
    put('policy.yaml', 'version: 7\n')
    rmSync(join(world.folder, 'state'), { recursive: true })
    put('state', 'a file')
    const found = await problems()
    expect(found.map((text) => text.split(':')[0])).toEqual([
      'secrets.keyEncryptionKey',
      'state.folder',
      'initialPolicy',
    ])
  })

  it('looks at the certificate of the listener', async () => {
    const { ca } = world
    const server = await ca.issue({ dns: ['id.example'] })
    put('server.pem', server.pem)
    put('server.key', server.privateKeyPem)
    const tls =
      'listen: { host: 0.0.0.0, tls: { certificate: server.pem, privateKey: { file: server.key } } }\n'
    yaml(tls, 'https://id.example')
    expect(await problems()).toEqual([])
    expect(await problems(new Date('2040-01-01'))).toEqual([expect.stringContaining('listen.tls')])
    yaml(tls, 'https://other.example')
    expect(await problems()).toEqual([expect.stringContaining('does not name other.example')])
    put('server.key', world.workload.privateKeyPem)
    expect(await problems()).toEqual([expect.stringContaining('not that of the certificate')])
  })

  it.each([
    ['https://id.example', '', 'neither listen.tls nor behindProxy'],
    ['http://127.0.0.1:9000', '', 'the issuer is on port 9000, the listener on 8780'],
  ])('holds the issuer %s against the listener', async (issuer, lines, text) => {
    yaml(lines, issuer)
    expect(await problems()).toEqual([expect.stringContaining(text)])
  })

  it('finds a proxy in order, and a revocation file that is none out of it', async () => {
    yaml('listen: { host: 0.0.0.0, behindProxy: true }\n', 'https://id.example')
    expect(await problems()).toEqual([])
    yaml('revocation: { files: [kek] }\n')
    expect(await problems()).toEqual([expect.stringContaining('revocation: ')])
    yaml('revocation: { files: [absent] }\n')
    expect(await problems()).toHaveLength(1)
  })
})
