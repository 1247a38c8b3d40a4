// Server: our own access tokens when they come back, to /introspect and /revoke. Only a key that is published now, and
// only in the algorithm of that key, can have signed one.

import { createPublicKey, verify } from 'node:crypto'
import type { JsonRecord } from '../json.ts'
import type { Service } from '../service.ts'
import { decodeBase64url, parseJsonObject } from './bytes.ts'

/** Claims of an access token of ours whose signature verified and that has not expired. */
export interface IssuedToken {
  readonly id: string
  readonly expiresAt: number
  /** As they were written: see access-token.ts. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Reads an access token of ours.
 *
 * **Not checked: whether its grant was ended**, which the store knows.
 *
 * @param now seconds since 1970 UTC
 * @returns undefined for whatever is no such token, or has expired
 */
export function readIssuedToken(
  service: Pick<Service, 'config' | 'keys'>,
  text: string,
  now: number,
): IssuedToken | undefined {
  if (text.length > MAX_TOKEN_CHARACTERS) return undefined
  const [head = '', payload = '', tail = '', ...more] = text.split('.')
  const [headBytes, payloadBytes, signature] = [head, payload, tail].map(decodeBase64url)
  if (more.length > 0 || headBytes === undefined || payloadBytes === undefined || signature === undefined)
    return undefined
  const header = parseJsonObject(headBytes)
  // RFC 9068 §4
  if (header?.['typ'] !== 'at+jwt' || Object.hasOwn(header, 'crit')) return undefined
  const jwk = service.keys.jwks('access-token').keys.find(({ kid }) => kid === header['kid'])
  if (jwk === undefined || jwk['alg'] !== header['alg']) return undefined
  if (!isSignedBy(jwk, Buffer.from(`${head}.${payload}`, 'latin1'), signature)) return undefined
  const claims = parseJsonObject(payloadBytes)
  const { iss, jti, exp } = claims ?? {}
  if (claims === undefined || iss !== service.config.issuer) return undefined
  if (typeof jti !== 'string' || typeof exp !== 'number' || now >= exp) return undefined
  return { id: jti, expiresAt: exp, claims }
}

// LIMIT: an access token travels in a header; servers take 8 to 64 KiB of headers in all.
const MAX_TOKEN_CHARACTERS = 16_384

function isSignedBy(jwk: JsonRecord, data: Buffer, signature: Buffer): boolean {
  const { kty, crv, x, y, n, e } = jwk
  const members = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e }
  const strings: Record<string, string> = {}
  for (const [name, value] of Object.entries(members)) if (typeof value === 'string') strings[name] = value
  const key = createPublicKey({ key: strings, format: 'jwk' })
  switch (jwk['alg']) {
    case 'ES256':
      return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'RS256':
      return verify('sha256', data, key, signature)
    default:
      return false
  }
}
