// Server: faults of the store as the rest of the service knows them. On the main thread.

import { ServiceError } from '../service-error.ts'
import { type FaultMessage, faultOf, StoreFault } from './store-fault.ts'

/** A fault of the worker as an error of the service. */
export function toServiceError({ code, message, details }: FaultMessage): ServiceError {
  return new ServiceError(code, message, { details })
}

/** Whatever the main thread met at the files of the state. */
export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (error instanceof StoreFault) return toServiceError(error.fault)
  const { code, message } = faultOf(error).fault
  // What is not of the database is of the file system: the message has its code and the path.
  return new ServiceError(code === 'ERR_SERVICE_INTERNAL' ? 'ERR_SERVICE_STORE' : code, message, {
    cause: error,
  })
}

/** Base64url of random bytes. They name runs and databases, and guard nothing. */
export function randomName(random: ((length: number) => Uint8Array) | undefined): string {
  const bytes = random?.(16) ?? crypto.getRandomValues(new Uint8Array(16))
  return Buffer.from(bytes).toString('base64url')
}
