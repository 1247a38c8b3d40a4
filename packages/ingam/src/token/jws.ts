// Layer: token. The compact JWS envelope (RFC 7515 §7.1): bytes of its parts, strictly base64url, nothing judged.

import { decodeBase64url } from '../bytes/base64.ts'
import type { TokenPart } from '../errors/codes.ts'
import { createError, type PkiErrorShape } from '../errors/errors.ts'

/** The three parts of a compact JWS as they were sent. */
export interface TokenParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
  /** Header and payload with the dot between them: what was signed, as text. */
  readonly signed: string
}

/** Splits a compact JWS; refuses what is too large, empty in a part, or not three parts. */
export function splitToken(token: unknown, maxTokenBytes: number): TokenParts {
  if (typeof token !== 'string') throw malformed('expected text')
  if (token.length > maxTokenBytes) {
    throw createError('ERR_TOKEN_TOO_LARGE', { maximum: maxTokenBytes, found: token.length })
  }
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) {
    throw malformed(`expected three parts joined by dots, found ${token.split('.', 8).length}`)
  }
  if (first === 0 || second === first + 1 || second === token.length - 1) throw malformed('a part is empty')
  return {
    header: token.slice(0, first),
    payload: token.slice(first + 1, second),
    signature: token.slice(second + 1),
    signed: token.slice(0, second),
  }
}

/** Bytes of one part; refuses padding, other alphabets and spare bits that are not zero. */
export function decodePart(text: string, part: TokenPart): Uint8Array {
  const bytes = decodeBase64url(text)
  if (bytes !== undefined) return bytes
  const problem = 'not canonical base64url without padding'
  throw createError('ERR_TOKEN_ENCODING', { part, offset: 0, problem })
}

function malformed(problem: string): PkiErrorShape<'ERR_TOKEN_MALFORMED'> {
  return createError('ERR_TOKEN_MALFORMED', { problem })
}
