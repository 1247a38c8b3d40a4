// What an attacker's certificates may cost: search among cross-signs of growing size, names against constraints,
// policies that multiply, large and deeply nested extensions. Work is counted, never timed.

import { createTestCa, type TestCertificate, type TestExtension } from 'ingam/testing'
import { verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../packages/ingam/src/bytes/compare.ts'
import { writeElement } from '../../packages/ingam/src/der/writer.ts'
import { type Budget, createBudget } from '../../packages/ingam/src/path/budget.ts'
import { createTrustStore } from '../../packages/ingam/src/path/trust-store.ts'
import { searchPath, usualRules } from '../../packages/ingam/src/verify/verify-path.ts'
import { codeOf } from '../support/codes.ts'
import {
  certificatePolicies,
  name,
  nameConstraints,
  policyConstraints,
  policyMappings,
  subjectAltName,
} from '../support/extensions.ts'
import { AT, issuePath, judgeUsual, questionFor, type UsualPath } from '../support/mini-ca.ts'

type Pool = readonly TestCertificate[]

interface Cost {
  readonly code: string
  readonly signatureChecks: number
  readonly edges: number
  readonly nameComparisons: number
}

async function costOf(
  leaf: TestCertificate,
  pool: Pool,
  anchors: Pool,
  budget: Budget = createBudget(),
): Promise<Cost> {
  const code = await codeOf(() =>
    searchPath({
      leaf: leaf.certificate,
      intermediates: pool.map(({ certificate }) => certificate),
      trustStore: createTrustStore(anchors.map(({ certificate }) => certificate)),
      rules: usualRules(AT, 'clientAuth'),
      budget,
    }),
  )
  const { signatureChecks, edges, nameComparisons } = budget
  return { code, signatureChecks, edges, nameComparisons }
}

async function costOfUsual({ root, upper, lower, leaf }: UsualPath, budget?: Budget): Promise<Cost> {
  return await costOf(leaf, [upper, lower], [root], budget)
}

describe('fans of cross-signs', () => {
  test.each([1, 2, 4, 8, 9])('of %i CAs, one of them trusted: two signatures', async (count) => {
    const cas = await named(count, (index) => `CA ${index}`)
    const shared = await createTestCa({ at: AT, name: 'Shared' })
    const crosses = await crossSigns(cas, shared)
    const leaf = await shared.issue()
    const cost = await costOf(leaf, crosses, cas.slice(-1))
    expect(cost).toMatchObject({ code: 'accepted', signatureChecks: 2 })
    expect(cost.edges).toBe(count + 1)
  })

  test.each([
    [1, 1, 'ERR_PATH_SIGNATURE'],
    [4, 4, 'ERR_PATH_SIGNATURE'],
    [8, 8, 'ERR_PATH_SIGNATURE'],
    [9, 8, 'ERR_PATH_BUDGET'],
  ])('of %i impostors of the anchor: %i signatures', async (count, signatureChecks, code) => {
    const root = await createTestCa({ at: AT, name: 'Root' })
    const impostors = await named(count, () => 'Root')
    const shared = await createTestCa({ at: AT, name: 'Shared' })
    const cost = await costOf(await shared.issue(), await crossSigns(impostors, shared), [root])
    expect(cost).toMatchObject({ code, signatureChecks })
  })

  test('of twelve impostors: the search ends where the budget does', async () => {
    const root = await createTestCa({ at: AT, name: 'Root' })
    const shared = await createTestCa({ at: AT, name: 'Shared' })
    const pool = await crossSigns(await named(12, () => 'Root'), shared)
    const question = { trustAnchors: [root.certificate], intermediates: pool.map(({ der }) => der) }
    const error = await verifyPath(questionFor(await shared.issue(), question)).catch(
      (cause: unknown) => cause,
    )
    // Eight signatures that do not verify, and the ninth that was not checked.
    expect(error).toMatchObject({ code: 'ERR_PATH_BUDGET', attempts: { length: 9 } })
  })

  test('of seven impostors do not hide the one that is real', async () => {
    const root = await createTestCa({ at: AT, name: 'Root', withoutExtensions: ['2.5.29.14'] })
    const shared = await createTestCa({ at: AT, name: 'Shared' })
    const forged = await crossSigns(await named(6, () => 'Root'), shared)
    const real = await crossSigns([root], shared)
    const cost = await costOf(await shared.issue(), [...forged, ...real], [root])
    expect(cost).toMatchObject({ code: 'accepted', signatureChecks: 8 })
  })
})

describe('ladders of two CAs a rung, each signed by both of the rung above', () => {
  test.each([1, 2, 3, 4, 6, 7])('of %i rungs to a trusted top: one signature an edge', async (rungs) => {
    const { leaf, pool, tops } = await ladder(rungs)
    expect(await costOf(leaf, pool, tops)).toMatchObject({ code: 'accepted', signatureChecks: rungs + 1 })
  })

  // Once for each of the two keys that the name of the leaf's issuer has: up to the top, and no other way once it failed.
  test.each([
    [1, 4, 'ERR_PATH_SIGNATURE'],
    [2, 6, 'ERR_PATH_SIGNATURE'],
    [3, 8, 'ERR_PATH_SIGNATURE'],
    [4, 8, 'ERR_PATH_BUDGET'],
    [6, 8, 'ERR_PATH_BUDGET'],
  ])('of %i rungs with a forged leaf: %i signatures', async (rungs, signatureChecks, code) => {
    const { leaf, pool, tops } = await ladder(rungs)
    const stranger = await createTestCa({ at: AT, name: `Rung ${rungs - 1}` })
    const cost = await costOf(await stranger.issue({ keyOf: leaf }), pool, tops)
    expect(cost).toMatchObject({ code, signatureChecks })
    expect(cost.edges).toBeLessThanOrEqual(2 * rungs + 4)
  })

  test('of five rungs that lead nowhere: no signature', async () => {
    const { leaf, pool } = await ladder(5)
    const root = await createTestCa({ at: AT })
    expect(await costOf(leaf, pool, [root])).toMatchObject({ signatureChecks: 0 })
  })
})

describe('loops', () => {
  test.each([2, 3, 5])('of %i CAs that sign each other in a ring, one of them trusted', async (count) => {
    const cas = await named(count, (index) => `Ring ${index}`)
    const ring = await Promise.all(
      cas.map(async (ca, index) => {
        const next = cas[(index + 1) % count]
        return await ca.issue({
          kind: 'ca',
          ...(next && { keyOf: next }),
          name: `Ring ${(index + 1) % count}`,
        })
      }),
    )
    const leaf = await cas.at(-1)?.issue()
    if (leaf === undefined) throw new Error('a ring has CAs')
    const cost = await costOf(leaf, ring, cas.slice(0, 1))
    expect(cost).toMatchObject({ code: 'accepted', signatureChecks: count })
  })
})

describe('names against constraints', () => {
  const hosts = (count: number, domain: string): Uint8Array[] =>
    Array.from({ length: count }, (_, index) => name.dns(`${index.toString(36)}.${domain}`))

  async function pathWith(names: readonly Uint8Array[], bases: readonly Uint8Array[]): Promise<UsualPath> {
    const half = Math.ceil(bases.length / 2)
    return await issuePath({
      upper: { extensions: [nameConstraints({ excluded: bases.slice(0, half) })] },
      lower: { extensions: [nameConstraints({ excluded: bases.slice(half) })] },
      leaf: { extensions: [subjectAltName(...names)] },
    })
  }

  test('ten thousand against ten thousand: the budget, on a path whose signatures are genuine', async () => {
    const path = await pathWith(hosts(7_500, 'a'), hosts(10_000, 'b'))
    expect(await costOfUsual(path)).toMatchObject({
      code: 'ERR_PATH_BUDGET',
      nameComparisons: 10_000,
      signatureChecks: 3,
    })
  })

  test('ten thousand against ten thousand of a stranger: one signature, and no comparison', async () => {
    const { root, upper, lower, leaf } = await pathWith(hosts(7_500, 'a'), hosts(10_000, 'b'))
    const forged = { ...(await issuePath()), upper, lower, leaf }
    expect(root.der).not.toEqual(forged.root.der)
    expect(await costOfUsual(forged)).toMatchObject({
      code: 'ERR_PATH_SIGNATURE',
      nameComparisons: 0,
      signatureChecks: 1,
    })
  })

  test('a hundred against a hundred: accepted, at the limit', async () => {
    const path = await pathWith(hosts(100, 'a'), hosts(100, 'b'))
    expect(await costOfUsual(path)).toMatchObject({ code: 'accepted', nameComparisons: 10_000 })
  })

  test('one more than the limit', async () => {
    const path = await pathWith([...hosts(100, 'a'), name.dns('c')], hosts(100, 'b'))
    expect(await costOfUsual(path)).toMatchObject({ code: 'ERR_PATH_BUDGET', nameComparisons: 10_000 })
  })

  test('a limit of the caller, at it and one past it', async () => {
    const path = await pathWith(hosts(2, 'a'), hosts(4, 'b'))
    expect(await judgeUsual(path, { limits: { maxNameComparisons: 8 } })).toBe('accepted')
    expect(await judgeUsual(path, { limits: { maxNameComparisons: 7 } })).toBe('ERR_PATH_BUDGET')
  })

  test('names that are permitted count alike', async () => {
    const path = await issuePath({
      lower: { extensions: [nameConstraints({ permitted: [name.dns('a'), name.dns('b'), name.dns('c')] })] },
      leaf: { dns: ['x.c'] },
    })
    expect(await judgeUsual(path, { limits: { maxNameComparisons: 3 } })).toBe('accepted')
    expect(await judgeUsual(path, { limits: { maxNameComparisons: 2 } })).toBe('ERR_PATH_BUDGET')
  })

  test('ten thousand names that nobody constrains cost nothing', async () => {
    const path = await issuePath({ leaf: { extensions: [subjectAltName(...hosts(7_500, 'a'))] } })
    expect(await costOfUsual(path)).toMatchObject({ code: 'accepted', nameComparisons: 0 })
  })

  test('the comparisons of all paths tried count together', async () => {
    const { root, upper, lower, leaf } = await pathWith(hosts(50, 'a'), hosts(100, 'b'))
    // A second way up of the same CA is judged first; its last constraint excludes the leaf.
    const detour = await upper.issue({
      kind: 'ca',
      name: 'Lower',
      keyOf: lower,
      extensions: [nameConstraints({ excluded: [...hosts(99, 'b'), name.dns('a')] })],
    })
    const spend = async (maxNameComparisons: number): Promise<Cost> =>
      await costOf(leaf, [detour, lower, upper], [root], createBudget({ maxNameComparisons }))
    // One name against 50 bases of the upper CA and 100 of the detour, then all 50 against 50 and 50.
    expect(await spend(5_150)).toMatchObject({ code: 'accepted', nameComparisons: 5_150 })
    expect(await spend(5_149)).toMatchObject({ code: 'ERR_PATH_BUDGET', nameComparisons: 5_149 })
  })
})

// CVE-2023-0464: every policy maps to every other, at each depth; the tree of RFC 5280 would have 50^7 nodes.
describe('policies that multiply', () => {
  const policies = Array.from({ length: 50 }, (_, index) => `1.2.3.${index}`)
  const mappings = policies.flatMap((from) => policies.map((to): readonly [string, string] => [from, to]))
  const heavy: readonly TestExtension[] = [certificatePolicies(...policies), policyMappings(...mappings)]

  test('are judged, seven CAs deep', async () => {
    const root = await createTestCa({ at: AT, name: 'Root', extensions: [policyConstraints(0)] })
    let ca = root
    for (let depth = 0; depth < 7; depth++) {
      ca = await ca.issue({ kind: 'ca', name: `CA ${depth}`, extensions: heavy })
    }
    const judge = async (policy: string): Promise<string> => {
      const leaf = await ca.issue({ extensions: [certificatePolicies(policy)] })
      return (await costOf(leaf, leaf.chain.slice(1), [root])).code
    }
    expect(await judge('1.2.3.49')).toBe('accepted')
    expect(await judge('1.2.3.50')).toBe('ERR_PATH_POLICY')
  })

  test('are judged where anyPolicy covers them all', async () => {
    const any = certificatePolicies('2.5.29.32.0')
    const root = await createTestCa({ at: AT, name: 'Root', extensions: [policyConstraints(0)] })
    let ca = root
    for (let depth = 0; depth < 7; depth++) {
      const extensions = [any, policyMappings(...mappings)]
      ca = await ca.issue({ kind: 'ca', name: `CA ${depth}`, extensions })
    }
    const leaf = await ca.issue({ extensions: [any] })
    expect(await costOf(leaf, leaf.chain.slice(1), [root])).toMatchObject({ code: 'accepted' })
  })
})

describe('extensions that are large or deep', () => {
  const UNKNOWN = '1.2.3.4'

  test.each(['upper', 'leaf'] as const)('64 KiB of an unknown one at the %s', async (position) => {
    const path = await issuePath({
      [position]: { extensions: [{ oid: UNKNOWN, value: new Uint8Array(64_500) }] },
    })
    expect(path[position].der.length).toBeLessThanOrEqual(65_536)
    expect(await judgeUsual(path)).toBe('accepted')
  })

  test('a certificate of 64 KiB is read, one byte more is not', async () => {
    // Ed25519, whose signatures all have one length.
    const make = async (length: number): Promise<TestCertificate> => {
      const extensions = [{ oid: UNKNOWN, value: new Uint8Array(length) }]
      return await createTestCa({ at: AT, keyType: 'Ed25519', extensions })
    }
    const guess = 64_500
    const full = guess + 65_536 - (await make(guess)).der.length
    expect((await make(full)).der).toHaveLength(65_536)
    await expect(make(full + 1)).rejects.toMatchObject({
      code: 'ERR_DER_LIMIT',
      details: { maximum: 65_536, found: 65_537 },
    })
  })

  test('an unknown one that nests ten thousand deep is left alone', async () => {
    const path = await issuePath({ leaf: { extensions: [{ oid: UNKNOWN, value: nested(10_000) }] } })
    expect(await judgeUsual(path)).toBe('accepted')
  })

  test.each([
    ['nameConstraints', '2.5.29.30'],
    ['certificatePolicies', '2.5.29.32'],
    ['policyMappings', '2.5.29.33'],
    ['subjectAltName', '2.5.29.17'],
    ['extKeyUsage', '2.5.29.37'],
  ])('%s that nests ten thousand deep is refused', async (_, oid) => {
    const { upper } = await issuePath()
    const code = await codeOf(() => upper.issue({ extensions: [{ oid, value: nested(10_000) }] }))
    expect(code).toBe('ERR_CERT_EXTENSION')
  })

  test('a policy with a qualifier that nests ten thousand deep is left alone', async () => {
    // CertificatePolicies { { 1.2.3 { { id-qt-cps, … } } } }
    const qualifier = wrap(Uint8Array.of(0x06, 8, 0x2b, 6, 1, 5, 5, 7, 2, 1), nested(10_000))
    const value = wrap(wrap(Uint8Array.of(0x06, 2, 0x2a, 3), wrap(qualifier)))
    const path = await issuePath({ leaf: { extensions: [{ oid: '2.5.29.32', value }] } })
    expect(await judgeUsual(path)).toBe('accepted')
  })
})

function wrap(...parts: readonly Uint8Array[]): Uint8Array {
  return writeElement(0x30, concatBytes(...parts))
}

// Within 64 KiB: short lengths are found from the inside out.
function nested(depth: number): Uint8Array {
  const parts: Uint8Array[] = []
  let length = 0
  for (let level = 0; level < depth; level++) {
    const header = writeElement(0x30, new Uint8Array(0)).length
    const octets =
      length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
    parts.unshift(Uint8Array.of(0x30, ...octets))
    length += header - 1 + octets.length
  }
  return concatBytes(...parts)
}

async function named(count: number, nameOf: (index: number) => string): Promise<TestCertificate[]> {
  return await Promise.all(
    Array.from({ length: count }, (_, index) => createTestCa({ at: AT, name: nameOf(index) })),
  )
}

async function crossSigns(cas: Pool, subject: TestCertificate): Promise<TestCertificate[]> {
  return await Promise.all(cas.map((ca) => ca.issue({ kind: 'ca', name: 'Shared', keyOf: subject })))
}

// Each rung is a CA name with two keys; each is signed by both of the rung above.
async function ladder(
  rungs: number,
): Promise<{ readonly leaf: TestCertificate; readonly pool: Pool; readonly tops: Pool }> {
  const tops = await named(2, () => 'Top')
  const pool: TestCertificate[] = []
  let sides: Pool = tops
  for (let rung = 0; rung < rungs; rung++) {
    const next: TestCertificate[] = []
    for (const [index, above] of sides.entries()) {
      next.push(await above.issue({ kind: 'ca', name: `Rung ${rung}` }))
      const other = sides[1 - index]
      const made = next.at(-1)
      if (other === undefined || made === undefined) throw new Error('a rung has two sides')
      pool.push(made, await other.issue({ kind: 'ca', name: `Rung ${rung}`, keyOf: made }))
    }
    sides = next
  }
  const leaf = await sides[0]?.issue()
  if (leaf === undefined) throw new Error('a rung has two sides')
  return { leaf, pool, tops }
}
