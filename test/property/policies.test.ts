// Certificate policies by the graph of RFC 9618 against the tree of RFC 5280, on random small paths; and what must hold
// between the answers to related questions. INGAM_RUNS sets how many are tried (default 2,000).

import fc from 'fast-check'
import type { PolicyInputs } from 'ingam/x509'
import { expect, test } from 'vitest'
import { writeOctetString, writeOid, writeSequence } from '../../packages/ingam/src/der/writer.ts'
import { checkPolicies } from '../../packages/ingam/src/path/policy-graph.ts'
import { type Certificate, parseCertificate } from '../../packages/ingam/src/x509/certificate.ts'
import { writeRdn, writeUnsigned } from '../support/certificate-der.ts'
import {
  certificatePolicies,
  inhibitAnyPolicy,
  policyConstraints,
  policyMappings,
} from '../support/extensions.ts'
import { type PolicyStatement, policiesByTree } from '../support/policy-tree.ts'

const RUNS = Number(process.env['INGAM_RUNS'] ?? '2000')
const ANY = '2.5.29.32.0'
const POLICIES = ['1.2.3.1', '1.2.3.2', '1.2.3.3'] as const

const policy = fc.constantFrom(...POLICIES)
const policyOrAny = fc.constantFrom(...POLICIES, ANY)
const skip = fc.option(fc.nat(3), { nil: undefined })

const statement: fc.Arbitrary<PolicyStatement> = fc
  .record({
    isSelfIssued: fc.boolean(),
    policies: fc.option(fc.uniqueArray(policyOrAny, { minLength: 1, maxLength: 4 }), {
      nil: undefined,
      freq: 8,
    }),
    mappings: fc.option(fc.array(fc.tuple(policy, policy), { minLength: 1, maxLength: 4 }), {
      nil: undefined,
    }),
    requireExplicitPolicy: skip,
    inhibitPolicyMapping: skip,
    inhibitAnyPolicy: skip,
  })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))
  .map((fields): PolicyStatement => ({ isSelfIssued: false, ...fields }))

const inputs: fc.Arbitrary<PolicyInputs> = fc.record({
  initialPolicySet: fc.uniqueArray(policyOrAny, { minLength: 1, maxLength: 3 }),
  initialExplicitPolicy: fc.boolean(),
  initialPolicyMappingInhibit: fc.boolean(),
  initialInhibitAnyPolicy: fc.boolean(),
})

const path = fc.array(statement, { minLength: 1, maxLength: 5 })
const anchor = parseCertificate(writeUnsigned())

function judge(statements: readonly PolicyStatement[], given: PolicyInputs): readonly string[] | undefined {
  const certificates = statements.map(toCertificate)
  const outcome = checkPolicies([...certificates.toReversed(), anchor], given)
  return outcome.ok ? outcome.policies : undefined
}

function toCertificate(given: PolicyStatement): Certificate {
  const { policies, mappings, requireExplicitPolicy, inhibitPolicyMapping } = given
  const hasConstraints = requireExplicitPolicy !== undefined || inhibitPolicyMapping !== undefined
  const extensions = [
    ...(policies === undefined ? [] : [certificatePolicies(...policies)]),
    ...(mappings === undefined ? [] : [policyMappings(...mappings)]),
    ...(hasConstraints ? [policyConstraints(requireExplicitPolicy, inhibitPolicyMapping)] : []),
    ...(given.inhibitAnyPolicy === undefined ? [] : [inhibitAnyPolicy(given.inhibitAnyPolicy)]),
  ]
  const subject = writeSequence(writeRdn('2.5.4.3', 'subject'))
  return parseCertificate(
    writeUnsigned({
      subject,
      issuer: given.isSelfIssued ? subject : writeSequence(writeRdn('2.5.4.3', 'issuer')),
      extensions: extensions.map(({ oid, value }) => writeSequence(writeOid(oid), writeOctetString(value))),
    }),
  )
}

test('the graph says what the tree says', () => {
  fc.assert(
    fc.property(path, inputs, (statements, given) => {
      expect(judge(statements, given)).toEqual(policiesByTree(statements, given))
    }),
    { numRuns: RUNS },
  )
})

test('of the random paths many are accepted with policies, and many refused', () => {
  const answers = fc.sample(fc.tuple(path, inputs), { numRuns: 1_000, seed: 7 }).map((args) => judge(...args))
  expect(answers.filter((policies) => policies === undefined).length).toBeGreaterThan(100)
  expect(answers.filter((policies) => (policies ?? []).length > 0).length).toBeGreaterThan(100)
})

test('asking for more never accepts what asking for less refuses', () => {
  fc.assert(
    fc.property(path, inputs, (statements, given) => {
      if (judge(statements, given) === undefined) return
      for (const easier of [
        { initialExplicitPolicy: false },
        { initialPolicySet: [ANY] },
        { initialPolicySet: [...given.initialPolicySet, ...POLICIES] },
        { initialInhibitAnyPolicy: false },
      ]) {
        expect(judge(statements, { ...given, ...easier })).toBeDefined()
      }
    }),
    { numRuns: RUNS },
  )
})

test('what comes out was acceptable', () => {
  fc.assert(
    fc.property(path, inputs, (statements, given) => {
      if (given.initialPolicySet.includes(ANY)) return
      for (const found of judge(statements, given) ?? []) expect(given.initialPolicySet).toContain(found)
    }),
    { numRuns: RUNS },
  )
})
