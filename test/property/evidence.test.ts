// Evidence of revocation, by random lists and responses. Written and read they say the same, entry by entry, as a model
// says that reads from the first to the last. Changed in any one place they are refused with a code of the catalogue, or
// read as something else: no two encodings say the same. And no verifier counts one that was changed. INGAM_RUNS sets how
// many are written (default 100), INGAM_MUTATIONS how many changes are tried of each kind (default 1,500).

import fc from 'fast-check'
import { isPkiError } from 'ingam'
import {
  createTestCa,
  type TestCrlOptions,
  type TestOcspOptions,
  type TestSingleResponse,
} from 'ingam/testing'
import { verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { TAG } from '../../packages/ingam/src/der/tag.ts'
import { writeSequence } from '../../packages/ingam/src/der/writer.ts'
import { type CertificateList, parseCrl } from '../../packages/ingam/src/x509/crl.ts'
import { CRL_REASONS, type CrlReason } from '../../packages/ingam/src/x509/crl-reason.ts'
import { REASON_FLAGS } from '../../packages/ingam/src/x509/extensions/distribution-points.ts'
import {
  type BasicOcspResponse,
  createCertId,
  parseOcspResponse,
} from '../../packages/ingam/src/x509/ocsp.ts'
import { writeRdn } from '../support/certificate-der.ts'
import { changeBytes, equalDer, mutation } from '../support/mutations.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const RUNS = Number(process.env['INGAM_RUNS'] ?? '100')
const MUTATIONS = Number(process.env['INGAM_MUTATIONS'] ?? '1500')
const TIMEOUT = 60_000 + Math.max(RUNS, MUTATIONS) * 20

const ca = await createTestCa({ at: AT })
// IA5String, which is compared byte for byte: a name in UTF-8 may change its case and stay the same name.
const strangeName = writeSequence(writeRdn('2.5.4.3', 'stranger', TAG.ia5String))
const stranger = await createTestCa({ at: AT, subjectName: strangeName })
const leaf = await ca.issue()
const other = await ca.issue({ name: 'other' })
const responder = await ca.issue({
  name: 'responder',
  extKeyUsage: ['1.3.6.1.5.5.7.3.9'],
  ocspNoCheck: true,
})
const ISSUERS = [ca, stranger] as const

const instant = fc
  .integer({ min: Date.UTC(1950, 0, 1) / 1000, max: Date.UTC(2199, 11, 31) / 1000 })
  .map((seconds) => new Date(seconds * 1000))
const reason: fc.Arbitrary<CrlReason> = fc.constantFrom(...CRL_REASONS.filter((name) => name !== undefined))
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined })

// A few, so that some stand twice; of all lengths, so that the order by which they are found is tried.
const SERIALS: readonly Uint8Array[] = [
  [0],
  [1],
  [0x7f],
  [0, 0x80],
  [1, 0],
  [0x80],
  [0x7f, ...Array.from({ length: 19 }, () => 0xff)],
].map((octets) => Uint8Array.from(octets))

const entry = fc.record({
  serialNumber: fc.constantFrom(...SERIALS),
  revocationDate: instant,
  reason: optional(reason),
  invalidityDate: optional(instant),
  certificateIssuer: optional(fc.constantFrom(0, 0, 1, 1, 1)),
})
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never

const list = fc.record({
  entries: fc.array(entry, { maxLength: 40 }),
  thisUpdate: instant,
  nextUpdate: optional(instant),
  crlNumber: optional(fc.nat()),
  base: optional(fc.nat()),
  scope: fc.constantFrom(
    'onlyContainsUserCerts',
    'onlyContainsCACerts',
    'onlyContainsAttributeCerts',
    undefined,
  ),
  someReasons: optional(fc.subarray([...REASON_FLAGS], { minLength: 1 })),
})
type List = typeof list extends fc.Arbitrary<infer T> ? T : never

describe('a list', () => {
  test('is read as it was written', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(list, async (written) => {
        const { der } = await ca.crl(crlOptionsOf(written))
        const read = parseCrl(der)
        expect(read).toMatchObject({ der, version: 2, size: written.entries.length, unknownCritical: [] })
        expect(read.thisUpdate).toEqual(written.thisUpdate)
        expect(read.nextUpdate).toEqual(written.nextUpdate)
        expect(numberOf(read.crlNumber)).toBe(written.crlNumber)
        expect(numberOf(read.deltaCrlIndicator)).toBe(written.base)
        expect(read.issuingDistributionPoint).toMatchObject({
          indirectCRL: true,
          ...(written.scope && { [written.scope]: true }),
        })
        expect(read.issuingDistributionPoint?.onlySomeReasons).toEqual(written.someReasons)
        for (const [place, issuer] of ISSUERS.entries())
          for (const serialNumber of SERIALS)
            expect(shown(read.find(issuer.certificate.subject, serialNumber))).toEqual(
              shown(lastOf(written.entries, place, serialNumber)),
            )
      }),
      { numRuns: RUNS },
    )
  })

  test('that was changed is refused, or says something else', { timeout: TIMEOUT }, async () => {
    const { der } = await ca.crl({
      ...crlOptionsOf({
        entries: SERIALS.map((serialNumber, index) => ({
          serialNumber,
          revocationDate: AT,
          // Not `unspecified`, which is also said by saying nothing.
          reason: CRL_REASONS[index + 1],
          invalidityDate: AT,
          certificateIssuer: index % 3 === 0 ? 1 : undefined,
        })),
        thisUpdate: AT,
        nextUpdate: AT,
        crlNumber: 300,
        base: 299,
        scope: 'onlyContainsUserCerts',
        someReasons: ['keyCompromise', 'aACompromise'],
      }),
      extensions: [{ oid: '1.2.3', critical: true, value: Uint8Array.of(1, 2, 3) }],
    })
    const said = contentOfList(parseCrl(der))
    expectOtherContent(der, said, /^ERR_(DER|CRL)_/u, (changed) => contentOfList(parseCrl(changed)))
  })
})

const single = fc.record({
  certificate: fc.constantFrom(leaf, other),
  hash: fc.constantFrom('SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'),
  status: fc.constantFrom('good', 'revoked', 'unknown'),
  revocationTime: instant,
  reason: optional(reason),
  thisUpdate: instant,
  nextUpdate: optional(instant),
})
type Single = typeof single extends fc.Arbitrary<infer T> ? T : never

const response = fc.record({
  singles: fc.array(single, { minLength: 1, maxLength: 5 }),
  producedAt: instant,
  nonce: optional(fc.uint8Array({ minLength: 1, maxLength: 128 })),
  isDelegated: fc.boolean(),
  responderId: fc.constantFrom('name', 'key'),
  certificates: fc.subarray([leaf, other, responder, stranger]),
})

describe('a response', () => {
  test('is read as it was written', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(response, async ({ singles, isDelegated, nonce, ...written }) => {
        const signer = isDelegated ? responder : ca
        const options: TestOcspOptions = { ...written, responder: signer, ...(nonce && { nonce }) }
        const basic = await basicOf({ ...options, responses: singles.map(singleOptionsOf) })
        const { issuerKeyHash } = await createCertId(leaf.certificate, signer.certificate, 'SHA-1')
        expect(basic).toMatchObject({
          responderId:
            written.responderId === 'key'
              ? { by: 'key', keyHash: issuerKeyHash }
              : { by: 'name', name: { der: signer.certificate.subject.der } },
          unknownCritical: [],
          certificates: written.certificates.map(({ der }) => ({ der })),
        })
        expect(basic.producedAt).toEqual(written.producedAt)
        expect(basic.nonce).toEqual(nonce)
        const said = await Promise.all(singles.map(contentOfSingle))
        expect(basic.responses.map(shown)).toEqual(said.map(shown))
      }),
      { numRuns: RUNS },
    )
  })

  test('that was changed is refused, or says something else', { timeout: TIMEOUT }, async () => {
    const der = await ca.ocspResponse({
      responses: [
        { certificate: leaf, status: 'revoked', reason: 'superseded' },
        { certificate: other, hash: 'SHA-256', nextUpdate: null },
        { certificate: responder, status: 'unknown' },
      ],
      responder,
      responderId: 'key',
      nonce: new Uint8Array(32).fill(7),
      extensions: [{ oid: '1.2.3', critical: true, value: Uint8Array.of(1, 2, 3) }],
    })
    const content = (bytes: Uint8Array) => {
      const read = parseOcspResponse(bytes)
      if (read.status !== 'successful') return shown(read.status)
      const certificates = read.basic.certificates.map((certificate) => certificate.der)
      return shown({ ...read.basic, tbsResponseData: undefined, certificates })
    }
    expectOtherContent(der, content(der), /^ERR_(DER|OCSP)_/u, content)
  })
})

describe('a verifier counts no evidence that was changed', () => {
  const shared = { leaf: leaf.der, trustAnchors: [ca.certificate], at: AT, purpose: 'clientAuth' } as const
  const judge = async (
    evidence: { readonly crls: readonly Uint8Array[] } | { readonly ocspResponses: readonly Uint8Array[] },
  ) =>
    await verifyPath({ ...shared, revocation: { mode: 'require', ...evidence } }).then(
      () => 'accepted',
      codeOf,
    )

  test.each([
    ['list', async () => (await ca.crl({ revoked: [other] })).der, (der: Uint8Array) => ({ crls: [der] })],
    [
      'response of the CA',
      async () => await ca.ocspResponse({ certificate: leaf }),
      (der: Uint8Array) => ({ ocspResponses: [der] }),
    ],
    [
      'response of a responder',
      async () => await ca.ocspResponse({ certificate: leaf, responder }),
      (der: Uint8Array) => ({ ocspResponses: [der] }),
    ],
  ] as const)('%s', { timeout: TIMEOUT }, async (_, write, evidenceOf) => {
    const der = await write()
    expect(await judge(evidenceOf(der))).toBe('accepted')
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const changed = changeBytes(der, change)
        if (equalDer(changed, der)) return
        // Neither good nor revoked: nobody who can change evidence on its way locks anybody out for good.
        expect(await judge(evidenceOf(changed))).toMatch(/^ERR_(DER|CRL|OCSP|REVOCATION_(?!REVOKED))/u)
      }),
      { numRuns: MUTATIONS },
    )
  })
})

function crlOptionsOf(written: List): TestCrlOptions {
  return {
    revoked: written.entries.map((one) => ({
      serialNumber: one.serialNumber,
      revocationDate: one.revocationDate,
      ...(one.reason && { reason: one.reason }),
      ...(one.invalidityDate && { invalidityDate: one.invalidityDate }),
      ...(one.certificateIssuer !== undefined && {
        certificateIssuer: issuerAt(one.certificateIssuer),
      }),
    })),
    thisUpdate: written.thisUpdate,
    nextUpdate: written.nextUpdate ?? null,
    crlNumber: written.crlNumber ?? null,
    ...(written.base !== undefined && { deltaCrlIndicator: written.base }),
    issuingDistributionPoint: {
      indirectCRL: true,
      ...(written.scope && { [written.scope]: true }),
      ...(written.someReasons && { onlySomeReasons: written.someReasons }),
    },
  }
}

function issuerAt(place: number): Uint8Array {
  return (ISSUERS[place] ?? ca).certificate.subject.der
}

// RFC 5280 §5.3.3, read from the first entry to the last.
function lastOf(entries: readonly Entry[], place: number, serialNumber: Uint8Array): unknown {
  let issuer = 0
  let found: Entry | undefined
  for (const one of entries) {
    issuer = one.certificateIssuer ?? issuer
    if (issuer === place && equalDer(one.serialNumber, serialNumber)) found = one
  }
  if (found === undefined) return undefined
  const { revocationDate, reason: given = 'unspecified', invalidityDate } = found
  return { serialNumber, reason: given, revocationDate, ...(invalidityDate && { invalidityDate }) }
}

function numberOf(octets: Uint8Array | undefined): number | undefined {
  return octets?.reduce((value, octet) => value * 256 + octet, 0)
}

function contentOfList(read: CertificateList): string {
  const rest = { ...read, der: undefined, tbsCertList: undefined }
  const found = ISSUERS.flatMap(({ certificate }) =>
    SERIALS.map((serialNumber) => read.find(certificate.subject, serialNumber)),
  )
  return shown({ ...rest, found })
}

function singleOptionsOf({ reason: given, nextUpdate, ...rest }: Single): TestSingleResponse {
  return { ...rest, ...(given && { reason: given }), nextUpdate: nextUpdate ?? null }
}

async function contentOfSingle(written: Single): Promise<unknown> {
  const { certificate, hash, status, reason: given, revocationTime, thisUpdate, nextUpdate } = written
  return {
    status,
    ...(status === 'revoked' && given && { reason: given }),
    certId: await createCertId(certificate.certificate, ca.certificate, hash),
    unknownCritical: [],
    thisUpdate,
    ...(nextUpdate && { nextUpdate }),
    ...(status === 'revoked' && { revocationTime }),
  }
}

async function basicOf(options: TestOcspOptions): Promise<BasicOcspResponse> {
  const read = parseOcspResponse(await ca.ocspResponse(options))
  if (read.status !== 'successful') throw new Error(`status ${read.status}`)
  return read.basic
}

function expectOtherContent(
  der: Uint8Array,
  said: string,
  codes: RegExp,
  contentOf: (changed: Uint8Array) => string,
): void {
  let read = 0
  fc.assert(
    fc.property(mutation, (change) => {
      const changed = changeBytes(der, change)
      if (equalDer(changed, der)) return
      try {
        expect(contentOf(changed)).not.toBe(said)
        read++
      } catch (error) {
        if (!isPkiError(error)) throw error
        expect(error.code).toMatch(codes)
      }
    }),
    { numRuns: MUTATIONS },
  )
  // Many octets may be any; else this test would see nothing.
  expect(read).toBeGreaterThan(MUTATIONS / 20)
}

/** A value as text, bytes in hexadecimal and instants in ISO form. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('hex') : part,
  )
}

function codeOf(error: unknown): string {
  if (isPkiError(error)) return error.code
  throw error
}
