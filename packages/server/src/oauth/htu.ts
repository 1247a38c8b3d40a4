// Server: the URL that a DPoP proof names (RFC 9449 §4.3), compared with the configured one after the normalisation of
// RFC 3986 §6.2.2 and §6.2.3. What only browsers read as a URL is none.

/**
 * The URL without query and fragment, in the form in which two are compared: scheme and host in lower case, no default
 * port, no dot segments, percent-encoding only where it is needed and in upper case.
 *
 * @returns undefined for what is no absolute http or https URL with a host and without a user
 */
export function normaliseTarget(text: string): string | undefined {
  // `new URL` would also read backslashes, missing or further slashes, and white space.
  if (text.length > MAX_CHARACTERS || !/^https?:\/\/[^\s/\\?#@]+(?:[/?#][^\s\\]*)?$/iu.test(text))
    return undefined
  if (!/^[\x21-\x7e]+$/u.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return undefined
  return `${url.protocol}//${url.host}${url.pathname.replaceAll(/%[\da-f]{2}/giu, normaliseEncoded)}`
}

// LIMIT: as long as the library lets the target of a bound token be.
const MAX_CHARACTERS = 8_000

function normaliseEncoded(encoded: string): string {
  const character = String.fromCodePoint(Number.parseInt(encoded.slice(1), 16))
  // RFC 3986 §6.2.2.2: unreserved characters need no encoding; all others mean something else without it.
  return /[\w.~-]/u.test(character) ? character : encoded.toUpperCase()
}
