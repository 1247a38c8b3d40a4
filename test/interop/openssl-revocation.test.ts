// What an operator of a CA of openssl's publishes counts here: lists by `openssl ca -gencrl`, and the answers of a
// responder that runs, `openssl ocsp -port`.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { isPkiError } from '../../packages/ingam/src/errors/errors.ts'
import type { RevocationPolicy } from '../../packages/ingam/src/revocation/policy.ts'
import { type VerifyPathOptions, verifyPath } from '../../packages/ingam/src/verify/verify-path.ts'
import { createCertId, encodeOcspRequest, parseOcspResponse } from '../../packages/ingam/src/x509/ocsp.ts'
import {
  createOpensslCa,
  type OpensslCa,
  type OpensslResponder,
  type ServeOptions,
} from '../support/openssl-ca.ts'
import {
  CA_EXTENSIONS,
  CLIENT_EXTENSIONS,
  createOpensslPki,
  type OpensslCertificate,
  type OpensslPki,
} from '../support/openssl-pki.ts'
import { describeWith } from '../support/requires.ts'

const LISTS = 'http://crl.example/ca.crl'

describeWith(['openssl'], 'a CA of openssl', ({ openssl }) => {
  let pki: OpensslPki
  let root: OpensslCertificate
  let intermediate: OpensslCertificate
  let good: OpensslCertificate
  let revoked: OpensslCertificate
  let unlisted: OpensslCertificate
  let deep: OpensslCertificate
  let pointing: OpensslCertificate
  let ca: OpensslCa
  let lower: OpensslCa
  let responder: OpensslResponder | undefined

  beforeAll(() => {
    pki = createOpensslPki(openssl)
    root = pki.createRoot({ subject: '/O=Example/CN=Root', extensions: CA_EXTENSIONS })
    intermediate = pki.issue(root, { subject: '/O=Example/CN=Intermediate', extensions: CA_EXTENSIONS })
    good = pki.issue(root, { subject: '/CN=good', extensions: CLIENT_EXTENSIONS })
    revoked = pki.issue(root, { subject: '/CN=revoked', extensions: CLIENT_EXTENSIONS })
    unlisted = pki.issue(root, { subject: '/CN=unlisted', extensions: CLIENT_EXTENSIONS })
    deep = pki.issue(intermediate, { subject: '/CN=deep', extensions: CLIENT_EXTENSIONS })
    pointing = pki.issue(root, {
      subject: '/CN=pointing',
      extensions: [...CLIENT_EXTENSIONS, `crlDistributionPoints=URI:${LISTS}`],
    })
    ca = createOpensslCa(openssl, pki, root)
    lower = createOpensslCa(openssl, pki, intermediate)
    for (const certificate of [good, revoked, intermediate, pointing]) ca.enter(certificate)
    ca.revoke(revoked, 'keyCompromise')
  })

  afterEach(async () => {
    await responder?.stop()
    responder = undefined
  })

  afterAll(() => pki.remove())

  async function judge(
    { certificate }: OpensslCertificate,
    revocation: Omit<RevocationPolicy, 'mode'>,
    options: Partial<VerifyPathOptions> = {},
  ): Promise<string> {
    try {
      const path = await verifyPath({
        leaf: certificate,
        intermediates: [intermediate.certificate],
        trustAnchors: [root.certificate],
        // What openssl signs now has times of now, to the second.
        at: new Date(Date.now() + 1_000),
        purpose: 'clientAuth',
        revocation: { mode: 'require', ...revocation },
        ...options,
      })
      return path.revocation.map(({ status, evidence }) => `${status} by ${evidence?.signer}`).join('; ')
    } catch (error) {
      if (isPkiError(error)) return error.code
      throw error
    }
  }

  test('its list: good, revoked, and for how long', async () => {
    const crls = [ca.list({ days: 7 })]
    expect(await judge(good, { crls })).toBe('good by CN=Root,O=Example')
    expect(await judge(revoked, { crls })).toBe('ERR_REVOCATION_REVOKED')
    const in8Days = new Date(Date.now() + 8 * 86_400_000)
    expect(await judge(good, { crls }, { at: in8Days })).toBe('ERR_REVOCATION_STALE')
    expect(await judge(revoked, { crls }, { at: in8Days })).toBe('ERR_REVOCATION_REVOKED')
  })

  test('a list for each CA of the path', async () => {
    expect(await judge(deep, { crls: [ca.list()] })).toBe('ERR_REVOCATION_UNKNOWN')
    expect(await judge(deep, { crls: [ca.list(), lower.list()] })).toBe(
      'good by CN=Intermediate,O=Example; good by CN=Root,O=Example',
    )
    expect(await judge(deep, { depth: 'leaf', crls: [lower.list()] })).toBe(
      'good by CN=Intermediate,O=Example',
    )
  })

  test('a list of a distribution point', async () => {
    const point = ['issuingDistributionPoint = critical, @point', '[point]', `fullname = URI:${LISTS}`]
    const crls = [ca.list({ extensions: point })]
    expect(await judge(pointing, { crls })).toBe('good by CN=Root,O=Example')
    expect(await judge(good, { crls })).toBe('ERR_REVOCATION_UNKNOWN')
    const other = ['issuingDistributionPoint = critical, @point', '[point]', `fullname = URI:${LISTS}.2`]
    expect(await judge(pointing, { crls: [ca.list({ extensions: other })] })).toBe('ERR_REVOCATION_UNKNOWN')
  })

  test('two lists that part the reasons', async () => {
    const some = (reasons: string) => [
      'issuingDistributionPoint = critical, @point',
      '[point]',
      `onlysomereasons = ${reasons}`,
    ]
    const first = ca.list({ extensions: some('keyCompromise, CACompromise') })
    const rest =
      'affiliationChanged, superseded, cessationOfOperation, certificateHold, privilegeWithdrawn, AACompromise'
    expect(await judge(good, { crls: [first] })).toBe('ERR_REVOCATION_UNKNOWN')
    expect(await judge(good, { crls: [first, ca.list({ extensions: some(rest) })] })).toBe(
      'good by CN=Root,O=Example',
    )
  })

  async function serve(options: ServeOptions): Promise<void> {
    responder = await ca.serve(options)
  }

  async function fetchAnswer(
    { certificate }: OpensslCertificate,
    { hash = 'SHA-1', nonce }: { readonly hash?: 'SHA-1' | 'SHA-256'; readonly nonce?: Uint8Array } = {},
  ): Promise<Uint8Array> {
    const certIds = [await createCertId(certificate, root.certificate, hash)]
    const answer = await fetch(responder?.url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: new Uint8Array(encodeOcspRequest({ certIds, ...(nonce && { nonce }) })),
    })
    expect(answer.status).toBe(200)
    return new Uint8Array(await answer.arrayBuffer())
  }

  test.each(['SHA-1', 'SHA-256'] as const)('its responder: good, revoked, unknown, by %s', async (hash) => {
    await serve({ signer: root, minutes: 5 })
    const about = async (certificate: OpensslCertificate): Promise<string> =>
      await judge(certificate, { ocspResponses: [await fetchAnswer(certificate, { hash })] })
    expect(await about(good)).toBe('good by CN=Root,O=Example')
    expect(await about(revoked)).toBe('ERR_REVOCATION_REVOKED')
    expect(await about(unlisted)).toBe('ERR_REVOCATION_UNKNOWN')
  })

  test('an answer counts for its own certificate alone, and for its time', async () => {
    await serve({ signer: root, minutes: 5 })
    const ocspResponses = [await fetchAnswer(good)]
    expect(await judge(pointing, { ocspResponses })).toBe('ERR_REVOCATION_UNKNOWN')
    expect(await judge(good, { ocspResponses }, { at: new Date(Date.now() + 301_000) })).toBe(
      'ERR_REVOCATION_STALE',
    )
    expect(
      await judge(good, { maxAgeSeconds: 60, ocspResponses }, { at: new Date(Date.now() + 62_000) }),
    ).toBe('ERR_REVOCATION_STALE')
  })

  test('the nonce comes back', async () => {
    await serve({ signer: root, minutes: 5 })
    const nonce = crypto.getRandomValues(new Uint8Array(32))
    const answer = parseOcspResponse(await fetchAnswer(good, { nonce }))
    expect(answer.status === 'successful' && answer.basic.nonce).toEqual(nonce)
  })

  test('without nextUpdate an answer counts for five minutes', async () => {
    await serve({ signer: root })
    const ocspResponses = [await fetchAnswer(good)]
    expect(await judge(good, { ocspResponses })).toBe('good by CN=Root,O=Example')
    expect(await judge(good, { ocspResponses }, { at: new Date(Date.now() + 301_000) })).toBe(
      'ERR_REVOCATION_STALE',
    )
  })

  test.each([
    ['with nocheck', ['extendedKeyUsage=OCSPSigning', 'noCheck=ignored'], 'good by CN=responder'],
    ['without', ['extendedKeyUsage=OCSPSigning'], 'ERR_REVOCATION_EVIDENCE'],
    ['for another purpose', ['extendedKeyUsage=clientAuth', 'noCheck=ignored'], 'ERR_REVOCATION_EVIDENCE'],
  ])('a responder that the CA appointed, %s', async (_what, extensions, outcome) => {
    const signer = pki.issue(root, { subject: '/CN=responder', extensions })
    await serve({ signer, minutes: 5 })
    const ocspResponses = [await fetchAnswer(good)]
    expect(await judge(good, { ocspResponses })).toBe(outcome)
  })

  test('a responder without nocheck counts where a list covers it', async () => {
    const signer = pki.issue(root, { subject: '/CN=responder', extensions: ['extendedKeyUsage=OCSPSigning'] })
    await serve({ signer, minutes: 5 })
    const ocspResponses = [await fetchAnswer(good)]
    // The list alone would say good as well: who answers is seen by the newer of the two.
    expect(await judge(good, { ocspResponses, crls: [ca.list()] })).toMatch(/^good by /u)
    ca.revoke(signer, 'keyCompromise')
    expect(await judge(good, { ocspResponses, crls: [ca.list()] })).toBe('good by CN=Root,O=Example')
  })

  test('a responder of another CA of the same name', async () => {
    const signer = pki.createRoot({ subject: '/O=Example/CN=Root', extensions: CA_EXTENSIONS })
    await serve({ signer, minutes: 5 })
    expect(await judge(good, { ocspResponses: [await fetchAnswer(good)] })).toBe('ERR_REVOCATION_EVIDENCE')
  })
})
