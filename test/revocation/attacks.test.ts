// Ways in which somebody could get a yes that nothing supports: each was tried against the code, and stays tried.

import { createVerifier, type Verifier } from 'ingam'
import { createTestCa, type IssueOptions, type TestCertificate, type TestCrlOptions } from 'ingam/testing'
import {
  createMemorySource,
  type EvidenceQuery,
  type FetchProblem,
  type RevocationSource,
  verifyPath,
} from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeBase64 } from '../../packages/ingam/src/bytes/base64.ts'
import { codeOf } from '../support/codes.ts'
import { AUDIENCE, forge, untyped } from '../support/forge.ts'
import {
  AT,
  createPki,
  HOUR,
  judge,
  later,
  lists,
  OCSP_SIGNING,
  type Pki,
  type PolicyChanges,
  responses,
  SECOND,
  UNKNOWN_CRITICAL,
} from './judge.ts'

const UNKNOWN = 'ERR_REVOCATION_UNKNOWN'
const STALE = 'ERR_REVOCATION_STALE'
const EVIDENCE = 'ERR_REVOCATION_EVIDENCE'
const REVOKED = 'ERR_REVOCATION_REVOKED'
const STAPLE_STALE = 'ERR_REVOCATION_STAPLE_STALE'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

let pki: Pki

beforeAll(async () => {
  pki = await createPki()
})

describe('a hold that was known and whose evidence has run out', () => {
  const hold = { reason: 'certificateHold' } as const
  const held = (): {
    readonly revoked: readonly [{ certificate: TestCertificate; reason: 'certificateHold' }]
  } => ({
    revoked: [{ certificate: pki.client, ...hold }],
  })
  const day = { crlNumber: 1, thisUpdate: later(-24 * HOUR) }

  test('in a delta: the list from before it says nothing any more', async () => {
    const delta = { crlNumber: 3, deltaCrlIndicator: 1, thisUpdate: later(-2 * HOUR), ...held() }
    const ranOut = { ...delta, nextUpdate: later(-SECOND) }
    expect(await judge(pki.client, pki.root, { crls: await lists(pki.root, day, delta) })).toBe(REVOKED)
    expect(await judge(pki.client, pki.root, { crls: await lists(pki.root, day, ranOut) })).toBe(STALE)
    const newer = { crlNumber: 4, thisUpdate: later(-HOUR) }
    expect(await judge(pki.client, pki.root, { crls: await lists(pki.root, day, ranOut, newer) })).toBe(
      'good',
    )
  })

  test('in a list or a response: good counts from whoever says it later, and from nobody before', async () => {
    const older = { thisUpdate: later(-3 * HOUR) }
    const newer = { thisUpdate: later(-HOUR) }
    const at = { thisUpdate: later(-2 * HOUR), nextUpdate: later(-SECOND) }
    const holding: PolicyChanges[] = [
      { crls: await lists(pki.root, { ...at, ...held() }) },
      { ocspResponses: await responses(pki.root, pki.client, { status: 'revoked', ...hold, ...at }) },
    ]
    for (const { crls = [], ocspResponses = [] } of holding) {
      for (const [time, outcome] of [
        [older, STALE],
        [at, STALE],
        [newer, 'good'],
      ] as const) {
        const since = { thisUpdate: time.thisUpdate }
        const list = await lists(pki.root, { ...since, crlNumber: 2 })
        const response = await responses(pki.root, pki.client, since)
        expect(await judge(pki.client, pki.root, { crls: [...crls, ...list], ocspResponses })).toBe(outcome)
        expect(
          await judge(pki.client, pki.root, { crls, ocspResponses: [...ocspResponses, ...response] }),
        ).toBe(outcome)
      }
    }
  })

  test('good by lists that cover the reasons together is as old as the oldest of them', async () => {
    const some = { issuingDistributionPoint: { onlySomeReasons: ['certificateHold'] as const } }
    const rest = {
      issuingDistributionPoint: {
        onlySomeReasons: [
          'keyCompromise',
          'cACompromise',
          'affiliationChanged',
          'superseded',
          'cessationOfOperation',
          'privilegeWithdrawn',
          'aACompromise',
        ] as const,
      },
    }
    const before = { ...some, thisUpdate: later(-3 * HOUR) }
    const holding = { ...some, ...held(), thisUpdate: later(-2 * HOUR), nextUpdate: later(-SECOND) }
    const after = { ...rest, thisUpdate: later(-HOUR) }
    expect(await judge(pki.client, pki.root, { crls: await lists(pki.root, before, after) })).toBe('good')
    expect(await judge(pki.client, pki.root, { crls: await lists(pki.root, before, holding, after) })).toBe(
      STALE,
    )
  })

  test('no rule that spares evidence spares it', async () => {
    const brief = await pki.root.issue({ notBefore: later(-SECOND), notAfter: later(60 * SECOND) })
    const crls = await lists(pki.root, {
      revoked: [{ certificate: brief, ...hold }],
      thisUpdate: later(-SECOND),
      nextUpdate: later(-SECOND),
    })
    const shortLived = { maxLifetimeSeconds: 3_600 }
    expect(await judge(brief, pki.root, { shortLived })).toBe('good')
    expect(await judge(brief, pki.root, { shortLived, crls })).toBe(STALE)
  })

  test('prefer takes it for unknown, as all that has run out', async () => {
    const crls = await lists(pki.root, day, {
      ...held(),
      thisUpdate: later(-HOUR),
      nextUpdate: later(-SECOND),
    })
    expect(await judge(pki.client, pki.root, { mode: 'prefer', crls })).toBe('unknown')
  })
})

test('a list with something critical that is not understood lifts no hold', async () => {
  const oldest = { crlNumber: 1, thisUpdate: later(-3 * HOUR) }
  const holding = {
    crlNumber: 2,
    thisUpdate: later(-2 * HOUR),
    revoked: [{ certificate: pki.client, reason: 'certificateHold' }],
  } as const
  const strange = { crlNumber: 3, thisUpdate: later(-HOUR), extensions: [UNKNOWN_CRITICAL] }
  expect(await judge(pki.client, pki.root, { crls: await lists(pki.root, oldest, holding, strange) })).toBe(
    REVOKED,
  )
  const plain = { crlNumber: 3, thisUpdate: later(-HOUR) }
  expect(await judge(pki.client, pki.root, { crls: await lists(pki.root, oldest, holding, plain) })).toBe(
    'good',
  )
})

describe('whose signer may itself be revoked', () => {
  const POINT = 'http://crl.example/responders'

  async function responder(options: IssueOptions = {}): Promise<TestCertificate> {
    return await pki.root.issue({
      name: 'responder',
      extKeyUsage: [OCSP_SIGNING],
      crlDistributionPoints: [POINT],
      ...options,
    })
  }
  // About certificates that name this point alone.
  const responders = { issuingDistributionPoint: { urls: [POINT] } }

  test('a response that revokes is believed all the same, one that says good is not', async () => {
    const signer = { responder: await responder() }
    const revoked = await responses(pki.root, pki.client, { ...signer, status: 'revoked' })
    const good = await responses(pki.root, pki.client, signer)
    expect(await judge(pki.client, pki.root, { mode: 'prefer', ocspResponses: revoked })).toBe(REVOKED)
    expect(await judge(pki.client, pki.root, { mode: 'prefer', ocspResponses: good })).toBe('unknown')
    const crls = await lists(pki.root, {})
    const named = await lists(pki.root, { ...responders, revoked: [signer.responder] })
    expect(await judge(pki.client, pki.root, { ocspResponses: [...good, ...revoked] })).toBe(REVOKED)
    expect(await judge(pki.client, pki.root, { ocspResponses: revoked, crls: [...crls, ...named] })).toBe(
      'good',
    )
  })

  test('a list that revokes is believed all the same, one that says good is not', async () => {
    const issuer = await pki.root.issue({ kind: 'ca', name: 'Issuer' })
    const client = await issuer.issue()
    const signer = await pki.root.issue({ name: 'Issuer', keyUsage: ['cRLSign'], extKeyUsage: null })
    const signers = [signer.certificate]
    const cas = await lists(pki.root, { issuingDistributionPoint: { onlyContainsCACerts: true } })
    const by = async (extra: readonly Uint8Array[], mode: 'require' | 'prefer'): Promise<string> =>
      await judge(client, pki.root, { mode, signers, crls: [...cas, ...extra] })
    const revoking = await lists(signer, { revoked: [client] })
    const good = await lists(issuer, {})
    expect(await by(await lists(signer, {}), 'require')).toBe(EVIDENCE)
    expect(await by(await lists(signer, {}), 'prefer')).toBe('unknown good')
    expect(await by(revoking, 'prefer')).toBe(REVOKED)
    expect(await by([...good, ...revoking], 'require')).toBe(REVOKED)
    // A delta of theirs spoils what it continues.
    const delta = await lists(signer, {
      crlNumber: 2,
      deltaCrlIndicator: 1,
      withoutExtensions: ['2.5.29.35'],
    })
    const base = await lists(issuer, { withoutExtensions: ['2.5.29.35'] })
    expect(await by(base, 'require')).toBe('good good')
    expect(await by([...base, ...delta], 'require')).toBe(EVIDENCE)
    // Whoever is known to be revoked says nothing at all.
    const without = await lists(pki.root, { revoked: [signer] })
    expect(await by([...good, ...revoking, ...without], 'require')).toBe('good good')
  })

  test('nocheck asks for no list about a responder; one that is held and names it counts', async () => {
    const signer = await responder({ ocspNoCheck: true })
    const ocspResponses = await responses(pki.root, pki.client, { responder: signer })
    const asked: EvidenceQuery[] = []
    const source: RevocationSource = {
      kind: 'revocation-source',
      revision: () => 0,
      find: () => [],
      fetch: async (query) => {
        asked.push(query)
        return []
      },
      status: () => [],
    }
    const by = async (crls: readonly Uint8Array[]): Promise<string> =>
      await judge(pki.client, pki.root, { ocspResponses, crls, sources: [source] })
    expect(await by([])).toBe('good')
    expect(await by(await lists(pki.root, responders))).toBe('good')
    expect(await by(await lists(pki.root, { ...responders, nextUpdate: later(-SECOND) }))).toBe('good')
    expect(asked).toEqual([])
    expect(await by(await lists(pki.root, { ...responders, revoked: [signer] }))).toBe(EVIDENCE)
    expect(asked.map(({ certificate }) => certificate.der)).toEqual([pki.client.der])
  })

  test('a limit that is reached on the way to the signer is no proof of good', async () => {
    const signer = { responder: await responder() }
    const about = await lists(
      pki.root,
      ...Array.from({ length: 33 }, (_, crlNumber) => ({ ...responders, crlNumber })),
    )
    const crls = [
      ...about,
      ...(await lists(pki.root, { issuingDistributionPoint: { onlyContainsUserCerts: true } })),
    ]
    const unknown = await responses(pki.root, pki.client, { ...signer, status: 'unknown' })
    expect(await judge(pki.client, pki.root, { crls })).toBe('good')
    expect(await judge(pki.client, pki.root, { crls, ocspResponses: unknown })).toBe(EVIDENCE)
  })
})

test('the certificate of the signer is found among all that came along', async () => {
  const responder = await pki.root.issue({
    name: 'responder',
    extKeyUsage: [OCSP_SIGNING],
    ocspNoCheck: true,
  })
  const certificates = [...Array.from({ length: 7 }, () => pki.other), responder]
  const revoked = await responses(pki.root, pki.client, { responder, certificates, status: 'revoked' })
  const crls = await lists(pki.root, {})
  expect(await judge(pki.client, pki.root, { ocspResponses: revoked, crls })).toBe(REVOKED)
})

test('the signer of a list is found among all that are known, or that it was not is no good', async () => {
  const options = { name: 'Root', keyUsage: ['cRLSign'] as const, extKeyUsage: null, noRevAvail: true }
  const issue = async (count: number): Promise<TestCertificate[]> =>
    await Promise.all(Array.from({ length: count }, async () => await pki.root.issue(options)))
  const [signer] = await issue(1)
  if (signer === undefined) throw new Error('a signer')
  const crls = [
    ...(await lists(signer, { revoked: [pki.client], withoutExtensions: ['2.5.29.35'] })),
    ...(await lists(pki.root, {})),
  ]
  const by = async (others: number): Promise<string> => {
    const signers = [...(await issue(others)), signer].map(({ certificate }) => certificate)
    return await judge(pki.client, pki.root, { mode: 'prefer', crls, signers })
  }
  expect(await by(7)).toBe(REVOKED)
  expect(await by(15)).toBe(REVOKED)
  expect(await by(16)).toBe(EVIDENCE)
})

describe('whoever speaks for itself', () => {
  test('a holder whose certificate makes it a responder, by a second certificate for the same key', async () => {
    const both = { extKeyUsage: [CLIENT_AUTH, OCSP_SIGNING], ocspNoCheck: true }
    const first = await pki.root.issue({ name: 'first', ...both })
    const second = await pki.root.issue({ name: 'second', ...both, keyOf: first })
    const third = await pki.root.issue({ name: 'third', ...both })
    for (const [responder, outcome] of [
      [first, EVIDENCE],
      [second, EVIDENCE],
      [third, 'good'],
    ] as const)
      expect(
        await judge(first, pki.root, { ocspResponses: await responses(pki.root, first, { responder }) }),
      ).toBe(outcome)
  })

  test('an end entity with the name of its issuer and without key usage signs no lists', async () => {
    const points = { crlDistributionPoints: ['http://crl.example/signers'], extKeyUsage: null }
    const namesake = await pki.root.issue({ name: 'Root', keyUsage: null, ...points })
    const signer = await pki.root.issue({ name: 'Root', keyUsage: ['cRLSign'], ...points })
    const covers = await lists(pki.root, { issuingDistributionPoint: { urls: points.crlDistributionPoints } })
    const by = async (maker: TestCertificate): Promise<string> =>
      await judge(pki.client, pki.root, {
        crls: [...covers, ...(await lists(maker, {}))],
        signers: [maker.certificate],
      })
    expect(await by(signer)).toBe('good')
    expect(await by(namesake)).toBe(EVIDENCE)
  })
})

test('a hold within a response hides no compromise within it', async () => {
  const { client: certificate } = pki
  const [answer = new Uint8Array(0)] = await responses(pki.root, certificate, {
    responses: [
      { certificate, status: 'revoked', reason: 'certificateHold', nextUpdate: later(-SECOND) },
      { certificate, status: 'revoked', reason: 'keyCompromise', thisUpdate: later(-HOUR) },
    ],
  })
  expect(
    await judge(certificate, pki.root, { ocspResponses: [answer], crls: await lists(pki.root, {}) }),
  ).toBe(REVOKED)
})

describe('a staple without nextUpdate', () => {
  test.each<[number, number | undefined, string]>([
    [300, undefined, 'accepted'],
    [301, undefined, STAPLE_STALE],
    [600, 600, 'accepted'],
    [601, 600, STAPLE_STALE],
  ])('%i s old, where evidence may be %s s old', async (age, maxAgeSeconds, outcome) => {
    const [staple = new Uint8Array(0)] = await responses(pki.root, pki.client, {
      thisUpdate: later(-age * SECOND),
      nextUpdate: null,
    })
    const verifier = createVerifier({
      trustAnchors: [pki.root.certificate],
      audience: AUDIENCE,
      revocation: { mode: 'require', ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) },
      clock: () => AT,
    })
    const token = await forge(pki.client, { header: { ocsp: [encodeBase64(staple)] } })
    expect(await codeOf(() => verifier.verify(token))).toBe(outcome)
  })
})

describe('one verification that looks at many paths', () => {
  // Asks nobody, answers never; notes about whom it was asked.
  function silentSource(): RevocationSource & { readonly asked: EvidenceQuery[] } {
    const asked: EvidenceQuery[] = []
    return {
      kind: 'revocation-source',
      asked,
      revision: () => 0,
      find: () => [],
      fetch: async (query) => {
        asked.push(query)
        return await new Promise<readonly FetchProblem[]>(() => {})
      },
      status: () => [],
    }
  }

  test('waits once for its sources, however many copies of a certificate are sent', async () => {
    const source = silentSource()
    const maxWaitMilliseconds = 200
    const start = performance.now()
    const intermediates = Array.from({ length: 6 }, () => pki.intermediate.der)
    expect(
      await judge(pki.deep, pki.root, { sources: [source], maxWaitMilliseconds }, { intermediates }),
    ).toBe('ERR_REVOCATION_RESPONDER')
    expect(performance.now() - start).toBeLessThan(3 * maxWaitMilliseconds)
    expect(source.asked).toHaveLength(2)
  })

  test('so does one of a token', async () => {
    const source = silentSource()
    const verifier = createVerifier({
      trustAnchors: [pki.root.certificate],
      audience: AUDIENCE,
      revocation: { mode: 'require', sources: [source], maxWaitMilliseconds: 200 },
      clock: () => AT,
    })
    const copies = Array.from({ length: 6 }, () => encodeBase64(pki.intermediate.der))
    const token = await forge(pki.deep, { header: { x5c: [encodeBase64(pki.deep.der), ...copies] } })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_REVOCATION_RESPONDER')
    expect(source.asked).toHaveLength(2)
  })

  test('finds a certificate revoked on all of them once it is on one', async () => {
    const [first, second] = [
      await createTestCa({ at: AT, name: 'First' }),
      await createTestCa({ at: AT, name: 'Second' }),
    ]
    const issuer = await first.issue({ kind: 'ca', name: 'Crossed' })
    const again = await second.issue({ kind: 'ca', name: 'Crossed', keyOf: issuer })
    const lister = await first.issue({
      name: 'Lists',
      keyUsage: ['cRLSign'],
      extKeyUsage: null,
      noRevAvail: true,
    })
    const client = await issuer.issue({
      crlDistributionPoints: [{ cRLIssuer: lister.certificate.subject.der }],
    })
    const named = { certificate: client, certificateIssuer: issuer.certificate.subject.der }
    const crls = [
      ...(await lists(lister, { issuingDistributionPoint: { indirectCRL: true }, revoked: [named] })),
      ...(await lists(first, {})),
      ...(await lists(second, {})),
    ]
    for (const anchors of [
      [first, second],
      [second, first],
    ]) {
      for (const mode of ['prefer', 'require'] as const) {
        const by = async (intermediates: readonly TestCertificate[]): Promise<string> =>
          await codeOf(
            async () =>
              await verifyPath({
                leaf: client.der,
                intermediates: intermediates.map(({ der }) => der),
                trustAnchors: anchors.map(({ certificate }) => certificate),
                at: AT,
                purpose: 'any',
                revocation: { mode, crls, signers: [lister.certificate] },
              }),
          )
        expect(await by([issuer])).toBe(REVOKED)
        expect(await by([issuer, again])).toBe(REVOKED)
      }
    }
  })
})

describe('whose signer has expired since', () => {
  const old = { notBefore: later(-48 * HOUR), notAfter: later(-24 * HOUR) }
  const made = { thisUpdate: later(-30 * HOUR), nextUpdate: later(24 * HOUR) }

  test('a response still revokes, and proves nothing good', async () => {
    const responder = await pki.root.issue({ extKeyUsage: [OCSP_SIGNING], ocspNoCheck: true, ...old })
    const root = await createTestCa({ at: AT, name: 'Root', keyOf: pki.root, notBefore: later(-72 * HOUR) })
    const by = async (status: 'good' | 'revoked', producedAt: Date): Promise<string> => {
      const signed = { ...made, responder, status, producedAt }
      const ocspResponses = await responses(pki.root, pki.client, signed)
      return await judge(pki.client, root, { mode: 'prefer', ocspResponses })
    }
    expect(await by('revoked', made.thisUpdate)).toBe(REVOKED)
    expect(await by('good', made.thisUpdate)).toBe('unknown')
    // Made when it had expired, or before it was made one.
    expect(await by('revoked', later(-HOUR))).toBe('unknown')
    expect(await by('revoked', later(-60 * HOUR))).toBe('unknown')
  })

  test('a list still revokes, and proves nothing good', async () => {
    const signer = await pki.root.issue({ name: 'Root', keyUsage: ['cRLSign'], extKeyUsage: null, ...old })
    const root = await createTestCa({ at: AT, name: 'Root', keyOf: pki.root, notBefore: later(-72 * HOUR) })
    const users = { issuingDistributionPoint: { onlyContainsUserCerts: true } }
    const signers = [signer.certificate]
    const by = async (revoked: readonly TestCertificate[], thisUpdate: Date): Promise<string> => {
      const crls = await lists(signer, { ...made, ...users, revoked, thisUpdate })
      return await judge(pki.client, root, { mode: 'prefer', crls, signers })
    }
    expect(await by([pki.client], made.thisUpdate)).toBe(REVOKED)
    expect(await by([pki.other], made.thisUpdate)).toBe('unknown')
    expect(await by([pki.client], later(-HOUR))).toBe('unknown')
  })
})

describe('what is known of a signer counts no longer than that of whoever says so', () => {
  const POINT = 'http://crl.example/responders'
  const covers = { issuingDistributionPoint: { urls: [POINT] } }

  // Codes for tokens of the client at several instants, by one verifier, which remembers its chain.
  async function over(
    policy: PolicyChanges,
    ...instants: readonly Date[]
  ): Promise<readonly (readonly [known: string, anew: string])[]> {
    let now = AT
    const verifierOf = (): Verifier =>
      createVerifier({
        trustAnchors: [pki.root.certificate],
        audience: AUDIENCE,
        revocation: { mode: 'require', ...policy },
        oneTimeUse: 'off',
        clock: () => now,
      })
    const known = verifierOf()
    const codes: [string, string][] = []
    for (const instant of instants) {
      now = instant
      const iat = now.getTime() / 1000
      const token = await forge(pki.client, { claims: { iat, exp: iat + 300 } })
      codes.push([await codeOf(() => known.verify(token)), await codeOf(() => verifierOf().verify(token))])
    }
    return codes
  }

  test.each<[string, IssueOptions, boolean]>([
    ['whose own list runs out', { crlDistributionPoints: [POINT] }, true],
    ['that expires', { ocspNoCheck: true, notAfter: later(HOUR) }, false],
  ])('a responder %s', async (_what, options, isCovered) => {
    const responder = await pki.root.issue({ extKeyUsage: [OCSP_SIGNING], ...options })
    const ocspResponses = await responses(pki.root, pki.client, { responder })
    const crls = isCovered ? await lists(pki.root, { ...covers, nextUpdate: later(HOUR) }) : []
    const policy = { ocspResponses, crls }
    expect(await over(policy, AT, later(HOUR), later(HOUR + SECOND))).toEqual([
      ['accepted', 'accepted'],
      ['accepted', 'accepted'],
      [EVIDENCE, EVIDENCE],
    ])
  })

  test.each<[string, IssueOptions, Date | undefined]>([
    ['whose own list runs out', {}, later(HOUR)],
    ['that expires', { notAfter: later(HOUR) }, undefined],
  ])('a signer of lists %s', async (_what, options, nextUpdate) => {
    const points = { keyUsage: ['cRLSign'] as const, extKeyUsage: null, crlDistributionPoints: [POINT] }
    const signer = await pki.root.issue({ name: 'Root', ...points, ...options })
    const crls = [
      ...(await lists(signer, {})),
      ...(await lists(pki.root, { ...covers, ...(nextUpdate && { nextUpdate }) })),
    ]
    const policy = { crls, signers: [signer.certificate] }
    expect(await over(policy, AT, later(HOUR), later(HOUR + SECOND))).toEqual([
      ['accepted', 'accepted'],
      ['accepted', 'accepted'],
      [EVIDENCE, EVIDENCE],
    ])
  })
})

test('a source that breaks its word never to throw refuses with a code, in both modes', async () => {
  const source: RevocationSource = {
    kind: 'revocation-source',
    revision: () => 0,
    find: () => {
      throw new Error('broken')
    },
    status: () => [],
  }
  const crls = await lists(pki.root, {})
  expect(await judge(pki.client, pki.root, { crls, sources: [source] })).toBe(EVIDENCE)
  expect(await judge(pki.client, pki.root, { mode: 'prefer', crls, sources: [source] })).toBe(EVIDENCE)
  const revoked = await lists(pki.root, { revoked: [pki.client] })
  expect(await judge(pki.client, pki.root, { crls: revoked, sources: [source] })).toBe(REVOKED)
})

test.each<[string, unknown]>([
  ['a promise', Promise.resolve([])],
  ['nothing', undefined],
  ['null', null],
])('so does one whose find answers %s', async (_what, found) => {
  const source = untyped<RevocationSource>({
    kind: 'revocation-source',
    revision: () => 0,
    find: () => found,
    status: () => [],
  })
  const crls = await lists(pki.root, {})
  expect(await judge(pki.client, pki.root, { crls, sources: [source] })).toBe(EVIDENCE)
  expect(await judge(pki.client, pki.root, { mode: 'prefer', crls, sources: [source] })).toBe(EVIDENCE)
})

describe('what was repelled', () => {
  test('a CA below the root that bears its name speaks for none of the certificates above it', async () => {
    const namesake = await pki.intermediate.issue({ kind: 'ca', name: 'Root' })
    const crls = [...(await lists(namesake, {})), ...(await lists(pki.intermediate, {}))]
    const signers = [namesake.certificate, pki.intermediate.certificate]
    expect(await judge(pki.client, pki.root, { crls, signers })).toBe(EVIDENCE)
    // Standing in the path itself it speaks for what is below it alone.
    const leaf = await namesake.issue()
    expect(await judge(leaf, pki.root, { crls })).toBe(EVIDENCE)
    expect(await judge(leaf, pki.root, { mode: 'prefer', crls })).toBe('good good unknown')
    const root = await lists(pki.root, { crlNumber: 2 })
    expect(await judge(leaf, pki.root, { crls: [...crls, ...root] })).toBe('good good good')
  })

  test('an end entity that may sign lists, and bears the name of the issuer, by another CA', async () => {
    const sibling = await pki.intermediate.issue({ name: 'Root', keyUsage: ['cRLSign'], extKeyUsage: null })
    const crls = [...(await lists(sibling, {})), ...(await lists(pki.intermediate, {}))]
    const signers = [sibling.certificate, pki.intermediate.certificate]
    expect(await judge(pki.client, pki.root, { crls, signers })).toBe(EVIDENCE)
  })

  test('of several responses for a certificate that is sent twice the first counts, whatever a verifier remembers', async () => {
    const verifierOf = (): Verifier =>
      createVerifier({
        trustAnchors: [pki.root.certificate],
        audience: AUDIENCE,
        revocation: { mode: 'require' },
        clock: () => AT,
      })
    const remembering = verifierOf()
    const own = await pki.intermediate.ocspResponse({ certificate: pki.deep })
    const good = await pki.root.ocspResponse({ certificate: pki.intermediate })
    const revoked = await pki.root.ocspResponse({ certificate: pki.intermediate, status: 'revoked' })
    const x5c = [pki.deep, pki.intermediate, pki.intermediate, pki.root].map(({ der }) => encodeBase64(der))
    for (const [staples, outcome] of [
      [[own, good, null, null], 'accepted'],
      [[own, null, good, null], 'accepted'],
      [[own, revoked, good, null], REVOKED],
      [[own, own, good, null], 'ERR_REVOCATION_STAPLE'],
      [[own, null, null, good], UNKNOWN],
      [[good, good, null, null], 'ERR_REVOCATION_STAPLE'],
    ] as const) {
      const ocsp = staples.map((staple) => staple && encodeBase64(staple))
      const token = await forge(pki.deep, { header: { x5c, ocsp } })
      expect(await codeOf(() => verifierOf().verify(token))).toBe(outcome)
      expect(await codeOf(() => remembering.verify(token))).toBe(outcome)
    }
  })

  test('evidence that is replaced while a token is judged: the next token is judged by the new one', async () => {
    const good = { crls: [...(await lists(pki.root, {})), ...(await lists(pki.intermediate, {}))] }
    const bad = { crls: [...good.crls, ...(await lists(pki.intermediate, { revoked: [pki.deep] }))] }
    const memory = createMemorySource(good)
    let isArmed = true
    const source: RevocationSource = {
      ...memory,
      find(query) {
        const found = memory.find(query)
        // After the last look of the first judgement.
        if (isArmed && query.certificate.subject.der.length === pki.deep.certificate.subject.der.length) {
          isArmed = false
          memory.replace(bad)
        }
        return found
      },
    }
    const verifier = createVerifier({
      trustAnchors: [pki.root.certificate],
      audience: AUDIENCE,
      revocation: { mode: 'require', sources: [source] },
      clock: () => AT,
    })
    const verify = async (): Promise<string> => {
      const token = await forge(pki.deep)
      return await codeOf(() => verifier.verify(token))
    }
    expect([await verify(), await verify(), await verify()]).toEqual(['accepted', REVOKED, REVOKED])
  })

  test.each(['0000-01-01T00:00:00Z', '0099-12-31T23:59:59Z', '9999-12-31T23:59:59Z'])(
    'the year of %s is an instant like any other',
    async (text) => {
      const instant = new Date(text)
      const isAhead = instant > AT
      const old = { maxAgeSeconds: 315_360_000 }
      for (const policy of [{}, old]) {
        const by = async (options: TestCrlOptions): Promise<string> =>
          await judge(pki.client, pki.root, { crls: await lists(pki.root, options), ...policy })
        const isGood = !isAhead && policy !== old
        expect(await by({ thisUpdate: instant })).toBe(isGood ? 'good' : STALE)
        expect(await by({ thisUpdate: instant, nextUpdate: null })).toBe(STALE)
        expect(await by({ nextUpdate: instant })).toBe(isAhead ? 'good' : STALE)
        expect(await by({ thisUpdate: instant, revoked: [pki.client] })).toBe(REVOKED)
        expect(await by({ revoked: [{ certificate: pki.client, revocationDate: instant }] })).toBe(REVOKED)
      }
    },
  )
})
