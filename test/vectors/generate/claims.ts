// The registered claims: there, of their types, within their ranges; the audience letter for letter.

import { AUDIENCE, NOW } from '../../support/forge.ts'
import type { VectorFile } from '../format.ts'
import { Group, named } from './group.ts'

export async function claims(): Promise<VectorFile> {
  const group = new Group('claims', 'Registered claims, their types and ranges, and the audience.')
  const { accepted } = group
  const missing = group.refusing('claims', 'ERR_TOKEN_CLAIM_MISSING')
  const invalid = group.refusing('claims', 'ERR_TOKEN_CLAIM_INVALID')
  const audience = group.refusing('audience', 'ERR_TOKEN_AUDIENCE')
  const several = group.refusing('audience', 'ERR_TOKEN_MULTIPLE_AUDIENCES')

  await accepted('aud-array', 'aud as an array of one', { claims: { aud: [AUDIENCE] } })
  await accepted('aud-second', 'a verifier of two audiences', {
    claims: { aud: 'https://b.example' },
    verifier: { audience: [AUDIENCE, 'https://b.example'] },
  })
  await accepted('aud-two-allowed', 'two audiences where the verifier allows them', {
    claims: { aud: ['https://b.example', AUDIENCE] },
    verifier: { allowMultipleAudiences: true },
  })
  await accepted('aud-longest', 'an audience of 2,048 characters', {
    claims: { aud: 'a'.repeat(2_048) },
    verifier: { audience: ['a'.repeat(2_048)] },
  })
  await accepted('jti-absent', 'no jti, which a verifier without a memory does not need', {
    claims: { jti: undefined },
  })
  await accepted('jti-shortest', 'jti of 16 characters', { claims: { jti: 'x'.repeat(16) } })
  await accepted('jti-longest', 'jti of 128 characters', { claims: { jti: 'x'.repeat(128) } })
  await accepted('own-claims', "the signer's own claims", {
    claims: { scope: ['read'], level: 3, none: null },
  })

  for (const claim of ['iss', 'sub', 'aud', 'iat', 'exp']) {
    await missing(`${claim}-absent`, `no ${claim}`, { claims: { [claim]: undefined } })
  }
  await missing('jti-absent-remembered', 'no jti where tokens are remembered', {
    claims: { jti: undefined },
    verifier: { oneTimeUse: 'memory' },
  })

  for (const [id, given, comment] of [
    ['iss-other', { iss: 'uri:https://other' }, 'iss is not sub'],
    ['iss-null', { iss: null }, 'iss is null'],
    ['sub-null', named(null), 'sub is null'],
    ['sub-empty', named(''), 'sub is empty'],
    ['sub-array', named(['uri:spiffe://example/client']), 'sub in an array'],
    ['sub-long', named(`uri:${'x'.repeat(2_045)}`), 'sub of 2,049 characters'],
    ['aud-empty', { aud: '' }, 'aud is empty'],
    ['aud-empty-array', { aud: [] }, 'aud is an empty array'],
    ['aud-null', { aud: null }, 'aud is null'],
    ['aud-nested', { aud: [[AUDIENCE]] }, 'aud in two arrays'],
    ['aud-object', { aud: { [AUDIENCE]: true } }, 'aud as an object'],
    ['aud-number-beside', { aud: [AUDIENCE, 1] }, 'a number beside the audience'],
    ['aud-long', { aud: 'a'.repeat(2_049) }, 'aud of 2,049 characters'],
    ['iat-text', { iat: String(NOW) }, 'iat as text'],
    ['iat-negative', { iat: -1 }, 'iat before 1970'],
    ['iat-true', { iat: true }, 'iat is true'],
    ['exp-null', { exp: null }, 'exp is null'],
    ['exp-huge', { exp: 2 ** 40 + 1 }, 'exp beyond 2^40'],
    ['exp-milliseconds', { exp: (NOW + 300) * 1000 }, 'exp in milliseconds'],
    ['nbf-text', { nbf: 'now' }, 'nbf as text'],
    ['nbf-null', { nbf: null }, 'nbf is null'],
    ['nbf-negative', { nbf: -1 }, 'nbf before 1970'],
    ['jti-number', { jti: 1e20 }, 'jti as a number'],
    ['jti-null', { jti: null }, 'jti is null'],
    ['jti-short', { jti: 'x'.repeat(15) }, 'jti of 15 characters'],
    ['jti-long', { jti: 'x'.repeat(129) }, 'jti of 129 characters'],
  ] as const) {
    await invalid(id, comment, { claims: given })
  }

  for (const [id, aud, comment] of [
    ['aud-other', 'https://b.example', 'for another service'],
    ['aud-slash', `${AUDIENCE}/`, 'a slash more'],
    ['aud-case', 'https://API.example', 'in another case'],
    ['aud-port', `${AUDIENCE}:443`, 'with the usual port'],
    ['aud-shorter', AUDIENCE.slice(0, -1), 'a letter less'],
    ['aud-space', ` ${AUDIENCE}`, 'a space in front'],
    ['aud-listed', `https://b.example ${AUDIENCE}`, 'two services in one text'],
    ['aud-array-other', ['https://b.example'], 'another service in an array'],
  ] as const) {
    await audience(id, comment, { claims: { aud } })
  }
  await audience('aud-two-others', 'two others where two are allowed', {
    claims: { aud: ['https://b.example', 'https://c.example'] },
    verifier: { allowMultipleAudiences: true },
  })
  await several('aud-two', 'for two services', { claims: { aud: [AUDIENCE, 'https://b.example'] } })
  await several('aud-same-twice', 'the same service twice', { claims: { aud: [AUDIENCE, AUDIENCE] } })
  return group.file()
}
