// Server: reads a body within a size and a time, whatever its headers say of it: a length that lies and a body in chunks
// end at the same byte.

import { ServiceError } from '../service-error.ts'

/** The bounds on one body. */
export interface BodyLimits {
  readonly maxBytes: number
  readonly milliseconds: number
}

/** Reads the whole body of a request. The listener has one that is faster than a web stream. */
export type BodyReader = (limits: BodyLimits) => Promise<Uint8Array>

// What was not read of a body stands before the next request: the connection cannot be used again.
const CLOSE = { headers: { Connection: 'close' } } as const

/** The refusal of a body that has more bytes than are taken. */
export function tooLarge(maxBytes: number): ServiceError {
  return new ServiceError(
    'ERR_SERVICE_BODY_TOO_LARGE',
    `at most ${maxBytes} bytes expected, found more`,
    CLOSE,
  )
}

/** The refusal of a body that does not arrive. */
export function tooSlow(milliseconds: number): ServiceError {
  return new ServiceError('ERR_SERVICE_TIMEOUT', `the body did not arrive within ${milliseconds} ms`, CLOSE)
}

/** The refusal of a body that ended before its end, or whose length is no number. */
export function cutOff(cause?: unknown): ServiceError {
  return new ServiceError('ERR_SERVICE_REQUEST', 'the body was cut off', { ...CLOSE, cause })
}

/**
 * Refuses a declared length beyond the limit before a byte is read.
 *
 * @throws {ServiceError} ERR_SERVICE_BODY_TOO_LARGE, ERR_SERVICE_REQUEST
 */
export function checkDeclaredLength(declared: string | null | undefined, maxBytes: number): void {
  if (declared === null || declared === undefined) return
  if (!/^\d{1,15}$/u.test(declared)) throw cutOff()
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes)
}

/**
 * The body of a request of the fetch standard.
 *
 * @throws {ServiceError} ERR_SERVICE_BODY_TOO_LARGE, ERR_SERVICE_TIMEOUT, ERR_SERVICE_REQUEST
 */
export async function readBody(
  request: Request,
  { maxBytes, milliseconds }: BodyLimits,
): Promise<Uint8Array> {
  checkDeclaredLength(request.headers.get('content-length'), maxBytes)
  if (request.body === null) return new Uint8Array()
  const reader = request.body.getReader()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(tooSlow(milliseconds)), milliseconds)
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise])
      if (done) return Buffer.concat(chunks, length)
      length += value.byteLength
      if (length > maxBytes) throw tooLarge(maxBytes)
      chunks.push(value)
    }
  } catch (error) {
    // The rest is of no use to anybody; that it cannot be cancelled either is no news.
    reader.cancel().catch(() => undefined)
    throw error instanceof ServiceError ? error : cutOff(error)
  } finally {
    clearTimeout(timer)
  }
}
