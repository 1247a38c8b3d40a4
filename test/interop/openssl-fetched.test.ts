// From end to end over the network: a verifier that demands good standing asks a running `openssl ocsp -port`, a signer
// carries its answers along, and nobody asks for a stranger.

import { createCredential, createVerifier, signToken, type Verifier, type VerifierOptions } from 'ingam'
import { createHttpSource, type HttpSource } from 'ingam/node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { codeOf } from '../support/codes.ts'
import { createOpensslCa, type OpensslCa, type OpensslResponder } from '../support/openssl-ca.ts'
import {
  CA_EXTENSIONS,
  CLIENT_EXTENSIONS,
  createOpensslPki,
  type OpensslCertificate,
  type OpensslPki,
} from '../support/openssl-pki.ts'
import { describeWith } from '../support/requires.ts'

const AUDIENCE = 'https://api.example'

describeWith(['openssl'], 'a responder that runs', ({ openssl }) => {
  let pki: OpensslPki
  let root: OpensslCertificate
  let good: OpensslCertificate
  let revoked: OpensslCertificate
  let signer: OpensslCertificate
  let ca: OpensslCa
  let responder: OpensslResponder
  const sources: HttpSource[] = []

  beforeAll(async () => {
    pki = createOpensslPki(openssl)
    root = pki.createRoot({ subject: '/O=Example/CN=Root', extensions: CA_EXTENSIONS })
    good = pki.issue(root, { subject: '/CN=good', extensions: CLIENT_EXTENSIONS })
    revoked = pki.issue(root, { subject: '/CN=revoked', extensions: CLIENT_EXTENSIONS })
    signer = pki.issue(root, {
      subject: '/CN=responder',
      extensions: ['extendedKeyUsage=OCSPSigning', 'noCheck=ignored'],
    })
    ca = createOpensslCa(openssl, pki, root)
    for (const certificate of [good, revoked]) ca.enter(certificate)
    ca.revoke(revoked, 'keyCompromise')
    responder = await ca.serve({ signer, minutes: 10 })
  })

  afterEach(() => {
    for (const source of sources.splice(0)) source.close()
  })

  afterAll(async () => {
    await responder.stop()
    pki.remove()
  })

  async function source(ocspUrl: string = responder.url): Promise<HttpSource> {
    const made = await createHttpSource({ allow: [ocspUrl], ocspUrl, loopback: 'allow' })
    sources.push(made)
    return made
  }

  function verifierWith(source: HttpSource | undefined, options: Partial<VerifierOptions> = {}): Verifier {
    return createVerifier({
      trustAnchors: [root.certificate],
      audience: AUDIENCE,
      revocation: { mode: 'require', sources: source === undefined ? [] : [source] },
      oneTimeUse: 'off',
      ...options,
    })
  }

  async function tokenOf(holder: OpensslCertificate): Promise<string> {
    const privateKey = pki.read(holder.keyFile)
    return await signToken(await createCredential({ certificate: holder.pem, privateKey }), {
      audience: AUDIENCE,
    })
  }

  test('says good of one and revoked of another, and is asked once', async () => {
    const http = await source()
    const verifier = verifierWith(http)
    const { path } = await verifier.verify(await tokenOf(good))
    expect(path.revocation).toMatchObject([
      { status: 'good', evidence: { kind: 'ocsp', signer: 'CN=responder', from: `${responder.url}/` } },
    ])
    const revision = http.revision()
    await verifier.verify(await tokenOf(good))
    expect(http.revision()).toBe(revision)
    expect(await codeOf(async () => await verifier.verify(await tokenOf(revoked)))).toBe(
      'ERR_REVOCATION_REVOKED',
    )
    expect(verifier.status().revocationSources).toHaveLength(1 + 1)
  })

  test('is not asked for a token whose signature does not verify', async () => {
    const http = await source()
    const verifier = verifierWith(http)
    const token = await tokenOf(good)
    // The last character has spare bits, which an exchange of others leaves alone.
    const forged = `${token.slice(0, -9)}${token.slice(-5, -1)}${token.slice(-9, -5)}${token.slice(-1)}`
    expect(await codeOf(() => verifier.verify(forged))).toBe('ERR_TOKEN_SIGNATURE')
    expect(http.status()).toEqual([])
  })

  test('explain asks it only where it is told to', async () => {
    const http = await source()
    const verifier = verifierWith(http)
    const token = await tokenOf(good)
    expect((await verifier.explain(token)).error?.code).toBe('ERR_REVOCATION_UNKNOWN')
    expect(http.status()).toEqual([])
    const { accepted, revocation } = await verifier.explain(token, undefined, { network: 'use' })
    expect([accepted, revocation[0]?.status]).toEqual([true, 'good'])
  })

  test('that is gone is an outage and no forgery', async () => {
    const gone = await ca.serve({ signer, minutes: 10 })
    const http = await source(gone.url)
    const verifier = verifierWith(http)
    await gone.stop()
    expect(await codeOf(async () => await verifier.verify(await tokenOf(good)))).toBe(
      'ERR_REVOCATION_RESPONDER',
    )
    const lenient = verifierWith(http, { revocation: { mode: 'prefer', sources: [http] } })
    const { path } = await lenient.verify(await tokenOf(good))
    expect(path.revocation).toMatchObject([
      { status: 'unknown', problem: { code: 'ERR_REVOCATION_RESPONDER' } },
    ])
  })

  test('that went after it had answered is not missed', async () => {
    const gone = await ca.serve({ signer, minutes: 10 })
    const verifier = verifierWith(await source(gone.url))
    await verifier.verify(await tokenOf(good))
    await gone.stop()
    await verifier.verify(await tokenOf(good))
  })

  test("its answer comes along with the token, to a verifier that can't ask", async () => {
    const stapled = async (holder: OpensslCertificate): Promise<string> => {
      const credential = await createCredential({
        certificate: holder.pem,
        privateKey: pki.read(holder.keyFile),
        stapleFrom: [await source()],
        issuers: [root.certificate],
      })
      return await signToken(credential, { audience: AUDIENCE, staple: 'require' })
    }
    const verifier = verifierWith(undefined)
    expect(await codeOf(async () => await verifier.verify(await tokenOf(good)))).toBe(
      'ERR_REVOCATION_UNKNOWN',
    )
    const { path } = await verifier.verify(await stapled(good))
    expect(path.revocation).toMatchObject([
      { status: 'good', evidence: { from: 'token', signer: 'CN=responder' } },
    ])
    expect(await codeOf(() => stapled(revoked))).toBe('ERR_REVOCATION_REVOKED')
  })
})
