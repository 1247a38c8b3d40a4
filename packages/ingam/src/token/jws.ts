// Layer: token. The compact JWS envelope (RFC 7515 §7.1): bytes of its parts, strictly base64url, nothing judged.

import { platform } from '#platform'
import { writeAscii } from '../bytes/ascii.ts'
import { decodeBase64urlInto } from '../bytes/base64.ts'
import type { TokenPart } from '../errors/codes.ts'
import { createError, type PkiErrorShape } from '../errors/errors.ts'

/** The parts of an envelope. */
export type EnvelopePart = Exclude<TokenPart, 'x5c'>

/** Where the bytes of one token at a time are put: written once, so that no token costs an allocation for them. */
export interface TokenRoom {
  /** The text, a byte for each character. */
  readonly text: Uint8Array
  /** Each part decoded, beginning where it begins in the text. */
  readonly decoded: Uint8Array
}

/** A compact JWS in its room, which the next token takes: what outlives a judgement, or waits, must be copied. */
export interface TokenParts {
  readonly token: string
  readonly room: TokenRoom
  /** Offset of the first dot, where the header ends. */
  readonly headerEnd: number
  /** Offset of the second dot, where the payload and what was signed end. */
  readonly payloadEnd: number
}

/** Room for tokens of at most so many characters. */
export function createTokenRoom(maxTokenBytes: number): TokenRoom {
  return { text: new Uint8Array(maxTokenBytes), decoded: new Uint8Array(maxTokenBytes) }
}

/** Splits a compact JWS; refuses what is too large, empty in a part, or not three parts. */
export function splitToken(token: unknown, maxTokenBytes: number, room?: TokenRoom): TokenParts {
  if (typeof token !== 'string') throw malformed('expected text')
  if (token.length > maxTokenBytes) {
    throw createError('ERR_TOKEN_TOO_LARGE', { maximum: maxTokenBytes, found: token.length })
  }
  const headerEnd = token.indexOf('.')
  const payloadEnd = token.indexOf('.', headerEnd + 1)
  if (headerEnd < 0 || payloadEnd < 0 || token.indexOf('.', payloadEnd + 1) >= 0) {
    throw malformed(`expected three parts joined by dots, found ${token.split('.', 8).length}`)
  }
  if (headerEnd === 0 || payloadEnd === headerEnd + 1 || payloadEnd === token.length - 1)
    throw malformed('a part is empty')
  const parts = { token, room: room ?? createTokenRoom(token.length), headerEnd, payloadEnd }
  writeAscii(token, parts.room.text)
  return parts
}

/** Puts the token into its room again, which other tokens may have used while a judgement waited for something. */
export function refillRoom({ token, room }: TokenParts): void {
  writeAscii(token, room.text)
}

/**
 * Bytes of one part, until the next token comes into the room; refuses padding, other alphabets and spare bits that are
 * not zero.
 */
export function decodePart(parts: TokenParts, part: EnvelopePart): Uint8Array {
  const bytes = part === 'header' ? decodeHeader(parts) : decodeInRoom(parts, part)
  if (bytes !== undefined) return bytes
  const problem = 'not canonical base64url without padding'
  throw createError('ERR_TOKEN_ENCODING', { part, offset: 0, problem })
}

// The longest part, but read only where its chain is not known: a call into the runtime pays off.
function decodeHeader({ token, headerEnd }: TokenParts): Uint8Array | undefined {
  return platform.decodeBase64(token.slice(0, headerEnd), 'base64url')
}

function decodeInRoom(
  { token, room, headerEnd, payloadEnd }: TokenParts,
  part: 'payload' | 'signature',
): Uint8Array | undefined {
  const start = part === 'payload' ? headerEnd + 1 : payloadEnd + 1
  const end = part === 'payload' ? payloadEnd : token.length
  const length = decodeBase64urlInto(room.text, start, end, room.decoded, start)
  return length < 0 ? undefined : room.decoded.subarray(start, start + length)
}

/** Header and payload with the dot between them: what was signed. INVARIANT: ASCII once both have been decoded. */
export function signedBytes({ room, payloadEnd }: TokenParts): Uint8Array {
  return room.text.subarray(0, payloadEnd)
}

function malformed(problem: string): PkiErrorShape<'ERR_TOKEN_MALFORMED'> {
  return createError('ERR_TOKEN_MALFORMED', { problem })
}
