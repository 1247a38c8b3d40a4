// Server: units of work, applied. All units of a batch are one transaction, and yet each stands for itself: whatever
// could refuse a unit is looked at before it writes, but for its uses, which are given back where one was taken before.
// Runs in the worker thread.

import { emptyHash, sealRecord } from '../audit/chain.ts'
import type { AuditEvent } from '../audit/record.ts'
import { blockName, isBlocked } from './blocks.ts'
import { BatchReader, type DecodedUnit, type EncodedBatch } from './cells.ts'
import type { CommitOutcome, OneTimeUse } from './contract.ts'
import type { OpenDatabase } from './database.ts'
import type { UnitAnswer } from './messages.ts'
import { databaseFaultOf, faultOf, StoreFault, storeFault } from './store-fault.ts'
import { type ChainEnd, prepareUnitStatements, type UnitStatements } from './unit-statements.ts'

/** What became of a batch. */
export interface BatchResult {
  readonly answers: readonly UnitAnswer[]
  readonly transactions: number
  /** Where the database failed after some of the units had been committed. */
  readonly fault?: StoreFault
}

/** Applies units to one open database, which nobody else writes to. */
export class UnitEngine {
  readonly #open: OpenDatabase
  readonly #run: string
  readonly #statements: UnitStatements
  // What the database says, kept so as not to ask for each unit; read anew after each transaction that did not count.
  #epoch = 0
  #forgotten = 0
  #policyVersion = 0
  #blocked = new Set<string>()
  #chainEnd: ChainEnd

  constructor(open: OpenDatabase, run: string) {
    this.#open = open
    this.#run = run
    this.#statements = prepareUnitStatements(open.database)
    this.#chainEnd = NO_CHAIN
    this.reload()
  }

  /** The end of this run's chain; undefined before its first record. */
  get head(): ChainEnd | undefined {
    const { position, run, sequence, hash } = this.#chainEnd
    return run === this.#run ? { position, run, sequence, hash } : undefined
  }

  /**
   * The answers are durable when this returns.
   *
   * @throws {StoreFault} where nothing was changed
   */
  commitBatch(batch: EncodedBatch, now: number): BatchResult {
    const reader = new BatchReader(batch)
    const units = Array.from({ length: batch.units }, () => reader.next())
    try {
      return { answers: this.#commit(units, now), transactions: 1 }
    } catch (error) {
      const fault = databaseFaultOf(error)
      if (fault !== undefined) throw fault
    }
    // One of the units is to blame, by a fault of ours; the others do not suffer for it.
    return this.#commitOneByOne(units, now)
  }

  /** Runs some other change as a transaction of its own. @throws {StoreFault} where nothing was changed */
  write<T>(change: () => T): T {
    this.#open.checkPlace()
    this.#statements.begin()
    try {
      const result = change()
      this.#statements.commit()
      return result
    } catch (error) {
      if (this.#open.database.isTransaction) this.#open.database.exec('ROLLBACK')
      throw error
    }
  }

  /**
   * Reads anew what is kept in memory.
   *
   * @throws {StoreFault} after which the connection must be opened again: what is kept may be wrong
   */
  reload(): void {
    try {
      const { epoch, forgotten } = this.#statements.memory()
      this.#epoch = epoch
      this.#forgotten = forgotten
      this.#policyVersion = this.#statements.policyVersion()
      this.#blocked = this.#statements.blockNames()
      this.#chainEnd = this.#statements.chainEnd() ?? NO_CHAIN
    } catch (error) {
      throw new StoreFault({ ...faultOf(error).fault, code: 'ERR_SERVICE_STORE' }, true, error)
    }
  }

  #commit(units: readonly DecodedUnit[], now: number): UnitAnswer[] {
    try {
      return this.write(() => units.map((unit) => this.#apply(unit, now)))
    } catch (error) {
      this.reload()
      throw error
    }
  }

  #commitOneByOne(units: readonly DecodedUnit[], now: number): BatchResult {
    const answers: UnitAnswer[] = []
    let fault: StoreFault | undefined
    for (const unit of units) {
      try {
        if (fault !== undefined) throw fault
        answers.push(...this.#commit([unit], now))
      } catch (error) {
        fault = databaseFaultOf(error)
        answers.push({ outcome: 'failed', fault: faultOf(error).fault })
      }
    }
    return { answers, transactions: units.length, ...(fault === undefined ? {} : { fault }) }
  }

  #apply(unit: DecodedUnit, now: number): UnitAnswer {
    const keyFault = unit.keys.some((key) => !this.#statements.mayStoreKey(key))
    if (keyFault) return { outcome: 'failed', fault: CHANGED_KEY.fault }
    const refusal = this.#refusalOf(unit) ?? this.#takeUses(unit.uses)
    if (refusal !== undefined) {
      this.#seal(unit.auditOtherwise)
      return refusal
    }
    if (unit.grant !== undefined) this.#statements.insertGrant(unit.grant)
    const act = unit.audit.length === 0 ? null : String(this.#chainEnd.position + 1)
    const endAt = Math.floor(unit.endAt ?? now)
    const ended = unit.end === undefined ? 0 : this.#statements.endGrants(unit.end, endAt, act)
    this.#applyBlocks(unit)
    for (const key of unit.keys) if (!this.#statements.storeKey(key)) throw CHANGED_KEY
    const version = this.#applyPolicy(unit)
    this.#seal(unit.audit)
    if (version !== undefined) return { outcome: 'committed', ended, version }
    return ended === 0 ? 0 : { outcome: 'committed', ended }
  }

  // Looks, and writes nothing.
  #refusalOf({ uses, grant, policy }: DecodedUnit): CommitOutcome | undefined {
    for (const [index, use] of uses.entries()) {
      if (use.issuedAt < this.#epoch) return { outcome: 'before-epoch', index, epoch: this.#epoch }
      // An entry like this may have been removed already: who knows whether it was.
      if (Math.ceil(use.keepUntil) <= this.#forgotten) {
        return { outcome: 'before-epoch', index, epoch: this.#forgotten }
      }
    }
    if (grant !== undefined && isBlocked(this.#blocked, grant)) return { outcome: 'blocked' }
    if (policy !== undefined && policy.expected !== this.#policyVersion) {
      return { outcome: 'conflict', version: this.#policyVersion }
    }
    return undefined
  }

  #takeUses(uses: readonly OneTimeUse[]): CommitOutcome | undefined {
    for (const [index, use] of uses.entries()) {
      if (this.#statements.takeUse(use)) continue
      // All of them were fresh a moment ago: this unit wrote them.
      for (const taken of uses.slice(0, index)) this.#statements.returnUse(taken)
      return { outcome: 'used', index }
    }
    return undefined
  }

  #applyBlocks({ block, unblock }: DecodedUnit): void {
    if (block !== undefined) {
      this.#statements.block(block)
      this.#blocked.add(blockName(block.selector))
    }
    if (unblock !== undefined) {
      this.#statements.unblock(unblock)
      this.#blocked.delete(blockName(unblock))
    }
  }

  #applyPolicy({ policy }: DecodedUnit): number | undefined {
    if (policy === undefined) return undefined
    const version = policy.expected + 1
    this.#statements.insertPolicy({ ...policy.next, version })
    this.#policyVersion = version
    return version
  }

  #seal(events: readonly AuditEvent[]): void {
    for (const event of events) {
      const { position, run, sequence, hash } = this.#chainEnd
      const record = sealRecord(event, {
        position: position + 1,
        run: this.#run,
        sequence: run === this.#run ? sequence + 1 : 1,
        previous: hash,
      })
      this.#statements.insertAudit(record)
      this.#chainEnd = record
    }
  }
}

const NO_CHAIN: ChainEnd = { position: 0, run: '', sequence: 0, hash: emptyHash }
const CHANGED_KEY = storeFault('ERR_SERVICE_INTERNAL', 'a stored key differs in more than its times')
