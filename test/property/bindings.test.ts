// Bindings against an oracle of a few lines: a token passes exactly if each claim that is demanded is there, letter for letter,
// and no other one is. INGAM_RUNS sets how many are tried of each kind (default 150).

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPkiError } from '../../packages/ingam/src/errors/errors.ts'
import type { ExpectedBinding } from '../../packages/ingam/src/token/binding.ts'
import { signProof, signToken } from '../../packages/ingam/src/token/sign.ts'
import type { VerifiedToken } from '../../packages/ingam/src/token/verified-token.ts'
import { AT, AUDIENCE, forge } from '../support/forge.ts'
import { leaf, verifierOf } from '../support/tokens.ts'

const RUNS = Number(process.env['INGAM_RUNS'] ?? '150')
const TIMEOUT = 30_000 + RUNS * 40
const CLAIMS = ['nonce', 'htm', 'htu', 'digest', 'ath'] as const
type Claim = (typeof CLAIMS)[number]

const CHALLENGES = ['a', 'A', 'a.b', 'aa']
const METHODS = ['GET', 'get', 'POST']
const TARGETS = [
  'https://api.example/',
  'https://api.example/?',
  'https://api.example/a',
  'https://api.example/a/',
  'https://api.example/%61',
  'http://api.example/a',
]
const CONTENTS = [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(0, 0)]
const ACCESS_TOKENS = ['token', 'Token', 'token.']

const digests = CONTENTS.map((bytes) => `sha-256=:${sha256(bytes, 'base64')}:`)
const hashes = ACCESS_TOKENS.map((text) => sha256(new TextEncoder().encode(text), 'base64url'))
const VALUES: Readonly<Record<Claim, readonly string[]>> = {
  nonce: CHALLENGES,
  htm: METHODS,
  htu: TARGETS,
  digest: digests,
  ath: hashes,
}

function sha256(bytes: Uint8Array, encoding: 'base64' | 'base64url'): string {
  return createHash('sha256').update(bytes).digest(encoding)
}

interface Wanted {
  readonly challenge: number
  readonly method: number
  readonly target: number
  readonly content: number
  readonly accessToken: number
}

// -1 leaves out; a request is there where its method is.
const wanted: fc.Arbitrary<Wanted> = fc.record({
  challenge: fc.integer({ min: -1, max: CHALLENGES.length - 1 }),
  method: fc.integer({ min: -1, max: METHODS.length - 1 }),
  target: fc.nat(TARGETS.length - 1),
  content: fc.integer({ min: -1, max: CONTENTS.length - 1 }),
  accessToken: fc.nat(ACCESS_TOKENS.length - 1),
})

type Request = NonNullable<ExpectedBinding['request']>

function requestOf({ method, target, content }: Wanted): Request {
  const bytes = CONTENTS[content]
  return {
    method: METHODS[Math.max(0, method)] ?? '',
    targetUri: TARGETS[target] ?? '',
    ...(bytes !== undefined && { content: bytes }),
  }
}

function expectedOf(given: Wanted): ExpectedBinding {
  const challenge = CHALLENGES[given.challenge]
  return {
    ...(challenge !== undefined && { challenge }),
    ...(given.method >= 0 && { request: requestOf(given) }),
  }
}

/** The claims that must be there, written without the library. */
function demandedBy(given: Wanted, isProof: boolean): ReadonlyMap<string, unknown> {
  const hasRequest = isProof || given.method >= 0
  const pairs: readonly (readonly [Claim, string | undefined])[] = [
    ['nonce', CHALLENGES[given.challenge]],
    ['htm', hasRequest ? METHODS[Math.max(0, given.method)] : undefined],
    ['htu', hasRequest ? TARGETS[given.target] : undefined],
    ['digest', hasRequest ? digests[given.content] : undefined],
    ['ath', isProof ? hashes[given.accessToken] : undefined],
  ]
  return new Map(pairs.filter(([, value]) => value !== undefined))
}

/** How a claim is written: as the one that is demanded, left out, as another of its kind, or as no text. */
const written = fc.constantFrom('demanded', 'demanded', 'demanded', 'none', 'other', 'array', 'null', 'space')

function claimsFor(
  demanded: ReadonlyMap<string, unknown>,
  ways: readonly string[],
  other: number,
): Record<string, unknown> {
  const claims: Record<string, unknown> = {}
  for (const [index, claim] of CLAIMS.entries()) {
    const value = demanded.get(claim)
    const another = VALUES[claim][other % VALUES[claim].length]
    switch (ways[index]) {
      case 'demanded':
        if (value !== undefined) claims[claim] = value
        break
      case 'other':
        claims[claim] = another
        break
      case 'array':
        claims[claim] = [value ?? another]
        break
      case 'null':
        claims[claim] = null
        break
      case 'space':
        claims[claim] = `${String(value ?? another)} `
        break
      default:
    }
  }
  return claims
}

async function answerOf(run: () => Promise<VerifiedToken>): Promise<VerifiedToken | string> {
  try {
    return await run()
  } catch (error) {
    if (isPkiError(error)) return error.code
    throw error
  }
}

describe.each(['auth', 'proof'] as const)('%s', (profile) => {
  const isProof = profile === 'proof'
  const accessTokenOf = ({ accessToken }: Wanted): string => ACCESS_TOKENS[accessToken] ?? ''
  const whatIs = (given: Wanted): ExpectedBinding =>
    isProof
      ? { ...expectedOf(given), request: requestOf(given), accessToken: accessTokenOf(given) }
      : expectedOf(given)

  test('a token passes exactly if it is bound to what is demanded', { timeout: TIMEOUT }, async () => {
    const verifiers = {
      refuse: verifierOf({ profile }),
      report: verifierOf({ profile, unexpectedBinding: 'report' }),
    }
    const asDemanded = fc.constant(CLAIMS.map(() => 'demanded'))
    const somehow = fc.array(written, { minLength: CLAIMS.length, maxLength: CLAIMS.length })
    const ways = fc.oneof(asDemanded, somehow, somehow)
    const unexpected = fc.constantFrom('refuse', 'report')
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(wanted, ways, fc.nat(20), unexpected, async (given, howWritten, other, stance) => {
        const demanded = demandedBy(given, isProof)
        const claims = claimsFor(demanded, howWritten, other)
        const token = await forge(leaf, { header: { typ: `cert-${profile}+jwt` }, claims })
        const answer = await answerOf(() => verifiers[stance].verify(token, whatIs(given)))
        const unasked = CLAIMS.filter((claim) => Object.hasOwn(claims, claim) && !demanded.has(claim))
        const wrong = [...demanded].find(([claim, value]) => claims[claim] !== value)
        if (wrong !== undefined) {
          const isThere = Object.hasOwn(claims, wrong[0])
          expect(answer).toBe(`ERR_TOKEN_BINDING_${isThere ? 'MISMATCH' : 'MISSING'}`)
        } else if (stance === 'refuse' && unasked.length > 0) expect(answer).toBe('ERR_TOKEN_BINDING')
        else {
          accepted++
          expect(answer).toMatchObject({
            checkedBindings: [...demanded.keys()],
            uncheckedBindings: unasked,
          })
        }
      }),
      { numRuns: RUNS },
    )
    expect(accepted).toBeGreaterThan(0)
  })

  test('what a signer binds passes where the same is expected, and nowhere else', {
    timeout: TIMEOUT,
  }, async () => {
    const credential = await leaf.credential()
    const verifier = verifierOf({ profile })
    const options = { audience: AUDIENCE, at: AT }
    const pair = wanted.chain((signed) =>
      fc.tuple(fc.constant(signed), fc.oneof(fc.constant(signed), wanted)),
    )
    await fc.assert(
      fc.asyncProperty(pair, async ([signed, asked]) => {
        const token = isProof
          ? await signProof(credential, {
              ...options,
              ...expectedOf(signed),
              request: requestOf(signed),
              accessToken: accessTokenOf(signed),
            })
          : await signToken(credential, { ...options, ...expectedOf(signed) })
        const isSame =
          JSON.stringify([...demandedBy(signed, isProof)]) === JSON.stringify([...demandedBy(asked, isProof)])
        const answer = await answerOf(() => verifier.verify(token, whatIs(asked)))
        expect(typeof answer === 'object').toBe(isSame)
      }),
      { numRuns: RUNS },
    )
  })
})
