// Layer: x509. PEM (RFC 7468, lax where files in the field are: comments between blocks, CRLF, a missing last line
// break) and what people give in its place: each foreign format is recognised and named, its content never repeated.
// Strict within a block: canonical base64, matching labels, no headers.

import { decodeBase64, encodeBase64 } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import { type Certificate, parseCertificate } from './certificate.ts'

/** One block: its label, the bytes within, and the line on which it begins (from 1). */
export interface PemBlock {
  readonly label: string
  readonly der: Uint8Array
  readonly line: number
}

// LIMIT: the bundle of all CAs that browsers trust is 220 KiB.
const MAX_BYTES = 4_194_304
// LIMIT: that bundle has 150 blocks; ten thousand anchors are a private PKI's upper end.
const MAX_BLOCKS = 10_000

/**
 * Reads certificates from a PEM bundle, or from the DER of a single one. **Nothing is verified.**
 *
 * @param input PEM text, its UTF-8 bytes, or DER; at most 4 MiB and 10,000 certificates
 * @returns the certificates in the order of the file; at least one
 * @throws {DecodeError} ERR_INPUT_* and ERR_PEM_* where it is something else, ERR_DER_* where a block is not DER
 * @throws {CertificateError} ERR_CERT_* where a certificate breaks RFC 5280
 * @see RFC 7468 §5
 */
export function parseCertificates(input: string | Uint8Array): readonly Certificate[] {
  const decoded = decodeText(input, 'a certificate')
  if (decoded instanceof Uint8Array) return [parseCertificate(decoded)]
  return parsePem(decoded, 'certificate', ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']).map(
    (block) => {
      if (block.label === 'TRUSTED CERTIFICATE') throw labelError('certificate', block.label, block.line)
      return parseCertificate(block.der)
    },
  )
}

/**
 * Reads all blocks of a PEM text and refuses any whose label is not among the wanted ones.
 *
 * @param wanted what the text should hold, for messages
 */
export function parsePem(text: string, wanted: string, labels: readonly string[]): readonly PemBlock[] {
  if (text.length > MAX_BYTES) throw limitError('number of characters', MAX_BYTES, text.length)
  const blocks: PemBlock[] = []
  const lines = text.split('\n')
  let index = 0
  while (index < lines.length) {
    const label = labelOf(lines[index], 'BEGIN')
    index++
    if (label === undefined) continue
    const line = index
    if (!labels.includes(label)) throw labelError(wanted, label, line)
    const body: string[] = []
    while (index < lines.length && labelOf(lines[index], 'END') === undefined)
      body.push((lines[index++] ?? '').trimEnd())
    if (labelOf(lines[index], 'END') !== label) throw bodyError(label, line, 'has no END line of its own')
    index++
    blocks.push({ label, der: decodeBody(body, label, line), line })
    if (blocks.length > MAX_BLOCKS) throw limitError('number of blocks', MAX_BLOCKS, blocks.length)
  }
  if (blocks.length === 0) throw createError('ERR_PEM_NONE', { wanted, found: kindOfText(text) })
  return blocks
}

/** PEM of one block, lines of 64 characters, with a line break at the end. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/gu) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/**
 * The text of an input that should be PEM, or its bytes where they could be DER. Refuses what is neither and names
 * what it is.
 */
export function decodeText(input: string | Uint8Array, wanted: string): string | Uint8Array {
  if (typeof input === 'string') return checkText(input, wanted)
  if (!(input instanceof Uint8Array)) {
    throw createError('ERR_ARG_TYPE', {
      argument: wanted,
      expected: 'PEM text or bytes',
      found: kindOf(input),
    })
  }
  if (input.length === 0) throw createError('ERR_INPUT_EMPTY', { wanted })
  if (input.length > MAX_BYTES) throw limitError('number of bytes', MAX_BYTES, input.length)
  const [first, second, third] = input
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw createError('ERR_INPUT_ENCODING', { wanted, found: 'UTF-16 text' })
  }
  // UTF-16 without byte order mark: ASCII characters with a zero byte beside each.
  if ((first === 0 && second === 0x2d) || (first === 0x2d && second === 0)) {
    throw createError('ERR_INPUT_ENCODING', { wanted, found: 'UTF-16 text' })
  }
  if (first === 0xef && second === 0xbb && third === 0xbf) return checkText(asciiOf(input), wanted)
  if (first === 0x30 && !looksLikeText(input)) {
    if (isPfx(input)) throw createError('ERR_INPUT_FORMAT', { wanted, found: 'a PKCS#12 file' })
    return input
  }
  return checkText(asciiOf(input), wanted)
}

function checkText(text: string, wanted: string): string {
  if (text.trim() === '') throw createError('ERR_INPUT_EMPTY', { wanted })
  if (text.startsWith('\ufeff') || text.startsWith('\u00ef\u00bb\u00bf')) {
    throw createError('ERR_INPUT_ENCODING', { wanted, found: 'UTF-8 with a byte order mark' })
  }
  if (text.includes('\u0000')) throw createError('ERR_INPUT_FORMAT', { wanted, found: 'binary data' })
  return text
}

// Comments between blocks may be in any encoding; the blocks themselves are ASCII.
function asciiOf(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes)
}

// DER begins with 30 and a length; text that begins with the digit 0 has printable characters after it.
function looksLikeText(bytes: Uint8Array): boolean {
  return bytes
    .subarray(0, 64)
    .every((byte) => byte === 0x09 || byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f))
}

// RFC 7292 §4: PFX is SEQUENCE { INTEGER 3, … }, in BER, so that its length may be indefinite.
function isPfx(bytes: Uint8Array): boolean {
  const length = bytes[1] ?? 0
  const start = length > 0x80 ? 2 + (length & 0x7f) : 2
  return bytes[start] === 0x02 && bytes[start + 1] === 0x01 && bytes[start + 2] === 0x03
}

function labelOf(line: string | undefined, edge: 'BEGIN' | 'END'): string | undefined {
  const match = /^-----(BEGIN|END) ([\x21-\x7e]+(?: [\x21-\x7e]+)*)-----\s*$/u.exec(line ?? '')
  return match?.[1] === edge ? match[2] : undefined
}

function decodeBody(body: readonly string[], label: string, line: number): Uint8Array {
  if (body.some((text) => text.includes(':')))
    throw bodyError(label, line, 'has headers, as of a legacy encrypted key')
  const der = decodeBase64(body.join(''))
  if (der === undefined) throw bodyError(label, line, 'its body is not canonical base64')
  if (der.length === 0) throw bodyError(label, line, 'its body is empty')
  return der
}

// What people paste by mistake, in words; a label itself could be anything and goes through the escaper like all text.
const KNOWN_LABELS: ReadonlyMap<string, string> = new Map([
  ['CERTIFICATE', 'certificate'],
  ['TRUSTED CERTIFICATE', 'certificate in OpenSSL’s own "trusted" form'],
  ['CERTIFICATE REQUEST', 'certificate request (CSR)'],
  ['NEW CERTIFICATE REQUEST', 'certificate request (CSR)'],
  ['PRIVATE KEY', 'private key'],
  ['RSA PRIVATE KEY', 'private key'],
  ['EC PRIVATE KEY', 'private key'],
  ['ENCRYPTED PRIVATE KEY', 'private key (encrypted)'],
  ['OPENSSH PRIVATE KEY', 'private key (OpenSSH)'],
  ['EC PARAMETERS', 'block of EC parameters'],
  ['PUBLIC KEY', 'public key'],
  ['RSA PUBLIC KEY', 'public key'],
  ['X509 CRL', 'certificate revocation list (CRL)'],
  ['PKCS7', 'PKCS#7 bundle'],
  ['PKCS12', 'PKCS#12 file'],
])

/** What a label stands for, in words. */
export function describeLabel(label: string): string {
  return KNOWN_LABELS.get(label) ?? `block labelled "${label}"`
}

function labelError(wanted: string, label: string, line: number): Error {
  return createError('ERR_PEM_LABEL', { wanted, found: describeLabel(label), line })
}

function bodyError(label: string, line: number, problem: string): Error {
  return createError('ERR_PEM_BODY', { label, line, problem })
}

function limitError(limit: string, maximum: number, found: number): Error {
  return createError('ERR_PEM_LIMIT', { limit, maximum, found })
}

function kindOfText(text: string): string {
  const start = text.trimStart()
  if (/^(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-)/u.test(start)) return 'an OpenSSH public key'
  if (start.startsWith('eyJ')) return 'a token'
  if (start.startsWith('{')) return 'JSON'
  if (start.startsWith('<')) return 'XML or HTML'
  if (/^[A-Za-z0-9+/=]{40,}\s/u.test(`${start}\n`)) return 'base64 without BEGIN and END lines'
  return 'text without a PEM block'
}
