// Trust anchors: their dates, constraints and critical extensions (RFC 5937), anchors that are not self-signed, pinned
// leaves, look-ups among many.

import { createVerifier, signToken } from 'ingam'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { createTrustStore, verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../support/codes.ts'
import { certificatePolicies, policyConstraints } from '../support/extensions.ts'
import { AT, issuePath, judge, judgeUsual, questionFor } from '../support/mini-ca.ts'

const HOUR = 3_600_000
const EXPIRED = { notAfter: new Date(AT.getTime() - 1_000) } as const
const EARLY = { notBefore: new Date(AT.getTime() + 1_000) } as const

describe('the dates of the anchor', () => {
  test.each([
    ['expired', EXPIRED, 'ERR_PATH_EXPIRED'],
    ['not yet valid', EARLY, 'ERR_PATH_NOT_YET_VALID'],
  ])('%s: refused, unless they are ignored', async (_, change, code) => {
    const path = await issuePath({ root: change })
    expect(await judgeUsual(path)).toBe(code)
    expect(await judgeUsual(path, { anchorValidity: 'enforce' })).toBe(code)
    expect(await judgeUsual(path, { anchorValidity: 'ignore' })).toBe('accepted')
  })

  test.each(['upper', 'lower', 'leaf'] as const)('ignored, those of the %s still count', async (position) => {
    const path = await issuePath({ root: EXPIRED, [position]: EXPIRED })
    expect(await judgeUsual(path, { anchorValidity: 'ignore' })).toBe('ERR_PATH_EXPIRED')
  })

  test('ignored, they do not bound the validity of the path', async () => {
    const { root, upper, lower, leaf } = await issuePath({ root: EXPIRED })
    const question = { trustAnchors: [root.certificate], intermediates: [upper.der, lower.der] } as const
    const path = await verifyPath(questionFor(leaf, { ...question, anchorValidity: 'ignore' }))
    expect(path.validUntil).toEqual(leaf.certificate.notAfter)
    expect(path.isWithinValidity(AT)).toBe(true)
    expect(path.isWithinValidity(new Date(leaf.certificate.notAfter.getTime() + 1))).toBe(false)
  })

  test('enforced, they do', async () => {
    const notAfter = new Date(AT.getTime() + HOUR)
    const { root, upper, lower, leaf } = await issuePath({ root: { notAfter } })
    const question = { trustAnchors: [root.certificate], intermediates: [upper.der, lower.der] } as const
    const path = await verifyPath(questionFor(leaf, question))
    expect(path.validUntil).toEqual(notAfter)
    for (const end of [path.validFrom, path.validUntil]) expect(path.isWithinValidity(end)).toBe(true)
    expect(path.isWithinValidity(new Date(path.validUntil.getTime() + 1))).toBe(false)
    expect(path.isWithinValidity(new Date(path.validFrom.getTime() - 1))).toBe(false)
    expect([path, path.certificates, path.policies, path.anchor].every(Object.isFrozen)).toBe(true)
  })

  test('a verifier of tokens ignores them when told, with its chain in memory and without', async () => {
    const root = await createTestCa({ at: AT, ...EXPIRED })
    const leaf = await root.issue()
    const audience = 'https://api.example'
    const token = await signToken(await leaf.credential(), { audience, at: AT })
    const shared = {
      trustAnchors: [root.certificate],
      audience,
      revocation: 'off',
      clock: () => AT,
      oneTimeUse: 'off',
    } as const
    expect(await codeOf(() => createVerifier(shared).verify(token))).toBe('ERR_PATH_EXPIRED')
    const verifier = createVerifier({ ...shared, anchorValidity: 'ignore' })
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    expect(verifier.status()).toMatchObject({ cacheHits: 1 })
  })
})

describe('an anchor that is not self-signed', () => {
  test('ends the path, and nothing above it is asked for', async () => {
    const { upper, lower, leaf } = await issuePath({ root: EXPIRED })
    expect(await judge(leaf, { trustAnchors: [upper.certificate], intermediates: [lower.der] })).toBe(
      'accepted',
    )
    expect(await judge(leaf, { trustAnchors: [lower.certificate] })).toBe('accepted')
  })

  test('is held to its own constraints', async () => {
    const { upper, lower, leaf } = await issuePath({ upper: { pathLenConstraint: 0 } })
    expect(await judge(leaf, { trustAnchors: [upper.certificate], intermediates: [lower.der] })).toBe(
      'ERR_PATH_LENGTH',
    )
  })

  test("may bear names that it may not speak for: nobody's issuer is judged by its own", async () => {
    const { lower, leaf } = await issuePath({ lower: { dns: ['ca.test'] }, leaf: { dns: ['a.example'] } })
    const names = { directoryNames: [leaf.certificate.subject], dns: ['example'] }
    const trustAnchors = [{ certificate: lower.certificate, names }]
    expect(await judge(leaf, { trustAnchors })).toBe('accepted')
  })

  test('must be a CA', async () => {
    const { lower, leaf } = await issuePath({ lower: { kind: 'end entity', extKeyUsage: null } })
    expect(await judge(leaf, { trustAnchors: [lower.certificate] })).toBe('ERR_PATH_NOT_CA')
  })
})

describe('a pinned leaf', () => {
  async function judgePinned(leaf: TestCertificate, pinned: TestCertificate = leaf): Promise<string> {
    return await judge(leaf, { trustAnchors: [pinned.certificate], pinnedLeaf: 'accept' })
  }

  test('is no path unless asked for', async () => {
    const { leaf } = await issuePath()
    expect(await judge(leaf, { trustAnchors: [leaf.certificate] })).toBe('ERR_PATH_NO_ISSUER')
    expect(await judge(leaf, { trustAnchors: [leaf.certificate], pinnedLeaf: 'refuse' })).toBe(
      'ERR_PATH_NO_ISSUER',
    )
    expect(await judgePinned(leaf)).toBe('accepted')
  })

  test('stands alone in its path', async () => {
    const { leaf } = await issuePath()
    const path = await verifyPath(
      questionFor(leaf, {
        trustAnchors: [{ certificate: leaf.certificate, id: 'it' }],
        pinnedLeaf: 'accept',
      }),
    )
    expect(path.certificates).toEqual([leaf.certificate])
    expect(path.anchor).toEqual({ id: 'it', certificate: leaf.certificate })
    expect(path.validUntil).toEqual(leaf.certificate.notAfter)
  })

  test('is the very certificate: a renewed one of the same name and key is another', async () => {
    const { lower, leaf } = await issuePath()
    const renewed = await lower.issue({ name: 'Leaf', keyOf: leaf })
    expect(await judgePinned(renewed, leaf)).toBe('ERR_PATH_NO_ISSUER')
  })

  test.each([
    ['expired', EXPIRED, 'ERR_PATH_EXPIRED'],
    ['of another purpose', { extKeyUsage: ['1.3.6.1.5.5.7.3.1'] }, 'ERR_PATH_PURPOSE'],
    ['of a weak key', { keyType: 'RSA-1024' }, 'ERR_PATH_ALGORITHM'],
    [
      'with an unknown critical extension',
      { extensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] },
      'ERR_PATH_CRITICAL_EXTENSION',
    ],
    ['that requires a policy and has none', { extensions: [policyConstraints(0)] }, 'ERR_PATH_POLICY'],
    ['that would require one below it', { extensions: [policyConstraints(1)] }, 'accepted'],
    ['that has a policy', { extensions: [certificatePolicies('1.2.3')] }, 'accepted'],
    ['that is a CA', { kind: 'ca', extKeyUsage: null }, 'accepted'],
  ] as const)('%s', async (_, change, expected) => {
    const { leaf } = await issuePath({ leaf: change })
    expect(await judgePinned(leaf)).toBe(expected)
  })

  test('that expired is refused though the dates of anchors are ignored', async () => {
    const { leaf } = await issuePath({ leaf: EXPIRED })
    const question = {
      trustAnchors: [leaf.certificate],
      pinnedLeaf: 'accept',
      anchorValidity: 'ignore',
    } as const
    expect(await judge(leaf, question)).toBe('ERR_PATH_EXPIRED')
  })

  test('is held to the names of its anchor', async () => {
    const { leaf } = await issuePath({ leaf: { dns: ['a.example'] } })
    const judgeNamed = async (dns: readonly string[]): Promise<string> =>
      await judge(leaf, {
        trustAnchors: [{ certificate: leaf.certificate, names: { directoryNames: 'any', dns } }],
        pinnedLeaf: 'accept',
      })
    expect(await judgeNamed(['example'])).toBe('accepted')
    expect(await judgeNamed(['test'])).toBe('ERR_PATH_ANCHOR_NAME')
  })

  test('has a path to its issuer as well, if that is trusted', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const path = await verifyPath(
      questionFor(leaf, {
        trustAnchors: [leaf.certificate, root.certificate],
        intermediates: [upper.der, lower.der],
      }),
    )
    expect(path.certificates).toHaveLength(4)
  })

  test.each(['Accept', true, null])('%s is no answer', async (pinnedLeaf) => {
    const { leaf } = await issuePath()
    const question: unknown = { trustAnchors: [leaf.certificate], pinnedLeaf }
    expect(await judge(leaf, untyped(question))).toBe('ERR_ARG_VALUE')
  })
})

function untyped<T>(value: unknown): T
function untyped(value: unknown): unknown {
  return value
}

describe('extended key usage of any kind', () => {
  const ANY_PURPOSE = '2.5.29.37.0'

  test.each(['root', 'upper', 'lower', 'leaf'] as const)(
    'at the %s counts when accepted',
    async (position) => {
      const path = await issuePath({ [position]: { extKeyUsage: [ANY_PURPOSE] } })
      expect(await judgeUsual(path)).toBe('ERR_PATH_PURPOSE')
      expect(await judgeUsual(path, { anyExtendedKeyUsage: 'accept' })).toBe('accepted')
    },
  )

  test('accepted, another purpose is still refused', async () => {
    const path = await issuePath({ leaf: { extKeyUsage: ['1.3.6.1.5.5.7.3.1'] } })
    expect(await judgeUsual(path, { anyExtendedKeyUsage: 'accept' })).toBe('ERR_PATH_PURPOSE')
  })
})

describe('many anchors', () => {
  test('the one is found among ten thousand by one look-up', async () => {
    const { root, upper, lower, leaf } = await issuePath()
    const crowd = await crowdOf(10_000, root)
    const store = createTrustStore(crowd)
    expect(store.size).toBe(10_000)
    const question = { trustAnchors: store, intermediates: [upper.der, lower.der], limits: { maxEdges: 3 } }
    expect(await judge(leaf, question)).toBe('accepted')
  })
})

// One key, so that making them is cheap; each has a name of its own.
async function crowdOf(size: number, one: TestCertificate): Promise<TestCertificate['certificate'][]> {
  const others = await Promise.all(
    Array.from({ length: size - 1 }, (_, index) =>
      one.issue({ kind: 'ca', name: `Anchor ${index}`, keyOf: one }),
    ),
  )
  return [...others.map(({ certificate }) => certificate), one.certificate]
}
