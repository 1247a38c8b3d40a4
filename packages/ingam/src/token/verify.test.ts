// A verifier from end to end: what it accepts, every refusal on a fresh verifier and on one that knows the chain,
// one-time use, its clock, and what it remembers.

import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/support/codes.ts'
import {
  AT,
  AUDIENCE,
  encodeText,
  forge,
  NOW,
  thumbprintOf,
  untyped,
  x5cOf,
} from '../../../../test/support/forge.ts'
import {
  ACCEPTED,
  ed25519,
  issuer,
  leaf,
  other,
  REFUSED,
  root,
  rsa,
  stranger,
  verifierOf,
} from '../../../../test/support/tokens.ts'
import { encodeBase64url } from '../bytes/base64.ts'
import { createFixedClock, type FixedClock } from '../testing/fixed-clock.ts'
import { createTestCa } from '../testing/test-ca.ts'
import type { VerifierOptions } from './plan.ts'
import { isVerifiedToken } from './verified-token.ts'
import type { Verifier } from './verify.ts'

/** A verifier that has accepted a token of each client before. */
async function warmVerifierOf(options: Partial<VerifierOptions> = {}): Promise<Verifier> {
  const verifier = verifierOf(options)
  if (options.algorithms === undefined) {
    for (const client of [leaf, rsa, ed25519]) await verifier.verify(await forge(client))
  }
  return verifier
}

function at(clock: FixedClock): number {
  return clock.now().getTime() / 1000
}

describe('a token that is accepted', () => {
  test.each(ACCEPTED)('$title, on a fresh verifier', async ({ make, options, expected }) => {
    const verifier = verifierOf(options)
    expect(isVerifiedToken(await verifier.verify(await make(), expected))).toBe(true)
    expect(verifier.status()).toMatchObject({ cachedChains: 1, tokenSignatureChecks: 1 })
  })

  test.each(ACCEPTED)('$title, on a verifier that knows the chain', async ({ make, options, expected }) => {
    const verifier = await warmVerifierOf(options)
    expect(isVerifiedToken(await verifier.verify(await make(), expected))).toBe(true)
  })

  test.each([
    ['ES256', leaf, {}],
    ['RS256', rsa, { header: { alg: 'RS256' }, signing: 'RS256' }],
    ['PS256', rsa, {}],
    ['Ed25519', ed25519, {}],
  ] as const)('%s, cold and warm with the same outcome', async (algorithm, client, options) => {
    const verifier = verifierOf({ algorithms: [algorithm] })
    const cold = await verifier.verify(await forge(client, options))
    const between = verifier.status()
    const warm = await verifier.verify(await forge(client, options))
    expect(cold).toMatchObject({ algorithm, audience: AUDIENCE, uncheckedBindings: [] })
    expect(warm.identity).toEqual(cold.identity)
    expect(verifier.status()).toMatchObject({
      cacheHits: between.cacheHits + 1,
      certificatesParsed: between.certificatesParsed,
      pathSignatureChecks: between.pathSignatureChecks,
      tokenSignatureChecks: between.tokenSignatureChecks + 1,
    })
  })

  test('says who signed, for whom, and when', async () => {
    const token = await verifierOf().verify(await forge(leaf, { claims: { role: 'x', exp: NOW + 10.5 } }))
    expect(token.identity).toEqual({
      anchor: `x509-sha256:${await thumbprintOf(root)}`,
      subject: 'CN=client',
      dns: ['client.example', '*.example'],
      uris: ['spiffe://example/client'],
      emails: ['client@example.com'],
      ips: ['192.0.2.1'],
      upns: ['client@corp.example'],
      thumbprint: await thumbprintOf(leaf),
    })
    expect(token.claims).toMatchObject({ role: 'x' })
    expect(token.issuedAt).toEqual(AT)
    expect(token.expiresAt).toEqual(new Date(AT.getTime() + 10_500))
    expect(token.path.certificates.map(({ der }) => der)).toEqual([leaf.der, issuer.der, root.der])
  })

  test('names the anchor by the id that it was given', async () => {
    const verifier = verifierOf({ trustAnchors: [{ certificate: root.certificate, id: 'corporate' }] })
    expect((await verifier.verify(await forge(leaf))).identity.anchor).toBe('corporate')
  })

  test('reports bindings that nobody checked', async () => {
    const verifier = verifierOf({ unexpectedBinding: 'report' })
    const token = await verifier.verify(await forge(leaf, { claims: { nonce: 'x', htm: 'GET' } }))
    expect(token.uncheckedBindings).toEqual(['nonce', 'htm'])
  })

  test('gives an identity that nobody can change for the tokens after it', async () => {
    const { identity } = await verifierOf().verify(await forge(leaf))
    expect(Object.isFrozen(identity)).toBe(true)
    for (const list of [identity.dns, identity.uris, identity.emails, identity.ips, identity.upns]) {
      expect(Object.isFrozen(list)).toBe(true)
    }
  })

  test('is not what a copy of it is', async () => {
    const token = await verifierOf().verify(await forge(leaf))
    expect(Object.isFrozen(token)).toBe(true)
    expect(isVerifiedToken(Object.assign({}, token))).toBe(false)
    expect(isVerifiedToken(structuredClone(token.claims))).toBe(false)
    expect(isVerifiedToken(Object.create(token))).toBe(false)
    expect(isVerifiedToken(null)).toBe(false)
  })
})

describe('a token that is refused', () => {
  test.each(REFUSED)('$code for $title, on a fresh verifier', async ({ make, code, options, expected }) => {
    const verifier = verifierOf(options)
    const token = await make()
    expect(await codeOf(() => verifier.verify(token, expected))).toBe(code)
    expect(verifier.status()).toMatchObject({ cachedChains: 0, cachedBytes: 0, replayEntries: 0 })
  })

  test.each(REFUSED)(
    '$code for $title, on a verifier that knows the chain',
    async ({ make, code, options, expected }) => {
      const verifier = await warmVerifierOf(options)
      const { cachedChains, cachedBytes, replayEntries } = verifier.status()
      const token = await make()
      expect(await codeOf(() => verifier.verify(token, expected))).toBe(code)
      expect(verifier.status()).toMatchObject({ cachedChains, cachedBytes, replayEntries })
    },
  )

  test.each([undefined, null, 1, {}, [], Object('a.b.c')])('ERR_TOKEN_MALFORMED for %j', async (token) => {
    expect(await codeOf(() => verifierOf().verify(untyped(token)))).toBe('ERR_TOKEN_MALFORMED')
  })

  test.each(['Bearer ', ' ', '\n'])('ERR_TOKEN_ENCODING for %j in front of the token', async (prefix) => {
    const token = await forge(leaf)
    expect(await codeOf(() => verifierOf().verify(prefix + token))).toBe('ERR_TOKEN_ENCODING')
  })

  test('leaves the token usable where another was refused with its jti', async () => {
    const verifier = verifierOf()
    const claims = { jti: 'one-id-for-two-tokens' }
    const wrong = await forge(leaf, { claims, signature: () => new Uint8Array(64) })
    expect(await codeOf(() => verifier.verify(wrong))).toBe('ERR_TOKEN_SIGNATURE')
    const right = await forge(leaf, { claims })
    expect(await codeOf(() => verifier.verify(right))).toBe('accepted')
  })
})

describe('the size limit', () => {
  test('accepts a token of exactly the limit and refuses it at one less', async () => {
    const token = await forge(leaf)
    const maxTokenBytes = token.length
    expect(await codeOf(() => verifierOf({ maxTokenBytes }).verify(token))).toBe('accepted')
    expect(await codeOf(() => verifierOf({ maxTokenBytes: maxTokenBytes - 1 }).verify(token))).toBe(
      'ERR_TOKEN_TOO_LARGE',
    )
  })
})

describe('keys that are not keys', () => {
  test.each([
    ['DER of the public key', leaf.certificate.subjectPublicKeyInfo.der],
    ['DER of the certificate', leaf.der],
    ['PEM of the certificate', new TextEncoder().encode(leaf.pem)],
  ])('refuses HS256 made with the %s as the secret', async (_, secret) => {
    const [header, payload] = (await forge(leaf, { header: { alg: 'HS256' } })).split('.')
    const parameters = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), parameters, false, ['sign'])
    const signed = `${header}.${payload}`
    const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed))
    const token = `${signed}.${encodeBase64url(new Uint8Array(mac))}`
    expect(await codeOf(() => verifierOf().verify(token))).toBe('ERR_TOKEN_ALGORITHM')
    const warm = await warmVerifierOf()
    expect(await codeOf(() => warm.verify(token))).toBe('ERR_TOKEN_ALGORITHM')
  })

  test('refuses an algorithm that is not allowed though the chain is known under another', async () => {
    const verifier = verifierOf({ algorithms: ['PS256'] })
    expect(await codeOf(async () => await verifier.verify(await forge(rsa)))).toBe('accepted')
    const token = await forge(rsa, { header: { alg: 'RS256' }, signing: 'RS256' })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_ALGORITHM')
  })

  test("keeps a chain's algorithms apart", async () => {
    const verifier = verifierOf()
    await verifier.verify(await forge(rsa))
    const pkcs1 = await verifier.verify(await forge(rsa, { header: { alg: 'RS256' }, signing: 'RS256' }))
    expect(pkcs1.algorithm).toBe('RS256')
    expect(verifier.status().cachedChains).toBe(2)
  })
})

describe('header texts of a known chain', () => {
  test('a character changed anywhere in it is refused', { timeout: 120_000 }, async () => {
    const verifier = verifierOf({ oneTimeUse: 'off' })
    const token = await forge(leaf)
    await verifier.verify(token)
    const end = token.indexOf('.')
    for (let index = 0; index < end; index += 7) {
      const character = token[index] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, index) + character + token.slice(index + 1)
      expect(await codeOf(() => verifier.verify(changed))).not.toBe('accepted')
    }
    expect(verifier.status().cachedChains).toBe(1)
  })

  test.each([
    ['the chain of another client', { header: { x5c: x5cOf(other) } }, 'ERR_TOKEN_SUBJECT'],
    [
      'its own leaf behind that of another',
      { header: { x5c: [...x5cOf(other), ...x5cOf(leaf)] } },
      'ERR_TOKEN_SUBJECT',
    ],
    [
      "a stranger's leaf in front",
      { header: { x5c: [...x5cOf(stranger), ...x5cOf(leaf)] } },
      'ERR_PATH_SIGNATURE',
    ],
  ])('with %s are not taken for it', async (_, alteration, code) => {
    const verifier = await warmVerifierOf()
    await verifier.verify(await forge(other))
    const token = await forge(leaf, alteration)
    expect(await codeOf(() => verifier.verify(token))).toBe(code)
  })

  test('with the members in another order find it without reading a certificate', async () => {
    const verifier = verifierOf()
    await verifier.verify(await forge(leaf))
    const { certificatesParsed } = verifier.status()
    const x5c = x5cOf(leaf)
    const headerText = (): string => JSON.stringify({ x5c, typ: 'cert-auth+jwt', alg: 'ES256' })
    await verifier.verify(await forge(leaf, { headerText }))
    expect(verifier.status()).toMatchObject({ cachedChains: 1, certificatesParsed })
  })

  test('are not found when the first was signed wrongly', async () => {
    const verifier = verifierOf()
    const wrong = await forge(leaf, { signer: other })
    for (let round = 0; round < 2; round++) {
      expect(await codeOf(() => verifier.verify(wrong))).toBe('ERR_TOKEN_SIGNATURE')
    }
    expect(verifier.status()).toMatchObject({ cachedChains: 0, cacheHits: 0, cacheMisses: 2 })
  })

  test('do not let one client sign for another of the same name', async () => {
    const verifier = await warmVerifierOf()
    const twin = await issuer.issue({ uris: ['spiffe://example/client'] })
    const token = await forge(leaf, { signer: twin })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_SIGNATURE')
  })
})

describe('a header that is known', () => {
  test('is neither decoded nor parsed again', async () => {
    const verifier = verifierOf()
    await verifier.verify(await forge(leaf))
    const { bytesParsed, certificatesParsed } = verifier.status()
    expect(bytesParsed).toBeGreaterThan(0)
    await verifier.verify(await forge(leaf))
    expect(verifier.status()).toMatchObject({ bytesParsed, certificatesParsed, cacheHits: 1 })
  })

  test('is parsed again when a character of it is another', async () => {
    const verifier = verifierOf()
    await verifier.verify(await forge(leaf))
    const { bytesParsed, certificatesParsed } = verifier.status()
    await verifier.verify(await forge(leaf, { header: { kid: 'x' } }))
    const again = verifier.status()
    expect(again.bytesParsed).toBeGreaterThan(bytesParsed)
    expect(again).toMatchObject({ certificatesParsed, cachedChains: 1 })
  })
})

describe('one-time use', () => {
  test('accepts a token once, cold and then warm', async () => {
    const verifier = verifierOf()
    const token = await forge(leaf)
    await verifier.verify(token)
    await expect(verifier.verify(token)).rejects.toMatchObject({
      code: 'ERR_TOKEN_REPLAYED',
      details: { jti: expect.stringMatching(/^forged-/u) },
    })
    expect(verifier.status().replayEntries).toBe(1)
  })

  test('accepts a token once on a verifier that knows the chain', async () => {
    const verifier = await warmVerifierOf()
    const token = await forge(leaf)
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
  })

  test('accepts a token once where no chain is kept', async () => {
    const verifier = verifierOf({ maxCacheBytes: 0 })
    const token = await forge(leaf)
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
  })

  test.each([
    ['a fresh verifier', verifierOf],
    ['one that knows the chain', warmVerifierOf],
  ])('accepts one of sixteen that arrive together, on %s', async (_, make) => {
    const verifier = await make()
    const token = await forge(leaf)
    const codes = await Promise.all(Array.from({ length: 16 }, () => codeOf(() => verifier.verify(token))))
    expect(codes.filter((code) => code === 'accepted')).toHaveLength(1)
    expect(codes.filter((code) => code === 'ERR_TOKEN_REPLAYED')).toHaveLength(15)
  })

  test('refuses the jti again under other claims, another header text or another signature', async () => {
    const verifier = verifierOf()
    const jti = 'one-id-for-many-tokens'
    await verifier.verify(await forge(leaf, { claims: { jti } }))
    for (const again of [
      { claims: { jti, own: 1 } },
      { claims: { jti, iat: NOW + 1, exp: NOW + 400 } },
      { claims: { jti }, header: { kid: 'x' } },
      { claims: { jti }, claimsText: (text: string) => ` ${text} ` },
      { claims: { jti }, claimsText: (text: string) => text.replace(jti, '\\u006fne-id-for-many-tokens') },
      { claims: { jti, sub: 'dns:client.example', iss: 'dns:client.example' } },
    ]) {
      const token = await forge(leaf, again)
      expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
    }
  })

  test('refuses a token whose ECDSA signature was rewritten as (r, n - s)', async () => {
    const verifier = verifierOf()
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const token = await forge(leaf)
    await verifier.verify(token)
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytesOf(token.split('.')[1])))
    const rewritten = await forge(leaf, {
      claimsText: () => JSON.stringify(claims),
      signature: (bytes) => {
        let s = 0n
        for (const byte of bytes.subarray(32)) s = (s << 8n) | BigInt(byte)
        const hex = (order - s).toString(16).padStart(64, '0')
        return Uint8Array.from([...bytes.subarray(0, 32), ...hexBytes(hex)])
      },
    })
    expect(await codeOf(() => verifier.verify(rewritten))).toBe('ERR_TOKEN_REPLAYED')
  })

  test('refuses the jti again from a renewed certificate with the same key', async () => {
    const verifier = verifierOf()
    const renewed = await issuer.issue({ keyOf: leaf, uris: ['spiffe://example/client'] })
    const claims = { jti: 'kept-over-the-renewal' }
    await verifier.verify(await forge(leaf, { claims }))
    const token = await forge(renewed, { claims })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
  })

  test('accepts the same jti from another client', async () => {
    const verifier = verifierOf()
    const claims = { jti: 'the-same-for-everyone' }
    await verifier.verify(await forge(leaf, { claims }))
    const token = await forge(other, { claims })
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
  })

  test('accepts the same jti for another audience of the verifier', async () => {
    const verifier = verifierOf({ audience: ['one', 'two'] })
    const jti = 'the-same-for-both-audiences'
    await verifier.verify(await forge(leaf, { claims: { jti, aud: 'one' } }))
    const token = await forge(leaf, { claims: { jti, aud: 'two' } })
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
  })

  test('where it is off accepts a token as often as it is sent', async () => {
    const verifier = verifierOf({ oneTimeUse: 'off' })
    const token = await forge(leaf)
    await verifier.verify(token)
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    expect(verifier.status().replayEntries).toBe(0)
  })

  test.each([
    ['a fresh verifier', verifierOf],
    ['one that knows the chain', warmVerifierOf],
  ])('accepts iat at the beginning and refuses it a millisecond before, on %s', async (_, make) => {
    const verifier = await make()
    const early = await forge(leaf, { claims: { iat: NOW - 0.001 } })
    await expect(verifier.verify(early)).rejects.toMatchObject({
      code: 'ERR_TOKEN_REPLAY_EPOCH',
      details: { issuedAt: '2026-06-01T11:59:59.999Z', epoch: '2026-06-01T12:00:00.000Z' },
    })
    const exact = await forge(leaf, { claims: { iat: NOW } })
    expect(await codeOf(() => verifier.verify(exact))).toBe('accepted')
  })

  test('accepts as many tokens as the memory holds and refuses one more', async () => {
    const verifier = verifierOf({ maxReplayEntries: 2, maxReplayEntriesPerKey: 2 })
    const tokens = await Promise.all([forge(leaf), forge(other), forge(leaf)])
    const codes: string[] = []
    for (const token of tokens) codes.push(await codeOf(() => verifier.verify(token)))
    expect(codes).toEqual(['accepted', 'accepted', 'ERR_TOKEN_REPLAY_FULL'])
  })

  test("accepts as many tokens as a signer's share and refuses one more, of that signer alone", async () => {
    const verifier = verifierOf({ maxReplayEntries: 10, maxReplayEntriesPerKey: 2 })
    const codes: string[] = []
    for (const client of [leaf, leaf, leaf, other]) {
      const token = await forge(client)
      codes.push(await codeOf(() => verifier.verify(token)))
    }
    expect(codes).toEqual(['accepted', 'accepted', 'ERR_TOKEN_REPLAY_QUOTA', 'accepted'])
  })

  test('charges the share of a renewed certificate with the same key', async () => {
    const verifier = verifierOf({ maxReplayEntries: 10, maxReplayEntriesPerKey: 1 })
    await verifier.verify(await forge(leaf))
    const token = await forge(await issuer.issue({ keyOf: leaf }))
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAY_QUOTA')
  })

  test('knows a token until the last instant at which it would be accepted', async () => {
    const clock = createFixedClock(AT)
    const verifier = verifierOf({ clock: clock.now })
    const token = await forge(leaf, { claims: { iat: NOW + 5, exp: NOW + 605 } })
    await verifier.verify(token)
    for (let second = 0; second < 664; second++) {
      clock.advance(1)
      await verifier.verify(await forge(other, { claims: { iat: at(clock), exp: at(clock) + 300 } }))
      expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
    }
    clock.advance(0.999)
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
    clock.advance(0.001)
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_EXPIRED')
  })

  test('knows every token until its last second, whenever the memory rotates', {
    timeout: 120_000,
  }, async () => {
    const clock = createFixedClock(AT)
    const verifier = verifierOf({ clock: clock.now })
    const tokens: string[] = []
    for (let second = 0; second < 1_400; second++) {
      // As long-lived as can be: signed 5 s ahead, for 600 s, and 60 s of tolerance.
      const token = await forge(leaf, { claims: { iat: at(clock) + 5, exp: at(clock) + 605 } })
      tokens.push(token)
      await verifier.verify(token)
      const old = tokens[second - 664]
      if (old !== undefined) expect(await codeOf(() => verifier.verify(old))).toBe('ERR_TOKEN_REPLAYED')
      clock.advance(1)
    }
    expect(verifier.status().replayEntries).toBeLessThan(1_400)
  })

  test('accepts a token within its tolerance after a long quiet time', async () => {
    const clock = createFixedClock(AT)
    const verifier = verifierOf({ clock: clock.now })
    await verifier.verify(await forge(leaf))
    clock.advance(2 * 665)
    const token = await forge(leaf, { claims: { iat: at(clock) - 300, exp: at(clock) - 59 } })
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    expect(verifier.status().replayEntries).toBe(1)
  })

  test('refuses a used token after the clock was far ahead and came back', async () => {
    const clock = createFixedClock(AT)
    const verifier = verifierOf({ clock: clock.now })
    const token = await forge(leaf)
    await verifier.verify(token)
    clock.advance(10_000)
    await verifier.verify(await forge(other, { claims: { iat: at(clock), exp: at(clock) + 300 } }))
    clock.advance(-10_000)
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAY_EPOCH')
  })

  describe('a token from ahead of the clock', () => {
    const ahead = async (): Promise<string> => forge(leaf, { claims: { iat: NOW + 4.25, exp: NOW + 300 } })

    test('waits until the instant at which it says it was signed', async () => {
      const waits: number[] = []
      const wait = async (milliseconds: number): Promise<void> => void waits.push(milliseconds)
      const verifier = verifierOf({ wait })
      expect(await codeOf(async () => verifier.verify(await ahead()))).toBe('accepted')
      expect(await codeOf(async () => verifier.verify(await ahead()))).toBe('accepted')
      expect(await codeOf(async () => verifier.verify(await forge(leaf)))).toBe('accepted')
      expect(waits).toEqual([4250, 4250])
    })

    test('is refused as used while it waits', async () => {
      const waiting = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      const wait = async (): Promise<void> => {
        waiting.resolve()
        await gate.promise
      }
      const verifier = verifierOf({ wait })
      const token = await ahead()
      const first = codeOf(() => verifier.verify(token))
      await waiting.promise
      expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_REPLAYED')
      gate.resolve()
      expect(await first).toBe('accepted')
    })

    test('is refused by a verifier that is created after it was accepted', async () => {
      const clock = createFixedClock(AT)
      const wait = async (milliseconds: number): Promise<void> => {
        clock.advance(milliseconds / 1000 + 0.001)
      }
      const token = await ahead()
      const verifier = verifierOf({ clock: clock.now, wait })
      expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
      const restarted = verifierOf({ clock: clock.now, wait })
      expect(await codeOf(() => restarted.verify(token))).toBe('ERR_TOKEN_REPLAY_EPOCH')
    })

    test('waits neither where one-time use is off nor where it is explained', async () => {
      const wait = async (): Promise<void> => await Promise.reject(new Error('waited'))
      const token = await ahead()
      expect(await codeOf(() => verifierOf({ wait, oneTimeUse: 'off' }).verify(token))).toBe('accepted')
      expect((await verifierOf({ wait }).explain(token)).accepted).toBe(true)
    })
  })
})

describe.each(['fresh', 'warm'])('the clock of a %s verifier', (kind) => {
  async function verifierAt(seconds: number, options: Partial<VerifierOptions> = {}): Promise<Verifier> {
    const clock = createFixedClock(AT)
    const verifier = verifierOf({ clock: clock.now, ...options })
    if (kind === 'warm') await verifier.verify(await forge(leaf))
    clock.advance(seconds)
    return verifier
  }

  async function codeAt(
    seconds: number,
    claims: Readonly<Record<string, unknown>>,
    options: Partial<VerifierOptions> = {},
  ): Promise<string> {
    const verifier = await verifierAt(seconds, options)
    const token = await forge(leaf, { claims })
    return await codeOf(() => verifier.verify(token))
  }

  test.each([0, 1, 60, 3_600])('refuses exp from %i s of tolerance on', async (expiryToleranceSeconds) => {
    const options = { expiryToleranceSeconds }
    expect(await codeAt(300 + expiryToleranceSeconds - 0.001, {}, options)).toBe('accepted')
    expect(await codeAt(300 + expiryToleranceSeconds, {}, options)).toBe('ERR_TOKEN_EXPIRED')
  })

  test.each([0, 1, 5, 3_600])(
    'refuses iat and nbf beyond %i s of tolerance',
    async (futureToleranceSeconds) => {
      const options = { futureToleranceSeconds }
      const [edge, beyond] = [NOW + futureToleranceSeconds, NOW + futureToleranceSeconds + 0.001]
      expect(await codeAt(0, { iat: edge, exp: edge + 1 }, options)).toBe('accepted')
      expect(await codeAt(0, { iat: beyond, exp: edge + 1 }, options)).toBe('ERR_TOKEN_NOT_YET_VALID')
      expect(await codeAt(0, { nbf: edge }, options)).toBe('accepted')
      expect(await codeAt(0, { nbf: beyond }, options)).toBe('ERR_TOKEN_NOT_YET_VALID')
    },
  )

  test.each([1, 600, 86_400])('refuses a lifetime beyond %i s', async (maxLifetimeSeconds) => {
    // The token that makes the verifier know the chain lives for 300 s.
    const options = {
      maxLifetimeSeconds: kind === 'warm' ? Math.max(300, maxLifetimeSeconds) : maxLifetimeSeconds,
    }
    const limit = options.maxLifetimeSeconds
    expect(await codeAt(0, { exp: NOW + limit }, options)).toBe('accepted')
    expect(await codeAt(0, { exp: NOW + limit + 0.001 }, options)).toBe('ERR_TOKEN_LIFETIME')
  })

  test.each([
    ['an invalid Date', new Date(Number.NaN)],
    ['nothing', undefined],
    ['null', null],
    ['a number', AT.getTime()],
    ['a promise', Promise.resolve(AT)],
  ])('refuses every token once it answers %s', async (_, answer) => {
    let broken = false
    const verifier = verifierOf({ clock: untyped(() => (broken ? answer : AT)) })
    if (kind === 'warm') await verifier.verify(await forge(leaf))
    const { replayEntries } = verifier.status()
    broken = true
    const token = await forge(leaf)
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_ARG_TYPE')
    expect(verifier.status().replayEntries).toBe(replayEntries)
    broken = false
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
  })

  test('refuses every token once it throws', async () => {
    let broken = false
    const clock = (): Date => {
      if (broken) throw new RangeError('no time')
      return AT
    }
    const verifier = verifierOf({ clock })
    if (kind === 'warm') await verifier.verify(await forge(leaf))
    broken = true
    await expect(verifier.verify(await forge(leaf))).rejects.toThrow(RangeError)
  })

  test.each(['leaf', 'intermediate', 'root'])('ends a chain when its %s expires', async (place) => {
    const notAfter = new Date(AT.getTime() + 600_000)
    const dates = (of: string): { notAfter?: Date } => (of === place ? { notAfter } : {})
    const ca = await createTestCa({ at: AT, ...dates('root') })
    const between = await ca.issue({ kind: 'ca', ...dates('intermediate') })
    const client = await between.issue(dates('leaf'))
    const clock = createFixedClock(AT)
    const verifier = verifierOf({ clock: clock.now, trustAnchors: [ca.certificate] })
    if (kind === 'warm') await verifier.verify(await forge(client))
    clock.advance(600)
    const claims = { iat: at(clock), exp: at(clock) + 300 }
    const last = await forge(client, { claims })
    expect(await codeOf(() => verifier.verify(last))).toBe('accepted')
    const late = await forge(client, { claims })
    clock.advance(0.001)
    expect(await codeOf(() => verifier.verify(late))).toBe('ERR_PATH_EXPIRED')
    expect(verifier.status().cachedChains).toBe(0)
  })

  test('refuses a chain before it begins, also when the clock was put back', async () => {
    const clock = createFixedClock(AT)
    const verifier = verifierOf({ clock: clock.now, oneTimeUse: 'off' })
    if (kind === 'warm') await verifier.verify(await forge(leaf))
    clock.advance(-3_600)
    const claims = { iat: at(clock) - 1, exp: at(clock) + 300 }
    const token = await forge(leaf, { claims })
    expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
    clock.advance(-0.001)
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_PATH_NOT_YET_VALID')
  })
})

describe('the cache', () => {
  test('of no bytes keeps nothing and changes no outcome', async () => {
    const verifier = verifierOf({ maxCacheBytes: 0 })
    await verifier.verify(await forge(leaf))
    const { certificatesParsed } = verifier.status()
    await verifier.verify(await forge(leaf))
    expect(verifier.status()).toMatchObject({
      cachedChains: 0,
      cachedBytes: 0,
      cacheHits: 0,
      certificatesParsed: 2 * certificatesParsed,
    })
    const wrong = await forge(leaf, { signer: other })
    expect(await codeOf(() => verifier.verify(wrong))).toBe('ERR_TOKEN_SIGNATURE')
  })

  test('of too few bytes for a chain keeps nothing', async () => {
    const verifier = verifierOf({ maxCacheBytes: 1 })
    await verifier.verify(await forge(leaf))
    expect(verifier.status()).toMatchObject({ cachedChains: 0, cachedBytes: 0 })
  })

  test('keeps a chain at exactly its bytes and not at one less', async () => {
    // Of the root's own, so that no issuer stands between, to which a quarter of the memory belongs.
    const direct = await root.issue({ uris: ['spiffe://example/direct'] })
    const measure = verifierOf()
    await measure.verify(await forge(direct))
    const { cachedBytes } = measure.status()
    let least = cachedBytes
    while (least - Math.floor(least / 4) < cachedBytes) least++
    const fits = verifierOf({ maxCacheBytes: least })
    await fits.verify(await forge(direct))
    expect(fits.status()).toMatchObject({ cachedChains: 1, cachedBytes })
    const narrow = verifierOf({ maxCacheBytes: least - 1 })
    await narrow.verify(await forge(direct))
    expect(narrow.status()).toMatchObject({ cachedChains: 0, cachedBytes: 0 })
  })

  test("ends a chain in time whatever was done to a token's dates", async () => {
    const clock = createFixedClock(AT)
    const client = await issuer.issue({ notAfter: new Date(AT.getTime() + 600_000) })
    const verifier = verifierOf({ clock: clock.now })
    const { path } = await verifier.verify(await forge(client))
    path.validUntil.setTime(AT.getTime() + 900_000)
    clock.advance(601)
    const token = await forge(client, { claims: { iat: at(clock), exp: at(clock) + 60 } })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_PATH_EXPIRED')
  })

  test('belongs to one verifier, whose anchors alone it speaks for', async () => {
    await verifierOf().verify(await forge(leaf))
    const elsewhere = await createTestCa({ at: AT, name: 'Elsewhere' })
    const verifier = verifierOf({ trustAnchors: [elsewhere.certificate] })
    const token = await forge(leaf)
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_PATH_NO_ISSUER')
  })
})

describe('status', () => {
  test('is all zeros at the beginning', () => {
    const { revocationSources, ...counts } = verifierOf().status()
    expect(revocationSources).toEqual([])
    expect(Object.values(counts).every((count) => count === 0)).toBe(true)
  })

  test('does not change afterwards', async () => {
    const verifier = verifierOf()
    const before = verifier.status()
    await verifier.verify(await forge(leaf))
    expect(before.tokenSignatureChecks).toBe(0)
    expect(verifier.status().tokenSignatureChecks).toBe(1)
  })

  test('counts no certificate and no signature for a token refused by its claims', async () => {
    const verifier = verifierOf()
    const token = await forge(leaf, { claims: { aud: 'https://other.example' } })
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_TOKEN_AUDIENCE')
    expect(verifier.status()).toMatchObject({ certificatesParsed: 0, tokenSignatureChecks: 0, pathEdges: 0 })
  })

  test('counts no token signature for a chain that leads nowhere', async () => {
    const verifier = verifierOf()
    const token = await forge(stranger)
    expect(await codeOf(() => verifier.verify(token))).toBe('ERR_PATH_SIGNATURE')
    expect(verifier.status()).toMatchObject({ certificatesParsed: 2, tokenSignatureChecks: 0 })
  })
})

function bytesOf(part: string | undefined): Uint8Array {
  const text = (part ?? '').replaceAll('-', '+').replaceAll('_', '/')
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

function hexBytes(hex: string): readonly number[] {
  return (hex.match(/../gu) ?? []).map((pair) => Number.parseInt(pair, 16))
}

test('a payload of its own text is what was signed, not what it means', async () => {
  const verifier = verifierOf()
  const token = await forge(leaf)
  const [header, payload, signature] = token.split('.')
  const text = new TextDecoder().decode(bytesOf(payload))
  const respelt = `${header}.${encodeText(` ${text}`)}.${signature}`
  expect(await codeOf(() => verifier.verify(respelt))).toBe('ERR_TOKEN_SIGNATURE')
  expect(await codeOf(() => verifier.verify(token))).toBe('accepted')
})
