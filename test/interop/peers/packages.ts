// The peers of the lockfile: jose, jsonwebtoken and fast-jwt. Each is given the certificate of `x5c[0]` as PEM and gets the
// key out of it by itself, and each judges issuer, audience and times as well.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSigner, createVerifier, TokenError } from 'fast-jwt'
import { errors, importPKCS8, importX509, jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { untyped } from '../../support/forge.ts'
import { type Ask, askByCalls, membersOf } from './peer.ts'

export const jose: Ask = askByCalls({
  version: versionOf('jose'),
  verify: async ({ token, algorithm, audience, issuer }) => {
    const key = await importX509(leafPem(token), algorithm)
    const requiredClaims = ['exp', 'iat', 'jti', 'sub']
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      audience,
      issuer,
      requiredClaims,
    })
    return payload
  },
  sign: async ({ header, claims, privateKey, algorithm }) =>
    await new SignJWT(claims)
      .setProtectedHeader({ ...header, alg: algorithm })
      .sign(await importPKCS8(privateKey, algorithm)),
  isRefusal: (error) => error instanceof errors.JWSSignatureVerificationFailed,
})

// The types of both know only the algorithms that the package has.
export const jsonWebToken: Ask = askByCalls({
  version: versionOf('jsonwebtoken'),
  verify: async ({ token, algorithm, audience, issuer }) =>
    await Promise.resolve(
      jsonwebtoken.verify(token, leafPem(token), { algorithms: [untyped(algorithm)], audience, issuer }),
    ),
  sign: async ({ header, claims, privateKey, algorithm }) =>
    await Promise.resolve(
      jsonwebtoken.sign(claims, privateKey, { algorithm: untyped(algorithm), header: untyped(header) }),
    ),
  isRefusal: (error) => error.message === 'invalid signature',
})

export const fastJwt: Ask = askByCalls({
  version: versionOf('fast-jwt'),
  verify: async ({ token, algorithm, audience, issuer }) => {
    const options = { allowedAud: audience, allowedIss: issuer, requiredClaims: ['exp', 'iat', 'jti', 'sub'] }
    const verify = createVerifier({ key: leafPem(token), algorithms: [untyped(algorithm)], ...options })
    return await Promise.resolve(verify(token))
  },
  sign: async ({ header, claims, privateKey, algorithm }) => {
    const sign = createSigner({ key: privateKey, algorithm: untyped(algorithm), header: untyped(header) })
    return await Promise.resolve(sign({ ...claims }))
  },
  isRefusal: (error) => error instanceof TokenError && error.code === TokenError.codes.invalidSignature,
})

function leafPem(token: string): string {
  const header = membersOf(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()))
  const [leaf] = Array.isArray(header['x5c']) ? header['x5c'] : []
  return `-----BEGIN CERTIFICATE-----\n${String(leaf)}\n-----END CERTIFICATE-----\n`
}

function versionOf(name: string): string {
  const path = join(import.meta.dirname, '..', '..', '..', 'node_modules', name, 'package.json')
  return String(membersOf(JSON.parse(readFileSync(path, 'utf8')))['version'])
}
