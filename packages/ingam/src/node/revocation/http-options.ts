// Layer: node. What the source over HTTP takes, validated once.

import { createError } from '../../errors/errors.ts'
import { checkOptionKeys, choice, kindOf, wholeNumber } from '../../errors/options.ts'
import { checkPath } from '../files.ts'
import type { Lookup, Loopback } from './address-rules.ts'
import { AllowList } from './allow-list.ts'
import type { NonceStance } from './ocsp-exchange.ts'

/** What {@link createHttpSource} takes. */
export interface HttpSourceOptions {
  /**
   * Origins that may be asked, such as `http://crl.example` or `https://ocsp.example:8443`: scheme, host and port must
   * be the same, and there are no wildcards. Whatever else a certificate names is not asked.
   */
  readonly allow: readonly string[]
  /** Which evidence is fetched; default `'ocsp and crl'`, side by side. */
  readonly fetches?: 'ocsp and crl' | 'ocsp' | 'crl'
  /** A responder to ask about every certificate before those that it names itself. Its origin must be allowed too. */
  readonly ocspUrl?: string
  /**
   * How a certificate is named to a responder; default `'SHA-256'` (RFC 9919 §3.1.1). Responders of old know `'SHA-1'`
   * alone, and say `unauthorized` to the other.
   */
  readonly certIdHash?: 'SHA-256' | 'SHA-1'
  /**
   * Whether a request carries a nonce of 32 octets (RFC 9654); default `'off'`. With `'send'` a response with another
   * nonce is refused, one without is taken; with `'require'` both are refused.
   */
  readonly nonce?: NonceStance
  /** Whether addresses of this machine itself may be connected to; default `'refuse'`. */
  readonly loopback?: Loopback
  /** Milliseconds from a request's start to the last byte of its answer; 10 to 60,000, default 5,000. */
  readonly timeoutMilliseconds?: number
  /** Bytes of one list at most; default 64 MiB, at most 1 GiB. An OCSP response has at most 64 KiB. */
  readonly maxCrlBytes?: number
  /** Requests under way at the same time; 1 to 256, default 8. */
  readonly maxConcurrent?: number
  /** Requests that wait for their turn; 0 to 100,000, default 1,000. One more is given up at once. */
  readonly maxWaiting?: number
  /** Addresses, of responders once for each certificate, whose answers are held; default 10,000, at most 1,000,000. */
  readonly maxHeld?: number
  /**
   * Bytes of all that is held; default 512 MiB, at most 4 GiB. Beyond either bound the answer goes that was of use the
   * longest time ago.
   */
  readonly maxHeldBytes?: number
  /** Seconds in which an address is not asked again after an answer, whoever asks; 1 to 86,400, default 60. */
  readonly minRefreshSeconds?: number
  /**
   * Seconds after its last use for which evidence is fetched anew before it expires; 0 to 2,592,000, default 86,400.
   * Later it is fetched when it is asked for.
   */
  readonly refreshForSeconds?: number
  /**
   * A folder in which answers are kept over a restart; it is made where it is missing. For one process: two of them
   * harm nothing, but keep less. Default: none.
   */
  readonly cacheFolder?: string
  /** Default the system's clock. */
  readonly clock?: () => Date
  /**
   * Calls back at intervals until the function it returns is called; default Node's timers, which do not keep the
   * process alive. For tests.
   */
  readonly every?: (milliseconds: number, callback: () => void) => () => void
  /** How names are looked up; default Node's `dns.lookup`. The rules on addresses apply to whatever it finds. */
  readonly lookup?: Lookup
}

/** The options, validated. */
export interface HttpPlan {
  readonly allow: AllowList
  readonly fetches: 'ocsp and crl' | 'ocsp' | 'crl'
  readonly ocspUrl: string | undefined
  readonly certIdHash: 'SHA-256' | 'SHA-1'
  readonly nonce: NonceStance
  readonly loopback: Loopback
  readonly timeoutMilliseconds: number
  readonly maxCrlBytes: number
  readonly maxConcurrent: number
  readonly maxWaiting: number
  readonly maxHeld: number
  readonly maxHeldBytes: number
  readonly minRefreshSeconds: number
  readonly refreshForSeconds: number
  readonly cacheFolder: string | undefined
  readonly clock: () => Date
  readonly every: (milliseconds: number, callback: () => void) => () => void
  readonly lookup: Lookup | undefined
}

const OPTION_KEYS = [
  'allow',
  'fetches',
  'ocspUrl',
  'certIdHash',
  'nonce',
  'loopback',
  'timeoutMilliseconds',
  'maxCrlBytes',
  'maxConcurrent',
  'maxWaiting',
  'maxHeld',
  'maxHeldBytes',
  'minRefreshSeconds',
  'refreshForSeconds',
  'cacheFolder',
  'clock',
  'every',
  'lookup',
] as const

const BOUNDS = {
  timeoutMilliseconds: { default: 5_000, minimum: 10, maximum: 60_000 },
  maxCrlBytes: { default: 67_108_864, minimum: 1, maximum: 1_073_741_824 },
  maxConcurrent: { default: 8, minimum: 1, maximum: 256 },
  maxWaiting: { default: 1_000, minimum: 0, maximum: 100_000 },
  maxHeld: { default: 10_000, minimum: 1, maximum: 1_000_000 },
  maxHeldBytes: { default: 536_870_912, minimum: 1, maximum: 4_294_967_296 },
  minRefreshSeconds: { default: 60, minimum: 1, maximum: 86_400 },
  refreshForSeconds: { default: 86_400, minimum: 0, maximum: 2_592_000 },
} as const

/** Validates the options. Throws {@link ArgumentError}. */
export function readHttpOptions(options: HttpSourceOptions): HttpPlan {
  checkOptionKeys('createHttpSource options', options, OPTION_KEYS)
  const { ocspUrl, cacheFolder, clock, every, lookup } = options
  if (cacheFolder !== undefined) checkPath('cacheFolder', cacheFolder)
  for (const [argument, value] of Object.entries({ clock, every, lookup })) {
    if (value === undefined || typeof value === 'function') continue
    throw createError('ERR_ARG_TYPE', { argument, expected: 'a function', found: kindOf(value) })
  }
  const allow = new AllowList(options.allow)
  return {
    allow,
    fetches: choice('fetches', options.fetches, ['ocsp and crl', 'ocsp', 'crl']),
    ocspUrl: ocspUrl === undefined ? undefined : readOcspUrl(ocspUrl, allow),
    certIdHash: choice('certIdHash', options.certIdHash, ['SHA-256', 'SHA-1']),
    nonce: choice('nonce', options.nonce, ['off', 'send', 'require']),
    loopback: choice('loopback', options.loopback, ['refuse', 'allow']),
    timeoutMilliseconds: numberOf(options, 'timeoutMilliseconds'),
    maxCrlBytes: numberOf(options, 'maxCrlBytes'),
    maxConcurrent: numberOf(options, 'maxConcurrent'),
    maxWaiting: numberOf(options, 'maxWaiting'),
    maxHeld: numberOf(options, 'maxHeld'),
    maxHeldBytes: numberOf(options, 'maxHeldBytes'),
    minRefreshSeconds: numberOf(options, 'minRefreshSeconds'),
    refreshForSeconds: numberOf(options, 'refreshForSeconds'),
    cacheFolder,
    clock: clock ?? (() => new Date()),
    every: every ?? everyInterval,
    lookup,
  }
}

function numberOf(options: HttpSourceOptions, name: keyof typeof BOUNDS): number {
  return wholeNumber(name, options[name], BOUNDS[name])
}

function readOcspUrl(ocspUrl: unknown, allow: AllowList): string {
  const expected = 'the address of a responder whose origin is allowed'
  if (typeof ocspUrl !== 'string')
    throw createError('ERR_ARG_TYPE', { argument: 'ocspUrl', expected, found: kindOf(ocspUrl) })
  const verdict = allow.check(ocspUrl)
  if (verdict.ok) return ocspUrl
  throw createError('ERR_ARG_VALUE', { argument: 'ocspUrl', expected, found: verdict.problem })
}

function everyInterval(milliseconds: number, callback: () => void): () => void {
  const timer = setInterval(callback, milliseconds).unref()
  return () => clearInterval(timer)
}
