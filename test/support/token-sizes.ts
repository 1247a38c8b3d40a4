// How long tokens are, by signing them: the table behind docs/token-format.md, which token-sizes.test.ts holds to it.
// `npm run build && node test/support/token-sizes.ts` prints both tables of that page.

import {
  type Credential,
  createCredential,
  createVerifier,
  signToken,
  type TokenAlgorithm,
  type Verifier,
} from 'ingam'
import { createTestCa, type TestCertificate, type TestExtension, type TestKeyType } from 'ingam/testing'
import { createMemorySource } from 'ingam/x509'
import { AT, AUDIENCE } from './forge.ts'
import { grouped, headerLimitTable } from './header-limits.ts'

/** How a token says whose it is: by its chain, of so many intermediates, or by a thumbprint. */
export const PRESENTATIONS = [
  'leaf alone',
  '1 intermediate',
  '2 intermediates',
  'by reference',
  '1 intermediate, response of the CA',
  '1 intermediate, response of a responder',
] as const

/** The tokens of one algorithm and kind of key. */
export interface SizeRow {
  readonly title: string
  /** Characters, in the order of {@link PRESENTATIONS}. */
  readonly sizes: readonly number[]
}

const KEYS: readonly (readonly [title: string, algorithm: TokenAlgorithm, keyType: TestKeyType])[] = [
  ['Ed25519', 'Ed25519', 'Ed25519'],
  ['ES256', 'ES256', 'P-256'],
  ['Ed448', 'Ed448', 'Ed448'],
  ['ES384', 'ES384', 'P-384'],
  ['ES512', 'ES512', 'P-521'],
  ['PS256, RSA of 2048 bits', 'PS256', 'RSA-2048'],
  ['PS256, RSA of 3072 bits', 'PS256', 'RSA-3072'],
  ['PS256, RSA of 4096 bits', 'PS256', 'RSA-4096'],
  ['ML-DSA-44', 'ML-DSA-44', 'ML-DSA-44'],
  ['ML-DSA-65', 'ML-DSA-65', 'ML-DSA-65'],
  ['ML-DSA-87', 'ML-DSA-87', 'ML-DSA-87'],
]

/** Signs a token of each kind and measures it. */
export async function measureTokens(): Promise<readonly SizeRow[]> {
  const rows: SizeRow[] = []
  for (const [title, algorithm, keyType] of KEYS)
    rows.push({ title, sizes: await sizesOf(algorithm, keyType) })
  return rows
}

/** The table as docs/token-format.md has it, rounded to tens. */
export function tokenSizeTable(rows: readonly SizeRow[]): string {
  return [
    `| \`alg\` | ${PRESENTATIONS.join(' | ')} |`,
    `|${'---|'.repeat(PRESENTATIONS.length + 1)}`,
    ...rows.map(
      ({ title, sizes }) => `| ${title} | ${sizes.map((size) => grouped(rounded(size))).join(' | ')} |`,
    ),
  ].join('\n')
}

/** Characters of the tokens of one algorithm, in the order of {@link PRESENTATIONS}; all certificates bear the extensions. */
export async function sizesOf(
  algorithm: TokenAlgorithm,
  keyType: TestKeyType,
  extensions: readonly TestExtension[] = [],
): Promise<readonly number[]> {
  const root = await createTestCa({ at: AT, keyType })
  // One key for all certificates: it is the sizes that count, and RSA keys take long to find.
  const first = await root.issue({ kind: 'ca', keyOf: root, extensions })
  const second = await first.issue({ kind: 'ca', keyOf: root, extensions })
  const leafOf = async (issuer: TestCertificate): Promise<TestCertificate> =>
    await issuer.issue({ uris: ['spiffe://example/client'], keyOf: root, extensions })
  const leaves = [await leafOf(root), await leafOf(first), await leafOf(second)]
  const verifier = createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    clock: () => AT,
    algorithms: [algorithm],
    knownChains: leaves.map((leaf) => leaf.chain.map((link) => link.certificate)),
  })
  const credentials = await Promise.all(leaves.map(async (leaf) => await leaf.credential({ algorithm })))
  const sizes: number[] = []
  for (const credential of credentials) sizes.push(await sizeOf(credential, 'x5c', verifier))
  for (const credential of credentials.slice(-1)) sizes.push(await sizeOf(credential, 'x5t#S256', verifier))
  // A key of its own: nobody is appointed to answer for itself.
  const responder = await first.issue({
    name: 'OCSP responder',
    keyType,
    extensions,
    extKeyUsage: ['1.3.6.1.5.5.7.3.9'],
    ocspNoCheck: true,
  })
  for (const signer of [first, responder])
    sizes.push(await stapledSizeOf(first, leaves[1], signer, algorithm))
  return sizes
}

// The size of a token with a response about its signer, accepted by a verifier that demands one and has none.
async function stapledSizeOf(
  issuer: TestCertificate,
  leaf: TestCertificate | undefined,
  responder: TestCertificate,
  algorithm: TokenAlgorithm,
): Promise<number> {
  if (leaf === undefined) throw new Error('no leaf')
  const ocspResponses = [await issuer.ocspResponse({ certificate: leaf, responder })]
  const credential = await createCredential({
    certificate: leaf.chain.map(({ pem }) => pem).join(''),
    privateKey: leaf.privateKeyPkcs8,
    algorithm,
    stapleFrom: [createMemorySource({ ocspResponses })],
  })
  const root = leaf.chain.at(-1)
  if (root === undefined) throw new Error('no chain')
  const token = await signToken(credential, { audience: AUDIENCE, at: AT, staple: 'require' })
  const verifier = createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: { mode: 'require', depth: 'leaf' },
    clock: () => AT,
    algorithms: [algorithm],
  })
  await verifier.verify(token)
  return token.length
}

// The size of a token that is accepted: another's would say nothing.
async function sizeOf(
  credential: Credential,
  certificateBy: 'x5c' | 'x5t#S256',
  verifier: Verifier,
): Promise<number> {
  const token = await signToken(credential, { audience: AUDIENCE, at: AT, certificateBy })
  await verifier.verify(token)
  return token.length
}

function rounded(size: number): number {
  return Math.round(size / 10) * 10
}

if (import.meta.main) {
  console.log(`${tokenSizeTable(await measureTokens())}\n\n${headerLimitTable()}`)
}
