// Server: units of work on their way to the worker thread: all of a batch in one flat list of strings and numbers, and
// all keys of uses in one run of bytes. Structured clone takes a list of 2,000 cells in a quarter of the time of the 64
// units in it. Runs in the worker thread: no imports but types.

import type { AuditEvent } from '../audit/record.ts'
import type { GrantRecord, OneTimeUse, StoredKey, UnitOfWork } from './contract.ts'

/** What a cell holds. */
export type Cell = string | number | null

/** Bytes of the key of a use. */
export const KEY_BYTES = 32

/** A batch as it is posted. */
export interface EncodedBatch {
  readonly units: number
  readonly cells: readonly Cell[]
  /** The keys of all uses in order, {@link KEY_BYTES} each. */
  readonly keys: Uint8Array
}

/** The rarer parts of a unit; they go as JSON. */
export type RareParts = Pick<UnitOfWork, 'end' | 'endAt' | 'block' | 'unblock' | 'policy'>

/** A unit, checked and complete, as the worker reads it. */
export interface DecodedUnit extends RareParts {
  readonly uses: readonly OneTimeUse[]
  readonly grant: GrantCells | undefined
  readonly keys: NonNullable<UnitOfWork['keys']>
  readonly audit: readonly AuditEvent[]
  readonly auditOtherwise: readonly AuditEvent[]
}

/** A grant as a row has it: lists as JSON text. */
export type GrantCells = Omit<GrantRecord, 'audience' | 'scope' | 'binding'> & {
  readonly audience: string
  readonly scope: string
  readonly binding: string
}

/** Takes up units until it is posted. */
export class BatchWriter {
  readonly #cells: Cell[] = []
  #keys = new Uint8Array(64 * KEY_BYTES)
  #keyBytes = 0
  #units = 0

  get units(): number {
    return this.#units
  }

  /** Adds a unit as it is now: what the caller changes later does not count. All or nothing, where something throws. */
  add(unit: UnitOfWork): void {
    const cells = this.#cells
    const before = cells.length
    const keyBytesBefore = this.#keyBytes
    try {
      this.#addUses(unit.uses ?? [])
      addGrant(cells, unit.grant)
      cells.push(rareText(unit))
      addKeys(cells, unit.keys ?? [])
      addEvents(cells, unit.audit)
      addEvents(cells, unit.auditOtherwise ?? [])
    } catch (error) {
      cells.length = before
      this.#keyBytes = keyBytesBefore
      throw error
    }
    this.#units += 1
  }

  encoded(): EncodedBatch {
    return { units: this.#units, cells: this.#cells, keys: this.#keys.subarray(0, this.#keyBytes) }
  }

  #addUses(uses: readonly OneTimeUse[]): void {
    this.#cells.push(uses.length)
    for (const { key, keepUntil, issuedAt } of uses) {
      this.#cells.push(keepUntil, issuedAt)
      if (this.#keyBytes + KEY_BYTES > this.#keys.length) {
        const larger = new Uint8Array(this.#keys.length * 2)
        larger.set(this.#keys)
        this.#keys = larger
      }
      this.#keys.set(key, this.#keyBytes)
      this.#keyBytes += KEY_BYTES
    }
  }
}

function addGrant(cells: Cell[], grant: GrantRecord | undefined): void {
  if (grant === undefined) {
    cells.push(0)
    return
  }
  const { id, subject, clientId, trustAnchor, thumbprint, profile, policyVersion, binding } = grant
  cells.push(1, id, subject, clientId, trustAnchor, thumbprint, profile, policyVersion)
  cells.push(JSON.stringify(grant.audience), JSON.stringify(grant.scope), binding)
  cells.push(grant.issuedAt, grant.expiresAt)
}

function rareText({ end, endAt, block, unblock, policy }: UnitOfWork): Cell {
  if (end === undefined && block === undefined && unblock === undefined && policy === undefined) return null
  return JSON.stringify({ end, endAt, block, unblock, policy })
}

function addKeys(cells: Cell[], keys: NonNullable<UnitOfWork['keys']>): void {
  cells.push(keys.length)
  for (const { sealed, ...rest } of keys) {
    cells.push(JSON.stringify(rest), Buffer.from(sealed).toString('base64'))
  }
}

function addEvents(cells: Cell[], events: readonly AuditEvent[]): void {
  cells.push(events.length)
  for (const event of events) cells.push(JSON.stringify(event))
}

/** Reads units in the order in which they were added. What it reads, {@link BatchWriter} wrote. */
export class BatchReader {
  readonly #batch: EncodedBatch
  #cell = 0
  #keyByte = 0

  constructor(batch: EncodedBatch) {
    this.#batch = batch
  }

  next(): DecodedUnit {
    const uses = this.#list(() => this.#use())
    const grant = this.#number() === 1 ? this.#grant() : undefined
    const rare = this.#optionalText()
    const rareParts: RareParts = rare === undefined ? {} : JSON.parse(rare)
    const keys = this.#list(() => this.#key())
    const audit = this.#list(() => JSON.parse(this.#text()))
    const auditOtherwise = this.#list(() => JSON.parse(this.#text()))
    return { uses, grant, ...rareParts, keys, audit, auditOtherwise }
  }

  #use(): OneTimeUse {
    const keepUntil = this.#number()
    const issuedAt = this.#number()
    const key = this.#batch.keys.subarray(this.#keyByte, (this.#keyByte += KEY_BYTES))
    return { key, keepUntil, issuedAt }
  }

  #grant(): GrantCells {
    return {
      id: this.#text(),
      subject: this.#text(),
      clientId: this.#text(),
      trustAnchor: this.#text(),
      thumbprint: this.#text(),
      profile: this.#text(),
      policyVersion: this.#number(),
      audience: this.#text(),
      scope: this.#text(),
      binding: this.#text(),
      issuedAt: this.#number(),
      expiresAt: this.#number(),
    }
  }

  #key(): StoredKey {
    const rest: Omit<StoredKey, 'sealed'> = JSON.parse(this.#text())
    return { ...rest, sealed: Buffer.from(this.#text(), 'base64') }
  }

  #list<T>(read: () => T): T[] {
    const length = this.#number()
    const items: T[] = []
    while (items.length < length) items.push(read())
    return items
  }

  #text(): string {
    const cell = this.#batch.cells[this.#cell++]
    if (typeof cell !== 'string') throw new TypeError('a cell of a batch is no string')
    return cell
  }

  #optionalText(): string | undefined {
    const cell = this.#batch.cells[this.#cell++]
    return typeof cell === 'string' ? cell : undefined
  }

  #number(): number {
    const cell = this.#batch.cells[this.#cell++]
    if (typeof cell !== 'number') throw new TypeError('a cell of a batch is no number')
    return cell
  }
}
