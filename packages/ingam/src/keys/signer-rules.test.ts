// Which certificates may sign tokens.

import { expect, test } from 'vitest'
import { createTestCa, type IssueOptions } from '../testing/test-ca.ts'
import { signerProblem } from './signer-rules.ts'

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY = '2.5.29.37.0'
const root = await createTestCa()

test.each<readonly [string, IssueOptions]>([
  ['the usual one', {}],
  ['one without keyUsage', { keyUsage: null }],
  ['one without extKeyUsage', { extKeyUsage: null }],
  ['one without basicConstraints', { withoutExtensions: ['2.5.29.19'] }],
  ['one with further usages', { keyUsage: ['digitalSignature', 'keyEncipherment'] }],
  ['one with further purposes', { extKeyUsage: [SERVER_AUTH, CLIENT_AUTH] }],
  ['one of version 1', { version: 1 }],
])('may: %s', async (_, options) => {
  expect(signerProblem((await root.issue(options)).certificate)).toBeUndefined()
})

test.each<readonly [string, IssueOptions, string]>([
  ['a CA', { kind: 'ca' }, 'is a CA'],
  [
    'a CA with the purpose',
    { kind: 'ca', extKeyUsage: [CLIENT_AUTH], keyUsage: ['digitalSignature'] },
    'is a CA',
  ],
  [
    'one for encipherment',
    { keyUsage: ['keyEncipherment'] },
    'expected digitalSignature, found keyEncipherment',
  ],
  ['one for non-repudiation', { keyUsage: ['nonRepudiation'] }, 'expected digitalSignature'],
  ['a server', { extKeyUsage: [SERVER_AUTH] }, 'expected clientAuth, found serverAuth'],
  ['one for any purpose', { extKeyUsage: [ANY] }, 'expected clientAuth, found anyExtendedKeyUsage'],
])('may not: %s', async (_, options, problem) => {
  expect(signerProblem((await root.issue(options)).certificate)).toContain(problem)
})
