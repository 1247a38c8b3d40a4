// Members of the header: typ, the names of alg, what is refused whatever it says.

import type { VectorFile } from '../format.ts'
import { Group } from './group.ts'

export async function header(): Promise<VectorFile> {
  const group = new Group('header', 'Members of the header, typ, and the names of alg.')
  const { accepted } = group
  const forbidden = group.refusing('header', 'ERR_TOKEN_HEADER_FORBIDDEN')
  const unsupported = group.refusing('header', 'ERR_TOKEN_UNSUPPORTED')
  const type = group.refusing('type', 'ERR_TOKEN_TYPE')
  const algorithm = group.refusing('algorithm', 'ERR_TOKEN_ALGORITHM')

  await accepted('typ-application', 'application/ in front', {
    header: { typ: 'application/cert-auth+jwt' },
  })
  await accepted('typ-case', 'typ in another case', { header: { typ: 'Application/Cert-Auth+JWT' } })
  await accepted('kid', 'kid is ignored', { header: { kid: 'another' } })
  await accepted('kid-number', 'kid of any type is ignored', { header: { kid: 7 } })
  await accepted('cty', 'a member that the format does not know', { header: { cty: 'x', own: { a: 1 } } })

  for (const [member, value] of [
    ['jwk', { kty: 'oct', k: 'AAAA' }],
    ['jku', 'https://other.example/keys'],
    ['x5u', 'https://other.example/chain'],
    ['crit', ['exp']],
    ['b64', true],
    ['zip', 'DEF'],
    ['enc', 'A128GCM'],
  ] as const) {
    await forbidden(member, `${member} in the header`, { header: { [member]: value } })
    await forbidden(`${member}-null`, `${member}, even null`, { header: { [member]: null } })
  }
  await forbidden('jwk-escaped', 'jwk in escapes', {
    headerText: (text) => `${text.slice(0, -1)},"\\u006awk":{}}`,
  })
  await forbidden('forbidden-first', 'jwk beside another typ and alg none: the first check decides', {
    header: { jwk: {}, typ: 'JWT', alg: 'none' },
  })
  await unsupported('x5t', 'x5t', { header: { x5t: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA' } })
  await unsupported('x5t-null', 'x5t, even null', { header: { x5t: null } })

  for (const [id, typ, comment] of [
    ['typ-absent', undefined, 'no typ'],
    ['typ-null', null, 'typ is null'],
    ['typ-array', ['cert-auth+jwt'], 'typ in an array'],
    ['typ-jwt', 'JWT', 'a token of another kind'],
    ['typ-proof', 'cert-proof+jwt', 'a proof'],
    ['typ-pinned', 'cert-auth-pinned+jwt', 'a token for a pinned certificate'],
    ['typ-space', 'cert-auth+jwt ', 'a space at the end'],
    ['typ-application-twice', 'application/application/cert-auth+jwt', 'application/ twice'],
    ['typ-parameter', 'cert-auth+jwt; charset=utf-8', 'a parameter'],
    ['typ-empty', '', 'empty'],
    ['typ-wide', 'cert\u2010auth+jwt', 'a hyphen that is no hyphen-minus'],
  ] as const) {
    await type(id, comment, { header: { typ } })
  }
  await type('typ-before-alg', 'typ JWT and alg none: typ is looked at first', {
    header: { typ: 'JWT', alg: 'none' },
  })

  for (const [id, alg, comment] of [
    ['alg-absent', undefined, 'no alg'],
    ['alg-null', null, 'alg is null'],
    ['alg-array', ['ES256'], 'alg in an array'],
    ['alg-none', 'none', 'none'],
    ['alg-none-case', 'nOnE', 'none in another case'],
    ['alg-hs256', 'HS256', 'a MAC'],
    ['alg-lower-case', 'es256', 'in lower case'],
    ['alg-space', 'ES256 ', 'a space at the end'],
    ['alg-es256k', 'ES256K', 'a curve that the format does not have'],
    ['alg-rs1', 'RS1', 'RSA with SHA-1'],
    ['alg-ed25519ph', 'Ed25519ph', 'the pre-hashed form'],
    ['alg-member-name', 'constructor', 'named as a member of every object of a language'],
    ['alg-ml-dsa', 'ML-DSA-65', 'ML-DSA, which a verifier takes where it is told to'],
  ] as const) {
    await algorithm(id, `alg: ${comment}`, { header: { alg } })
  }
  await algorithm('alg-not-allowed', 'ES256 where the verifier allows others alone', {
    verifier: { algorithms: ['PS256', 'Ed25519'] },
  })
  await algorithm('alg-before-claims', 'alg none over claims that are none: alg is looked at first', {
    header: { alg: 'none' },
    claimsText: () => '[]',
  })
  return group.file()
}
