// Layer: revocation. For how long an answer holds: everything with a beginning or an end that a judgement looks at, whether
// it counted or not, moves the ends nearer. Outside of them the clock alone may change the answer.

import type { PathRules } from '../path/checks.ts'
import { type Certificate, validityOf } from '../x509/certificate.ts'

/** The instants around a judgement, both included, within which nothing but new evidence changes its answer. */
export class Horizon {
  readonly #at: number
  #from = Number.NEGATIVE_INFINITY
  #until = Number.POSITIVE_INFINITY

  constructor({ at }: Pick<PathRules, 'at'>) {
    this.#at = at.getTime()
  }

  /** In milliseconds since 1970 UTC. */
  get from(): number {
    return this.#from
  }

  /** In milliseconds since 1970 UTC. */
  get until(): number {
    return this.#until
  }

  /** Something was looked at that counts from the one instant to the other, both included. */
  note({ from, until }: { readonly from: number; readonly until: number }): void {
    if (from > this.#at) this.#until = Math.min(this.#until, from - 1)
    else this.#from = Math.max(this.#from, from)
    if (until < this.#at) this.#from = Math.max(this.#from, until + 1)
    else this.#until = Math.min(this.#until, until)
  }

  /** Certificates were looked at that do not stand in the path itself. */
  noteAll(certificates: readonly Certificate[]): void {
    for (const certificate of certificates) this.note(validityOf(certificate))
  }
}
