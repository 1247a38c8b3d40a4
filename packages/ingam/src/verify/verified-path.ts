// Layer: verify. The rung above a parsed certificate: a path on which every check passed. Only verifyPath makes one;
// a copy, or an object read from JSON, is not recognised.

import type { PathRules } from '../path/checks.ts'
import type { Purpose } from '../path/purpose.ts'
import type { CertificateStatus } from '../revocation/evidence.ts'
import { type Certificate, validityOf } from '../x509/certificate.ts'

const NOT_ASKED: readonly CertificateStatus[] = Object.freeze([])

interface Parts {
  readonly certificates: readonly Certificate[]
  readonly anchor: { readonly id: string; readonly certificate: Certificate }
  readonly policies: readonly string[]
  readonly rules: Pick<PathRules, 'at' | 'purpose' | 'anchorValidity'>
  /** Where it was asked for: how the certificates stand. */
  readonly standing?: readonly CertificateStatus[]
  /** Where given, the leaf is not kept: it is read again by this whenever somebody asks for it. */
  readonly readLeaf?: () => Certificate
}

/** A certification path that was verified for a purpose, at an instant, to a trust anchor. */
export class VerifiedPath {
  readonly #at: number
  readonly #validFrom: number
  readonly #validUntil: number
  readonly #anchorValidity: PathRules['anchorValidity']
  readonly #aboveLeaf: readonly Certificate[]
  readonly #readLeaf: (() => Certificate) | undefined
  // Where the leaf is read again, it is held as long as somebody else holds it.
  #leaf: Certificate | WeakRef<Certificate> | undefined
  readonly anchor: { readonly id: string; readonly certificate: Certificate }
  readonly purpose: Purpose
  /** The user-constrained policy set (RFC 5280 §6.1.6), sorted; `2.5.29.32.0` stands for any policy. */
  readonly policies: readonly string[]
  /**
   * How the certificates below the anchor stand, leaf first, with the evidence; none where revocation was not asked
   * for, or for a pinned leaf. `unknown` is among them only where the policy accepts it.
   */
  readonly revocation: readonly CertificateStatus[]

  /** @internal made by verifyPath alone */
  constructor(parts: Parts) {
    const { at, purpose, anchorValidity } = parts.rules
    const leaf = parts.certificates[0]
    if (leaf === undefined) throw new TypeError('a path has a leaf')
    this.#aboveLeaf = parts.certificates.slice(1)
    this.#readLeaf = parts.readLeaf
    this.#leaf = parts.readLeaf === undefined ? leaf : undefined
    this.anchor = Object.freeze(parts.anchor)
    this.purpose = purpose
    this.policies = Object.isFrozen(parts.policies) ? parts.policies : Object.freeze(parts.policies.slice())
    this.revocation = parts.standing ?? NOT_ASKED
    this.#at = at.getTime()
    this.#anchorValidity = anchorValidity
    const { length } = parts.certificates
    const dated = anchorValidity === 'enforce' || length === 1 ? length : length - 1
    let validFrom = Number.NEGATIVE_INFINITY
    let validUntil = Number.POSITIVE_INFINITY
    for (let position = 0; position < dated; position++) {
      const { from, until } = validityOf(parts.certificates[position] ?? leaf)
      validFrom = Math.max(validFrom, from)
      validUntil = Math.min(validUntil, until)
    }
    this.#validFrom = validFrom
    this.#validUntil = validUntil
    Object.freeze(this)
  }

  /** Leaf first, the trust anchor's certificate last; a pinned leaf stands alone. */
  get certificates(): readonly Certificate[] {
    const leaf = this.#leaf instanceof WeakRef ? this.#leaf.deref() : this.#leaf
    return Object.freeze([leaf ?? this.#leafAgain(), ...this.#aboveLeaf])
  }

  /**
   * The same path without its leaf in memory, which parsed weighs more than all the rest.
   *
   * @param readLeaf parses the leaf's DER again
   * @internal
   */
  withoutLeaf(readLeaf: () => Certificate): VerifiedPath {
    return new VerifiedPath({ ...this.#parts(), readLeaf })
  }

  /**
   * The same path with other knowledge about its certificates' standing.
   *
   * @internal
   */
  withStanding(standing: readonly CertificateStatus[]): VerifiedPath {
    return new VerifiedPath({
      ...this.#parts(),
      standing,
      ...(this.#readLeaf && { readLeaf: this.#readLeaf }),
    })
  }

  #parts(): Parts {
    const { certificates, anchor, policies, purpose, at, revocation: standing } = this
    return {
      certificates,
      anchor,
      policies,
      standing,
      rules: { at, purpose, anchorValidity: this.#anchorValidity },
    }
  }

  #leafAgain(): Certificate {
    if (this.#readLeaf === undefined) throw new TypeError('a path has a leaf')
    const leaf = this.#readLeaf()
    this.#leaf = new WeakRef(leaf)
    return leaf
  }

  /** The instant for which the path was verified. */
  get at(): Date {
    return new Date(this.#at)
  }

  /** The latest notBefore of the path; that of the anchor counts unless its dates were ignored. */
  get validFrom(): Date {
    return new Date(this.#validFrom)
  }

  /** The earliest notAfter of the path, which belongs to the period; the anchor's counts unless it was ignored. */
  get validUntil(): Date {
    return new Date(this.#validUntil)
  }

  /** Whether the instant lies within the validity periods of all its certificates. */
  isWithinValidity(at: Date): boolean {
    const instant = at.getTime()
    return instant >= this.#validFrom && instant <= this.#validUntil
  }

  /** Whether the value was made by verifyPath. */
  static is(value: unknown): value is VerifiedPath {
    return typeof value === 'object' && value !== null && #at in value
  }
}

/** Whether the value is a {@link VerifiedPath} that this library made. */
export function isVerifiedPath(value: unknown): value is VerifiedPath {
  return VerifiedPath.is(value)
}
