// cert-auth-pinned+jwt, and the bare signature over a certificate: what verifyToken of ingam/node judges.

import { createHash, createPrivateKey, sign } from 'node:crypto'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { AT, type ForgeOptions, forge, NOW, thumbprintOf, x5cOf } from '../../support/forge.ts'
import type { PinnedVerifier, VectorCase, VectorFile, VectorStep } from '../format.ts'
import { HOUR, holderOf, NAMES, other, root } from './pki.ts'

type Outcome = Pick<VectorStep, 'verdict' | 'check' | 'code'>
type Check = NonNullable<VectorStep['check']>
type Code = NonNullable<VectorStep['code']>

const MAX_TOKEN = 4_096

export async function pinned(): Promise<VectorFile<PinnedVerifier>> {
  const holder = await root.issue(NAMES)
  const cases: VectorCase<PinnedVerifier>[] = []
  const draft = async (by: TestCertificate, options: ForgeOptions): Promise<string> =>
    await forge(by, {
      ...options,
      header: {
        typ: 'cert-auth-pinned+jwt',
        x5c: undefined,
        'x5t#S256': await thumbprintOf(by),
        ...options.header,
      },
      claims: { aud: undefined, exp: NOW + 60, ...options.claims },
    })

  /** A token of the certificate's holder at a verifier that pins it. */
  const add = async (
    id: string,
    outcome: Outcome,
    comment: string,
    options: ForgeOptions = {},
    by: TestCertificate = holder,
  ): Promise<void> => {
    const verifier = by === holder ? {} : { verifier: { certificate: by.pem } }
    cases.push({ id, comment, ...verifier, token: await draft(by, options), ...outcome })
  }

  await add('good', ACCEPTED, 'a token for whoever pins the certificate')
  await add(
    'rs256',
    ACCEPTED,
    'RS256',
    { header: { alg: 'RS256' }, signing: 'RS256' },
    await holderOf('RSA-2048'),
  )
  await add('ed25519', ACCEPTED, 'Ed25519', {}, await holderOf('Ed25519'))
  const selfSigned = await createTestCa({ at: AT, ...NAMES, keyUsage: ['digitalSignature', 'keyCertSign'] })
  await add('self-signed-ca', ACCEPTED, 'a CA signed by itself that may sign', {}, selfSigned)
  await add(
    'server',
    ACCEPTED,
    "a server's certificate",
    {},
    await root.issue({ ...NAMES, extKeyUsage: ['1.3.6.1.5.5.7.3.1'] }),
  )
  await add('own-claims', ACCEPTED, "the signer's own claims", { claims: { scope: 'read' } })
  await add('size-at-limit', ACCEPTED, '4,096 characters', await filled(MAX_TOKEN, holder, draft))
  await add('size-over-limit', refusal('shape', 'ERR_TOKEN_TOO_LARGE'), '4,097 characters', {
    ...(await filled(MAX_TOKEN + 1, holder, draft)),
  })
  await add('lifetime-at-limit', ACCEPTED, 'exp 60 s after iat', { claims: { exp: NOW + 60 } })
  await add('lifetime', refusal('time', 'ERR_TOKEN_LIFETIME'), 'exp 60.001 s after iat', {
    claims: { exp: NOW + 60.001 },
  })
  await add('expired', refusal('time', 'ERR_TOKEN_EXPIRED'), 'expired 60 s ago', {
    claims: { iat: NOW - 120, exp: NOW - 60 },
  })
  await add('ahead', refusal('time', 'ERR_TOKEN_NOT_YET_VALID'), 'signed 5.001 s ahead', {
    claims: { iat: NOW + 5.001 },
  })
  await add('typ-auth', refusal('type', 'ERR_TOKEN_TYPE'), 'typ of cert-auth+jwt', {
    header: { typ: 'cert-auth+jwt' },
  })
  await add('x5c', refusal('header', 'ERR_TOKEN_HEADER_FORBIDDEN'), 'the pinned certificate in x5c', {
    header: { x5c: x5cOf(holder) },
  })
  await add('thumbprint-absent', refusal('reference', 'ERR_TOKEN_HEADER'), 'no x5t#S256', {
    header: { 'x5t#S256': undefined },
  })
  const renewed = await root.issue({ ...NAMES, keyOf: holder })
  await add(
    'thumbprint-renewed',
    refusal('reference', 'ERR_TOKEN_UNKNOWN_THUMBPRINT'),
    'another certificate of the same key and names',
    {
      header: { 'x5t#S256': await thumbprintOf(renewed) },
    },
  )
  const key = createHash('sha256').update(holder.certificate.subjectPublicKeyInfo.der).digest('base64url')
  await add(
    'thumbprint-key',
    refusal('reference', 'ERR_TOKEN_UNKNOWN_THUMBPRINT'),
    'the thumbprint of the key',
    {
      header: { 'x5t#S256': key },
    },
  )
  for (const aud of ['https://api.example', null]) {
    await add(
      `aud-${aud === null ? 'null' : 'text'}`,
      refusal('claims', 'ERR_TOKEN_CLAIM_INVALID'),
      `aud: ${aud}`,
      {
        claims: { aud },
      },
    )
  }
  await add('jti-absent', refusal('claims', 'ERR_TOKEN_CLAIM_MISSING'), 'no jti', {
    claims: { jti: undefined },
  })
  await add('nonce', refusal('binding', 'ERR_TOKEN_BINDING'), 'bound by nonce', { claims: { nonce: 'x' } })
  await add('alg-none', refusal('algorithm', 'ERR_TOKEN_ALGORITHM'), 'alg none', { header: { alg: 'none' } })
  await add('alg-key', refusal('algorithmKey', 'ERR_TOKEN_ALGORITHM_KEY'), 'RS256 with a key on P-256', {
    header: { alg: 'RS256' },
  })
  await add('other-key', refusal('signature', 'ERR_TOKEN_SIGNATURE'), 'signed by another', { signer: other })
  await add('subject', refusal('subject', 'ERR_TOKEN_SUBJECT'), 'sub that the certificate does not bear', {
    claims: { sub: 'uri:spiffe://example/admin', iss: 'uri:spiffe://example/admin' },
  })
  await add(
    'key-usage',
    refusal('signer', 'ERR_TOKEN_SIGNER'),
    'keyUsage without digitalSignature',
    {},
    await root.issue({ ...NAMES, keyUsage: ['keyAgreement'] }),
  )
  await add(
    'certificate-expired',
    refusal('path', 'ERR_PATH_EXPIRED'),
    'the pinned certificate has expired',
    {},
    await root.issue({ ...NAMES, notAfter: new Date(AT.getTime() - 1000) }),
  )
  await add(
    'critical-extension',
    refusal('path', 'ERR_PATH_CRITICAL_EXTENSION'),
    'it has a critical extension that nobody knows',
    {},
    await root.issue({
      ...NAMES,
      extensions: [{ oid: '1.3.6.1.4.1.99999.1', critical: true, value: Uint8Array.of(5, 0) }],
    }),
  )
  const token = await draft(holder, {})
  cases.push({
    id: 'twice',
    comment: 'the same token a second time',
    verifier: { oneTimeUse: 'memory' },
    steps: [
      { token, ...ACCEPTED },
      { token, ...refusal('oneTimeUse', 'ERR_TOKEN_REPLAYED') },
    ],
  })
  cases.push(...(await bareCases(holder)))
  return {
    version: 1,
    group: 'pinned',
    description:
      'Tokens of the profile cert-auth-pinned+jwt, and bare signatures over the pinned certificate.',
    verifier: { profile: 'pinned', certificate: holder.pem, at: AT.toISOString(), oneTimeUse: 'off' },
    cases,
  }
}

const ACCEPTED: Outcome = { verdict: 'accepted' }

function refusal(check: Check, code: Code): Outcome {
  return { verdict: 'refused', check, code }
}

async function bareCases(holder: TestCertificate): Promise<readonly VectorCase<PinnedVerifier>[]> {
  const rsa = await holderOf('RSA-2048')
  const later = new Date(AT.getTime() + HOUR).toISOString()
  const overDer = { acceptBareUntil: later, bareOver: 'der' } as const
  const overPem = { acceptBareUntil: later, bareOver: 'pem' } as const
  const bad: Outcome = { verdict: 'refused', code: 'ERR_TOKEN_SIGNATURE' }
  const none: Outcome = { verdict: 'refused', code: 'ERR_TOKEN_BARE' }
  const bySelf = bare(holder, holder.der)
  const row = (
    id: string,
    comment: string,
    outcome: Outcome,
    text: string,
    verifier: Partial<PinnedVerifier>,
  ): VectorCase<PinnedVerifier> => ({ id: `bare-${id}`, comment, verifier, token: text, ...outcome })
  return [
    row('refused', 'a bare signature, which nobody asked for', none, bySelf, {}),
    row('der', 'one over the DER', ACCEPTED, bySelf, overDer),
    row('pem', 'one over the PEM', ACCEPTED, bare(holder, holder.pem), overPem),
    row('rsa', 'one by RSA', ACCEPTED, bare(rsa, rsa.der), { ...overDer, certificate: rsa.pem }),
    row(
      'base64url',
      'one in base64url',
      ACCEPTED,
      Buffer.from(bySelf, 'base64').toString('base64url'),
      overDer,
    ),
    row('until', 'one at the instant until which they are accepted', none, bySelf, {
      ...overDer,
      acceptBareUntil: AT.toISOString(),
    }),
    row('der-as-pem', 'one over the DER where the PEM is signed', bad, bySelf, overPem),
    row('pem-as-der', 'one over the PEM where the DER is signed', bad, bare(holder, holder.pem), overDer),
    row('other-key', 'one by another key', bad, bare(other, holder.der), overDer),
    row('other-certificate', "another's, over its own certificate", bad, bare(other, other.der), overDer),
    row(
      'line-break',
      'one with a line break at its end',
      { verdict: 'refused', code: 'ERR_TOKEN_ENCODING' },
      `${bySelf}\n`,
      overDer,
    ),
  ]
}

function bare(by: TestCertificate, content: Uint8Array | string): string {
  const data = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return sign('sha256', data, createPrivateKey(by.privateKeyPem)).toString('base64')
}

// A token's claims are filled until it has so many characters.
async function filled(
  size: number,
  by: TestCertificate,
  draft: (by: TestCertificate, options: ForgeOptions) => Promise<string>,
): Promise<ForgeOptions> {
  for (const kid of ['a', 'ab', 'abc']) {
    const options = (fill: number): ForgeOptions => ({
      header: { kid },
      claims: { jti: 'vector-0123456789abcdef', fill: 'x'.repeat(fill) },
    })
    const guess = Math.floor(((size - (await draft(by, options(0))).length) * 3) / 4)
    for (let fill = guess - 3; fill <= guess + 3; fill++) {
      if ((await draft(by, options(fill))).length === size) return options(fill)
    }
  }
  throw new Error(`no token of ${size} characters`)
}
