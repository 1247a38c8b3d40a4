// Layer: errors. The classes: one for each layer that refuses, one code for each reason, and the guard that
// recognises them across two installed copies of the library.

import { catalogue, type ErrorKind } from './catalogue.ts'
import type { Code, CodeDetails, PathAttempt } from './codes.ts'
import { escapeText } from './escape.ts'

const BRAND: symbol = Symbol.for('ingam.error')

/** What every error of this library carries, whatever its class. */
export interface PkiErrorShape<C extends Code = Code> extends Error {
  /** Stable; part of the API. */
  readonly code: C
  /** The object at fault, expected against found; safe to print and to serialise. */
  readonly details: CodeDetails[C]
  /** What would mend it. */
  readonly hint: string
  /** The file or other input in which the object stood, escaped; absent where there is only one. */
  readonly source?: string
  /** For a refused path: the candidates that were tried, the newest last; at most 16. */
  readonly attempts: readonly PathAttempt[]
  /** How many older attempts are not among these. */
  readonly attemptsDropped: number
}

/** Any error of this library; `switch (error.code)` narrows `details`. */
export type AnyPkiError = { [C in Code]: PkiErrorShape<C> }[Code]

interface Extra {
  readonly cause?: unknown
  readonly source?: string
  readonly attempts?: readonly PathAttempt[]
  readonly attemptsDropped?: number
}

/** Base class of every refusal; a wrong call of the API is an {@link ArgumentError} instead. */
export class PkiError<C extends Code = Code> extends Error implements PkiErrorShape<C> {
  override readonly name: string = catalogueKind(this)
  readonly code: C
  readonly details: CodeDetails[C]
  readonly hint: string
  readonly attempts: readonly PathAttempt[]
  readonly attemptsDropped: number
  declare readonly source?: string

  constructor(code: C, details: CodeDetails[C], extra: Extra = {}) {
    const shown = printable(details)
    super(messageWith(extra, catalogue[code].message(shown)), 'cause' in extra ? { cause: extra.cause } : {})
    this.code = code
    this.details = shown
    this.hint = catalogue[code].hint
    this.attempts = extra.attempts ?? []
    this.attemptsDropped = extra.attemptsDropped ?? 0
    if (extra.source !== undefined) this.source = escapeText(extra.source)
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Bytes or text are not what they claim to be. */
export class DecodeError<C extends Code = Code> extends PkiError<C> {}

/** Well-formed DER that is not an acceptable certificate. */
export class CertificateError<C extends Code = Code> extends PkiError<C> {}

/** No acceptable path to a trust anchor. */
export class PathError<C extends Code = Code> extends PkiError<C> {}

/** A certificate of the path was revoked, or its standing could not be told. */
export class RevocationError<C extends Code = Code> extends PkiError<C> {}

/** The signer's key or certificate cannot be used. */
export class CredentialError<C extends Code = Code> extends PkiError<C> {}

/** The token is refused, or its one-time use could not be decided. */
export class TokenError<C extends Code = Code> extends PkiError<C> {}

/** The request that brought a token is none that a token can be bound to. */
export class RequestError<C extends Code = Code> extends PkiError<C> {}

/** The call is wrong: a missing, misspelt or mistyped argument. A `TypeError`, apart from all refusals. */
export class ArgumentError<C extends Code = Code> extends TypeError implements PkiErrorShape<C> {
  override readonly name: string = 'ArgumentError'
  readonly code: C
  readonly details: CodeDetails[C]
  readonly hint: string
  readonly attempts: readonly PathAttempt[] = []
  readonly attemptsDropped = 0
  declare readonly source?: string

  constructor(code: C, details: CodeDetails[C], extra: Extra = {}) {
    const shown = printable(details)
    super(messageWith(extra, catalogue[code].message(shown)), 'cause' in extra ? { cause: extra.cause } : {})
    this.code = code
    this.details = shown
    this.hint = catalogue[code].hint
    if (extra.source !== undefined) this.source = escapeText(extra.source)
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Makes the error of a code, of the class that the catalogue gives it. Every string in `details` is escaped. */
export function createError<C extends Code>(
  code: C,
  details: CodeDetails[C],
  extra: Extra = {},
): PkiErrorShape<C> {
  return new CLASSES[catalogue[code].kind](code, details, extra)
}

/** The same refusal, saying in which file or input the object stood. */
export function withSource<C extends Code>(error: PkiErrorShape<C>, source: string): PkiErrorShape<C> {
  return createError(error.code, error.details, { cause: error, source })
}

/** Whether the value is an error of this library, also one of another installed copy. */
export function isPkiError(value: unknown): value is AnyPkiError {
  return value instanceof Error && BRAND in value
}

/** A foreign error as text for `details`: its message, escaped by whoever prints it; never a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const CLASSES: {
  readonly [K in ErrorKind]: new <C extends Code>(
    code: C,
    details: CodeDetails[C],
    extra?: Extra,
  ) => PkiErrorShape<C>
} = {
  ArgumentError,
  DecodeError,
  CertificateError,
  PathError,
  RevocationError,
  CredentialError,
  TokenError,
  RequestError,
}

function messageWith(extra: Extra, message: string): string {
  return extra.source === undefined ? message : `${escapeText(extra.source)}: ${message}`
}

function catalogueKind(error: Error): string {
  return error.constructor.name
}

function printable<T>(details: T): T
function printable(details: unknown): unknown {
  if (typeof details === 'string') return escapeText(details)
  if (Array.isArray(details)) return details.slice(0, 32).map((item: unknown) => printable(item))
  if (typeof details !== 'object' || details === null) return details
  return Object.fromEntries(
    Object.entries(details).map(([key, value]: [string, unknown]) => [key, printable(value)]),
  )
}
