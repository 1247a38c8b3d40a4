// Chains by x5t#S256: those that the verifier was given, and those that it got to know from a token that passed.

import type { TestCertificate } from 'ingam/testing'
import { AT, NOW, thumbprintOf, x5cOf } from '../../support/forge.ts'
import type { VectorFile } from '../format.ts'
import { type Draft, fails, Group, passes, replacing } from './group.ts'
import { client, deepClient, impostor, intermediate, NAMES, other, root, stranger } from './pki.ts'

export async function reference(): Promise<VectorFile> {
  const expiring = await root.issue({ ...NAMES, notAfter: new Date(AT.getTime() + 60_000) })
  const orphan = await intermediate.issue(NAMES)
  const ca = await root.issue({ kind: 'ca' })
  const strange = await stranger.issue(NAMES)
  const group = new Group('reference', 'Tokens that name a chain by x5t#S256, or name it beside x5c.', {
    knownChains: [
      pemOf(...deepClient.chain),
      pemOf(client),
      // None of these is vouched for by being known.
      pemOf(orphan),
      pemOf(strange, stranger),
      pemOf(ca),
      pemOf(expiring),
    ],
  })
  const { accepted } = group
  const unknown = group.refusing('reference', 'ERR_TOKEN_UNKNOWN_THUMBPRINT')
  const member = group.refusing('reference', 'ERR_TOKEN_HEADER')
  const thumbprint = await thumbprintOf(client)
  const newcomer = await root.issue({ name: 'newcomer', uris: ['spiffe://example/newcomer'] })

  await accepted('known', 'a chain that the verifier was given', await named(client))
  await accepted('known-intermediate', 'one with an intermediate', await named(deepClient))
  await accepted('beside-x5c', 'the thumbprint of x5c[0] beside x5c', await beside(client, client))
  await accepted(
    'beside-x5c-unknown',
    'the same of a chain that is not known',
    await beside(newcomer, newcomer),
  )

  await unknown('unknown', 'a chain that is not known', await named(other))
  await unknown('unknown-issuer', 'the issuer of a chain that is known', await named(intermediate))
  await unknown('unknown-first', 'unknown, of another typ, with alg none: the reference is looked at first', {
    ...(await named(other, { typ: 'JWT', alg: 'none' })),
  })
  await unknown('unknown-expired', 'unknown and expired', {
    ...(await named(other)),
    claims: { iat: NOW - 500, exp: NOW - 400 },
  })
  await unknown('unknown-unsigned', 'unknown and signed by another', {
    ...(await named(other)),
    signer: client,
  })

  for (const [id, value, comment] of [
    ['null', null, 'null'],
    ['array', [thumbprint], 'in an array'],
    ['empty', '', 'empty'],
    ['short', thumbprint.slice(1), 'of 42 characters'],
    ['long', `${thumbprint}A`, 'of 44 characters'],
    ['padded', `${thumbprint}=`, 'with padding'],
    ['spare-bits', `${thumbprint.slice(0, -1)}B`, 'with spare bits that are not zero'],
    ['hex', 'ab'.repeat(32), 'in hexadecimal'],
  ] as const) {
    await member(`thumbprint-${id}`, `a thumbprint ${comment}`, {
      header: { 'x5t#S256': value, x5c: undefined },
    })
  }
  await member('thumbprint-beside-short', 'one of 42 characters beside x5c', {
    header: { 'x5t#S256': thumbprint.slice(1) },
  })
  await group.refusing('certificates', 'ERR_TOKEN_HEADER')(
    'beside-x5c-null',
    'a known thumbprint beside x5c that is null',
    {
      header: { 'x5t#S256': thumbprint, x5c: null },
    },
  )
  const differs = group.refusing('certificates', 'ERR_TOKEN_THUMBPRINT')
  await differs('beside-other', "another's thumbprint beside x5c", await beside(client, other))
  await differs(
    'beside-known',
    'the thumbprint of a known chain beside another x5c',
    await beside(newcomer, client),
  )
  await differs('beside-issuer', 'the thumbprint of x5c[1]', await beside(deepClient, intermediate))
  await group.refusing('header', 'ERR_TOKEN_JSON')('thumbprint-twice', 'two thumbprints', {
    headerText: replacing('{', `{"x5t#S256":"${thumbprint}","x5t#S256":"${thumbprint}",`),
  })

  const bad = group.refusing('signature', 'ERR_TOKEN_SIGNATURE')
  await bad('known-other-key', 'a known chain, signed by another', {
    ...(await named(client)),
    signer: other,
  })
  await group.refusing('path', 'ERR_PATH_NO_ISSUER')(
    'known-gap',
    'a known chain that lacks its issuer',
    await named(orphan),
  )
  await group.refusing('path', 'ERR_PATH_NO_ISSUER')(
    'known-stranger',
    "a known chain of a stranger's",
    await named(strange),
  )
  await group.refusing('signer', 'ERR_TOKEN_SIGNER')(
    'known-ca',
    'a known chain that begins with a CA',
    await named(ca),
  )
  await accepted('known-until', 'a known chain before it expires', await named(expiring))
  await group.refusing('path', 'ERR_PATH_EXPIRED')('known-expired', 'a known chain that has expired', {
    ...(await named(expiring)),
    verifier: { at: new Date(AT.getTime() + 61_000).toISOString() },
  })
  await group.refusing('subject', 'ERR_TOKEN_SUBJECT')('known-other-sub', "a known chain, another's name", {
    ...(await named(client)),
    claims: { sub: 'uri:spiffe://example/other', iss: 'uri:spiffe://example/other' },
  })
  await group.refusing('algorithmKey', 'ERR_TOKEN_ALGORITHM_KEY')('known-other-alg', 'a known chain, RS256', {
    ...(await named(client, { alg: 'RS256' })),
  })

  const requires = ['chain memory'] as const
  const learning = { requires, verifier: { knownChains: [] } }
  const forgetful = await fails('reference', 'ERR_TOKEN_UNKNOWN_THUMBPRINT', await named(client))
  group.sequence(
    'learned',
    'unknown, sent along, known',
    [forgetful, await passes({}), await passes(await named(client))],
    learning,
  )
  group.sequence(
    'learned-intermediate',
    'the same with an intermediate',
    [await passes({ by: deepClient }), await passes(await named(deepClient))],
    learning,
  )
  group.sequence(
    'not-learned-unsigned',
    'a good chain in a token with a bad signature is not learned',
    [await fails('signature', 'ERR_TOKEN_SIGNATURE', { signer: other }), forgetful],
    { verifier: { knownChains: [] } },
  )
  group.sequence(
    'not-learned-audience',
    'nor one in a token for another service',
    [await fails('audience', 'ERR_TOKEN_AUDIENCE', { claims: { aud: 'https://b.example' } }), forgetful],
    { verifier: { knownChains: [] } },
  )
  const forged = await impostor.issue(NAMES)
  group.sequence(
    'not-learned-path',
    "nor a stranger's",
    [
      await fails('path', 'ERR_PATH_SIGNATURE', { by: forged }),
      await fails('reference', 'ERR_TOKEN_UNKNOWN_THUMBPRINT', await named(forged)),
    ],
    { verifier: { knownChains: [] } },
  )
  group.sequence(
    'not-learned-issuer',
    'of a chain its first certificate alone',
    [
      await passes({ by: deepClient }),
      await fails('reference', 'ERR_TOKEN_UNKNOWN_THUMBPRINT', await named(intermediate)),
    ],
    { verifier: { knownChains: [] } },
  )
  const later = new Date(AT.getTime() + 60_001).toISOString()
  group.sequence(
    'learned-expired',
    'a chain that was learned and has expired',
    [
      await passes({ by: expiring }),
      await passes({ ...(await named(expiring)), at: new Date(AT.getTime() + 60_000).toISOString() }),
      await fails('path', 'ERR_PATH_EXPIRED', { ...(await named(expiring)), at: later }),
    ],
    learning,
  )
  group.sequence(
    'learned-other-key',
    'a chain that was learned, signed by another',
    [
      await passes({}),
      await fails('signature', 'ERR_TOKEN_SIGNATURE', { ...(await named(client)), signer: other }),
    ],
    learning,
  )
  return group.file()
}

/** A draft that names the certificate and does not send it. */
async function named(by: TestCertificate, header: object = {}): Promise<Draft> {
  return { by, header: { 'x5t#S256': await thumbprintOf(by), x5c: undefined, ...header } }
}

/** A draft that sends one chain and names another certificate. */
async function beside(by: TestCertificate, whose: TestCertificate): Promise<Draft> {
  return { by, header: { 'x5t#S256': await thumbprintOf(whose), x5c: x5cOf(by) } }
}

function pemOf(...chain: readonly TestCertificate[]): string {
  return chain.map(({ pem }) => pem).join('')
}
