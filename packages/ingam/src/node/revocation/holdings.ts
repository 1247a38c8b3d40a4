// Layer: node. What the source over HTTP holds of each address, within bounds, and what it keeps when an answer comes that
// nobody has verified yet: somebody on the way could have written it, and must not make anything forgotten by that.

import { equalBytes } from '../../bytes/compare.ts'
import { encodeHex } from '../../bytes/hex.ts'
import { EvidenceIndex } from '../../revocation/evidence-index.ts'
import type { EvidenceQuery, HeldEvidence, SourceStatus } from '../../revocation/source.ts'
import { nameKey } from '../../x509/name.ts'
import { type CertId, encodeCertId } from '../../x509/ocsp.ts'
import { cacheKey } from './cache-folder.ts'
import { nextUpdateOf, thisUpdateOf, timesOf } from './lifetime.ts'
import { singleFor } from './ocsp-exchange.ts'

/** One address that is or was asked; of a responder once for each certificate. Instants are milliseconds since 1970 UTC. */
export interface Holding {
  readonly key: string
  readonly url: URL
  /** What a responder is asked for; a list where there is none. */
  readonly certId?: CertId
  /** The newest answer first. */
  pieces: readonly HeldEvidence[]
  bytes: number
  fetchedAt?: number
  /** When it was last of use, or wanted. */
  usedAt: number
  /** When it is fetched next, unless nobody needs it any more; after a failure, before when it is not tried. */
  nextAt?: number
  failures: number
  lastError?: string
  flight?: Promise<string | undefined>
}

export interface HoldingBounds {
  readonly maxHeld: number
  readonly maxHeldBytes: number
}

/** All holdings. */
export class Holdings {
  readonly #bounds: HoldingBounds
  readonly #onEvicted: (key: string) => void
  readonly #byKey = new Map<string, Holding>()
  readonly #ownerOf = new WeakMap<HeldEvidence, Holding>()
  readonly #verified = new WeakSet<HeldEvidence>()
  readonly #index = new EvidenceIndex()
  #bytes = 0

  constructor(bounds: HoldingBounds, onEvicted: (key: string) => void) {
    this.#bounds = bounds
    this.#onEvicted = onEvicted
  }

  get revision(): number {
    return this.#index.revision
  }

  all(): IterableIterator<Holding> {
    return this.#byKey.values()
  }

  /** What is held about the certificate. */
  look(query: EvidenceQuery): readonly HeldEvidence[] {
    return this.#index.find(query)
  }

  /** The same; it counts as used. */
  find(query: EvidenceQuery, now: number): readonly HeldEvidence[] {
    const found = this.look(query)
    for (const piece of found) {
      const owner = this.#ownerOf.get(piece)
      if (owner !== undefined) owner.usedAt = now
    }
    return found
  }

  /** The holding of an address, made where there is none; undefined where each of the others is under way. */
  at(url: URL, certId: CertId | undefined, now: number): Holding | undefined {
    const der = certId && encodeCertId(certId)
    const kind = certId === undefined ? 'crl' : 'ocsp'
    const key = cacheKey({ kind, url: url.href, ...(der && { certId: der }) })
    const known = this.#byKey.get(key)
    if (known !== undefined) {
      known.usedAt = now
      return known
    }
    if (this.#byKey.size >= this.#bounds.maxHeld && !this.#evict(undefined)) return undefined
    const holding: Holding = {
      key,
      url,
      ...(certId && { certId }),
      pieces: [],
      bytes: 0,
      usedAt: now,
      failures: 0,
    }
    this.#byKey.set(key, holding)
    return holding
  }

  /**
   * Takes an answer over. What has verified, and a list or a revocation that may yet, is held beside it while it counts: who
   * writes answers on the way can write any number of them.
   *
   * @returns whether there was room
   */
  take(holding: Holding, arrived: HeldEvidence, now: number): boolean {
    if (holding.pieces.some((piece) => equalBytes(derOf(piece), derOf(arrived)))) return true
    const { certId } = holding
    const worthy = holding.pieces
      .filter((piece) => this.#isWorthy(piece, certId, now))
      .toSorted((a, b) => thisUpdateOf(b) - thisUpdateOf(a))
    const kept = new Map<string, HeldEvidence>()
    for (const piece of worthy) {
      const subject = this.#verified.has(piece) ? subjectOf(piece, certId) : 'unverified'
      if (!kept.has(subject)) kept.set(subject, piece)
    }
    return this.put(holding, [arrived, ...[...kept.values()].slice(0, MAX_KEPT)])
  }

  /** Somebody has found that a piece was signed by who may; others than those held are nobody's here. */
  markVerified(piece: HeldEvidence): void {
    const owner = this.#ownerOf.get(piece)
    if (owner === undefined || this.#verified.has(piece)) return
    this.#verified.add(piece)
    const { certId, pieces } = owner
    if (piece.kind === 'crl' || certId === undefined) return
    // The responder has said something newer: a hold before it was lifted.
    const left = pieces.filter(
      (other) => thisUpdateOf(other) >= thisUpdateOf(piece) || isRevokedForGood(other, certId),
    )
    if (left.length < pieces.length) this.put(owner, left)
  }

  #isWorthy(piece: HeldEvidence, certId: CertId | undefined, now: number): boolean {
    if (certId !== undefined && isRevokedForGood(piece, certId)) return true
    const nextUpdate = nextUpdateOf(piece)
    if (piece.kind === 'crl') return nextUpdate === undefined || nextUpdate >= now
    return this.#verified.has(piece) && nextUpdate !== undefined && nextUpdate >= now
  }

  /** Takes pieces over in the place of those held. @returns whether there was room */
  put(holding: Holding, pieces: readonly HeldEvidence[]): boolean {
    const bytes = pieces.reduce((sum, piece) => sum + derOf(piece).length, 0)
    if (bytes > this.#bounds.maxHeldBytes) return false
    while (this.#bytes - holding.bytes + bytes > this.#bounds.maxHeldBytes)
      if (!this.#evict(holding)) return false
    this.#bytes += bytes - holding.bytes
    holding.bytes = bytes
    holding.pieces = pieces
    for (const piece of pieces) this.#ownerOf.set(piece, holding)
    this.#index.put(holding.key, pieces)
    return true
  }

  // What was of use the longest time ago goes first, and nothing that is under way.
  #evict(except: Holding | undefined): boolean {
    let oldest: Holding | undefined
    for (const holding of this.#byKey.values()) {
      if (holding === except || holding.flight !== undefined) continue
      if (oldest === undefined || holding.usedAt < oldest.usedAt) oldest = holding
    }
    if (oldest === undefined) return false
    this.#byKey.delete(oldest.key)
    this.#bytes -= oldest.bytes
    this.#index.put(oldest.key, [])
    this.#onEvicted(oldest.key)
    return true
  }
}

/** Bytes of a piece. */
export function derOf(piece: HeldEvidence): Uint8Array {
  return piece.kind === 'crl' ? piece.crl.der : piece.response.der
}

// LIMIT: pieces held beside the newest answer; a CA that has several kinds of list at one address has two or three.
const MAX_KEPT = 6

// What a verified piece speaks of: only a newer one about the same takes its place.
function subjectOf(piece: HeldEvidence, certId: CertId | undefined): string {
  if (piece.kind === 'crl') {
    const { issuer, issuingDistributionPoint, deltaCrlIndicator } = piece.crl
    const scope = issuingDistributionPoint === undefined ? '' : encodeHex(issuingDistributionPoint.der)
    return `${deltaCrlIndicator === undefined ? 'list' : 'delta'} ${nameKey(issuer)} ${scope}`
  }
  return certId !== undefined && isRevokedForGood(piece, certId) ? 'revoked' : 'response'
}

// A hold can be lifted.
function isRevokedForGood(piece: HeldEvidence, certId: CertId): boolean {
  if (piece.kind !== 'ocsp') return false
  const single = singleFor(piece.response, certId)
  return single?.status === 'revoked' && single.reason !== 'certificateHold'
}

/** A holding for `status`. */
export function statusOf(holding: Holding): SourceStatus {
  const { url, certId, pieces, fetchedAt, nextAt, failures, lastError } = holding
  const serial = certId && ` for serial number 0x${encodeHex(certId.serialNumber)}`
  const [newest] = pieces
  return {
    from: `${url.href}${serial ?? ''}`,
    kind: certId === undefined ? 'crl' : 'ocsp',
    state: failures > 0 ? 'failing' : pieces.length > 0 ? 'ok' : 'waiting',
    ...(fetchedAt !== undefined && { updatedAt: new Date(fetchedAt) }),
    ...timesOf(newest === undefined ? [] : [newest]),
    ...(nextAt !== undefined && { nextRefresh: new Date(nextAt) }),
    ...(lastError !== undefined && { lastError }),
    size: newest?.kind === 'crl' ? newest.crl.size : pieces.length,
  }
}
