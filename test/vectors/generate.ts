// Writes tokens-v1.json: tokens, good and bad, with the verdict each must get. The instant is fixed; the
// keys are new at every run, so that the bytes differ and the verdicts do not. Run it by `node
// test/vectors/generate.ts`.

import { writeFileSync } from 'node:fs'
import { createTestCa, type TestCertificate, type TestKeyType } from 'ingam/testing'
import { encodeBase64, encodeBase64url } from '../../packages/ingam/src/bytes/base64.ts'
import { concatBytes } from '../../packages/ingam/src/bytes/compare.ts'
import {
  DEFAULT_ALGORITHMS,
  isTokenAlgorithm,
  type TokenAlgorithm,
} from '../../packages/ingam/src/keys/algorithms.ts'
import { ecdsaDerFromP1363 } from '../../packages/ingam/src/platform/ecdsa-signature.ts'
import { KEY_TYPES, rsaPss, signAs, WEB_SIGNING, type WebSigning } from '../support/algorithms.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const NOW = AT.getTime() / 1000
const HOUR = 3_600_000
const AUDIENCE = 'https://api.example'
const SUBJECT = 'uri:spiffe://example/client'
const NAMES = { name: 'client', uris: ['spiffe://example/client'] } as const
const JTI = 'vector-0123456789abcdef'
const MAX_TOKEN = 16_384

interface Case {
  readonly id: string
  readonly comment: string
  readonly token: string
  readonly expected: string
  /** An algorithm without which a runtime cannot judge the token. */
  readonly requires?: 'Ed448'
}

type Members = Readonly<Record<string, unknown>>
type SignName = TokenAlgorithm | 'PS256 salt 20'

const SIGNING: Readonly<Record<SignName, WebSigning>> = {
  ...WEB_SIGNING,
  'PS256 salt 20': rsaPss('SHA-256', 20),
}

/** What to write in place of a good token's parts; an undefined member is left out. */
interface Draft {
  readonly by?: TestCertificate
  readonly requires?: 'Ed448'
  readonly alg?: string
  readonly signAs?: SignName
  readonly keyOf?: TestCertificate
  readonly x5c?: unknown
  readonly header?: Members
  readonly claims?: Members
  readonly headerBytes?: (json: string) => Uint8Array
  readonly payloadBytes?: (json: string) => Uint8Array
  readonly signature?: (signature: Uint8Array) => Uint8Array
}

const root = await createTestCa({ at: AT, name: 'Vector Root' })
const intermediate = await root.issue({ kind: 'ca', name: 'Vector Intermediate', pathLenConstraint: 0 })
const client = await intermediate.issue(NAMES)
const rsaClient = await root.issue({ ...NAMES, keyType: 'RSA-2048' })
const edClient = await root.issue({ ...NAMES, keyType: 'Ed25519' })
const p384Client = await root.issue({ ...NAMES, keyType: 'P-384' })
const KEY_CLIENTS = new Map<TestKeyType, TestCertificate>([
  ['P-384', p384Client],
  ['P-521', await root.issue({ ...NAMES, keyType: 'P-521' })],
  ['RSA-2048', rsaClient],
  ['Ed25519', edClient],
  ['Ed448', await root.issue({ ...NAMES, keyType: 'Ed448' })],
])
const stranger = await createTestCa({ at: AT, name: 'Stranger' })
const impostor = await createTestCa({ at: AT, name: 'Vector Root' })

const cases: Case[] = []

async function add(id: string, expected: string, comment: string, draft: Draft = {}): Promise<void> {
  const { requires } = draft
  cases.push({ id, comment, token: await forge(draft), expected, ...(requires && { requires }) })
}

function addToken(id: string, expected: string, comment: string, token: string): void {
  cases.push({ id, comment, token, expected })
}

async function forge(draft: Draft): Promise<string> {
  const { by = client, alg = 'ES256' } = draft
  const x5c = 'x5c' in draft ? draft.x5c : chainOf(by)
  const header = JSON.stringify({ alg, typ: 'cert-auth+jwt', x5c, ...draft.header })
  const claims = {
    iss: SUBJECT,
    sub: SUBJECT,
    aud: AUDIENCE,
    iat: NOW,
    exp: NOW + 300,
    jti: JTI,
    ...draft.claims,
  }
  const headerBytes = (draft.headerBytes ?? utf8)(header)
  const payloadBytes = (draft.payloadBytes ?? utf8)(JSON.stringify(claims))
  const signed = `${encodeBase64url(headerBytes)}.${encodeBase64url(payloadBytes)}`
  const signature = await sign(draft.keyOf ?? by, draft.signAs ?? signNameOf(alg), utf8(signed))
  return `${signed}.${encodeBase64url((draft.signature ?? same)(signature))}`
}

async function sign(by: TestCertificate, name: SignName, data: Uint8Array): Promise<Uint8Array> {
  return await signAs(SIGNING[name], by.privateKeyPkcs8, data)
}

function signNameOf(alg: string): SignName {
  return isTokenAlgorithm(alg) ? alg : 'ES256'
}

function chainOf(by: TestCertificate): readonly string[] {
  return by.chain.map((link) => encodeBase64(link.der))
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function same(bytes: Uint8Array): Uint8Array {
  return bytes
}

function replacing(from: string, to: string): (json: string) => Uint8Array {
  return (json) => {
    if (!json.includes(from)) throw new Error(`nothing to replace: ${from}`)
    return utf8(json.replace(from, () => to))
  }
}

function partsOf(token: string): readonly [string, string, string] {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return [header, payload, signature]
}

// The last character of unpadded base64url with its spare bits set.
function withSpareBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) + 1)
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

async function ofSize(size: number): Promise<string> {
  for (const alg of ['ES256', 'ES256 ']) {
    const header = { alg: alg.trim(), ...(alg.endsWith(' ') ? { kid: 'a' } : {}) }
    const base = (await forge({ header, claims: { fill: '' } })).length
    const guess = Math.floor(((size - base) * 3) / 4)
    for (let fill = guess - 3; fill <= guess + 3; fill++) {
      const token = await forge({ header, claims: { fill: 'x'.repeat(fill) } })
      if (token.length === size) return token
    }
  }
  throw new Error(`no token of ${size} characters`)
}

async function intermediates(count: number): Promise<TestCertificate> {
  let issuer = root
  for (let index = 1; index <= count; index++)
    issuer = await issuer.issue({ kind: 'ca', name: `CA ${index}` })
  return issuer
}

// ── Accepted: one of each algorithm, and what lies just within each bound ────────────────────────
await add('es256', 'accepted', 'ES256 with an intermediate')
for (const alg of DEFAULT_ALGORITHMS) {
  if (alg === 'ES256') continue
  const by = KEY_CLIENTS.get(KEY_TYPES[alg]) ?? client
  await add(alg.toLowerCase(), 'accepted', alg, {
    by,
    alg,
    ...(alg === 'Ed448' ? { requires: 'Ed448' } : {}),
  })
}
await add('typ-application', 'accepted', 'typ with application/ and in another case', {
  header: { typ: 'application/Cert-Auth+JWT' },
})
await add('kid', 'accepted', 'kid is ignored', { header: { kid: 'another' } })
await add('header-spaces', 'accepted', 'white space between the members of the header', {
  headerBytes: replacing(',"typ"', ' ,\n\t"typ"'),
})
await add('aud-array', 'accepted', 'aud as an array of one', { claims: { aud: [AUDIENCE] } })
await add('lifetime-at-limit', 'accepted', 'exp 600 s after iat', { claims: { exp: NOW + 600 } })
await add('exp-within-tolerance', 'accepted', 'expired 59 s ago', {
  claims: { iat: NOW - 300, exp: NOW - 59 },
})
await add('iat-within-tolerance', 'accepted', 'issued 5 s ahead', { claims: { iat: NOW + 5 } })
await add('nbf-within-tolerance', 'accepted', 'nbf 5 s ahead', { claims: { nbf: NOW + 5 } })
await add('iat-fraction', 'accepted', 'iat with a fraction', { claims: { iat: NOW - 0.25 } })
await add('jti-absent', 'accepted', 'no jti, which only a verifier with a memory needs', {
  claims: { jti: undefined },
})
await add('jti-longest', 'accepted', 'jti of 128 characters', { claims: { jti: 'x'.repeat(128) } })
await add('jti-shortest', 'accepted', 'jti of 16 characters', { claims: { jti: 'x'.repeat(16) } })
await add('own-claims', 'accepted', 'claims of the signer itself', { claims: { scope: ['read'], level: 3 } })
await add('claims-depth-at-limit', 'accepted', 'claims nested 16 deep, the outermost counted', {
  payloadBytes: replacing('{', `{"deep":${nested(15)},`),
})
await add('sub-thumbprint', 'accepted', 'sub is the thumbprint of the certificate', {
  claims: await thumbprintClaims(client),
})
await add('x5c-with-root', 'accepted', 'x5c holds the root too', {
  x5c: [...chainOf(client), encodeBase64(root.der)],
})
await add('x5c-any-order', 'accepted', 'issuers in any order, one of them a stranger', {
  x5c: [client, stranger, intermediate].map(({ der }) => encodeBase64(der)),
})
const leafOfSeven = await (await intermediates(7)).issue(NAMES)
await add('path-longest', 'accepted', 'seven intermediates: eight signatures', { by: leafOfSeven })
addToken('size-at-limit', 'accepted', '16,384 characters', await ofSize(MAX_TOKEN))

// ── Shape and encoding ───────────────────────────────────────────────────────────────────────────
const good = await forge({})
const [goodHeader, goodPayload, goodSignature] = partsOf(good)
addToken('size-over-limit', 'ERR_TOKEN_TOO_LARGE', '16,385 characters', await ofSize(MAX_TOKEN + 1))
addToken('empty', 'ERR_TOKEN_MALFORMED', 'no text at all', '')
addToken(
  'two-parts',
  'ERR_TOKEN_MALFORMED',
  'signature and its dot are missing',
  `${goodHeader}.${goodPayload}`,
)
addToken('four-parts', 'ERR_TOKEN_MALFORMED', 'a fourth part', `${good}.AAAA`)
addToken('five-parts', 'ERR_TOKEN_MALFORMED', 'five parts, as a JWE has', `${good}.AAAA.AAAA`)
addToken('signature-empty', 'ERR_TOKEN_MALFORMED', 'empty signature', `${goodHeader}.${goodPayload}.`)
addToken('payload-empty', 'ERR_TOKEN_MALFORMED', 'empty payload', `${goodHeader}..${goodSignature}`)
addToken('bearer', 'ERR_TOKEN_ENCODING', 'the scheme of the Authorization header in front', `Bearer ${good}`)
addToken('line-break', 'ERR_TOKEN_ENCODING', 'a line break at the end', `${good}\n`)
addToken('padding', 'ERR_TOKEN_ENCODING', 'the signature with padding', `${good}==`)
addToken(
  'spare-bits',
  'ERR_TOKEN_ENCODING',
  'spare bits of the signature are not zero',
  `${goodHeader}.${goodPayload}.${withSpareBits(goodSignature)}`,
)
await add('header-not-utf8', 'ERR_TOKEN_ENCODING', 'a header that is not UTF-8', {
  header: { kid: 'x' },
  headerBytes: (json) => concatBytes(utf8(json.slice(0, -2)), Uint8Array.of(0xff), utf8('"}')),
})

// ── JSON ─────────────────────────────────────────────────────────────────────────────────────────
await add('header-bom', 'ERR_TOKEN_JSON', 'a byte order mark before the header', {
  headerBytes: (json) => utf8(`\ufeff${json}`),
})
await add('header-alg-twice', 'ERR_TOKEN_JSON', 'alg twice, the second time in escapes', {
  headerBytes: replacing('{', '{"\\u0061lg":"none",'),
})
await add('claims-aud-twice', 'ERR_TOKEN_JSON', 'aud twice', {
  payloadBytes: replacing('{', '{"aud":"https://other.example",'),
})
await add('claims-proto', 'ERR_TOKEN_JSON', 'a member named __proto__', {
  payloadBytes: replacing('{', '{"__proto__":{"admin":true},'),
})
await add('claims-array', 'ERR_TOKEN_JSON', 'claims in an array', {
  payloadBytes: (json) => utf8(`[${json}]`),
})
await add('claims-trailing', 'ERR_TOKEN_JSON', 'text after the claims', {
  payloadBytes: (json) => utf8(`${json}{}`),
})
await add('claims-surrogate', 'ERR_TOKEN_JSON', 'a lone surrogate', {
  payloadBytes: replacing('{', '{"x":"\\ud800",'),
})
await add('claims-comma', 'ERR_TOKEN_JSON', 'a comma after the last member', {
  payloadBytes: (json) => utf8(`${json.slice(0, -1)},}`),
})
await add('claims-number', 'ERR_TOKEN_JSON', 'a number beyond doubles', {
  payloadBytes: replacing('{', '{"x":1e999,'),
})
await add('claims-depth', 'ERR_TOKEN_JSON', 'claims nested 17 deep', {
  payloadBytes: replacing('{', `{"deep":${nested(16)},`),
})
await add('claims-members', 'ERR_TOKEN_JSON', 'more than 256 members and elements', {
  claims: { many: Array.from({ length: 256 }, () => 0) },
})

// ── Header ───────────────────────────────────────────────────────────────────────────────────────
await add('x5c-absent', 'ERR_TOKEN_HEADER', 'no x5c', { x5c: undefined })
await add('x5c-empty', 'ERR_TOKEN_HEADER', 'x5c without certificates', { x5c: [] })
await add('x5c-text', 'ERR_TOKEN_HEADER', 'x5c as text', { x5c: encodeBase64(client.der) })
await add('x5c-number', 'ERR_TOKEN_HEADER', 'a number in x5c', { x5c: [...chainOf(client), 1] })
await add('x5c-eleven', 'ERR_TOKEN_HEADER', 'eleven certificates', {
  x5c: [...chainOf(client), ...Array.from({ length: 9 }, () => 'MAA=')],
})
await add('jwk', 'ERR_TOKEN_HEADER_FORBIDDEN', 'a key within the header', {
  header: { jwk: { kty: 'oct', k: 'AAAA' } },
})
await add('jku', 'ERR_TOKEN_HEADER_FORBIDDEN', 'a URL of keys', {
  header: { jku: 'https://other.example/keys' },
})
await add('x5u', 'ERR_TOKEN_HEADER_FORBIDDEN', 'a URL of certificates', {
  header: { x5u: 'https://other.example/chain' },
})
await add('crit', 'ERR_TOKEN_HEADER_FORBIDDEN', 'critical header members', {
  header: { crit: ['exp'], exp: NOW },
})
await add('b64', 'ERR_TOKEN_HEADER_FORBIDDEN', 'an unencoded payload (RFC 7797)', { header: { b64: true } })
await add('zip', 'ERR_TOKEN_HEADER_FORBIDDEN', 'compression', { header: { zip: 'DEF' } })
await add('enc', 'ERR_TOKEN_HEADER_FORBIDDEN', 'encryption', { header: { enc: 'A128GCM' } })
await add('x5t', 'ERR_TOKEN_UNSUPPORTED', 'x5t, even a null one', { header: { x5t: null } })
await add('x5t-s256', 'ERR_TOKEN_UNSUPPORTED', 'x5t#S256', { header: { 'x5t#S256': 'AAAA' } })
await add('ocsp', 'ERR_TOKEN_UNSUPPORTED', 'a stapled answer', { header: { ocsp: 'MAA=' } })
await add('typ-absent', 'ERR_TOKEN_TYPE', 'no typ', { header: { typ: undefined } })
await add('typ-jwt', 'ERR_TOKEN_TYPE', 'a token of another kind', { header: { typ: 'JWT' } })
await add('typ-space', 'ERR_TOKEN_TYPE', 'typ with a space at its end', { header: { typ: 'cert-auth+jwt ' } })
await add('alg-none', 'ERR_TOKEN_ALGORITHM', 'alg none', { alg: 'none' })
await add('alg-hs256', 'ERR_TOKEN_ALGORITHM', 'alg HS256', { alg: 'HS256' })
await add('alg-lower-case', 'ERR_TOKEN_ALGORITHM', 'alg in lower case', { alg: 'es256' })
await add('alg-member-name', 'ERR_TOKEN_ALGORITHM', 'alg named like a member of every object', {
  alg: 'constructor',
})
await add('alg-absent', 'ERR_TOKEN_ALGORITHM', 'no alg', { header: { alg: undefined } })
await add('key-p384', 'ERR_TOKEN_ALGORITHM_KEY', 'ES256 with a key on P-384', {
  by: p384Client,
  signAs: 'ES384',
})
await add('key-rsa-as-ec', 'ERR_TOKEN_ALGORITHM_KEY', 'ES256 with an RSA key', {
  by: rsaClient,
  signAs: 'RS256',
})
await add('key-ec-as-rsa', 'ERR_TOKEN_ALGORITHM_KEY', 'RS256 with a key on P-256', {
  alg: 'RS256',
  signAs: 'ES256',
})
await add('key-ed-as-ec', 'ERR_TOKEN_ALGORITHM_KEY', 'ES256 with an Ed25519 key', {
  by: edClient,
  signAs: 'Ed25519',
})

// ── Certificates ─────────────────────────────────────────────────────────────────────────────────
await add('x5c-base64url', 'ERR_TOKEN_CHAIN', 'a certificate in base64url, unpadded', {
  x5c: [encodeBase64url(concatBytes(client.der, Uint8Array.of(0xfb, 0xff))), ...chainOf(intermediate)],
})
await add('x5c-line-break', 'ERR_TOKEN_CHAIN', 'a line break within a certificate', {
  x5c: chainOf(client).map((text) => `${text.slice(0, 64)}\n${text.slice(64)}`),
})
await add('x5c-pem', 'ERR_TOKEN_CHAIN', 'PEM in place of base64', { x5c: [client.pem] })
await add('x5c-trailing', 'ERR_TOKEN_CHAIN', 'a byte after the certificate', {
  x5c: [encodeBase64(concatBytes(client.der, Uint8Array.of(0))), ...chainOf(intermediate)],
})
await add('x5c-cut', 'ERR_TOKEN_CHAIN', 'the last byte of an issuer is missing', {
  x5c: [encodeBase64(client.der), encodeBase64(intermediate.der.subarray(0, -1))],
})
await add('x5c-first-is-issuer', 'ERR_TOKEN_SIGNER', 'the intermediate stands first', {
  x5c: chainOf(client).toReversed(),
})
const encipherer = await root.issue({ ...NAMES, keyUsage: ['keyAgreement'] })
await add('signer-key-usage', 'ERR_TOKEN_SIGNER', 'keyUsage without digitalSignature', { by: encipherer })
const server = await root.issue({ ...NAMES, extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
await add('signer-server', 'ERR_TOKEN_SIGNER', 'extKeyUsage is serverAuth alone', { by: server })
const anyPurpose = await root.issue({ ...NAMES, extKeyUsage: ['2.5.29.37.0'] })
await add('signer-any-purpose', 'ERR_TOKEN_SIGNER', 'extKeyUsage is anyExtendedKeyUsage alone', {
  by: anyPurpose,
})

await add('x5c-empty-text', 'ERR_TOKEN_CHAIN', 'an empty text in x5c', { x5c: [...chainOf(client), ''] })
await add('x5c-ten', 'ERR_TOKEN_CHAIN', 'ten certificates, the eight behind the chain unreadable', {
  x5c: [...chainOf(client), ...Array.from({ length: 8 }, () => 'MAA=')],
})

// ── Paths ────────────────────────────────────────────────────────────────────────────────────────
await add('path-stranger', 'ERR_PATH_NO_ISSUER', 'a CA that nobody trusts, sent along', {
  x5c: [...chainOf(await stranger.issue(NAMES)), encodeBase64(stranger.der)],
})
await add('path-gap', 'ERR_PATH_NO_ISSUER', 'the intermediate is missing', {
  x5c: [encodeBase64(client.der)],
})
const forged = await impostor.issue(NAMES)
await add('path-impostor', 'ERR_PATH_SIGNATURE', "a stranger's CA under the name of the trusted one", {
  by: forged,
})
await add('path-impostor-sent', 'ERR_PATH_SIGNATURE', 'the same with its root sent along', {
  by: forged,
  x5c: [...chainOf(forged), encodeBase64(impostor.der)],
})
const expired = await root.issue({ ...NAMES, notAfter: new Date(AT.getTime() - 1000) })
await add('path-expired', 'ERR_PATH_EXPIRED', "the signer's certificate expired a second ago", {
  by: expired,
})
const lastSecond = await root.issue({ ...NAMES, notAfter: AT })
await add('path-last-second', 'accepted', "the last second of the signer's certificate", { by: lastSecond })
const early = await root.issue({ ...NAMES, notBefore: new Date(AT.getTime() + 1000) })
await add('path-not-yet-valid', 'ERR_PATH_NOT_YET_VALID', "the signer's certificate begins in a second", {
  by: early,
})
const oldCa = await root.issue({ kind: 'ca', notAfter: new Date(AT.getTime() - HOUR / 2) })
await add('path-issuer-expired', 'ERR_PATH_EXPIRED', 'the issuer expired', { by: await oldCa.issue(NAMES) })
const neighbour = await root.issue(NAMES)
await add('path-client-as-ca', 'ERR_PATH_NOT_CA', "issued with a client's key", {
  by: await neighbour.issue(NAMES),
})
const noCa = await root.issue({ kind: 'ca', withoutExtensions: ['2.5.29.19'] })
await add('path-no-constraints', 'ERR_PATH_NOT_CA', 'the issuer has no basicConstraints', {
  by: await noCa.issue(NAMES),
})
const below = await intermediate.issue({ kind: 'ca', name: 'Below' })
await add('path-length', 'ERR_PATH_LENGTH', 'a CA below one of pathLenConstraint 0', {
  by: await below.issue(NAMES),
})
const noCertSign = await root.issue({ kind: 'ca', keyUsage: ['cRLSign'] })
await add('path-key-usage', 'ERR_PATH_KEY_USAGE', 'the issuer may sign CRLs alone', {
  by: await noCertSign.issue(NAMES),
})
const serverCa = await root.issue({ kind: 'ca', extKeyUsage: ['1.3.6.1.5.5.7.3.1'] })
await add('path-purpose', 'ERR_PATH_PURPOSE', 'the issuer is for servers alone', {
  by: await serverCa.issue(NAMES),
})
const unknown = { oid: '1.3.6.1.4.1.99999.1', value: Uint8Array.of(0x05, 0x00) }
await add('path-unknown-extension', 'accepted', 'an unknown extension', {
  by: await root.issue({ ...NAMES, extensions: [unknown] }),
})
await add('path-critical-extension', 'ERR_PATH_CRITICAL_EXTENSION', 'the same, critical', {
  by: await root.issue({ ...NAMES, extensions: [{ ...unknown, critical: true }] }),
})
// NameConstraints { permittedSubtrees [0] { GeneralSubtree { [tag] text } } }
const constrainedTo = async (tag: number, text: string): Promise<TestCertificate> => {
  const base = utf8(text)
  const { length } = base
  const value = Uint8Array.of(0x30, length + 6, 0xa0, length + 4, 0x30, length + 2, tag, length, ...base)
  return await root.issue({ kind: 'ca', extensions: [{ oid: '2.5.29.30', critical: true, value }] })
}
await add('path-name-permitted', 'accepted', 'nameConstraints that permit the URI', {
  by: await (await constrainedTo(0x86, 'example')).issue(NAMES),
})
await add('path-name-not-permitted', 'ERR_PATH_NAME_CONSTRAINT', 'nameConstraints that permit other URIs', {
  by: await (await constrainedTo(0x86, '.example')).issue(NAMES),
})
await add('path-name-of-another-kind', 'accepted', 'nameConstraints on names of another kind', {
  by: await (await constrainedTo(0x82, 'other')).issue(NAMES),
})
// PolicyConstraints { requireExplicitPolicy [0] 0 }; CertificatePolicies { { 1.2.3 } }
const explicitPolicy = { oid: '2.5.29.36', critical: true, value: Uint8Array.of(0x30, 3, 0x80, 1, 0) }
const policies = { oid: '2.5.29.32', value: Uint8Array.of(0x30, 6, 0x30, 4, 0x06, 2, 0x2a, 0x03) }
const strict = await root.issue({ kind: 'ca', extensions: [explicitPolicy, policies] })
await add('path-policy', 'accepted', 'a policy is required and held by the whole path', {
  by: await strict.issue({ ...NAMES, extensions: [policies] }),
})
await add('path-no-policy', 'ERR_PATH_POLICY', 'a policy is required and the leaf has none', {
  by: await strict.issue(NAMES),
})
const pssRoot = await root.issue({ kind: 'ca', keyType: 'RSA-PSS-2048' })
await add('path-rsassa-pss', 'accepted', 'the signer is signed by RSASSA-PSS', {
  by: await pssRoot.issue(NAMES),
})
const p521Root = await root.issue({ kind: 'ca', keyType: 'P-521' })
await add('path-p521', 'accepted', 'the signer is signed by a key on P-521', {
  by: await p521Root.issue(NAMES),
})
await add('path-over-limit', 'ERR_PATH_BUDGET', 'eight intermediates: nine signatures', {
  by: await (await intermediates(8)).issue(NAMES),
})
await add('path-too-long', 'ERR_PATH_BUDGET', 'nine intermediates', {
  by: await (await intermediates(9)).issue(NAMES),
})

// ── Claims ───────────────────────────────────────────────────────────────────────────────────────
for (const claim of ['iss', 'sub', 'aud', 'iat', 'exp']) {
  await add(`${claim}-absent`, 'ERR_TOKEN_CLAIM_MISSING', `no ${claim}`, { claims: { [claim]: undefined } })
}
await add('iss-other', 'ERR_TOKEN_CLAIM_INVALID', 'iss is not sub', { claims: { iss: 'uri:https://other' } })
await add('sub-null', 'ERR_TOKEN_CLAIM_INVALID', 'sub is null', { claims: { sub: null } })
await add('aud-empty-array', 'ERR_TOKEN_CLAIM_INVALID', 'aud is an empty array', { claims: { aud: [] } })
await add('aud-empty', 'ERR_TOKEN_CLAIM_INVALID', 'aud is empty', { claims: { aud: '' } })
await add('iat-text', 'ERR_TOKEN_CLAIM_INVALID', 'iat as text', { claims: { iat: String(NOW) } })
await add('exp-negative', 'ERR_TOKEN_CLAIM_INVALID', 'exp before 1970', { claims: { exp: -1 } })
await add('exp-huge', 'ERR_TOKEN_CLAIM_INVALID', 'exp beyond 2^40', { claims: { exp: 2 ** 40 + 1 } })
await add('exp-is-iat', 'ERR_TOKEN_CLAIM_INVALID', 'no time between iat and exp', { claims: { exp: NOW } })
await add('jti-number', 'ERR_TOKEN_CLAIM_INVALID', 'jti as a number', { claims: { jti: 1 } })
await add('jti-short', 'ERR_TOKEN_CLAIM_INVALID', 'jti of 15 characters', { claims: { jti: 'x'.repeat(15) } })
await add('jti-long', 'ERR_TOKEN_CLAIM_INVALID', 'jti of 129 characters', {
  claims: { jti: 'x'.repeat(129) },
})
await add('nbf-text', 'ERR_TOKEN_CLAIM_INVALID', 'nbf as text', { claims: { nbf: 'now' } })
await add('lifetime', 'ERR_TOKEN_LIFETIME', 'exp 601 s after iat', { claims: { exp: NOW + 601 } })
await add('expired', 'ERR_TOKEN_EXPIRED', 'expired 60 s ago', { claims: { iat: NOW - 300, exp: NOW - 60 } })
await add('iat-ahead', 'ERR_TOKEN_NOT_YET_VALID', 'issued 6 s ahead', { claims: { iat: NOW + 6 } })
await add('nbf-ahead', 'ERR_TOKEN_NOT_YET_VALID', 'nbf 6 s ahead', { claims: { nbf: NOW + 6 } })
await add('aud-other', 'ERR_TOKEN_AUDIENCE', 'for another service', { claims: { aud: 'https://b.example' } })
await add('aud-slash', 'ERR_TOKEN_AUDIENCE', 'a slash more', { claims: { aud: `${AUDIENCE}/` } })
await add('aud-case', 'ERR_TOKEN_AUDIENCE', 'in another case', { claims: { aud: 'https://API.example' } })
await add('aud-two', 'ERR_TOKEN_MULTIPLE_AUDIENCES', 'for two services', {
  claims: { aud: [AUDIENCE, 'https://b.example'] },
})
for (const claim of ['nonce', 'htm', 'htu', 'digest', 'ath']) {
  await add(`binding-${claim}`, 'ERR_TOKEN_BINDING', `bound by ${claim}`, { claims: { [claim]: 'x' } })
}
for (const [id, sub] of [
  ['sub-common-name', 'client'],
  ['sub-other-kind', 'dns:spiffe://example/client'],
  ['sub-untyped', 'spiffe://example/client'],
  ['sub-other', 'uri:spiffe://example/admin'],
  ['sub-case', 'uri:SPIFFE://example/client'],
] as const) {
  await add(id, 'ERR_TOKEN_SUBJECT', `sub is ${sub}`, { claims: { iss: sub, sub } })
}
const issuerSubject = await thumbprintClaims(intermediate)
await add('sub-of-issuer', 'ERR_TOKEN_SUBJECT', 'sub is the thumbprint of the issuer', {
  claims: issuerSubject,
})
const wildcard = await root.issue({ dns: ['*.example'] })
await add('sub-wildcard', 'ERR_TOKEN_SUBJECT', 'sub is a wildcard', {
  by: wildcard,
  claims: { iss: 'dns:*.example', sub: 'dns:*.example' },
})

// ── Signatures ───────────────────────────────────────────────────────────────────────────────────
const BAD = 'ERR_TOKEN_SIGNATURE'
const payloadOfOther = partsOf(await forge({ claims: { exp: NOW + 301 } }))[1]
addToken('signature-other-claims', BAD, 'another exp', `${goodHeader}.${payloadOfOther}.${goodSignature}`)
const headerOfOther = partsOf(await forge({ header: { kid: 'x' } }))[0]
addToken('signature-other-header', BAD, 'another header', `${headerOfOther}.${goodPayload}.${goodSignature}`)
await add('signature-other-key', BAD, 'signed with the key of another certificate', { keyOf: intermediate })
await add('signature-changed', BAD, 'one bit of the signature is changed', {
  signature: (bytes) => bytes.map((byte, index) => (index === 40 ? byte ^ 1 : byte)),
})
await add('signature-short', BAD, 'the last byte is missing', { signature: (bytes) => bytes.subarray(0, -1) })
await add('signature-long', BAD, 'a byte more', {
  signature: (bytes) => concatBytes(bytes, Uint8Array.of(0)),
})
await add('signature-zero', BAD, 'r and s are zero', { signature: () => new Uint8Array(64) })
await add('signature-der', BAD, 'ECDSA in DER', {
  signature: (bytes) => ecdsaDerFromP1363(bytes, 32) ?? new Uint8Array(),
})
await add('signature-swapped', BAD, 's before r', {
  signature: (bytes) => concatBytes(bytes.subarray(32), bytes.subarray(0, 32)),
})
await add('signature-ps-as-rs', BAD, 'PS256 under the name RS256', {
  by: rsaClient,
  alg: 'RS256',
  signAs: 'PS256',
})
await add('signature-rs-as-ps', BAD, 'RS256 under the name PS256', {
  by: rsaClient,
  alg: 'PS256',
  signAs: 'RS256',
})
await add('signature-salt', BAD, 'PS256 with a salt of 20 bytes', {
  by: rsaClient,
  alg: 'PS256',
  signAs: 'PS256 salt 20',
})
await add('signature-rsa-changed', BAD, 'RS256 with one bit changed', {
  by: rsaClient,
  alg: 'RS256',
  signature: (bytes) => bytes.map((byte, index) => (index === 255 ? byte ^ 1 : byte)),
})
await add('signature-ed-changed', BAD, 'Ed25519 with one bit changed', {
  by: edClient,
  alg: 'Ed25519',
  signature: (bytes) => bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte)),
})
await add('signature-ed-zero', BAD, 'Ed25519 of zeros', {
  by: edClient,
  alg: 'Ed25519',
  signature: () => new Uint8Array(64),
})

async function thumbprintClaims(by: TestCertificate): Promise<Members> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(by.der)))
  const subject = `x509-sha256:${encodeBase64url(digest)}`
  return { iss: subject, sub: subject }
}

const document = {
  version: 1,
  description:
    'Tokens of the profile cert-auth+jwt, each with the verdict of a fresh verifier: it trusts ' +
    'trustAnchors, serves audience, its clock stands at at, it checks no revocation, keeps no ' +
    'memory of used tokens, and has default limits.',
  at: AT.toISOString(),
  audience: AUDIENCE,
  trustAnchors: root.pem,
  cases,
}
writeFileSync(new URL('tokens-v1.json', import.meta.url), `${JSON.stringify(document, undefined, 2)}\n`)
console.log(`${cases.length} cases`)
