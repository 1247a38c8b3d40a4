// The openssl program and this library agree on OCSP: its responses are read here, the requests written here are read,
// and answered, by it. No port is opened: `openssl ocsp` answers from a request and an index in files.

import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createCertId,
  encodeOcspRequest,
  parseOcspRequest,
  parseOcspResponse,
  sameCertId,
} from '../../packages/ingam/src/x509/ocsp.ts'
import {
  CA_EXTENSIONS,
  CLIENT_EXTENSIONS,
  createOpensslPki,
  type OpensslCertificate,
  type OpensslPki,
} from '../support/openssl-pki.ts'
import { describeWith } from '../support/requires.ts'

describeWith(['openssl'], 'openssl ocsp', ({ openssl }) => {
  let pki: OpensslPki
  let root: OpensslCertificate
  let responder: OpensslCertificate
  let good: OpensslCertificate
  let revoked: OpensslCertificate
  let unlisted: OpensslCertificate
  let index: string

  beforeAll(() => {
    pki = createOpensslPki(openssl)
    root = pki.createRoot({ subject: '/O=Example/CN=Root', extensions: CA_EXTENSIONS })
    responder = pki.issue(root, {
      subject: '/CN=responder',
      extensions: ['extendedKeyUsage=OCSPSigning', 'noCheck=ignored'],
    })
    good = pki.issue(root, { subject: '/CN=good', extensions: CLIENT_EXTENSIONS })
    revoked = pki.issue(root, { subject: '/CN=revoked', extensions: CLIENT_EXTENSIONS })
    unlisted = pki.issue(root, { subject: '/CN=unlisted', extensions: CLIENT_EXTENSIONS })
    index = pki.write(
      'index.txt',
      [
        `V\t360101000000Z\t\t${serialOf(good)}\tunknown\t/CN=good`,
        `R\t360101000000Z\t260501120000Z,keyCompromise\t${serialOf(revoked)}\tunknown\t/CN=revoked`,
        '',
      ].join('\n'),
    )
  })

  afterAll(() => pki.remove())

  test.each(['SHA-1', 'SHA-256'] as const)(
    'a certificate bears the name that openssl gives it: %s',
    async (hash) => {
      const request = pki.path('their-request.der')
      const digest = hash === 'SHA-1' ? '-sha1' : '-sha256'
      pki.run(
        'ocsp',
        digest,
        '-issuer',
        root.certificateFile,
        '-cert',
        good.certificateFile,
        '-reqout',
        request,
      )
      const { certIds, nonce } = parseOcspRequest(pki.read(request))
      expect(certIds).toEqual([await createCertId(good.certificate, root.certificate, hash)])
      expect(nonce?.length).toBeGreaterThanOrEqual(16)
    },
  )

  test.each(['SHA-1', 'SHA-256'] as const)(
    'our request is to openssl what its own is, to the byte: %s',
    async (hash) => {
      const theirs = pki.path('plain-request.der')
      const digest = hash === 'SHA-1' ? '-sha1' : '-sha256'
      pki.run(
        'ocsp',
        digest,
        '-no_nonce',
        '-issuer',
        root.certificateFile,
        '-cert',
        good.certificateFile,
        '-reqout',
        theirs,
      )
      const certIds = [await createCertId(good.certificate, root.certificate, hash)]
      expect(encodeOcspRequest({ certIds })).toEqual(Uint8Array.from(pki.read(theirs)))
    },
  )

  test('openssl reads our request', async () => {
    const text = pki
      .run('ocsp', '-reqin', await ask([good, revoked], Uint8Array.of(0xca, 0xfe)), '-req_text')
      .toString()
    expect(text).toContain(`Serial Number: ${serialOf(good)}`)
    expect(text).toContain(`Serial Number: ${serialOf(revoked)}`)
    expect(text).toMatch(/OCSP Nonce:\s+0402CAFE/u)
  })

  test('what openssl answers to our request is read, for each certificate', async () => {
    const nonce = new Uint8Array(32).fill(7)
    const basic = basicOf(answer(await ask([good, revoked, unlisted], nonce)))
    expect(basic).toMatchObject({ nonce, responderId: { by: 'name' }, unknownCritical: [] })
    expect(basic.responses).toMatchObject([
      { status: 'good' },
      { status: 'revoked', revocationTime: new Date('2026-05-01T12:00:00Z'), reason: 'keyCompromise' },
      { status: 'unknown' },
    ])
    const named = await Promise.all(
      [good, revoked, unlisted].map(
        async ({ certificate }) => await createCertId(certificate, root.certificate, 'SHA-1'),
      ),
    )
    for (const [place, { certId, thisUpdate, nextUpdate }] of basic.responses.entries()) {
      expect(named.map((name) => sameCertId(name, certId))).toEqual(named.map((_, other) => other === place))
      expect(nextUpdate && nextUpdate.getTime() - thisUpdate.getTime()).toBe(3_600_000)
    }
    expect(basic.certificates.map(({ der }) => der)).toEqual([responder.certificate.der])
  })

  test('a responder by key, without certificates and without nextUpdate', async () => {
    const basic = basicOf(answer(await ask([good]), { end: [], extra: ['-resp_key_id', '-resp_no_certs'] }))
    const { keyHash } = basic.responderId.by === 'key' ? basic.responderId : {}
    const byItself = await createCertId(good.certificate, responder.certificate, 'SHA-1')
    expect(keyHash).toEqual(byItself.issuerKeyHash)
    expect(basic.certificates).toEqual([])
    expect(basic.responses.map((single) => 'nextUpdate' in single)).toEqual([false])
  })

  test.each([
    [1, 'malformedRequest'],
    [2, 'internalError'],
    [3, 'tryLater'],
    [5, 'sigRequired'],
    [6, 'unauthorized'],
  ])('error %d has the name that openssl gives it: %s', (number, status) => {
    const error = Uint8Array.of(0x30, 0x03, 0x0a, 0x01, number)
    const { stdout, stderr } = pki.ask('ocsp', '-respin', pki.write('error.der', error), '-noverify')
    expect(`${stdout.toString()}${stderr}`).toContain(`Responder Error: ${status.toLowerCase()} (${number})`)
    expect(parseOcspResponse(error).status).toBe(status)
  })

  function serialOf({ certificate }: OpensslCertificate): string {
    return Buffer.from(certificate.serialNumber).toString('hex').toUpperCase().replace(/^00/u, '')
  }

  async function ask(certificates: readonly OpensslCertificate[], nonce?: Uint8Array): Promise<string> {
    const certIds = await Promise.all(
      certificates.map(async ({ certificate }) => await createCertId(certificate, root.certificate, 'SHA-1')),
    )
    return pki.write('request.der', encodeOcspRequest({ certIds, ...(nonce && { nonce }) }))
  }

  function answer(
    request: string,
    {
      end = ['-nmin', '60'],
      extra = [],
    }: { readonly end?: readonly string[]; readonly extra?: readonly string[] } = {},
  ): Uint8Array {
    const response = pki.path('response.der')
    pki.run(
      'ocsp',
      ...['-index', index, '-CA', root.certificateFile],
      ...['-rsigner', responder.certificateFile, '-rkey', responder.keyFile],
      ...['-reqin', request, '-respout', response],
      ...end,
      ...extra,
    )
    return pki.read(response)
  }

  function basicOf(der: Uint8Array) {
    const response = parseOcspResponse(der)
    if (response.status !== 'successful') throw new Error(`status ${response.status}`)
    return response.basic
  }
})
