// CLI: a pasted curl command: its headers, the forms it sends, and the request it makes. Of curl's options those are
// known that matter here, and which of the others take a value.

import type { ShellWord } from './shell-words.ts'

/** A text within a command, and whether a variable stands in it. */
interface Given {
  readonly text: string
  readonly isOpen: boolean
}

/** What a curl command says about its request. */
export interface CurlCommand {
  /** Values of -H, as `Name: value`. */
  readonly headers: readonly Given[]
  readonly oauth2Bearers: readonly Given[]
  /** Values of -d and its kin, and of -F, in the form `name=value`. */
  readonly forms: readonly Given[]
  /** Absent where the command does not tell it beyond doubt. */
  readonly request?: CurlRequest
}

/** The request that the command makes. */
export interface CurlRequest {
  readonly method: string
  readonly url: string
  /** Whether it sends a body; what the body is, curl and its files know. */
  readonly hasBody: boolean
}

/** Reads the words after `curl`. */
export function readCurlCommand(words: readonly ShellWord[]): CurlCommand {
  const given: Record<Kind, Given[]> = { header: [], bearer: [], data: [], form: [], url: [], method: [] }
  const flags = new Set<string>()
  let isClear = true
  const queue = [...words]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word.text === '--') continue
    if (word.text.startsWith('--')) {
      const name = word.text.slice(2)
      const kind = LONG_KINDS[name]
      if (kind !== undefined) take(kind, queue.shift())
      else if (LONG_WITH_VALUE.has(name)) {
        if (name === 'upload-file') flags.add('T')
        queue.shift()
      } else if (LONG_FLAGS.has(name)) flags.add(LONG_TO_SHORT[name] ?? '')
      // Whether the next word is its value is not known: then neither is the URL.
      else isClear = false
    } else if (word.text.startsWith('-') && word.text !== '-') readCluster(word)
    else take('url', word)
  }
  const [url] = given.url
  const request = isClear && given.url.length === 1 && url?.isOpen === false ? requestOf(url.text) : undefined
  return {
    headers: given.header,
    oauth2Bearers: given.bearer,
    forms: [...given.data, ...given.form],
    ...(request === undefined ? {} : { request }),
  }

  // -sSH 'Name: value' and -XPOST: flags first, then perhaps one option with its value behind it or in the next word.
  function readCluster(word: ShellWord): void {
    for (let index = 1; index < word.text.length; index += 1) {
      const letter = word.text.charAt(index)
      const kind = SHORT_KINDS[letter]
      if (kind === undefined && !SHORT_WITH_VALUE.includes(letter)) {
        flags.add(letter)
        continue
      }
      const attached = word.text.slice(index + 1)
      const value = attached === '' ? queue.shift() : { text: attached, isOpen: word.isOpen }
      if (letter === 'T') flags.add('T')
      if (kind !== undefined) take(kind, value)
      return
    }
  }

  function take(kind: Kind, value: Given | undefined): void {
    if (value !== undefined) given[kind].push(value)
  }

  function requestOf(text: string): CurlRequest | undefined {
    // curl would put http:// in front of anything else; that is not for us to guess.
    if (!/^https?:\/\/[^\s]+$/u.test(text) || !URL.canParse(text)) return undefined
    const methods = given.method
    const [method] = methods.slice(-1)
    if (method?.isOpen === true) return undefined
    const sendsData = given.data.length + given.form.length > 0
    if (flags.has('G') && sendsData) return undefined
    const hasBody = sendsData || flags.has('T')
    const usual = flags.has('I') ? 'HEAD' : flags.has('T') ? 'PUT' : sendsData ? 'POST' : 'GET'
    return { method: method?.text ?? usual, url: text, hasBody }
  }
}

type Kind = 'header' | 'bearer' | 'data' | 'form' | 'url' | 'method'

const SHORT_KINDS: Readonly<Record<string, Kind>> = { H: 'header', d: 'data', F: 'form', X: 'method' }
const LONG_KINDS: Readonly<Record<string, Kind>> = {
  header: 'header',
  'oauth2-bearer': 'bearer',
  data: 'data',
  'data-ascii': 'data',
  'data-binary': 'data',
  'data-raw': 'data',
  'data-urlencode': 'data',
  json: 'data',
  form: 'form',
  'form-string': 'form',
  url: 'url',
  request: 'method',
}
const LONG_TO_SHORT: Readonly<Record<string, string>> = { get: 'G', head: 'I' }
// As `curl --help all` of 7.88 lists them: the other short options that take a value.
const SHORT_WITH_VALUE = 'AbcCDeEhKmoPQrtTuUwxyYz'
const LONG_WITH_VALUE = new Set(
  `aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to cookie cookie-jar crlfile
  dns-servers doh-url dump-header interface key key-type limit-rate local-port max-filesize max-redirs max-time noproxy
  output output-dir pass pinnedpubkey proto proxy proxy-header proxy-user range referer resolve retry retry-delay
  retry-max-time speed-limit speed-time stderr tls-max tls13-ciphers trace trace-ascii unix-socket upload-file
  url-query user user-agent write-out`.split(/\s+/u),
)
const LONG_FLAGS = new Set(
  `anyauth basic compressed create-dirs disable fail fail-early fail-with-body get globoff head http1.0 http1.1 http2
  http2-prior-knowledge http3 include insecure ipv4 ipv6 junk-session-cookies location location-trusted negotiate netrc
  next no-buffer no-keepalive no-progress-meter parallel path-as-is progress-bar remote-header-name remote-name
  remote-time retry-all-errors retry-connrefused show-error show-headers silent ssl-reqd styled-output tcp-nodelay tlsv1
  tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 trace-time verbose`.split(/\s+/u),
)
