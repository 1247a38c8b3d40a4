// Layer: node. How much is asked at the same time, and how much waits for its turn.

/** Runs work in order of arrival, so much of it at a time. */
export class FetchQueue {
  readonly #maxRunning: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning
    this.#maxWaiting = maxWaiting
  }

  /** The work's outcome, in its turn; undefined where too much waits already, and the work is not done. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.#running < this.#maxRunning) {
      this.#running++
      return this.#start(work)
    }
    if (this.#waiting.length >= this.#maxWaiting) return undefined
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#start(work))
  }

  async #start<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      // The place goes on to whoever waits longest.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
