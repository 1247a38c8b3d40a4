// Mutual TLS by the openssl program: its CA, its certificates, its handshake. A client is who its certificate says in the
// handshake of this very connection, or nobody; a session that is taken up again never stands for a certificate.

import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  CA_EXTENSIONS,
  createOpensslPki,
  type OpensslCertificate,
  type OpensslPki,
} from '../../support/openssl-pki.ts'
import { describeWith } from '../../support/requires.ts'
import { payloadOf } from './support/asking.ts'
import { API, NAMES } from './support/folder.ts'
import { readState } from './support/state.ts'
import { endWorlds, startWorld, type World } from './support/world.ts'

interface Spoken {
  /** What s_client told of the connection. */
  readonly said: string
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

describeWith(['openssl'], 'mutual TLS by openssl', ({ openssl }) => {
  let pki: OpensslPki
  let world: World
  let gateway: OpensslCertificate
  let others: Readonly<Record<string, OpensslCertificate>>
  let own: readonly string[]

  beforeAll(async () => {
    pki = createOpensslPki(openssl)
    const root = pki.createRoot({ subject: '/CN=Workload CA', extensions: CA_EXTENSIONS })
    const stranger = pki.createRoot({ subject: '/CN=Workload CA', extensions: CA_EXTENSIONS })
    const middle = pki.issue(root, { subject: '/CN=Issuing CA', extensions: INTERMEDIATE })
    gateway = pki.issue(middle, { subject: '/CN=gateway', extensions: leaf(NAMES.gateway, 'clientAuth') })
    own = ['-cert', gateway.certificateFile, '-key', gateway.keyFile, '-cert_chain', middle.certificateFile]
    others = {
      'of another name': pki.issue(root, {
        subject: '/CN=gateway',
        extensions: leaf('other.example', 'clientAuth'),
      }),
      'of another CA of the same name': pki.issue(stranger, {
        subject: '/CN=gateway',
        extensions: leaf(NAMES.gateway, 'clientAuth'),
      }),
      'for servers alone': pki.issue(root, {
        subject: '/CN=gateway',
        extensions: leaf(NAMES.gateway, 'serverAuth'),
      }),
      'whose chain is not sent': gateway,
    }
    const server = pki.issue(root, { subject: '/CN=server', extensions: leaf('localhost', 'serverAuth') })
    world = await startWorld({
      issuer: 'https://localhost:8780',
      anchor: root.pem,
      listen: 'tls: { certificate: tls.pem, privateKey: { file: tls.key } }',
      prepare: async ({ put }) => {
        put('tls.pem', server.pem)
        put('tls.key', pki.read(server.keyFile))
        await Promise.resolve()
      },
    })
  }, HOOK_MILLISECONDS)
  afterAll(async () => {
    await endWorlds()
    pki.remove()
  })

  // A connection of its own: handshake, one request, its answer.
  async function speak(...options: readonly string[]): Promise<Spoken> {
    const target = ['-connect', `127.0.0.1:${world.service.port}`, '-servername', 'localhost']
    const child = spawn(openssl, ['s_client', ...target, '-ign_eof', ...options], {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 20_000,
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
    }
    child.stdin.end(REQUEST)
    await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
    // The body is followed by whatever s_client tells next.
    const [, status, body] = /^HTTP\/1\.1 (\d{3}) [\s\S]*?\r\n\r\n(\{.*?\})/mu.exec(said) ?? []
    if (status === undefined || body === undefined) throw new Error(`no answer: ${said.length} characters`)
    return { said, status: Number(status), body: Object(JSON.parse(body)) }
  }

  const refused = { status: 401, body: { error: 'invalid_client' } }

  it.each(['-tls1_2', '-tls1_3'])(
    '%s: the token is bound to the certificate of the handshake',
    async (version) => {
      const { status, body } = await speak(version, ...own)
      expect([status, body]).toEqual([
        200,
        { access_token: expect.any(String), token_type: 'Bearer', expires_in: 300, scope: 'read write' },
      ])
      const claims = payloadOf(body['access_token'])
      expect(claims).toMatchObject({ sub: 'gateway', client_id: 'gateway', aud: API })
      expect(claims['cnf']).toEqual({ 'x5t#S256': thumbprintOf(gateway) })
    },
  )

  it('without a certificate nobody is a client', async () => {
    expect(await speak()).toMatchObject(refused)
  })

  it.each([
    'of another name',
    'of another CA of the same name',
    'for servers alone',
    'whose chain is not sent',
  ])('a certificate %s is nobody either', async (name) => {
    const certificate = others[name]
    if (certificate === undefined) throw new Error('no such certificate')
    const { certificateFile, keyFile } = certificate
    const spoken = await speak('-cert', certificateFile, '-key', keyFile)
    expect(spoken).toMatchObject(refused)
    expect(spoken.body['access_token']).toBeUndefined()
  })

  it.each(['-tls1_2', '-tls1_3'])(
    '%s: no session is taken up again, with the certificate or without',
    async (version) => {
      const session = pki.path(`session${version}`)
      expect((await speak(version, ...own, '-sess_out', session)).status).toBe(200)
      const again = await speak(version, ...own, '-sess_in', session)
      expect(again.status).toBe(200)
      const without = await speak(version, '-sess_in', session)
      expect(without).toMatchObject(refused)
      for (const { said } of [again, without]) {
        expect(said).toMatch(/^New, TLSv/mu)
        expect(said).not.toMatch(/^Reused, /mu)
      }
    },
  )

  it('what was issued and refused is on record', async () => {
    const { records } = readState(world.folder)
    const issued = records.filter(({ type }) => type === 'token.issued')
    expect(issued.length).toBeGreaterThan(0)
    for (const { details } of issued) expect(details).toMatchObject({ client: 'gateway', binding: 'mtls' })
    await Promise.resolve()
  })
})

// LIMIT: six key pairs and a start, on a machine that is busy with other tests.
const HOOK_MILLISECONDS = 60_000

const FORM = 'grant_type=client_credentials&client_id=gateway'
const REQUEST = [
  'POST /token HTTP/1.1',
  'Host: localhost',
  'Content-Type: application/x-www-form-urlencoded',
  `Content-Length: ${FORM.length}`,
  'Connection: close',
  '',
  FORM,
].join('\r\n')

const INTERMEDIATE = [...CA_EXTENSIONS, 'authorityKeyIdentifier=keyid']

function leaf(name: string, usage: string): readonly string[] {
  return [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    `extendedKeyUsage=${usage}`,
    'authorityKeyIdentifier=keyid',
    `subjectAltName=DNS:${name}`,
  ]
}

function thumbprintOf({ pem }: OpensslCertificate): string {
  const { fingerprint256 } = new X509Certificate(pem)
  return Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
}
