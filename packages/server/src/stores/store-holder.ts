// Server: the worker's hold on its database: opened when it is needed, closed where it may be broken, and opened again
// with pauses that grow. Runs in the worker thread.

import type { DatabaseSync } from 'node:sqlite'
import type { StoredGrant } from './contract.ts'
import { openDatabase } from './database.ts'
import { prepareFindGrant } from './grant-rows.ts'
import type { WorkerStart } from './messages.ts'
import { migrations } from './migrations.ts'
import { faultOf, type StoreFault, storeFault } from './store-fault.ts'
import type { StoreQueries } from './store-queries.ts'
import { UnitEngine } from './unit-engine.ts'

/** All that works on one open database. */
export interface OpenStore {
  readonly database: DatabaseSync
  readonly engine: UnitEngine
  readonly findGrant: (id: string) => StoredGrant | undefined
  queries: StoreQueries | undefined
}

const FIRST_PAUSE_MILLISECONDS = 50
const LONGEST_PAUSE_MILLISECONDS = 5_000

/** Opens the database when it is needed, and again after it broke, with pauses that grow. */
export class StoreHolder {
  readonly #start: WorkerStart
  #instance: string | undefined
  #store: OpenStore | undefined
  #lastFault: StoreFault = storeFault('ERR_SERVICE_STORE', 'the database is not open')
  #pause = 0
  #notBefore = 0
  #isEnded = false

  constructor(start: WorkerStart) {
    this.#start = start
    this.#instance = start.instance
  }

  get instance(): string | undefined {
    return this.#instance
  }

  /** @throws {StoreFault} the fault that broke it, while it is too early to try again */
  open(): OpenStore {
    if (this.#store !== undefined) return this.#store
    if (this.#isEnded) throw storeFault('ERR_SERVICE_STORE', 'the store is closed')
    if (performance.now() < this.#notBefore) throw this.#lastFault
    try {
      const instance = this.#instance
      const opened = openDatabase(
        { ...this.#start, ...(instance === undefined ? {} : { instance }) },
        migrations,
      )
      this.#instance = opened.instance
      this.#store = {
        database: opened.database,
        engine: new UnitEngine(opened, this.#start.run),
        findGrant: prepareFindGrant(opened.database),
        queries: undefined,
      }
      return this.#store
    } catch (error) {
      this.#pause = Math.min(Math.max(FIRST_PAUSE_MILLISECONDS, this.#pause * 2), LONGEST_PAUSE_MILLISECONDS)
      this.#notBefore = performance.now() + this.#pause
      this.#lastFault = faultOf(error)
      throw this.#lastFault
    }
  }

  /** The slower questions; their code is loaded when the first of them comes. */
  async queries(): Promise<StoreQueries> {
    const { StoreQueries: Queries } = await import('./store-queries.ts')
    const store = this.open()
    store.queries ??= new Queries(store.database)
    return store.queries
  }

  /** Notes that something failed; what may be broken is closed. */
  failed(error: unknown): StoreFault {
    const fault = faultOf(error)
    if (fault.reopen) {
      this.#lastFault = fault
      this.#close()
    }
    return fault
  }

  /** Notes that a write went through. */
  succeeded(): void {
    this.#pause = 0
  }

  /** Lets the next attempt come at once. */
  hurry(): void {
    this.#notBefore = 0
  }

  /** Closes for good. */
  end(): undefined {
    this.#isEnded = true
    this.#close()
  }

  #close(): void {
    const store = this.#store
    this.#store = undefined
    try {
      store?.database.close()
    } catch {
      // It was closed already, which is what is wanted.
    }
  }
}
