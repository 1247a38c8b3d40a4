// A service that speaks TLS under a private CA: whom the commands trust, and tokens bound to a certificate that was shown.

import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandOutcome, runCommand } from '../run-command.ts'
import { startTestService, type TestService } from './running.ts'

let service: TestService
let ca = ''

beforeAll(async () => {
  service = await startTestService({
    scheme: 'https',
    config: (text) =>
      text.replace(
        'listen:\n',
        'listen:\n  tls: { certificate: ../tls/cert.pem, privateKey: { file: ../tls/key.pem } }\n',
      ),
    policy: (text) => text.replace('binding: none', 'binding: mtls'),
    prepare: async ({ home }) => {
      ca = join(home, 'tls-ca', 'ca.pem')
      await runCommand(['ca', 'init', '--out', join(home, 'tls-ca'), '--name', 'TLS CA'])
      const issue = ['--profile', 'server', '--ip', '127.0.0.1', '--out', join(home, 'tls')]
      expect((await runCommand(['ca', 'issue', '--ca', join(home, 'tls-ca'), ...issue])).exit).toBe(0)
    },
  })
})

afterAll(async () => {
  await service.remove()
})

async function login(...args: readonly string[]): Promise<CommandOutcome> {
  return await service.login('--tls-ca', ca, ...args)
}

describe('login', () => {
  test('a certificate that is shown in the handshake binds the token', async () => {
    const { exit, out } = await login('--mtls')
    expect(exit).toBe(0)
    const { raw } = new X509Certificate(readFileSync(service.paths.certificate))
    const thumbprint = createHash('sha256').update(raw).digest('base64url')
    expect(decodeJwt(out.trim())['cnf']).toEqual({ 'x5t#S256': thumbprint })
  })

  test('without it there is no token', async () => {
    expect(await login()).toMatchObject({ exit: 1, out: '' })
  })

  test('a CA that nobody named is not trusted, and neither is another', async () => {
    expect(await service.login('--mtls')).toMatchObject({ exit: 4, out: '' })
    expect(await service.login('--mtls', '--tls-ca', service.paths.ca)).toMatchObject({ exit: 4, out: '' })
  })

  test('a file without certificates is said', async () => {
    expect(await service.login('--tls-ca', service.paths.policy.replace('policy', 'ingam'))).toMatchObject({
      exit: 3,
    })
  })
})

describe('administration', () => {
  test('trusts what --tls-ca or INGAM_TLS_CA names', async () => {
    expect(await service.run(['keys', 'list'])).toMatchObject({ exit: 4 })
    expect(await service.run(['keys', 'list', '--tls-ca', ca])).toMatchObject({ exit: 0 })
    expect(await service.run(['keys', 'list'], { env: { INGAM_TLS_CA: ca } })).toMatchObject({ exit: 0 })
  })
})
