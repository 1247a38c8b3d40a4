// Tokens that one verifier gets one after another: each passes once, and only what passed was used.

import { decodeBase64url, encodeBase64url } from '../../../packages/ingam/src/bytes/base64.ts'
import { concatBytes } from '../../../packages/ingam/src/bytes/compare.ts'
import { AT, AUDIENCE, encodeText, NOW } from '../../support/forge.ts'
import type { VectorFile, VectorStep } from '../format.ts'
import { fails, Group, passes } from './group.ts'
import { ORDERS, toBytes, toNumber } from './numbers.ts'
import { client, NAMES, other, root } from './pki.ts'

const SECOND = 'https://b.example'
const REPLAYED = ['oneTimeUse', 'ERR_TOKEN_REPLAYED'] as const
const EPOCH = ['oneTimeUse', 'ERR_TOKEN_REPLAY_EPOCH'] as const

export async function oneTimeUse(): Promise<VectorFile> {
  const group = new Group(
    'one-time-use',
    'Sequences of tokens at one verifier, whose memory of used tokens begins at the instant at.',
    { oneTimeUse: 'memory', audience: [AUDIENCE, SECOND] },
  )
  const jti = 'vector-0123456789abcdef'
  const once = await passes({ claims: { jti } })

  group.sequence('replayed', 'the same token a second and a third time', [
    once,
    again(once, ...REPLAYED),
    again(once, ...REPLAYED),
  ])
  group.sequence('same-jti', 'another token of the same holder with the same jti', [
    once,
    await fails(...REPLAYED, { claims: { jti, exp: NOW + 301 } }),
  ])
  const renewed = await root.issue({ ...NAMES, keyOf: client })
  group.sequence('same-jti-renewed', 'the same from a new certificate of the same key', [
    once,
    await fails(...REPLAYED, { by: renewed, claims: { jti } }),
  ])
  group.sequence('same-jti-other-holder', 'another holder with the same jti', [
    once,
    await passes({ by: other, claims: { jti } }),
  ])
  group.sequence('same-jti-other-audience', 'the same jti for another audience of this verifier', [
    once,
    await passes({ claims: { jti, aud: SECOND } }),
    await fails(...REPLAYED, { claims: { jti, aud: [SECOND] } }),
  ])
  group.sequence('jti-case', 'a jti that differs by case alone', [
    once,
    await passes({ claims: { jti: jti.toUpperCase() } }),
  ])
  group.sequence('rewritten-signature', 'the same token with s negated, which is as valid', [
    once,
    { ...again(once, ...REPLAYED), token: negated(once.token) },
  ])
  const [, payload = ''] = once.token.split('.')
  group.sequence('rewritten-header', 'the same claims under a header with white space, signed anew', [
    once,
    await fails(...REPLAYED, {
      headerPart: (part) => encodeText(` ${new TextDecoder().decode(decodeBase64url(part))}`),
      payloadPart: () => payload,
    }),
  ])
  group.sequence('not-burnt-signature', 'a jti is not used by a token with a bad signature', [
    await fails('signature', 'ERR_TOKEN_SIGNATURE', { claims: { jti }, signer: other }),
    once,
  ])
  group.sequence('not-burnt-audience', 'nor by a token for another service', [
    await fails('audience', 'ERR_TOKEN_AUDIENCE', { claims: { jti, aud: 'https://c.example' } }),
    once,
  ])
  group.sequence('kept', 'remembered as long as it could pass, and expired then', [
    once,
    { ...again(once, ...REPLAYED), at: after(359.999) },
    { ...again(once, 'time', 'ERR_TOKEN_EXPIRED'), at: after(360) },
  ])
  group.sequence('jti-again-later', 'a jti that comes again when the first token is forgotten', [
    once,
    await passes({ claims: { jti, iat: NOW + 360, exp: NOW + 660 }, at: after(360) }),
  ])
  group.sequence('clock-back', 'the clock goes back after the first use', [
    { ...once, at: after(100) },
    { ...again(once, ...REPLAYED), at: after(1) },
  ])

  group.sequence('clock-ahead-and-back', 'the clock goes ahead until the use is forgotten, and comes back', [
    once,
    await passes({ claims: { iat: NOW + 700, exp: NOW + 1_000 }, at: after(700) }),
    { ...again(once, ...EPOCH), at: after(1) },
  ])

  group.sequence('epoch', 'signed as the memory begins, and a millisecond before', [
    await passes({ claims: { iat: NOW } }),
    await fails(...EPOCH, { claims: { iat: NOW - 0.001 } }),
  ])
  group.sequence(
    'epoch-whole-second',
    'a whole second counts from its start: the memory began within it',
    [
      { ...(await fails(...EPOCH, { claims: { iat: NOW } })), at: after(0.9) },
      { ...(await passes({ claims: { iat: NOW + 1 } })), at: after(1) },
    ],
    { verifier: { at: after(0.5) } },
  )

  group.sequence('ahead', 'signed 3 s ahead: answered when the clock is there', [
    await passes({ claims: { iat: NOW + 3 }, waitSeconds: 3 }),
  ])
  const ahead = await passes({ claims: { iat: NOW + 3 }, waitSeconds: 3 })
  group.sequence('ahead-copy', 'a copy that comes meanwhile is refused', [ahead, again(ahead, ...REPLAYED)])

  const first = await passes({})
  const foreign = await passes({ by: other })
  group.sequence(
    'full',
    'a memory of two entries is full',
    [first, foreign, await fails('oneTimeUse', 'ERR_TOKEN_REPLAY_FULL'), again(first, ...REPLAYED)],
    { verifier: { maxReplayEntries: 2, maxReplayEntriesPerKey: 2 } },
  )
  group.sequence(
    'full-until',
    'a full memory has room when an entry has had its time',
    [
      first,
      await fails('oneTimeUse', 'ERR_TOKEN_REPLAY_FULL'),
      await passes({ claims: { iat: NOW + 400, exp: NOW + 700 }, at: after(400) }),
    ],
    { verifier: { maxReplayEntries: 1, maxReplayEntriesPerKey: 1 } },
  )
  group.sequence(
    'quota',
    "one key's share of the memory is taken, another's is not",
    [first, await fails('oneTimeUse', 'ERR_TOKEN_REPLAY_QUOTA'), foreign],
    { verifier: { maxReplayEntries: 10, maxReplayEntriesPerKey: 1 } },
  )
  group.sequence('off', 'a verifier without a memory', [first, first], { verifier: { oneTimeUse: 'off' } })
  return group.file()
}

// The token of a step once more, with another verdict.
function again(
  { token }: VectorStep,
  check: NonNullable<VectorStep['check']>,
  code: NonNullable<VectorStep['code']>,
): VectorStep {
  return { token, verdict: 'refused', check, code }
}

function after(seconds: number): string {
  return new Date(AT.getTime() + seconds * 1000).toISOString()
}

function negated(token: string): string {
  const end = token.lastIndexOf('.') + 1
  const bytes = decodeBase64url(token.slice(end)) ?? new Uint8Array(0)
  const s = ORDERS['P-256'] - toNumber(bytes.subarray(32))
  return token.slice(0, end) + encodeBase64url(concatBytes(bytes.subarray(0, 32), toBytes(s, 32)))
}
