// PEM: bundles with comments and CRLF, strict blocks, limits; and what people give in its place, recognised by kind and
// never repeated.

import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  thrownBy,
  untyped,
  writeRawInteger,
  writeUnsigned,
} from '../../../../test/support/certificate-der.ts'
import { encodeBase64 } from '../bytes/base64.ts'
import { writeElement, writeInteger, writeSequence } from '../der/writer.ts'
import { decodeText, describeLabel, encodePem, parseCertificates, parsePem } from './pem.ts'

const ONE = writeUnsigned({ serialNumber: writeRawInteger(1) })
const TWO = writeUnsigned({ serialNumber: writeRawInteger(2) })
const PEM_ONE = encodePem('CERTIFICATE', ONE)
const PEM_TWO = encodePem('CERTIFICATE', TWO)

/** A block that is well-formed PEM whatever it holds. */
function block(label: string, body = 'AAAA'): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
}

function serialsOf(input: string | Uint8Array): readonly (number | undefined)[] {
  return parseCertificates(input).map(({ serialNumber }) => serialNumber[0])
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function utf16(text: string, order: 'little' | 'big', mark: 'with mark' | 'without mark'): Uint8Array {
  const marked = mark === 'with mark' ? `\ufeff${text}` : text
  const units = Array.from({ length: marked.length }, (_, index) => marked.charCodeAt(index))
  return Uint8Array.from(
    units.flatMap((unit) => (order === 'little' ? [unit & 0xff, unit >> 8] : [unit >> 8, unit & 0xff])),
  )
}

describe('bundles', () => {
  test('are read in the order of the file', () => {
    expect(serialsOf(PEM_ONE + PEM_TWO + PEM_ONE)).toEqual([1, 2, 1])
  })

  test('are read from bytes as from text', () => {
    expect(serialsOf(ascii(PEM_ONE + PEM_TWO))).toEqual([1, 2])
  })

  test('are read with comments before, between and behind the blocks', () => {
    expect(serialsOf(`# one\n${PEM_ONE}\nsubject=CN = x\n\n${PEM_TWO}the end`)).toEqual([1, 2])
  })

  test('are read with comments in another encoding than ASCII', () => {
    expect(serialsOf(bytesOf([0xfc, 0xdf, 0x0a], ascii(PEM_ONE)))).toEqual([1])
  })

  test('are read with CRLF', () => {
    expect(serialsOf((PEM_ONE + PEM_TWO).replaceAll('\n', '\r\n'))).toEqual([1, 2])
  })

  test('are read with spaces at the ends of lines', () => {
    expect(serialsOf(PEM_ONE.replaceAll('\n', ' \t\n'))).toEqual([1])
  })

  test('are read with empty lines within a block', () => {
    expect(serialsOf(PEM_ONE.replaceAll('\n', '\n\n'))).toEqual([1])
  })

  test('are read without the last line break', () => {
    expect(serialsOf(PEM_ONE.trimEnd())).toEqual([1])
  })

  test('are read with the whole body in one line', () => {
    expect(serialsOf(block('CERTIFICATE', encodeBase64(ONE)))).toEqual([1])
  })

  test('are read with the older label', () => {
    expect(serialsOf(encodePem('X509 CERTIFICATE', ONE))).toEqual([1])
  })

  test('are read as DER of a single certificate', () => {
    expect(serialsOf(ONE)).toEqual([1])
  })

  test('are refused as DER of two certificates', () => {
    expect(thrownBy(() => parseCertificates(bytesOf(ONE, TWO)))).toMatchObject({
      code: 'ERR_DER_TRAILING_DATA',
      details: { reading: 'Certificate' },
    })
  })

  test('are refused whole where one block is no certificate', () => {
    const broken = encodePem('CERTIFICATE', writeSequence(writeInteger(1)))
    expect(thrownBy(() => parseCertificates(PEM_ONE + broken))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })
})

describe('labels', () => {
  test.each([
    ['PRIVATE KEY', 'private key'],
    ['ENCRYPTED PRIVATE KEY', 'private key (encrypted)'],
    ['RSA PRIVATE KEY', 'private key'],
    ['CERTIFICATE REQUEST', 'certificate request (CSR)'],
    ['PUBLIC KEY', 'public key'],
    ['X509 CRL', 'certificate revocation list (CRL)'],
    ['PKCS7', 'PKCS#7 bundle'],
    ['TRUSTED CERTIFICATE', 'certificate in OpenSSL’s own "trusted" form'],
    ['certificate', 'block labelled "certificate"'],
    ['CERTIFICATE2', 'block labelled "CERTIFICATE2"'],
  ])('refuses %s in place of a certificate', (label, found) => {
    expect(thrownBy(() => parseCertificates(`# a comment\n${block(label)}`))).toMatchObject({
      name: 'DecodeError',
      code: 'ERR_PEM_LABEL',
      details: { wanted: 'certificate', found, line: 2 },
    })
  })

  test('refuses a private key behind a certificate', () => {
    expect(thrownBy(() => parseCertificates(block('CERTIFICATE') + block('PRIVATE KEY')))).toMatchObject({
      code: 'ERR_PEM_LABEL',
      details: { found: 'private key', line: 4 },
    })
  })

  test('does not decode a block that is not wanted', () => {
    expect(thrownBy(() => parsePem(block('PRIVATE KEY', '!'), 'certificate', ['CERTIFICATE']))).toMatchObject(
      {
        code: 'ERR_PEM_LABEL',
      },
    )
  })

  test('describes a label that it does not know by itself', () => {
    expect(describeLabel('FOO')).toBe('block labelled "FOO"')
  })
})

describe('blocks', () => {
  function read(text: string): readonly unknown[] {
    return parsePem(text, 'thing', ['A', 'B C'])
  }

  test('come with label, bytes and line', () => {
    expect(read(`\n${block('A', 'AQID')}\n${block('B C', 'BA==')}`)).toEqual([
      { label: 'A', der: Uint8Array.of(1, 2, 3), line: 2 },
      { label: 'B C', der: Uint8Array.of(4), line: 6 },
    ])
  })

  test.each([
    ['characters beyond base64', 'AA!A', 'its body is not canonical base64'],
    ['the alphabet of base64url', 'AA-_', 'its body is not canonical base64'],
    ['padding that is missing', 'AAA', 'its body is not canonical base64'],
    ['padding in the midst', 'AA==AAAA', 'its body is not canonical base64'],
    ['padding alone', '====', 'its body is not canonical base64'],
    ['spare bits that are not zero', 'AB==', 'its body is not canonical base64'],
    ['a space in front of a line', ' AAAA', 'its body is not canonical base64'],
    ['a space within a line', 'AA AA', 'its body is not canonical base64'],
    ['a comment', '# comment', 'its body is not canonical base64'],
    ['nothing', '', 'its body is empty'],
    ['blank lines alone', ' \n\n\t', 'its body is empty'],
    ['headers', 'Proc-Type: 4,ENCRYPTED\n\nAAAA', 'has headers, as of a legacy encrypted key'],
    ['another block', '-----BEGIN A-----\nAAAA', 'its body is not canonical base64'],
  ])('are refused with %s within', (_, body, problem) => {
    expect(thrownBy(() => read(`\n${block('A', body)}`))).toMatchObject({
      code: 'ERR_PEM_BODY',
      details: { label: 'A', line: 2, problem },
    })
  })

  test.each([
    ['without END line', '-----BEGIN A-----\nAAAA\n'],
    ['that end at once', '-----BEGIN A-----'],
    ['with the END line of another', '-----BEGIN A-----\nAAAA\n-----END B C-----\n'],
    ['with an END line that lacks a hyphen', '-----BEGIN A-----\nAAAA\n-----END A----\n'],
    ['with an END line that is indented', '-----BEGIN A-----\nAAAA\n -----END A-----\n'],
    ['with an END line in lower case', '-----BEGIN A-----\nAAAA\n-----end A-----\n'],
  ])('are refused %s', (_, text) => {
    expect(thrownBy(() => read(text))).toMatchObject({
      code: 'ERR_PEM_BODY',
      details: { label: 'A', line: 1, problem: 'has no END line of its own' },
    })
  })

  test.each([
    ['is indented', ' -----BEGIN A-----\nAAAA\n'],
    ['lacks a hyphen in front', '----BEGIN A-----\nAAAA\n'],
    ['lacks a hyphen behind', '-----BEGIN A----\nAAAA\n'],
    ['has no label', '-----BEGIN -----\nAAAA\n'],
    ['has two spaces', '-----BEGIN  A-----\nAAAA\n'],
    ['has text behind', '-----BEGIN A----- x\nAAAA\n'],
    ['is in lower case', '-----begin A-----\nAAAA\n'],
    ['is an END line', '-----END A-----\nAAAA\n'],
  ])('are not begun by a line that %s', (_, text) => {
    expect(thrownBy(() => read(text))).toMatchObject({ code: 'ERR_PEM_NONE' })
  })

  test('are not ended early by a stray END line in a comment', () => {
    expect(read(`-----END A-----\n${block('A')}`)).toHaveLength(1)
  })
})

describe('texts without a block', () => {
  test.each([
    ['an OpenSSH public key', 'ssh-ed25519 AAAAC3 me@host'],
    ['an OpenSSH public key', 'ssh-rsa AAAAB3'],
    ['an OpenSSH public key', 'ecdsa-sha2-nistp256 AAAA'],
    ['a token', 'eyJhbGciOiJFUzI1NiJ9.e30.AA'],
    ['JSON', ' {"a": 1}'],
    ['XML or HTML', '<html>'],
    ['base64 without BEGIN and END lines', 'M'.repeat(40)],
    ['text without a PEM block', 'M'.repeat(39)],
    ['text without a PEM block', 'hello'],
    ['text without a PEM block', '0'],
  ])('are refused as %s', (found, text) => {
    for (const input of [text, ascii(text)]) {
      expect(thrownBy(() => parseCertificates(input))).toMatchObject({
        code: 'ERR_PEM_NONE',
        details: { wanted: 'certificate', found },
      })
    }
  })

  test('are not repeated in the refusal', () => {
    const error = thrownBy(() => parseCertificates('hunter2'))
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
  })

  test('are refused where line breaks are those of an old Mac', () => {
    expect(thrownBy(() => parseCertificates(PEM_ONE.replaceAll('\n', '\r')))).toMatchObject({
      code: 'ERR_PEM_NONE',
    })
  })
})

describe('limits', () => {
  const characters = 4_194_304

  test('accepts 4 MiB of text', () => {
    expect(serialsOf(PEM_ONE.padEnd(characters, '\n'))).toEqual([1])
  })

  test('refuses 4 MiB of text and one character', () => {
    expect(thrownBy(() => parseCertificates(PEM_ONE.padEnd(characters + 1, '\n')))).toMatchObject({
      code: 'ERR_PEM_LIMIT',
      details: { limit: 'number of characters', maximum: characters, found: characters + 1 },
    })
  })

  test('accepts 4 MiB of bytes', () => {
    expect(serialsOf(ascii(PEM_ONE.padEnd(characters, '\n')))).toEqual([1])
  })

  test('refuses 4 MiB of bytes and one byte', () => {
    expect(thrownBy(() => parseCertificates(ascii(PEM_ONE.padEnd(characters + 1, '\n'))))).toMatchObject({
      code: 'ERR_PEM_LIMIT',
      details: { limit: 'number of bytes', maximum: characters, found: characters + 1 },
    })
  })

  test('accepts 10,000 blocks', () => {
    expect(parsePem(block('A').repeat(10_000), 'thing', ['A'])).toHaveLength(10_000)
  })

  test('refuses 10,001 blocks', () => {
    expect(thrownBy(() => parsePem(block('A').repeat(10_001), 'thing', ['A']))).toMatchObject({
      code: 'ERR_PEM_LIMIT',
      details: { limit: 'number of blocks', maximum: 10_000, found: 10_001 },
    })
  })
})

describe('inputs of other kinds', () => {
  test.each([
    ['text', ''],
    ['blank text', ' \r\n\t'],
    ['bytes', new Uint8Array(0)],
    ['blank bytes', ascii('\n \n')],
  ])('refuses empty %s', (_, input) => {
    expect(thrownBy(() => parseCertificates(input))).toMatchObject({
      code: 'ERR_INPUT_EMPTY',
      details: { wanted: 'a certificate' },
    })
  })

  test.each([
    ['little-endian UTF-16 with mark', utf16(PEM_ONE, 'little', 'with mark'), 'UTF-16 text'],
    ['big-endian UTF-16 with mark', utf16(PEM_ONE, 'big', 'with mark'), 'UTF-16 text'],
    ['little-endian UTF-16', utf16(PEM_ONE, 'little', 'without mark'), 'UTF-16 text'],
    ['big-endian UTF-16', utf16(PEM_ONE, 'big', 'without mark'), 'UTF-16 text'],
    ['UTF-8 with mark in bytes', ascii(`\ufeff${PEM_ONE}`), 'UTF-8 with a byte order mark'],
    ['UTF-8 with mark in text', `\ufeff${PEM_ONE}`, 'UTF-8 with a byte order mark'],
    ['UTF-8 with mark, read as Latin 1', `\u00ef\u00bb\u00bf${PEM_ONE}`, 'UTF-8 with a byte order mark'],
  ])('refuses %s', (_, input, found) => {
    expect(thrownBy(() => parseCertificates(input))).toMatchObject({
      code: 'ERR_INPUT_ENCODING',
      details: { wanted: 'a certificate', found },
    })
  })

  test.each([
    ['text that holds NUL', `${PEM_ONE}\0`, 'binary data'],
    ['bytes that are neither text nor DER', Uint8Array.of(0x1f, 0x8b, 0x00), 'binary data'],
    [
      'PKCS#12 of a long form',
      writeSequence(writeInteger(3), writeElement(0x30, new Uint8Array(200))),
      'a PKCS#12 file',
    ],
    ['PKCS#12 of a short form', writeSequence(writeInteger(3), writeSequence()), 'a PKCS#12 file'],
    ['PKCS#12 of indefinite length', Uint8Array.of(0x30, 0x80, 0x02, 0x01, 0x03, 0, 0), 'a PKCS#12 file'],
  ])('refuses %s', (_, input, found) => {
    expect(thrownBy(() => parseCertificates(input))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      details: { wanted: 'a certificate', found },
    })
  })

  test('takes DER that begins like PKCS#12 of another version for DER', () => {
    expect(thrownBy(() => parseCertificates(writeSequence(writeInteger(2), writeSequence())))).toMatchObject({
      code: 'ERR_DER_UNEXPECTED_TAG',
    })
  })

  test('takes text that begins with the digit 0 for text', () => {
    expect(serialsOf(ascii(`0 comment\n${PEM_ONE}`))).toEqual([1])
  })

  test.each([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a list of texts', [PEM_ONE], 'an array'],
    ['a number', 1, 'number'],
  ])('refuses %s as a wrong argument', (_, input, found) => {
    expect(thrownBy(() => parseCertificates(untyped(input)))).toMatchObject({
      name: 'ArgumentError',
      code: 'ERR_ARG_TYPE',
      details: { argument: 'a certificate', found },
    })
  })

  test('hands text on as text', () => {
    expect(decodeText('x', 'a thing')).toBe('x')
  })

  test('hands bytes that could be DER on as they are', () => {
    expect(decodeText(ONE, 'a thing')).toBe(ONE)
  })
})

describe('writing', () => {
  test.each([47, 48, 49])('breaks lines after 64 characters with %d bytes', (length) => {
    const bytes = new Uint8Array(length).fill(1)
    const lines = encodePem('A', bytes).split('\n')
    const body = encodeBase64(bytes)
    const expected = [body.slice(0, 64), body.slice(64)].filter((line) => line !== '')
    expect(lines).toEqual(['-----BEGIN A-----', ...expected, '-----END A-----', ''])
  })

  test('writes what is read again', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    expect(parsePem(encodePem('A', bytes), 'thing', ['A'])).toEqual([{ label: 'A', der: bytes, line: 1 }])
  })
})
