// The search against brute force: in random meshes of CAs that share names and keys, expire and cross-sign each other, a path
// is found exactly if one of all possible chains is valid. INGAM_RUNS sets how many are tried (default 150).

import fc from 'fast-check'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { beforeAll, expect, test } from 'vitest'
import { createBudget } from '../../packages/ingam/src/path/budget.ts'
import { checkPath } from '../../packages/ingam/src/path/checks.ts'
import { createTrustStore } from '../../packages/ingam/src/path/trust-store.ts'
import { searchPath, usualRules } from '../../packages/ingam/src/verify/verify-path.ts'
import type { Certificate } from '../../packages/ingam/src/x509/certificate.ts'
import { codeOf } from '../support/codes.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const RUNS = Number(process.env['INGAM_RUNS'] ?? '150')
const RULES = usualRules(AT, 'clientAuth')
const NAMES = 3
const KEYS = 2

/** A CA's certificate in the mesh: who it names with which key, and who signed it. */
interface Edge {
  readonly subject: number
  readonly key: number
  readonly issuer: number
  readonly issuerKey: number
  readonly defect: 'none' | 'expired' | 'no CA' | 'pathLen 0'
  readonly hasIdentifiers: boolean
}

const edge: fc.Arbitrary<Edge> = fc.record({
  subject: fc.nat(NAMES - 1),
  key: fc.nat(KEYS - 1),
  issuer: fc.nat(NAMES - 1),
  issuerKey: fc.nat(KEYS - 1),
  defect: fc.constantFrom('none', 'none', 'none', 'expired', 'no CA', 'pathLen 0'),
  hasIdentifiers: fc.boolean(),
})

const mesh = fc.record({
  edges: fc.array(edge, { minLength: 1, maxLength: 7 }),
  anchors: fc.array(edge, { minLength: 1, maxLength: 2 }),
  leafIssuer: fc.nat(NAMES - 1),
  leafKey: fc.nat(KEYS - 1),
})

const DEFECTS = {
  none: {},
  expired: { notAfter: new Date(AT.getTime() - 1) },
  'no CA': { withoutExtensions: ['2.5.29.19'] },
  'pathLen 0': { pathLenConstraint: 0 },
} as const
const IDENTIFIERS = ['2.5.29.14', '2.5.29.35'] as const

// One certificate for each name and key, to issue with.
const holders: TestCertificate[][] = []

beforeAll(async () => {
  for (let name = 0; name < NAMES; name++) {
    const keys = Array.from({ length: KEYS }, () => createTestCa({ at: AT, name: `CA ${name}` }))
    holders.push(await Promise.all(keys))
  }
})

function holder(name: number, key: number): TestCertificate {
  const found = holders[name]?.[key]
  if (found === undefined) throw new Error('no such holder')
  return found
}

async function issue(given: Edge): Promise<TestCertificate> {
  const defect = DEFECTS[given.defect]
  const without = 'withoutExtensions' in defect ? defect.withoutExtensions : []
  return await holder(given.issuer, given.issuerKey).issue({
    kind: 'ca',
    name: `CA ${given.subject}`,
    keyOf: holder(given.subject, given.key),
    ...defect,
    withoutExtensions: given.hasIdentifiers ? without : [...without, ...IDENTIFIERS],
  })
}

/** Whether any chain from the leaf over distinct certificates of the pool to an anchor is valid. */
function exists(
  chain: readonly Certificate[],
  signers: ReadonlyMap<Certificate, Uint8Array>,
  pool: readonly Certificate[],
  anchors: readonly Certificate[],
): boolean {
  const child = chain.at(-1)
  if (child === undefined) return false
  const hasSigned = (issuer: Certificate): boolean =>
    Buffer.from(issuer.subjectPublicKeyInfo.der).equals(signers.get(child) ?? new Uint8Array(0))
  const isNew = (issuer: Certificate): boolean =>
    !chain.some(
      (member) =>
        Buffer.from(member.subject.der).equals(issuer.subject.der) &&
        Buffer.from(member.subjectPublicKeyInfo.der).equals(issuer.subjectPublicKeyInfo.der),
    )
  const ends = anchors.filter((anchor) => hasSigned(anchor) && isNew(anchor))
  const isValid = (anchor: Certificate): boolean => checkPath([...chain, anchor], RULES) === undefined
  if (ends.some(isValid)) return true
  const next = pool.filter((issuer) => hasSigned(issuer) && isNew(issuer))
  return next.some((issuer) => exists([...chain, issuer], signers, pool, anchors))
}

test('a path is found exactly if there is one', { timeout: 60_000 + RUNS * 100 }, async () => {
  let found = 0
  await fc.assert(
    fc.asyncProperty(mesh, async ({ edges, anchors, leafIssuer, leafKey }) => {
      const issued = await Promise.all(edges.map(issue))
      const trusted = await Promise.all(anchors.map(issue))
      const leaf = await holder(leafIssuer, leafKey).issue({ name: 'Leaf' })
      const signers = new Map<Certificate, Uint8Array>([
        [leaf.certificate, holder(leafIssuer, leafKey).certificate.subjectPublicKeyInfo.der],
      ])
      for (const [index, { certificate }] of [...issued, ...trusted].entries()) {
        const made = [...edges, ...anchors][index]
        if (made !== undefined) {
          signers.set(certificate, holder(made.issuer, made.issuerKey).certificate.subjectPublicKeyInfo.der)
        }
      }
      const pool = issued.map(({ certificate }) => certificate)
      const ends = trusted.map(({ certificate }) => certificate)
      const code = await codeOf(() =>
        searchPath({
          leaf: leaf.certificate,
          intermediates: pool,
          trustStore: createTrustStore(ends),
          rules: RULES,
          budget: createBudget({ maxEdges: 10_000, maxSignatureChecks: 1_000, maxIntermediates: 20 }),
        }),
      )
      const expected = exists([leaf.certificate], signers, pool, ends)
      if (expected) found++
      expect(code === 'accepted', code).toBe(expected)
    }),
    { numRuns: RUNS },
  )
  expect(found).toBeGreaterThan(RUNS / 20)
})
