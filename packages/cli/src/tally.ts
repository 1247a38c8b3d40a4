// CLI: counting the outcomes of many tokens, and saying so: while it goes on, where a person watches, and at the end.

import type { Code } from 'ingam'
import type { Context } from './context.ts'
import type { ExitCode } from './failure.ts'
import { cutTo } from './layout/width.ts'

/** How a line can come out, in the order of the summary. */
export const OUTCOMES = ['accepted', 'refused', 'undecided', 'unreadable'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Counts of one run. */
export class Tally {
  readonly #outcomes: Record<Outcome, number> = { accepted: 0, refused: 0, undecided: 0, unreadable: 0 }
  readonly #codes = new Map<Code, number>()
  #lines = 0

  get lines(): number {
    return this.#lines
  }

  add(outcome: Outcome, code?: Code): void {
    this.#lines += 1
    this.#outcomes[outcome] += 1
    if (code !== undefined) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1)
  }

  /** `5 tokens: 3 accepted, 2 refused, 0 undecided, 0 unreadable`. */
  counts(): string {
    const shown = OUTCOMES.map((outcome) => `${formatCount(this.#outcomes[outcome])} ${outcome}`)
    return `${formatCount(this.#lines)} ${this.#lines === 1 ? 'token' : 'tokens'}: ${shown.join(', ')}`
  }

  /** The lines of the summary: the counts, then each reason, the most frequent first. */
  summary(isStopped: boolean): readonly string[] {
    const reasons = [...this.#codes].toSorted(
      ([left, leftCount], [right, rightCount]) => rightCount - leftCount || (left < right ? -1 : 1),
    )
    return [
      ...(isStopped ? ['stopped; what follows was not read'] : []),
      this.counts(),
      ...reasons.map(([code, count]) => `${code}: ${formatCount(count)}${NOTES[code] ?? ''}`),
    ]
  }

  /** A run that was stopped, or that had nothing to judge, has not accepted all. */
  exit(isStopped: boolean): ExitCode {
    if (this.#outcomes.refused + this.#outcomes.unreadable > 0) return 1
    return this.#outcomes.undecided > 0 || isStopped || this.#lines === 0 ? 4 : 0
  }
}

/** A line on stderr that changes as the run goes on. */
export interface Progress {
  readonly update: () => void
  readonly end: () => void
}

/** Shows the counts where stderr is a terminal and the results go elsewhere; otherwise shows nothing. */
export function startProgress(context: Context, tally: Tally, elapsed: () => number = stopwatch()): Progress {
  if (!context.isTTY.stderr || context.isTTY.stdout || context.env['TERM'] === 'dumb')
    return { update() {}, end() {} }
  let shownAt = Number.NEGATIVE_INFINITY
  return {
    update: () => {
      const time = elapsed()
      if (time - shownAt < INTERVAL) return
      shownAt = time
      const rate = time < INTERVAL ? '' : `, ${formatCount(Math.round((tally.lines * 1000) / time))} a second`
      context.stderr.write(`${CLEAR}${cutTo(`ingam: ${tally.counts()}${rate}`, (context.columns ?? 80) - 1)}`)
    },
    end: () => void context.stderr.write(CLEAR),
  }
}

const INTERVAL = 100
const CLEAR = '\r\u001b[K'
const NOTES: Partial<Record<Code, string>> = { ERR_TOKEN_REPLAYED: ' (repeated within this run)' }

function stopwatch(): () => number {
  const start = performance.now()
  return () => performance.now() - start
}

function formatCount(count: number): string {
  return count.toLocaleString('en')
}
