// The stance on revocation: what each option decides, what is unknown, and that one revocation outweighs everything.

import { catalogue } from 'ingam'
import type { TestCertificate } from 'ingam/testing'
import { createTestCa } from 'ingam/testing'
import {
  type CertificateStatus,
  createMemorySource,
  type EvidenceQuery,
  type FetchProblem,
  type GivenEvidence,
  type RevocationPolicy,
  type RevocationSource,
  verifyPath,
} from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { isPkiError } from '../../packages/ingam/src/errors/errors.ts'
import { readRevocation } from '../../packages/ingam/src/revocation/policy.ts'
import { parseCrl } from '../../packages/ingam/src/x509/crl.ts'
import { parseOcspResponse } from '../../packages/ingam/src/x509/ocsp.ts'
import { AT, createPki, HOUR, judge, later, lists, type Pki, responses, SECOND, statusesOf } from './judge.ts'

const UNKNOWN = 'ERR_REVOCATION_UNKNOWN'
const REVOKED = 'ERR_REVOCATION_REVOKED'
const RESPONDER = 'ERR_REVOCATION_RESPONDER'

let pki: Pki

beforeAll(async () => {
  pki = await createPki()
})

describe('the mode', () => {
  test('require refuses what is unknown; prefer accepts it and says so; neither accepts what is revoked', async () => {
    expect(await judge(pki.client, pki.root, {})).toBe(UNKNOWN)
    expect(await judge(pki.client, pki.root, { mode: 'prefer' })).toBe('unknown')
    const crls = await lists(pki.root, { revoked: [pki.client] })
    expect(await judge(pki.client, pki.root, { crls })).toBe(REVOKED)
    expect(await judge(pki.client, pki.root, { mode: 'prefer', crls })).toBe(REVOKED)
  })

  test('off asks nothing', async () => {
    const path = await verifyPath({
      leaf: pki.client.der,
      trustAnchors: [pki.root.certificate],
      at: AT,
      purpose: 'any',
      revocation: 'off',
    })
    expect(path.revocation).toEqual([])
  })

  test('prefer says why nothing is known', async () => {
    expect(await statusesOf(pki.client, pki.root, { mode: 'prefer' })).toEqual([
      {
        certificate: { position: 0, subject: 'CN=client', serialNumber: expect.any(String) },
        status: 'unknown',
        problem: {
          code: UNKNOWN,
          message: 'leaf #0 "CN=client": standing unknown: no list and no response about it is held',
        },
      },
    ])
    const crls = await lists(pki.impostor, {})
    const [status] = await statusesOf(pki.client, pki.root, { mode: 'prefer', crls })
    expect(status?.problem?.code).toBe('ERR_REVOCATION_EVIDENCE')
  })

  test('prefer tells its callback once, and of nothing where all is good', async () => {
    const told: (readonly CertificateStatus[])[] = []
    const onUndecided = (statuses: readonly CertificateStatus[]): void => void told.push(statuses)
    await judge(pki.deep, pki.root, { mode: 'prefer', onUndecided, crls: await lists(pki.root, {}) })
    expect(told.map((statuses) => statuses.map(({ status }) => status))).toEqual([['unknown', 'good']])
    const crls = [...(await lists(pki.root, {})), ...(await lists(pki.intermediate, {}))]
    await judge(pki.deep, pki.root, { mode: 'prefer', onUndecided, crls })
    await judge(pki.deep, pki.root, { mode: 'require', onUndecided })
    expect(told).toHaveLength(1)
  })

  test('what the callback throws refuses the path', async () => {
    const onUndecided = (): void => {
      throw new Error('not today')
    }
    await expect(statusesOf(pki.client, pki.root, { mode: 'prefer', onUndecided })).rejects.toThrow(
      'not today',
    )
    const crls = await lists(pki.root, {})
    expect(await judge(pki.client, pki.root, { mode: 'prefer', crls, onUndecided })).toBe('good')
  })

  test('the codes say whether it is a no or an outage', () => {
    expect([catalogue[REVOKED].exit, catalogue[REVOKED].http]).toEqual([1, 401])
    for (const code of [UNKNOWN, 'ERR_REVOCATION_STALE', 'ERR_REVOCATION_EVIDENCE', RESPONDER] as const)
      expect([catalogue[code].exit, catalogue[code].http]).toEqual([4, 503])
    for (const code of ['ERR_REVOCATION_STAPLE', 'ERR_REVOCATION_STAPLE_STALE'] as const)
      expect([catalogue[code].exit, catalogue[code].http]).toEqual([1, 401])
  })
})

describe('a revocation outweighs every good', () => {
  test('whatever source it comes from, in whatever order they stand', async () => {
    const good: GivenEvidence = {
      crls: await lists(pki.root, {}, { crlNumber: 2 }),
      ocspResponses: await responses(pki.root, pki.client, {}, {}),
    }
    const bad: GivenEvidence[] = [
      { crls: await lists(pki.root, { revoked: [pki.client], thisUpdate: later(-24 * HOUR) }) },
      { ocspResponses: await responses(pki.root, pki.client, { status: 'revoked' }) },
    ]
    for (const evidence of bad) {
      const sources = [good, evidence, good].map((each) => createMemorySource(each))
      for (const order of [sources, sources.toReversed(), [sources[1], sources[0]]]) {
        const all = order.filter((source) => source !== undefined)
        expect(await judge(pki.client, pki.root, { sources: all })).toBe(REVOKED)
        expect(await judge(pki.client, pki.root, { ...good, sources: all })).toBe(REVOKED)
      }
    }
    expect(await judge(pki.client, pki.root, good)).toBe('good')
  })

  test('of several certificates any one is enough', async () => {
    const crls = [
      ...(await lists(pki.root, { revoked: [pki.intermediate] })),
      ...(await lists(pki.intermediate, {})),
    ]
    await expect(statusesOf(pki.deep, pki.root, { crls })).rejects.toMatchObject({
      code: REVOKED,
      details: { certificate: { role: 'intermediate', position: 1 } },
    })
  })
})

describe('another path', () => {
  // An intermediate with two certificates: by the root, and by another root.
  async function crossSigned(): Promise<{
    readonly roots: readonly TestCertificate[]
    readonly leaf: TestCertificate
    readonly issuers: readonly TestCertificate[]
  }> {
    const roots = [await createTestCa({ at: AT, name: 'Old' }), await createTestCa({ at: AT, name: 'New' })]
    const [first, second] = roots
    if (first === undefined || second === undefined) throw new Error('two roots')
    const issuer = await first.issue({ kind: 'ca', name: 'Crossed' })
    const again = await second.issue({ kind: 'ca', name: 'Crossed', keyOf: issuer })
    return { roots, leaf: await issuer.issue(), issuers: [issuer, again] }
  }

  test.each([0, 1])('is taken where the certificate of root %i was revoked', async (revokedBy) => {
    const { roots, leaf, issuers } = await crossSigned()
    const crls: Uint8Array[] = []
    for (const [index, root] of roots.entries()) {
      const issuer = issuers[index]
      crls.push(
        (await root.crl(index === revokedBy && issuer !== undefined ? { revoked: [issuer] } : {})).der,
      )
    }
    crls.push(...(await lists(issuers[0] ?? leaf, {})))
    const path = await verifyPath({
      leaf: leaf.der,
      intermediates: issuers.map(({ der }) => der),
      trustAnchors: roots.map(({ certificate }) => certificate),
      at: AT,
      purpose: 'any',
      revocation: { mode: 'require', crls },
    })
    expect(path.certificates.at(-1)?.der).toEqual(roots[1 - revokedBy]?.der)
    expect(path.revocation.map(({ status }) => status)).toEqual(['good', 'good'])
  })

  test('where all are refused, the attempts say why each was', async () => {
    const { roots, leaf, issuers } = await crossSigned()
    const crls: Uint8Array[] = []
    for (const [index, root] of roots.entries()) {
      const issuer = issuers[index]
      if (index === 0 && issuer !== undefined) crls.push((await root.crl({ revoked: [issuer] })).der)
    }
    crls.push(...(await lists(issuers[0] ?? leaf, {})))
    const refused = verifyPath({
      leaf: leaf.der,
      intermediates: issuers.map(({ der }) => der),
      trustAnchors: roots.map(({ certificate }) => certificate),
      at: AT,
      purpose: 'any',
      revocation: { mode: 'require', crls },
    })
    await expect(refused).rejects.toMatchObject({ code: REVOKED })
    const attempts = await refused.then(
      () => [],
      (error: unknown) => (isPkiError(error) ? error.attempts : []),
    )
    expect(attempts.map(({ code }) => code).toSorted()).toEqual([REVOKED, UNKNOWN].toSorted())
  })
})

describe('what nobody revokes', () => {
  test('noRevAvail is good, and says why', async () => {
    const certificate = await pki.root.issue({ name: 'brief', noRevAvail: true })
    expect(await statusesOf(certificate, pki.root, {})).toMatchObject([
      { status: 'good', evidence: { kind: 'not-revocable', signer: 'CN=Root', from: 'noRevAvail' } },
    ])
  })

  test('noRevAvail outweighs no revocation', async () => {
    const certificate = await pki.root.issue({ noRevAvail: true })
    expect(
      await judge(certificate, pki.root, { crls: await lists(pki.root, { revoked: [certificate] }) }),
    ).toBe(REVOKED)
  })

  // Both ends belong to the validity period: one of a second has equal ends.
  async function living(seconds: number): Promise<TestCertificate> {
    return await pki.root.issue({ notBefore: later(-SECOND), notAfter: later((seconds - 2) * SECOND) })
  }

  test.each<[number, string]>([
    [600, 'good'],
    [601, UNKNOWN],
  ])('a life of %i s, where 600 are short', async (seconds, outcome) => {
    const certificate = await living(seconds)
    expect(await judge(certificate, pki.root, { shortLived: { maxLifetimeSeconds: 600 } })).toBe(outcome)
    expect(await judge(certificate, pki.root, {})).toBe(UNKNOWN)
  })

  test('says how long it lives', async () => {
    const [status] = await statusesOf(await living(600), pki.root, {
      shortLived: { maxLifetimeSeconds: 3_600 },
    })
    expect(status?.evidence).toEqual({
      kind: 'not-revocable',
      signer: 'CN=Root',
      from: 'lives 600 s, at most 3600 s',
    })
  })

  test('a CA is never among them', async () => {
    const issuer = await pki.root.issue({
      kind: 'ca',
      notBefore: later(-SECOND),
      notAfter: later(60 * SECOND),
    })
    const leaf = await issuer.issue({ notBefore: later(-SECOND), notAfter: later(60 * SECOND) })
    const shortLived = { maxLifetimeSeconds: 3_600 }
    expect(await judge(leaf, pki.root, { shortLived })).toBe(UNKNOWN)
    expect(await judge(leaf, pki.root, { shortLived, crls: await lists(pki.root, {}) })).toBe('good good')
    expect(await judge(leaf, pki.root, { shortLived, depth: 'leaf' })).toBe('good')
  })
})

// A source that answers late, never, or with nothing, and that counts what it is asked.
class CountingSource implements RevocationSource {
  readonly kind = 'revocation-source'
  readonly asked: EvidenceQuery[] = []
  readonly #held = createMemorySource()
  readonly #answer: (
    query: EvidenceQuery,
    held: ReturnType<typeof createMemorySource>,
  ) => Promise<readonly FetchProblem[]>

  constructor(answer: CountingSource['fetchNow']) {
    this.#answer = answer
  }

  readonly revision = (): number => this.#held.revision()
  readonly find = (query: EvidenceQuery): ReturnType<RevocationSource['find']> => this.#held.find(query)
  readonly status = (): [] => []
  readonly fetch = async (query: EvidenceQuery): Promise<readonly FetchProblem[]> => {
    this.asked.push(query)
    return await this.#answer(query, this.#held)
  }

  declare readonly fetchNow: (
    query: EvidenceQuery,
    held: ReturnType<typeof createMemorySource>,
  ) => Promise<readonly FetchProblem[]>
}

describe('sources that fetch', () => {
  test('are asked about what is unknown, and about nothing else', async () => {
    const [answer = new Uint8Array(0)] = await responses(pki.intermediate, pki.deep, {})
    const source = new CountingSource(async (_query, held) => {
      held.replace({ ocspResponses: [answer] })
      return []
    })
    const crls = await lists(pki.root, {})
    expect(await judge(pki.deep, pki.root, { crls, sources: [source] })).toBe('good good')
    expect(source.asked).toMatchObject([
      { certificate: { der: pki.deep.der }, issuer: { der: pki.intermediate.der }, kinds: 'any' },
    ])
    expect(source.asked[0]?.certIds.map(({ hash }) => hash)).toEqual(['SHA-1', 'SHA-256'])
  })

  test('are not asked where somebody holds a revocation', async () => {
    const source = new CountingSource(async () => [])
    const crls = await lists(pki.root, { revoked: [pki.client] })
    expect(await judge(pki.client, pki.root, { crls, sources: [source] })).toBe(REVOKED)
    expect(source.asked).toEqual([])
  })

  test('are asked for the list about a responder that they brought', async () => {
    const responder = await pki.root.issue({ name: 'responder', extKeyUsage: ['1.3.6.1.5.5.7.3.9'] })
    const ocspResponses = await responses(pki.root, pki.client, { responder })
    const crls = await lists(pki.root, {})
    const source = new CountingSource(async ({ kinds }, held) => {
      held.replace(kinds === 'crl' ? { ocspResponses, crls } : { ocspResponses })
      return []
    })
    expect(await judge(pki.client, pki.root, { sources: [source] })).toBe('good')
    expect(source.asked.map(({ kinds }) => kinds)).toEqual(['any', 'crl'])
  })

  test('are asked once about each certificate, however little comes of it', async () => {
    const source = new CountingSource(async () => [])
    expect(await judge(pki.deep, pki.root, { sources: [source] })).toBe(UNKNOWN)
    expect(source.asked).toHaveLength(2)
  })

  test('that fail are an outage, with what they say', async () => {
    const source = new CountingSource(async () => [{ from: 'http://ocsp.example/', problem: 'HTTP 500' }])
    await expect(statusesOf(pki.client, pki.root, { sources: [source] })).rejects.toMatchObject({
      code: RESPONDER,
      details: { responder: 'http://ocsp.example/', problem: 'HTTP 500' },
    })
  })

  test('that never answer cost the bound, and no more', async () => {
    const source = new CountingSource(async () => await new Promise(() => {}))
    await expect(
      statusesOf(pki.client, pki.root, { sources: [source], maxWaitMilliseconds: 20 }),
    ).rejects.toMatchObject({ code: RESPONDER, details: { problem: 'no answer within 20 ms' } })
    expect(
      await judge(pki.client, pki.root, { sources: [source], maxWaitMilliseconds: 20, mode: 'prefer' }),
    ).toBe('unknown')
    expect(source.asked).toHaveLength(2)
  })

  test('are not asked where nobody waits', async () => {
    const source = new CountingSource(async () => [])
    expect(await judge(pki.client, pki.root, { sources: [source], maxWaitMilliseconds: 0 })).toBe(UNKNOWN)
    expect(source.asked).toEqual([])
  })

  test('that throw make no yes, and no crash', async () => {
    const source = new CountingSource(async () => {
      throw new Error('broken')
    })
    await expect(statusesOf(pki.client, pki.root, { sources: [source] })).rejects.toMatchObject({
      code: RESPONDER,
      details: { responder: 'a source', problem: 'failed: broken' },
    })
  })
})

test('memory can be replaced as a whole; what does not parse changes nothing', async () => {
  const source = createMemorySource({ crls: await lists(pki.root, {}) })
  expect(await judge(pki.client, pki.root, { sources: [source] })).toBe('good')
  const before = source.revision()
  expect(() => source.replace({ crls: [Uint8Array.of(1)] })).toThrow(
    expect.objectContaining({ code: 'ERR_DER_UNEXPECTED_TAG' }),
  )
  expect(source.revision()).toBe(before)
  expect(await judge(pki.client, pki.root, { sources: [source] })).toBe('good')
  source.replace({ crls: await lists(pki.root, { revoked: [pki.client] }) })
  expect(source.revision()).toBeGreaterThan(before)
  expect(await judge(pki.client, pki.root, { sources: [source] })).toBe(REVOKED)
  source.replace({})
  expect(source.status()).toEqual([])
  expect(await judge(pki.client, pki.root, { sources: [source] })).toBe(UNKNOWN)
})

test('parsed evidence is taken as it is', async () => {
  const crls = (await lists(pki.root, {})).map((der) => parseCrl(der))
  expect(await judge(pki.client, pki.root, { crls })).toBe('good')
  const ocspResponses = (await responses(pki.root, pki.client, {})).map((der) => parseOcspResponse(der))
  expect(await judge(pki.client, pki.root, { ocspResponses })).toBe('good')
})

test('a pinned leaf is its own anchor: nobody is asked about it', async () => {
  const path = await verifyPath({
    leaf: pki.client.der,
    trustAnchors: [pki.client.certificate],
    at: AT,
    purpose: 'any',
    pinnedLeaf: 'accept',
    revocation: { mode: 'require' },
  })
  expect(path.revocation).toEqual([])
})

test('critical distribution points are understood where lists are looked at, and refused where not', async () => {
  const source = await pki.root.issue({ crlDistributionPoints: ['http://crl.example/1'] })
  const points = source.certificate.extensions.find(({ oid }) => oid === '2.5.29.31')
  if (points === undefined) throw new Error('no points')
  const leaf = await pki.root.issue({ extensions: [{ ...points, critical: true }] })
  expect(await judge(leaf, pki.root, { crls: await lists(pki.root, {}) })).toBe('good')
  const off = { revocation: 'off' } as const
  expect(await judge(leaf, pki.root, {}, off)).toBe('ERR_PATH_CRITICAL_EXTENSION')
})

const SOURCE = { kind: 'revocation-source', revision: () => 0, find: () => [], status: () => [] }

class BareSource {
  readonly kind = 'revocation-source'
  revision(): number {
    return 0
  }
  find(): [] {
    return []
  }
  status(): [] {
    return []
  }
}

describe('options', () => {
  const planOf = (changes: object): unknown =>
    readRevocation({ mode: 'require', ...changes } as unknown as RevocationPolicy)

  test('are what they are documented to be by default', () => {
    expect(planOf({})).toMatchObject({
      mode: 'require',
      depth: 'chain',
      signers: [],
      maxAgeSeconds: undefined,
      toleranceSeconds: 60,
      shortLivedSeconds: undefined,
      stapleMaxAgeSeconds: 3_600,
      maxWaitMilliseconds: 5_000,
      onUndecided: undefined,
    })
  })

  test.each<[string, object, string, string]>([
    ['no mode', { mode: undefined }, 'ERR_ARG_REQUIRED', 'revocation.mode'],
    ['a mode that is none', { mode: 'soft' }, 'ERR_ARG_VALUE', 'revocation.mode'],
    ['a depth that is none', { depth: 'all' }, 'ERR_ARG_VALUE', 'revocation.depth'],
    ['a misspelt option', { maxAge: 3 }, 'ERR_ARG_UNKNOWN_OPTION', 'maxAge'],
    ['lists that are no array', { crls: 'MII' }, 'ERR_ARG_TYPE', 'crls'],
    ['lists that are null', { crls: null }, 'ERR_ARG_TYPE', 'crls'],
    ['a list that is text', { crls: ['MII'] }, 'ERR_ARG_TYPE', 'crls[0]'],
    ['a list with a hole', { crls: Array.from({ length: 1 }) }, 'ERR_ARG_TYPE', 'crls[0]'],
    ['a response among the lists', { crls: [{ kind: 'ocsp-response' }] }, 'ERR_ARG_TYPE', 'crls[0]'],
    ['responses that are no array', { ocspResponses: {} }, 'ERR_ARG_TYPE', 'ocspResponses'],
    ['a response that is null', { ocspResponses: [null] }, 'ERR_ARG_TYPE', 'ocspResponses[0]'],
    ['sources that are no array', { sources: {} }, 'ERR_ARG_VALUE', 'revocation.sources'],
    ['a source that is none', { sources: [{}] }, 'ERR_ARG_VALUE', 'revocation.sources'],
    [
      'a source of another kind',
      { sources: [{ ...SOURCE, kind: 'source' }] },
      'ERR_ARG_VALUE',
      'revocation.sources',
    ],
    [
      'a source that finds nothing',
      { sources: [{ ...SOURCE, find: [] }] },
      'ERR_ARG_VALUE',
      'revocation.sources',
    ],
    [
      'a source without revision',
      { sources: [{ ...SOURCE, revision: 1 }] },
      'ERR_ARG_VALUE',
      'revocation.sources',
    ],
    [
      'a source without status',
      { sources: [{ ...SOURCE, status: undefined }] },
      'ERR_ARG_VALUE',
      'revocation.sources',
    ],
    [
      'a source whose fetch is none',
      { sources: [{ ...SOURCE, fetch: 'http://crl.example/' }] },
      'ERR_ARG_VALUE',
      'revocation.sources',
    ],
    [
      'a source whose close is none',
      { sources: [{ ...SOURCE, close: true }] },
      'ERR_ARG_VALUE',
      'revocation.sources',
    ],
    [
      'a source whose markVerified is none',
      { sources: [{ ...SOURCE, markVerified: true }] },
      'ERR_ARG_VALUE',
      'revocation.sources',
    ],
    ['a promise of a source', { sources: [Promise.resolve()] }, 'ERR_ARG_VALUE', 'revocation.sources'],
    [
      '65 sources',
      { sources: Array.from({ length: 65 }, () => createMemorySource()) },
      'ERR_ARG_VALUE',
      'revocation.sources',
    ],
    ['signers that are no array', { signers: {} }, 'ERR_ARG_VALUE', 'revocation.signers'],
    ['a signer that is text', { signers: ['MII'] }, 'ERR_ARG_VALUE', 'revocation.signers'],
    [
      '65 signers',
      { signers: Array.from({ length: 65 }, () => null) },
      'ERR_ARG_VALUE',
      'revocation.signers',
    ],
    ['an age of nothing', { maxAgeSeconds: 0 }, 'ERR_ARG_VALUE', 'revocation.maxAgeSeconds'],
    ['an age as text', { maxAgeSeconds: '60' }, 'ERR_ARG_TYPE', 'revocation.maxAgeSeconds'],
    ['an age that is null', { maxAgeSeconds: null }, 'ERR_ARG_TYPE', 'revocation.maxAgeSeconds'],
    [
      'a tolerance of more than an hour',
      { toleranceSeconds: 3_601 },
      'ERR_ARG_VALUE',
      'revocation.toleranceSeconds',
    ],
    ['a negative tolerance', { toleranceSeconds: -1 }, 'ERR_ARG_VALUE', 'revocation.toleranceSeconds'],
    ['a staple of no age', { stapleMaxAgeSeconds: 0 }, 'ERR_ARG_VALUE', 'revocation.stapleMaxAgeSeconds'],
    [
      'a staple of more than a week',
      { stapleMaxAgeSeconds: 604_801 },
      'ERR_ARG_VALUE',
      'revocation.stapleMaxAgeSeconds',
    ],
    [
      'a wait of more than a minute',
      { maxWaitMilliseconds: 60_001 },
      'ERR_ARG_VALUE',
      'revocation.maxWaitMilliseconds',
    ],
    ['shortLived as a number', { shortLived: 60 }, 'ERR_ARG_TYPE', 'revocation.shortLived'],
    [
      'shortLived without a number',
      { shortLived: {} },
      'ERR_ARG_REQUIRED',
      'revocation.shortLived.maxLifetimeSeconds',
    ],
    ['a callback that is none', { onUndecided: 'log' }, 'ERR_ARG_TYPE', 'revocation.onUndecided'],
  ])('refuses %s', (_what, changes, code, argument) => {
    expect(() => planOf(changes)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ argument }) }),
    )
  })

  test.each<[string, object]>([
    ['a source that holds alone', { sources: [SOURCE] }],
    ['a source that fetches and ends', { sources: [{ ...SOURCE, fetch: () => {}, close: () => {} }] }],
    ['a source that is told what has verified', { sources: [{ ...SOURCE, markVerified: () => {} }] }],
    ['a source that is an instance of a class', { sources: [new BareSource()] }],
    ['64 sources', { sources: Array.from({ length: 64 }, () => createMemorySource()) }],
    [
      'the bounds',
      { maxAgeSeconds: 1, toleranceSeconds: 0, stapleMaxAgeSeconds: 604_800, maxWaitMilliseconds: 60_000 },
    ],
    ['the other bounds', { toleranceSeconds: 3_600, stapleMaxAgeSeconds: 1, maxWaitMilliseconds: 0 }],
  ])('accepts %s', (_what, changes) => {
    expect(() => planOf(changes)).not.toThrow()
  })

  test('a list that is none is refused before anything is judged', () => {
    expect(() => planOf({ crls: [Uint8Array.of(0x30, 0)] })).toThrow(
      expect.objectContaining({ code: 'ERR_DER_TRUNCATED' }),
    )
  })
})
