// Assertions for an authorization server: a grant, a client's authentication, and the older form of that. Each rule with a
// token that breaks it and a neighbour that does not, by a fresh verifier, by one that knows the signer, and by explain.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import {
  AT,
  AUDIENCE,
  type ForgeOptions,
  forge,
  NOW,
  untyped,
  x5cOf,
} from '../../../../test/support/forge.ts'
import { issuer, leaf, other, replacing, stranger, verifierOf } from '../../../../test/support/tokens.ts'
import type { VerifierOptions } from './plan.ts'
import type { ProfileName } from './profile.ts'
import { signAuthorizationGrant, signClientAuthentication, signProof, signToken } from './sign.ts'

type VerifierProfile = Exclude<ProfileName, 'pinned'>

const GRANT = 'authorization-grant'
const CLIENT = 'client-authentication'
const LEGACY = 'legacy-client-authentication'
const SECOND = 'https://api.example/token'
const CLIENT_ID = 's6BhdRkqt3'
const SUBJECT = 'uri:spiffe://example/client'
const SIGNING = { audience: AUDIENCE, at: AT }

const TYP: Readonly<Record<ProfileName, string | undefined>> = {
  auth: 'cert-auth+jwt',
  proof: 'cert-proof+jwt',
  pinned: 'cert-auth-pinned+jwt',
  [GRANT]: 'authorization-grant+jwt',
  [CLIENT]: 'client-authentication+jwt',
  [LEGACY]: 'JWT',
}

const credential = await leaf.credential()

/** A good assertion of the profile, with the alterations. */
async function forgeFor(profile: VerifierProfile, options: ForgeOptions = {}): Promise<string> {
  const names = profile === GRANT ? {} : { iss: CLIENT_ID, sub: CLIENT_ID }
  return await forge(leaf, {
    ...options,
    header: { typ: TYP[profile], ...options.header },
    claims: { ...names, ...options.claims },
  })
}

/** What a fresh verifier says, one that knows the signer, and explain: the same, or the test fails. */
async function verdictOf(
  profile: VerifierProfile,
  alteration: ForgeOptions,
  options: Partial<VerifierOptions> = {},
): Promise<string> {
  const cold = verifierOf({ ...options, profile })
  const warm = verifierOf({ ...options, profile })
  // The same header first, over claims that pass where it passes.
  const { claims: _, claimsText: __, ...headerAlone } = alteration
  await codeOf(async () => warm.verify(await forgeFor(profile, headerAlone)))
  await codeOf(async () => warm.verify(await forgeFor(profile)))
  const token = await forgeFor(profile, alteration)
  const explained = (await cold.explain(token)).error?.code ?? 'accepted'
  const verdict = await codeOf(() => cold.verify(token))
  expect([explained, await codeOf(() => warm.verify(token))]).toEqual([verdict, verdict])
  return verdict
}

describe('a token of one kind never passes under another', () => {
  const REQUEST = { method: 'GET', targetUri: `${AUDIENCE}/x` }
  const ACCESS_TOKEN = 'access'
  const ATH = 'oFYf1knNtrqnhAVfBRuteW6gr-8X_KOCGVSd7rpOjBo'
  const profiles = ['auth', 'proof', GRANT, CLIENT, LEGACY] as const
  const typs = [...Object.values(TYP), undefined, 'jwt', 'application/jwt', 'dpop+jwt', '']
  const pairs = profiles.flatMap((profile) => typs.map((typ) => [profile, typ] as const))

  // Claims that every kind takes, so that typ alone decides.
  test.each(pairs)('a verifier of %s and typ %s', async (profile, typ) => {
    const verifier = verifierOf({ profile, unexpectedBinding: 'report' })
    const claims = { htm: 'GET', htu: REQUEST.targetUri, ath: ATH }
    const expected = profile === 'proof' ? { request: REQUEST, accessToken: ACCESS_TOKEN } : undefined
    const verify = async (value: unknown): Promise<string> =>
      await codeOf(async () =>
        verifier.verify(await forge(leaf, { header: { typ: value }, claims }), expected),
      )
    expect(await verify(TYP[profile])).toBe('accepted')
    const isLegacy = typ === undefined || /^(?:application\/)?jwt$/iu.test(typ)
    const isOwn = profile === LEGACY ? isLegacy : typ === TYP[profile]
    expect(await verify(typ)).toBe(isOwn ? 'accepted' : 'ERR_TOKEN_TYPE')
  })

  test('nor do those that the signers make', async () => {
    const binding = { request: REQUEST, accessToken: ACCESS_TOKEN }
    const made: Readonly<Record<'auth' | 'proof' | typeof GRANT | typeof CLIENT, string>> = {
      auth: await signToken(credential, SIGNING),
      proof: await signProof(credential, { ...SIGNING, ...binding }),
      [GRANT]: await signAuthorizationGrant(credential, SIGNING),
      [CLIENT]: await signClientAuthentication(credential, { ...SIGNING, clientId: SUBJECT }),
    }
    for (const profile of profiles) {
      for (const [kind, token] of Object.entries(made)) {
        const verifier = verifierOf({ profile, unexpectedBinding: 'report' })
        const verdict = await codeOf(() => verifier.verify(token, profile === 'proof' ? binding : undefined))
        expect([profile, kind, verdict]).toEqual([
          profile,
          kind,
          profile === kind ? 'accepted' : 'ERR_TOKEN_TYPE',
        ])
      }
    }
  })

  test('a refused type says what was expected', async () => {
    const verifier = verifierOf({ profile: LEGACY })
    await expect(verifier.verify(await forgeFor(CLIENT))).rejects.toMatchObject({
      code: 'ERR_TOKEN_TYPE',
      details: { expected: 'JWT or none', found: 'client-authentication+jwt' },
    })
  })
})

describe.each([GRANT, CLIENT, LEGACY] as const)('%s', (profile) => {
  test.each<readonly [title: string, alteration: ForgeOptions]>([
    ['as it is', {}],
    [
      'typ with application/ in front',
      { headerText: (text) => text.replace(TYP[profile] ?? '', 'application/$&') },
    ],
    ['aud in an array of one', { claims: { aud: [AUDIENCE] } }],
    ['claims of its own', { claims: { scope: 'read' } }],
    ['jti of 16 characters', { claims: { jti: 'sixteen-letters!' } }],
  ])('is accepted: %s', async (_, alteration) => {
    expect(await verdictOf(profile, alteration)).toBe('accepted')
  })

  test.each<readonly [title: string, code: string, alteration: ForgeOptions]>([
    ['typ that is null', 'ERR_TOKEN_TYPE', { header: { typ: null } }],
    ['typ that is an array', 'ERR_TOKEN_TYPE', { header: { typ: [TYP[profile]] } }],
    ['typ that is empty', 'ERR_TOKEN_TYPE', { header: { typ: '' } }],
    ['typ that goes on', 'ERR_TOKEN_TYPE', { header: { typ: `${TYP[profile]} ` } }],
    ['no aud', 'ERR_TOKEN_CLAIM_MISSING', { claims: { aud: undefined } }],
    ['another aud', 'ERR_TOKEN_AUDIENCE', { claims: { aud: SECOND } }],
    ['aud that goes on', 'ERR_TOKEN_AUDIENCE', { claims: { aud: `${AUDIENCE}/` } }],
    ['an empty array', 'ERR_TOKEN_CLAIM_INVALID', { claims: { aud: [] } }],
    ['two audiences', 'ERR_TOKEN_MULTIPLE_AUDIENCES', { claims: { aud: [AUDIENCE, SECOND] } }],
    ['one audience twice', 'ERR_TOKEN_MULTIPLE_AUDIENCES', { claims: { aud: [AUDIENCE, AUDIENCE] } }],
    ['no jti', 'ERR_TOKEN_CLAIM_MISSING', { claims: { jti: undefined } }],
    ['a short jti', 'ERR_TOKEN_CLAIM_INVALID', { claims: { jti: 'fifteen-letters' } }],
    ['no iss', 'ERR_TOKEN_CLAIM_MISSING', { claims: { iss: undefined } }],
    ['no sub', 'ERR_TOKEN_CLAIM_MISSING', { claims: { sub: undefined } }],
    ['iss that is not sub', 'ERR_TOKEN_CLAIM_INVALID', { claims: { iss: 'another' } }],
    ['sub that is not iss', 'ERR_TOKEN_CLAIM_INVALID', { claims: { sub: 'another' } }],
    ['no exp', 'ERR_TOKEN_CLAIM_MISSING', { claims: { exp: undefined } }],
    ['no iat', 'ERR_TOKEN_CLAIM_MISSING', { claims: { iat: undefined } }],
    ['an exp that has passed', 'ERR_TOKEN_EXPIRED', { claims: { iat: NOW - 300, exp: NOW - 60 } }],
    ['a nonce', 'ERR_TOKEN_BINDING', { claims: { nonce: 'x' } }],
    ["another's signature", 'ERR_TOKEN_SIGNATURE', { signer: other }],
  ])('is refused: %s: %s', async (_, code, alteration) => {
    expect(await verdictOf(profile, alteration)).toBe(code)
  })

  test.each(['memory', 'off', 'caller'] as const)('needs its jti with oneTimeUse %s', async (oneTimeUse) => {
    const verifier = verifierOf({ profile, oneTimeUse })
    const without = await forgeFor(profile, { claims: { jti: undefined } })
    expect(await codeOf(() => verifier.verify(without))).toBe('ERR_TOKEN_CLAIM_MISSING')
    expect(await codeOf(async () => verifier.verify(await forgeFor(profile)))).toBe('accepted')
  })

  test('passes once', async () => {
    const verifier = verifierOf({ profile })
    const token = await forgeFor(profile)
    expect(await verifier.verify(token)).toMatchObject({ profile, audience: AUDIENCE })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
  })

  test('is no use to whom nobody vouches for', async () => {
    const x5c = x5cOf(stranger)
    const token = await forgeFor(profile, { header: { x5c }, signer: stranger })
    expect(await codeOf(() => verifierOf({ profile }).verify(token))).toMatch(/^ERR_PATH_/u)
  })

  test('may name its certificate by its thumbprint, as other tokens', async () => {
    const verifier = verifierOf({ profile, knownChains: [[leaf.certificate, issuer.certificate]] })
    const options = { ...SIGNING, certificateBy: 'x5t#S256' } as const
    const token =
      profile === GRANT
        ? await signAuthorizationGrant(credential, options)
        : await signClientAuthentication(credential, { ...options, clientId: CLIENT_ID })
    const verdict = profile === LEGACY ? 'ERR_TOKEN_TYPE' : 'accepted'
    expect(await codeOf(() => verifier.verify(token))).toBe(verdict)
  })

  test('is never bound to a request', async () => {
    const request = { method: 'GET', targetUri: `${AUDIENCE}/` }
    const verifier = verifierOf({ profile })
    const token = await forgeFor(profile)
    expect(await codeOf(() => verifier.verify(token, untyped({ request })))).toBe('ERR_ARG_UNKNOWN_OPTION')
    expect(await codeOf(() => verifierOf({ profile, requiredBinding: ['request'] }))).toBe('ERR_ARG_VALUE')
    expect(await codeOf(() => verifierOf({ profile, requiredBinding: [] }))).toBe('accepted')
  })

  test('answers the challenge that is expected, and no other', async () => {
    if (profile === LEGACY) return
    const verifier = verifierOf({ profile })
    const options = { ...SIGNING, challenge: 'one' }
    const sign = (): Promise<string> =>
      profile === GRANT
        ? signAuthorizationGrant(credential, options)
        : signClientAuthentication(credential, { ...options, clientId: CLIENT_ID })
    expect(await codeOf(async () => verifier.verify(await sign(), { challenge: 'one' }))).toBe('accepted')
    expect(await codeOf(async () => verifier.verify(await sign(), { challenge: 'two' }))).toBe(
      'ERR_TOKEN_BINDING_MISMATCH',
    )
    expect(await codeOf(async () => verifier.verify(await sign()))).toBe('ERR_TOKEN_BINDING')
    const unbound = await forgeFor(profile)
    expect(await codeOf(() => verifier.verify(unbound, { challenge: 'one' }))).toBe(
      'ERR_TOKEN_BINDING_MISSING',
    )
    const asking = verifierOf({ profile, requiredBinding: ['challenge'] })
    expect(await codeOf(async () => asking.verify(await sign()))).toBe('ERR_ARG_REQUIRED')
  })
})

describe('several audiences', () => {
  test.each([GRANT, CLIENT] as const)('cannot be allowed for %s', async (profile) => {
    expect(await codeOf(() => verifierOf({ profile, allowMultipleAudiences: true }))).toBe('ERR_ARG_VALUE')
    expect(await codeOf(() => verifierOf({ profile, allowMultipleAudiences: untyped(1) }))).toBe(
      'ERR_ARG_TYPE',
    )
    expect(await codeOf(() => verifierOf({ profile, allowMultipleAudiences: false }))).toBe('accepted')
    // One of several names of the verifier, each by itself.
    const options = { audience: [AUDIENCE, SECOND] }
    expect(await verdictOf(profile, { claims: { aud: SECOND } }, options)).toBe('accepted')
    expect(await verdictOf(profile, { claims: { aud: [AUDIENCE, SECOND] } }, options)).toBe(
      'ERR_TOKEN_MULTIPLE_AUDIENCES',
    )
  })

  test.each<readonly [title: string, code: string, aud: readonly string[]]>([
    ['both of them', 'accepted', [AUDIENCE, SECOND]],
    ['in the other order', 'accepted', [SECOND, AUDIENCE]],
    ['one of them', 'accepted', [SECOND]],
    ['one of them twice', 'accepted', [SECOND, SECOND]],
    ['a foreign one behind', 'ERR_TOKEN_AUDIENCE', [AUDIENCE, 'https://evil.example']],
    ['a foreign one in front', 'ERR_TOKEN_AUDIENCE', ['https://evil.example', AUDIENCE]],
    ['a foreign one between', 'ERR_TOKEN_AUDIENCE', [AUDIENCE, `${SECOND}/`, SECOND]],
    ['foreign ones alone', 'ERR_TOKEN_AUDIENCE', ['https://evil.example', 'x']],
  ])('of the older form, where allowed, must all be the verifier: %s: %s', async (_, code, aud) => {
    const options = { audience: [AUDIENCE, SECOND], allowMultipleAudiences: true }
    expect(await verdictOf(LEGACY, { claims: { aud } }, options)).toBe(code)
  })

  test('of other tokens may be foreign, as ever', async () => {
    const claims = { aud: ['https://other.example', AUDIENCE] }
    expect(
      await verdictOf(
        'auth',
        { claims: { ...claims, iss: SUBJECT, sub: SUBJECT } },
        { allowMultipleAudiences: true },
      ),
    ).toBe('accepted')
  })
})

describe('whose name sub is', () => {
  test.each([
    ['accepted', SUBJECT],
    ['accepted', 'dns:client.example'],
    ['ERR_TOKEN_SUBJECT', 'dns:www.example'],
    ['ERR_TOKEN_SUBJECT', 'uri:spiffe://example/other'],
    ['ERR_TOKEN_SUBJECT', CLIENT_ID],
  ])('of a grant, the certificate bears it: %s: %s', async (code, sub) => {
    expect(await verdictOf(GRANT, { claims: { sub, iss: sub } })).toBe(code)
  })

  describe.each([CLIENT, LEGACY] as const)('of %s, it is the client', (profile) => {
    test.each([
      ['accepted', CLIENT_ID],
      ['accepted', SUBJECT],
      ['accepted', 'uri:spiffe://example/other'],
      ['accepted', 'https://client.example/id?x=1 2~'],
      ['accepted', 'x'],
      ['accepted', 'x'.repeat(2_048)],
      ['ERR_TOKEN_CLAIM_INVALID', 'x'.repeat(2_049)],
      ['ERR_TOKEN_CLAIM_INVALID', ''],
      ['ERR_TOKEN_CLAIM_INVALID', 'client\n'],
      ['ERR_TOKEN_CLAIM_INVALID', 'client\u0000'],
      ['ERR_TOKEN_CLAIM_INVALID', 'client\u007f'],
      ['ERR_TOKEN_CLAIM_INVALID', 'cliént'],
      ['ERR_TOKEN_CLAIM_INVALID', '\u202eclient'],
      ['ERR_TOKEN_CLAIM_INVALID', 7],
      ['ERR_TOKEN_CLAIM_INVALID', null],
    ])('%s: %j', async (code, sub) => {
      expect(await verdictOf(profile, { claims: { sub, iss: sub } })).toBe(code)
    })

    test('and the identity says whose certificate it was', async () => {
      const verifier = verifierOf({ profile })
      const { identity, claims } = await verifier.verify(await forgeFor(profile))
      expect([claims['sub'], identity.uris]).toEqual([CLIENT_ID, ['spiffe://example/client']])
    })

    test('and explain says who compares it', async () => {
      const { checks } = await verifierOf({ profile }).explain(await forgeFor(profile))
      expect(checks.find(({ id }) => id === 'subject')).toMatchObject({
        outcome: 'passed',
        facts: { subject: CLIENT_ID, compared: expect.stringContaining('by the caller') },
      })
    })
  })
})

describe('signAuthorizationGrant', () => {
  test('makes what its verifier accepts', async () => {
    const token = await signAuthorizationGrant(credential, { ...SIGNING, claims: { scope: 'read' } })
    expect(await verifierOf({ profile: GRANT }).verify(token)).toMatchObject({
      profile: GRANT,
      audience: AUDIENCE,
      claims: { iss: SUBJECT, sub: SUBJECT, aud: AUDIENCE, scope: 'read' },
    })
  })

  test.each([
    ['no audience', 'ERR_ARG_REQUIRED', { audience: undefined }],
    ['several audiences', 'ERR_ARG_VALUE', { audience: [AUDIENCE] }],
    ['a client', 'ERR_ARG_UNKNOWN_OPTION', { clientId: CLIENT_ID }],
    ['a request', 'ERR_ARG_UNKNOWN_OPTION', { request: { method: 'GET', targetUri: AUDIENCE } }],
    ['claims that the format defines', 'ERR_ARG_VALUE', { claims: { sub: 'x' } }],
  ])('refuses %s: %s', async (_, code, options) => {
    const sign = async (): Promise<string> =>
      await signAuthorizationGrant(credential, untyped({ ...SIGNING, ...options }))
    expect(await codeOf(sign)).toBe(code)
  })
})

describe('signClientAuthentication', () => {
  test('makes what its verifier accepts', async () => {
    const token = await signClientAuthentication(credential, { ...SIGNING, clientId: CLIENT_ID })
    expect(await verifierOf({ profile: CLIENT }).verify(token)).toMatchObject({
      profile: CLIENT,
      claims: { iss: CLIENT_ID, sub: CLIENT_ID, aud: AUDIENCE },
    })
  })

  test.each([
    ['no client', 'ERR_ARG_REQUIRED', undefined],
    ['an empty name', 'ERR_ARG_VALUE', ''],
    ['a line feed', 'ERR_ARG_VALUE', 'client\n'],
    ['a letter beyond ASCII', 'ERR_ARG_VALUE', 'cliént'],
    ['one character too many', 'ERR_ARG_VALUE', 'x'.repeat(2_049)],
    ['a number', 'ERR_ARG_VALUE', 7],
    ['null', 'ERR_ARG_VALUE', null],
    ['the longest name', 'accepted', 'x'.repeat(2_048)],
    ['quotes, which JSON escapes', 'accepted', '","sub":"admin'],
  ])('takes or refuses %s: %s', async (_, code, clientId) => {
    const sign = async (): Promise<string> =>
      await signClientAuthentication(credential, untyped({ ...SIGNING, clientId }))
    expect(await codeOf(sign)).toBe(code)
    if (code !== 'accepted') return
    const { claims } = await verifierOf({ profile: CLIENT }).verify(await sign())
    expect([claims['iss'], claims['sub']]).toEqual([clientId, clientId])
  })

  test('keeps the clients of one credential apart', async () => {
    const verifier = verifierOf({ profile: CLIENT })
    const clients = ['a', 'b', 'a', SUBJECT, 'b']
    const tokens = await Promise.all(
      clients.map((clientId) => signClientAuthentication(credential, { ...SIGNING, clientId })),
    )
    const grant = await signAuthorizationGrant(credential, SIGNING)
    for (const [index, token] of tokens.entries()) {
      const { claims } = await verifier.verify(token)
      expect([claims['iss'], claims['sub']]).toEqual([clients[index], clients[index]])
    }
    expect((await verifierOf({ profile: GRANT }).verify(grant)).claims['sub']).toBe(SUBJECT)
    expect((await verifierOf().verify(await signToken(credential, SIGNING))).claims['sub']).toBe(SUBJECT)
  })

  test('is one claim of each name', async () => {
    const token = await forgeFor(CLIENT, { claimsText: replacing('{', '{"sub":"admin",') })
    expect(await codeOf(() => verifierOf({ profile: CLIENT }).verify(token))).toBe('ERR_TOKEN_JSON')
  })
})
