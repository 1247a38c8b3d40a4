// Every bound on time, at the bound and just past it: of the token, with its tolerances; of the certificates, without.

import { AT, NOW } from '../../support/forge.ts'
import type { VectorFile } from '../format.ts'
import { Group } from './group.ts'
import { HOUR, NAMES, root } from './pki.ts'

const MS = 0.001

export async function time(): Promise<VectorFile> {
  const group = new Group('time', 'Bounds on iat, nbf, exp, the lifetime, and the validity of certificates.')
  const { accepted } = group
  const ahead = group.refusing('time', 'ERR_TOKEN_NOT_YET_VALID')
  const expired = group.refusing('time', 'ERR_TOKEN_EXPIRED')
  const lifetime = group.refusing('time', 'ERR_TOKEN_LIFETIME')
  const invalid = group.refusing('time', 'ERR_TOKEN_CLAIM_INVALID')

  await accepted('iat-at-bound', 'iat 5 s ahead', { claims: { iat: NOW + 5 } })
  await ahead('iat-past-bound', 'iat 5.001 s ahead', { claims: { iat: NOW + 5 + MS } })
  await accepted('iat-fraction', 'iat with milliseconds', { claims: { iat: NOW - 0.125 } })
  await accepted('iat-exponent', 'iat written with an exponent', {
    claimsText: (text) => text.replace(String(NOW), `${NOW / 10}e1`),
  })
  await accepted('nbf-at-bound', 'nbf 5 s ahead', { claims: { nbf: NOW + 5 } })
  await accepted('nbf-past', 'nbf before iat', { claims: { nbf: NOW - 1000 } })
  await ahead('nbf-past-bound', 'nbf 5.001 s ahead', { claims: { nbf: NOW + 5 + MS } })
  await ahead('nbf-far', 'nbf just before exp', { claims: { nbf: NOW + 299 } })
  await accepted('exp-at-bound', 'expired 59.999 s ago', { claims: { iat: NOW - 300, exp: NOW - 60 + MS } })
  await expired('exp-past-bound', 'expired 60 s ago', { claims: { iat: NOW - 300, exp: NOW - 60 } })
  await expired('exp-1970', 'exp in 1970', { claims: { iat: 0, exp: 300 } })
  await accepted('lifetime-at-bound', 'exp 600 s after iat', { claims: { exp: NOW + 600 } })
  await lifetime('lifetime-past-bound', 'exp 600.001 s after iat', { claims: { exp: NOW + 600 + MS } })
  await lifetime('lifetime-far', 'exp at 2^40, the largest that can be written', { claims: { exp: 2 ** 40 } })
  await lifetime('lifetime-before-expiry', 'lived an hour and expired: the lifetime is looked at first', {
    claims: { iat: NOW - 7_200, exp: NOW - 3_600 },
  })
  await accepted('exp-after-iat', 'exp a millisecond after iat', { claims: { exp: NOW + MS } })
  await invalid('exp-is-iat', 'no time between iat and exp', { claims: { exp: NOW } })
  await invalid('exp-before-iat', 'exp before iat', { claims: { exp: NOW - 1 } })

  const none = { expiryToleranceSeconds: 0, futureToleranceSeconds: 0, maxLifetimeSeconds: 60 } as const
  await accepted('no-tolerance-iat', 'iat now, without tolerance', {
    claims: { exp: NOW + 60 },
    verifier: none,
  })
  await ahead('no-tolerance-iat-ahead', 'iat a millisecond ahead, without tolerance', {
    claims: { iat: NOW + MS, exp: NOW + 60 },
    verifier: none,
  })
  await accepted('no-tolerance-exp', 'expires in a millisecond, without tolerance', {
    claims: { iat: NOW - 30, exp: NOW + MS },
    verifier: none,
  })
  await expired('no-tolerance-exp-now', 'expires now, without tolerance', {
    claims: { iat: NOW - 30, exp: NOW },
    verifier: none,
  })

  const at = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000)
  await accepted('certificate-last-second', "the signer's notAfter is now", {
    by: await root.issue({ ...NAMES, notAfter: AT }),
  })
  await group.refusing('path', 'ERR_PATH_EXPIRED')('certificate-expired', 'its notAfter was a second ago', {
    by: await root.issue({ ...NAMES, notAfter: at(-1) }),
  })
  const lastSecond = await root.issue({ ...NAMES, notAfter: AT })
  await group.refusing('path', 'ERR_PATH_EXPIRED')(
    'certificate-fraction',
    'its notAfter was a millisecond ago',
    {
      by: lastSecond,
      verifier: { at: at(MS).toISOString() },
    },
  )
  await accepted('certificate-first-second', 'its notBefore is now', {
    by: await root.issue({ ...NAMES, notBefore: AT }),
  })
  await group.refusing('path', 'ERR_PATH_NOT_YET_VALID')(
    'certificate-early',
    'its notBefore is in a second',
    {
      by: await root.issue({ ...NAMES, notBefore: at(1) }),
    },
  )
  const oldCa = await root.issue({ kind: 'ca', notAfter: new Date(AT.getTime() - HOUR / 2) })
  await group.refusing('path', 'ERR_PATH_EXPIRED')('issuer-expired', 'its issuer expired, it did not', {
    by: await oldCa.issue(NAMES),
  })
  const newCa = await root.issue({ kind: 'ca', notBefore: at(1) })
  await group.refusing('path', 'ERR_PATH_NOT_YET_VALID')('issuer-early', 'its issuer is not valid yet', {
    by: await newCa.issue(NAMES),
  })
  await group.refusing('path', 'ERR_PATH_EXPIRED')(
    'anchor-expired',
    'ten years later the trust anchor expired',
    {
      by: await root.issue({ ...NAMES, notAfter: at(400_000_000) }),
      claims: { iat: NOW + 320_000_000, exp: NOW + 320_000_300 },
      verifier: { at: at(320_000_000).toISOString() },
    },
  )
  return group.file()
}
