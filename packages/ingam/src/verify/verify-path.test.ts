// The options of verifyPath: what is required, what is refused, and what no option can leave out.

import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { createTrustStore } from '../path/trust-store.ts'
import { createTestCa, type TestCertificate } from '../testing/test-ca.ts'
import { type VerifyPathOptions, verifyPath } from './verify-path.ts'

const AT = new Date('2026-06-01T12:00:00Z')

let ca: TestCertificate
let leaf: TestCertificate

beforeAll(async () => {
  ca = await createTestCa({ at: AT })
  leaf = await ca.issue()
})

function usual(): VerifyPathOptions {
  return { leaf: leaf.der, trustAnchors: [ca.certificate], at: AT, purpose: 'clientAuth', revocation: 'off' }
}

// What a caller without types could pass.
async function run(options: unknown): Promise<unknown> {
  const path: unknown = await Reflect.apply(verifyPath, undefined, [options])
  return path
}

async function judge(changes: Readonly<Record<string, unknown>>): Promise<string> {
  return await codeOf(() => run({ ...usual(), ...changes }))
}

test('the usual options are accepted', async () => {
  expect(await judge({})).toBe('accepted')
})

describe('required', () => {
  test.each(['trustAnchors', 'purpose', 'revocation'])('%s', async (name) => {
    expect(await judge({ [name]: undefined })).toBe('ERR_ARG_REQUIRED')
  })

  test.each(['leaf', 'at'])('%s', async (name) => {
    expect(await judge({ [name]: undefined })).toBe('ERR_ARG_TYPE')
  })
})

describe('refused', () => {
  test.each([
    ['a misspelt option', { purpos: 'any' }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['a misspelt limit', { limits: { maxEdge: 3 } }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['a stance on revocation that is not supported', { revocation: 'require' }, 'ERR_ARG_VALUE'],
    ['a stance on revocation that is no text', { revocation: false }, 'ERR_ARG_VALUE'],
    ['an invalid date', { at: new Date(Number.NaN) }, 'ERR_ARG_TYPE'],
    ['a number for a date', { at: 1_780_315_200 }, 'ERR_ARG_TYPE'],
    ['a purpose that is none', { purpose: 'clientauth' }, 'ERR_ARG_VALUE'],
    ['a purpose that is no OID', { purpose: '1.2.' }, 'ERR_ARG_VALUE'],
    ['no trust anchors', { trustAnchors: [] }, 'ERR_ARG_VALUE'],
    ['trust anchors that are no array', { trustAnchors: {} }, 'ERR_ARG_TYPE'],
    ['a trust anchor as text', { trustAnchors: ['CN=CA'] }, 'ERR_ARG_TYPE'],
    ['a leaf as text', { leaf: 'MII' }, 'ERR_ARG_TYPE'],
    ['a leaf that is no certificate', { leaf: {} }, 'ERR_ARG_TYPE'],
    ['intermediates that are no array', { intermediates: 'MII' }, 'ERR_ARG_TYPE'],
    ['an intermediate that is null', { intermediates: [null] }, 'ERR_ARG_TYPE'],
    ['a limit of zero checks', { limits: { maxSignatureChecks: 0 } }, 'ERR_ARG_VALUE'],
    ['a limit that is a fraction', { limits: { maxEdges: 1.5 } }, 'ERR_ARG_VALUE'],
    ['a limit as text', { limits: { maxEdges: '3' } }, 'ERR_ARG_TYPE'],
    ['a leaf that is not DER', { leaf: Uint8Array.of(1, 2, 3) }, 'ERR_DER_UNEXPECTED_TAG'],
  ])('%s', async (_what, changes, code) => {
    expect(await judge(changes)).toBe(code)
  })

  test.each([undefined, null, 'options', 3])('%s in place of options', async (options) => {
    expect(await codeOf(() => run(options))).toBe('ERR_ARG_TYPE')
  })
})

describe('at the limit and one past it', () => {
  test.each([
    ['maxSignatureChecks', 1, 1_000],
    ['maxEdges', 1, 10_000],
    ['maxIntermediates', 0, 100],
  ])('%s from %i to %i', async (name, minimum, maximum) => {
    expect(await judge({ limits: { [name]: minimum } })).toBe('accepted')
    expect(await judge({ limits: { [name]: maximum } })).toBe('accepted')
    expect(await judge({ limits: { [name]: minimum - 1 } })).toBe('ERR_ARG_VALUE')
    expect(await judge({ limits: { [name]: maximum + 1 } })).toBe('ERR_ARG_VALUE')
  })

  test('a thousand intermediates', async () => {
    const intermediates = Array.from({ length: 1_000 }, () => ca.certificate)
    expect(await judge({ intermediates })).toBe('accepted')
    expect(await judge({ intermediates: [...intermediates, ca.certificate] })).toBe('ERR_ARG_VALUE')
  })
})

describe('what is not changed or kept', () => {
  test('bytes that are changed after the call do not reach the path', async () => {
    const bytes = new Uint8Array(leaf.der)
    const promise = verifyPath({ ...usual(), leaf: bytes })
    bytes.fill(0)
    expect((await promise).certificates[0]?.der).toEqual(leaf.der)
  })

  test('a date that is changed after the call does not reach the path', async () => {
    const at = new Date(AT)
    const promise = verifyPath({ ...usual(), at })
    at.setFullYear(1990)
    expect((await promise).at).toEqual(AT)
  })
})

describe('the trust store', () => {
  test('serves any number of calls', async () => {
    const trustAnchors = createTrustStore([{ certificate: ca.certificate, id: 'ours' }])
    expect(trustAnchors.size).toBe(1)
    expect((await verifyPath({ ...usual(), trustAnchors })).anchor.id).toBe('ours')
    expect((await verifyPath({ ...usual(), trustAnchors })).anchor.id).toBe('ours')
  })

  test('names an anchor by its thumbprint where it has no id', async () => {
    expect((await verifyPath(usual())).anchor.id).toMatch(/^x509-sha256:[\w-]{43}$/u)
  })

  test.each([
    [
      'the same id twice',
      () => [
        { certificate: ca.certificate, id: 'a' },
        { certificate: ca.certificate, id: 'a' },
      ],
    ],
    ['an empty id', () => [{ certificate: ca.certificate, id: '' }]],
  ])('refuses %s', async (_what, anchors) => {
    expect(await codeOf(() => createTrustStore(anchors()))).toBe('ERR_ARG_VALUE')
  })

  test('takes one certificate under two ids', () => {
    const anchors = ['a', 'b'].map((id) => ({ certificate: ca.certificate, id }))
    expect(createTrustStore(anchors).size).toBe(2)
  })
})
