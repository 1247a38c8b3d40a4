// Who holds a certificate that TLS showed: what a token of the same certificate would say, from verified paths alone.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, forge, untyped } from '../../../../test/support/forge.ts'
import { issuer, leaf, root, verifierOf } from '../../../../test/support/tokens.ts'
import type { TestCertificate } from '../testing/test-ca.ts'
import type { VerifiedPath } from '../verify/verified-path.ts'
import { type VerifyPathOptions, verifyPath } from '../verify/verify-path.ts'
import { borneSubjectsOf, checkClientCertificate, identityOf } from './identity.ts'

async function pathOf(by: TestCertificate, options: Partial<VerifyPathOptions> = {}): Promise<VerifiedPath> {
  return await verifyPath({
    leaf: by.der,
    intermediates: [issuer.der],
    trustAnchors: [root.certificate],
    purpose: 'clientAuth',
    revocation: 'off',
    at: AT,
    ...options,
  })
}

const NO_PATHS: readonly (readonly [title: string, make: () => Promise<unknown>])[] = [
  ['nothing', async () => undefined],
  ['null', async () => null],
  ['a certificate', async () => leaf.certificate],
  ['its bytes', async () => leaf.der],
  ['a copy of a path', async () => Object.assign({}, await pathOf(leaf))],
  ['what inherits from a path', async () => Object.create(await pathOf(leaf))],
  ['a proxy of a path', async () => new Proxy(await pathOf(leaf), {})],
  [
    'what looks like a path',
    async () => ({ certificates: [leaf.certificate], anchor: { id: 'x' }, purpose: 'clientAuth' }),
  ],
  ['a verified token', async () => await verifierOf().verify(await forge(leaf))],
]

describe('identityOf', () => {
  test('says what a token of the certificate says', async () => {
    const verifier = verifierOf()
    for (const _ of ['cold', 'warm']) {
      const token = await verifier.verify(await forge(leaf))
      expect(await identityOf(await pathOf(leaf))).toStrictEqual(token.identity)
      expect(await identityOf(token.path)).toStrictEqual(token.identity)
    }
    expect(Object.isFrozen(await identityOf(await pathOf(leaf)))).toBe(true)
  })

  test('says so for a path of any purpose', async () => {
    const path = await pathOf(leaf, { purpose: 'any' })
    expect(await identityOf(path)).toStrictEqual(await identityOf(await pathOf(leaf)))
  })

  test.each(NO_PATHS)('refuses %s', async (_, make) => {
    const path = await make()
    expect(await codeOf(() => identityOf(untyped(path)))).toBe('ERR_ARG_TYPE')
  })
})

describe('borneSubjectsOf', () => {
  test('names all that a token may claim, and no wildcard or address', async () => {
    const identity = await identityOf(await pathOf(leaf))
    expect(borneSubjectsOf(identity)).toEqual([
      'uri:spiffe://example/client',
      'dns:client.example',
      'email:client@example.com',
      'upn:client@corp.example',
      `x509-sha256:${identity.thumbprint}`,
    ])
  })

  test('names just what the verifier accepts as sub', async () => {
    const { identity } = await verifierOf().verify(await forge(leaf))
    const verifier = verifierOf()
    const wanted = new Set(borneSubjectsOf(identity))
    const tried = [...wanted, 'dns:*.example', 'ip:192.0.2.1', 'CN=client', identity.thumbprint]
    for (const sub of tried) {
      const verdict = await codeOf(async () =>
        verifier.verify(await forge(leaf, { claims: { sub, iss: sub } })),
      )
      expect([sub, verdict]).toEqual([sub, wanted.has(sub) ? 'accepted' : 'ERR_TOKEN_SUBJECT'])
    }
  })

  test('of a certificate without names is its thumbprint', async () => {
    const identity = await identityOf(await pathOf(await issuer.issue({ name: 'nameless' })))
    expect(borneSubjectsOf(identity)).toEqual([`x509-sha256:${identity.thumbprint}`])
  })
})

describe('checkClientCertificate', () => {
  test.each([
    ['of a client', {}],
    ['without keyUsage and extKeyUsage', { keyUsage: null, extKeyUsage: null }],
  ] as const)('accepts a path %s', async (_, draft) => {
    expect(await checkClientCertificate(await pathOf(await issuer.issue(draft)))).toBeUndefined()
  })

  test.each([
    ['of a CA', { kind: 'ca' }, 'is a CA'],
    ['without digitalSignature', { keyUsage: ['keyAgreement'] }, 'expected digitalSignature'],
    ['with anyExtendedKeyUsage alone', { extKeyUsage: ['2.5.29.37.0'] }, 'expected clientAuth'],
  ] as const)('refuses a path %s, and names the certificate', async (_, draft, problem) => {
    const path = await pathOf(await issuer.issue(draft), { anyExtendedKeyUsage: 'accept' })
    await expect(checkClientCertificate(path)).rejects.toMatchObject({
      code: 'ERR_TOKEN_SIGNER',
      details: {
        certificate: { role: 'leaf', position: 0, thumbprint: expect.stringMatching(/^[0-9a-f]{8}$/u) },
        problem: expect.stringContaining(problem),
      },
    })
  })

  test('refuses a path of another purpose, whose CAs nobody asked about', async () => {
    for (const [purpose, verdict] of [
      ['any', 'ERR_ARG_VALUE'],
      ['clientAuth', 'accepted'],
      ['1.3.6.1.5.5.7.3.2', 'accepted'],
    ] as const) {
      const path = await pathOf(leaf, { purpose })
      expect([purpose, await codeOf(() => checkClientCertificate(path))]).toEqual([purpose, verdict])
    }
    const server = await issuer.issue({ extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
    const path = await pathOf(server, { purpose: 'serverAuth' })
    expect(await codeOf(() => checkClientCertificate(path))).toBe('ERR_ARG_VALUE')
  })

  test.each(NO_PATHS)('refuses %s', async (_, make) => {
    const path = await make()
    expect(await codeOf(() => checkClientCertificate(untyped(path)))).toBe('ERR_ARG_TYPE')
  })
})
