// The seam to the runtime, in the form that the project of this run has: keys tied to their schemes, signatures true
// or false and never thrown, both forms alike.

import { createHash, generateKeyPairSync, type KeyObject, sign as signNode } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { platform } from '#platform'
import { untyped } from '../../../../test/support/certificate-der.ts'
import { decodeBase64, decodeBase64url, encodeBase64, encodeBase64url } from '../bytes/base64.ts'
import type { PlatformPublicKey, SignatureScheme } from './contract.ts'

interface Pair {
  readonly spki: Uint8Array
  readonly pkcs8: Uint8Array
}

function exported({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): Pair {
  return {
    spki: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
    pkcs8: Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })),
  }
}

const PAIRS = {
  'P-256': exported(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  'P-384': exported(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  'P-521': exported(generateKeyPairSync('ec', { namedCurve: 'P-521' })),
  RSA: exported(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  Ed25519: exported(generateKeyPairSync('ed25519')),
  Ed448: exported(generateKeyPairSync('ed448')),
  'ML-DSA-44': exported(generateKeyPairSync('ml-dsa-44')),
  'ML-DSA-65': exported(generateKeyPairSync('ml-dsa-65')),
  'ML-DSA-87': exported(generateKeyPairSync('ml-dsa-87')),
} as const

type KeyName = keyof typeof PAIRS

const SCHEMES: readonly (readonly [string, KeyName, SignatureScheme])[] = [
  ['ES256', 'P-256', { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'p1363' }],
  ['ECDSA P-256 as DER', 'P-256', { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'der' }],
  ['ECDSA P-384 as DER', 'P-384', { kind: 'ecdsa', hash: 'SHA-384', curve: 'P-384', encoding: 'der' }],
  [
    'ECDSA P-384 with SHA-256',
    'P-384',
    { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-384', encoding: 'p1363' },
  ],
  ['ECDSA P-521', 'P-521', { kind: 'ecdsa', hash: 'SHA-512', curve: 'P-521', encoding: 'p1363' }],
  ['ECDSA P-521 as DER', 'P-521', { kind: 'ecdsa', hash: 'SHA-512', curve: 'P-521', encoding: 'der' }],
  ['RS256', 'RSA', { kind: 'rsa-pkcs1', hash: 'SHA-256' }],
  ['RSA with SHA-512', 'RSA', { kind: 'rsa-pkcs1', hash: 'SHA-512' }],
  ['PS256', 'RSA', { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 }],
  ['Ed25519', 'Ed25519', { kind: 'ed25519' }],
  ['Ed448', 'Ed448', { kind: 'ed448' }],
  ['ML-DSA-44', 'ML-DSA-44', { kind: 'ml-dsa', parameterSet: 'ML-DSA-44' }],
  ['ML-DSA-65', 'ML-DSA-65', { kind: 'ml-dsa', parameterSet: 'ML-DSA-65' }],
  ['ML-DSA-87', 'ML-DSA-87', { kind: 'ml-dsa', parameterSet: 'ML-DSA-87' }],
]

const DATA = new TextEncoder().encode('what is signed')

async function publicKeyOf(name: KeyName, scheme: SignatureScheme): Promise<PlatformPublicKey> {
  const key = await platform.importPublicKey(PAIRS[name].spki, scheme)
  if (key === undefined) throw new Error('the key was not imported')
  return key
}

async function signed(name: KeyName, scheme: SignatureScheme): Promise<Uint8Array> {
  const key = await platform.importPrivateKey(PAIRS[name].pkcs8, scheme)
  if (key === undefined) throw new Error('the key was not imported')
  return await platform.sign(scheme, key, DATA)
}

describe.each(SCHEMES)('%s', (_, name, scheme) => {
  test('verifies its own signature, and no other', async () => {
    const key = await publicKeyOf(name, scheme)
    const signature = await signed(name, scheme)
    expect(await platform.verifySignature(scheme, key, DATA, signature)).toBe(true)
    expect(await platform.verifySignature(scheme, key, DATA.subarray(1), signature)).toBe(false)
    for (const wrong of [
      new Uint8Array(0),
      Uint8Array.of(0x30),
      signature.subarray(0, -1),
      Uint8Array.of(...signature, 0),
      signature.with(signature.length - 1, (signature.at(-1) ?? 0) ^ 1),
      signature.with(0, (signature[0] ?? 0) ^ 0x40),
      new Uint8Array(signature.length),
    ]) {
      expect(await platform.verifySignature(scheme, key, DATA, wrong)).toBe(false)
    }
  })

  test('says of megabytes, while others run, what it says at once', async () => {
    const key = await publicKeyOf(name, scheme)
    const large = new Uint8Array(2_500_000).map((_byte, index) => index % 251)
    const privateKey = await platform.importPrivateKey(PAIRS[name].pkcs8, scheme)
    if (privateKey === undefined) throw new Error('the key was not imported')
    const signature = await platform.sign(scheme, privateKey, large)
    expect(await platform.verifyLargeSignature(scheme, key, large, signature)).toBe(true)
    const changed = large.with(2_400_000, 255)
    const last = signature.length - 1
    for (const [data, wrong] of [
      [changed, signature],
      [large.subarray(1), signature],
      [large, new Uint8Array(0)],
      [large, signature.subarray(0, -1)],
      [large, Uint8Array.of(...signature, 0)],
      [large, signature.with(last, (signature[last] ?? 0) ^ 1)],
      [large, new Uint8Array(signature.length)],
    ] as const) {
      expect(await platform.verifyLargeSignature(scheme, key, data, wrong)).toBe(false)
    }
    expect(await platform.verifyLargeSignature(scheme, untyped({}), large, signature)).toBe(false)
  })

  // Pieces have a mebibyte.
  test.each([0, 1, 1_048_575, 1_048_576, 1_048_577])(
    'says the same of %i bytes in both ways',
    async (length) => {
      const data = new Uint8Array(length).fill(5)
      const key = await publicKeyOf(name, scheme)
      const privateKey = await platform.importPrivateKey(PAIRS[name].pkcs8, scheme)
      if (privateKey === undefined) throw new Error('the key was not imported')
      const signature = await platform.sign(scheme, privateKey, data)
      const longer = new Uint8Array(length + 1).fill(5)
      for (const verify of [platform.verifySignature, platform.verifyLargeSignature]) {
        expect(await verify(scheme, key, data, signature)).toBe(true)
        expect(await verify(scheme, key, longer, signature)).toBe(false)
        if (length > 0) expect(await verify(scheme, key, data.with(length - 1, 4), signature)).toBe(false)
      }
    },
  )

  test('takes keys of its own kind and curve alone', async () => {
    for (const [other, pair] of Object.entries(PAIRS)) {
      const publicKey = await platform.importPublicKey(pair.spki, scheme)
      const privateKey = await platform.importPrivateKey(pair.pkcs8, scheme)
      expect([other, publicKey !== undefined]).toEqual([other, other === name])
      expect([other, privateKey !== undefined]).toEqual([other, other === name])
    }
  })

  test('has no key of bytes that are none', async () => {
    const { spki, pkcs8 } = PAIRS[name]
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0x30, 0x00), spki.subarray(0, -1), pkcs8]) {
      expect(await platform.importPublicKey(bytes, scheme)).toBeUndefined()
    }
    for (const bytes of [new Uint8Array(0), pkcs8.subarray(0, -1), spki]) {
      expect(await platform.importPrivateKey(bytes, scheme)).toBeUndefined()
    }
  })

  test('verifies nothing with what is no key, and signs nothing', async () => {
    const signature = await signed(name, scheme)
    expect(await platform.verifySignature(scheme, untyped({}), DATA, signature)).toBe(false)
    await expect(async () => await platform.sign(scheme, untyped({}), DATA)).rejects.toThrow(TypeError)
  })
})

test.each(['P-256', 'P-384', 'P-521'] as const)('a point off the curve %s is no key', async (curve) => {
  const { spki } = PAIRS[curve]
  const off = spki.with(spki.length - 1, (spki.at(-1) ?? 0) ^ 1)
  expect(
    await platform.importPublicKey(off, { kind: 'ecdsa', hash: 'SHA-256', curve, encoding: 'der' }),
  ).toBeUndefined()
})

describe('a signature of another scheme of the same key does not verify', () => {
  test.each([
    [
      'PKCS #1 with another hash',
      { kind: 'rsa-pkcs1', hash: 'SHA-256' },
      { kind: 'rsa-pkcs1', hash: 'SHA-512' },
    ],
    [
      'PSS with another hash',
      { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 },
      { kind: 'rsa-pss', hash: 'SHA-384', saltLength: 32 },
    ],
    [
      'PSS with another salt',
      { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 },
      { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 20 },
    ],
    [
      'PSS as PKCS #1',
      { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 },
      { kind: 'rsa-pkcs1', hash: 'SHA-256' },
    ],
    [
      'PKCS #1 as PSS',
      { kind: 'rsa-pkcs1', hash: 'SHA-256' },
      { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 },
    ],
  ] as const)('%s', async (_, made, asked) => {
    const signature = await signed('RSA', made)
    const key = await publicKeyOf('RSA', asked)
    expect(await platform.verifySignature(asked, key, DATA, signature)).toBe(false)
    expect(await platform.verifyLargeSignature(asked, key, DATA, signature)).toBe(false)
  })

  test('ECDSA in the other encoding', async () => {
    const fixed = { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'p1363' } as const
    const der = { ...fixed, encoding: 'der' } as const
    const key = await publicKeyOf('P-256', fixed)
    for (const verify of [platform.verifySignature, platform.verifyLargeSignature]) {
      expect(await verify(der, key, DATA, await signed('P-256', fixed))).toBe(false)
      expect(await verify(fixed, key, DATA, await signed('P-256', der))).toBe(false)
    }
  })
})

// RFC 8017 §8.1.2, step 1; OpenSSL itself takes it for RSASSA-PSS.
test.each([
  ['PKCS #1', { kind: 'rsa-pkcs1', hash: 'SHA-256' }],
  ['PSS', { kind: 'rsa-pss', hash: 'SHA-256', saltLength: 32 }],
] as const)('an RSA signature without the zero in front does not verify: %s', async (_, scheme) => {
  const privateKey = await platform.importPrivateKey(PAIRS.RSA.pkcs8, scheme)
  if (privateKey === undefined) throw new Error('the key was not imported')
  for (let tries = 0; ; tries++) {
    const data = Uint8Array.of(tries >> 8, tries & 0xff)
    const signature = await platform.sign(scheme, privateKey, data)
    if (signature[0] !== 0) continue
    const key = await publicKeyOf('RSA', scheme)
    expect(await platform.verifySignature(scheme, key, data, signature)).toBe(true)
    expect(await platform.verifySignature(scheme, key, data, signature.subarray(1))).toBe(false)
    expect(await platform.verifyLargeSignature(scheme, key, data, signature.subarray(1))).toBe(false)
    return
  }
})

test("agrees with Node's own signatures", async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const scheme = { kind: 'ecdsa', hash: 'SHA-256', curve: 'P-256', encoding: 'der' } as const
  const { spki } = exported({ publicKey, privateKey })
  const key = await platform.importPublicKey(spki, scheme)
  if (key === undefined) throw new Error('the key was not imported')
  const signature = signNode('sha256', DATA, privateKey)
  expect(await platform.verifySignature(scheme, key, DATA, signature)).toBe(true)
})

test('SHA-256 is that of Node', async () => {
  const digest = await platform.sha256(DATA)
  expect(Buffer.from(digest)).toEqual(createHash('sha256').update(DATA).digest())
})

test.each(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] as const)(
  '%s for identifiers is that of Node',
  async (name) => {
    for (const data of [new Uint8Array(0), DATA, DATA.subarray(3)]) {
      const digest = await platform.digest(name, data)
      expect(digest.constructor).toBe(Uint8Array)
      expect(Buffer.from(digest)).toEqual(createHash(name.replace('-', '')).update(data).digest())
    }
  },
)

test('random bytes are as many as asked for, and others each time', () => {
  expect(platform.randomBytes(0)).toHaveLength(0)
  const seen = new Set(
    Array.from({ length: 50 }, () => Buffer.from(platform.randomBytes(16)).toString('hex')),
  )
  expect(seen.size).toBe(50)
})

describe('decodeBase64', () => {
  const letters = fc.constantFrom(...'AQgwBZaz09+/-_= \n\0\u0141\u00c1é'.split(''))
  const texts = fc.array(letters, { maxLength: 24 }).map((list) => list.join(''))
  const FORMS = [
    ['base64', decodeBase64, encodeBase64],
    ['base64url', decodeBase64url, encodeBase64url],
  ] as const

  test.each(FORMS)('%s: takes exactly the canonical texts', (alphabet, decode, encode) => {
    const form = fc.oneof(texts, fc.uint8Array({ maxLength: 60 }).map(encode))
    fc.assert(
      fc.property(form, (text) => {
        const bytes = platform.decodeBase64(text, alphabet)
        expect(bytes && [...bytes]).toEqual(decode(text) && [...(decode(text) ?? [])])
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([
    ['base64', 'Zh=='],
    ['base64', 'Zg='],
    ['base64', 'Zg'],
    ['base64', 'Zm9v\n'],
    ['base64', 'Zm 9v'],
    ['base64', '-_-_'],
    ['base64url', 'Zg=='],
    ['base64url', 'Zh'],
    ['base64url', 'Zm9'],
    ['base64url', '+/+/'],
    ['base64url', 'Zm9\u0176'],
  ] as const)('%s: refuses %j', (alphabet, text) => {
    expect(platform.decodeBase64(text, alphabet)).toBeUndefined()
  })
})
