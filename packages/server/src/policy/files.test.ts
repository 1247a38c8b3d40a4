// Files are put into the text, and the rest of the text stays as it was.

import { expect, test } from 'vitest'
import { ca, indent, otherCa } from '../../../../test/service/policy/fixtures.ts'
import { resolvePolicyFiles } from './files.ts'
import { parsePolicy } from './parse.ts'

const readFile = async (path: string): Promise<string> => (path === 'a b.pem' ? ca.pem : otherCa.pem)

const TEXT = `# first
version: 1
revocation: off
trustAnchors:
  one:
    file: a b.pem   # where it is
    names: any
  two: { names: any, file: other.pem } # in a line
  three:
    "file": "a b.pem"
    names: any
profiles: {}
# last
`

test('blocks get blocks, lines get lines, comments stay', async () => {
  const pem = indent(ca.pem, 6)
  expect(await resolvePolicyFiles(TEXT, readFile)).toBe(
    TEXT.replace('    file: a b.pem   # where it is', () => `    certificate: |   # where it is\n${pem}`)
      .replace('file: other.pem', () => `certificate: ${JSON.stringify(otherCa.pem)}`)
      .replace('    "file": "a b.pem"', () => `    certificate: |\n${pem}`),
  )
})

test('what comes out is a policy', async () => {
  const text = TEXT.slice(0, TEXT.indexOf('  three'))
  const document = parsePolicy(await resolvePolicyFiles(`${text}profiles: {}\n`, readFile))
  expect(Object.values(document.trustAnchors).map(({ certificate }) => certificate)).toEqual([
    ca.pem,
    otherCa.pem,
  ])
})

test.each([
  ['with CRLF', TEXT.replaceAll('\n', '\r\n')],
  [
    'whose file is the end of the text',
    'version: 1\nrevocation: off\nprofiles: {}\ntrustAnchors:\n  one:\n    names: any\n    file: a b.pem',
  ],
  [
    'in braces',
    '{ version: 1, revocation: off, profiles: {}, trustAnchors: { one: { file: other.pem, names: any } } }',
  ],
  [
    'over lines',
    'version: 1\nrevocation: off\nprofiles: {}\ntrustAnchors:\n  one:\n    names: any\n    file:\n      a b.pem\n',
  ],
])('a policy %s is resolved', async (_, text) => {
  const alone = text.replace(/ {2}three:[\s\S]*(?=profiles: \{\}\r?\n#)/u, '')
  const document = parsePolicy(await resolvePolicyFiles(alone, readFile))
  expect(Object.values(document.trustAnchors)[0]?.certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n/u)
})

test('a text without files, or without anything of a policy, stays as it is', async () => {
  for (const text of ['', 'version: 1\n', 'trustAnchors: 1\n', 'trustAnchors: { a: 1, b: { file: [] } }\n']) {
    expect(await resolvePolicyFiles(text, readFile)).toBe(text)
  }
})

test('comments and other text of a file do not get into the policy', async () => {
  const text = await resolvePolicyFiles(TEXT, async () => `subject=CN=x\n${ca.pem}trailing: text\n`)
  expect(text).not.toContain('trailing')
})

test('what the reader throws passes through', async () => {
  const failure = new Error('no such file')
  await expect(resolvePolicyFiles(TEXT, async () => Promise.reject(failure))).rejects.toBe(failure)
})

test('a file outside trustAnchors is not read', async () => {
  const text = 'profiles: { file: secret.pem }\nclients: { a: { file: secret.pem } }\n'
  const asked: string[] = []
  const ask = async (path: string): Promise<string> => {
    asked.push(path)
    return ca.pem
  }
  expect(await resolvePolicyFiles(text, ask)).toBe(text)
  expect(asked).toEqual([])
})
