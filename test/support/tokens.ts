// One token for each way to be refused, and its accepted neighbours: a table for everything that judges tokens.
// Each entry names the code and the check that decide; the PKI behind it is made once a test file.

import { createHash } from 'node:crypto'
import { encodeBase64, encodeBase64url } from '../../packages/ingam/src/bytes/base64.ts'
import { concatBytes } from '../../packages/ingam/src/bytes/compare.ts'
import {
  generateKeyPair,
  writeBasicConstraints,
  writeCertificate,
  writeName,
} from '../../packages/ingam/src/testing/certificate-writer.ts'
import { createTestCa, type TestCertificate } from '../../packages/ingam/src/testing/test-ca.ts'
import type { ExpectedBinding } from '../../packages/ingam/src/token/binding.ts'
import type { VerifierOptions } from '../../packages/ingam/src/token/plan.ts'
import type { CheckId } from '../../packages/ingam/src/token/trace.ts'
import { createVerifier, type Verifier } from '../../packages/ingam/src/token/verify.ts'
import { type Certificate, parseCertificate } from '../../packages/ingam/src/x509/certificate.ts'
import {
  AT,
  AUDIENCE,
  encodeText,
  type ForgeOptions,
  forge,
  NOW,
  subjectOf,
  thumbprintOf,
  x5cOf,
} from './forge.ts'

/** The CA that verifiers trust. */
export const root: TestCertificate = await createTestCa({ at: AT })
/** A CA below it. */
export const issuer: TestCertificate = await root.issue({ kind: 'ca' })
/** The client whose chain verifiers get to know. */
export const leaf: TestCertificate = await issuer.issue({
  uris: ['spiffe://example/client'],
  dns: ['client.example', '*.example'],
  emails: ['client@example.com'],
  upns: ['client@corp.example'],
  ips: ['192.0.2.1'],
})
/** Another client of the same CA. */
export const other: TestCertificate = await issuer.issue({ name: 'other', uris: ['spiffe://example/other'] })
export const rsa: TestCertificate = await issuer.issue({ name: 'rsa', keyType: 'RSA-2048' })
export const ed25519: TestCertificate = await issuer.issue({ name: 'ed25519', keyType: 'Ed25519' })
const p384 = await issuer.issue({ name: 'p384', keyType: 'P-384' })
const pssKey = await issuer.issue({ name: 'pss', keyType: 'id-RSASSA-PSS-2048' })
const boundPssKey = await issuer.issue({ name: 'bound', keyType: 'id-RSASSA-PSS-2048-SHA-256' })
const ed448 = await issuer.issue({ name: 'ed448', keyType: 'Ed448' })
/** A CA that nobody trusts, with the names of the trusted one, and a client of it with the client's names. */
export const strangerRoot: TestCertificate = await createTestCa({ at: AT })
const strangerIssuer = await strangerRoot.issue({ kind: 'ca' })
export const stranger: TestCertificate = await strangerIssuer.issue({ uris: ['spiffe://example/client'] })
const selfSigned = await createTestCa({
  at: AT,
  kind: 'end entity',
  name: 'client',
  uris: ['spiffe://example/client'],
})

/** A CA with a client whose P-256 key is a point off the curve. */
export const offCurve: { readonly anchor: Certificate; readonly der: Uint8Array } = await createOffCurve()

/** A verifier that trusts {@link root} and stands at {@link AT}, changed where a test says so. */
export function verifierOf(options: Partial<VerifierOptions> = {}): Verifier {
  return createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
    wait: async () => {},
    ...options,
  })
}

/** A token and what becomes of it. */
export interface TokenCase {
  readonly title: string
  readonly code: string
  /** The check that refuses it; for accepted tokens the last. */
  readonly check: CheckId
  readonly options?: Partial<VerifierOptions>
  /** What the call expects. */
  readonly expected?: ExpectedBinding
  readonly make: () => Promise<string>
}

type Row = readonly [
  title: string,
  alteration: ForgeOptions,
  options?: Partial<VerifierOptions>,
  expected?: ExpectedBinding,
]

function rows(code: string, check: CheckId, list: readonly Row[]): readonly TokenCase[] {
  return list.map(([title, alteration, options = {}, expected]) => ({
    title,
    code,
    check,
    options,
    ...(expected && { expected }),
    make: () => forge(leaf, alteration),
  }))
}

/** Replaces a text that must be there. */
export function replacing(from: string, to: string): (text: string) => string {
  return (text) => {
    if (!text.includes(from)) throw new Error(`expected ${from} within ${text}`)
    return text.replace(from, to)
  }
}

const [leafText = '', issuerText = ''] = x5cOf(leaf)
const leafThumbprint = await thumbprintOf(leaf)
const otherThumbprint = await thumbprintOf(other)
const issuerThumbprint = await thumbprintOf(issuer)
const byReference = { x5c: undefined, 'x5t#S256': otherThumbprint }
const KNOWN = [[other.certificate, issuer.certificate]]
const REQUEST = { method: 'POST', targetUri: `${AUDIENCE}/orders?urgent=1` }
const CONTENT = new TextEncoder().encode('{"amount":100}')
// RFC 9530 §2, computed by another implementation.
const DIGEST = `sha-256=:${createHash('sha256').update(CONTENT).digest('base64')}:`
const EMPTY_DIGEST = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:'
const bound = { htm: 'POST', htu: REQUEST.targetUri }

/** Tokens that are accepted. */
export const ACCEPTED: readonly TokenCase[] = [
  ...rows('accepted', 'oneTimeUse', [
    ['the usual token', {}],
    ['typ in capitals', { header: { typ: 'CERT-AUTH+JWT' } }],
    ['typ with application/', { header: { typ: 'application/cert-auth+jwt' } }],
    ['a kid, which selects nothing', { header: { kid: 'https://attacker.example/key' } }],
    ['an unknown header member', { header: { own: { a: [1] } } }],
    ['the root within x5c', { header: { x5c: [...x5cOf(leaf), encodeBase64(root.der)] } }],
    ["a stranger's CA within x5c", { header: { x5c: [...x5cOf(leaf), ...x5cOf(strangerIssuer)] } }],
    ['the leaf twice within x5c', { header: { x5c: [leafText, leafText, issuerText] } }],
    ['white space within the header', { headerText: (text) => ` ${text.replaceAll('":', '" :\n')} ` }],
    ['an escape within alg', { headerText: replacing('"ES256"', '"\\u0045S256"') }],
    ['aud as an array of one', { claims: { aud: [AUDIENCE] } }],
    ['iat with a fraction', { claims: { iat: NOW + 0.125 } }],
    [
      'exp with an exponent',
      { claimsText: replacing(`"exp":${NOW + 300}`, `"exp":${(NOW + 300) / 1000}e3`) },
    ],
    ['a lifetime at the limit', { claims: { exp: NOW + 600 } }],
    ['iat as far ahead as is tolerated', { claims: { iat: NOW + 5 } }],
    ['nbf as far ahead as is tolerated', { claims: { nbf: NOW + 5 } }],
    ['exp as long past as is tolerated', { claims: { iat: NOW, exp: NOW + 0.001 } }],
    ['jti of 16 characters', { claims: { jti: 'sixteen-letters!' } }],
    ['the thumbprint beside x5c', { header: { 'x5t#S256': leafThumbprint } }],
    [
      'the thumbprint of a chain that the verifier was given',
      { header: { ...byReference, 'x5t#S256': leafThumbprint } },
      { knownChains: [[leaf.certificate, issuer.certificate]] },
    ],
    ['a challenge', { claims: { nonce: 'ch4llenge~' } }, {}, { challenge: 'ch4llenge~' }],
    ['a request', { claims: bound }, {}, { request: REQUEST }],
    [
      'a request with its content',
      { claims: { ...bound, digest: DIGEST } },
      {},
      { request: { ...REQUEST, content: CONTENT } },
    ],
    [
      'a request without content, which is told',
      { claims: { ...bound, digest: EMPTY_DIGEST } },
      {},
      { request: { ...REQUEST, content: new Uint8Array(0) } },
    ],
    [
      'a challenge and a request',
      { claims: { ...bound, nonce: 'x' } },
      {},
      { challenge: 'x', request: REQUEST },
    ],
    [
      'a challenge that is checked beside a request that is reported',
      { claims: { ...bound, nonce: 'x' } },
      { unexpectedBinding: 'report' },
      { challenge: 'x' },
    ],
    ['claims of its own', { claims: { role: 'admin', toString: 'x' } }],
    ['no jti where one-time use is off', { claims: { jti: undefined } }, { oneTimeUse: 'off' }],
    ['a nonce where it is reported', { claims: { nonce: 'x' } }, { unexpectedBinding: 'report' }],
    [
      'two audiences where they are allowed',
      { claims: { aud: ['https://other.example', AUDIENCE] } },
      { allowMultipleAudiences: true },
    ],
    ...[
      'dns:client.example',
      'email:client@example.com',
      'upn:client@corp.example',
      `x509-sha256:${encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(leaf.der))))}`,
    ].map((sub): Row => [`sub ${sub.replace(/:.*$/u, '')}`, { claims: { sub, iss: sub } }]),
  ]),
  accepted('RS256', () => forge(rsa, { header: { alg: 'RS256' }, signing: 'RS256' })),
  accepted('PS256', () => forge(rsa)),
  accepted('PS384 by a key for PSS alone', () =>
    forge(pssKey, { header: { alg: 'PS384' }, signing: 'PS384' }),
  ),
  accepted('PS256 by a key bound to SHA-256', () => forge(boundPssKey)),
  accepted('Ed25519', () => forge(ed25519)),
  accepted('the older name of Ed25519', () => forge(ed25519, { header: { alg: 'EdDSA' } })),
  accepted('a signer right below the root', async () => await forge(await root.issue())),
  accepted('a signer without keyUsage and extKeyUsage', async () =>
    forge(await issuer.issue({ keyUsage: null, extKeyUsage: null })),
  ),
]

/** Tokens that are refused, whatever the verifier has seen before. */
export const REFUSED: readonly TokenCase[] = [
  ...shape(),
  ...rows('ERR_TOKEN_ENCODING', 'header', [
    ['a padded header', { headerPart: (part) => `${part}=` }],
    ['a line feed after the header', { headerPart: (part) => `${part}\n` }],
    ['the other alphabet in the header', { headerPart: (part) => `+${part.slice(1)}` }],
    ['a header that is not UTF-8', { headerPart: () => encodeBase64url(Uint8Array.of(0x7b, 0xff, 0x7d)) }],
    ['a header of a rest of one character', { headerPart: (part) => part.slice(0, 5) }],
  ]),
  ...rows('ERR_TOKEN_JSON', 'header', [
    ['alg twice, none first', { headerText: replacing('"alg":', '"alg":"none","alg":') }],
    ['alg twice, none second', { headerText: replacing('}', ',"alg":"none"}') }],
    ['alg twice, once with an escape', { headerText: replacing('}', ',"\\u0061lg":"none"}') }],
    ['x5c twice', { headerText: replacing('"x5c":', '"x5c":[],"x5c":') }],
    ['typ twice', { headerText: replacing('"typ":', '"typ":"JWT","typ":') }],
    ['a byte order mark before the header', { headerText: (text) => `\ufeff${text}` }],
    ['a second object after the header', { headerText: (text) => `${text}{}` }],
    ['a header that is an array', { headerText: (text) => `[${text}]` }],
    ['__proto__ within the header', { headerText: replacing('}', ',"__proto__":{"alg":"none"}}') }],
  ]),
  ...rows('ERR_TOKEN_HEADER_FORBIDDEN', 'header', [
    ['a key within the header', { header: { jwk: { kty: 'EC' } } }],
    ['the address of keys', { header: { jku: 'https://attacker.example/keys' } }],
    ['the address of certificates', { header: { x5u: 'https://attacker.example/certificates' } }],
    ['crit', { header: { crit: ['exp'] } }],
    ['an empty crit', { header: { crit: [] } }],
    ['b64 false', { header: { b64: false } }],
    ['enc', { header: { enc: 'A256GCM' } }],
    ['zip', { header: { zip: 'DEF' } }],
    ['jwk that is null', { header: { jwk: null } }],
    ['jwk with an escape', { headerText: replacing('}', ',"\\u006awk":{}}') }],
  ]),
  ...rows('ERR_TOKEN_UNSUPPORTED', 'header', [['x5t', { header: { x5t: 'AA' } }]]),
  ...rows('ERR_TOKEN_HEADER', 'reference', [
    ['a thumbprint that is too short', { header: { 'x5t#S256': otherThumbprint.slice(1) } }],
    ['a thumbprint that is too long', { header: { 'x5t#S256': `${otherThumbprint}A` } }],
    ['a thumbprint with padding', { header: { 'x5t#S256': `${otherThumbprint}=` } }],
    ['a thumbprint in hexadecimal', { header: { 'x5t#S256': 'ab'.repeat(32) } }],
    ['a thumbprint with spare bits', { header: { 'x5t#S256': `${otherThumbprint.slice(0, -1)}B` } }],
    ['a thumbprint that is null', { header: { 'x5t#S256': null } }],
    ['a thumbprint in an array', { header: { 'x5t#S256': [otherThumbprint], x5c: undefined } }],
  ]),
  // Whatever else is wrong with such a token.
  ...rows('ERR_TOKEN_UNKNOWN_THUMBPRINT', 'reference', [
    ['a thumbprint that nobody knows', { header: byReference }],
    ['an unknown thumbprint and another typ', { header: { ...byReference, typ: 'JWT' } }],
    ['an unknown thumbprint and alg none', { header: { ...byReference, alg: 'none' } }],
    [
      'an unknown thumbprint and a payload that is no base64',
      { header: byReference, payloadPart: () => '===' },
    ],
    ['an unknown thumbprint and an old exp', { header: byReference, claims: { iat: 0, exp: 300 } }],
    ['an unknown thumbprint and another audience', { header: byReference, claims: { aud: 'x' } }],
    ["an unknown thumbprint and another's signature", { header: byReference, signer: stranger }],
  ]),
  ...rows('ERR_TOKEN_THUMBPRINT', 'certificates', [
    ["another certificate's thumbprint", { header: { 'x5t#S256': otherThumbprint } }],
    ["the issuer's thumbprint", { header: { 'x5t#S256': issuerThumbprint } }],
    [
      'the thumbprint of a certificate that the verifier knows',
      { header: { 'x5t#S256': otherThumbprint } },
      { knownChains: KNOWN },
    ],
  ]),
  ...rows('ERR_TOKEN_SIGNATURE', 'signature', [
    [
      "a known thumbprint over another's signature",
      {
        header: byReference,
        claims: { iss: 'uri:spiffe://example/other', sub: 'uri:spiffe://example/other' },
      },
      { knownChains: KNOWN },
    ],
  ]),
  ...rows('ERR_PATH_NO_ISSUER', 'path', [
    [
      'a known thumbprint whose chain lacks its issuer',
      { header: byReference, signer: other },
      { knownChains: [[other.certificate]] },
    ],
  ]),
  ...rows('ERR_TOKEN_TYPE', 'type', [
    ['no typ', { header: { typ: undefined } }],
    ['typ JWT', { header: { typ: 'JWT' } }],
    ['typ of another profile', { header: { typ: 'cert-request+jwt' } }],
    ['typ with a space', { header: { typ: 'cert-auth+jwt ' } }],
    ['typ as an array', { header: { typ: ['cert-auth+jwt'] } }],
  ]),
  ...rows('ERR_TOKEN_ALGORITHM', 'algorithm', [
    ['no alg', { header: { alg: undefined } }],
    ['alg none', { header: { alg: 'none' } }],
    ['alg HS256', { header: { alg: 'HS256' } }],
    ['alg in small letters', { header: { alg: 'es256' } }],
    ['alg of an unknown curve', { header: { alg: 'ES256K' } }],
    ['alg of ML-DSA, which is not allowed by default', { header: { alg: 'ML-DSA-44' } }],
    ['alg as an array', { header: { alg: ['ES256'] } }],
    ['an alg that the verifier does not allow', {}, { algorithms: ['PS256', 'Ed25519'] }],
  ]),
  ...rows('ERR_TOKEN_ENCODING', 'claims', [
    ['a padded payload', { payloadPart: (part) => `${part}=` }],
    ['a space within the payload', { payloadPart: (part) => `${part} ` }],
  ]),
  ...rows('ERR_TOKEN_JSON', 'claims', [
    ['sub twice', { claimsText: replacing('"sub":', '"sub":"uri:spiffe://example/admin","sub":') }],
    ['aud twice, once with an escape', { claimsText: replacing('}', ',"a\\u0075d":"x"}') }],
    ['exp beyond doubles', { claimsText: replacing(`"exp":${NOW + 300}`, '"exp":1e400') }],
    ['exp in hexadecimal', { claimsText: replacing(`"exp":${NOW + 300}`, '"exp":0x7fffffff') }],
    ['exp with a zero in front', { claimsText: replacing(`"exp":${NOW + 300}`, `"exp":0${NOW + 300}`) }],
    ['exp that is NaN', { claimsText: replacing(`"exp":${NOW + 300}`, '"exp":NaN') }],
    ['__proto__ within the claims', { claimsText: replacing('}', ',"__proto__":{"sub":"x"}}') }],
    ['a lone surrogate within the claims', { claimsText: replacing('}', ',"own":"\\ud800"}') }],
    ['claims that are text', { claimsText: () => '"hello"' }],
  ]),
  ...rows(
    'ERR_TOKEN_CLAIM_MISSING',
    'claims',
    ['iss', 'sub', 'aud', 'iat', 'exp', 'jti'].map(
      (claim): Row => [`no ${claim}`, { claims: { [claim]: undefined } }],
    ),
  ),
  ...rows('ERR_TOKEN_CLAIM_INVALID', 'claims', [
    ['iss other than sub', { claims: { iss: 'uri:spiffe://example/other' } }],
    ['exp as text', { claims: { exp: String(NOW + 300) } }],
    ['iat below zero', { claims: { iat: -1 } }],
    ['exp in milliseconds', { claims: { exp: AT.getTime() + 300_000 } }],
    ['nbf that is null', { claims: { nbf: null } }],
    ['an empty aud', { claims: { aud: [] } }],
    ['aud nested', { claims: { aud: [[AUDIENCE]] } }],
    ['jti of 15 characters', { claims: { jti: 'j'.repeat(15) } }],
    ['jti as a number', { claims: { jti: 1e20 } }],
    ['sub as an array', { claims: { sub: ['uri:spiffe://example/client'] } }],
  ]),
  ...rows('ERR_TOKEN_BINDING', 'binding', [
    ['a nonce', { claims: { nonce: 'x' } }],
    ['a method', { claims: { htm: 'GET' } }],
    ['an address', { claims: { htu: AUDIENCE } }],
    ['a digest that is null', { claims: { digest: null } }],
    ['the hash of an access token', { claims: { ath: 'x' } }],
  ]),
  ...rows('ERR_TOKEN_BINDING', 'binding', [
    [
      'a request where only a challenge is expected',
      { claims: { ...bound, nonce: 'x' } },
      {},
      { challenge: 'x' },
    ],
    [
      'a digest where no content is expected',
      { claims: { ...bound, digest: DIGEST } },
      {},
      { request: REQUEST },
    ],
    [
      'a challenge where only a request is expected',
      { claims: { ...bound, nonce: 'x' } },
      {},
      { request: REQUEST },
    ],
    [
      'the hash of an access token beside a request',
      { claims: { ...bound, ath: 'x' } },
      {},
      { request: REQUEST },
    ],
  ]),
  ...rows('ERR_TOKEN_BINDING_MISSING', 'binding', [
    ['no challenge', {}, {}, { challenge: 'x' }],
    ['no request', {}, {}, { request: REQUEST }],
    ['a method alone', { claims: { htm: 'POST' } }, {}, { request: REQUEST }],
    ['an address alone', { claims: { htu: REQUEST.targetUri } }, {}, { request: REQUEST }],
    ['no digest', { claims: bound }, {}, { request: { ...REQUEST, content: CONTENT } }],
    ['no digest of nothing', { claims: bound }, {}, { request: { ...REQUEST, content: new Uint8Array(0) } }],
    [
      'no challenge where bindings are reported',
      { claims: bound },
      { unexpectedBinding: 'report' },
      { challenge: 'x' },
    ],
  ]),
  ...rows('ERR_TOKEN_BINDING_MISMATCH', 'binding', [
    ['another challenge', { claims: { nonce: 'X' } }, {}, { challenge: 'x' }],
    ['a challenge that is longer', { claims: { nonce: 'xx' } }, {}, { challenge: 'x' }],
    ['a challenge in an array', { claims: { nonce: ['x'] } }, {}, { challenge: 'x' }],
    ['a challenge that is null', { claims: { nonce: null } }, {}, { challenge: 'x' }],
    ['an empty challenge', { claims: { nonce: '' } }, {}, { challenge: 'x' }],
    ['another method', { claims: { ...bound, htm: 'GET' } }, {}, { request: REQUEST }],
    ['the method in small letters', { claims: { ...bound, htm: 'post' } }, {}, { request: REQUEST }],
    [
      'another address',
      { claims: { ...bound, htu: `${AUDIENCE}/refunds?urgent=1` } },
      {},
      { request: REQUEST },
    ],
    ['another query', { claims: { ...bound, htu: `${AUDIENCE}/orders?urgent=0` } }, {}, { request: REQUEST }],
    ['no query', { claims: { ...bound, htu: `${AUDIENCE}/orders` } }, {}, { request: REQUEST }],
    ['a fragment', { claims: { ...bound, htu: `${REQUEST.targetUri}#x` } }, {}, { request: REQUEST }],
    [
      'another host',
      { claims: { ...bound, htu: 'https://other.example/orders?urgent=1' } },
      {},
      { request: REQUEST },
    ],
    [
      'another scheme',
      { claims: { ...bound, htu: REQUEST.targetUri.replace('https', 'http') } },
      {},
      { request: REQUEST },
    ],
    [
      'the usual port written out',
      { claims: { ...bound, htu: `${AUDIENCE}:443/orders?urgent=1` } },
      {},
      { request: REQUEST },
    ],
    ['the path alone', { claims: { ...bound, htu: '/orders?urgent=1' } }, {}, { request: REQUEST }],
    [
      'the host in capitals',
      { claims: { ...bound, htu: 'https://API.example/orders?urgent=1' } },
      {},
      { request: REQUEST },
    ],
    [
      'the digest of other content',
      { claims: { ...bound, digest: EMPTY_DIGEST } },
      {},
      { request: { ...REQUEST, content: CONTENT } },
    ],
    [
      'a digest without its colons',
      { claims: { ...bound, digest: DIGEST.replaceAll(':', '') } },
      {},
      { request: { ...REQUEST, content: CONTENT } },
    ],
    [
      'a digest with another beside it',
      { claims: { ...bound, digest: `${DIGEST}, ${EMPTY_DIGEST}` } },
      {},
      { request: { ...REQUEST, content: CONTENT } },
    ],
  ]),
  ...rows('ERR_TOKEN_CLAIM_INVALID', 'time', [['exp at iat', { claims: { exp: NOW } }]]),
  ...rows('ERR_TOKEN_LIFETIME', 'time', [
    ['a lifetime one above the limit', { claims: { exp: NOW + 601 } }],
    ['exp in ten thousand years', { claims: { exp: 2 ** 38 } }],
  ]),
  ...rows('ERR_TOKEN_EXPIRED', 'time', [
    ['exp one tolerance ago', { claims: { iat: NOW - 300, exp: NOW - 60 } }],
    ['exp fifty years ago', { claims: { iat: 0, exp: 300 } }],
  ]),
  ...rows('ERR_TOKEN_NOT_YET_VALID', 'time', [
    ['iat a millisecond too far ahead', { claims: { iat: NOW + 5.001 } }],
    ['nbf a millisecond too far ahead', { claims: { nbf: NOW + 5.001 } }],
  ]),
  ...rows('ERR_TOKEN_AUDIENCE', 'audience', [
    ['another audience', { claims: { aud: 'https://other.example' } }],
    ['another audience in an array', { claims: { aud: ['https://other.example'] } }],
    ['an audience with a slash at the end', { claims: { aud: `${AUDIENCE}/` } }],
    ['an audience in capitals', { claims: { aud: AUDIENCE.toUpperCase() } }],
  ]),
  ...rows('ERR_TOKEN_MULTIPLE_AUDIENCES', 'audience', [
    ['two audiences', { claims: { aud: [AUDIENCE, 'https://other.example'] } }],
    ['the audience twice', { claims: { aud: [AUDIENCE, AUDIENCE] } }],
  ]),
  ...rows('ERR_TOKEN_HEADER', 'certificates', [
    ['no x5c', { header: { x5c: undefined } }],
    ['x5c that is text', { header: { x5c: leafText } }],
    ['an empty x5c', { header: { x5c: [] } }],
    ['x5c of eleven', { header: { x5c: [...x5cOf(leaf), ...Array.from({ length: 9 }, () => 'AAAA')] } }],
    ['x5c with null', { header: { x5c: [leafText, null] } }],
    ['x5c nested', { header: { x5c: [[leafText], issuerText] } }],
    ['ocsp that is text', { header: { ocsp: 'MAMKAQE=' } }],
    ['ocsp that is null', { header: { ocsp: null } }],
    ['an empty ocsp', { header: { ocsp: [] } }],
    ['ocsp for the signer alone', { header: { ocsp: ['MAMKAQE='] } }],
    ['ocsp for one more certificate', { header: { ocsp: ['MAMKAQE=', null, null] } }],
    ['ocsp of nulls alone', { header: { ocsp: [null, null] } }],
    ['ocsp with a number', { header: { ocsp: ['MAMKAQE=', 1] } }],
  ]),
  ...rows('ERR_TOKEN_CHAIN', 'certificates', [
    ['empty text in x5c', { header: { x5c: ['', ...x5cOf(leaf)] } }],
    [
      'x5c with a line break',
      { header: { x5c: [`${leafText.slice(0, 64)}\n${leafText.slice(64)}`, issuerText] } },
    ],
    ['x5c in base64url', { header: { x5c: [leafText.replaceAll(/[+/=]/gu, '_'), issuerText] } }],
    ['x5c as PEM', { header: { x5c: [leaf.pem, issuerText] } }],
    ['x5c joined in one text', { header: { x5c: [leafText + issuerText] } }],
    [
      'x5c joined with a length between',
      { header: { x5c: [`${leafText}${issuerText.length}:${issuerText}`] } },
    ],
    ['x5c of one DER after another', { header: { x5c: [encodeBase64(concatBytes(leaf.der, issuer.der))] } }],
    ['a byte after the DER', { header: { x5c: [encodeBase64(concatBytes(leaf.der, Uint8Array.of(0)))] } }],
    ['an intermediate that cannot be read', { header: { x5c: [leafText, issuerText, 'AAAA'] } }],
  ]),
  ...keys(),
  ...signers(),
  ...paths(),
  ...subjects(),
  ...signatures(),
]

function accepted(title: string, make: () => Promise<string>): TokenCase {
  return { title, code: 'accepted', check: 'oneTimeUse', make }
}

function refused(code: string, check: CheckId, title: string, make: () => Promise<string>): TokenCase {
  return { title, code, check, make }
}

function shape(): readonly TokenCase[] {
  const malformed = (title: string, change: (parts: readonly string[]) => string): TokenCase =>
    refused('ERR_TOKEN_MALFORMED', 'shape', title, async () => change((await forge(leaf)).split('.')))
  return [
    refused('ERR_TOKEN_TOO_LARGE', 'shape', 'a token above the limit', () =>
      forge(leaf, { claims: { own: 'x'.repeat(16_384) } }),
    ),
    malformed('no signature', ([header, payload]) => `${header}.${payload}.`),
    malformed('no third part', ([header, payload]) => `${header}.${payload}`),
    malformed('a fourth part', (parts) => `${parts.join('.')}.AA`),
    malformed('a detached payload', ([header, , signature]) => `${header}..${signature}`),
    malformed('an empty token', () => ''),
    malformed('JSON serialisation', ([header, payload, signature]) =>
      JSON.stringify({ protected: header, payload, signature }),
    ),
  ]
}

function keys(): readonly TokenCase[] {
  const confused = (title: string, certificate: TestCertificate, alg: string): TokenCase =>
    refused('ERR_TOKEN_ALGORITHM_KEY', 'algorithmKey', title, () => forge(certificate, { header: { alg } }))
  return [
    confused('RS256 with a P-256 key', leaf, 'RS256'),
    confused('PS256 with a P-256 key', leaf, 'PS256'),
    confused('Ed25519 with a P-256 key', leaf, 'Ed25519'),
    confused('ES256 with a P-384 key', p384, 'ES256'),
    confused('ES384 with a P-256 key', leaf, 'ES384'),
    confused('ES512 with a P-384 key', p384, 'ES512'),
    confused('Ed448 with an Ed25519 key', ed25519, 'Ed448'),
    confused('EdDSA with an Ed448 key', ed448, 'EdDSA'),
    confused('Ed25519 with an Ed448 key', ed448, 'Ed25519'),
    confused('EdDSA with a P-256 key', leaf, 'EdDSA'),
    confused('RS512 with an RSA key for PSS alone', pssKey, 'RS512'),
    confused('PS384 with an RSA key bound to PSS with SHA-256', boundPssKey, 'PS384'),
    confused('ES256 with an RSA key', rsa, 'ES256'),
    confused('Ed25519 with an RSA key', rsa, 'Ed25519'),
    confused('ES256 with an Ed25519 key', ed25519, 'ES256'),
    confused('RS256 with an Ed25519 key', ed25519, 'RS256'),
    {
      ...refused('ERR_TOKEN_ALGORITHM_KEY', 'key', 'a key that is a point off its curve', () =>
        forge(leaf, { header: { x5c: [encodeBase64(offCurve.der)] } }),
      ),
      options: { trustAnchors: [root.certificate, offCurve.anchor] },
    },
  ]
}

function signers(): readonly TokenCase[] {
  const signer = (title: string, make: () => Promise<TestCertificate>): TokenCase =>
    refused('ERR_TOKEN_SIGNER', 'signer', title, async () => await forge(await make()))
  return [
    signer('a CA that signs a token', async () => await Promise.resolve(issuer)),
    signer('a signer without digitalSignature', () => issuer.issue({ keyUsage: ['keyAgreement'] })),
    signer('a signer for servers alone', () => issuer.issue({ extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })),
    signer('a signer for any purpose', () => issuer.issue({ extKeyUsage: ['2.5.29.37.0'] })),
    refused('ERR_TOKEN_SIGNER', 'signer', 'the CA first within x5c', () =>
      forge(leaf, { header: { x5c: [issuerText, leafText] } }),
    ),
    refused('ERR_TOKEN_SIGNER', 'signer', 'the root as the signer', () =>
      forge(root, { header: { x5c: [encodeBase64(root.der)] } }),
    ),
  ]
}

function paths(): readonly TokenCase[] {
  return [
    refused('ERR_PATH_SIGNATURE', 'path', "a stranger's chain with the same names", () => forge(stranger)),
    refused('ERR_PATH_SIGNATURE', 'path', "a stranger's chain with its root", () =>
      forge(stranger, { header: { x5c: [...x5cOf(stranger), encodeBase64(strangerRoot.der)] } }),
    ),
    refused('ERR_PATH_SIGNATURE', 'path', "a stranger's leaf with the genuine intermediate", () =>
      forge(stranger, { header: { x5c: [...x5cOf(stranger).slice(0, 1), issuerText] } }),
    ),
    refused('ERR_PATH_NO_ISSUER', 'path', 'a chain without its intermediate', () =>
      forge(leaf, { header: { x5c: [leafText] } }),
    ),
    refused('ERR_PATH_NO_ISSUER', 'path', 'a certificate signed by itself', () =>
      forge(selfSigned, { header: { x5c: [encodeBase64(selfSigned.der)] } }),
    ),
    {
      ...refused(
        'ERR_PATH_NO_ISSUER',
        'path',
        'a certificate signed by itself that is itself an anchor',
        () => forge(selfSigned, { header: { x5c: [encodeBase64(selfSigned.der)] } }),
      ),
      options: { trustAnchors: [root.certificate, selfSigned.certificate] },
    },
    refused('ERR_PATH_NOT_CA', 'path', 'a certificate issued by a client', async () =>
      forge(await leaf.issue({ name: 'below', uris: ['spiffe://example/admin'] })),
    ),
    refused('ERR_PATH_EXPIRED', 'path', 'a certificate that has expired', async () =>
      forge(await issuer.issue({ notAfter: new Date(AT.getTime() - 1000) })),
    ),
    refused('ERR_PATH_NOT_YET_VALID', 'path', 'a certificate that is not valid yet', async () =>
      forge(await issuer.issue({ notBefore: new Date(AT.getTime() + 1000) })),
    ),
  ]
}

function subjects(): readonly TokenCase[] {
  return [
    'uri:spiffe://example/other',
    'uri:spiffe://example/client/',
    'URI:spiffe://example/client',
    'spiffe://example/client',
    'dns:spiffe://example/client',
    'dns:*.example',
    'dns:a.example',
    'dns:CLIENT.example',
    'email:client.example',
    'ip:192.0.2.1',
    'CN=client',
    'client',
    'x509-sha256:',
    'constructor',
  ].map((sub) =>
    refused('ERR_TOKEN_SUBJECT', 'subject', `sub ${sub}`, () => forge(leaf, { claims: { sub, iss: sub } })),
  )
}

function signatures(): readonly TokenCase[] {
  const wrong = (title: string, make: () => Promise<string>): TokenCase =>
    refused('ERR_TOKEN_SIGNATURE', 'signature', title, make)
  const altered = (title: string, certificate: TestCertificate, options: ForgeOptions): TokenCase =>
    wrong(title, () => forge(certificate, options))
  return [
    refused('ERR_TOKEN_ENCODING', 'signature', 'a padded signature', async () => `${await forge(leaf)}==`),
    refused(
      'ERR_TOKEN_ENCODING',
      'signature',
      'a line feed at the end',
      async () => `${await forge(leaf)}\n`,
    ),
    altered('a signature of zeros', leaf, { signature: () => new Uint8Array(64) }),
    altered('a signature of one byte', leaf, { signature: () => Uint8Array.of(0) }),
    altered('a signature cut by a byte', leaf, { signature: (bytes) => bytes.subarray(0, -1) }),
    altered('a signature with a byte after it', leaf, {
      signature: (bytes) => concatBytes(bytes, Uint8Array.of(0)),
    }),
    altered('a signature with a flipped bit', leaf, { signature: flipped }),
    altered('an ECDSA signature as DER', leaf, { signature: derOf }),
    altered('R and S exchanged', leaf, {
      signature: (bytes) => concatBytes(bytes.subarray(32), bytes.subarray(0, 32)),
    }),
    altered('R alone, S zero', leaf, {
      signature: (bytes) => concatBytes(bytes.subarray(0, 32), new Uint8Array(32)),
    }),
    altered('ECDSA with SHA-512', leaf, { signing: 'ES256 with SHA-512' }),
    altered("another client's signature", leaf, { signer: other }),
    altered("another client's signature, its certificate second", leaf, {
      signer: other,
      header: { x5c: [leafText, ...x5cOf(other)] },
    }),
    altered("the CA's signature", leaf, { signer: issuer }),
    altered('an RSA signature cut by a byte', rsa, { signature: (bytes) => bytes.subarray(0, -1) }),
    altered('an RSA signature with a zero in front', rsa, {
      signature: (bytes) => concatBytes(Uint8Array.of(0), bytes),
    }),
    altered('RS256 signed as PS256', rsa, { header: { alg: 'RS256' } }),
    altered('PS256 signed as RS256', rsa, { signing: 'RS256' }),
    altered('RS256 with SHA-512', rsa, { header: { alg: 'RS256' }, signing: 'RS512' }),
    altered('PS256 with SHA-512', rsa, { signing: 'PS512' }),
    altered('PS256 without salt', rsa, { signing: 'PS256 without salt' }),
    altered('PS256 with a salt one byte too long', rsa, { signing: 'PS256 with a salt of 33 bytes' }),
    altered('an RSA signature of one', rsa, {
      signature: (bytes) => concatBytes(new Uint8Array(bytes.length - 1), Uint8Array.of(1)),
    }),
    altered('an Ed25519 signature of zeros', ed25519, { signature: () => new Uint8Array(64) }),
    altered('an Ed25519 signature whose S is not reduced', ed25519, { signature: unreduced }),
    altered('an Ed25519 signature cut by a byte', ed25519, { signature: (bytes) => bytes.subarray(0, -1) }),
    wrong('the signature of another token', async () => {
      const [header, payload] = (await forge(leaf)).split('.')
      return `${header}.${payload}.${(await forge(leaf)).split('.')[2]}`
    }),
    wrong('the claims of another', async () => {
      const [header, , signature] = (await forge(leaf)).split('.')
      const { sub, ...rest } = { sub: await subjectOf(leaf), aud: AUDIENCE, iat: NOW, exp: NOW + 300 }
      const claims = { ...rest, sub, iss: sub, jti: 'never-signed-by-anyone', role: 'admin' }
      return `${header}.${encodeText(JSON.stringify(claims))}.${signature}`
    }),
  ]
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte))
}

// An ECDSA signature as certificates carry it: SEQUENCE of two INTEGERs.
function derOf(signature: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(2, bytes.length + 1, 0), bytes)
  const content = concatBytes(integer(signature.subarray(0, 32)), integer(signature.subarray(32)))
  return concatBytes(Uint8Array.of(0x30, content.length), content)
}

// RFC 8032 §5.1.7: S + L verifies under the same equation and must be refused.
function unreduced(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const bytes = new Uint8Array(signature)
  let scalar = order
  for (let index = 63; index >= 32; index--) scalar += BigInt(bytes[index] ?? 0) << BigInt(8 * (index - 32))
  for (let index = 32; index < 64; index++) {
    bytes[index] = Number(scalar & 0xffn)
    scalar >>= 8n
  }
  return bytes
}

async function createOffCurve(): Promise<{ readonly anchor: Certificate; readonly der: Uint8Array }> {
  const caKeys = await generateKeyPair('P-256')
  const validity = {
    notBefore: new Date(AT.getTime() - 3_600_000),
    notAfter: new Date(AT.getTime() + 3_600_000),
  }
  const name = writeName('Careless CA')
  const shared = { version: 3, serialNumber: Uint8Array.of(1), issuer: name, ...validity } as const
  const anchorDer = await writeCertificate(
    {
      ...shared,
      subject: name,
      subjectPublicKeyInfo: caKeys.subjectPublicKeyInfo,
      extensions: [{ oid: '2.5.29.19', critical: true, value: writeBasicConstraints('ca') }],
    },
    caKeys,
  )
  const der = await writeCertificate(
    {
      ...shared,
      subject: writeName('careless'),
      subjectPublicKeyInfo: flipped(leaf.certificate.subjectPublicKeyInfo.der),
      extensions: [{ oid: '2.5.29.19', critical: true, value: writeBasicConstraints('end entity') }],
    },
    caKeys,
  )
  return { anchor: parseCertificate(anchorDer), der }
}
