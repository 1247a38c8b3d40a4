// Tokens of a stranger, each as dear as one kind of thing in it can make it within 16 KiB. Shared by the benchmark, which
// measures them, and by the test that counts what they cause.

import { createTestCa, type IssueOptions, type TestCertificate, type TestExtension } from 'ingam/testing'
import { AUDIENCE, type Pki } from './pki.ts'

export interface Attack {
  readonly name: string
  readonly token: string
  /** Whether the certificates are a client's own: then only the token's signature is forged. */
  readonly isGenuine: boolean
}

/** The PKI that is attacked. */
export type Target = Pick<Pki, 'root' | 'intermediate' | 'leaf'>

const LARGEST = 16_384

// A stranger knows the names of the CAs, which are public, and has every key but theirs.
export async function attacksOn({ root, intermediate, leaf }: Target): Promise<readonly Attack[]> {
  const forgedRoot = await createTestCa({ subjectName: root.certificate.subject.der, keyOf: leaf })
  const forgedIssuer = await forgedRoot.issue({
    kind: 'ca',
    subjectName: intermediate.certificate.subject.der,
    keyOf: leaf,
  })
  const mint = async (options: IssueOptions, issuer: TestCertificate = forgedIssuer): Promise<Uint8Array> =>
    (await issuer.issue({ keyOf: leaf, ...options })).der
  const attacks: Attack[] = []
  const add = (name: string, certificates: readonly Uint8Array[], claims: object = {}): void => {
    const token = tokenOf(certificates, claims)
    const isGenuine = certificates[0] === leaf.der
    if (token.length <= LARGEST) attacks.push({ name, token, isGenuine })
  }
  // One extension or name of as many small parts as fit, in the leaf, or a share of them in each of ten certificates.
  for (const [name, build] of Object.entries(FILLERS)) {
    const whole = await largest(async (count) => [await mint(build(count)), forgedIssuer.der])
    add(`${name}, in the leaf`, whole)
    const above = await largest(async (count) => [
      await mint({}),
      await mint(
        { kind: 'ca', subjectName: intermediate.certificate.subject.der, ...build(count) },
        forgedRoot,
      ),
    ])
    add(`${name}, in the issuer`, above)
    const shares = await largest(async (count) => {
      const share = build(Math.ceil(count / 10))
      const chain = [await mint(share)]
      for (let index = 1; index < 10; index++) {
        const options = { kind: 'ca', subjectName: intermediate.certificate.subject.der, ...share } as const
        chain.push(await mint(options, forgedRoot))
      }
      return chain
    })
    add(`${name}, in ten certificates`, shares)
  }
  // Ten certificates that all could have issued each other and all name the anchor.
  const namesake = { kind: 'ca', subjectName: root.certificate.subject.der } as const
  const ring = await Promise.all(Array.from({ length: 9 }, () => mint(namesake, forgedRoot)))
  add('nine namesakes of the anchor, all forged', [await mint({}, forgedRoot), ...ring])
  const twins = await Promise.all(
    Array.from({ length: 9 }, () =>
      mint({ kind: 'ca', subjectName: intermediate.certificate.subject.der }, forgedRoot),
    ),
  )
  add('nine namesakes of the issuer, all forged', [await mint({}), ...twins])
  add('nine namesakes of the issuer, the genuine one last', [
    await mint({}),
    ...twins.slice(1),
    intermediate.der,
  ])
  // A certificate that is genuine, with a signature of the stranger's, and all room taken by claims.
  const genuine = [leaf.der, intermediate.der]
  add('the genuine chain, a forged signature', genuine)
  for (const [name, claims] of Object.entries(CLAIMS)) {
    let size = 8_192
    while (size > 16 && tokenOf(genuine, claims(size)).length > LARGEST) size = Math.floor(size * 0.95)
    add(`claims of ${name}`, genuine, claims(size))
  }
  return attacks
}

// The largest that still fits into a token.
async function largest(
  build: (count: number) => Promise<readonly Uint8Array[]>,
): Promise<readonly Uint8Array[]> {
  let low = 1
  let high = 8_192
  let best = await build(1)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const chain = await build(middle).catch(() => undefined)
    if (chain !== undefined && tokenOf(chain, {}).length <= LARGEST) {
      low = middle
      best = chain
    } else {
      high = middle - 1
    }
  }
  return best
}

function tokenOf(certificates: readonly Uint8Array[], claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1_000)
  const header = {
    alg: 'ES256',
    typ: 'cert-auth+jwt',
    x5c: certificates.map((der) => Buffer.from(der).toString('base64')),
  }
  const payload = {
    iss: 'dns:client-000000.clients.example',
    sub: 'dns:client-000000.clients.example',
    aud: AUDIENCE,
    iat: now,
    exp: now + 600,
    jti: 'a'.repeat(22),
    ...claims,
  }
  return `${encode(header)}.${encode(payload)}.${Buffer.alloc(64, 0x5a).toString('base64url')}`
}

const CLAIMS: Readonly<Record<string, (size: number) => object>> = {
  'escaped characters': (size) => ({ own: '\u0001'.repeat(size / 6) }),
  'characters beyond ASCII': (size) => ({ own: 'é'.repeat(size / 2) }),
  'many members': (size) =>
    Object.fromEntries(Array.from({ length: Math.min(249, size) }, (_, index) => [`m${index}`, 1e-7])),
  'one long text': (size) => ({ own: 'x'.repeat(size) }),
}

// What makes a certificate of many small parts.
const FILLERS: Readonly<Record<string, (count: number) => IssueOptions>> = {
  'names of one letter': (count) => ({ dns: Array.from({ length: count }, () => 'a') }),
  addresses: (count) => ({ ips: Array.from({ length: count }, () => '10.0.0.1') }),
  'long names': (count) => ({
    uris: Array.from({ length: Math.ceil(count / 60) }, () => `x:${'a'.repeat(60)}`),
  }),
  purposes: (count) => ({ extKeyUsage: Array.from({ length: count }, () => '1.2') }),
  'parts of a subject': (count) => ({ subjectName: longName(count, [0x0c, 1, 0x61]) }),
  'parts of a subject beyond ASCII': (count) => ({
    subjectName: longName(count, [0x0c, 3, 0xef, 0xb7, 0xba]),
  }),
  policies: (count) => ({
    extensions: [{ oid: '2.5.29.32', value: sequence(range(count).map((i) => tlv(0x30, oid(i)))) }],
  }),
  'policy mappings': (count) => ({
    extensions: [
      {
        oid: '2.5.29.33',
        critical: true,
        value: sequence(range(count).map((i) => tlv(0x30, oid(i), oid(i + 1)))),
      },
    ],
  }),
  'constraints on names': (count) => ({
    dns: Array.from({ length: Math.min(count, 1_000) }, () => 'a.example'),
    extensions: [
      {
        oid: '2.5.29.30',
        critical: true,
        value: tlv(0x30, tlv(0xa1, ...range(count).map(() => tlv(0x30, tlv(0x82, Uint8Array.of(0x62)))))),
      },
    ],
  }),
  extensions: (count) => ({
    extensions: range(Math.min(50, count)).map((index): TestExtension => {
      return { oid: `1.2.3.${index}`, value: new Uint8Array(Math.ceil(count / 50)) }
    }),
  }),
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

// Each part an RDN of its own: commonName with the value given.
function longName(count: number, value: readonly number[]): Uint8Array {
  const part = tlv(0x31, tlv(0x30, Uint8Array.of(0x06, 3, 0x55, 4, 3), Uint8Array.from(value)))
  return sequence(range(count).map(() => part))
}

function oid(index: number): Uint8Array {
  return tlv(0x06, Uint8Array.of(0x2a, 0x80 | ((index >> 7) & 0x7f) | 1, index & 0x7f))
}

function sequence(parts: readonly Uint8Array[]): Uint8Array {
  return tlv(0x30, ...parts)
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content])
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content])
}
