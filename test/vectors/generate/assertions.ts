// What an authorization server takes: a grant, a client's authentication, and the older form of that.

import { AUDIENCE, NOW } from '../../support/forge.ts'
import type { VectorFile, VectorVerifier } from '../format.ts'
import { type CaseDraft, fails, Group, named, passes } from './group.ts'
import { other, SUBJECT } from './pki.ts'

const GRANT = 'authorization-grant'
const CLIENT = 'client-authentication'
const LEGACY = 'legacy-client-authentication'
const TYP = { [GRANT]: 'authorization-grant+jwt', [CLIENT]: 'client-authentication+jwt', [LEGACY]: 'JWT' }
const TOKEN_ENDPOINT = `${AUDIENCE}/token`
const FOREIGN = 'https://b.example'
const CLIENT_ID = 's6BhdRkqt3'
const SEVERAL: Partial<VectorVerifier> = {
  profile: LEGACY,
  audience: [AUDIENCE, TOKEN_ENDPOINT],
  allowMultipleAudiences: true,
}

type Kind = keyof typeof TYP

export async function assertions(): Promise<VectorFile> {
  const group = new Group('assertions', 'Assertions for an authorization server.', { profile: GRANT })
  const { accepted } = group
  const type = group.refusing('type', 'ERR_TOKEN_TYPE')
  const missing = group.refusing('claims', 'ERR_TOKEN_CLAIM_MISSING')
  const invalid = group.refusing('claims', 'ERR_TOKEN_CLAIM_INVALID')
  const audience = group.refusing('audience', 'ERR_TOKEN_AUDIENCE')
  const several = group.refusing('audience', 'ERR_TOKEN_MULTIPLE_AUDIENCES')

  for (const [kind, name] of [
    [GRANT, 'grant'],
    [CLIENT, 'client'],
    [LEGACY, 'legacy'],
  ] as const) {
    const of = (draft?: CaseDraft): CaseDraft => assertionOf(kind, draft)
    await accepted(`${name}-good`, 'as it is', of())
    await accepted(`${name}-typ-application`, 'application/ in front', of(typed(`application/${TYP[kind]}`)))
    await accepted(
      `${name}-typ-case`,
      'typ in other letters',
      of(typed(TYP[kind].toLowerCase().replace('j', 'J'))),
    )
    await accepted(`${name}-aud-array`, 'aud in an array of one', of({ claims: { aud: [AUDIENCE] } }))
    const typs = [...Object.values(TYP), 'cert-auth+jwt', 'cert-proof+jwt', 'cert-auth-pinned+jwt']
    for (const typ of typs.filter((other) => other !== TYP[kind])) {
      const id = `${name}-typ-${typ.toLowerCase().replace('+jwt', '')}`
      await type(id, `the type ${typ}`, of(typed(typ)))
    }
    await type(`${name}-typ-null`, 'typ that is null', of(typed(null)))
    await (kind === LEGACY ? accepted : type)(`${name}-typ-absent`, 'no typ', of(typed(undefined)))
    await missing(
      `${name}-jti-absent`,
      'no jti, even where nobody remembers it',
      of({ claims: { jti: undefined } }),
    )
    await missing(`${name}-aud-absent`, 'no aud', of({ claims: { aud: undefined } }))
    await invalid(`${name}-iss-other`, 'iss that is not sub', of({ claims: { iss: 'another' } }))
    await audience(`${name}-aud-other`, 'for another server', of({ claims: { aud: FOREIGN } }))
    await several(
      `${name}-aud-several`,
      'for two names of this server',
      of({
        claims: { aud: [AUDIENCE, TOKEN_ENDPOINT] },
        verifier: { profile: kind, audience: [AUDIENCE, TOKEN_ENDPOINT] },
      }),
    )
    await group.refusing('time', 'ERR_TOKEN_EXPIRED')(
      `${name}-expired`,
      'expired',
      of({ claims: { iat: NOW - 300, exp: NOW - 60 } }),
    )
    await group.refusing('signature', 'ERR_TOKEN_SIGNATURE')(
      `${name}-other-key`,
      'signed by another',
      of({ signer: other }),
    )
    const again = of({ claims: { jti: 'assertion-0123456789' } })
    const step = await passes(again)
    const refused = await fails('oneTimeUse', 'ERR_TOKEN_REPLAYED', again)
    group.sequence(`${name}-twice`, 'the same a second time', [step, { ...refused, token: step.token }], {
      verifier: { profile: kind, oneTimeUse: 'memory' },
    })
  }

  await group.refusing('subject', 'ERR_TOKEN_SUBJECT')(
    'grant-sub-client',
    "a grant whose sub is a client's identifier",
    assertionOf(GRANT, { claims: named(CLIENT_ID) }),
  )
  for (const [kind, name] of [
    [CLIENT, 'client'],
    [LEGACY, 'legacy'],
  ] as const) {
    const of = (sub: unknown): CaseDraft => assertionOf(kind, { claims: named(sub) })
    await accepted(`${name}-sub-borne`, 'an identifier that the certificate bears, too', of(SUBJECT))
    await accepted(`${name}-sub-spaces`, 'an identifier with spaces', of('a client ~'))
    await invalid(`${name}-sub-line`, 'an identifier with a line feed', of('client\n'))
    await invalid(`${name}-sub-beyond-ascii`, 'an identifier beyond ASCII', of('cliént'))
    await invalid(`${name}-sub-empty`, 'an empty identifier', of(''))
  }

  const both = (aud: readonly string[]): CaseDraft =>
    assertionOf(LEGACY, { claims: { aud }, verifier: SEVERAL })
  await accepted('legacy-several', 'two names of this server, allowed', both([TOKEN_ENDPOINT, AUDIENCE]))
  await audience('legacy-several-foreign', 'one of them is not', both([AUDIENCE, FOREIGN]))
  await audience('legacy-several-foreign-first', 'one in front is not', both([FOREIGN, AUDIENCE]))
  return group.file()
}

function typed(typ: unknown): CaseDraft {
  return { header: { typ } }
}

function assertionOf(kind: Kind, { header, claims, ...draft }: CaseDraft = {}): CaseDraft {
  return {
    ...(kind !== GRANT && { verifier: { profile: kind } }),
    ...draft,
    header: { typ: TYP[kind], ...header },
    claims: { ...(kind !== GRANT && named(CLIENT_ID)), ...claims },
  }
}
