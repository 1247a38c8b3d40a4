// What OCSP responses prove: RFC 6960 §3.2 and §4.2, each rule with what it refuses and a neighbour that it accepts.

import type { IssueOptions, TestCertificate, TestOcspOptions } from 'ingam/testing'
import { createTestCa } from 'ingam/testing'
import type { RevocationSource } from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { createCertId, encodeCertId, parseOcspResponse } from '../../packages/ingam/src/x509/ocsp.ts'
import {
  AT,
  createPki,
  HOUR,
  judge,
  later,
  lists,
  OCSP_SIGNING,
  type Pki,
  responses,
  SECOND,
  statusesOf,
  UNKNOWN_CRITICAL,
} from './judge.ts'

const UNKNOWN = 'ERR_REVOCATION_UNKNOWN'
const STALE = 'ERR_REVOCATION_STALE'
const EVIDENCE = 'ERR_REVOCATION_EVIDENCE'
const REVOKED = 'ERR_REVOCATION_REVOKED'
const RESPONDER = 'ERR_REVOCATION_RESPONDER'

let pki: Pki

beforeAll(async () => {
  pki = await createPki()
})

/** The client below the root, by responses of the root. */
async function by(...options: readonly Partial<TestOcspOptions>[]): Promise<string> {
  return await judge(pki.client, pki.root, {
    ocspResponses: await responses(pki.root, pki.client, ...options),
  })
}

describe('a response', () => {
  test('says good, and who said so until when', async () => {
    const ocspResponses = await responses(pki.root, pki.client, {})
    expect(await statusesOf(pki.client, pki.root, { ocspResponses })).toMatchObject([
      {
        status: 'good',
        evidence: {
          kind: 'ocsp',
          signer: 'CN=Root',
          from: 'memory',
          thisUpdate: '2026-06-01T11:59:00Z',
          until: '2026-06-02T12:00:00Z',
        },
      },
    ])
  })

  test('says revoked, when and why; without a reason it is unspecified', async () => {
    const revoked = { status: 'revoked', revocationTime: later(-HOUR) } as const
    const [first] = await responses(pki.root, pki.client, { ...revoked, reason: 'keyCompromise' })
    const [second] = await responses(pki.root, pki.client, revoked)
    for (const [response, reason] of [
      [first, 'keyCompromise'],
      [second, 'unspecified'],
    ] as const) {
      const ocspResponses = response === undefined ? [] : [response]
      await expect(statusesOf(pki.client, pki.root, { ocspResponses })).rejects.toMatchObject({
        code: REVOKED,
        details: { revokedAt: '2026-06-01T11:00:00Z', reason },
      })
    }
  })

  test('that does not know the certificate leaves it unknown, and says so', async () => {
    const ocspResponses = await responses(pki.root, pki.client, { status: 'unknown' })
    await expect(statusesOf(pki.client, pki.root, { ocspResponses })).rejects.toMatchObject({
      code: UNKNOWN,
      details: { problem: '"CN=Root" says that it does not know the certificate (memory)' },
    })
    expect(await judge(pki.client, pki.root, { ocspResponses, crls: await lists(pki.root, {}) })).toBe('good')
  })

  test.each(['malformedRequest', 'internalError', 'tryLater', 'sigRequired', 'unauthorized'] as const)(
    'that is the error %s says nothing about anybody',
    async (responseStatus) => {
      expect(await by({ responseStatus })).toBe(UNKNOWN)
    },
  )

  test('is about every certificate for which it has an answer', async () => {
    const [response] = await responses(pki.root, pki.client, {
      responses: [{ certificate: pki.other, status: 'revoked' }, { certificate: pki.client }],
    })
    const ocspResponses = response === undefined ? [] : [response]
    expect(await judge(pki.client, pki.root, { ocspResponses })).toBe('good')
    expect(await judge(pki.other, pki.root, { ocspResponses })).toBe(REVOKED)
    expect(await judge(pki.intermediate, pki.root, { ocspResponses })).toBe(UNKNOWN)
  })

  test('with two answers about one certificate: revoked before good, else the newer', async () => {
    const { client: certificate } = pki
    expect(
      await by({ responses: [{ certificate }, { certificate, status: 'revoked' }, { certificate }] }),
    ).toBe(REVOKED)
    const old = later(-2 * HOUR)
    expect(
      await by({
        responses: [
          { certificate, thisUpdate: old },
          { certificate, status: 'unknown' },
        ],
      }),
    ).toBe(UNKNOWN)
    expect(
      await by({ responses: [{ certificate, status: 'unknown', thisUpdate: old }, { certificate }] }),
    ).toBe('good')
  })
})

describe('which certificate', () => {
  test.each(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] as const)('is named by %s', async (hash) => {
    expect(await by({ hash })).toBe('good')
    expect(await by({ hash, certificate: pki.other })).toBe(UNKNOWN)
    expect(await by({ hash, issuer: pki.intermediate })).toBe(UNKNOWN)
    expect(await by({ hash, issuer: pki.impostor })).toBe(UNKNOWN)
  })

  test('each part of the name counts', async () => {
    const own = await createCertId(pki.client.certificate, pki.root.certificate, 'SHA-256')
    const flipped = (bytes: Uint8Array): Uint8Array =>
      bytes.map((byte, index) => (index === 5 ? byte ^ 1 : byte))
    expect(await by({ certId: encodeCertId(own) })).toBe('good')
    for (const field of ['issuerNameHash', 'issuerKeyHash', 'serialNumber'] as const)
      expect(await by({ certId: encodeCertId({ ...own, [field]: flipped(own[field]) }) })).toBe(UNKNOWN)
  })
})

describe('the time of a response', () => {
  test.each<[string, Partial<TestOcspOptions>, string]>([
    ['nextUpdate now', { nextUpdate: AT }, 'good'],
    ['nextUpdate a second ago', { nextUpdate: later(-SECOND) }, STALE],
    ['thisUpdate 60 s ahead', { thisUpdate: later(60 * SECOND) }, 'good'],
    ['thisUpdate 61 s ahead', { thisUpdate: later(61 * SECOND) }, STALE],
    ['producedAt 60 s ahead', { producedAt: later(60 * SECOND) }, 'good'],
    ['producedAt 61 s ahead', { producedAt: later(61 * SECOND) }, STALE],
    ['no nextUpdate, 300 s old', { thisUpdate: later(-300 * SECOND), nextUpdate: null }, 'good'],
    ['no nextUpdate, 301 s old', { thisUpdate: later(-301 * SECOND), nextUpdate: null }, STALE],
    ['nextUpdate before thisUpdate', { thisUpdate: AT, nextUpdate: later(-SECOND) }, STALE],
  ])('%s', async (_what, options, outcome) => {
    expect(await by(options)).toBe(outcome)
  })

  test.each<[number, string]>([
    [60, 'good'],
    [59, STALE],
  ])('a minute old, where it may be %i s', async (maxAgeSeconds, outcome) => {
    for (const nextUpdate of [null, later(HOUR)]) {
      const ocspResponses = await responses(pki.root, pki.client, { nextUpdate })
      expect(await judge(pki.client, pki.root, { ocspResponses, maxAgeSeconds })).toBe(outcome)
    }
  })

  test('what was revoked stays so; a hold counts as long as its response', async () => {
    const revoked = { status: 'revoked', nextUpdate: later(-SECOND) } as const
    expect(await by(revoked)).toBe(REVOKED)
    expect(await by({ ...revoked, reason: 'keyCompromise' }, {})).toBe(REVOKED)
    expect(await by({ ...revoked, reason: 'certificateHold' })).toBe(STALE)
    expect(await by({ ...revoked, reason: 'certificateHold' }, {})).toBe(STALE)
    expect(await by({ ...revoked, reason: 'certificateHold', thisUpdate: later(-HOUR) }, {})).toBe('good')
    expect(await by({ status: 'revoked', reason: 'certificateHold' }, {})).toBe(REVOKED)
  })
})

describe('who signs a response', () => {
  async function appointed(
    options: IssueOptions,
    issuer: TestCertificate = pki.root,
  ): Promise<TestCertificate> {
    return await issuer.issue({
      name: 'responder',
      extKeyUsage: [OCSP_SIGNING],
      ocspNoCheck: true,
      ...options,
    })
  }

  test('the issuer itself, named by its name or its key', async () => {
    expect(await by({ responderId: 'name' })).toBe('good')
    expect(await by({ responderId: 'key' })).toBe('good')
    expect(await by({ responderId: { by: 'name', of: pki.other } })).toBe(EVIDENCE)
    expect(await by({ responderId: { by: 'key', of: pki.other } })).toBe(EVIDENCE)
  })

  test('another key under the name of the issuer does not', async () => {
    expect(await by({ responder: pki.impostor })).toBe(EVIDENCE)
    expect(await by({ responder: pki.impostor, certificates: [pki.root] })).toBe(EVIDENCE)
    expect(await by({ responder: pki.impostor, responderId: { by: 'key', of: pki.root } })).toBe(EVIDENCE)
  })

  test('whom the issuer appointed', async () => {
    const responder = await appointed({})
    expect(await by({ responder })).toBe('good')
    expect(await by({ responder, responderId: 'key' })).toBe('good')
    expect(await by({ responder, certificates: [pki.other, responder] })).toBe('good')
    expect(await by({ responder, certificates: [] })).toBe(EVIDENCE)
    expect(await by({ responder, status: 'revoked' })).toBe(REVOKED)
  })

  test.each<[string, IssueOptions, string]>([
    ['without id-kp-OCSPSigning', { extKeyUsage: null }, EVIDENCE],
    ['for another purpose', { extKeyUsage: ['1.3.6.1.5.5.7.3.2'] }, EVIDENCE],
    ['for any purpose', { extKeyUsage: ['2.5.29.37.0'] }, EVIDENCE],
    ['for this purpose among others', { extKeyUsage: ['1.3.6.1.5.5.7.3.2', OCSP_SIGNING] }, 'good'],
    ['whose key usage is not to sign', { keyUsage: ['keyAgreement'] }, EVIDENCE],
    ['whose key usage is nonRepudiation', { keyUsage: ['nonRepudiation'] }, 'good'],
    ['without key usage', { keyUsage: null }, 'good'],
    ['that has expired', { notAfter: later(-SECOND) }, EVIDENCE],
    ['that expires now', { notAfter: AT }, 'good'],
    ['that is not valid yet', { notBefore: later(SECOND) }, EVIDENCE],
    ['with something critical that is not understood', { extensions: [UNKNOWN_CRITICAL] }, EVIDENCE],
    ['with a weak key', { keyType: 'RSA-1024' }, EVIDENCE],
    ['that might be revoked', { ocspNoCheck: false }, EVIDENCE],
    [
      'whose nocheck is no NULL',
      { ocspNoCheck: false, extensions: [{ oid: '1.3.6.1.5.5.7.48.1.5', value: Uint8Array.of(4, 0) }] },
      EVIDENCE,
    ],
  ])('a responder %s', async (_what, options, outcome) => {
    expect(await by({ responder: await appointed(options) })).toBe(outcome)
  })

  test('of two certificates for one key the one without doubt counts, in whatever order they are sent', async () => {
    const doubtful = await appointed({ ocspNoCheck: false })
    const sure = await appointed({ keyOf: doubtful })
    for (const [certificates, outcome] of [
      [[doubtful, sure], 'good'],
      [[sure, doubtful], 'good'],
      [[doubtful], EVIDENCE],
    ] as const)
      expect(await by({ responder: doubtful, certificates })).toBe(outcome)
  })

  test('what is wrong with the signer is said', async () => {
    const problemOf = async (options: Partial<TestOcspOptions>): Promise<unknown> => {
      const ocspResponses = await responses(pki.root, pki.client, options)
      const [status] = await statusesOf(pki.client, pki.root, { mode: 'prefer', ocspResponses })
      return status?.problem?.message.replace(/^.* OCSP response \(memory\): /u, '')
    }
    const by = async (options: IssueOptions, issuer?: TestCertificate): Promise<unknown> =>
      await problemOf({ responder: await appointed(options, issuer) })
    expect(await problemOf({ responder: pki.impostor, certificates: [] })).toBe(
      'its signature does not verify',
    )
    expect(await problemOf({ responder: pki.other, certificates: [] })).toBe(
      'its signer is neither the issuer nor a certificate sent along',
    )
    expect(await problemOf({ responder: pki.client })).toBe('its signer vouches for itself alone')
    expect(await by({ extKeyUsage: null })).toBe('its signer has no id-kp-OCSPSigning')
    expect(await by({ keyUsage: ['keyAgreement'] })).toBe(
      'the key usage of its signer does not allow signing',
    )
    expect(await by({ notBefore: later(SECOND) })).toBe(
      'its signer has no valid path: ERR_PATH_NOT_YET_VALID',
    )
    expect(await by({}, pki.impostor)).toBe('its signer has no valid path: ERR_PATH_SIGNATURE')
    expect(await by({ ocspNoCheck: false })).toBe(
      'its signer has no id-pkix-ocsp-nocheck, and no list says that it was not revoked',
    )
    expect(await by({ keyType: 'RSA-1024' })).toBe('its signer has no valid path: ERR_PATH_ALGORITHM')
  })

  test('the CAs above it are judged for themselves, by whatever says how they stand', async () => {
    const point = 'http://crl.example/responders'
    const responder = await appointed(
      { ocspNoCheck: false, crlDistributionPoints: [point] },
      pki.intermediate,
    )
    const about = await responses(pki.intermediate, pki.deep, { responder })
    const above = await responses(pki.root, pki.intermediate, {})
    const crls = await lists(pki.intermediate, { issuingDistributionPoint: { urls: [point] } })
    const by = async (ocspResponses: readonly Uint8Array[]): Promise<string> =>
      await judge(pki.deep, pki.root, { crls, ocspResponses })
    expect(await by([...about, ...above])).toBe('good good')
    expect(await by(about)).toBe(UNKNOWN)
    expect(await judge(pki.deep, pki.root, { crls, ocspResponses: about, depth: 'leaf' })).toBe('good')
  })

  test('it counts no longer than what says that its signer was not revoked', async () => {
    const point = 'http://crl.example/responders'
    const responder = await appointed({ ocspNoCheck: false, crlDistributionPoints: [point] })
    const ocspResponses = await responses(pki.root, pki.client, { responder })
    const scope = { issuingDistributionPoint: { urls: [point] }, nextUpdate: later(HOUR) }
    const crls = await lists(pki.root, scope)
    const [status] = await statusesOf(pki.client, pki.root, { ocspResponses, crls })
    expect(status?.evidence?.until).toBe('2026-06-01T13:00:00Z')
    const brief = await appointed({ notAfter: later(2 * HOUR) })
    const [other] = await statusesOf(pki.client, pki.root, {
      ocspResponses: await responses(pki.root, pki.client, { responder: brief }),
    })
    expect(other?.evidence?.until).toBe('2026-06-01T14:00:00Z')
  })

  test('one that another CA appointed does not, whatever its name', async () => {
    expect(await by({ responder: await appointed({}, pki.intermediate) })).toBe(EVIDENCE)
    expect(await by({ responder: await appointed({}, pki.impostor) })).toBe(EVIDENCE)
    const namesake = await pki.intermediate.issue({ kind: 'ca', name: 'Root' })
    expect(await by({ responder: await appointed({}, namesake), certificates: [namesake] })).toBe(EVIDENCE)
    // Above the issuer is not the issuer.
    const answer = await pki.intermediate.ocspResponse({
      certificate: pki.deep,
      responder: await appointed({}),
    })
    const crls = await lists(pki.root, {})
    expect(await judge(pki.deep, pki.root, { ocspResponses: [answer], crls })).toBe(EVIDENCE)
    const own = await pki.intermediate.ocspResponse({
      certificate: pki.deep,
      responder: await appointed({}, pki.intermediate),
    })
    expect(await judge(pki.deep, pki.root, { ocspResponses: [own], crls })).toBe('good good')
  })

  test('the certificate that it is about does not, unless its CA appointed it', async () => {
    expect(await by({ responder: pki.client })).toBe(EVIDENCE)
  })

  test('without nocheck it needs a list that covers it, and that does not name it', async () => {
    // The list covers responders alone, by its point; so what it says of the client is nothing.
    const point = 'http://crl.example/responders'
    const responder = await appointed({ ocspNoCheck: false, crlDistributionPoints: [point] })
    const ocspResponses = await responses(pki.root, pki.client, { responder })
    const scope = { issuingDistributionPoint: { urls: [point] } }
    const judgeBy = async (...options: Parameters<typeof lists>[1][]): Promise<string> =>
      await judge(pki.client, pki.root, { ocspResponses, crls: await lists(pki.root, ...options) })
    expect(await judgeBy()).toBe(EVIDENCE)
    expect(await judgeBy(scope)).toBe('good')
    expect(await judgeBy({ ...scope, revoked: [responder] })).toBe(EVIDENCE)
    expect(await judgeBy({ ...scope, nextUpdate: later(-SECOND) })).toBe(EVIDENCE)
    // A response of its own about itself is no list.
    const about = await pki.root.ocspResponse({ certificate: responder })
    expect(await judge(pki.client, pki.root, { ocspResponses: [...ocspResponses, about] })).toBe(EVIDENCE)
  })

  test('a signature that was altered', async () => {
    const [response = new Uint8Array(0)] = await responses(pki.root, pki.client, {})
    const altered = response.map((byte, index) => (index === response.length - 1 ? byte ^ 1 : byte))
    expect(await judge(pki.client, pki.root, { ocspResponses: [altered] })).toBe(EVIDENCE)
    expect(await judge(pki.client, pki.root, { ocspResponses: [altered, response] })).toBe('good')
  })
})

test('a critical extension that is not understood proves nothing good, and revokes', async () => {
  for (const place of ['extensions', 'singleExtensions'] as const) {
    expect(await by({ [place]: [UNKNOWN_CRITICAL] })).toBe(EVIDENCE)
    expect(await by({ [place]: [{ ...UNKNOWN_CRITICAL, critical: false }] })).toBe('good')
    expect(await by({ [place]: [UNKNOWN_CRITICAL], status: 'revoked' })).toBe(REVOKED)
  }
})

test('of 16 responses all are looked at; of one more nothing counts but a revocation among them', async () => {
  const sixteen = await responses(pki.root, pki.client, ...Array.from({ length: 16 }, () => ({})))
  expect(await judge(pki.client, pki.root, { ocspResponses: sixteen })).toBe('good')
  const more = [...sixteen, ...(await responses(pki.root, pki.client, {}))]
  expect(await judge(pki.client, pki.root, { ocspResponses: more })).toBe(EVIDENCE)
  expect(await judge(pki.client, pki.root, { mode: 'prefer', ocspResponses: more })).toBe(EVIDENCE)
  const [revoked = new Uint8Array(0)] = await responses(pki.root, pki.client, { status: 'revoked' })
  expect(await judge(pki.client, pki.root, { ocspResponses: [revoked, ...more] })).toBe(REVOKED)
})

test('an error of a responder that a source hands out is told as one', async () => {
  const [tryLater = new Uint8Array(0)] = await responses(pki.root, pki.client, { responseStatus: 'tryLater' })
  const response = parseOcspResponse(tryLater)
  const source: RevocationSource = {
    kind: 'revocation-source',
    revision: () => 0,
    find: () => [{ kind: 'ocsp', response, from: 'http://ocsp.example/' }],
    status: () => [],
  }
  expect(await judge(pki.client, pki.root, { sources: [source] })).toBe(RESPONDER)
})

test('a root of another name whose key is the same is another issuer', async () => {
  const twin = await createTestCa({ at: AT, name: 'Twin', keyOf: pki.root })
  const [answer = new Uint8Array(0)] = await responses(twin, pki.client, {
    issuer: twin,
    responder: twin,
    certificates: [],
  })
  expect(await judge(pki.client, pki.root, { ocspResponses: [answer] })).toBe(EVIDENCE)
})
