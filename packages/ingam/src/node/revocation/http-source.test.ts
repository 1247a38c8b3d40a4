// Evidence over HTTP from a server on loopback: what is asked, what is taken, and every way in which a server, or somebody on
// the way to it, can fail.

import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { untyped } from '../../../../../test/support/certificate-der.ts'
import { derOf, queryFor } from '../../../../../test/support/evidence-query.ts'
import {
  type Answer,
  type EvidenceServer,
  sends,
  sendsList,
  sendsResponse,
  startEvidenceServer,
} from '../../../../../test/support/evidence-server.ts'
import { compareBytes } from '../../bytes/compare.ts'
import { writeImplicit, writeOid, writeSequence } from '../../der/writer.ts'
import { isPkiError } from '../../errors/errors.ts'
import type { EvidenceQuery } from '../../revocation/source.ts'
import { writeDistributionPoints } from '../../testing/distribution-point-writer.ts'
import {
  createFixedClock,
  createTestCa,
  type FixedClock,
  type TestCertificate,
  type TestOcspOptions,
} from '../../testing/index.ts'
import { verifyPath } from '../../verify/verify-path.ts'
import { encodeOcspRequest, parseOcspRequest } from '../../x509/ocsp.ts'
import type { HttpSourceOptions } from './http-options.ts'
import { createHttpSource, type HttpSource } from './http-source.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const HOUR = 3_600
const ca = await createTestCa({ at: AT, name: 'CA' })
const other = await createTestCa({ at: AT, name: 'Other' })
const list = await ca.crl({ nextUpdate: later(8 * HOUR) })
// Longer than what is set aside for an answer that does not say how long it is.
const long = await ca.crl({
  nextUpdate: later(8 * HOUR),
  revoked: Array.from({ length: 3_000 }, (_, index) => ({
    serialNumber: Uint8Array.of(1, index >> 8, index & 255),
  })),
})
const newer = await ca.crl({ crlNumber: 2, thisUpdate: AT, nextUpdate: later(16 * HOUR) })

let server: EvidenceServer
let leaf: TestCertificate
let about: EvidenceQuery
let response: Uint8Array
let clock: FixedClock
let ticks: (() => void)[]
const opened: HttpSource[] = []

beforeAll(async () => {
  server = await startEvidenceServer()
  leaf = await ca.issue({ crlDistributionPoints: [at('/ca.crl')], ocsp: [at('/ocsp')] })
  about = await queryFor(leaf, ca)
  response = await answerOf(leaf)
})
afterAll(async () => await server.stop())

beforeEach(() => {
  clock = createFixedClock(AT)
  ticks = []
  server.reset()
  server.answer('/ca.crl', sendsList(list.der))
  server.answer('/ocsp/', sendsResponse(response))
  server.answer('/ocsp', sendsResponse(response))
})
afterEach(() => {
  for (const source of opened.splice(0)) source.close()
})

function later(seconds: number): Date {
  return new Date(AT.getTime() + seconds * 1000)
}

function at(path: string): string {
  return `${server.origin}${path}`
}

async function answerOf(of: TestCertificate, options: TestOcspOptions = {}): Promise<Uint8Array> {
  return await ca.ocspResponse({ certificate: of, hash: 'SHA-256', ...options })
}

async function open(options: Partial<HttpSourceOptions> = {}): Promise<HttpSource> {
  const source = await createHttpSource({
    allow: [server.origin],
    loopback: 'allow',
    clock: clock.now,
    every: (_milliseconds, callback) => {
      ticks.push(callback)
      return () => ticks.splice(ticks.indexOf(callback), 1)
    },
    ...options,
  })
  opened.push(source)
  return source
}

/** What went wrong, in words. */
async function problemsOf(source: HttpSource, query: EvidenceQuery = about): Promise<readonly string[]> {
  const problems = await source.fetch(query, new AbortController().signal)
  return problems.map(({ problem }) => problem)
}

/** What was asked after a tick; it is on its way before what is asked here is answered. */
async function askedAfterTick(): Promise<readonly string[]> {
  for (const tick of ticks) tick()
  for (let count = 0; count < 3; count++) await fetch(at('/marker'))
  const asked = server.asked.filter((line) => line !== 'GET /marker')
  server.asked.splice(0, server.asked.length, ...asked)
  return asked
}

/** Whatever is under way has ended. */
async function refreshed(source: HttpSource, count: number): Promise<void> {
  for (const tick of ticks) tick()
  await vi.waitFor(() => expect(server.asked).toHaveLength(count), 20_000)
  // What was asked for in the background is joined, or was done just now.
  await problemsOf(source)
}

async function aboutOne(options: Parameters<TestCertificate['issue']>[0]): Promise<EvidenceQuery> {
  return await queryFor(await ca.issue(options), ca)
}

describe('evidence is fetched', () => {
  test('from the responder and the distribution point that the certificate names', async () => {
    const source = await open()
    expect([source.find(about), source.revision()]).toEqual([[], 0])
    expect(await problemsOf(source)).toEqual([])
    expect(derOf(source.find(about))).toEqual([response, list.der])
    expect(source.find(about).map(({ from }) => from)).toEqual([at('/ocsp'), at('/ca.crl')])
    expect(source.revision()).toBe(2)
    expect(source.status()).toMatchObject([
      {
        from: expect.stringContaining(`${at('/ocsp')} for serial number 0x`),
        kind: 'ocsp',
        state: 'ok',
        size: 1,
      },
      { from: at('/ca.crl'), kind: 'crl', state: 'ok', updatedAt: AT, nextUpdate: later(8 * HOUR), size: 0 },
    ])
  })

  test.each([
    ['ocsp', ['ocsp']],
    ['crl', ['crl']],
    ['ocsp and crl', ['ocsp', 'crl']],
  ] as const)('of the kinds that are wanted: %s', async (fetches, kinds) => {
    const source = await open({ fetches })
    await problemsOf(source)
    expect(source.find(about).map(({ kind }) => kind)).toEqual(kinds)
  })

  test('of lists alone where responses are of no use', async () => {
    const source = await open()
    await problemsOf(source, { ...about, kinds: 'crl' })
    expect(server.asked).toEqual(['GET /ca.crl'])
  })

  test('from the next address of a point or responder where one fails, and nothing is wrong then', async () => {
    const query = await aboutOne({
      crlDistributionPoints: [{ urls: ['ldap://x/', 'http://not.allowed/', at('/none'), at('/ca.crl')] }],
    })
    const source = await open()
    expect(await problemsOf(source, query)).toEqual([])
    expect(server.asked).toEqual(['GET /none', 'GET /ca.crl'])
  })

  test('from every point', async () => {
    server.answer('/2.crl', sendsList(newer.der))
    const source = await open()
    const query = await aboutOne({ crlDistributionPoints: [at('/ca.crl'), at('/2.crl')] })
    expect(await problemsOf(source, query)).toEqual([])
    expect(derOf(source.find(query))).toHaveLength(2)
  })

  test('from where a list says that its deltas are', async () => {
    const delta = await ca.crl({ crlNumber: 2, deltaCrlIndicator: 1 })
    const withDelta = await ca.crl({ freshestCrl: [at('/delta.crl')] })
    server.answer('/ca.crl', sendsList(withDelta.der))
    server.answer('/delta.crl', sendsList(delta.der))
    const source = await open({ fetches: 'crl' })
    expect(await problemsOf(source)).toEqual([])
    expect(derOf(source.find(about))).toEqual([withDelta.der, delta.der])
  })

  test('from each place of deltas once, however often it is named', async () => {
    const places = [...Array.from({ length: 8 }, () => at('/delta/0')), at('/delta/1')]
    server.answer('/ca.crl', sendsList((await ca.crl({ freshestCrl: places })).der))
    server.answer('/delta/', sendsList(list.der))
    await problemsOf(await open({ fetches: 'crl' }))
    expect(server.asked.toSorted()).toEqual(['GET /ca.crl', 'GET /delta/0', 'GET /delta/1'])
  })

  test('from a responder once, though it is named twice', async () => {
    server.answer('/ocsp/', (_request, to) => to.writeHead(500).end())
    const source = await open({ fetches: 'ocsp', ocspUrl: at('/ocsp') })
    expect(await problemsOf(source)).toEqual(['HTTP 500'])
  })

  test('from where a certificate says that deltas are', async () => {
    const delta = await ca.crl({ crlNumber: 2, deltaCrlIndicator: 1 })
    server.answer('/delta.crl', sendsList(delta.der))
    const value = writeDistributionPoints([at('/delta.crl')])
    const query = await aboutOne({ extensions: [{ oid: '2.5.29.46', value }] })
    const source = await open()
    expect(await problemsOf(source, query)).toEqual([])
    expect(derOf(source.find(query))).toEqual([delta.der])
  })

  test.each([8, 9])('from the first eight of the %i places of deltas that a list names', async (count) => {
    const places = Array.from({ length: count }, (_, index) => at(`/delta/${index}`))
    server.answer('/ca.crl', sendsList((await ca.crl({ freshestCrl: places })).der))
    server.answer('/delta/', sendsList(list.der))
    await problemsOf(await open({ fetches: 'crl' }))
    expect(server.asked).toHaveLength(1 + 8)
  })

  test('from a responder of the configuration first', async () => {
    const query = await aboutOne({})
    if (query.certIds[1] === undefined) throw new Error('no name')
    const source = await open({ ocspUrl: at('/own') })
    server.answer('/own/', sendsResponse(response))
    expect(await problemsOf(source, query)).toEqual(['the response is about another certificate'])
    expect(await problemsOf(source)).toEqual([])
    expect(server.asked.every((line) => !line.includes(' /ocsp'))).toBe(true)
  })

  const caIssuers = writeSequence(
    writeSequence(
      writeOid('1.3.6.1.5.5.7.48.2'),
      writeImplicit(6, new TextEncoder().encode('http://ca.example/ca.cer')),
    ),
  )
  test.each<readonly [string, Parameters<TestCertificate['issue']>[0]]>([
    ['no address', {}],
    ['where its issuer is', { extensions: [{ oid: '1.3.6.1.5.5.7.1.1', value: caIssuers }] }],
    ['directories', { crlDistributionPoints: ['ldap://crl.example/cn=x'], ocsp: ['ldap://ocsp.example/'] }],
  ])('for nobody who names %s', async (_, options) => {
    const source = await open()
    const query = await aboutOne(options)
    expect([await problemsOf(source, query), source.status(), server.asked]).toEqual([[], [], []])
  })
})

describe('a responder is asked', () => {
  const path = (request: Uint8Array): string =>
    `GET /ocsp/${encodeURIComponent(Buffer.from(request).toString('base64'))}`

  test.each(['SHA-256', 'SHA-1'] as const)('about the certificate as %s names it, by GET', async (hash) => {
    const source = await open({ fetches: 'ocsp', certIdHash: hash })
    server.answer('/ocsp/', sendsResponse(await answerOf(leaf, { hash })))
    expect(await problemsOf(source)).toEqual([])
    const certIds = about.certIds.filter((certId) => certId.hash === hash)
    expect(server.asked).toEqual([path(encodeOcspRequest({ certIds }))])
  })

  test('by POST where the address would be longer than 255 characters, or has a query', async () => {
    const requests: Buffer[] = []
    const records: Answer = (request, to, body) => {
      requests.push(body)
      expect(request.headers['content-type']).toBe('application/ocsp-request')
      sendsResponse(response)(request, to, body)
    }
    const request = encodeOcspRequest({ certIds: about.certIds.slice(1) })
    const encoded = encodeURIComponent(Buffer.from(request).toString('base64'))
    const room = 255 - at('/').length - encoded.length - 1
    for (const [name, method] of [
      ['o'.repeat(room), 'GET'],
      ['o'.repeat(room + 1), 'POST'],
      ['o?x=y', 'POST'],
    ] as const) {
      server.asked.length = 0
      server.answer(`/${name}`, records)
      server.answer(`/${name}/`, sendsResponse(response))
      const query = { ...about, certificate: (await ca.issue({ ocsp: [at(`/${name}`)] })).certificate }
      expect(await problemsOf(await open({ fetches: 'ocsp' }), query)).toEqual([])
      expect(server.asked[0]?.split(' ')[0]).toBe(method)
    }
    expect(requests.map((bytes) => new Uint8Array(bytes))).toEqual([request, request])
  })

  const echoes =
    (change: (nonce: Uint8Array) => Uint8Array | undefined): Answer =>
    async (_request, to, body) => {
      const { nonce = new Uint8Array(0) } = parseOcspRequest(new Uint8Array(body))
      expect(nonce).toHaveLength(32)
      const changed = change(nonce)
      const der = await answerOf(leaf, changed === undefined ? {} : { nonce: changed })
      to.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(der)
    }

  test.each<readonly [string, 'send' | 'require', Answer, readonly string[]]>([
    ['its own', 'send', echoes((nonce) => nonce), []],
    ['its own', 'require', echoes((nonce) => nonce), []],
    ['none', 'send', echoes(() => undefined), []],
    ['none', 'require', echoes(() => undefined), ['the response has no nonce']],
    [
      'another',
      'send',
      echoes((nonce) => nonce.with(0, (nonce[0] ?? 0) ^ 1)),
      ['the response has the nonce of another request'],
    ],
    [
      'a part of it',
      'require',
      echoes((nonce) => nonce.subarray(1)),
      ['the response has the nonce of another request'],
    ],
  ])('with a nonce by POST, and %s in the answer to "%s" is judged', async (_, nonce, answer, problems) => {
    server.answer('/ocsp', answer)
    const source = await open({ fetches: 'ocsp', nonce })
    expect(await problemsOf(source)).toEqual(problems)
    expect(source.find(about)).toHaveLength(problems.length === 0 ? 1 : 0)
    expect(server.asked).toEqual(['POST /ocsp'])
  })

  test('anew with another nonce each time', async () => {
    const nonces: string[] = []
    server.answer('/ocsp', async (request, to, body) => {
      nonces.push(Buffer.from(parseOcspRequest(new Uint8Array(body)).nonce ?? []).toString('hex'))
      await echoes((nonce) => nonce)(request, to, body)
    })
    const source = await open({ fetches: 'ocsp', nonce: 'require' })
    await problemsOf(source)
    clock.advance(60)
    await problemsOf(source)
    expect(new Set(nonces).size).toBe(2)
  })

  test.each(['malformedRequest', 'internalError', 'tryLater', 'sigRequired', 'unauthorized'] as const)(
    'and its answer %s is told apart',
    async (responseStatus) => {
      server.answer('/ocsp/', sendsResponse(await ca.ocspResponse({ responseStatus })))
      const source = await open({ fetches: 'ocsp' })
      expect(await problemsOf(source)).toEqual([`the responder says ${responseStatus}`])
      expect(source.find(about)).toEqual([])
      expect(source.status()).toMatchObject([
        { state: 'failing', lastError: `the responder says ${responseStatus}` },
      ])
    },
  )

  test("and another certificate's answer is not held, one among others is", async () => {
    const sibling = await ca.issue()
    for (const [der, held] of [
      [await answerOf(sibling), 0],
      [await answerOf(leaf, { hash: 'SHA-1' }), 0],
      [await answerOf(leaf, { issuer: other }), 0],
      [
        await ca.ocspResponse({
          responses: [{ certificate: sibling }, { certificate: leaf, hash: 'SHA-256' }],
        }),
        1,
      ],
    ] as const) {
      server.answer('/ocsp/', sendsResponse(der))
      const source = await open({ fetches: 'ocsp' })
      expect(await problemsOf(source)).toEqual(
        held === 1 ? [] : ['the response is about another certificate'],
      )
      expect(source.find(about)).toHaveLength(held)
    }
  })
})

describe('an answer is not taken, and the last good one serves on', () => {
  const big = new Uint8Array(70_000)
  const text =
    (status: number, headers: Readonly<Record<string, string | number>>): Answer =>
    (_request, to) =>
      to.writeHead(status, headers).end('x')
  const cases: readonly (readonly [string, Answer, string])[] = [
    ['HTTP 500', text(500, {}), 'HTTP 500'],
    ['HTTP 404', text(404, {}), 'HTTP 404'],
    ['HTTP 204', (_request, to) => to.writeHead(204).end(), 'HTTP 204'],
    [
      'HTTP 206',
      (_request, to) => to.writeHead(206, { 'content-type': 'application/pkix-crl' }).end(newer.der),
      'HTTP 206',
    ],
    ['HTTP 304', (_request, to) => to.writeHead(304).end(), 'HTTP 304'],
    [
      'a redirect within the host',
      text(302, { location: '/2.crl' }),
      'a redirect to "/2.crl" is not followed',
    ],
    ['a redirect to itself', text(301, { location: '/ca.crl' }), 'a redirect to "/ca.crl" is not followed'],
    [
      'a redirect to loopback',
      text(307, { location: 'http://127.0.0.1:1/' }),
      'a redirect to "http://127.0.0.1:1/" is not followed',
    ],
    ['a page', sends(newer.der, 'text/html; charset=utf-8'), 'content-type: expected'],
    ['a response of OCSP', sends(response, 'application/ocsp-response'), 'content-type: expected'],
    ['no type', (_request, to) => to.end(newer.der), 'found none'],
    ['garbage', sendsList(new TextEncoder().encode('<html>')), 'no revocation list: '],
    ['nothing', sendsList(new Uint8Array(0)), 'no revocation list: '],
    ['PEM', sendsList(new TextEncoder().encode(newer.pem)), 'no revocation list: '],
    ['a cut list', sendsList(newer.der.subarray(0, -1)), 'no revocation list: '],
    ['a list and a byte', sendsList(Uint8Array.of(...newer.der, 0)), 'no revocation list: '],
    ['a certificate', sendsList(ca.der), 'no revocation list: '],
    [
      'compressed',
      (_request, to) =>
        to
          .writeHead(200, { 'content-type': 'application/pkix-crl', 'content-encoding': 'gzip' })
          .end(gzipSync(newer.der)),
      'content-encoding "gzip" was not asked for',
    ],
    ['more bytes than bearable', sendsList(big), 'the answer is larger than 60000 bytes'],
    [
      'more bytes than bearable, in chunks',
      (_request, to) => {
        to.writeHead(200, { 'content-type': 'application/pkix-crl' })
        to.write(big.subarray(0, 40_000))
        to.end(big.subarray(0, 40_000))
      },
      'the answer is larger than 60000 bytes',
    ],
    [
      'a promise of more bytes than bearable',
      (_request, to) => {
        to.writeHead(200, { 'content-type': 'application/pkix-crl', 'content-length': 60_001 })
        to.write(newer.der)
      },
      'the answer is larger than 60000 bytes',
    ],
    [
      'fewer bytes than promised',
      (_request, to) => {
        to.writeHead(200, { 'content-type': 'application/pkix-crl', 'content-length': newer.der.length + 1 })
        to.write(newer.der, () => to.destroy())
      },
      'the connection ended before the answer did',
    ],
    [
      'an end before the head',
      (request) => request.socket.destroy(),
      'the connection ended before the answer did',
    ],
    ['another protocol', (request) => request.socket.end('SSH-2.0-OpenSSH\r\n'), 'the answer is not HTTP'],
    [
      'an upgrade',
      (request) =>
        request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      'the connection ended before the answer did',
    ],
  ]

  test.each(cases)('%s', async (_, answer, problem) => {
    const source = await open({ fetches: 'crl', maxCrlBytes: 60_000 })
    await problemsOf(source)
    const before = source.revision()
    server.answer('/ca.crl', answer)
    clock.advance(60)
    expect(await problemsOf(source)).toEqual([expect.stringContaining(problem)])
    expect(derOf(source.find(about))).toEqual([list.der])
    expect(source.revision()).toBe(before)
    expect(source.status()).toMatchObject([
      { state: 'failing', updatedAt: AT, lastError: expect.stringContaining(problem) },
    ])
    expect(server.asked).toEqual(['GET /ca.crl', 'GET /ca.crl'])
  })

  test.each([
    'application/pkix-crl',
    'Application/PKIX-CRL; x=y',
    'application/octet-stream',
    'application/x-pkcs7-crl',
  ])('but a list of the type %s is', async (type) => {
    server.answer('/ca.crl', sends(list.der, type))
    expect(await problemsOf(await open({ fetches: 'crl' }))).toEqual([])
  })

  test.each(['application/octet-stream', 'text/html', 'application/pkix-crl'])(
    'nor a response of OCSP of the type %s',
    async (type) => {
      server.answer('/ocsp/', sends(response, type))
      const source = await open({ fetches: 'ocsp' })
      expect(await problemsOf(source)).toEqual([
        expect.stringContaining('content-type: expected application/ocsp-response'),
      ])
    },
  )

  test('a list of as many bytes as bearable is taken, one of one more is not', async () => {
    const { length } = list.der
    expect(await problemsOf(await open({ fetches: 'crl', maxCrlBytes: length }))).toEqual([])
    expect(await problemsOf(await open({ fetches: 'crl', maxCrlBytes: length - 1 }))).toEqual([
      `the answer is larger than ${length - 1} bytes`,
    ])
  })

  test('a response of OCSP of more than 64 KiB is not', async () => {
    server.answer('/ocsp/', sendsResponse(new Uint8Array(65_536)))
    expect(await problemsOf(await open({ fetches: 'ocsp' }))).toEqual([
      expect.stringContaining('no OCSP response'),
    ])
    server.answer('/ocsp/', sendsResponse(new Uint8Array(65_537)))
    expect(await problemsOf(await open({ fetches: 'ocsp' }))).toEqual([
      'the answer is larger than 65536 bytes',
    ])
  })

  test('one that comes drop by drop is given up', async () => {
    let timer: NodeJS.Timeout | undefined
    server.answer('/ca.crl', (_request, to) => {
      to.writeHead(200, { 'content-type': 'application/pkix-crl' })
      timer = setInterval(() => to.write('0'), 10)
      to.on('close', () => clearInterval(timer))
    })
    const source = await open({ fetches: 'crl', timeoutMilliseconds: 200 })
    expect(await problemsOf(source)).toEqual(['no whole answer within 200 ms'])
  })

  test('one byte at a time, it is taken', async () => {
    server.answer('/ca.crl', (_request, to) => {
      to.writeHead(200, { 'content-type': 'application/pkix-crl' })
      for (const byte of long.der) to.write(Uint8Array.of(byte))
      to.end()
    })
    const source = await open({ fetches: 'crl' })
    expect(await problemsOf(source)).toEqual([])
    expect(derOf(source.find(about))).toEqual([long.der])
  })

  test('one whose host is never found is given up', async () => {
    const query = await aboutOne({ crlDistributionPoints: ['http://crl.example/'] })
    const options = { allow: ['http://crl.example'], timeoutMilliseconds: 50, lookup: () => undefined }
    expect(await problemsOf(await open(options), query)).toEqual(['no whole answer within 50 ms'])
  })

  test('one that never begins is given up', async () => {
    server.answer('/ca.crl', () => undefined)
    const source = await open({ fetches: 'crl', timeoutMilliseconds: 50 })
    expect(await problemsOf(source)).toEqual(['no whole answer within 50 ms'])
  })

  test('none comes from where nobody listens', async () => {
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
    const address = free.address()
    const port = typeof address === 'object' ? address?.port : 0
    await new Promise((resolve) => free.close(resolve))
    const source = await open({ allow: [`http://127.0.0.1:${port}`] })
    const query = await aboutOne({ crlDistributionPoints: [`http://127.0.0.1:${port}/`] })
    expect(await problemsOf(source, query)).toEqual(['connection refused'])
  })

  test('one of the future is not, one of an hour ahead is', async () => {
    for (const [seconds, problems] of [
      [HOUR, []],
      [HOUR + 1, ['is of the future: thisUpdate 2026-06-01T13:00:01.000Z']],
    ] as const) {
      const ahead = await ca.crl({ thisUpdate: later(seconds), nextUpdate: later(9 * HOUR) })
      server.answer('/ca.crl', sendsList(ahead.der))
      expect(await problemsOf(await open({ fetches: 'crl' }))).toEqual(problems)
    }
  })

  test("yesterday's takes nobody's place, and serves where there is nothing else", async () => {
    const old = await ca.crl({ thisUpdate: later(-48 * HOUR), nextUpdate: later(-1) })
    const source = await open({ fetches: 'crl' })
    await problemsOf(source)
    server.answer('/ca.crl', sendsList(old.der))
    clock.advance(60)
    const problem = 'has expired: nextUpdate 2026-06-01T11:59:59.000Z'
    expect([await problemsOf(source), derOf(source.find(about))]).toEqual([[problem], [list.der]])
    const empty = await open({ fetches: 'crl' })
    expect([await problemsOf(empty), derOf(empty.find(about))]).toEqual([[problem], [old.der]])

    const less = await ca.crl({ thisUpdate: later(-24 * HOUR), nextUpdate: later(-1) })
    for (const [served, held] of [
      [less, less],
      [old, less],
    ] as const) {
      server.answer('/ca.crl', sendsList(served.der))
      clock.advance(900)
      expect([await problemsOf(empty), derOf(empty.find(about))]).toEqual([[problem], [held.der]])
    }
  })
})

test.each(['ocsp', 'crl'] as const)(
  'after an old answer of %s the next is not taken from a cache',
  async (kind) => {
    const oldTimes = { thisUpdate: later(-48 * HOUR), nextUpdate: later(-1) }
    const old = kind === 'crl' ? (await ca.crl(oldTimes)).der : await answerOf(leaf, oldTimes)
    const [path, good, sendsOne] =
      kind === 'crl' ? ['/ca.crl', list.der, sendsList] : ['/ocsp/', response, sendsResponse]
    const seen: (string | undefined)[] = []
    server.answer(path, (request, to, body) => {
      const wish = request.headers['cache-control']
      seen.push(wish)
      sendsOne(wish === 'no-cache' ? good : old)(request, to, body)
    })
    const source = await open({ fetches: kind })
    expect(await problemsOf(source)).toEqual([expect.stringContaining('has expired')])
    clock.advance(5)
    expect(await problemsOf(source)).toEqual([])
    expect(derOf(source.find(about))).toContainEqual(good)
    clock.advance(60)
    await problemsOf(source)
    expect(seen).toEqual([undefined, 'no-cache', undefined])
  },
)

describe('an answer that nobody has verified makes nothing forgotten', () => {
  test('a list stays beside a newer one until its nextUpdate', async () => {
    const source = await open({ fetches: 'crl' })
    await problemsOf(source)
    server.answer('/ca.crl', sendsList(newer.der))
    clock.advance(60)
    await problemsOf(source)
    expect(derOf(source.find(about))).toEqual([newer.der, list.der])
    const last = await ca.crl({ crlNumber: 3, thisUpdate: later(HOUR), nextUpdate: later(48 * HOUR) })
    server.answer('/ca.crl', sendsList(last.der))
    clock.advance(17 * HOUR)
    await problemsOf(source)
    expect(derOf(source.find(about))).toEqual([last.der])
  })

  test('a response that the certificate is revoked stays, one of a hold and one that it is good do not', async () => {
    for (const [options, held] of [
      [{ status: 'revoked' }, 2],
      [{ status: 'revoked', reason: 'keyCompromise' }, 2],
      [{ status: 'revoked', reason: 'certificateHold' }, 1],
      [{ status: 'unknown' }, 1],
      [{}, 1],
    ] as const) {
      server.answer('/ocsp/', sendsResponse(await answerOf(leaf, { ...options, thisUpdate: later(-HOUR) })))
      const source = await open({ fetches: 'ocsp' })
      await problemsOf(source)
      server.answer('/ocsp/', sendsResponse(response))
      clock.advance(60)
      await problemsOf(source)
      expect(source.find(about)).toHaveLength(held)
      expect(derOf(source.find(about))).toContainEqual(response)
    }
  })

  /** Whatever the address answers next is taken over. */
  async function arrives(source: HttpSource, path: string, answer: Answer): Promise<void> {
    server.answer(path, answer)
    clock.advance(60)
    await problemsOf(source)
  }

  function markVerified(source: HttpSource, der: Uint8Array): void {
    for (const held of source.find(about))
      if (compareBytes(derOf([held])[0] ?? der, der) === 0) source.markVerified(held)
  }

  test('a list that has verified stays, however many come after it, until a verified one of its scope', async () => {
    const users = await ca.crl({
      crlNumber: 4,
      thisUpdate: later(30),
      nextUpdate: later(8 * HOUR),
      issuingDistributionPoint: { onlyContainsUserCerts: true },
    })
    const forged = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const { der } = await ca.crl({
          crlNumber: 9,
          thisUpdate: later(HOUR + number),
          nextUpdate: later(8 * HOUR),
        })
        return der
      }),
    )
    const source = await open({ fetches: 'crl' })
    await problemsOf(source)
    markVerified(source, list.der)
    await arrives(source, '/ca.crl', sendsList(users.der))
    markVerified(source, users.der)
    for (const der of forged) await arrives(source, '/ca.crl', sendsList(der))
    const [, , last] = forged
    expect(derOf(source.find(about))).toEqual([last, forged[1], users.der, list.der])
    markVerified(source, last ?? list.der)
    await arrives(source, '/ca.crl', sendsList(newer.der))
    expect(derOf(source.find(about))).toEqual([newer.der, last, forged[1], users.der])
  })

  test('a hold that has verified stays beside an older answer that it is good, and goes with a newer one', async () => {
    const [old, hold, forged, lifted] = await Promise.all([
      answerOf(leaf, { thisUpdate: later(-2 * HOUR), nextUpdate: later(HOUR) }),
      answerOf(leaf, {
        status: 'revoked',
        reason: 'certificateHold',
        thisUpdate: later(-HOUR),
        nextUpdate: later(HOUR),
      }),
      answerOf(leaf, { thisUpdate: later(-60), nextUpdate: later(2 * HOUR) }),
      answerOf(leaf, { thisUpdate: later(-30), nextUpdate: later(HOUR) }),
    ])
    const source = await open({ fetches: 'ocsp' })
    await arrives(source, '/ocsp/', sendsResponse(hold))
    markVerified(source, hold)
    await arrives(source, '/ocsp/', sendsResponse(forged))
    await arrives(source, '/ocsp/', sendsResponse(old))
    expect(derOf(source.find(about))).toEqual([old, hold])
    markVerified(source, old)
    expect(derOf(source.find(about))).toEqual([old, hold])
    await arrives(source, '/ocsp/', sendsResponse(lifted))
    expect(derOf(source.find(about))).toEqual([lifted, hold])
    const before = source.revision()
    markVerified(source, lifted)
    expect(derOf(source.find(about))).toEqual([lifted])
    expect(source.revision()).toBeGreaterThan(before)
    await arrives(source, '/ocsp/', sendsResponse(old))
    expect(derOf(source.find(about))).toEqual([old, lifted])
    clock.advance(2 * HOUR)
    const current = await answerOf(leaf, { thisUpdate: later(HOUR), nextUpdate: later(4 * HOUR) })
    await arrives(source, '/ocsp/', sendsResponse(current))
    expect(derOf(source.find(about))).toEqual([current])
  })

  test('a path stays refused while forgeries of a stranger and old answers come in', async () => {
    const stranger = await createTestCa({ at: AT, name: 'CA' })
    const forge = async (seconds: number): Promise<Uint8Array> =>
      (await stranger.crl({ crlNumber: seconds, thisUpdate: later(seconds), nextUpdate: later(9 * HOUR) }))
        .der
    const { serialNumber } = leaf.certificate
    const revoked = [{ serialNumber, reason: 'certificateHold' as const }]
    const held = await ca.crl({ crlNumber: 5, thisUpdate: later(-10), nextUpdate: later(8 * HOUR), revoked })
    const source = await open({ fetches: 'crl' })
    const problem = async (): Promise<unknown> => {
      const revocation = { mode: 'prefer', sources: [source] } as const
      const question = {
        leaf: leaf.certificate,
        trustAnchors: [ca.certificate],
        purpose: 'clientAuth' as const,
        revocation,
      }
      return await verifyPath({ ...question, at: clock.now() }).then(
        () => 'accepted',
        (error: unknown) => (isPkiError(error) ? error.code : error),
      )
    }
    server.answer('/ca.crl', sendsList(held.der))
    expect(await problem()).toBe('ERR_REVOCATION_REVOKED')
    for (const der of [await forge(20), await forge(30), await forge(40), list.der]) {
      await arrives(source, '/ca.crl', sendsList(der))
      expect(await problem()).toBe('ERR_REVOCATION_REVOKED')
    }
    const lifted = await ca.crl({ crlNumber: 6, thisUpdate: later(200), nextUpdate: later(8 * HOUR) })
    await arrives(source, '/ca.crl', sendsList(lifted.der))
    expect(await problem()).toBe('accepted')
  })

  test('the same answer again is no change', async () => {
    const source = await open()
    await problemsOf(source)
    const before = source.revision()
    clock.advance(60)
    expect(await problemsOf(source)).toEqual([])
    expect(server.asked).toHaveLength(4)
    expect(source.revision()).toBe(before)
    expect(source.status()[1]).toMatchObject({ updatedAt: later(60) })
  })
})

describe('nothing is asked', () => {
  test('that is not in the allow list', async () => {
    const source = await open({ allow: ['http://127.0.0.1:1'] })
    const problems = await source.fetch(about, new AbortController().signal)
    const problem = `${server.origin} is not in the allow list`
    expect(problems).toEqual([
      { from: at('/ocsp'), problem },
      { from: at('/ca.crl'), problem },
    ])
    expect([server.asked, source.status()]).toEqual([[], []])
  })

  test('on this machine unless the configuration says so', async () => {
    const source = await open({ loopback: 'refuse', fetches: 'crl' })
    expect(await problemsOf(source)).toEqual(["127.0.0.1 is this machine's own address"])
    expect(server.asked).toEqual([])
  })

  test.each([
    ["this machine's own", '127.0.0.1', "this machine's own address"],
    ['a metadata service', '169.254.169.254', 'never asked'],
    ['its form in IPv6', '::ffff:169.254.169.254', 'never asked'],
  ])('where a name that is allowed leads to %s', async (_, address, problem) => {
    const { port } = new URL(server.origin)
    const url = `http://crl.example:${port}/ca.crl`
    const query = await aboutOne({ crlDistributionPoints: [url] })
    const lookup: HttpSourceOptions['lookup'] = (_hostname, _options, callback) =>
      callback(null, [{ address, family: address.includes(':') ? 6 : 4 }])
    const options = { allow: [`http://crl.example:${port}`], lookup, fetches: 'crl' } as const
    const source = await open({ ...options, loopback: 'refuse' })
    expect(await problemsOf(source, query)).toEqual([expect.stringMatching(`^crl.example: .*${problem}`)])
    expect(server.asked).toEqual([])
    if (address !== '127.0.0.1') return
    expect(await problemsOf(await open(options), query)).toEqual([])
  })

  test('with credentials, cookies or a language of its own', async () => {
    let headers: unknown
    server.answer('/ca.crl', (request, to, body) => {
      headers = request.headers
      sendsList(list.der)(request, to, body)
    })
    await problemsOf(await open({ fetches: 'crl' }))
    expect(headers).toEqual({
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'ingam',
      host: server.origin.slice('http://'.length),
      connection: 'close',
    })
  })

  test('after the source was closed, and what is under way ends', async () => {
    server.answer('/ca.crl', () => undefined)
    const source = await open({ fetches: 'crl' })
    const fetching = problemsOf(source)
    await vi.waitFor(() => expect(server.asked).toHaveLength(1))
    source.close()
    expect(await fetching).toEqual(['the source was closed'])
    expect(ticks).toEqual([])
    clock.advance(HOUR)
    expect(await problemsOf(source)).toEqual(['the source was closed'])
    expect(server.asked).toHaveLength(1)
  })

  test('after the source was closed, which is no failure of what it holds', async () => {
    const source = await open({ fetches: 'crl' })
    await problemsOf(source)
    source.close()
    clock.advance(HOUR)
    expect(await problemsOf(source)).toEqual(['the source was closed'])
    expect(source.status()).toMatchObject([{ state: 'ok' }])
    expect(derOf(source.find(about))).toEqual([list.der])
  })
})

describe('how often', () => {
  test('a thousand who ask at the same time are served by one request', async () => {
    const source = await open()
    const all = await Promise.all(Array.from({ length: 1_000 }, () => problemsOf(source)))
    expect(all.flat()).toEqual([])
    expect(server.asked.map((line) => line.slice(0, 9)).sort()).toEqual(['GET /ca.c', 'GET /ocsp'])
  })

  test('an address is not asked again within the shortest interval, and is after it', async () => {
    const source = await open({ fetches: 'crl' })
    for (const [seconds, count] of [
      [0, 1],
      [0, 1],
      [59, 1],
      [1, 2],
    ] as const) {
      clock.advance(seconds)
      expect(await problemsOf(source)).toEqual([])
      expect(server.asked).toHaveLength(count)
    }
  })

  test('after a failure the last problem is told at once, for longer each time, until an answer comes', async () => {
    const source = await open({ fetches: 'crl' })
    server.answer('/ca.crl', (_request, to) => to.writeHead(500).end())
    let count = 0
    for (let failures = 1; failures <= 4; failures++) {
      expect(await problemsOf(source)).toEqual(['HTTP 500'])
      expect(server.asked).toHaveLength(++count)
      clock.advance(2.5 * 2 ** (failures - 1) - 0.001)
      expect(await problemsOf(source)).toEqual(['HTTP 500'])
      expect(server.asked).toHaveLength(count)
      clock.advance(2.5 * 2 ** (failures - 1) + 0.002)
    }
    server.answer('/ca.crl', sendsList(list.der))
    expect(await problemsOf(source)).toEqual([])
    expect(source.status()).toMatchObject([{ state: 'ok' }])
    expect(source.status()[0]).not.toHaveProperty('lastError')
    server.answer('/ca.crl', (_request, to) => to.writeHead(500).end())
    clock.advance(60)
    await problemsOf(source)
    clock.advance(5.001)
    await problemsOf(source)
    expect(server.asked).toHaveLength(count + 3)
  })

  test('a clock that was set back does not make a failure last', async () => {
    const source = await open({ fetches: 'crl' })
    server.answer('/ca.crl', (_request, to) => to.writeHead(500).end())
    await problemsOf(source)
    clock.advance(-24 * HOUR)
    await problemsOf(source)
    expect(server.asked).toHaveLength(2)
  })

  test('before it expires evidence is fetched anew by itself, as long as somebody uses it', async () => {
    const source = await open({ fetches: 'crl', refreshForSeconds: 6 * HOUR })
    await problemsOf(source)
    expect(source.status()[0]?.nextRefresh?.getTime()).toBeGreaterThanOrEqual(later(5.6 * HOUR).getTime())
    clock.advance(5.6 * HOUR - 1)
    expect(await askedAfterTick()).toHaveLength(1)
    server.answer('/ca.crl', sendsList(newer.der))
    source.find(about)
    clock.advance(0.8 * HOUR + 1)
    await refreshed(source, 2)
    expect(derOf(source.find(about))).toContainEqual(newer.der)
    expect(source.status()).toMatchObject([{ state: 'ok', updatedAt: later(6.4 * HOUR) }])

    // From here on nobody uses it.
    clock.advance(6 * HOUR + 1)
    clock.advance(5 * HOUR)
    expect(await askedAfterTick()).toHaveLength(2)
  })

  test('what fails by itself is tried again by itself', async () => {
    const source = await open({ fetches: 'crl' })
    server.answer('/ca.crl', (_request, to) => to.writeHead(500).end())
    await problemsOf(source)
    expect(await askedAfterTick()).toHaveLength(1)
    server.answer('/ca.crl', sendsList(list.der))
    clock.advance(5)
    for (const tick of ticks) tick()
    await vi.waitFor(() => expect(derOf(source.find(about))).toEqual([list.der]), 20_000)
  })

  test('nobody waits longer than the signal says, and what is under way goes on', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.answer('/ca.crl', async (request, to, body) => {
      await promise
      sendsList(list.der)(request, to, body)
    })
    const source = await open({ fetches: 'crl' })
    const waiting = new AbortController()
    const fetching = source.fetch(about, waiting.signal)
    await vi.waitFor(() => expect(server.asked).toHaveLength(1))
    expect(source.status()).toEqual([{ from: at('/ca.crl'), kind: 'crl', state: 'waiting', size: 0 }])
    waiting.abort()
    expect(await fetching).toEqual([{ from: 'network', problem: 'no answer as long as anybody waited' }])
    resolve()
    await vi.waitFor(() => expect(source.find(about)).toHaveLength(1), 20_000)
    expect(await source.fetch(about, AbortSignal.abort())).toHaveLength(1)
  })
})

describe('bounds', () => {
  async function many(count: number): Promise<readonly EvidenceQuery[]> {
    const urls = Array.from({ length: count }, (_, index) => at(`/many/${index}`))
    return await Promise.all(urls.map(async (url) => await aboutOne({ crlDistributionPoints: [url] })))
  }

  test('so many requests at a time, so many that wait, and one more is given up', async () => {
    let running = 0
    let most = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    server.answer('/many/', async (request, to, body) => {
      most = Math.max(most, ++running)
      await promise
      running--
      sendsList(list.der)(request, to, body)
    })
    const source = await open({ maxConcurrent: 2, maxWaiting: 3 })
    const queries = await many(6)
    const fetching = queries.map(async (query) => await problemsOf(source, query))
    expect(await fetching[5]).toEqual(['too many requests wait for their turn'])
    await vi.waitFor(() => expect(running).toBe(2))
    resolve()
    expect((await Promise.all(fetching.slice(0, 5))).flat()).toEqual([])
    expect([most, server.asked.length]).toEqual([2, 5])
    // It was not a failure of the address.
    expect(await problemsOf(source, queries[5])).toEqual([])
  })

  test('so many addresses: beyond, the one goes that was of use the longest time ago', async () => {
    server.answer('/many/', (request, to, body) => sendsList(list.der)(request, to, body))
    const source = await open({ maxHeld: 2 })
    const [first, second, third] = await many(3)
    for (const query of [first, second, first, third]) {
      clock.advance(1)
      expect(await problemsOf(source, query)).toEqual([])
    }
    expect(source.status().map(({ from }) => from)).toEqual([at('/many/0'), at('/many/2')])
    expect(source.find(about)).toHaveLength(2)
  })

  test('an address that is being asked does not go, and another finds no place', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.answer('/many/0', async (request, to, body) => {
      await promise
      sendsList(list.der)(request, to, body)
    })
    server.answer('/many/1', sendsList(list.der))
    const source = await open({ maxHeld: 1 })
    const [first, second] = await many(2)
    const fetching = problemsOf(source, first)
    await vi.waitFor(() => expect(server.asked).toHaveLength(1))
    expect(await problemsOf(source, second)).toEqual(['too many requests wait for their turn'])
    resolve()
    expect(await fetching).toEqual([])
    expect(await problemsOf(source, second)).toEqual([])
    expect(source.status().map(({ from }) => from)).toEqual([at('/many/1')])
  })

  test('so many bytes, what was replaced not counted any more', async () => {
    const lists = await Promise.all(
      [1, 2, 3, 4].map(async (crlNumber) => (await ca.crl({ crlNumber, thisUpdate: later(crlNumber) })).der),
    )
    const longest = Math.max(...lists.map(({ length }) => length))
    server.answer('/many/0', sendsList(list.der))
    const source = await open({ maxHeldBytes: list.der.length + 2 * longest })
    const [first, second] = await many(2)
    await problemsOf(source, first)
    for (const der of lists) {
      server.answer('/many/1', sendsList(der))
      expect(await problemsOf(source, second)).toEqual([])
      clock.advance(60)
    }
    expect(derOf(source.find(about)).toSorted(compareBytes)).toEqual(
      [list.der, ...lists.slice(2)].toSorted(compareBytes),
    )
  })

  test('so many bytes: at the bound, and one past it', async () => {
    server.answer('/many/', (request, to, body) => sendsList(list.der)(request, to, body))
    const queries = await many(3)
    for (const [maxHeldBytes, held] of [
      [3 * list.der.length, 3],
      [3 * list.der.length - 1, 2],
      [list.der.length, 1],
    ] as const) {
      const source = await open({ maxHeldBytes })
      for (const query of queries) {
        clock.advance(1)
        expect(await problemsOf(source, query)).toEqual([])
      }
      expect(source.find(about)).toHaveLength(held)
      expect(source.status().at(-1)).toMatchObject({ from: at('/many/2'), state: 'ok' })
    }
    const source = await open({ maxHeldBytes: list.der.length - 1 })
    expect(await problemsOf(source, queries[0])).toEqual(['no room to hold it'])
    expect(source.find(about)).toEqual([])
  })
})

describe('a call is wrong with', () => {
  test.each([
    ['nothing', undefined, 'ERR_ARG_TYPE'],
    ['no allow list', {}, 'ERR_ARG_VALUE'],
    ['a misspelt option', { allow: ['http://a'], nonces: 'send' }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['another nonce stance', { allow: ['http://a'], nonce: true }, 'ERR_ARG_VALUE'],
    ['another hash', { allow: ['http://a'], certIdHash: 'MD5' }, 'ERR_ARG_VALUE'],
    ['another kind', { allow: ['http://a'], fetches: 'all' }, 'ERR_ARG_VALUE'],
    ['another stance on loopback', { allow: ['http://a'], loopback: true }, 'ERR_ARG_VALUE'],
    ['a responder that is not allowed', { allow: ['http://a'], ocspUrl: 'http://b/' }, 'ERR_ARG_VALUE'],
    ['a responder that is no text', { allow: ['http://a'], ocspUrl: 1 }, 'ERR_ARG_TYPE'],
    ['no time', { allow: ['http://a'], timeoutMilliseconds: 0 }, 'ERR_ARG_VALUE'],
    ['no request at all', { allow: ['http://a'], maxConcurrent: 0 }, 'ERR_ARG_VALUE'],
    ['a clock that is none', { allow: ['http://a'], clock: AT }, 'ERR_ARG_TYPE'],
    ['a look-up that is none', { allow: ['http://a'], lookup: 'dns' }, 'ERR_ARG_TYPE'],
    ['an empty folder', { allow: ['http://a'], cacheFolder: '' }, 'ERR_ARG_TYPE'],
  ])('%s', async (_, options, code) => {
    await expect(createHttpSource(untyped(options))).rejects.toMatchObject({ code, name: 'ArgumentError' })
  })
})
