// Revocation in tokens: when it is asked for, that a known chain spares no question, and what comes along with a token.

import {
  type Credential,
  createCredential,
  createVerifier,
  inspectToken,
  signProof,
  signToken,
  type Verifier,
  type VerifierOptions,
} from 'ingam'
import type { TestCertificate, TestOcspOptions } from 'ingam/testing'
import {
  type CertificateStatus,
  createMemorySource,
  type MemorySource,
  type RevocationPolicy,
  type RevocationSource,
} from 'ingam/x509'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeBase64 } from '../../packages/ingam/src/bytes/base64.ts'
import { codeOf } from '../support/codes.ts'
import { AUDIENCE, type ForgeOptions, forge } from '../support/forge.ts'
import { AT, createPki, HOUR, later, lists, OCSP_SIGNING, type Pki, responses, SECOND } from './judge.ts'

const UNKNOWN = 'ERR_REVOCATION_UNKNOWN'
const REVOKED = 'ERR_REVOCATION_REVOKED'
const STAPLE = 'ERR_REVOCATION_STAPLE'
const STAPLE_STALE = 'ERR_REVOCATION_STAPLE_STALE'

let pki: Pki
let now: Date
let memory: MemorySource

beforeAll(async () => {
  pki = await createPki()
})

beforeEach(async () => {
  now = AT
  memory = createMemorySource({
    crls: [...(await lists(pki.root, {})), ...(await lists(pki.intermediate, {}))],
  })
})

function verifierWith(
  policy: Partial<RevocationPolicy> = {},
  options: Partial<VerifierOptions> = {},
): Verifier {
  return createVerifier({
    trustAnchors: [pki.root.certificate],
    audience: AUDIENCE,
    revocation: { mode: 'require', sources: [memory], ...policy },
    oneTimeUse: 'off',
    clock: () => now,
    ...options,
  })
}

/** A token of now, by that clock. */
async function tokenOf(holder: TestCertificate, options: ForgeOptions = {}): Promise<string> {
  const iat = now.getTime() / 1000
  return await forge(holder, { ...options, claims: { iat, exp: iat + 300, ...options.claims } })
}

async function verify(
  verifier: Verifier,
  holder: TestCertificate = pki.deep,
  options: ForgeOptions = {},
): Promise<string> {
  return await codeOf(async () => await verifier.verify(await tokenOf(holder, options)))
}

// Holds nothing, and counts how often it is asked to fetch.
function countingSource(): RevocationSource & { asked: number } {
  const source = {
    kind: 'revocation-source' as const,
    asked: 0,
    revision: () => 0,
    find: () => [],
    status: () => [],
    fetch: async () => {
      source.asked++
      return []
    },
  }
  return source
}

describe('a verifier', () => {
  test('says how each certificate stands', async () => {
    const { path } = await verifierWith().verify(await tokenOf(pki.deep))
    expect(path.revocation).toMatchObject([
      { certificate: { position: 0 }, status: 'good', evidence: { signer: 'CN=Intermediate' } },
      { certificate: { position: 1 }, status: 'good', evidence: { signer: 'CN=Root' } },
    ])
  })

  test('asks nobody before the signature has verified', async () => {
    const source = countingSource()
    const verifier = verifierWith({ sources: [source] })
    for (const [options, code] of [
      [{ signer: pki.other }, 'ERR_TOKEN_SIGNATURE'],
      [{ claims: { aud: 'another' } }, 'ERR_TOKEN_AUDIENCE'],
      [{ claims: { sub: 'dns:another.example', iss: 'dns:another.example' } }, 'ERR_TOKEN_SUBJECT'],
    ] as const)
      expect(await verify(verifier, pki.deep, options)).toBe(code)
    expect(source.asked).toBe(0)
    expect(await verify(verifier)).toBe(UNKNOWN)
    expect(source.asked).toBe(2)
  })

  test('remembers nothing of a token that it refuses for it', async () => {
    const verifier = verifierWith({ sources: [] })
    expect(await verify(verifier)).toBe(UNKNOWN)
    expect(verifier.status()).toMatchObject({ cachedChains: 0, replayEntries: 0 })
  })

  test('uses up no token that it could not decide', async () => {
    const verifier = verifierWith({ sources: [memory] }, { oneTimeUse: 'memory' })
    const held = { crls: [...(await lists(pki.root, {})), ...(await lists(pki.intermediate, {}))] }
    memory.replace({})
    const token = await tokenOf(pki.deep)
    expect(await codeOf(() => verifier.verify(token))).toBe(UNKNOWN)
    memory.replace(held)
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
  })

  test('holds proofs to it too', async () => {
    const request = { method: 'GET', targetUri: 'https://api.example/' }
    const expected = { request, accessToken: 'token' }
    const proof = await signProof(await pki.deep.credential(), { audience: AUDIENCE, at: AT, ...expected })
    expect(await codeOf(() => verifierWith({}, { profile: 'proof' }).verify(proof, expected))).toBe(
      'accepted',
    )
    const strict = verifierWith({ sources: [] }, { profile: 'proof' })
    expect(await codeOf(() => strict.verify(proof, expected))).toBe(UNKNOWN)
  })

  test('lists its sources', () => {
    expect(verifierWith().status().revocationSources).toEqual([
      { from: 'memory', kind: 'memory', state: 'ok', size: 2 },
    ])
    expect(verifierWith({}, { revocation: 'off' }).status().revocationSources).toEqual([])
  })
})

describe('a chain that is known', () => {
  test('is refused from the moment that a source knows of its revocation', async () => {
    const verifier = verifierWith()
    expect(await verify(verifier)).toBe('accepted')
    expect(await verify(verifier)).toBe('accepted')
    memory.replace({
      crls: [...(await lists(pki.root, {})), ...(await lists(pki.intermediate, { revoked: [pki.deep] }))],
    })
    expect(await verify(verifier)).toBe(REVOKED)
    expect(await verify(verifier)).toBe(REVOKED)
  })

  test('is refused from the second after its evidence has run out', async () => {
    const crls = [
      ...(await lists(pki.root, {})),
      ...(await lists(pki.intermediate, { nextUpdate: later(HOUR) })),
    ]
    memory.replace({ crls })
    const verifier = verifierWith()
    expect(await verify(verifier)).toBe('accepted')
    now = later(HOUR)
    expect(await verify(verifier)).toBe('accepted')
    now = later(HOUR + SECOND)
    expect(await verify(verifier)).toBe('ERR_REVOCATION_STALE')
    now = AT
    expect(await verify(verifier)).toBe('accepted')
  })

  test('costs no path and no reading of certificates where a source has only changed, and shows the change', async () => {
    const verifier = verifierWith()
    await verifier.verify(await tokenOf(pki.deep))
    const { pathSignatureChecks, pathEdges, bytesParsed, certificatesParsed, cacheHits } = verifier.status()
    for (const changes of [1, 2]) {
      const thisUpdate = later(-HOUR + changes * SECOND)
      memory.replace({
        crls: [...(await lists(pki.root, {})), ...(await lists(pki.intermediate, { thisUpdate }))],
      })
      const { path } = await verifier.verify(await tokenOf(pki.deep))
      expect(verifier.status()).toMatchObject({
        pathSignatureChecks,
        pathEdges,
        bytesParsed,
        certificatesParsed,
        cacheHits: cacheHits + changes,
      })
      expect(path.revocation).toMatchObject([
        { status: 'good', evidence: { thisUpdate: thisUpdate.toISOString().replace('.000Z', 'Z') } },
        { status: 'good' },
      ])
    }
  })

  test('is asked about once for many tokens, and again for each after a change', async () => {
    let found = 0
    const counting: RevocationSource = {
      ...memory,
      find(query) {
        found++
        return memory.find(query)
      },
    }
    const verifier = verifierWith({ sources: [counting] })
    for (let index = 0; index < 5; index++) expect(await verify(verifier)).toBe('accepted')
    now = later(HOUR)
    expect(await verify(verifier)).toBe('accepted')
    expect(found).toBe(2)
    memory.replace({ crls: [...(await lists(pki.root, {})), ...(await lists(pki.intermediate, {}))] })
    for (let index = 0; index < 5; index++) expect(await verify(verifier)).toBe('accepted')
    expect(found).toBe(4)
  })

  test('goes another way where the certificate of its issuer was revoked and another is there', async () => {
    const again = await pki.root.issue({ kind: 'ca', name: 'Intermediate', keyOf: pki.intermediate })
    const header = { x5c: [pki.deep, pki.intermediate, again].map(({ der }) => encodeBase64(der)) }
    const verifier = verifierWith()
    expect(await verify(verifier, pki.deep, { header })).toBe('accepted')
    memory.replace({
      crls: [
        ...(await lists(pki.root, { revoked: [pki.intermediate] })),
        ...(await lists(pki.intermediate, {})),
      ],
    })
    const { path } = await verifier.verify(await tokenOf(pki.deep, { header }))
    expect(path.certificates[1]?.der).toEqual(again.der)
    memory.replace({
      crls: [
        ...(await lists(pki.root, { revoked: [pki.intermediate, again] })),
        ...(await lists(pki.intermediate, {})),
      ],
    })
    expect(await verify(verifier, pki.deep, { header })).toBe(REVOKED)
  })

  test('whose standing is unknown is told of each time, where that is accepted', async () => {
    const told: (readonly CertificateStatus[])[] = []
    const source = countingSource()
    const verifier = verifierWith({
      mode: 'prefer',
      sources: [source],
      onUndecided: (statuses) => void told.push(statuses),
    })
    for (let index = 0; index < 3; index++) expect(await verify(verifier)).toBe('accepted')
    expect(told).toHaveLength(3)
    // Within a second nobody is asked again.
    expect(source.asked).toBe(2)
    now = later(2 * SECOND)
    expect(await verify(verifier)).toBe('accepted')
    expect([told.length, source.asked]).toEqual([4, 4])
  })

  test('is refused, and its token not used up, where the callback throws: fresh and known', async () => {
    let isWilling = false
    const onUndecided = (): void => {
      if (!isWilling) throw new Error('not today')
    }
    const policy = { mode: 'prefer', sources: [], onUndecided } as const
    const verifier = verifierWith(policy, { oneTimeUse: 'memory' })
    for (const [cachedChains, replayEntries] of [
      [0, 0],
      [1, 1],
    ]) {
      isWilling = false
      const token = await tokenOf(pki.deep)
      await expect(verifier.verify(token)).rejects.toThrow('not today')
      expect(verifier.status()).toMatchObject({ cachedChains, replayEntries })
      isWilling = true
      expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    }
  })

  test('that many tokens bring at once is asked about without mixing them up', async () => {
    const verifier = verifierWith()
    const holders = [pki.deep, pki.client, pki.other]
    memory.replace({
      crls: [...(await lists(pki.root, { revoked: [pki.other] })), ...(await lists(pki.intermediate, {}))],
    })
    const many = Array.from({ length: 30 }, (_, index) => holders[index % 3] ?? pki.deep)
    for (let round = 0; round < 2; round++) {
      const codes = await Promise.all(many.map((holder) => verify(verifier, holder)))
      expect(codes).toEqual(many.map((holder) => (holder === pki.other ? REVOKED : 'accepted')))
    }
  })
})

describe('explain', () => {
  test('says what verify says, shows the evidence, and asks nobody unless it is told to', async () => {
    const source = countingSource()
    const verifier = verifierWith({ sources: [source] })
    const token = await tokenOf(pki.deep)
    const { error, revocation, checks } = await verifier.explain(token)
    expect([error?.code, source.asked]).toEqual([UNKNOWN, 0])
    expect(revocation.map(({ status }) => status)).toEqual(['unknown', 'unknown'])
    expect(checks.find(({ id }) => id === 'revocation')).toMatchObject({
      outcome: 'failed',
      facts: { stance: 'require', '#0': expect.stringMatching(/^unknown: /u) },
    })
    await verifier.explain(token, undefined, { network: 'use' })
    expect(source.asked).toBe(2)
    const good = await verifierWith().explain(token)
    expect(good.checks.find(({ id }) => id === 'revocation')?.facts).toEqual({
      stance: 'require',
      '#0': 'good: crl by "CN=Intermediate" (memory) of 2026-06-01T11:00:00Z, counts until 2026-06-08T12:00:00Z',
      '#1': 'good: crl by "CN=Root" (memory) of 2026-06-01T11:00:00Z, counts until 2026-06-08T12:00:00Z',
    })
  })

  test('of a token that passes although something is unknown tells nobody', async () => {
    const told: (readonly CertificateStatus[])[] = []
    const onUndecided = (statuses: readonly CertificateStatus[]): void => void told.push(statuses)
    const verifier = verifierWith({ mode: 'prefer', sources: [], onUndecided })
    const token = await tokenOf(pki.deep)
    const { accepted, revocation } = await verifier.explain(token)
    expect([accepted, revocation.map(({ status }) => status)]).toEqual([true, ['unknown', 'unknown']])
    expect(told).toEqual([])
    await verifier.verify(token)
    await verifier.explain(token)
    expect(told).toEqual([revocation])
  })

  test('leaves the verifier as it was, also where sources may fetch', async () => {
    const verifier = verifierWith({}, { oneTimeUse: 'memory' })
    const token = await tokenOf(pki.deep)
    for (const network of ['leave', 'use'] as const)
      expect(await verifier.explain(token, undefined, { network })).toMatchObject({ accepted: true })
    expect(verifier.status()).toMatchObject({ cachedChains: 0, cacheHits: 0, replayEntries: 0 })
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
  })

  test('under off says that nobody asked', async () => {
    const { checks, revocation } = await verifierWith({}, { revocation: 'off' }).explain(
      await tokenOf(pki.deep),
    )
    expect(checks.find(({ id }) => id === 'revocation')).toMatchObject({
      outcome: 'passed',
      facts: { stance: 'off' },
    })
    expect(revocation).toEqual([])
  })

  test.each([{ network: 'yes' }, { networks: 'use' }, null])('refuses the options %j', async (options) => {
    const explain = verifierWith().explain as (...args: readonly unknown[]) => Promise<unknown>
    expect(await codeOf(async () => await explain(await tokenOf(pki.deep), undefined, options))).toMatch(
      /^ERR_ARG_/u,
    )
  })
})

describe('a staple', () => {
  async function staple(options: Partial<TestOcspOptions> = {}): Promise<ForgeOptions> {
    const [response = new Uint8Array(0)] = await responses(pki.root, pki.client, options)
    return { header: { ocsp: [encodeBase64(response)] } }
  }

  // Nothing is held: what is known comes along.
  const offline = (policy: Partial<RevocationPolicy> = {}): Verifier =>
    verifierWith({ sources: [], ...policy })

  test('says good of the signer, and the path says so', async () => {
    const { path } = await offline().verify(await tokenOf(pki.client, await staple()))
    expect(path.revocation).toMatchObject([
      { status: 'good', evidence: { kind: 'ocsp', from: 'token', signer: 'CN=Root' } },
    ])
  })

  test('that is missing falls through to the sources', async () => {
    expect(await verify(offline(), pki.client)).toBe(UNKNOWN)
    expect(await verify(verifierWith(), pki.client)).toBe('accepted')
    const [response = new Uint8Array(0)] = await responses(pki.root, pki.intermediate, {})
    const header = { ocsp: [null, encodeBase64(response)] }
    const own = verifierWith({ sources: [], crls: await lists(pki.intermediate, {}) })
    expect(await verify(own, pki.deep, { header })).toBe('accepted')
    expect(await verify(offline(), pki.deep, { header })).toBe(UNKNOWN)
  })

  test('makes nobody ask about the signer', async () => {
    const source = countingSource()
    expect(await verify(verifierWith({ sources: [source] }), pki.client, await staple())).toBe('accepted')
    expect(source.asked).toBe(0)
  })

  test.each<[number, string]>([
    [3_600, 'accepted'],
    [3_601, STAPLE_STALE],
  ])('%i s old', async (seconds, outcome) => {
    expect(await verify(offline(), pki.client, await staple({ thisUpdate: later(-seconds * SECOND) }))).toBe(
      outcome,
    )
    const patient = offline({ stapleMaxAgeSeconds: seconds })
    expect(await verify(patient, pki.client, await staple({ thisUpdate: later(-seconds * SECOND) }))).toBe(
      'accepted',
    )
    const strict = offline({ maxAgeSeconds: seconds - 1, stapleMaxAgeSeconds: 7_200 })
    expect(await verify(strict, pki.client, await staple({ thisUpdate: later(-seconds * SECOND) }))).toBe(
      STAPLE_STALE,
    )
  })

  test('that is too old is refused beside anything else, and by prefer as well', async () => {
    const old = await staple({ thisUpdate: later(-2 * HOUR) })
    expect(await verify(verifierWith(), pki.client, old)).toBe(STAPLE_STALE)
    expect(await verify(verifierWith({ mode: 'prefer' }), pki.client, old)).toBe(STAPLE_STALE)
    expect(await verify(verifierWith({}, { revocation: 'off' }), pki.client, old)).toBe('accepted')
  })

  test.each<[string, Partial<TestOcspOptions>]>([
    ['unknown', { status: 'unknown' }],
    ['an error', { responseStatus: 'tryLater' }],
    [
      'a hold that has run out',
      { status: 'revoked', reason: 'certificateHold', thisUpdate: later(-2 * HOUR) },
    ],
  ])('that says %s', async (_what, options) => {
    expect(await verify(verifierWith(), pki.client, await staple(options))).toMatch(/^ERR_REVOCATION_STAPLE/u)
  })

  test('of others', async () => {
    expect(await verify(verifierWith(), pki.client, await staple({ certificate: pki.other }))).toBe(STAPLE)
    expect(await verify(verifierWith(), pki.client, await staple({ responder: pki.impostor }))).toBe(STAPLE)
    expect(await verify(verifierWith(), pki.client, await staple({ responder: pki.client }))).toBe(STAPLE)
    const both = await pki.root.issue({ extKeyUsage: ['1.3.6.1.5.5.7.3.2', OCSP_SIGNING], ocspNoCheck: true })
    const [self = new Uint8Array(0)] = await responses(pki.root, both, { responder: both })
    // A CA that appointed a holder to answer did not appoint it to answer for itself.
    expect(await verify(offline(), both, { header: { ocsp: [encodeBase64(self)] } })).toBe(STAPLE)
  })

  test('that is revoked, or of a certificate that somebody else knows to be revoked', async () => {
    expect(await verify(verifierWith(), pki.client, await staple({ status: 'revoked' }))).toBe(REVOKED)
    memory.replace({ crls: await lists(pki.root, { revoked: [pki.client] }) })
    expect(await verify(verifierWith(), pki.client, await staple())).toBe(REVOKED)
    expect(await verify(verifierWith({ mode: 'prefer' }), pki.client, await staple())).toBe(REVOKED)
  })

  test('counts less than newer evidence that somebody signed', async () => {
    const policy = {
      sources: [],
      ocspResponses: await responses(pki.root, pki.client, {
        status: 'unknown',
        thisUpdate: later(-60 * SECOND),
      }),
    }
    expect(
      await verify(verifierWith(policy), pki.client, await staple({ thisUpdate: later(-61 * SECOND) })),
    ).toBe(UNKNOWN)
    expect(
      await verify(verifierWith(policy), pki.client, await staple({ thisUpdate: later(-60 * SECOND) })),
    ).toBe('accepted')
  })

  test.each<[string, string]>([
    ['no base64', '****'],
    ['base64url', 'MAMKAQ-_'],
    ['base64 without padding', 'MAMKAQ'],
    ['no DER', 'AAAA'],
    ['an empty text', ''],
  ])('that is %s', async (_what, text) => {
    expect(await verify(verifierWith(), pki.client, { header: { ocsp: [text] } })).toBe(STAPLE)
    expect(
      await verify(verifierWith({}, { revocation: 'off' }), pki.client, { header: { ocsp: [text] } }),
    ).toBe('accepted')
  })

  test('that cannot be read is refused with its place and the reason', async () => {
    const policy = { sources: [], crls: await lists(pki.intermediate, {}) }
    for (const [ocsp, role, problem] of [
      [['****', null], 'leaf', 'not canonical padded base64 (RFC 4648 §4)'],
      [[null, 'AAAA'], 'intermediate', expect.stringMatching(/^ERR_DER_/u)],
    ] as const) {
      const token = await tokenOf(pki.deep, { header: { ocsp } })
      await expect(verifierWith(policy).verify(token)).rejects.toMatchObject({
        code: STAPLE,
        details: { certificate: { role, position: role === 'leaf' ? 0 : 1 }, problem },
      })
    }
  })

  test('is part of what a known header is: it runs out under the same header', async () => {
    const verifier = offline()
    const same = await staple({ thisUpdate: later(-60 * SECOND) })
    expect(await verify(verifier, pki.client, same)).toBe('accepted')
    expect(await verify(verifier, pki.client, same)).toBe('accepted')
    expect(verifier.status()).toMatchObject({ cacheHits: 1, cachedChains: 1 })
    now = later(HOUR - 59 * SECOND)
    expect(await verify(verifier, pki.client, same)).toBe(STAPLE_STALE)
    const fresh = await staple({
      thisUpdate: later(HOUR - 120 * SECOND),
      producedAt: later(HOUR - 120 * SECOND),
    })
    expect(await verify(verifier, pki.client, fresh)).toBe('accepted')
    expect(await verify(verifier, pki.client, same)).toBe(STAPLE_STALE)
    expect(await verify(verifier, pki.client)).toBe(UNKNOWN)
  })

  test('another takes the place of the one before', async () => {
    const verifier = offline()
    for (let age = 0; age < 5; age++) {
      expect(await verify(verifier, pki.client, await staple({ thisUpdate: later(-age * SECOND) }))).toBe(
        'accepted',
      )
      expect(verifier.status().cachedChains).toBe(1)
    }
    const [other = new Uint8Array(0)] = await responses(pki.root, pki.other, {})
    expect(await verify(verifier, pki.other, { header: { ocsp: [encodeBase64(other)] } })).toBe('accepted')
    expect(verifier.status().cachedChains).toBe(2)
  })

  test('comes with a chain by reference too', async () => {
    const verifier = verifierWith({ sources: [] }, { knownChains: [[pki.client.certificate]] })
    const token = await signToken(await stapling(await staplesOf({})), {
      audience: AUDIENCE,
      at: AT,
      certificateBy: 'x5t#S256',
      staple: 'require',
    })
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
  })
})

async function staplesOf(options: Partial<TestOcspOptions>): Promise<MemorySource> {
  return createMemorySource({ ocspResponses: await responses(pki.root, pki.client, options) })
}

async function stapling(source: RevocationSource): Promise<Credential> {
  return await createCredential({
    certificate: pki.client.pem,
    privateKey: pki.client.privateKeyPkcs8,
    stapleFrom: [source],
    issuers: [pki.root.certificate],
  })
}

describe('a signer', () => {
  const sign = async (credential: Credential, staple: 'require' | 'prefer', at: Date = AT): Promise<string> =>
    await signToken(credential, { audience: AUDIENCE, at, staple })

  const headerOf = async (token: string): Promise<unknown> =>
    (await inspectToken(token)).unverifiedHeader['ocsp']

  test('carries what its sources hold, and verifiers without any take it', async () => {
    const verifier = verifierWith({ sources: [] })
    for (const mode of ['require', 'prefer'] as const) {
      const token = await sign(await stapling(await staplesOf({})), mode)
      expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    }
  })

  test.each<[string, Partial<TestOcspOptions>, string]>([
    ['revoked', { status: 'revoked' }, REVOKED],
    ['unknown', { status: 'unknown' }, UNKNOWN],
    ['too old', { thisUpdate: later(-HOUR + 59 * SECOND) }, 'ERR_REVOCATION_STALE'],
    ['about to run out', { nextUpdate: later(59 * SECOND) }, 'ERR_REVOCATION_STALE'],
    ['by another key', {}, 'ERR_REVOCATION_EVIDENCE'],
  ])('with one that is %s: refuses to sign, or signs without', async (what, options, code) => {
    const source =
      what === 'by another key'
        ? createMemorySource({
            ocspResponses: await responses(pki.root, pki.client, { responder: pki.impostor }),
          })
        : await staplesOf(options)
    const credential = await stapling(source)
    expect(await codeOf(() => sign(credential, 'require'))).toBe(code)
    expect(await headerOf(await sign(credential, 'prefer'))).toBeUndefined()
  })

  test('with one that counts for another minute carries it', async () => {
    expect(
      await headerOf(
        await sign(await stapling(await staplesOf({ nextUpdate: later(60 * SECOND) })), 'require'),
      ),
    ).toHaveLength(1)
    const old = await staplesOf({ thisUpdate: later(-HOUR + 60 * SECOND) })
    expect(await headerOf(await sign(await stapling(old), 'require'))).toHaveLength(1)
  })

  test('asks for one where none is held, and in the background where a newer would be better', async () => {
    const held = createMemorySource()
    let asked = 0
    let next: Partial<TestOcspOptions> = {}
    const source: RevocationSource = {
      ...held,
      fetch: async () => {
        asked++
        held.replace({ ocspResponses: await responses(pki.root, pki.client, next) })
        return []
      },
    }
    const credential = await stapling(source)
    const first = await headerOf(await sign(credential, 'require'))
    expect([asked, Array.isArray(first)]).toEqual([1, true])
    // The same as long as less than half of its time has passed.
    expect(await headerOf(await sign(credential, 'require', later(28 * 60 * SECOND)))).toEqual(first)
    expect(asked).toBe(1)
    next = { thisUpdate: later(30 * 60 * SECOND), producedAt: later(30 * 60 * SECOND) }
    expect(await headerOf(await sign(credential, 'require', later(31 * 60 * SECOND)))).toEqual(first)
    await expect.poll(() => asked).toBe(2)
    await expect.poll(() => held.revision()).toBe(2)
    expect(await headerOf(await sign(credential, 'require', later(31 * 60 * SECOND)))).not.toEqual(first)
  })

  test('carries one for its issuer where there is one', async () => {
    const source = createMemorySource({
      ocspResponses: [
        ...(await responses(pki.intermediate, pki.deep, {})),
        ...(await responses(pki.root, pki.intermediate, {})),
      ],
    })
    const credential = await createCredential({
      certificate: pki.deep.chain.map(({ pem }) => pem).join(''),
      privateKey: pki.deep.privateKeyPkcs8,
      stapleFrom: [source],
      issuers: [pki.root.certificate],
    })
    const token = await sign(credential, 'require')
    expect(await headerOf(token)).toEqual([expect.any(String), expect.any(String)])
    expect(await codeOf(() => verifierWith({ sources: [] }).verify(token))).toBe('accepted')
  })

  test('that does not know its issuer says so', async () => {
    const credential = await createCredential({
      certificate: pki.client.pem,
      privateKey: pki.client.privateKeyPkcs8,
      stapleFrom: [await staplesOf({})],
    })
    await expect(sign(credential, 'require')).rejects.toMatchObject({
      code: UNKNOWN,
      details: { problem: 'its issuer is not among the certificates given' },
    })
  })

  test('without sources is told so, and a mode that is none is refused', async () => {
    const credential = await pki.client.credential()
    await expect(sign(credential, 'prefer')).rejects.toMatchObject({
      code: 'ERR_ARG_VALUE',
      details: { argument: 'staple' },
    })
    const odd = { audience: AUDIENCE, staple: 'yes' } as unknown as Parameters<typeof signToken>[1]
    expect(await codeOf(() => signToken(credential, odd))).toBe('ERR_ARG_VALUE')
  })

  test.each<[string, object, string]>([
    ['sources that are no array', { stapleFrom: {} }, 'stapleFrom'],
    ['a source that is none', { stapleFrom: [null] }, 'stapleFrom'],
    ['issuers that are no array', { issuers: 'MII' }, 'issuers'],
    ['an issuer that is none', { issuers: [{}] }, 'issuers'],
    ['eleven issuers', { issuers: Array.from({ length: 11 }, () => null) }, 'issuers'],
  ])('is refused %s', async (_what, changes, argument) => {
    const options = { certificate: pki.client.pem, privateKey: pki.client.privateKeyPkcs8, ...changes }
    await expect(createCredential(options)).rejects.toMatchObject({
      code: 'ERR_ARG_VALUE',
      details: { argument },
    })
  })
})
