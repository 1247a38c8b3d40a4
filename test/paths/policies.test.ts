// Certificate policies (RFC 5280 §6.1, RFC 9618): the four inputs, explicit policy, mappings, inhibitions, each with the
// case that it refuses and its neighbour, and the policy set that comes out.

import { createVerifier, signToken } from 'ingam'
import { createTestCa, type IssueOptions, type TestExtension } from 'ingam/testing'
import { type PolicyInputs, verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import {
  writeExplicit,
  writeImplicit,
  writeOid,
  writeSequence,
  writeString,
} from '../../packages/ingam/src/der/writer.ts'
import { codeOf } from '../support/codes.ts'
import {
  certificatePolicies,
  inhibitAnyPolicy,
  policyConstraints,
  policyMappings,
} from '../support/extensions.ts'
import { AT, issuePath, judgeUsual, type Position, questionFor } from '../support/mini-ca.ts'

const ANY = '2.5.29.32.0'
const A = '1.2.3.1'
const B = '1.2.3.2'
const C = '1.2.3.3'
const NO = 'ERR_PATH_POLICY'

type Extensions = Partial<Record<Position, readonly TestExtension[]>>

interface Case {
  readonly title: string
  readonly path: Extensions
  readonly inputs?: Partial<PolicyInputs>
  /** The policies that come out, or the refusal. */
  readonly expected: readonly string[] | string
}

const EXPLICIT = { initialExplicitPolicy: true } as const
const NO_MAPPING = { ...EXPLICIT, initialPolicyMappingInhibit: true } as const
const NO_ANY = { ...EXPLICIT, initialInhibitAnyPolicy: true } as const
const POLICIES_A = [certificatePolicies(A)]
const ALL_A: Extensions = { upper: POLICIES_A, lower: POLICIES_A, leaf: POLICIES_A }

const CASES: readonly Case[] = [
  // None required.
  { title: 'no policies at all', path: {}, expected: [] },
  { title: 'one policy throughout', path: ALL_A, expected: [A] },
  { title: 'a leaf without', path: { ...ALL_A, leaf: [] }, expected: [] },
  { title: 'anyPolicy throughout', path: anyThroughout([ANY]), expected: [ANY] },

  // initialExplicitPolicy
  { title: 'explicit: one policy throughout', path: ALL_A, inputs: EXPLICIT, expected: [A] },
  { title: 'explicit: none at all', path: {}, inputs: EXPLICIT, expected: NO },
  { title: 'explicit: none in the upper', path: { ...ALL_A, upper: [] }, inputs: EXPLICIT, expected: NO },
  { title: 'explicit: none in the lower', path: { ...ALL_A, lower: [] }, inputs: EXPLICIT, expected: NO },
  { title: 'explicit: none in the leaf', path: { ...ALL_A, leaf: [] }, inputs: EXPLICIT, expected: NO },
  {
    title: 'explicit: another policy in the leaf',
    path: { ...ALL_A, leaf: [certificatePolicies(B)] },
    inputs: EXPLICIT,
    expected: NO,
  },
  {
    title: 'explicit: one of two goes on',
    path: { ...ALL_A, upper: [certificatePolicies(A, B)], leaf: [certificatePolicies(A, B)] },
    inputs: EXPLICIT,
    expected: [A],
  },
  {
    title: 'explicit: anyPolicy in the CAs',
    path: { ...anyThroughout([ANY]), leaf: POLICIES_A },
    inputs: EXPLICIT,
    expected: [A],
  },
  {
    title: 'explicit: anyPolicy in the leaf',
    path: { ...ALL_A, leaf: [certificatePolicies(ANY)] },
    inputs: EXPLICIT,
    expected: [A],
  },
  {
    title: 'explicit: anyPolicy beside a policy in the lower',
    path: {
      upper: [certificatePolicies(A, B)],
      lower: [certificatePolicies(A, ANY)],
      leaf: [certificatePolicies(B)],
    },
    inputs: EXPLICIT,
    expected: [B],
  },

  // initialPolicySet
  { title: 'set: the one held', path: ALL_A, inputs: { ...EXPLICIT, initialPolicySet: [A] }, expected: [A] },
  { title: 'set: another', path: ALL_A, inputs: { ...EXPLICIT, initialPolicySet: [B] }, expected: NO },
  { title: 'set: one of two', path: ALL_A, inputs: { ...EXPLICIT, initialPolicySet: [B, A] }, expected: [A] },
  { title: 'set: another, but none required', path: ALL_A, inputs: { initialPolicySet: [B] }, expected: [] },
  {
    title: 'set: any among others',
    path: ALL_A,
    inputs: { ...EXPLICIT, initialPolicySet: [B, ANY] },
    expected: [A],
  },
  {
    title: 'set: under anyPolicy throughout',
    path: anyThroughout([ANY]),
    inputs: { ...EXPLICIT, initialPolicySet: [B, A] },
    expected: [A, B],
  },

  // requireExplicitPolicy
  ...([0, 1, 2] as const).map(
    (skip): Case => ({
      title: `requireExplicitPolicy ${skip} of the upper, a leaf without`,
      path: { ...ALL_A, upper: [...POLICIES_A, policyConstraints(skip)], leaf: [] },
      expected: NO,
    }),
  ),
  {
    title: 'requireExplicitPolicy 3 of the upper, a leaf without',
    path: { ...ALL_A, upper: [...POLICIES_A, policyConstraints(3)], leaf: [] },
    expected: [],
  },
  {
    title: 'requireExplicitPolicy 0 of the upper, all with',
    path: { ...ALL_A, upper: [...POLICIES_A, policyConstraints(0)] },
    expected: [A],
  },
  {
    title: 'requireExplicitPolicy 0 of the leaf itself, without policies',
    path: { leaf: [policyConstraints(0)] },
    expected: NO,
  },
  {
    title: 'requireExplicitPolicy 0 of the leaf itself, with',
    path: { ...ALL_A, leaf: [...POLICIES_A, policyConstraints(0)] },
    expected: [A],
  },
  {
    title: 'requireExplicitPolicy 1 of the leaf itself, without policies',
    path: { leaf: [policyConstraints(1)] },
    expected: [],
  },
  {
    title: 'a greater number below does not undo a smaller one above',
    path: {
      ...ALL_A,
      upper: [...POLICIES_A, policyConstraints(0)],
      lower: [...POLICIES_A, policyConstraints(9)],
      leaf: [],
    },
    expected: NO,
  },

  // policyMappings
  {
    title: 'mapping: the mapped policy in the leaf',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([A, B])], leaf: [certificatePolicies(B)] },
    inputs: EXPLICIT,
    expected: [A],
  },
  {
    title: 'mapping: the policy itself in the leaf',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([A, B])] },
    inputs: EXPLICIT,
    expected: NO,
  },
  {
    title: 'mapping: to itself and another',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([A, A], [A, B])] },
    inputs: EXPLICIT,
    expected: [A],
  },
  {
    title: 'mapping: twice',
    path: {
      upper: [...POLICIES_A, policyMappings([A, B])],
      lower: [certificatePolicies(B), policyMappings([B, C])],
      leaf: [certificatePolicies(C)],
    },
    inputs: { ...EXPLICIT, initialPolicySet: [A] },
    expected: [A],
  },
  {
    title: 'mapping: the set is of the domain of the anchor',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([A, B])], leaf: [certificatePolicies(B)] },
    inputs: { ...EXPLICIT, initialPolicySet: [B] },
    expected: NO,
  },
  {
    title: 'mapping: of a policy covered by anyPolicy alone',
    path: {
      upper: [certificatePolicies(ANY)],
      lower: [certificatePolicies(ANY), policyMappings([A, B])],
      leaf: [certificatePolicies(B)],
    },
    inputs: { ...EXPLICIT, initialPolicySet: [A] },
    expected: [A],
  },
  {
    title: 'mapping: of a policy that the CA does not hold',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([C, B])], leaf: [certificatePolicies(B)] },
    inputs: EXPLICIT,
    expected: NO,
  },
  {
    title: 'mapping: two onto one',
    path: {
      upper: [certificatePolicies(A, B)],
      lower: [certificatePolicies(A, B), policyMappings([A, C], [B, C])],
      leaf: [certificatePolicies(C)],
    },
    inputs: EXPLICIT,
    expected: [A, B],
  },
  {
    title: 'mapping: from anyPolicy',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([ANY, B])] },
    expected: NO,
  },
  {
    title: 'mapping: to anyPolicy',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([A, ANY])] },
    expected: NO,
  },
  {
    title: 'mapping: to anyPolicy, in the leaf, where it is not looked at',
    path: { ...ALL_A, leaf: [...POLICIES_A, policyMappings([A, ANY])] },
    expected: [A],
  },

  // initialPolicyMappingInhibit, inhibitPolicyMapping
  {
    title: 'no mapping: the mapped policy in the leaf',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([A, B])], leaf: [certificatePolicies(B)] },
    inputs: NO_MAPPING,
    expected: NO,
  },
  {
    title: 'no mapping: the policy itself is lost',
    path: { ...ALL_A, lower: [...POLICIES_A, policyMappings([A, B])] },
    inputs: NO_MAPPING,
    expected: NO,
  },
  {
    title: 'no mapping: a policy beside it goes on',
    path: {
      upper: [certificatePolicies(A, C)],
      lower: [certificatePolicies(A, C), policyMappings([A, B])],
      leaf: [certificatePolicies(C)],
    },
    inputs: NO_MAPPING,
    expected: [C],
  },
  {
    title: 'inhibitPolicyMapping 0 of the upper binds the lower',
    path: {
      upper: [...POLICIES_A, policyConstraints(0, 0)],
      lower: [...POLICIES_A, policyMappings([A, B])],
      leaf: [certificatePolicies(B)],
    },
    expected: NO,
  },
  {
    title: 'inhibitPolicyMapping 1 of the upper does not bind the lower',
    path: {
      upper: [...POLICIES_A, policyConstraints(0, 1)],
      lower: [...POLICIES_A, policyMappings([A, B])],
      leaf: [certificatePolicies(B)],
    },
    expected: [A],
  },
  {
    title: 'inhibitPolicyMapping 0 does not bind its own certificate',
    path: {
      upper: POLICIES_A,
      lower: [...POLICIES_A, policyMappings([A, B]), policyConstraints(0, 0)],
      leaf: [certificatePolicies(B)],
    },
    expected: [A],
  },

  // initialInhibitAnyPolicy, inhibitAnyPolicy
  {
    title: 'no anyPolicy: in the upper',
    path: { ...ALL_A, upper: [certificatePolicies(ANY)] },
    inputs: NO_ANY,
    expected: NO,
  },
  {
    title: 'no anyPolicy: in the leaf',
    path: { ...ALL_A, leaf: [certificatePolicies(ANY)] },
    inputs: NO_ANY,
    expected: NO,
  },
  { title: 'no anyPolicy: none there', path: ALL_A, inputs: NO_ANY, expected: [A] },
  {
    title: 'inhibitAnyPolicy 0 of the upper, anyPolicy in the lower',
    path: {
      ...ALL_A,
      upper: [...POLICIES_A, inhibitAnyPolicy(0), policyConstraints(0)],
      lower: [certificatePolicies(ANY)],
    },
    expected: NO,
  },
  {
    title: 'inhibitAnyPolicy 1 of the upper, anyPolicy in the lower',
    path: {
      ...ALL_A,
      upper: [...POLICIES_A, inhibitAnyPolicy(1), policyConstraints(0)],
      lower: [certificatePolicies(ANY)],
    },
    expected: [A],
  },
  {
    title: 'inhibitAnyPolicy 1 of the upper, anyPolicy in the leaf',
    path: {
      ...ALL_A,
      upper: [...POLICIES_A, inhibitAnyPolicy(1), policyConstraints(0)],
      leaf: [certificatePolicies(ANY)],
    },
    expected: NO,
  },

  // RFC 5937: what the anchor's own certificate demands
  {
    title: 'anchor: requireExplicitPolicy 0, none held',
    path: { root: [policyConstraints(0)] },
    expected: NO,
  },
  {
    title: 'anchor: requireExplicitPolicy 0, one held',
    path: { ...ALL_A, root: [policyConstraints(0)] },
    expected: [A],
  },
  {
    title: 'anchor: requireExplicitPolicy 4, a leaf without',
    path: { root: [policyConstraints(4)] },
    expected: [],
  },
  {
    title: 'anchor: requireExplicitPolicy 3, a leaf without',
    path: { root: [policyConstraints(3)] },
    expected: NO,
  },
  {
    title: 'anchor: inhibitAnyPolicy 0',
    path: { ...ALL_A, root: [inhibitAnyPolicy(0)], upper: [certificatePolicies(ANY)] },
    inputs: EXPLICIT,
    expected: NO,
  },
  {
    title: 'anchor: inhibitPolicyMapping 0',
    path: {
      root: [policyConstraints(undefined, 0)],
      upper: [...POLICIES_A, policyMappings([A, B])],
      lower: [certificatePolicies(B)],
      leaf: [certificatePolicies(B)],
    },
    inputs: EXPLICIT,
    expected: NO,
  },
  {
    title: 'anchor: its policies bound the set',
    path: { root: [certificatePolicies(B)], ...ALL_A },
    inputs: EXPLICIT,
    expected: NO,
  },
  {
    title: 'anchor: its policies hold the one',
    path: { root: [certificatePolicies(A, B)], ...ALL_A },
    inputs: EXPLICIT,
    expected: [A],
  },
  {
    title: 'anchor: anyPolicy bounds nothing',
    path: { root: [certificatePolicies(ANY)], ...ALL_A },
    inputs: EXPLICIT,
    expected: [A],
  },
  {
    title: 'anchor: its policies and those of the caller together',
    path: { root: [certificatePolicies(A)], ...anyThroughout([ANY]) },
    inputs: { ...EXPLICIT, initialPolicySet: [A, B] },
    expected: [A],
  },
]

function anyThroughout(policies: readonly string[]): Extensions {
  const extension = [certificatePolicies(...policies)]
  return { upper: extension, lower: extension, leaf: extension }
}

test.each(CASES)('$title', async ({ path, inputs = {}, expected }) => {
  const changes = Object.fromEntries(
    Object.entries(path).map(([position, extensions]): [string, IssueOptions] => [position, { extensions }]),
  )
  const { root, upper, lower, leaf } = await issuePath(changes)
  const verdict = await verifyPath(
    questionFor(leaf, {
      trustAnchors: [root.certificate],
      intermediates: [upper.der, lower.der],
      policies: inputs,
    }),
  ).catch((error: unknown) => error)
  if (typeof expected === 'string') expect(verdict).toMatchObject({ code: expected })
  else expect(verdict).toMatchObject({ policies: expected })
})

describe('self-issued certificates', () => {
  async function judge(rollover: IssueOptions, ca: readonly TestExtension[]): Promise<string> {
    const root = await createTestCa({ at: AT, name: 'Root' })
    const upper = await root.issue({ kind: 'ca', name: 'CA', extensions: ca })
    const lower = await upper.issue({ kind: 'ca', name: 'CA', ...rollover })
    const leaf = await lower.issue({ extensions: [certificatePolicies(A)] })
    return await judgeUsual({ root, upper, lower, leaf })
  }

  test('may hold anyPolicy where it is inhibited; one that is not, may not', async () => {
    const ca = [...POLICIES_A, inhibitAnyPolicy(0), policyConstraints(0)]
    const extensions = [certificatePolicies(ANY)]
    expect(await judge({ extensions }, ca)).toBe('accepted')
    expect(await judge({ extensions, name: 'Another' }, ca)).toBe(NO)
  })

  test('do not count for the numbers of further certificates', async () => {
    const judgeLeafWithout = async (name: string): Promise<string> => {
      const root = await createTestCa({ at: AT, name: 'Root' })
      const upper = await root.issue({ kind: 'ca', name: 'CA', extensions: [policyConstraints(2)] })
      const lower = await upper.issue({ kind: 'ca', name })
      return await judgeUsual({ root, upper, lower, leaf: await lower.issue({}) })
    }
    expect(await judgeLeafWithout('CA')).toBe('accepted')
    expect(await judgeLeafWithout('Another')).toBe(NO)
  })
})

describe('qualifiers', () => {
  const policyWith = (qualifier: string, critical: boolean): TestExtension => {
    const info = writeSequence(writeOid(qualifier), writeString(0x16, 'https://example.com/cps'))
    return {
      oid: '2.5.29.32',
      critical,
      value: writeSequence(writeSequence(writeOid(A), writeSequence(info))),
    }
  }

  test.each([
    ['the usual one, critical', '1.3.6.1.5.5.7.2.1', true, 'accepted'],
    ['the other usual one, critical', '1.3.6.1.5.5.7.2.2', true, 'accepted'],
    ['an unknown one', '1.2.3.4', false, 'accepted'],
    ['an unknown one, critical', '1.2.3.4', true, 'ERR_PATH_CRITICAL_EXTENSION'],
  ])('%s', async (_, qualifier, critical, expected) => {
    for (const position of ['root', 'upper', 'lower', 'leaf'] as const) {
      const path = await issuePath({ [position]: { extensions: [policyWith(qualifier, critical)] } })
      expect(await judgeUsual(path)).toBe(expected)
    }
  })
})

test('the refusal of a qualifier names it, that of an extension the extension alone', async () => {
  const refusalOf = async (extension: TestExtension): Promise<unknown> => {
    const { root, upper, lower, leaf } = await issuePath({ leaf: { extensions: [extension] } })
    const question = { trustAnchors: [root.certificate], intermediates: [upper.der, lower.der] }
    return await verifyPath(questionFor(leaf, question)).catch((error: unknown) => error)
  }
  const info = writeSequence(writeOid('1.2.3.4'), writeString(0x16, 'x'))
  const value = writeSequence(writeSequence(writeOid(A), writeSequence(info)))
  expect(await refusalOf({ oid: '2.5.29.32', critical: true, value })).toMatchObject({
    details: { oid: '2.5.29.32', name: 'certificatePolicies with the qualifier 1.2.3.4' },
  })
  const url = writeImplicit(6, new TextEncoder().encode('http://crl.example/delta'))
  const points = writeSequence(writeSequence(writeExplicit(0, writeExplicit(0, url))))
  expect(await refusalOf({ oid: '2.5.29.46', critical: true, value: points })).toMatchObject({
    details: { oid: '2.5.29.46', name: 'freshestCRL' },
  })
})

describe('the refusal names the certificate at which the last policy was lost', () => {
  test.each([
    ['upper', 2],
    ['lower', 1],
    ['leaf', 0],
  ] as const)('%s', async (at, position) => {
    // Of the first certificate every policy will do, so that another one is lost below it.
    for (const extensions of at === 'upper' ? [[]] : [[], [certificatePolicies(B)]]) {
      const path = { ...ALL_A, [at]: extensions }
      const error = await refusalOf(path, EXPLICIT)
      expect(error).toMatchObject({ code: NO, details: { certificate: { position } } })
    }
  })

  test('and what would have been accepted', async () => {
    const acceptable = { ...EXPLICIT, initialPolicySet: [B, C] }
    expect(await refusalOf(ALL_A, acceptable)).toMatchObject({
      details: {
        problem: `one of ${B}, ${C} is required along the whole path, and none holds there`,
      },
    })
    const disjoint = { ...ALL_A, root: [certificatePolicies(B)] }
    expect(await refusalOf(disjoint, { ...EXPLICIT, initialPolicySet: [A] })).toMatchObject({
      details: {
        problem: expect.stringMatching(/^a policy that both the caller and the trust anchor accept is/u),
      },
    })
    expect(await refusalOf({ leaf: [policyConstraints(0)] }, {})).toMatchObject({
      details: { problem: 'some policy is required along the whole path, and none holds there' },
    })
  })

  async function refusalOf(extensions: Extensions, policies: Partial<PolicyInputs>): Promise<unknown> {
    const changes = Object.entries(extensions).map(([position, list]) => [position, { extensions: list }])
    const { root, upper, lower, leaf } = await issuePath(Object.fromEntries(changes))
    const question = { trustAnchors: [root.certificate], intermediates: [upper.der, lower.der], policies }
    return await verifyPath(questionFor(leaf, question)).catch((error: unknown) => error)
  }
})

describe('the inputs', () => {
  test.each<[string, unknown, string]>([
    ['an empty set', { initialPolicySet: [] }, 'ERR_ARG_VALUE'],
    ['a set that is text', { initialPolicySet: ANY }, 'ERR_ARG_VALUE'],
    ['a name for an OID', { initialPolicySet: ['anyPolicy'] }, 'ERR_ARG_VALUE'],
    ['too many', { initialPolicySet: Array.from({ length: 1_001 }, () => A) }, 'ERR_ARG_VALUE'],
    ['as many as may be', { initialPolicySet: Array.from({ length: 1_000 }, () => A) }, 'accepted'],
    ['text for a flag', { initialExplicitPolicy: 'false' }, 'ERR_ARG_TYPE'],
    ['null for a flag', { initialInhibitAnyPolicy: null }, 'ERR_ARG_TYPE'],
    ['a misspelt one', { initialExplicitPolicies: true }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['null', null, 'ERR_ARG_TYPE'],
    ['none', {}, 'accepted'],
  ])('%s', async (_, policies, expected) => {
    const path = await issuePath()
    const question: unknown = { policies }
    expect(await judgeUsual(path, untypedQuestion(question))).toBe(expected)
  })
})

function untypedQuestion(value: unknown): Parameters<typeof judgeUsual>[1]
function untypedQuestion(value: unknown): unknown {
  return value
}

test('a verifier of tokens holds its signers to the policies', async () => {
  const root = await createTestCa({ at: AT, name: 'Root' })
  const leaf = await root.issue({ extensions: [certificatePolicies(A)] })
  const audience = 'https://api.example'
  const token = await signToken(await leaf.credential(), { audience, at: AT })
  const judge = async (initialPolicySet: readonly string[]): Promise<string> => {
    const verifier = createVerifier({
      trustAnchors: [root.certificate],
      audience,
      revocation: 'off',
      clock: () => AT,
      oneTimeUse: 'off',
      policies: { ...EXPLICIT, initialPolicySet },
    })
    return await codeOf(() => verifier.verify(token))
  }
  expect(await judge([A])).toBe('accepted')
  expect(await judge([B])).toBe(NO)
})
