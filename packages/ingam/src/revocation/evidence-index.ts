// Layer: revocation. What a source holds, found without looking at all of it: lists by the name of their issuer, responses by
// the serial numbers that they speak of. More than fits may come out; the judge looks at each closely.

import { encodeHex } from '../bytes/hex.ts'
import { nameKey } from '../x509/name.ts'
import { listIssuersOf } from './scope.ts'
import type { EvidenceQuery, HeldEvidence } from './source.ts'

/** Evidence by where it came from: a file, a URL, or memory. */
export class EvidenceIndex {
  readonly #byOwner = new Map<string, readonly HeldEvidence[]>()
  readonly #lists = new Map<string, Set<HeldEvidence>>()
  readonly #responses = new Map<string, Set<HeldEvidence>>()
  #revision = 0

  /** Grows with every change. */
  get revision(): number {
    return this.#revision
  }

  /** Puts the pieces in the place of all that the owner had before; none takes it out. */
  put(owner: string, pieces: readonly HeldEvidence[]): void {
    const before = this.#byOwner.get(owner) ?? []
    if (before.length === 0 && pieces.length === 0) return
    for (const piece of before) {
      for (const [map, key] of this.#placesOf(piece)) drop(map, key, piece)
    }
    for (const piece of pieces) {
      for (const [map, key] of this.#placesOf(piece)) add(map, key, piece)
    }
    if (pieces.length === 0) this.#byOwner.delete(owner)
    else this.#byOwner.set(owner, pieces)
    this.#revision++
  }

  find({ certificate, kinds }: EvidenceQuery): readonly HeldEvidence[] {
    const issuers = new Set(listIssuersOf(certificate).map(nameKey))
    const found = [...issuers].flatMap((issuer) => [...(this.#lists.get(issuer) ?? [])])
    if (kinds === 'crl') return found
    return [...(this.#responses.get(encodeHex(certificate.serialNumber)) ?? []), ...found]
  }

  #placesOf(piece: HeldEvidence): readonly (readonly [Map<string, Set<HeldEvidence>>, string])[] {
    if (piece.kind === 'crl') return [[this.#lists, nameKey(piece.crl.issuer)]]
    const { response } = piece
    if (response.status !== 'successful') return []
    return response.basic.responses.map(({ certId }) => [this.#responses, encodeHex(certId.serialNumber)])
  }
}

function add(map: Map<string, Set<HeldEvidence>>, key: string, piece: HeldEvidence): void {
  const all = map.get(key)
  if (all === undefined) map.set(key, new Set([piece]))
  else all.add(piece)
}

function drop(map: Map<string, Set<HeldEvidence>>, key: string, piece: HeldEvidence): void {
  const all = map.get(key)
  all?.delete(piece)
  if (all?.size === 0) map.delete(key)
}
