// The memory of issuers: found by all of their text, known by the parsed object, bounded in bytes.

import { beforeAll, describe, expect, test } from 'vitest'
import { encodeBase64 } from '../bytes/base64.ts'
import { createBudget } from '../path/budget.ts'
import type { CertificateMemory, PathMemory } from '../path/memory.ts'
import { createTrustStore } from '../path/trust-store.ts'
import type { PlatformPublicKey } from '../platform/contract.ts'
import { createTestCa, type TestCertificate } from '../testing/test-ca.ts'
import { IssuerMemory } from './issuers.ts'
import { searchPath, usualRules } from './verify-path.ts'

const KEY = Uint8Array.of(1, 2, 3)
const cas: TestCertificate[] = []
const trusted = await createTestCa({ name: 'Trusted' })
const issuing = await trusted.issue({ kind: 'ca', name: 'Issuing' })
const leaf = await issuing.issue()

beforeAll(async () => {
  const root = await createTestCa()
  for (let number = 0; number < 6; number++) cas.push(await root.issue({ kind: 'ca', name: `CA ${number}` }))
})

function ca(index: number): { readonly text: string; readonly certificate: TestCertificate['certificate'] } {
  const issued = cas[index]
  if (issued === undefined) throw new Error('no such CA')
  return { text: encodeBase64(issued.der), certificate: issued.certificate }
}

describe('finding', () => {
  test('gives the certificate for exactly its text', () => {
    const memory = new IssuerMemory(1_000_000)
    const { text, certificate } = ca(0)
    memory.add(text, certificate, KEY)
    expect(memory.find(text)).toBe(certificate)
    for (let index = 0; index < text.length; index++) {
      const other = `${text.slice(0, index)}${text[index] === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`
      expect(memory.find(other)).toBeUndefined()
    }
    expect(memory.find(`${text}A`)).toBeUndefined()
  })

  test('knows facts of the object that was added, and of no other with the same bytes', () => {
    const memory = new IssuerMemory(1_000_000)
    const { text, certificate } = ca(0)
    memory.add(text, certificate, KEY)
    expect(memory.of(certificate)?.signedBy).toEqual([KEY])
    expect(memory.of(ca(1).certificate)).toBeUndefined()
    expect(
      memory.of({ ...certificate, notBefore: certificate.notBefore, notAfter: certificate.notAfter }),
    ).toBe(undefined)
  })

  test('keeps what it first knew under a text', () => {
    const memory = new IssuerMemory(1_000_000)
    const { text, certificate } = ca(0)
    memory.add(text, certificate, KEY)
    memory.add(text, ca(1).certificate, KEY)
    expect(memory.find(text)).toBe(certificate)
    expect(memory.of(ca(1).certificate)).toBeUndefined()
  })
})

describe('the keys under which a signature verified', () => {
  test('are kept once each, four at most', () => {
    const memory = new IssuerMemory(1_000_000)
    const { text, certificate } = ca(0)
    for (const number of [1, 1, 2, 3, 4, 5]) memory.add(text, certificate, Uint8Array.of(number))
    expect(memory.of(certificate)?.signedBy).toEqual([1, 2, 3, 4].map((number) => Uint8Array.of(number)))
  })
})

describe('bytes', () => {
  test('stay within the limit at every step, and the issuer added first goes first', () => {
    const one = new IssuerMemory(1_000_000)
    one.add(ca(0).text, ca(0).certificate, KEY)
    const memory = new IssuerMemory(3 * one.bytes + 200)
    for (let index = 0; index < 6; index++) {
      memory.add(ca(index).text, ca(index).certificate, KEY)
      expect(memory.bytes).toBeLessThanOrEqual(3 * one.bytes + 200)
    }
    expect(memory.size).toBe(3)
    expect(memory.find(ca(2).text)).toBeUndefined()
    expect(memory.find(ca(3).text)).toBe(ca(3).certificate)
  })

  test('of none keeps nothing', () => {
    const memory = new IssuerMemory(0)
    memory.add(ca(0).text, ca(0).certificate, KEY)
    expect(memory).toMatchObject({ size: 0, bytes: 0 })
    expect(memory.find(ca(0).text)).toBeUndefined()
  })
})

describe('a search that knows an issuer', () => {
  const search = async (
    memory: PathMemory | undefined,
  ): Promise<{ readonly signatureChecks: number; readonly anchor: string }> => {
    const budget = createBudget()
    const path = await searchPath({
      leaf: leaf.certificate,
      intermediates: [issuing.certificate],
      trustStore: createTrustStore([{ certificate: trusted.certificate, id: 'trusted' }]),
      rules: usualRules(new Date(), 'clientAuth'),
      budget,
      ...(memory && { memory }),
    })
    return { signatureChecks: budget.signatureChecks, anchor: path.anchor.id }
  }
  const knowing = (...signedBy: readonly Uint8Array[]): PathMemory => {
    const facts: CertificateMemory = { signedBy, keys: new Map() }
    return { of: (certificate) => (certificate === issuing.certificate ? facts : undefined) }
  }

  test('does not check its signature again under a key under which it verified', async () => {
    expect(await search(undefined)).toEqual({ signatureChecks: 2, anchor: 'trusted' })
    const key = trusted.certificate.subjectPublicKeyInfo.der
    expect(await search(knowing(key))).toEqual({ signatureChecks: 1, anchor: 'trusted' })
    expect(await search(knowing(KEY, key.slice()))).toEqual({ signatureChecks: 1, anchor: 'trusted' })
  })

  test('checks it under every other key', async () => {
    const key = trusted.certificate.subjectPublicKeyInfo.der
    const almost = key.with(key.length - 1, (key.at(-1) ?? 0) ^ 1)
    for (const other of [KEY, almost, key.subarray(1), leaf.certificate.subjectPublicKeyInfo.der])
      expect(await search(knowing(other))).toEqual({ signatureChecks: 2, anchor: 'trusted' })
  })

  test('imports its key once', async () => {
    const keys = new Map<string, PlatformPublicKey>()
    const memory: PathMemory = {
      of: (certificate) => (certificate === issuing.certificate ? { signedBy: [], keys } : undefined),
    }
    await search(memory)
    expect(keys.size).toBe(1)
    const [key] = keys.values()
    await search(memory)
    expect([...keys.values()]).toEqual([key])
  })
})
