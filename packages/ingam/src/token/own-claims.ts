// Layer: token. A signer's own claims: read once into plain JSON, so that nothing is dropped or changed in silence, and
// held to what the strict reader of every verifier takes (nesting, number of members, surrogates).

import { createError } from '../errors/errors.ts'
import { isPlainObject, kindOf } from '../errors/options.ts'
import { type JsonValue, MAX_DEPTH, MAX_MEMBERS } from './json.ts'

/** Claims of the signer's own, by name. */
export interface OwnClaims {
  readonly [claim: string]: JsonValue
}

const RESERVED: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'iat',
  'exp',
  'nbf',
  'jti',
  'nonce',
  'htm',
  'htu',
  'digest',
  'ath',
  '__proto__',
])

/**
 * The claims as a JSON object, `{}` where there are none; ERR_ARG_TYPE or ERR_ARG_VALUE where they are none, or bear a
 * name that the format defines.
 *
 * @param further how many claims stand beside them in the token
 */
export function writeOwnClaims(claims: OwnClaims | undefined, further: number): string {
  if (claims === undefined) return '{}'
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw createError('ERR_ARG_TYPE', { argument: 'claims', expected: 'an object', found: kindOf(claims) })
  }
  // What would write other members than these cannot be checked here.
  if ('toJSON' in claims) throw wrong('claims', 'a plain object', 'a toJSON of its own')
  const copy = new ClaimsCopy(further).object(claims, 1)
  const reserved = Object.keys(copy).find((name) => RESERVED.has(name))
  if (reserved !== undefined) throw wrong('claims', 'claims of your own', `the reserved claim ${reserved}`)
  return JSON.stringify(copy)
}

class ClaimsCopy {
  #members: number

  constructor(further: number) {
    this.#members = further
  }

  // Each property is read once: a getter or a proxy has no second chance to say something else.
  object(given: object, depth: number): OwnClaims {
    if (depth > MAX_DEPTH) throw unreadable(`nested deeper than ${MAX_DEPTH}`)
    const copy: { [claim: string]: JsonValue } = {}
    for (const [name, value] of Object.entries(given)) {
      this.#count()
      if (!name.isWellFormed()) throw unreadable('a lone surrogate within a name')
      // On the outermost level the caller says which reserved claim it was.
      if (name === '__proto__') throw wrong('claims', 'claims of your own', `the reserved claim ${name}`)
      copy[name] = this.#value(name, value, depth)
    }
    return copy
  }

  #value(name: string, value: unknown, depth: number): JsonValue {
    switch (typeof value) {
      case 'boolean':
        return value
      case 'number':
        if (Number.isFinite(value)) return value
        throw wrong(`claims: ${name}`, 'a JSON value', String(value))
      case 'string':
        if (value.isWellFormed()) return value
        throw unreadable('a lone surrogate within a string')
      case 'object':
        if (value === null) return null
        if (Array.isArray(value)) return this.#array(name, value, depth + 1)
        // JSON.stringify would write a Map as an empty object, and an instance of a class as it pleases.
        if (isPlainObject(value)) return this.object(value, depth + 1)
        throw wrong(`claims: ${name}`, 'a JSON value', kindOf(value))
      default:
        throw wrong(`claims: ${name}`, 'a JSON value', kindOf(value))
    }
  }

  #array(name: string, given: readonly unknown[], depth: number): readonly JsonValue[] {
    if (depth > MAX_DEPTH) throw unreadable(`nested deeper than ${MAX_DEPTH}`)
    const copy: JsonValue[] = []
    for (const value of given) {
      this.#count()
      copy.push(this.#value(name, value, depth))
    }
    return copy
  }

  #count(): void {
    if (++this.#members > MAX_MEMBERS) throw unreadable(`more than ${MAX_MEMBERS} members`)
  }
}

function unreadable(found: string): Error {
  return wrong('claims', 'JSON that verifiers read', found)
}

function wrong(argument: string, expected: string, found: string): Error {
  return createError('ERR_ARG_VALUE', { argument, expected, found })
}
