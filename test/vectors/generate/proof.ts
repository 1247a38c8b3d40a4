// cert-proof+jwt: possession of the certificate's key beside an access token, for one request.

import { createHash } from 'node:crypto'
import { AUDIENCE, NOW } from '../../support/forge.ts'
import type { VectorExpected, VectorFile } from '../format.ts'
import { type CaseDraft, fails, Group, passes } from './group.ts'
import { other } from './pki.ts'

const ACCESS_TOKEN = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl'
const TARGET = `${AUDIENCE}/orders?page=2`
const EXPECTED: VectorExpected = {
  request: { method: 'GET', targetUri: TARGET },
  accessToken: ACCESS_TOKEN,
}

export async function proof(): Promise<VectorFile> {
  const group = new Group('proof', 'Tokens of the profile cert-proof+jwt.', { profile: 'proof' })
  const { accepted } = group
  const missing = group.refusing('binding', 'ERR_TOKEN_BINDING_MISSING')
  const mismatch = group.refusing('binding', 'ERR_TOKEN_BINDING_MISMATCH')
  const type = group.refusing('type', 'ERR_TOKEN_TYPE')
  const ath = hashOf(ACCESS_TOKEN)

  await accepted('good', 'bound to its request and its access token', proofOf())
  await accepted(
    'typ-application',
    'application/ in front',
    proofOf({ header: { typ: 'application/cert-proof+jwt' } }),
  )
  await accepted('challenge', 'and to a challenge', {
    ...proofOf({ claims: { nonce: 'x' } }),
    expected: { ...EXPECTED, challenge: 'x' },
  })
  await accepted('content', 'and to content', {
    ...proofOf({ claims: { digest: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' } }),
    expected: { ...EXPECTED, request: { method: 'GET', targetUri: TARGET, contentBase64: '' } },
  })

  for (const [id, typ, comment] of [
    ['typ-auth', 'cert-auth+jwt', 'a token of cert-auth+jwt that is bound in the same way'],
    ['typ-dpop', 'dpop+jwt', 'a proof of DPoP'],
    ['typ-absent', undefined, 'no typ'],
  ] as const) {
    await type(id, comment, proofOf({ header: { typ } }))
  }
  for (const claim of ['htm', 'htu', 'ath']) {
    await missing(`${claim}-absent`, `no ${claim}`, proofOf({ claims: { [claim]: undefined } }))
  }
  for (const [id, claims, comment] of [
    ['ath-other', { ath: hashOf(`${ACCESS_TOKEN}x`) }, 'the hash of another access token'],
    ['ath-plain', { ath: ACCESS_TOKEN }, 'the access token itself'],
    ['ath-padded', { ath: `${ath}=` }, 'its hash with padding'],
    ['ath-hex', { ath: createHash('sha256').update(ACCESS_TOKEN).digest('hex') }, 'its hash in hexadecimal'],
    ['ath-null', { ath: null }, 'null'],
    ['ath-scheme', { ath: hashOf(`Bearer ${ACCESS_TOKEN}`) }, 'the hash of the header with its scheme'],
    ['htm-other', { htm: 'POST' }, 'another method'],
    ['htu-other', { htu: `${AUDIENCE}/orders?page=3` }, 'another query'],
    ['htu-no-query', { htu: `${AUDIENCE}/orders` }, 'no query, as DPoP has it'],
  ] as const) {
    await mismatch(id, comment, proofOf({ claims }))
  }
  await missing('challenge-absent', 'no nonce where one is expected', {
    ...proofOf(),
    expected: { ...EXPECTED, challenge: 'x' },
  })
  await group.refusing('binding', 'ERR_TOKEN_BINDING')('challenge-unasked', 'a nonce that nobody gave out', {
    ...proofOf({ claims: { nonce: 'x' } }),
  })
  await group.refusing('claims', 'ERR_TOKEN_CLAIM_MISSING')(
    'jti-absent',
    'no jti, even where nobody remembers it',
    {
      ...proofOf({ claims: { jti: undefined } }),
    },
  )
  await group.refusing('audience', 'ERR_TOKEN_AUDIENCE')('aud-other', 'for another service', {
    ...proofOf({ claims: { aud: 'https://b.example' } }),
  })
  await group.refusing('time', 'ERR_TOKEN_EXPIRED')('expired', 'expired', {
    ...proofOf({ claims: { iat: NOW - 300, exp: NOW - 60 } }),
  })
  await group.refusing('signature', 'ERR_TOKEN_SIGNATURE')('other-key', 'signed by another', {
    ...proofOf({ signer: other }),
  })
  const again = proofOf({ claims: { jti: 'proof-0123456789abcdef' } })
  const step = await passes(again)
  group.sequence(
    'twice',
    'the same proof a second time',
    [step, { ...step, ...(await fails('oneTimeUse', 'ERR_TOKEN_REPLAYED', again)), token: step.token }],
    { verifier: { oneTimeUse: 'memory' } },
  )
  return group.file()
}

function proofOf({ header, claims, ...draft }: CaseDraft = {}): CaseDraft {
  return {
    ...draft,
    header: { typ: 'cert-proof+jwt', ...header },
    claims: { htm: 'GET', htu: TARGET, ath: hashOf(ACCESS_TOKEN), ...claims },
    expected: EXPECTED,
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
