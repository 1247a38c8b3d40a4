// Server: hashing and base64url as OAuth needs them: digests over parts that cannot run into each other, and base64url of
// which each value has exactly one spelling.

import { createHash, hash } from 'node:crypto'

/** Base64url SHA-256: 43 characters. */
export function thumbprintOf(data: Uint8Array | string): string {
  return hash('sha256', data, 'base64url')
}

/**
 * The key under which something counts once: SHA-256 over its kind and its parts, each behind its length, so that no two
 * lists of parts have the same bytes.
 *
 * @returns 32 bytes
 */
export function oneTimeKeyOf(kind: string, ...parts: readonly string[]): Uint8Array {
  const digest = createHash('sha256')
  for (const part of [kind, ...parts]) {
    const bytes = Buffer.from(part, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    digest.update(length).update(bytes)
  }
  return new Uint8Array(digest.digest())
}

/** The bytes of base64url without padding; undefined for any other spelling, also one of the same bytes. */
export function decodeBase64url(text: string): Buffer | undefined {
  if (!/^[\w-]*$/u.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  // The last character may have spare bits: only the spelling with zeros is one (RFC 4648 §3.5).
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** JSON of an object out of strict UTF-8; undefined for anything else. */
export function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes))
    return isObject(value) ? value : undefined
  } catch {
    // Neither UTF-8 nor JSON: whoever asked refuses it, and what was wrong with it helps nobody.
    return undefined
  }
}

/** Whether a value is an object of JSON. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
