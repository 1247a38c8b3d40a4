// Layer: path. The trust anchors: CAs that the operator chose, found by subject name (RFC 5280 §7.1) at the same cost
// for one and for ten thousand. An anchor is a certificate, self-signed or not, whose dates and constraints are enforced
// (RFC 5937), and perhaps the names for which the operator lets it speak.

import { equalBytes } from '../bytes/compare.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import type { PlatformPublicKey } from '../platform/contract.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type Name, nameKey } from '../x509/name.ts'
import { type AnchorNames, type AnchorSubtrees, toAnchorSubtrees } from './anchor-names.ts'

/** A CA that is trusted, with the name under which it appears in identities. */
export interface TrustAnchor {
  readonly certificate: Certificate
  /** Stable name of the anchor; where absent `x509-sha256:` and the base64url SHA-256 of its DER are used. */
  readonly id?: string
  /** The names for which it may speak; where absent, all that its own certificate allows. */
  readonly names?: AnchorNames
}

/** An anchor as the store holds it: its names in the form in which they are compared. */
export interface StoredAnchor {
  readonly certificate: Certificate
  readonly id?: string
  readonly subtrees?: AnchorSubtrees
}

/** A set of trust anchors, made by {@link createTrustStore}; it never changes. */
export class TrustStore {
  readonly #bySubject: ReadonlyMap<string, readonly StoredAnchor[]>
  readonly #keys = new WeakMap<Certificate, Map<string, PlatformPublicKey>>()
  readonly size: number

  /** @internal use {@link createTrustStore} */
  constructor(bySubject: ReadonlyMap<string, readonly StoredAnchor[]>, size: number) {
    this.#bySubject = bySubject
    this.size = size
    for (const { certificate } of [...bySubject.values()].flat()) this.#keys.set(certificate, new Map())
    Object.freeze(this)
  }

  /** The anchors whose subject is the name; none where there are none. */
  findBySubject(name: Name): readonly StoredAnchor[] {
    return this.#bySubject.get(nameKey(name)) ?? []
  }

  /**
   * The imported keys of an anchor's certificate by scheme, for the search to keep; undefined for any other.
   *
   * @internal
   */
  keysOf(certificate: Certificate): Map<string, PlatformPublicKey> | undefined {
    return this.#keys.get(certificate)
  }

  /** The anchors whose certificate is this one, byte for byte. */
  findCertificate(certificate: Certificate): readonly StoredAnchor[] {
    return this.findBySubject(certificate.subject).filter((anchor) =>
      equalBytes(anchor.certificate.der, certificate.der),
    )
  }
}

/**
 * Makes a trust store. **Nothing about the certificates is checked here**: dates and constraints are, each time a path
 * ends at one of them.
 *
 * @param anchors parsed certificates, or certificates with ids and names; at least one; ids must differ
 * @throws {ArgumentError} ERR_ARG_VALUE for an empty list, a repeated id or a malformed name, ERR_ARG_REQUIRED for names
 * without directoryNames, ERR_ARG_UNKNOWN_OPTION for an unknown field, ERR_ARG_TYPE for anything else in the list
 */
export function createTrustStore(anchors: readonly (Certificate | TrustAnchor)[]): TrustStore {
  const bySubject = new Map<string, StoredAnchor[]>()
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

/** Whether the value is a parsed certificate. */
export function isCertificate(value: unknown): value is Certificate {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'certificate'
}

function toAnchor(given: Certificate | TrustAnchor): StoredAnchor {
  if (typeof given === 'object' && given !== null) {
    if ('kind' in given && given.kind === 'certificate') return Object.freeze({ certificate: given })
    if ('certificate' in given && isCertificate(given.certificate)) {
      checkOptionKeys('trustAnchors', given, ANCHOR_KEYS)
      const { certificate, id, names } = given
      if (id !== undefined && (typeof id !== 'string' || id === '')) {
        throw createError('ERR_ARG_VALUE', {
          argument: 'trustAnchors',
          expected: 'an id that is text and not empty',
          found: kindOf(id),
        })
      }
      return Object.freeze({
        certificate,
        ...(id !== undefined && { id }),
        ...(names !== undefined && { subtrees: toAnchorSubtrees(names) }),
      })
    }
  }
  throw createError('ERR_ARG_TYPE', {
    argument: 'trustAnchors',
    expected: 'certificates made by parseCertificate, or { certificate, id, names }',
    found: given === null ? 'null' : typeof given,
  })
}

const ANCHOR_KEYS = ['certificate', 'id', 'names'] as const
