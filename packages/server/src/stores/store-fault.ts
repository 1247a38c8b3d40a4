// Server: what goes wrong with the database, as the two threads tell each other of it. Runs in the worker thread: no
// imports but types.

import type { ServiceErrorCode } from '../service-error.ts'

/** The codes that a store answers with. */
export type StoreFaultCode = Extract<
  ServiceErrorCode,
  | 'ERR_SERVICE_STORE'
  | 'ERR_SERVICE_STORE_FULL'
  | 'ERR_SERVICE_STORE_VERSION'
  | 'ERR_SERVICE_STORE_IN_USE'
  | 'ERR_SERVICE_INTERNAL'
>

/** A fault on its way to the other thread: structured clone drops the class of an error. */
export interface FaultMessage {
  readonly code: StoreFaultCode
  readonly message: string
  readonly details: Readonly<Record<string, string | number | boolean>>
}

/** A fault on its way through one thread. */
export class StoreFault extends Error {
  override readonly name: string = 'StoreFault'
  readonly fault: FaultMessage
  /** Whether the connection may be broken: it is closed, and opened again later. */
  readonly reopen: boolean

  constructor(fault: FaultMessage, reopen: boolean, cause?: unknown) {
    super(fault.message, { cause })
    this.fault = fault
    this.reopen = reopen
  }
}

/** A fault by its code. The connection stays open. */
export function storeFault(
  code: StoreFaultCode,
  message: string,
  details: FaultMessage['details'] = {},
): StoreFault {
  return new StoreFault({ code, message, details }, false)
}

/**
 * What was thrown while the database was at work, as a fault; `undefined` where it says nothing about the disk, the file
 * or another process, so that the work itself is to blame.
 *
 * @see https://www.sqlite.org/rescode.html
 */
export function databaseFaultOf(error: unknown): StoreFault | undefined {
  if (error instanceof StoreFault) return error.fault.code === 'ERR_SERVICE_INTERNAL' ? undefined : error
  const resultCode = resultCodeOf(error)
  // The low byte is the primary code; the rest tells its varieties apart.
  const kind = resultCode === undefined ? undefined : KINDS.get(resultCode & 0xff)
  if (kind === undefined || resultCode === undefined || !(error instanceof Error)) return undefined
  const fault: FaultMessage = {
    code: kind === 'full' ? 'ERR_SERVICE_STORE_FULL' : 'ERR_SERVICE_STORE',
    message: `the database answers: ${error.message}`,
    details: { resultCode },
  }
  return new StoreFault(fault, kind === 'broken', error)
}

/** As {@link databaseFaultOf}; what is not the database's is a bug of ours, and says so. */
export function faultOf(error: unknown): StoreFault {
  const known = error instanceof StoreFault ? error : databaseFaultOf(error)
  if (known !== undefined) return known
  const message = error instanceof Error ? error.message : 'something was thrown that is no error'
  return new StoreFault({ code: 'ERR_SERVICE_INTERNAL', message, details: {} }, false, error)
}

// Waiting helps, space helps, or only another connection can tell.
const KINDS: ReadonlyMap<number, 'held' | 'full' | 'broken'> = new Map([
  [5, 'held'], // SQLITE_BUSY
  [6, 'held'], // SQLITE_LOCKED
  [7, 'broken'], // SQLITE_NOMEM
  [8, 'broken'], // SQLITE_READONLY
  [10, 'broken'], // SQLITE_IOERR
  [11, 'broken'], // SQLITE_CORRUPT
  [13, 'full'], // SQLITE_FULL
  [14, 'broken'], // SQLITE_CANTOPEN
  [15, 'held'], // SQLITE_PROTOCOL
  [26, 'broken'], // SQLITE_NOTADB
])

function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}
