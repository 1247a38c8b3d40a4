// Server: the structured log. What is logged is chosen field by field; below that, whatever looks like a token or a key
// is cut out of each finished line, as a net for what somebody overlooked.

import { escapeText } from 'ingam'
import { type DestinationStream, pino } from 'pino'
import type { ServiceConfig } from '../config/contract.ts'
import type { Log } from '../service.ts'

/** Where lines go: a stream's `write`. */
export interface LogStream {
  readonly write: (line: string) => unknown
}

/** A log of JSON lines with level, time (ISO 8601), msg and the fields. */
export function createLog({ level }: ServiceConfig['log'], stream: LogStream, clock: () => Date): Log {
  const destination: DestinationStream = { write: (line) => void stream.write(line) }
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${clock().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redact },
    },
    destination,
  )
}

/** A stream that keeps lines until the end of the event loop's turn. */
export interface LineBuffer extends LogStream {
  /** Writes what is kept. */
  readonly flush: () => void
}

/**
 * Writes all lines of one turn at once: a system call for each line costs as much as the rest of the log. Lines about
 * faults, and all before them, are written at once.
 */
export function bufferLines(stream: LogStream): LineBuffer {
  let kept = ''
  let isDue = false
  const flush = (): void => {
    isDue = false
    if (kept === '') return
    const text = kept
    kept = ''
    stream.write(text)
  }
  return {
    flush,
    write(line) {
      kept += line
      if (URGENT.test(line) || kept.length > MAX_KEPT_CHARACTERS) flush()
      else if (!isDue) {
        isDue = true
        setImmediate(flush)
      }
    },
  }
}

const URGENT = /^\{"level":"(?:error|fatal)"/u
// LIMIT: one turn of 64 requests writes some 12,000.
const MAX_KEPT_CHARACTERS = 65_536

/** The text without what looks like a token, a PEM block or an authorization. */
export function redact(text: string): string {
  if (!SUSPECT.test(text)) return text
  return text
    .replace(JWS, '[token]')
    .replace(PEM, '[pem]')
    .replace(AUTHORIZATION, '$1 [credentials]')
    .replace(ASSIGNMENT, '$1=[secret]')
}

/** What may be logged of an error that nobody expected: its class, its code, and the places where it passed. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { thrown: typeof error }
  // Messages of a parser quote what it read. Names of functions and files do not.
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /u.test(line))
  const code = 'code' in error && typeof error.code === 'string' ? escapeText(error.code, 60) : undefined
  return {
    name: escapeText(error.name, 60),
    ...(code !== undefined && { code }),
    message: redactLongWords(escapeText(error.message)),
    stack: frames.slice(0, 20).map((frame) => escapeText(frame.trim())),
    ...(error.cause !== undefined && { cause: describeCause(error.cause) }),
  }
}

function describeCause(cause: unknown): object {
  if (!(cause instanceof Error)) return { thrown: typeof cause }
  const code = 'code' in cause && typeof cause.code === 'string' ? escapeText(cause.code, 60) : undefined
  const message = redactLongWords(escapeText(cause.message))
  return { name: escapeText(cause.name, 60), ...(code !== undefined && { code }), message }
}

// What a message quotes of what was read, and what is too long and too mixed for a word or a path.
function redactLongWords(text: string): string {
  return redact(text)
    .replace(/(["'`]).*\1/gu, '$1…$1')
    .replace(/[A-Za-z0-9+/_=-]{24,}/gu, '[…]')
}

const SUSPECT = /eyJ|-----BEGIN|bearer|dpop|basic|secret|assertion|password|token=/iu
const JWS = /eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}/gu
const PEM = /-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,40}-----|(?=")|$)/gu
const AUTHORIZATION = /\b(bearer|dpop|basic)\s+[A-Za-z0-9+/_=.~-]{8,}/giu
const ASSIGNMENT = /\b((?:client_)?(?:secret|assertion|password|token))=[^&\s"]+/giu
