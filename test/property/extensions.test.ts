// Extensions at random in certificates that are signed anew: whatever they hold, the answer is a verdict or a code of the
// catalogue, never another throw; what is written well is read back; and related questions have related answers.
// INGAM_RUNS sets how many are tried of each kind (default 400).

import fc from 'fast-check'
import { createTestCa, type TestCertificate, type TestExtension } from 'ingam/testing'
import { verifyPath } from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { readAll } from '../../packages/ingam/src/der/reader.ts'
import { readCertificatePolicies } from '../../packages/ingam/src/x509/extensions/certificate-policies.ts'
import { readNameConstraints } from '../../packages/ingam/src/x509/extensions/name-constraints.ts'
import {
  readInhibitAnyPolicy,
  readPolicyConstraints,
} from '../../packages/ingam/src/x509/extensions/policy-constraints.ts'
import { readPolicyMappings } from '../../packages/ingam/src/x509/extensions/policy-mappings.ts'
import { codeOf } from '../support/codes.ts'
import {
  certificatePolicies,
  inhibitAnyPolicy,
  name,
  nameConstraints,
  policyConstraints,
  policyMappings,
  rdn,
  subjectAltName,
} from '../support/extensions.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const RUNS = Number(process.env['INGAM_RUNS'] ?? '400')
const TIMEOUT = 60_000 + RUNS * 20

let root: TestCertificate
let middle: TestCertificate

beforeAll(async () => {
  root = await createTestCa({ at: AT, name: 'Root' })
  middle = await root.issue({ kind: 'ca', name: 'Middle' })
})

const label = fc.stringMatching(/^[a-z0-9-]{1,8}$/u)
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
const octet = fc.nat(255)
const octets = (length: number): fc.Arbitrary<number[]> =>
  fc.array(octet, { minLength: length, maxLength: length })

const generalName: fc.Arbitrary<Uint8Array> = fc.oneof(
  host.map(name.dns),
  host.map((text) => name.dns(`*.${text}`)),
  fc.tuple(label, host).map(([local, domain]) => name.email(`${local}@${domain}`)),
  host.map((text) => name.uri(`https://${text}/`)),
  octets(4).map((bytes) => name.ip(...bytes)),
  octets(16).map((bytes) => name.ip(...bytes)),
  label.map((text) => name.directory(rdn('2.5.4.10', text))),
  fc.tuple(label, host).map(([local, domain]) => name.upn(`${local}@${domain}`)),
  fc.tuple(label, host).map(([local, domain]) => name.smtpUtf8(`${local}@${domain}`)),
  fc.constant(name.registeredId('1.2.3')),
  fc.constant(name.x400()),
  fc.constant(name.ediParty()),
)

const base: fc.Arbitrary<Uint8Array> = fc.oneof(
  host.map(name.dns),
  host.map((text) => name.dns(`.${text}`)),
  host.map(name.email),
  host.map((text) => name.email(`.${text}`)),
  fc.tuple(label, host).map(([local, domain]) => name.email(`${local}@${domain}`)),
  host.map(name.uri),
  octets(8).map((bytes) => name.ip(...bytes)),
  octets(32).map((bytes) => name.ip(...bytes)),
  label.map((text) => name.directory(rdn('2.5.4.10', text))),
  fc.constant(name.registeredId('1.2.3')),
  fc.constant(name.x400()),
)

const bases = fc.array(base, { maxLength: 4 })
const oid = fc.constantFrom('1.2.3.1', '1.2.3.2', '2.5.29.32.0')

const extension: fc.Arbitrary<TestExtension> = fc.oneof(
  fc
    .tuple(bases, bases)
    .filter(([permitted, excluded]) => permitted.length + excluded.length > 0)
    .map(([permitted, excluded]) => nameConstraints({ permitted, excluded })),
  fc.array(generalName, { minLength: 1, maxLength: 4 }).map((names) => subjectAltName(...names)),
  fc.uniqueArray(oid, { minLength: 1 }).map((policies) => certificatePolicies(...policies)),
  fc.array(fc.tuple(oid, oid), { minLength: 1, maxLength: 3 }).map((pairs) => policyMappings(...pairs)),
  fc.tuple(fc.nat(5), fc.option(fc.nat(5), { nil: undefined })).map((skips) => policyConstraints(...skips)),
  fc.nat(5).map(inhibitAnyPolicy),
)

const OIDS = [
  '2.5.29.14',
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.19',
  '2.5.29.30',
  '2.5.29.32',
  '2.5.29.33',
  '2.5.29.35',
  '2.5.29.36',
  '2.5.29.37',
  '2.5.29.54',
] as const

type Position = 'middle' | 'leaf'

// The certificate at the position is issued with the extension; an answer is `accepted` or a code.
async function judge(extensions: readonly TestExtension[], position: Position): Promise<string> {
  return await codeOf(async () => {
    const issuer =
      position === 'middle'
        ? await root.issue({ kind: 'ca', name: 'Middle', keyOf: middle, extensions })
        : middle
    const leaf = await issuer.issue({
      keyOf: middle,
      name: 'Leaf',
      ...(position === 'leaf' && { extensions }),
    })
    await verifyPath({
      leaf: leaf.der,
      intermediates: [issuer.der],
      trustAnchors: [root.certificate],
      at: AT,
      purpose: 'clientAuth',
      revocation: 'off',
    })
  })
}

const ANSWER = /^(accepted|ERR_(DER|CERT|PATH)_\w+)$/u

describe('any content', () => {
  test('of any extension is judged', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...OIDS),
        fc.uint8Array({ maxLength: 40 }),
        fc.boolean(),
        fc.constantFrom<Position>('middle', 'leaf'),
        async (id, value, critical, position) => {
          expect(await judge([{ oid: id, critical, value }], position)).toMatch(ANSWER)
        },
      ),
      { numRuns: RUNS },
    )
  })

  test('that was changed in one byte is judged', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(
        extension,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom<Position>('middle', 'leaf'),
        async (given, place, mask, position) => {
          const index = place % given.value.length
          const value = given.value.with(index, (given.value[index] ?? 0) ^ mask)
          expect(await judge([{ ...given, value }], position)).toMatch(ANSWER)
        },
      ),
      { numRuns: RUNS },
    )
  })

  test('that was cut is refused', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(extension, fc.nat(), async (given, place) => {
        const value = given.value.subarray(0, place % given.value.length)
        expect(await judge([{ ...given, value }], 'leaf')).toBe('ERR_CERT_EXTENSION')
      }),
      { numRuns: RUNS },
    )
  })

  test('that has a byte more is refused', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(extension, octet, async (given, byte) => {
        const value = Uint8Array.of(...given.value, byte)
        expect(await judge([{ ...given, value }], 'leaf')).toBe('ERR_CERT_EXTENSION')
      }),
      { numRuns: RUNS },
    )
  })
})

describe('what is written is read', () => {
  test('certificatePolicies', () => {
    fc.assert(
      fc.property(fc.uniqueArray(oid, { minLength: 1 }), (policies) => {
        const read = readAll(certificatePolicies(...policies).value, 'input', readCertificatePolicies)
        expect(read.map(({ policyIdentifier }) => policyIdentifier)).toEqual(policies)
      }),
    )
  })

  test('policyMappings', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(oid, oid), { minLength: 1 }), (pairs) => {
        const read = readAll(policyMappings(...pairs).value, 'input', readPolicyMappings)
        expect(read.map((mapping) => [mapping.issuerDomainPolicy, mapping.subjectDomainPolicy])).toEqual(
          pairs,
        )
      }),
    )
  })

  test('policyConstraints and inhibitAnyPolicy', () => {
    const skip = fc.nat(2 ** 31 - 1)
    fc.assert(
      fc.property(skip, skip, (requireExplicitPolicy, inhibitPolicyMapping) => {
        const { value } = policyConstraints(requireExplicitPolicy, inhibitPolicyMapping)
        const expected = { requireExplicitPolicy, inhibitPolicyMapping }
        expect(readAll(value, 'input', readPolicyConstraints)).toEqual(expected)
        const { value: any } = inhibitAnyPolicy(requireExplicitPolicy)
        expect(readAll(any, 'input', readInhibitAnyPolicy)).toBe(requireExplicitPolicy)
      }),
    )
  })

  test('nameConstraints', () => {
    fc.assert(
      fc.property(fc.array(base, { minLength: 1 }), bases, (permitted, excluded) => {
        const read = readAll(nameConstraints({ permitted, excluded }).value, 'input', readNameConstraints)
        expect(read.permittedSubtrees).toHaveLength(permitted.length)
        expect(read.excludedSubtrees ?? []).toHaveLength(excluded.length)
      }),
    )
  })
})

describe('names and constraints', () => {
  const names = fc.array(generalName, { minLength: 1, maxLength: 4 })

  async function judgeNames(
    given: readonly Uint8Array[],
    permitted: readonly Uint8Array[],
    excluded: readonly Uint8Array[],
  ): Promise<boolean> {
    const constraints =
      permitted.length + excluded.length === 0 ? [] : [nameConstraints({ permitted, excluded })]
    const ca = await root.issue({ kind: 'ca', name: 'Middle', keyOf: middle, extensions: constraints })
    const extensions = [{ ...subjectAltName(...given), critical: true }]
    const leaf = await ca.issue({ keyOf: middle, name: '', extensions })
    const code = await codeOf(() =>
      verifyPath({
        leaf: leaf.der,
        intermediates: [ca.der],
        trustAnchors: [root.certificate],
        at: AT,
        purpose: 'clientAuth',
        revocation: 'off',
      }),
    )
    expect(code).toMatch(/^(accepted|ERR_PATH_NAME_CONSTRAINT)$/u)
    return code === 'accepted'
  }

  test('excluding more never accepts more', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(names, bases, bases, base, async (given, permitted, excluded, more) => {
        if (!(await judgeNames(given, permitted, [...excluded, more]))) return
        expect(await judgeNames(given, permitted, excluded)).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })

  test('the order of names and of constraints does not matter', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(names, bases, bases, async (given, permitted, excluded) => {
        const straight = await judgeNames(given, permitted, excluded)
        const reversed = [given, permitted, excluded].map((list) => list.toReversed())
        const [first = [], second = [], third = []] = reversed
        expect(await judgeNames(first, second, third)).toBe(straight)
      }),
      { numRuns: RUNS },
    )
  })

  test('what is permitted and excluded at once is refused', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(host, async (text) => {
        const given = [name.dns(text)]
        expect(await judgeNames(given, given, [])).toBe(true)
        expect(await judgeNames(given, given, given)).toBe(false)
      }),
      { numRuns: RUNS },
    )
  })
})
