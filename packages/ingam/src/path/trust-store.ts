// Layer: path. The trust anchors: CAs that the operator chose, found by subject name (RFC 5280 §7.1) at the same cost
// for one and for ten thousand. An anchor is a certificate, whose dates and constraints are enforced (RFC 5937).

import { createError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type Name, nameKey } from '../x509/name.ts'

/** A CA that is trusted, with the name under which it appears in identities. */
export interface TrustAnchor {
  readonly certificate: Certificate
  /** Stable name of the anchor; where absent `x509-sha256:` and the base64url SHA-256 of its DER are used. */
  readonly id?: string
}

/** A set of trust anchors, made by {@link createTrustStore}; it never changes. */
export class TrustStore {
  readonly #bySubject: ReadonlyMap<string, readonly TrustAnchor[]>
  readonly size: number

  /** @internal use {@link createTrustStore} */
  constructor(bySubject: ReadonlyMap<string, readonly TrustAnchor[]>, size: number) {
    this.#bySubject = bySubject
    this.size = size
    Object.freeze(this)
  }

  /** The anchors whose subject is the name; none where there are none. */
  findBySubject(name: Name): readonly TrustAnchor[] {
    return this.#bySubject.get(nameKey(name)) ?? []
  }
}

/**
 * Makes a trust store. **Nothing about the certificates is checked here**: dates and constraints are, each time a path
 * ends at one of them.
 *
 * @param anchors parsed certificates, or certificates with ids; at least one; ids must differ
 * @throws {ArgumentError} ERR_ARG_VALUE for an empty list or a repeated id, ERR_ARG_TYPE for anything else in it
 */
export function createTrustStore(anchors: readonly (Certificate | TrustAnchor)[]): TrustStore {
  const bySubject = new Map<string, TrustAnchor[]>()
  const ids = new Set<string>()
  if (!Array.isArray(anchors)) {
    throw createError('ERR_ARG_TYPE', {
      argument: 'trustAnchors',
      expected: 'an array of certificates',
      found: typeof anchors,
    })
  }
  if (anchors.length === 0) {
    throw createError('ERR_ARG_VALUE', {
      argument: 'trustAnchors',
      expected: 'at least one trust anchor',
      found: 'none',
    })
  }
  for (const given of anchors) {
    const anchor = toAnchor(given)
    if (anchor.id !== undefined && ids.has(anchor.id)) {
      throw createError('ERR_ARG_VALUE', {
        argument: 'trustAnchors',
        expected: 'ids that differ',
        found: `${anchor.id} twice`,
      })
    }
    if (anchor.id !== undefined) ids.add(anchor.id)
    const key = nameKey(anchor.certificate.subject)
    const sameName = bySubject.get(key)
    if (sameName === undefined) bySubject.set(key, [anchor])
    else sameName.push(anchor)
  }
  return new TrustStore(bySubject, anchors.length)
}

function isCertificate(value: unknown): value is Certificate {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'certificate'
}

function toAnchor(given: Certificate | TrustAnchor): TrustAnchor {
  if (typeof given === 'object' && given !== null) {
    if ('kind' in given && given.kind === 'certificate') return Object.freeze({ certificate: given })
    if ('certificate' in given && isCertificate(given.certificate)) {
      const { certificate, id } = given
      if (id === undefined) return Object.freeze({ certificate })
      if (typeof id === 'string' && id !== '') return Object.freeze({ certificate, id })
      throw createError('ERR_ARG_VALUE', {
        argument: 'trustAnchors',
        expected: 'an id that is text and not empty',
        found: kindOf(id),
      })
    }
  }
  throw createError('ERR_ARG_TYPE', {
    argument: 'trustAnchors',
    expected: 'certificates made by parseCertificate, or { certificate, id }',
    found: given === null ? 'null' : typeof given,
  })
}
