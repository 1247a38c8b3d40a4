// The table of refusals as a whole: house style, exit codes and statuses that fit their class.

import { describe, expect, test } from 'vitest'
import { catalogue } from './catalogue.ts'

const ENTRIES = Object.entries(catalogue)

const KIND_OF_PREFIX = {
  ARG: 'ArgumentError',
  DER: 'DecodeError',
  PEM: 'DecodeError',
  INPUT: 'DecodeError',
  FILE: 'DecodeError',
  CERT: 'CertificateError',
  CRL: 'CertificateError',
  OCSP: 'CertificateError',
  PATH: 'PathError',
  REVOCATION: 'RevocationError',
  KEY: 'CredentialError',
  CREDENTIAL: 'CredentialError',
  TOKEN: 'TokenError',
  REQUEST: 'RequestError',
}

test('is not empty', () => {
  expect(ENTRIES.length).toBeGreaterThan(60)
})

describe.each(ENTRIES)('%s', (code, entry) => {
  test('has a name that tells its class', () => {
    expect(code).toMatch(/^ERR_[A-Z]+(?:_[A-Z]+)*$/u)
    expect(Object.entries(KIND_OF_PREFIX)).toContainEqual([code.split('_')[1], entry.kind])
  })

  test('has a summary and a hint of one line, without a full stop', () => {
    for (const text of [entry.summary, entry.hint]) {
      expect(text).toMatch(/^[^\n]{10,200}[^.\n]$/u)
    }
  })

  test('has an exit code and a status that fit', () => {
    if (entry.kind === 'ArgumentError') expect(entry).toMatchObject({ exit: 70, http: 500 })
    // Undecided is the server's state and no fault of the sender's, who can mend one case of it by sending more.
    const isMended = code === 'ERR_TOKEN_UNKNOWN_THUMBPRINT'
    expect(entry.http === 503 || isMended).toBe(entry.exit === 4)
    expect([1, 3, 4, 70]).toContain(entry.exit)
  })
})

test('of the refusals of paths only a spent budget ends a search', () => {
  expect(
    ENTRIES.filter(([, { kind, fatal }]) => kind === 'PathError' && fatal).map(([code]) => code),
  ).toEqual(['ERR_PATH_BUDGET'])
})
