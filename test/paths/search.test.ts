// The search for a path: any order, junk, loops, cross-signs, CAs of one name, budgets; and what it costs. The counts
// come from the verifier's own budget, so that no clock is asked.

import { createTestCa, type TestCertificate } from 'ingam/testing'
import { isVerifiedPath, type VerifyPathOptions, verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { isPkiError } from '../../packages/ingam/src/errors/errors.ts'
import { type Budget, createBudget } from '../../packages/ingam/src/path/budget.ts'
import { createTrustStore } from '../../packages/ingam/src/path/trust-store.ts'
import { searchPath, usualRules } from '../../packages/ingam/src/verify/verify-path.ts'
import { codeOf } from '../support/codes.ts'
import { AT, issuePath, judge, judgeUsual, questionFor } from '../support/mini-ca.ts'

const CLIENT_AUTH = { at: AT, purpose: 'clientAuth', revocation: 'off' } as const

interface Cost {
  readonly code: string
  readonly signatureChecks: number
  readonly edges: number
}

async function costOf(
  leaf: TestCertificate,
  intermediates: readonly TestCertificate[],
  anchors: readonly TestCertificate[],
  budget: Budget = createBudget(),
): Promise<Cost> {
  const code = await codeOf(() =>
    searchPath({
      leaf: leaf.certificate,
      intermediates: intermediates.map(({ certificate }) => certificate),
      trustStore: createTrustStore(anchors.map(({ certificate }) => certificate)),
      rules: usualRules(AT, 'clientAuth'),
      budget,
    }),
  )
  return { code, signatureChecks: budget.signatureChecks, edges: budget.edges }
}

describe('order and junk', () => {
  test('intermediates are found in any order, among junk and copies', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const junk = await createTestCa({ at: AT, name: 'Junk' })
    for (const pool of [
      [lower, upper],
      [upper, lower],
      [junk, upper, leaf, lower, root],
      [upper, upper, lower, lower],
    ]) {
      const intermediates = pool.map(({ der }) => der)
      const path = await verifyPath({
        leaf: leaf.der,
        intermediates,
        trustAnchors: [junk.certificate, root.certificate],
        ...CLIENT_AUTH,
      })
      expect(path.certificates.map(({ der }) => der)).toEqual(
        [leaf, lower, upper, root].map(({ der }) => der),
      )
    }
  })

  test('a leaf directly below the anchor needs no intermediates', async () => {
    const root = await createTestCa({ at: AT })
    expect(await judge(await root.issue(), { trustAnchors: [root.certificate] })).toBe('accepted')
  })

  test.each(['upper', 'lower'] as const)('without the %s intermediate there is no path', async (missing) => {
    const path = await issuePath()
    const intermediates = [path.upper, path.lower]
      .filter((member) => member !== path[missing])
      .map(({ der }) => der)
    expect(await judgeUsual(path, { intermediates })).toBe('ERR_PATH_NO_ISSUER')
  })

  test('the refusal names the certificate whose issuer is missing, and the issuer', async () => {
    const { root, lower, leaf } = await issuePath()
    const error = await verifyPath({
      leaf: leaf.der,
      intermediates: [lower.der],
      trustAnchors: [root.certificate],
      ...CLIENT_AUTH,
    }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      code: 'ERR_PATH_NO_ISSUER',
      details: {
        certificate: { position: 1, role: 'intermediate', subject: 'CN=Lower' },
        issuer: 'CN=Upper',
      },
      attempts: [
        {
          position: 1,
          reachesAnchor: false,
          certificates: [{ subject: 'CN=Leaf' }, { subject: 'CN=Lower' }],
        },
      ],
    })
  })

  test('an intermediate may be the trust anchor, and the path ends there', async () => {
    const { upper, lower, leaf } = await issuePath()
    const path = await verifyPath({
      leaf: leaf.der,
      intermediates: [lower.der, upper.der],
      trustAnchors: [upper.certificate],
      ...CLIENT_AUTH,
    })
    expect(path.certificates).toHaveLength(3)
    expect(path.anchor.certificate.der).toEqual(upper.der)
  })

  test('a leaf that is itself a trust anchor is no path', async () => {
    const { leaf } = await issuePath()
    const selfSigned = await createTestCa({ at: AT, kind: 'end entity', keyUsage: ['digitalSignature'] })
    expect(await judge(leaf, { trustAnchors: [leaf.certificate] })).toBe('ERR_PATH_NO_ISSUER')
    expect(await judge(selfSigned, { trustAnchors: [selfSigned.certificate] })).toBe('ERR_PATH_NO_ISSUER')
  })
})

describe('signatures', () => {
  test.each(['upper', 'lower', 'leaf'] as const)(
    'the %s signed by a stranger of the same name is refused',
    async (position) => {
      const ours = await issuePath()
      const strangers = await issuePath()
      expect(await judgeUsual({ ...ours, [position]: strangers[position] })).toBe('ERR_PATH_SIGNATURE')
    },
  )

  test("a stranger's whole path costs one check, with the anchor's key", async () => {
    const { root } = await issuePath()
    const { upper, lower, leaf } = await issuePath()
    expect(await costOf(leaf, [upper, lower], [root])).toMatchObject({
      code: 'ERR_PATH_SIGNATURE',
      signatureChecks: 1,
    })
  })

  test('a path that fails a cheap rule costs none', async () => {
    const { root, upper, lower, leaf } = await issuePath({
      leaf: { notAfter: new Date(AT.getTime() - 1000) },
    })
    expect(await costOf(leaf, [upper, lower], [root])).toMatchObject({
      code: 'ERR_PATH_EXPIRED',
      signatureChecks: 0,
    })
  })

  test('the usual path costs one check an edge', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    expect(await costOf(leaf, [lower, upper], [root])).toMatchObject({ code: 'accepted', signatureChecks: 3 })
  })
})

describe('several CAs of one name', () => {
  test('the anchor whose key signed is found among ten', async () => {
    const cas = await Promise.all(Array.from({ length: 10 }, () => createTestCa({ at: AT, name: 'Same' })))
    const leaf = await cas[7]?.issue({ withoutExtensions: ['2.5.29.35'] })
    const trustAnchors = cas.slice(4).map(({ certificate }) => certificate)
    expect(leaf === undefined ? 'no leaf' : await judge(leaf, { trustAnchors })).toBe('accepted')
  })

  test('key identifiers order the candidates: the right one is first', async () => {
    const cas = await Promise.all(Array.from({ length: 6 }, () => createTestCa({ at: AT, name: 'Same' })))
    const leaf = await cas[5]?.issue()
    if (leaf === undefined) throw new Error('no leaf')
    expect(await costOf(leaf, [], cas)).toMatchObject({ code: 'accepted', signatureChecks: 1 })
  })

  test('key identifiers order the candidates: one without comes before a wrong one', async () => {
    const wrong = await createTestCa({ at: AT, name: 'Same' })
    const bare = await createTestCa({ at: AT, name: 'Same', withoutExtensions: ['2.5.29.14'] })
    const right = await createTestCa({ at: AT, name: 'Same' })
    const byBare = await costOf(await bare.issue(), [], [wrong, bare])
    expect(byBare).toMatchObject({ code: 'accepted', signatureChecks: 1 })
    const byRight = await costOf(await right.issue(), [], [wrong, bare, right])
    expect(byRight).toMatchObject({ code: 'accepted', signatureChecks: 1 })
  })

  test('key identifiers do not decide: a wrong one is only tried late', async () => {
    const { root, upper, lower } = await issuePath()
    const leaf = await lower.issue({
      extensions: [{ oid: '2.5.29.35', value: Uint8Array.of(0x30, 0x03, 0x80, 0x01, 0x55) }],
    })
    expect(await judgeUsual({ root, upper, lower, leaf })).toBe('accepted')
  })

  test('of an expired and a renewed intermediate of one name and key the valid one is taken', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const expired = await upper.issue({
      kind: 'ca',
      name: 'Lower',
      keyOf: lower,
      notAfter: new Date(AT.getTime() - 1000),
    })
    for (const intermediates of [
      [expired, upper, lower],
      [lower, upper, expired],
    ]) {
      expect(
        await judgeUsual(
          { root, upper, lower, leaf },
          { intermediates: intermediates.map(({ der }) => der) },
        ),
      ).toBe('accepted')
    }
  })

  test('a re-keyed CA vouches for its new key by a self-issued certificate', async () => {
    const old = await createTestCa({ at: AT, name: 'Root' })
    const renewed = await createTestCa({ at: AT, name: 'Root' })
    const bridge = await old.issue({ kind: 'ca', name: 'Root', keyOf: renewed })
    const leaf = await renewed.issue()
    expect(await judge(leaf, { trustAnchors: [old.certificate], intermediates: [bridge.der] })).toBe(
      'accepted',
    )
    expect(await judge(leaf, { trustAnchors: [old.certificate] })).toBe('ERR_PATH_SIGNATURE')
  })
})

describe('cross-signs and loops', () => {
  test('another way is tried where one fails', async () => {
    const trusted = await createTestCa({ at: AT, name: 'Trusted' })
    const other = await createTestCa({ at: AT, name: 'Other' })
    const ca = await other.issue({ kind: 'ca', name: 'Shared' })
    const cross = await trusted.issue({ kind: 'ca', name: 'Shared', keyOf: ca })
    const leaf = await ca.issue()
    const question = { intermediates: [ca.der, other.der, cross.der], trustAnchors: [trusted.certificate] }
    expect(await judge(leaf, question)).toBe('accepted')
  })

  test('two CAs that sign each other end', async () => {
    const { root } = await issuePath()
    const one = await createTestCa({ at: AT, name: 'One' })
    const two = await createTestCa({ at: AT, name: 'Two' })
    const oneByTwo = await two.issue({ kind: 'ca', name: 'One', keyOf: one })
    const twoByOne = await one.issue({ kind: 'ca', name: 'Two', keyOf: two })
    const cost = await costOf(await one.issue(), [oneByTwo, twoByOne], [root])
    expect(cost).toMatchObject({ code: 'ERR_PATH_NO_ISSUER', signatureChecks: 0 })
    expect(cost.edges).toBeLessThanOrEqual(8)
  })

  test.each([2, 4, 8])(
    'a fan of %i cross-signs of one CA that lead nowhere costs no signature check',
    async (count) => {
      const { root } = await issuePath()
      const ca = await createTestCa({ at: AT, name: 'Fan' })
      const strangers = await Promise.all(
        Array.from({ length: count }, (_, index) => createTestCa({ at: AT, name: `S${index}` })),
      )
      const crosses = await Promise.all(
        strangers.map((stranger) => stranger.issue({ kind: 'ca', name: 'Fan', keyOf: ca })),
      )
      const cost = await costOf(await ca.issue(), [...crosses, ...strangers], [root])
      expect(cost).toMatchObject({ code: 'ERR_PATH_NO_ISSUER', signatureChecks: 0 })
      expect(cost.edges).toBeLessThanOrEqual(3 * count)
    },
  )

  test.each([2, 3, 5, 8])('a ladder of %i rungs with two sides ends within its budget', async (rungs) => {
    const { root } = await issuePath()
    const cost = await costOf(...(await ladder(rungs)), [root])
    expect(['ERR_PATH_NO_ISSUER', 'ERR_PATH_BUDGET']).toContain(cost.code)
    expect(cost.edges).toBeLessThanOrEqual(64)
    expect(cost.signatureChecks).toBe(0)
  })
})

// Each rung is a CA name with two certificates of different keys; each signs both of the next.
async function ladder(rungs: number): Promise<readonly [TestCertificate, readonly TestCertificate[]]> {
  const pool: TestCertificate[] = []
  let sides = await Promise.all([
    createTestCa({ at: AT, name: 'Top' }),
    createTestCa({ at: AT, name: 'Top' }),
  ])
  for (let rung = 0; rung < rungs; rung++) {
    const name = `Rung ${rung}`
    const [left, right] = sides
    const next = await left.issue({ kind: 'ca', name })
    const other = await right.issue({ kind: 'ca', name })
    pool.push(
      next,
      other,
      await right.issue({ kind: 'ca', name, keyOf: next }),
      await left.issue({ kind: 'ca', name, keyOf: other }),
    )
    sides = [next, other]
  }
  return [await sides[0].issue(), pool]
}

describe('budgets, at the limit and one past it', () => {
  test('signature checks', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const spend = async (maxSignatureChecks: number): Promise<Cost> =>
      await costOf(leaf, [upper, lower], [root], createBudget({ maxSignatureChecks }))
    expect(await spend(3)).toMatchObject({ code: 'accepted', signatureChecks: 3 })
    expect(await spend(2)).toMatchObject({ code: 'ERR_PATH_BUDGET', signatureChecks: 2 })
  })

  test('edges', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    // Leaf and lower, lower and upper, upper and the trust anchor.
    const needed = 3
    expect(await costOf(leaf, [upper, lower], [root])).toMatchObject({ code: 'accepted', edges: needed })
    const spend = async (maxEdges: number): Promise<Cost> =>
      await costOf(leaf, [upper, lower], [root], createBudget({ maxEdges }))
    expect(await spend(needed)).toMatchObject({ code: 'accepted' })
    expect(await spend(needed - 1)).toMatchObject({ code: 'ERR_PATH_BUDGET', signatureChecks: 0 })
    const twin = await upper.issue({ kind: 'ca', name: 'Lower', keyOf: lower })
    const question = { trustAnchors: [root.certificate], intermediates: [upper.der, lower.der, twin.der] }
    const error = await verifyPath(questionFor(leaf, { ...question, limits: { maxEdges: 1 } })).catch(
      (cause: unknown) => cause,
    )
    // Said once, however many ways are left.
    expect(error).toMatchObject({ attempts: [{ code: 'ERR_PATH_BUDGET', reachesAnchor: false }] })
  })

  test('intermediates that are not self-issued', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const judgeWith = async (maxIntermediates: number): Promise<string> =>
      await judgeUsual({ root, upper, lower, leaf }, { limits: { maxIntermediates } })
    expect(await judgeWith(2)).toBe('accepted')
    expect(await judgeWith(1)).toBe('ERR_PATH_BUDGET')
  })

  test('a detour that is too long does not hide what is wrong with the short way', async () => {
    const { root, upper, lower, leaf } = await issuePath({
      leaf: { notAfter: new Date(AT.getTime() - 1000) },
    })
    const shortWay = await root.issue({ kind: 'ca', name: 'Lower', keyOf: lower })
    const intermediates = [lower.der, upper.der, shortWay.der]
    expect(
      await judgeUsual({ root, upper, lower, leaf }, { intermediates, limits: { maxIntermediates: 1 } }),
    ).toBe('ERR_PATH_EXPIRED')
  })
})

describe('refusals', () => {
  test('the one that came furthest is thrown, with all attempts', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const stranger = await createTestCa({ at: AT, name: 'Root' })
    const error = await verifyPath({
      leaf: leaf.der,
      intermediates: [upper.der, lower.der],
      trustAnchors: [stranger.certificate],
      ...CLIENT_AUTH,
    }).catch((cause: unknown) => cause)
    if (!isPkiError(error)) throw new Error('expected a refusal')
    expect(error).toMatchObject({ name: 'PathError', code: 'ERR_PATH_SIGNATURE' })
    const subjects = ['CN=Leaf', 'CN=Lower', 'CN=Upper', 'CN=Root']
    expect(error.attempts).toMatchObject([
      {
        code: 'ERR_PATH_SIGNATURE',
        certificates: subjects.map((subject) => ({ subject })),
        position: 2,
        reachesAnchor: true,
      },
    ])
    expect(root.certificate.subject.isEmpty).toBe(false)
  })

  test('a namesake with another key does not hide what is wrong with the real issuer', async () => {
    const { root, upper, lower, leaf } = await issuePath({ lower: { notAfter: new Date(AT.getTime() - 1) } })
    const namesake = await upper.issue({ kind: 'ca', name: 'Lower' })
    const intermediates = [upper.der, lower.der, namesake.der]
    expect(await judgeUsual({ root, upper, lower, leaf }, { intermediates })).toBe('ERR_PATH_EXPIRED')
    // Without identifiers nobody can tell, and the path that came furthest is reported.
    const bare = await lower.issue({ withoutExtensions: ['2.5.29.35'] })
    expect(await judgeUsual({ root, upper, lower, leaf: bare }, { intermediates })).toBe('ERR_PATH_SIGNATURE')
  })

  test('at most sixteen attempts are kept', async () => {
    const cas = await Promise.all(Array.from({ length: 20 }, () => createTestCa({ at: AT, name: 'Same' })))
    const stranger = await createTestCa({ at: AT, name: 'Same' })
    const limits = { maxSignatureChecks: 100 }
    const error = await verifyPath({
      leaf: (await stranger.issue()).der,
      trustAnchors: cas.map(({ certificate }) => certificate),
      ...CLIENT_AUTH,
      limits,
    }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ attempts: { length: 16 }, attemptsDropped: 4 })
  })
})

describe('the verified path', () => {
  test('says what was verified', async () => {
    const { root, upper, lower, leaf } = await issuePath({
      upper: { notBefore: new Date('2026-06-01T11:59:00Z') },
    })
    const path = await verifyPath({
      leaf: leaf.certificate,
      intermediates: [upper.certificate, lower.certificate],
      trustAnchors: [{ certificate: root.certificate, id: 'our root' }],
      ...CLIENT_AUTH,
    })
    expect(path.anchor.id).toBe('our root')
    expect(path.validUntil).toEqual(leaf.certificate.notAfter)
    expect(path.validFrom).toEqual(upper.certificate.notBefore)
    expect(path).toMatchObject({ purpose: 'clientAuth', at: AT })
  })

  test('is recognised, and a copy of it is not', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const options: VerifyPathOptions = {
      leaf: leaf.der,
      intermediates: [upper.der, lower.der],
      trustAnchors: [root.certificate],
      ...CLIENT_AUTH,
    }
    const path = await verifyPath(options)
    expect(isVerifiedPath(path)).toBe(true)
    expect(isVerifiedPath(Object.assign({}, path))).toBe(false)
    expect(isVerifiedPath(JSON.parse(JSON.stringify({ certificates: [] })))).toBe(false)
    expect(isVerifiedPath(undefined)).toBe(false)
  })
})
