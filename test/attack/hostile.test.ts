// What a stranger's token may cost, by counts: no key works before something trusted vouches for it, whatever is sent;
// of signature checks with the keys of anchors there are as many as the budget has. The corpus is that of the benchmark,
// which measures the rest.

import { createVerifier, isPkiError } from 'ingam'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { attacksOn } from '../../bench/lib/attacks.ts'
import { platform } from '../../packages/ingam/src/platform/node.ts'

const AUDIENCE = 'https://api.example'
const BUDGET = 8

const root = await createTestCa({ name: 'Root' })
const intermediate = await root.issue({ kind: 'ca', name: 'Issuing' })
const leaf = await intermediate.issue({ dns: ['client-000000.clients.example'] })
const attacks = await attacksOn({ root, intermediate, leaf })

// Imported keys by the SubjectPublicKeyInfo that they came from, and those with which a signature was checked.
const imported = new Map<object, string>()
const used = new Map<string, number>()

beforeEach(() => {
  imported.clear()
  used.clear()
  const { importPublicKey, verifySignature } = platform
  vi.spyOn(platform, 'importPublicKey').mockImplementation((spki, scheme) => {
    const key = importPublicKey(spki, scheme)
    if (key !== undefined && !(key instanceof Promise)) imported.set(key, Buffer.from(spki).toString('hex'))
    return key
  })
  vi.spyOn(platform, 'verifySignature').mockImplementation((scheme, key, data, signature) => {
    const name = imported.get(key) ?? 'unknown'
    used.set(name, (used.get(name) ?? 0) + 1)
    return verifySignature(scheme, key, data, signature)
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

test('the corpus has attacks of each kind, some as large as a token may be', () => {
  expect(attacks.length).toBeGreaterThan(30)
  expect(attacks.filter(({ token }) => token.length > 16_000).length).toBeGreaterThan(15)
  expect(attacks.every(({ token }) => token.length <= 16_384)).toBe(true)
})

describe.each(attacks)('$name', ({ token, isGenuine }) => {
  test('is refused, at the cost of the budget at most, with keys that an anchor vouches for', async () => {
    const verifier = createVerifier({
      trustAnchors: [root.certificate],
      audience: AUDIENCE,
      revocation: 'off',
    })
    const code = await verifier.verify(token).then(
      () => 'accepted',
      (error: unknown) => (isPkiError(error) ? error.code : String(error)),
    )
    expect(code).toMatch(/^ERR_(PATH|TOKEN)_/u)
    const status = verifier.status()
    expect(status).toMatchObject({ cachedChains: 0, cachedBytes: 0, replayEntries: 0 })
    expect(status.pathSignatureChecks).toBeLessThanOrEqual(BUDGET)
    expect(status.pathEdges).toBeLessThanOrEqual(64)
    expect(status.certificatesParsed).toBeLessThanOrEqual(10)
    const trusted = isGenuine ? [root, intermediate, leaf] : [root]
    expect(trusted.map(spkiOf)).toEqual(expect.arrayContaining([...used.keys()]))
    expect([...used.values()].reduce((sum, count) => sum + count, 0)).toBe(
      status.pathSignatureChecks + status.tokenSignatureChecks,
    )
    expect(status.tokenSignatureChecks).toBe(isGenuine ? 1 : 0)
  })
})

function spkiOf({ certificate }: TestCertificate): string {
  return Buffer.from(certificate.subjectPublicKeyInfo.der).toString('hex')
}
