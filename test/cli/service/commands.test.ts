// The commands of the service against a real one on this machine: tokens, policies, grants, keys, refusals.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../run-command.ts'
import { startTestService, type TestService } from './running.ts'

let service: TestService

beforeAll(async () => {
  service = await startTestService()
})

afterAll(async () => {
  await service.remove()
})

const at = (name: string): string => join(service.folder, name)

describe('login', () => {
  test('stdout has the token alone, and resource servers verify it', async () => {
    const { exit, out, err } = await service.login()
    expect({ exit, err }).toEqual({
      exit: 0,
      err: 'ingam: note: a Bearer token, for 300 s, scope read write\n',
    })
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/u)
    const keys = createRemoteJWKSet(new URL(`${service.url}/jwks`))
    const { payload } = await jwtVerify(out.trim(), keys, {
      issuer: service.url,
      audience: 'https://api.example',
      typ: 'at+jwt',
    })
    expect(payload).toMatchObject({ sub: 'uri:spiffe://ingam.example/client', scope: 'read write' })
  })

  test('it can be looked at with inspect', async () => {
    const { out } = await service.login()
    const shown = await service.run(['inspect', '-'], { input: Buffer.from(out) })
    expect(shown).toMatchObject({ exit: 0 })
    expect(shown.out).toContain('at+jwt')
    expect(shown.out).toContain('https://api.example')
  })

  test('less can be asked for, with the whole answer as JSON', async () => {
    const { exit, out, err } = await service.login(
      '--scope',
      'read',
      '--resource',
      'https://api.example',
      '--json',
    )
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'read' })
  })

  test('more than is granted is a no, and the audit log has it under the id that is shown', async () => {
    const { exit, out, err } = await service.login('--scope', 'everything')
    expect({ exit, out }).toEqual({ exit: 1, out: '' })
    expect(err).toContain('ingam: error: invalid_scope')
    const { id = '' } = /ingam audit tail --request (?<id>\S+)/u.exec(err)?.groups ?? {}
    const tail = await service.run(['audit', 'tail', '--request', id])
    expect(tail).toMatchObject({ exit: 0 })
    expect(tail.out).toContain('token.refused')
    expect(tail.out).toContain('profiles.client.scope')
  })

  test('a stranger with the same names gets nothing', async () => {
    await runCommand(['ca', 'init', '--out', at('stranger-ca'), '--name', 'Ingam development CA'])
    const issue = ['--uri', 'spiffe://ingam.example/client', '--out', at('stranger')]
    await runCommand(['ca', 'issue', '--ca', at('stranger-ca'), ...issue])
    const files = ['--cert', at('stranger/cert.pem'), '--key', at('stranger/key.pem')]
    const { exit, out, err } = await service.run(['login', ...files])
    expect({ exit, out }).toEqual({ exit: 1, out: '' })
    expect(err).toContain('invalid_grant')
  })

  test('an issuer under another name is not the service', async () => {
    const elsewhere = service.url.replace('127.0.0.1', 'localhost')
    const { exit, err } = await service.login('--service', elsewhere)
    expect(exit).toBe(1)
    expect(err).toContain(`issuer: expected ${elsewhere}, found ${service.url}`)
  })

  test('a token that is bound where the policy says so, and nowhere else', async () => {
    expect((await service.login('--dpop')).exit).toBe(1)
    const bound = readFileSync(service.paths.policy, 'utf8').replace('binding: none', 'binding: dpop')
    writeFileSync(at('bound.yaml'), bound)
    expect(await service.run(['policy', 'apply', at('bound.yaml')])).toMatchObject({ exit: 0 })
    const unbound = await service.login()
    expect(unbound).toMatchObject({ exit: 1, out: '' })
    const { exit, out, err } = await service.login('--dpop')
    expect({ exit, err: err.split(',')[0] }).toEqual({ exit: 0, err: 'ingam: note: a DPoP token' })
    expect(decodeJwt(out.trim())['cnf']).toEqual({ jkt: expect.stringMatching(/^[\w-]{43}$/u) })
    await service.run(['policy', 'apply', service.paths.policy])
  })

  test('a client that speaks for itself', async () => {
    const client = `clients:
  billing:
    authentication: private_key_jwt
    trustAnchor: development
    certificate: { san_uri: 'spiffe://ingam.example/client' }
    grants: [client_credentials]
profiles:
`
    const policy = readFileSync(service.paths.policy, 'utf8').replace('profiles:\n', client)
    writeFileSync(at('client.yaml'), policy)
    expect(await service.run(['policy', 'apply', at('client.yaml')])).toMatchObject({ exit: 0 })
    const speaking = ['--grant', 'client_credentials', '--client']
    const { exit, out } = await service.login(...speaking, 'billing')
    expect({ exit, claims: decodeJwt(out.trim()) }).toMatchObject({
      exit: 0,
      claims: { sub: 'billing', client_id: 'billing' },
    })
    expect(await service.login(...speaking, 'another')).toMatchObject({ exit: 1, out: '' })
    await service.run(['policy', 'apply', service.paths.policy])
  })

  test('usage', async () => {
    const files = ['--cert', service.paths.certificate, '--key', service.paths.key]
    expect(await runCommand(['login', ...files])).toMatchObject({ exit: 2 })
    expect(await runCommand(['login', ...files, '--service', 'http://tokens.example'])).toMatchObject({
      exit: 2,
    })
    expect(await service.login('--grant', 'client_credentials')).toMatchObject({ exit: 2 })
    expect(await service.login('--mtls')).toMatchObject({ exit: 2 })
  })
})

describe('policy', () => {
  test('show prints what was applied; an earlier version can be had', async () => {
    const { version } = JSON.parse((await service.run(['policy', 'show', '--json'])).out) as {
      version: number
    }
    const { exit, out, err } = await service.run(['policy', 'show'])
    expect({ exit, out }).toEqual({ exit: 0, out: readFileSync(service.paths.policy, 'utf8') })
    expect(err).toContain(`ingam: note: version ${version}  `)
    expect((await service.run(['policy', 'show', '--of', '1'])).err).toContain('version 1  ')
    expect((await service.run(['policy', 'show', '--versions'])).out.trim().split('\n')).toHaveLength(version)
  })

  test('diff says what it changes, and warns of what it gives more', async () => {
    const wider = readFileSync(service.paths.policy, 'utf8').replace('[read, write]', '[read, write, erase]')
    writeFileSync(at('wider.yaml'), wider)
    const { exit, out, err } = await service.run(['policy', 'diff', at('wider.yaml')])
    expect({ exit, out }).toEqual({ exit: 0, out: '+ profiles.client.scope: erase\n' })
    expect(err).toMatch(/^ingam: warning: widens: profiles.client.scope/u)
    expect((await service.run(['policy', 'diff', service.paths.policy])).err).toContain('say the same')
  })

  test('apply counts against the version that was looked at, and no other', async () => {
    const stale = await service.run(['policy', 'apply', service.paths.policy, '--replaces', '1'])
    expect(stale).toMatchObject({ exit: 1, out: '' })
    expect(stale.err).toContain('ERR_POLICY_CONFLICT')
    const fresh = await service.run(['policy', 'apply', service.paths.policy, '--comment', 'once more'])
    expect(fresh).toMatchObject({ exit: 0 })
    expect(fresh.out).toMatch(/^\d+\n$/u)
    expect((await service.run(['policy', 'show'])).err).toContain(': once more')
  })

  test('what is no policy is said before it is sent', async () => {
    writeFileSync(at('broken.yaml'), 'version: 2\n')
    const { exit, err } = await service.run(['policy', 'apply', at('broken.yaml')])
    expect(exit).toBe(3)
    expect(err).toContain('ERR_POLICY_VALUE')
  })

  test('explain asks the policy in force, and uses nothing up', async () => {
    const explain = ['policy', 'explain', '--certificate', service.paths.certificate]
    expect(await service.run(explain)).toMatchObject({ exit: 0, out: expect.stringContaining('client') })
    expect(await service.run([...explain, '--scope', 'nothing'])).toMatchObject({ exit: 1 })
    const tail = JSON.parse((await service.run(['audit', 'tail', '--limit', '1', '--json'])).out) as object
    expect(tail).not.toMatchObject({ type: 'token.issued' })
  })
})

describe('grants', () => {
  test('what a certificate got is found, ended, and blocked until it is lifted', async () => {
    const selector = ['--certificate', service.paths.certificate]
    const jti = String(decodeJwt((await service.login()).out.trim()).jti)
    expect((await service.run(['grants', 'list', ...selector])).out).toContain(`${jti}\n  state `)
    expect(await service.run(['grants', 'end', '--grant', jti, '--reason', 'tried'])).toMatchObject({
      exit: 0,
      out: '1\n',
    })
    expect((await service.run(['grants', 'end', '--grant', jti, '--reason', 'tried'])).out).toBe('0\n')

    const end = await service.run(['grants', 'end', ...selector, '--reason', 'stolen', '--block'])
    expect(end).toMatchObject({ exit: 0, err: expect.stringContaining('is blocked') })
    expect(await service.login()).toMatchObject({ exit: 1, out: '' })
    expect((await service.run(['grants', 'blocks'])).out).toContain('stolen')
    expect((await service.run(['grants', 'list', '--active'])).err).toContain('no grants')
    expect(await service.run(['grants', 'unblock', ...selector, '--reason', 'found'])).toMatchObject({
      exit: 0,
    })
    expect(await service.login()).toMatchObject({ exit: 0 })
    const identity = ['--identity', 'uri:spiffe://ingam.example/client', '--trust-anchor', 'development']
    expect(await service.run(['grants', 'end', ...identity, '--reason', 'left', '--json'])).toMatchObject({
      exit: 0,
      out: '{\n  "ended": 1,\n  "blocked": false\n}\n',
    })
  })

  test.each([
    [['grants', 'end', '--reason', 'x']],
    [['grants', 'end', '--grant', 'a', '--trust-anchor', 'b', '--reason', 'x']],
    [['grants', 'end', '--identity', 'a', '--reason', 'x']],
    [['grants', 'end', '--grant', 'a', '--block', '--reason', 'x']],
    [['grants', 'end', '--trust-anchor', 'a']],
    [['grants', 'unblock', '--reason', 'x']],
    [['keys', 'rotate']],
    [['keys', 'rotate', '--use', 'everything']],
    [['audit', 'tail', '--type', 'token.isued']],
    [['audit', 'tail', '--limit', '0']],
    [['audit', 'tail', '--limit', '1001']],
  ])('%j is wrong usage, and nothing is sent', async (args) => {
    const fetch = (): Promise<Response> => Promise.reject(new Error('something was sent'))
    expect(await service.run(args, { fetch })).toMatchObject({ exit: 2, out: '' })
  })
})

describe('keys', () => {
  test('list shows them; rotate makes one, which is published before it signs', async () => {
    const { out } = await service.run(['keys', 'list'])
    expect(out).toMatch(/^access-token {2}active {3}ES256 /mu)
    expect(out).toMatch(/^audit {9}active /mu)
    const kid = (await service.run(['keys', 'rotate', '--use', 'access-token'])).out.trim()
    expect((await service.run(['keys', 'list'])).out).toMatch(new RegExp(`next .*${kid}`, 'u'))
    expect(out).not.toMatch(/PRIVATE|"d"/u)
  })
})

describe('who may', () => {
  test("a workload's certificate is no administrator's", async () => {
    const workload = { INGAM_ADMIN_CERT: service.paths.certificate, INGAM_ADMIN_KEY: service.paths.key }
    const { exit, out, err } = await service.run(['keys', 'list'], { env: workload })
    expect({ exit, out }).toEqual({ exit: 1, out: '' })
    expect(err).toContain('ERR_ADMIN_TOKEN')
    expect(err).toContain('under the request id')
  })

  test("an administrator's certificate gets no access token", async () => {
    const files = ['--cert', service.paths.adminCertificate, '--key', service.paths.adminKey]
    expect(await service.run(['login', ...files])).toMatchObject({ exit: 1, out: '' })
  })

  test('nothing is said of who asks: usage', async () => {
    expect(await runCommand(['keys', 'list', '--service', service.url])).toMatchObject({
      exit: 2,
      err: expect.stringContaining('INGAM_ADMIN_CERT'),
    })
  })

  test('nobody listens: undecided', async () => {
    const { exit, err } = await service.run(['keys', 'list', '--service', 'http://127.0.0.1:1'])
    expect(exit).toBe(4)
    expect(err).toContain('nobody listens there')
  })
})

test('neither tokens nor keys get into the log', () => {
  expect(service.log()).not.toMatch(/eyJ[\w-]+\.|PRIVATE KEY/u)
})
