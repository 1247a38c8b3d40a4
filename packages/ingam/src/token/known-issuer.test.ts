// A verifier that has met one client of a CA knows the CA under the next: one certificate to read, one signature fewer.
// What it spares is work; every rule of the path is held against the new client as against the first.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, AUDIENCE, forge, NOW } from '../../../../test/support/forge.ts'
import { createFixedClock } from '../testing/fixed-clock.ts'
import { createTestCa } from '../testing/test-ca.ts'
import type { VerifierOptions } from './plan.ts'
import { createVerifier, type Verifier } from './verify.ts'

const root = await createTestCa({ at: AT })
const issuer = await root.issue({ kind: 'ca', notAfter: new Date(AT.getTime() + 100_000) })
const one = await issuer.issue({ uris: ['spiffe://example/one'] })
const two = await issuer.issue({ uris: ['spiffe://example/two'] })

function verifierOf(options: Partial<VerifierOptions> = {}): Verifier {
  return createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
    ...options,
  })
}

describe('the second client of a CA', () => {
  test('costs one certificate and one signature of a path', async () => {
    const verifier = verifierOf()
    await verifier.verify(await forge(one))
    expect(verifier.status()).toMatchObject({ certificatesParsed: 2, pathSignatureChecks: 2 })
    const { identity, path } = await verifier.verify(await forge(two))
    expect(identity.uris).toEqual(['spiffe://example/two'])
    expect(path.certificates.map(({ der }) => der)).toEqual([two.der, issuer.der, root.der])
    expect(verifier.status()).toMatchObject({ certificatesParsed: 3, pathSignatureChecks: 3 })
  })

  test('costs as much as the first where the signature of the first token was forged', async () => {
    const verifier = verifierOf()
    const forged = await forge(one, { signer: two })
    expect(await codeOf(() => verifier.verify(forged))).toBe('ERR_TOKEN_SIGNATURE')
    await verifier.verify(await forge(two))
    expect(verifier.status()).toMatchObject({ certificatesParsed: 4, pathSignatureChecks: 4 })
  })

  test('is refused where the CA has expired since', async () => {
    const clock = createFixedClock(AT)
    const verifier = verifierOf({ clock: clock.now })
    await verifier.verify(await forge(one))
    clock.advance(100.001)
    const claims = { iat: NOW + 100, exp: NOW + 200 }
    expect(await codeOf(async () => verifier.verify(await forge(two, { claims })))).toBe('ERR_PATH_EXPIRED')
  })

  test('is refused where its certificate is signed by another key of the same name', async () => {
    const verifier = verifierOf()
    await verifier.verify(await forge(one))
    const impostor = await (await createTestCa({ at: AT })).issue({
      kind: 'ca',
      subjectName: issuer.certificate.subject.der,
    })
    const client = await impostor.issue({ uris: ['spiffe://example/three'] })
    const header = { x5c: [client, issuer].map(({ der }) => Buffer.from(der).toString('base64')) }
    expect(await codeOf(async () => verifier.verify(await forge(client, { header })))).toBe(
      'ERR_PATH_SIGNATURE',
    )
  })

  test('is refused where it breaks a rule that the first kept', async () => {
    const narrow = await root.issue({ kind: 'ca', name: 'Narrow', pathLenConstraint: 0 })
    const good = await narrow.issue({ uris: ['spiffe://example/good'] })
    const below = await narrow.issue({ kind: 'ca', name: 'Below' })
    const deep = await below.issue({ uris: ['spiffe://example/deep'] })
    const verifier = verifierOf()
    await verifier.verify(await forge(good))
    expect(await codeOf(async () => verifier.verify(await forge(deep)))).toBe('ERR_PATH_LENGTH')
  })

  test('is no signer itself: the CA that is known signs no tokens', async () => {
    const verifier = verifierOf()
    await verifier.verify(await forge(one))
    expect(await codeOf(async () => verifier.verify(await forge(issuer)))).toBe('ERR_TOKEN_SIGNER')
  })
})

describe('the path of a known signer', () => {
  test('has the certificates of the first time, the leaf read again', async () => {
    const verifier = verifierOf()
    const first = await verifier.verify(await forge(one))
    const second = await verifier.verify(await forge(one))
    const [leaf] = second.path.certificates
    expect(leaf).not.toBe(first.path.certificates[0])
    expect(leaf).toEqual(first.path.certificates[0])
    expect(second.path.certificates.slice(1)).toEqual(first.path.certificates.slice(1))
    // As long as somebody holds it, it is the same object.
    expect(second.path.certificates[0]).toBe(leaf)
    expect(second.path).toMatchObject({ anchor: first.path.anchor, policies: first.path.policies })
    expect(second.path.validUntil).toEqual(first.path.validUntil)
    expect(verifier.status().certificatesParsed).toBe(2)
  })
})

describe('tokens that come at once', () => {
  test.each(['never met', 'known'])('of signers %s, each is judged by its own bytes', async (kind) => {
    const clients = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        issuer.issue({ uris: [`spiffe://example/${'x'.repeat(20 * index)}`] }),
      ),
    )
    const verifier = verifierOf()
    const tokenOf = (index: number): Promise<string> => {
      const client = clients[index % clients.length] ?? one
      return forge(client, { claims: { index, own: 'y'.repeat(37 * (index % 11)) } })
    }
    if (kind === 'known') for (let index = 0; index < 6; index++) await verifier.verify(await tokenOf(index))
    const tokens = await Promise.all(Array.from({ length: 60 }, (_, index) => tokenOf(index)))
    const verified = await Promise.all(tokens.map((token) => verifier.verify(token)))
    expect(verified.map(({ claims }) => claims['index'])).toEqual(tokens.map((_, index) => index))
    // With the signatures of their neighbours none of them passes.
    const crossed = tokens.map((token, index) => {
      const other = tokens[(index + 1) % tokens.length] ?? ''
      return token.slice(0, token.lastIndexOf('.')) + other.slice(other.lastIndexOf('.'))
    })
    const codes = await Promise.all(crossed.map((token) => codeOf(() => verifier.verify(token))))
    expect(new Set(codes)).toEqual(new Set(['ERR_TOKEN_SIGNATURE']))
  })
})
