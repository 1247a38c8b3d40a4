// Layer: node. Where a source may connect to. Certificates say where their lists and responders are, and whoever asks for a
// certificate may choose what it says; so nothing is asked that the configuration does not name.

import { createError } from '../../errors/errors.ts'
import { kindOf } from '../../errors/options.ts'

/** An address that may be asked, or why it may not. */
export type UrlVerdict =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly problem: string }

// LIMIT: addresses in certificates have some 60 characters; longer ones carry something else.
const MAX_CHARACTERS = 1_024
// LIMIT: a PKI has a handful of hosts.
const MAX_ORIGINS = 1_000

/** The origins that may be asked. */
export class AllowList {
  readonly #origins: ReadonlySet<string>

  /** @throws {ArgumentError} ERR_ARG_TYPE, ERR_ARG_VALUE where an entry is no origin */
  constructor(allow: unknown) {
    const expected = "origins such as 'http://crl.example' or 'https://ocsp.example:8443', at least one"
    if (!Array.isArray(allow) || allow.length === 0 || allow.length > MAX_ORIGINS) {
      const found = Array.isArray(allow) ? `${allow.length} of them` : kindOf(allow)
      throw createError('ERR_ARG_VALUE', { argument: 'allow', expected, found })
    }
    this.#origins = new Set(Array.from(allow, readOrigin))
  }

  /** Looks at an address as a certificate or list has it. */
  check(text: string): UrlVerdict {
    if (text.length > MAX_CHARACTERS) return refused(`longer than ${MAX_CHARACTERS} characters`)
    const url = readUrl(text)
    if (url === undefined) return refused('no address of http or https')
    if (url.username !== '' || url.password !== '') return refused('names a user')
    if (!this.#origins.has(url.origin)) return refused(`${url.origin} is not in the allow list`)
    // Never sent; two addresses that differ there are one.
    url.hash = ''
    return { ok: true, url }
  }
}

function refused(problem: string): UrlVerdict {
  return { ok: false, problem }
}

// URL drops line breaks, takes a backslash for a slash and completes what is missing: whatever a reader could take for
// another host than it does is refused before.
const PLAIN = /^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/iu

function readUrl(text: string): URL | undefined {
  if (!PLAIN.test(text)) return undefined
  try {
    return new URL(text)
  } catch {
    // A host or port that is none.
    return undefined
  }
}

function readOrigin(entry: unknown): string {
  const expected = "'http' or 'https', '://', a host and perhaps a port, and nothing else"
  if (typeof entry !== 'string') {
    throw createError('ERR_ARG_TYPE', { argument: 'allow', expected, found: kindOf(entry) })
  }
  const url = readUrl(entry)
  const rest = entry.replace(/^https?:\/\//iu, '').replace(/\/$/u, '')
  if (url === undefined || /[/?#@*]/u.test(rest)) {
    throw createError('ERR_ARG_VALUE', { argument: 'allow', expected, found: entry })
  }
  return url.origin
}
