// What a signer carries along: when it looks for responses, when it asks for newer ones, and how long the latest serve.

import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import { AT, AUDIENCE } from '../../../../test/support/forge.ts'
import { decodeBase64 } from '../bytes/base64.ts'
import { type Credential, createCredential } from '../keys/credential.ts'
import { createMemorySource, type MemorySource } from '../revocation/memory-source.ts'
import type { RevocationSource } from '../revocation/source.ts'
import { createTestCa, type TestCertificate } from '../testing/test-ca.ts'
import type { TestOcspOptions } from '../testing/test-certificate.ts'
import { NO_STAPLES } from './header.ts'
import { signToken } from './sign.ts'
import { staplesFor } from './staple.ts'

const MINUTE = 60
let root: TestCertificate
let issuer: TestCertificate
let leaf: TestCertificate

beforeAll(async () => {
  root = await createTestCa({ at: AT })
  issuer = await root.issue({ kind: 'ca' })
  leaf = await issuer.issue()
})

const after = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000)

async function aboutLeaf(options: Partial<TestOcspOptions> = {}): Promise<Uint8Array> {
  return await issuer.ocspResponse({ certificate: leaf, ...options })
}

/** A source in memory that counts. */
interface CountingSource {
  readonly memory: MemorySource
  readonly source: RevocationSource
  finds: number
  fetches: number
}

function counting(...ocspResponses: readonly Uint8Array[]): CountingSource {
  const memory = createMemorySource({ ocspResponses })
  const counted: CountingSource = {
    memory,
    finds: 0,
    fetches: 0,
    source: {
      ...memory,
      find(query) {
        counted.finds++
        return memory.find(query)
      },
      fetch: () => {
        counted.fetches++
        return Promise.resolve([])
      },
    },
  }
  return counted
}

async function credentialWith(
  { source }: CountingSource,
  certificates: readonly TestCertificate[] = [leaf],
): Promise<Credential> {
  return await createCredential({
    certificate: certificates.map(({ pem }) => pem).join(''),
    privateKey: leaf.privateKeyPkcs8,
    stapleFrom: [source],
    issuers: [issuer.certificate, root.certificate],
  })
}

describe('the latest responses', () => {
  // Made a minute before AT, and taken by verifiers for an hour.
  test('serve without another look until half of their time has passed', async () => {
    const response = await aboutLeaf()
    const counted = counting(response)
    const credential = await credentialWith(counted)
    const first = await staplesFor(credential, 'require', AT)
    expect(decodeBase64(first[0] ?? '')).toEqual(response)
    for (const seconds of [10, 11, 29 * MINUTE - 1])
      expect(await staplesFor(credential, 'require', after(seconds))).toBe(first)
    expect(counted).toMatchObject({ finds: 1, fetches: 0 })
    await staplesFor(credential, 'require', after(29 * MINUTE))
    expect(counted).toMatchObject({ finds: 2, fetches: 1 })
  })

  test('serve on while a newer one is asked for, every ten seconds', async () => {
    const counted = counting(await aboutLeaf())
    const credential = await credentialWith(counted)
    for (const [seconds, fetches] of [
      [30 * MINUTE, 1],
      [30 * MINUTE + 9.999, 1],
      [30 * MINUTE + 10, 2],
      [30 * MINUTE + 19.999, 2],
      [30 * MINUTE + 20, 3],
    ] as const) {
      expect(await staplesFor(credential, 'require', after(seconds))).toHaveLength(1)
      expect(counted.fetches).toBe(fetches)
    }
  })

  test('serve until a minute before verifiers refuse them', async () => {
    const counted = counting(await aboutLeaf())
    const credential = await credentialWith(counted)
    expect(await staplesFor(credential, 'require', after(58 * MINUTE))).toHaveLength(1)
    const late = after(58 * MINUTE + 0.001)
    expect(await codeOf(() => staplesFor(credential, 'require', late))).toBe('ERR_REVOCATION_STALE')
    expect(await staplesFor(credential, 'prefer', late)).toBe(NO_STAPLES)
  })

  test('are chosen anew when a source holds something else', async () => {
    const counted = counting(await aboutLeaf())
    const credential = await credentialWith(counted)
    const first = await staplesFor(credential, 'require', AT)
    counted.memory.replace({ ocspResponses: [await aboutLeaf({ thisUpdate: after(-30) })] })
    const second = await staplesFor(credential, 'require', AT)
    expect(second).not.toEqual(first)
    expect(await staplesFor(credential, 'require', AT)).toBe(second)
    counted.memory.replace({ ocspResponses: [await aboutLeaf({ status: 'revoked' })] })
    expect(await codeOf(() => staplesFor(credential, 'require', AT))).toBe('ERR_REVOCATION_REVOKED')
    expect(await staplesFor(credential, 'prefer', AT)).toBe(NO_STAPLES)
  })

  test('make one header, whatever the token says', async () => {
    const credential = await credentialWith(counting(await aboutLeaf()))
    const headerAt = async (at: Date, certificateBy: 'x5c' | 'both' = 'x5c'): Promise<string> => {
      const token = await signToken(credential, { audience: AUDIENCE, at, certificateBy, staple: 'require' })
      return token.slice(0, token.indexOf('.'))
    }
    const first = await headerAt(AT)
    expect(await headerAt(after(60))).toBe(first)
    expect(await headerAt(after(60), 'both')).not.toBe(first)
    const without = await signToken(credential, { audience: AUDIENCE, at: AT })
    expect(without.startsWith(first)).toBe(false)
  })
})

describe('of several responses', () => {
  test('the newest that says good is carried, in whatever order they are held', async () => {
    const newest = await aboutLeaf({ thisUpdate: after(-10) })
    const others = [await aboutLeaf({ thisUpdate: after(-20) }), await aboutLeaf({ thisUpdate: after(-15) })]
    for (const held of [
      [newest, ...others],
      [...others, newest],
    ]) {
      const [text] = await staplesFor(await credentialWith(counting(...held)), 'require', AT)
      expect(decodeBase64(text ?? '')).toEqual(newest)
    }
  })

  test('those about others, and lists, are passed over', async () => {
    const { serialNumber } = leaf.certificate
    const namesake = await root.issue({ serialNumber })
    const counted = counting()
    const crls = [(await issuer.crl()).der]
    counted.memory.replace({ crls, ocspResponses: [await root.ocspResponse({ certificate: namesake })] })
    const credential = await credentialWith(counted)
    expect(await codeOf(() => staplesFor(credential, 'require', AT))).toBe('ERR_REVOCATION_UNKNOWN')
    const own = await aboutLeaf()
    counted.memory.replace({ crls, ocspResponses: [own] })
    expect(decodeBase64((await staplesFor(credential, 'require', AT))[0] ?? '')).toEqual(own)
  })

  test('one that revokes outweighs the others', async () => {
    const counted = counting(
      await aboutLeaf({ thisUpdate: after(-10) }),
      await aboutLeaf({ status: 'revoked', thisUpdate: after(-600) }),
    )
    expect(await codeOf(async () => staplesFor(await credentialWith(counted), 'require', AT))).toBe(
      'ERR_REVOCATION_REVOKED',
    )
  })
})

describe('where there is none', () => {
  test('about the signer, each token looks and asks anew, and carries none about others either', async () => {
    const counted = counting(await root.ocspResponse({ certificate: issuer }))
    const credential = await credentialWith(counted, [leaf, issuer])
    for (const fetches of [1, 2]) {
      expect(await staplesFor(credential, 'prefer', AT)).toBe(NO_STAPLES)
      expect(counted.fetches).toBe(fetches)
    }
    counted.memory.replace({ ocspResponses: [await aboutLeaf()] })
    expect(await staplesFor(credential, 'prefer', AT)).toEqual([expect.any(String), null])
  })

  test('about an issuer, that of the signer serves all the same', async () => {
    const counted = counting(await aboutLeaf())
    const credential = await credentialWith(counted, [leaf, issuer])
    const first = await staplesFor(credential, 'require', AT)
    expect(first).toEqual([expect.any(String), null])
    const { finds } = counted
    expect(await staplesFor(credential, 'require', after(60))).toBe(first)
    expect(counted.finds).toBe(finds)
  })

  test('the refusal is of the signer, with what the source said', async () => {
    const counted = counting()
    const source: RevocationSource = {
      ...counted.source,
      fetch: () => Promise.resolve([{ from: 'http://ocsp.example/', problem: 'HTTP 500' }]),
    }
    const credential = await credentialWith({ ...counted, source })
    await expect(staplesFor(credential, 'require', AT)).rejects.toMatchObject({
      code: 'ERR_REVOCATION_RESPONDER',
      details: {
        certificate: { role: 'leaf', position: 0, subject: 'CN=client' },
        responder: 'http://ocsp.example/',
        problem: 'HTTP 500',
      },
    })
  })
})

test.each<[string, RevocationSource['fetch']]>([
  ['rejects', () => Promise.reject(new Error('broken'))],
  [
    'throws',
    () => {
      throw new Error('broken')
    },
  ],
])('a source whose fetch %s in the background disturbs nobody', async (_what, fetch) => {
  const counted = counting(await aboutLeaf())
  const source: RevocationSource = { ...counted.source, ...(fetch && { fetch }) }
  const credential = await credentialWith({ ...counted, source })
  expect(await staplesFor(credential, 'require', after(30 * MINUTE))).toHaveLength(1)
})
