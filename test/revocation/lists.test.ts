// What revocation lists prove: RFC 5280 §6.3.3, each rule with what it refuses and a neighbour that it accepts.

import type { TestCertificate, TestCrlOptions } from 'ingam/testing'
import { createTestCa } from 'ingam/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  AT,
  createPki,
  HOUR,
  judge,
  later,
  lists,
  type Pki,
  SECOND,
  statusesOf,
  UNKNOWN_CRITICAL,
} from './judge.ts'

const UNKNOWN = 'ERR_REVOCATION_UNKNOWN'
const STALE = 'ERR_REVOCATION_STALE'
const EVIDENCE = 'ERR_REVOCATION_EVIDENCE'
const REVOKED = 'ERR_REVOCATION_REVOKED'

let pki: Pki

beforeAll(async () => {
  pki = await createPki()
})

/** The client below the root, by lists of the root. */
async function byLists(...options: readonly TestCrlOptions[]): Promise<string> {
  return await judge(pki.client, pki.root, { crls: await lists(pki.root, ...options) })
}

describe('a list', () => {
  test('without the certificate says good, and who said so until when', async () => {
    const crls = await lists(pki.root, { revoked: [pki.other] })
    expect(await statusesOf(pki.client, pki.root, { crls })).toEqual([
      {
        certificate: {
          position: 0,
          subject: 'CN=client',
          serialNumber: expect.stringMatching(/^[0-9a-f]{32}$/u),
        },
        status: 'good',
        evidence: {
          kind: 'crl',
          signer: 'CN=Root',
          from: 'memory',
          thisUpdate: '2026-06-01T11:00:00Z',
          until: '2026-06-08T12:00:00Z',
        },
      },
    ])
  })

  test('with the certificate says when and why it was revoked', async () => {
    const revocationDate = later(-2 * HOUR)
    const crls = await lists(pki.root, {
      revoked: [{ certificate: pki.client, reason: 'superseded', revocationDate }],
    })
    await expect(statusesOf(pki.client, pki.root, { crls })).rejects.toMatchObject({
      code: REVOKED,
      details: {
        certificate: { role: 'leaf', position: 0, subject: 'CN=client' },
        revokedAt: '2026-06-01T10:00:00Z',
        reason: 'superseded',
        evidence: 'the list of 2026-06-01T11:00:00Z by "CN=Root" (memory)',
      },
    })
  })

  test('is looked at for every certificate below the anchor, or for the leaf alone', async () => {
    const own = await lists(pki.intermediate, {})
    const above = await lists(pki.root, {})
    expect(await judge(pki.deep, pki.root, { crls: [...own, ...above] })).toBe('good good')
    expect(await judge(pki.deep, pki.root, { crls: own })).toBe(UNKNOWN)
    expect(await judge(pki.deep, pki.root, { crls: above })).toBe(UNKNOWN)
    expect(await judge(pki.deep, pki.root, { crls: own, depth: 'leaf' })).toBe('good')
    const revoked = await lists(pki.root, { revoked: [pki.intermediate] })
    expect(await judge(pki.deep, pki.root, { crls: [...own, ...revoked] })).toBe(REVOKED)
    expect(await judge(pki.deep, pki.root, { crls: [...own, ...revoked], depth: 'leaf' })).toBe('good')
  })

  test('is of the issuer: the same serial number under another issuer is nothing', async () => {
    const { serialNumber } = pki.client.certificate
    expect(await byLists({ revoked: [{ serialNumber }] })).toBe(REVOKED)
    const elsewhere = await lists(pki.intermediate, { revoked: [{ serialNumber }] })
    expect(await judge(pki.client, pki.root, { crls: [...elsewhere, ...(await lists(pki.root, {}))] })).toBe(
      'good',
    )
    expect(await judge(pki.client, pki.root, { crls: elsewhere })).toBe(UNKNOWN)
  })

  test('a serial number that begins alike, or is one octet longer, is another', async () => {
    const { serialNumber } = pki.client.certificate
    const longer = Uint8Array.of(...serialNumber, 0)
    const shorter = serialNumber.slice(0, -1)
    expect(await byLists({ revoked: [{ serialNumber: longer }, { serialNumber: shorter }] })).toBe('good')
  })
})

describe('the time of a list', () => {
  test.each<[string, TestCrlOptions, string]>([
    ['nextUpdate now', { nextUpdate: AT }, 'good'],
    ['nextUpdate a second ago', { nextUpdate: later(-SECOND) }, STALE],
    ['thisUpdate now', { thisUpdate: AT }, 'good'],
    ['thisUpdate 60 s ahead', { thisUpdate: later(60 * SECOND) }, 'good'],
    ['thisUpdate 61 s ahead', { thisUpdate: later(61 * SECOND) }, STALE],
    ['no nextUpdate', { nextUpdate: null }, STALE],
    ['no nextUpdate, thisUpdate now', { thisUpdate: AT, nextUpdate: null }, STALE],
    ['no nextUpdate, thisUpdate 2 s ahead', { thisUpdate: later(2 * SECOND), nextUpdate: null }, STALE],
    ['no nextUpdate, thisUpdate 60 s ahead', { thisUpdate: later(60 * SECOND), nextUpdate: null }, STALE],
    ['nextUpdate before thisUpdate', { thisUpdate: AT, nextUpdate: later(-SECOND) }, STALE],
  ])('%s', async (_what, options, outcome) => {
    expect(await byLists(options)).toBe(outcome)
  })

  test.each<[number, string]>([
    [3_600, 'good'],
    [3_599, STALE],
  ])('an hour old, where it may be %i s', async (maxAgeSeconds, outcome) => {
    const crls = await lists(pki.root, { nextUpdate: null })
    expect(await judge(pki.client, pki.root, { crls, maxAgeSeconds })).toBe(outcome)
    expect(await judge(pki.client, pki.root, { crls: await lists(pki.root, {}), maxAgeSeconds })).toBe(
      outcome,
    )
  })

  test.each<[number, string]>([
    [0, STALE],
    [1, 'good'],
  ])('a second ahead, with a tolerance of %i s', async (toleranceSeconds, outcome) => {
    const crls = await lists(pki.root, { thisUpdate: later(SECOND) })
    expect(await judge(pki.client, pki.root, { crls, toleranceSeconds })).toBe(outcome)
  })

  test('says until when, or from when on, it counts', async () => {
    const crls = await lists(pki.root, { nextUpdate: later(-SECOND), crlNumber: 7 })
    await expect(statusesOf(pki.client, pki.root, { crls })).rejects.toMatchObject({
      message: expect.stringContaining(
        ': list number 0x07 of "CN=Root" (memory) counts until 2026-06-01T11:59:59Z, not at 2026-06-01T12:00:00Z',
      ),
    })
    const endless = await lists(pki.root, { nextUpdate: null, crlNumber: 7 })
    await expect(statusesOf(pki.client, pki.root, { crls: endless })).rejects.toMatchObject({
      message: expect.stringContaining(
        '(memory) counts at no time, without nextUpdate and without maxAgeSeconds, not at 2026-06-01T12:00:00Z',
      ),
    })
    const ahead = await lists(pki.root, { thisUpdate: later(HOUR) })
    await expect(statusesOf(pki.client, pki.root, { crls: ahead })).rejects.toMatchObject({
      details: { until: 'from 2026-06-01T13:00:00Z on' },
    })
  })

  test('the newest of several is the evidence', async () => {
    const crls = await lists(pki.root, { thisUpdate: later(-3 * HOUR) }, { thisUpdate: later(-2 * HOUR) }, {})
    const [status] = await statusesOf(pki.client, pki.root, { crls })
    expect(status?.evidence?.thisUpdate).toBe('2026-06-01T11:00:00Z')
    const brief = { thisUpdate: later(-2 * HOUR), nextUpdate: later(HOUR) }
    const [lasting] = await statusesOf(pki.client, pki.root, { crls: await lists(pki.root, brief, {}) })
    expect(lasting?.evidence?.until).toBe('2026-06-08T12:00:00Z')
  })
})

describe('what was revoked', () => {
  const keyCompromise = (certificate: TestCertificate): NonNullable<TestCrlOptions['revoked']> => [
    { certificate, reason: 'keyCompromise' },
  ]
  const hold = (certificate: TestCertificate): NonNullable<TestCrlOptions['revoked']> => [
    { certificate, reason: 'certificateHold' },
  ]

  test('stays revoked: by a list that has run out, by one from ahead, beside any number of newer ones', async () => {
    const revoked = keyCompromise(pki.client)
    const newer = { crlNumber: 2 }
    expect(await byLists({ revoked, nextUpdate: later(-SECOND) }, newer, newer)).toBe(REVOKED)
    expect(await byLists({ revoked, thisUpdate: later(24 * HOUR) }, newer)).toBe(REVOKED)
    expect(await byLists(newer, { revoked, thisUpdate: later(-24 * HOUR) }, newer)).toBe(REVOKED)
  })

  test('also by a list with something critical that is not understood, which proves nothing good', async () => {
    const extensions = [UNKNOWN_CRITICAL]
    expect(await byLists({ extensions })).toBe(EVIDENCE)
    expect(await byLists({ extensions: [{ ...UNKNOWN_CRITICAL, critical: false }] })).toBe('good')
    expect(await byLists({ extensions, revoked: keyCompromise(pki.client) }, {})).toBe(REVOKED)
    const entry = { certificate: pki.other, extensions }
    expect(await byLists({ revoked: [entry] })).toBe(EVIDENCE)
    expect(await byLists({ revoked: [{ ...entry, certificate: pki.client }] })).toBe(REVOKED)
  })

  test('on hold is revoked, until a newer list of the same scope has it no more', async () => {
    const older = { revoked: hold(pki.client), thisUpdate: later(-2 * HOUR) }
    expect(await byLists(older)).toBe(REVOKED)
    expect(await byLists(older, { crlNumber: 2 })).toBe('good')
    expect(await byLists({ revoked: hold(pki.client) }, { thisUpdate: later(-2 * HOUR) })).toBe(REVOKED)
    expect(await byLists(older, { thisUpdate: later(-2 * HOUR), crlNumber: 2 })).toBe(REVOKED)
    const users = { onlyContainsUserCerts: true }
    expect(await byLists(older, { crlNumber: 2, issuingDistributionPoint: users })).toBe(REVOKED)
    expect(await byLists(older, { crlNumber: 2, nextUpdate: later(-SECOND) })).toBe(REVOKED)
    expect(await byLists(older, { crlNumber: 2, revoked: keyCompromise(pki.client) })).toBe(REVOKED)
  })

  test('and is named as removed by a list that is no delta: that says nothing of it', async () => {
    const removed = { revoked: [{ certificate: pki.client, reason: 'removeFromCRL' as const }] }
    expect(await byLists(removed)).toBe(UNKNOWN)
    expect(await byLists({ ...removed, revoked: [{ ...removed.revoked[0], certificate: pki.other }] })).toBe(
      'good',
    )
  })

  test('on hold twice, by lists that have run out: good counts since the newer of them', async () => {
    const at = (hours: number): TestCrlOptions => ({ thisUpdate: later(hours * HOUR) })
    const ranOut = { revoked: hold(pki.client), nextUpdate: later(-SECOND) }
    const older = { ...ranOut, ...at(-4) }
    const newer = { ...ranOut, ...at(-2) }
    for (const holds of [
      [older, newer],
      [newer, older],
    ]) {
      expect(await byLists(...holds, { ...at(-3), crlNumber: 2 })).toBe(STALE)
      expect(await byLists(...holds, { ...at(-1), crlNumber: 2 })).toBe('good')
    }
  })

  test('on hold counts as long as its list does', async () => {
    expect(await byLists({ revoked: hold(pki.client), nextUpdate: AT })).toBe(REVOKED)
    expect(await byLists({ revoked: hold(pki.client), nextUpdate: later(-SECOND) })).toBe(STALE)
  })
})

describe('a delta', () => {
  const delta = { crlNumber: 3, deltaCrlIndicator: 2 }
  const base = { crlNumber: 2, thisUpdate: later(-2 * HOUR) }

  test('says nothing by itself', async () => {
    expect(await byLists(delta)).toBe(UNKNOWN)
    expect(await byLists(base)).toBe('good')
    expect(await byLists(base, delta)).toBe('good')
  })

  test('that names the certificate revokes it, with or without its list', async () => {
    const revoked = [pki.client]
    expect(await byLists(base, { ...delta, revoked })).toBe(REVOKED)
    expect(await byLists({ ...delta, revoked })).toBe(REVOKED)
    expect(await byLists(base, { ...delta, revoked, nextUpdate: later(-SECOND) })).toBe(REVOKED)
  })

  test('lifts a hold of the list that it continues, and of no other', async () => {
    const held = { ...base, revoked: [{ certificate: pki.client, reason: 'certificateHold' as const }] }
    const removed = { revoked: [{ certificate: pki.client, reason: 'removeFromCRL' as const }] }
    expect(await byLists(held, { ...delta, ...removed })).toBe('good')
    expect(await byLists({ ...held, crlNumber: 1 }, { ...delta, ...removed })).toBe(REVOKED)
    expect(await byLists({ ...held, crlNumber: 3 }, { ...delta, ...removed })).toBe(REVOKED)
    expect(await byLists({ ...held, crlNumber: null }, { ...delta, ...removed })).toBe(REVOKED)
    expect(await byLists(held, { ...delta, ...removed, nextUpdate: later(-SECOND) })).toBe(REVOKED)
    expect(await byLists(held, { ...delta, ...removed, thisUpdate: later(-3 * HOUR) })).toBe(REVOKED)
    const users = { issuingDistributionPoint: { onlyContainsUserCerts: true } }
    expect(await byLists(held, { ...delta, ...removed, ...users })).toBe(REVOKED)
    expect(await byLists({ ...held, ...users }, { ...delta, ...removed, ...users })).toBe('good')
    const anonymous = { withoutExtensions: ['2.5.29.35'] }
    expect(await byLists(held, { ...delta, ...removed, ...anonymous })).toBe(REVOKED)
    expect(await byLists({ ...held, ...anonymous }, { ...delta, ...removed, ...anonymous })).toBe('good')
  })

  test('with another number of octets is before or after all the same', async () => {
    const held = { ...base, revoked: [{ certificate: pki.client, reason: 'certificateHold' as const }] }
    const removed = { revoked: [{ certificate: pki.client, reason: 'removeFromCRL' as const }] }
    const numbered = async (crlNumber: number, number: number, deltaCrlIndicator: number): Promise<string> =>
      await byLists({ ...held, crlNumber }, { ...removed, crlNumber: number, deltaCrlIndicator })
    expect(await numbered(200, 70_000, 2)).toBe('good')
    expect(await numbered(127, 128, 127)).toBe('good')
    expect(await numbered(255, 256, 127)).toBe('good')
    expect(await numbered(2, 70_000, 200)).toBe(REVOKED)
    expect(await numbered(127, 129, 128)).toBe(REVOKED)
    expect(await numbered(70_000, 200, 2)).toBe(REVOKED)
  })

  test('without a number of its own continues nothing', async () => {
    const held = { ...base, revoked: [{ certificate: pki.client, reason: 'certificateHold' as const }] }
    const removed = { revoked: [{ certificate: pki.client, reason: 'removeFromCRL' as const }] }
    expect(await byLists(held, { ...delta, ...removed, crlNumber: null })).toBe(REVOKED)
  })

  test('of several the newest counts, in whatever order they are held', async () => {
    const held = { ...base, revoked: [{ certificate: pki.client, reason: 'certificateHold' as const }] }
    const removed = { revoked: [{ certificate: pki.client, reason: 'removeFromCRL' as const }] }
    const older = { ...delta, thisUpdate: later(-1.5 * HOUR) }
    const newer = { ...delta, crlNumber: 4 }
    for (const [deltas, outcome] of [
      [[older, { ...newer, ...removed }], 'good'],
      [[{ ...older, ...removed }, newer], REVOKED],
    ] as const) {
      expect(await byLists(held, ...deltas)).toBe(outcome)
      expect(await byLists(...deltas.toReversed(), held)).toBe(outcome)
    }
  })

  test('lifts nothing but a hold', async () => {
    const removed = { revoked: [{ certificate: pki.client, reason: 'removeFromCRL' as const }] }
    for (const reason of ['keyCompromise', 'superseded', 'cessationOfOperation'] as const) {
      const named = { ...base, revoked: [{ certificate: pki.client, reason }] }
      expect(await byLists(named, { ...delta, ...removed })).toBe(REVOKED)
    }
    expect(await byLists({ ...base, revoked: [pki.client] }, { ...delta, ...removed })).toBe(REVOKED)
  })

  test('whose critical extension is not understood spoils what it continues', async () => {
    expect(await byLists(base, { ...delta, extensions: [UNKNOWN_CRITICAL] })).toBe(EVIDENCE)
  })

  test('counts for as long as both do', async () => {
    const crls = await lists(
      pki.root,
      { ...base, nextUpdate: later(2 * HOUR) },
      { ...delta, nextUpdate: later(HOUR) },
    )
    const [status] = await statusesOf(pki.client, pki.root, { crls })
    expect(status?.evidence).toMatchObject({
      thisUpdate: '2026-06-01T11:00:00Z',
      until: '2026-06-01T13:00:00Z',
    })
  })

  test('does not make a list current that has run out', async () => {
    expect(await byLists({ ...base, nextUpdate: later(-SECOND) }, delta)).toBe(STALE)
  })
})

describe('what a list covers', () => {
  const scope = (issuingDistributionPoint: TestCrlOptions['issuingDistributionPoint']): TestCrlOptions =>
    issuingDistributionPoint === undefined ? {} : { issuingDistributionPoint }

  test('end entities, CAs, attribute certificates', async () => {
    const about = async (certificate: TestCertificate, options: TestCrlOptions): Promise<string> => {
      const crls = await lists(pki.root, options)
      return await judge(certificate, pki.root, { crls })
    }
    expect(await about(pki.client, scope({ onlyContainsUserCerts: true }))).toBe('good')
    expect(await about(pki.client, scope({ onlyContainsCACerts: true }))).toBe(UNKNOWN)
    expect(await about(pki.client, scope({ onlyContainsAttributeCerts: true }))).toBe(UNKNOWN)
    expect(await about(pki.intermediate, scope({ onlyContainsCACerts: true }))).toBe('good')
    expect(await about(pki.intermediate, scope({ onlyContainsUserCerts: true }))).toBe(UNKNOWN)
    expect(await about(pki.intermediate, scope({ onlyContainsAttributeCerts: true }))).toBe(UNKNOWN)
  })

  test('a revocation outside of its scope is none', async () => {
    const cas = { ...scope({ onlyContainsCACerts: true }), revoked: [pki.client] }
    expect(await byLists(cas, {})).toBe('good')
  })

  describe('the names of its point', () => {
    const URL = 'http://crl.example/1'
    const OTHER = 'http://crl.example/2'

    async function withPoints(
      points: readonly (
        | string
        | { urls?: readonly string[]; directoryName?: Uint8Array; relativeName?: Uint8Array }
      )[],
      point: TestCrlOptions['issuingDistributionPoint'],
    ): Promise<string> {
      const client = await pki.root.issue({
        name: 'pointing',
        ...(points.length > 0 && { crlDistributionPoints: points }),
      })
      return await judge(client, pki.root, { crls: await lists(pki.root, scope(point)) })
    }

    test('one of them is one of the certificate', async () => {
      expect(await withPoints([URL], { urls: [URL] })).toBe('good')
      expect(await withPoints([URL], { urls: [OTHER] })).toBe(UNKNOWN)
      expect(await withPoints([URL], { urls: [OTHER, URL] })).toBe('good')
      expect(await withPoints([OTHER, URL], { urls: [URL] })).toBe('good')
      expect(await withPoints([{ urls: [OTHER, URL] }], { urls: [URL] })).toBe('good')
      expect(await withPoints([URL.toUpperCase()], { urls: [URL] })).toBe(UNKNOWN)
    })

    test('a list without any covers all; a certificate without any is covered by no list that has one', async () => {
      expect(await withPoints([URL], undefined)).toBe('good')
      expect(await withPoints([], { urls: [URL] })).toBe(UNKNOWN)
    })

    test('as a directory name, whole or relative to the issuer', async () => {
      const point = await createTestCa({ at: AT, name: 'point' })
      const name = point.certificate.subject.der
      expect(await withPoints([{ directoryName: name }], { directoryName: name })).toBe('good')
      expect(await withPoints([{ directoryName: name }], { urls: [URL] })).toBe(UNKNOWN)
      const rdn = name.subarray(4)
      expect(await withPoints([{ relativeName: rdn }], { relativeName: rdn })).toBe('good')
      expect(await withPoints([{ directoryName: name }], { relativeName: rdn })).toBe(UNKNOWN)
    })

    test('the name of the issuer itself is the point of a certificate without any', async () => {
      expect(await withPoints([], { directoryName: pki.root.certificate.subject.der })).toBe('good')
      expect(await withPoints([], { directoryName: pki.client.certificate.subject.der })).toBe(UNKNOWN)
    })
  })

  describe('reasons', () => {
    const some = { issuingDistributionPoint: { onlySomeReasons: ['keyCompromise', 'cACompromise'] } } as const
    const rest = {
      issuingDistributionPoint: {
        onlySomeReasons: [
          'affiliationChanged',
          'superseded',
          'cessationOfOperation',
          'certificateHold',
          'privilegeWithdrawn',
          'aACompromise',
        ],
      },
    } as const

    test('good takes lists that cover all of them', async () => {
      expect(await byLists(some)).toBe(UNKNOWN)
      expect(await byLists(rest)).toBe(UNKNOWN)
      expect(await byLists(some, rest)).toBe('good')
      expect(await byLists(some, { ...rest, nextUpdate: later(-SECOND) })).toBe(STALE)
      const allButOne = rest.issuingDistributionPoint.onlySomeReasons.slice(1)
      expect(await byLists(some, { issuingDistributionPoint: { onlySomeReasons: allButOne } })).toBe(UNKNOWN)
    })

    test('good counts for as long as each of them', async () => {
      const crls = await lists(
        pki.root,
        { ...some, nextUpdate: later(2 * HOUR) },
        { ...rest, nextUpdate: later(HOUR) },
      )
      const [status] = await statusesOf(pki.client, pki.root, { crls })
      expect(status?.evidence?.until).toBe('2026-06-01T13:00:00Z')
    })

    test('one list is enough to revoke', async () => {
      expect(await byLists({ ...some, revoked: [pki.client] })).toBe(REVOKED)
      expect(await byLists({ ...some, revoked: [pki.client] }, rest, {})).toBe(REVOKED)
    })

    test('those of a point are the most that its lists cover', async () => {
      const client = await pki.root.issue({
        crlDistributionPoints: [{ urls: ['http://crl.example/1'], reasons: ['keyCompromise'] }],
      })
      const point = { urls: ['http://crl.example/1'] }
      expect(
        await judge(client, pki.root, { crls: await lists(pki.root, { issuingDistributionPoint: point }) }),
      ).toBe(UNKNOWN)
      expect(await judge(client, pki.root, { crls: await lists(pki.root, {}) })).toBe('good')
    })
  })
})

describe('who signs a list', () => {
  test('another key under the name of the issuer does not', async () => {
    expect(await judge(pki.client, pki.root, { crls: await lists(pki.impostor, {}) })).toBe(EVIDENCE)
    expect(
      await judge(pki.client, pki.root, { crls: await lists(pki.impostor, { revoked: [pki.client] }) }),
    ).toBe(EVIDENCE)
    const both = [...(await lists(pki.impostor, { revoked: [pki.client] })), ...(await lists(pki.root, {}))]
    expect(await judge(pki.client, pki.root, { crls: both })).toBe('good')
  })

  test('a CA of the same name below another anchor does not, though that one is trusted too', async () => {
    const roots = [await createTestCa({ at: AT, name: 'One' }), await createTestCa({ at: AT, name: 'Two' })]
    const [first, second] = await Promise.all(
      roots.map(async (root) => await root.issue({ kind: 'ca', name: 'Same' })),
    )
    if (first === undefined || second === undefined) throw new Error('two CAs')
    const client = await first.issue()
    const above = (await Promise.all(roots.map(async (root) => await lists(root, {})))).flat()
    const by = async (...signed: readonly (readonly Uint8Array[])[]): Promise<string> =>
      await judge(
        client,
        roots[0] ?? client,
        { crls: [...signed.flat(), ...above], signers: [second.certificate] },
        {
          intermediates: [first.der, second.der],
          trustAnchors: roots.map(({ certificate }) => certificate),
        },
      )
    expect(await by(await lists(first, {}))).toBe('good good')
    expect(await by(await lists(second, {}))).toBe(EVIDENCE)
    expect(await by(await lists(first, {}), await lists(second, { revoked: [client] }))).toBe('good good')
  })

  test('one that the certificate asked about made does not', async () => {
    const below = await pki.intermediate.issue({ name: 'Root', keyUsage: ['cRLSign'], extKeyUsage: null })
    const crls = [...(await lists(below, {})), ...(await lists(pki.intermediate, {}))]
    const signers = [below.certificate]
    expect(await judge(pki.deep, pki.root, { crls, signers })).toBe(EVIDENCE)
    expect(
      await judge(pki.deep, pki.root, { crls: [...crls, ...(await lists(pki.root, {}))], signers }),
    ).toBe('good good')
  })

  test('the certificate that it is about does not', async () => {
    const self = await pki.root.issue({ keyUsage: ['digitalSignature', 'cRLSign'] })
    const crls = await lists(self, { issuerName: pki.root.certificate.subject.der })
    expect(await judge(self, pki.root, { crls, signers: [self.certificate] })).toBe(EVIDENCE)
    expect(await judge(self, pki.root, { crls: await lists(pki.root, {}) })).toBe('good')
  })

  test('an issuer whose key usage does not say so does not', async () => {
    for (const [keyUsage, outcome] of [
      [['keyCertSign'], EVIDENCE],
      [['keyCertSign', 'cRLSign'], 'good'],
      [null, 'good'],
    ] as const) {
      const root = await createTestCa({ at: AT, keyUsage })
      const client = await root.issue()
      expect(await judge(client, root, { crls: await lists(root, {}) })).toBe(outcome)
    }
  })

  test('a certificate of its own for lists does, under the name of the issuer, from whoever made the issuer', async () => {
    const issuer = await pki.root.issue({ kind: 'ca', name: 'Issuer', keyUsage: ['keyCertSign'] })
    const client = await issuer.issue()
    const above = await lists(pki.root, {})
    const signerBy = async (maker: TestCertificate): Promise<TestCertificate> =>
      await maker.issue({ name: 'Issuer', keyUsage: ['cRLSign'], extKeyUsage: null })
    const judgeBy = async (signer: TestCertificate, extra: readonly Uint8Array[] = []): Promise<string> =>
      await judge(client, pki.root, {
        crls: [...(await lists(signer, {})), ...above, ...extra],
        signers: signer.chain.map(({ certificate }) => certificate),
      })
    expect(await judgeBy(await signerBy(pki.root))).toBe('good good')
    // Another CA below the same anchor gives somebody that name.
    expect(await judgeBy(await signerBy(pki.intermediate), await lists(pki.intermediate, {}))).toBe(EVIDENCE)
    expect(await judgeBy(await signerBy(pki.impostor))).toBe(EVIDENCE)
    const revoked = await signerBy(pki.root)
    expect(await judgeBy(revoked, await lists(pki.root, { revoked: [revoked] }))).toBe(EVIDENCE)
  })

  test('its certificate may come with the chain', async () => {
    const issuer = await pki.root.issue({ kind: 'ca', name: 'Issuer', keyUsage: ['keyCertSign'] })
    const client = await issuer.issue()
    const signer = await pki.root.issue({ name: 'Issuer', keyUsage: ['cRLSign'], extKeyUsage: null })
    const crls = [...(await lists(signer, {})), ...(await lists(pki.root, {}))]
    expect(await judge(client, pki.root, { crls })).toBe(EVIDENCE)
    expect(await judge(client, pki.root, { crls }, { intermediates: [issuer.der, signer.der] })).toBe(
      'good good',
    )
  })

  test('a CA that changed its key: the new one for certificates of the old', async () => {
    const oldKey = await pki.root.issue({ kind: 'ca', name: 'Rollover' })
    const newKey = await pki.root.issue({ kind: 'ca', name: 'Rollover' })
    const client = await oldKey.issue()
    const crls = [...(await lists(newKey, {})), ...(await lists(pki.root, {}))]
    expect(await judge(client, pki.root, { crls, signers: [newKey.certificate] })).toBe('good good')
    // By a certificate that the old key made for the new one.
    const selfIssued = await oldKey.issue({ kind: 'ca', name: 'Rollover', keyOf: newKey })
    const withOld = [...crls, ...(await lists(oldKey, {}))]
    expect(await judge(client, pki.root, { crls: withOld, signers: [selfIssued.certificate] })).toBe(
      'good good',
    )
  })
})

describe('an indirect list', () => {
  let listIssuer: TestCertificate
  let client: TestCertificate

  beforeAll(async () => {
    listIssuer = await pki.root.issue({ name: 'Lists', keyUsage: ['cRLSign'], extKeyUsage: null })
    client = await pki.root.issue({
      name: 'indirect',
      crlDistributionPoints: [
        { urls: ['http://crl.example/all'], cRLIssuer: listIssuer.certificate.subject.der },
      ],
    })
  })

  const INDIRECT = { issuingDistributionPoint: { indirectCRL: true } } as const

  async function indirectly(
    signer: TestCertificate,
    options: TestCrlOptions,
    certificate: TestCertificate = client,
  ): Promise<string> {
    return await judge(certificate, pki.root, {
      crls: await lists(signer, options),
      signers: [signer.certificate],
    })
  }

  test('counts where the certificate names its issuer, and the list says that it is one', async () => {
    const covered = await pki.root.issue({
      name: 'Lists',
      keyUsage: ['cRLSign'],
      extKeyUsage: null,
      crlDistributionPoints: [{ cRLIssuer: listIssuer.certificate.subject.der }],
    })
    expect(await indirectly(covered, INDIRECT)).toBe('good')
    expect(await indirectly(covered, {})).toBe(UNKNOWN)
    expect(await indirectly(covered, INDIRECT, pki.client)).toBe(UNKNOWN)
  })

  test('counts for the points whose issuer it is, and for no other of the same certificate', async () => {
    const options = { keyUsage: ['cRLSign'] as const, extKeyUsage: null, noRevAvail: true }
    const first = await pki.root.issue({ name: 'First', ...options })
    const second = await pki.root.issue({ name: 'Second', ...options })
    const [one, two] = ['http://crl.example/one', 'http://crl.example/two']
    const certificate = await pki.root.issue({
      crlDistributionPoints: [
        { urls: [one], cRLIssuer: first.certificate.subject.der },
        { urls: [two], cRLIssuer: second.certificate.subject.der },
      ],
    })
    const at = (url: string): TestCrlOptions => ({
      issuingDistributionPoint: { urls: [url], indirectCRL: true },
    })
    expect(await indirectly(first, at(one), certificate)).toBe('good')
    expect(await indirectly(first, at(two), certificate)).toBe(UNKNOWN)
    expect(await indirectly(second, at(two), certificate)).toBe('good')
    expect(await indirectly(second, at(one), certificate)).toBe(UNKNOWN)
  })

  test('of a point that has no name but its issuer: that is its name', async () => {
    const signer = await pki.root.issue({
      name: 'Only',
      keyUsage: ['cRLSign'],
      extKeyUsage: null,
      noRevAvail: true,
    })
    const name = signer.certificate.subject.der
    const certificate = await pki.root.issue({ crlDistributionPoints: [{ cRLIssuer: name }] })
    const at = (point: NonNullable<TestCrlOptions['issuingDistributionPoint']>): TestCrlOptions => ({
      issuingDistributionPoint: { ...point, indirectCRL: true },
    })
    expect(await indirectly(signer, at({ directoryName: name }), certificate)).toBe('good')
    expect(await indirectly(signer, at({ urls: ['http://crl.example/'] }), certificate)).toBe(UNKNOWN)
    const root = pki.root.certificate.subject.der
    expect(await indirectly(signer, at({ directoryName: root }), certificate)).toBe(UNKNOWN)
  })

  test('names the issuer of each entry', async () => {
    const covered = await pki.root.issue({
      name: 'Lists',
      keyUsage: ['cRLSign'],
      extKeyUsage: null,
      crlDistributionPoints: [{ cRLIssuer: listIssuer.certificate.subject.der }],
    })
    const { serialNumber } = client.certificate
    const root = pki.root.certificate.subject.der
    const elsewhere = pki.intermediate.certificate.subject.der
    const entries = (...revoked: NonNullable<TestCrlOptions['revoked']>): TestCrlOptions => ({
      ...INDIRECT,
      revoked,
    })
    expect(await indirectly(covered, entries({ serialNumber, certificateIssuer: root }))).toBe(REVOKED)
    // Without a name it is that of the list, which did not issue the certificate.
    expect(await indirectly(covered, entries({ serialNumber }))).toBe('good')
    expect(await indirectly(covered, entries({ serialNumber, certificateIssuer: elsewhere }))).toBe('good')
    const first = { serialNumber: Uint8Array.of(1), certificateIssuer: root }
    expect(await indirectly(covered, entries(first, { serialNumber }))).toBe(REVOKED)
    const second = { serialNumber: Uint8Array.of(2), certificateIssuer: elsewhere }
    expect(await indirectly(covered, entries(first, second, { serialNumber }))).toBe('good')
  })

  test('a signer that is not covered, or that covers itself unasked, proves nothing', async () => {
    expect(await indirectly(listIssuer, INDIRECT)).toBe(EVIDENCE)
  })

  test('its signer is made one by a CA above the certificate, by no other below the same anchor', async () => {
    const rogue = await pki.intermediate.issue({
      name: 'Lists',
      keyUsage: ['cRLSign'],
      extKeyUsage: null,
      crlDistributionPoints: [{ cRLIssuer: listIssuer.certificate.subject.der }],
    })
    const crls = await lists(rogue, INDIRECT)
    const covers = await lists(pki.root, { issuingDistributionPoint: { onlyContainsCACerts: true } })
    const signers = [rogue.certificate, pki.intermediate.certificate]
    expect(await judge(client, pki.root, { crls: [...crls, ...covers], signers })).toBe(EVIDENCE)
    // The root's own list of everything says good all the same.
    expect(await judge(client, pki.root, { crls: [...crls, ...(await lists(pki.root, {}))], signers })).toBe(
      'good',
    )
  })
})

describe('limits', () => {
  test('of 32 lists all are looked at; of one more nothing counts but a revocation', async () => {
    const crls = await lists(pki.root, ...Array.from({ length: 32 }, (_, crlNumber) => ({ crlNumber })))
    expect(await judge(pki.client, pki.root, { crls })).toBe('good')
    const more = [...crls, ...(await lists(pki.root, { crlNumber: 33 }))]
    expect(await judge(pki.client, pki.root, { crls: more })).toBe(EVIDENCE)
    expect(await judge(pki.client, pki.root, { mode: 'prefer', crls: more })).toBe(EVIDENCE)
    const revoking = await lists(pki.root, { revoked: [pki.client] })
    expect(await judge(pki.client, pki.root, { crls: [...revoking, ...more] })).toBe(REVOKED)
    expect(await judge(pki.client, pki.root, { mode: 'prefer', crls: [...more, ...revoking] })).toBe(EVIDENCE)
  })

  test('lists of others do not count against the limit', async () => {
    const others = await lists(
      pki.intermediate,
      ...Array.from({ length: 40 }, (_, crlNumber) => ({ crlNumber })),
    )
    expect(await judge(pki.client, pki.root, { crls: [...others, ...(await lists(pki.root, {}))] })).toBe(
      'good',
    )
  })

  test('what comes along can keep no signer of the path from being tried', async () => {
    const impostors: Uint8Array[] = []
    for (let index = 0; index < 5; index++) {
      const impostor = await createTestCa({ at: AT, name: 'Root' })
      impostors.push(impostor.der)
    }
    const crls = await lists(pki.root, { revoked: [pki.client], withoutExtensions: ['2.5.29.35'] })
    expect(await judge(pki.client, pki.root, { mode: 'prefer', crls }, { intermediates: impostors })).toBe(
      REVOKED,
    )
  })
})
