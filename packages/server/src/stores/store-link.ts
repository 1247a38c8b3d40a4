// Server: the main thread's end of a store. Units wait in a bounded queue while the worker is busy, and go to it all at
// once; a worker that died is replaced, and what it had in hand is answered as unknown.

import type { Worker } from 'node:worker_threads'
import { ServiceError } from '../service-error.ts'
import { BatchWriter } from './cells.ts'
import type { CommitOutcome, StoreHealth, UnitOfWork } from './contract.ts'
import type { BatchMessage, FromWorker, QuestionName, Questions, ToWorker, UnitAnswer } from './messages.ts'
import { toServiceError } from './service-fault.ts'
import type { FaultMessage } from './store-fault.ts'

/** What a link works with. */
export interface LinkOptions {
  /** Starts a worker. @param instance the database that the one before had; absent for the first */
  readonly startWorker: (instance: string | undefined) => Worker
  /** Seconds since 1970 UTC. */
  readonly now: () => number
  /** Units that may be unanswered at a time. */
  readonly maxQueue: number
  /** Milliseconds after which a worker that says nothing counts as failing. */
  readonly stallMilliseconds: number
  /** Called when health turns from ok to failing, and back with undefined. */
  readonly onHealth: (error: ServiceError | undefined) => void
}

// LIMIT: units in one transaction: what a crash may undo, and what one fault fails; more does not save more.
const MAX_BATCH = 256
const FIRST_PAUSE_MILLISECONDS = 50
const LONGEST_PAUSE_MILLISECONDS = 5_000
const COMMITTED: CommitOutcome = Object.freeze({ outcome: 'committed', ended: 0 })

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

class Batch {
  readonly writer = new BatchWriter()
  readonly waiting: Waiting<CommitOutcome>[] = []
}

/** A worker with its queue. */
export class StoreLink {
  readonly #options: LinkOptions
  readonly #stall: NodeJS.Timeout
  #worker: Worker | undefined
  #instance: string | undefined
  #started: Waiting<void> | undefined
  // Those that wait; the last one still takes units.
  #batches: Batch[] = []
  #inFlight: Batch | undefined
  #isFlushDue = false
  #unanswered = 0
  readonly #questions = new Map<number, Waiting<never>>()
  #nextQuestion = 1
  #failing: ServiceError | undefined
  #stallError: ServiceError | undefined
  #restart: NodeJS.Timeout | undefined
  #pause = FIRST_PAUSE_MILLISECONDS
  #isClosing = false
  #onDrained: (() => void) | undefined
  #commits = 0
  #units = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#stall = setTimeout(() => this.#stalled(), options.stallMilliseconds).unref()
  }

  /** Starts the first worker. @throws {ServiceError} what keeps the database from being opened */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#started = { resolve, reject }
      this.#startWorker()
    })
  }

  /** Queues a unit that was checked. */
  commit(unit: UnitOfWork): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#isClosing) throw closedError()
      if (this.#unanswered >= this.#options.maxQueue) {
        throw new ServiceError('ERR_SERVICE_OVERLOADED', 'the queue of the store is full', {
          details: { maximum: this.#options.maxQueue },
          retryAfterSeconds: 1,
        })
      }
      let batch = this.#batches.at(-1)
      if (batch === undefined || batch.writer.units >= MAX_BATCH) this.#batches.push((batch = new Batch()))
      batch.writer.add(unit)
      batch.waiting.push({ resolve, reject })
      this.#unanswered += 1
      this.#flushSoon()
    })
  }

  /** Asks; questions do not wait for batches that are still here. */
  ask<N extends QuestionName>(name: N, argument: Questions[N]['ask']): Promise<Questions[N]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#isClosing) throw closedError()
      if (this.#stallError !== undefined) throw this.#stallError
      this.#post(name, argument, { resolve, reject })
    })
  }

  health(): StoreHealth {
    const counts = { queued: this.#unanswered, commits: this.#commits, units: this.#units }
    const failing = this.#failing
    if (failing === undefined) return { state: 'ok', ...counts }
    const code = failing.code === 'ERR_SERVICE_STORE_FULL' ? failing.code : 'ERR_SERVICE_STORE'
    return { state: 'failing', code, message: failing.message, ...counts }
  }

  /** Health is ok again: called where a write went through. */
  wrote(): void {
    if (this.#failing === undefined) return
    this.#failing = undefined
    this.#options.onHealth(undefined)
  }

  /** Takes nothing more, waits for what is queued, and ends the worker. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    if (!this.#isDrained() && this.#stallError === undefined)
      await new Promise<void>((resolve) => (this.#onDrained = resolve))
    clearTimeout(this.#restart)
    clearTimeout(this.#stall)
    if (this.#worker !== undefined && this.#stallError === undefined) {
      await new Promise<undefined>((resolve, reject) => this.#post('close', null, { resolve, reject })).catch(
        () => {
          // The worker died: its end of the database is closed with it.
        },
      )
    }
    await this.#endWorker()
    // Only a worker that hangs leaves any.
    const error = unknownOutcome('the store was closed while the disk did not answer', undefined)
    this.#settle((waiting) => waiting.reject(error))
    for (const batch of this.#batches.splice(0)) for (const { reject } of batch.waiting) reject(error)
  }

  #flushSoon(): void {
    if (this.#isFlushDue || this.#inFlight !== undefined) return
    this.#isFlushDue = true
    // Whoever was answered in this turn may have more: it goes along.
    setImmediate(() => {
      this.#isFlushDue = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#inFlight !== undefined || this.#worker === undefined) return
    const batch = this.#batches.shift()
    if (batch === undefined) return
    const { units, cells, keys } = batch.writer.encoded()
    const message: BatchMessage = { kind: 'batch', now: this.#options.now(), units, cells, keys }
    this.#send(message)
    this.#inFlight = batch
  }

  #post<N extends QuestionName>(
    name: N,
    argument: Questions[N]['ask'],
    waiting: Waiting<Questions[N]['answer']>,
  ): void {
    if (this.#worker === undefined) throw this.#failing ?? closedError()
    const id = this.#nextQuestion++
    this.#send({ kind: 'ask', id, name, argument })
    this.#questions.set(id, waiting)
  }

  #send(message: ToWorker): void {
    // The time runs from the oldest message that has no answer.
    if (this.#inFlight === undefined && this.#questions.size === 0) this.#stall.refresh()
    this.#worker?.postMessage(message)
  }

  #startWorker(): void {
    const worker = this.#options.startWorker(this.#instance)
    let cause: unknown
    this.#worker = worker
    worker.on('message', (message: FromWorker) => this.#receive(message))
    worker.on('error', (error) => (cause = error))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#died(cause)
    })
  }

  #receive(message: FromWorker): void {
    this.#stallError = undefined
    this.#stall.refresh()
    switch (message.kind) {
      case 'started':
        return this.#onStarted(message.instance, message.fault)
      case 'batch':
        this.#commits += message.transactions
        return this.#settle((waiting, index) => this.#answer(waiting, message.answers[index]))
      case 'batchFault': {
        const error = this.#failed(message.fault)
        return this.#settle((waiting) => waiting.reject(error))
      }
      case 'answer':
        return this.#take(message.id)?.resolve(message.answer)
      case 'askFault':
        return this.#take(message.id)?.reject(this.#failed(message.fault))
    }
  }

  #onStarted(instance: string | undefined, fault: FaultMessage | undefined): void {
    const started = this.#started
    this.#started = undefined
    if (fault === undefined) {
      this.#instance = instance
      this.#pause = FIRST_PAUSE_MILLISECONDS
      started?.resolve()
    } else if (started !== undefined) {
      void this.#endWorker().then(() => started.reject(toServiceError(fault)))
    } else {
      this.#failed(fault)
    }
  }

  #settle(answer: (waiting: Waiting<CommitOutcome>, index: number) => void): void {
    const batch = this.#inFlight
    if (batch === undefined) return
    this.#inFlight = undefined
    this.#unanswered -= batch.waiting.length
    batch.waiting.forEach(answer)
    if (this.#batches.length > 0) this.#flushSoon()
    if (this.#isDrained()) this.#onDrained?.()
  }

  #isDrained(): boolean {
    return this.#unanswered === 0 && this.#questions.size === 0
  }

  #answer({ resolve, reject }: Waiting<CommitOutcome>, answer: UnitAnswer | undefined): void {
    if (answer !== 0 && answer?.outcome === 'failed') return reject(toServiceError(answer.fault))
    if (answer === undefined) return reject(toServiceError(NO_ANSWER))
    this.#units += 1
    this.wrote()
    resolve(answer === 0 ? COMMITTED : answer)
  }

  #take(id: number): Waiting<never> | undefined {
    const waiting = this.#questions.get(id)
    this.#questions.delete(id)
    if (this.#isDrained()) this.#onDrained?.()
    return waiting
  }

  // What is in the worker's hands may have been committed or not: nobody knows, and an error is the answer that is safe.
  #died(cause: unknown): void {
    this.#worker = undefined
    const error = unknownOutcome('the worker of the store ended unexpectedly', cause)
    this.#turnFailing(error)
    this.#started?.reject(error)
    const isFirstStart = this.#started !== undefined
    this.#started = undefined
    this.#settle((waiting) => waiting.reject(error))
    this.#rejectQuestions(error)
    if (isFirstStart) return
    this.#restart = setTimeout(() => this.#startAgain(), this.#pause)
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MILLISECONDS)
  }

  #startAgain(): void {
    this.#startWorker()
    if (this.#batches.length > 0) this.#flushSoon()
  }

  // Units wait on: they may have been committed. Questions can be asked again.
  #stalled(): void {
    if (this.#isDrained()) return
    const { stallMilliseconds } = this.#options
    const message = `the disk has not answered for ${stallMilliseconds} ms`
    this.#stallError = new ServiceError('ERR_SERVICE_STORE', message)
    this.#turnFailing(this.#stallError)
    this.#rejectQuestions(this.#stallError)
    this.#onDrained?.()
  }

  #rejectQuestions(error: ServiceError): void {
    for (const id of [...this.#questions.keys()]) this.#take(id)?.reject(error)
  }

  #failed(fault: FaultMessage): ServiceError {
    const error = toServiceError(fault)
    if (error.code !== 'ERR_SERVICE_INTERNAL') this.#turnFailing(error)
    return error
  }

  #turnFailing(error: ServiceError): void {
    const wasFailing = this.#failing !== undefined
    this.#failing = error
    if (!wasFailing) this.#options.onHealth(error)
  }

  async #endWorker(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}

const NO_ANSWER: FaultMessage = {
  code: 'ERR_SERVICE_INTERNAL',
  message: 'the worker of the store left a unit without an answer',
  details: {},
}

function unknownOutcome(message: string, cause: unknown): ServiceError {
  return new ServiceError('ERR_SERVICE_STORE', message, { details: { outcome: 'unknown' }, cause })
}

function closedError(): ServiceError {
  return new ServiceError('ERR_SERVICE_STORE', 'the store is closed')
}
