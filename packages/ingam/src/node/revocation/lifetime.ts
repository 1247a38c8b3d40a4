// Layer: node. When evidence was made and until when it says that it counts; unvouched, and used for schedules and status
// alone.

import type { HeldEvidence } from '../../revocation/source.ts'

/** Milliseconds since 1970 UTC: of a list its thisUpdate, of a response the newest of its parts. */
export function thisUpdateOf(piece: HeldEvidence): number {
  return Math.max(...partsOf(piece).map(({ thisUpdate }) => thisUpdate.getTime()))
}

/** Milliseconds since 1970 UTC: the first of the parts that expires; undefined where none ever says so. */
export function nextUpdateOf(piece: HeldEvidence): number | undefined {
  const ends = partsOf(piece).flatMap(({ nextUpdate }) =>
    nextUpdate === undefined ? [] : [nextUpdate.getTime()],
  )
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** The newest thisUpdate and the first nextUpdate of all pieces, for a status. */
export function timesOf(pieces: readonly HeldEvidence[]): { thisUpdate?: Date; nextUpdate?: Date } {
  if (pieces.length === 0) return {}
  const ends = pieces.flatMap((piece) => nextUpdateOf(piece) ?? [])
  return {
    thisUpdate: new Date(Math.max(...pieces.map(thisUpdateOf))),
    ...(ends.length > 0 && { nextUpdate: new Date(Math.min(...ends)) }),
  }
}

function partsOf(piece: HeldEvidence): readonly { readonly thisUpdate: Date; readonly nextUpdate?: Date }[] {
  if (piece.kind === 'crl') return [piece.crl]
  return piece.response.status === 'successful' ? piece.response.basic.responses : []
}
