// What docs/token-format.md says under "Sizes" is what our signer writes, and what header-limits.test.ts finds.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestExtension } from 'ingam/testing'
import { beforeAll, expect, test } from 'vitest'
import {
  writeExplicit,
  writeImplicit,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../../packages/ingam/src/der/writer.ts'
import { HEADER_LIMITS, headerLimitTable, LONGEST_TOKEN } from '../support/header-limits.ts'
import {
  measureTokens,
  PRESENTATIONS,
  type SizeRow,
  sizesOf,
  tokenSizeTable,
} from '../support/token-sizes.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'token-format.md'), 'utf8')
const section = page.split('\n## ').find((part) => part.startsWith('Sizes\n')) ?? ''

// cRLDistributionPoints and authorityInfoAccess, as long as usual ones.
const PLACES: readonly TestExtension[] = [
  {
    oid: '2.5.29.31',
    value: writeSequence(
      writeSequence(
        writeExplicit(0, writeExplicit(0, uri('http://crl.pki.example/issuing-ca-2026/latest.crl'))),
      ),
    ),
  },
  {
    oid: '1.3.6.1.5.5.7.1.1',
    value: writeSequence(
      writeSequence(writeOid('1.3.6.1.5.5.7.48.1'), uri('http://ocsp.pki.example/issuing-ca-2026')),
      writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), uri('http://certs.pki.example/issuing-ca-2026.cer')),
    ),
  },
]

let measured: readonly SizeRow[] = []

beforeAll(async () => {
  measured = await measureTokens()
}, 60_000)

test('the page has every row of tokens, each size within 2 % of one signed now', () => {
  const written = rowsOf(section)
  expect(written.map(({ title }) => title)).toEqual(measured.map(({ title }) => title))
  for (const [index, { title, sizes }] of measured.entries()) {
    expect(sizes).toHaveLength(PRESENTATIONS.length)
    for (const [column, size] of sizes.entries()) {
      const said = written[index]?.sizes[column] ?? 0
      expect(
        Math.abs(said / size - 1),
        `${title}, ${PRESENTATIONS[column]}: ${said}, now ${size}`,
      ).toBeLessThan(0.02)
    }
  }
})

test('a table that is written anew reads as what was measured, rounded to tens', () => {
  const rounded = measured.map(({ title, sizes }) => ({
    title,
    sizes: sizes.map((size) => Math.round(size / 10) * 10),
  }))
  expect(rowsOf(tokenSizeTable(measured))).toEqual(rounded)
})

test('the page has the table of servers', () => {
  expect(section).toContain(`\n${headerLimitTable()}\n`)
})

test('what the page says of both tables is so', () => {
  const limits = Object.values(HEADER_LIMITS).map(({ longest }) => longest)
  const isMlDsa = ({ title }: SizeRow): boolean => title.startsWith('ML-DSA')
  const byReference = measured.map(({ sizes }) => sizes[PRESENTATIONS.indexOf('by reference')] ?? Number.NaN)
  const chains = (rows: readonly SizeRow[]): number[] => rows.flatMap(({ sizes }) => sizes.slice(0, 3))
  expect(Math.max(...byReference)).toBeLessThan(Math.min(...limits))
  expect(Math.max(...chains(measured.filter((row) => !isMlDsa(row))))).toBeLessThan(Math.min(...limits))
  expect(Math.min(...chains(measured.filter(isMlDsa)))).toBeGreaterThan(HEADER_LIMITS.nginx.longest)
  const withIntermediates = measured.filter(isMlDsa).flatMap(({ sizes }) => sizes.slice(1, 3))
  expect(Math.min(...withIntermediates)).toBeGreaterThan(HEADER_LIMITS.haproxy.longest)
  expect(Math.min(...withIntermediates)).toBeGreaterThan(HEADER_LIMITS.node.longest)
  expect(Math.max(...chains(measured))).toBeLessThan(LONGEST_TOKEN)
  const byLength = measured.toSorted((a, b) => (a.sizes[2] ?? 0) - (b.sizes[2] ?? 0))
  expect(byLength.slice(0, 2).map(({ title }) => title)).toEqual(['Ed25519', 'ES256'])
})

test('each algorithm with RSA makes tokens as long as PS256', async () => {
  const sizes = measured.find(({ title }) => title === 'PS256, RSA of 2048 bits')?.sizes
  for (const algorithm of ['PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const) {
    expect(await sizesOf(algorithm, 'RSA-2048'), algorithm).toEqual(sizes)
  }
})

test('with the places of CRLs and issuers, RSA of 4096 bits and two intermediates are too long for nginx', async () => {
  const bytes = PLACES.reduce(
    (sum, { oid, value }) => sum + writeSequence(writeOid(oid), writeOctetString(value)).length,
    0,
  )
  expect(Math.abs(bytes - 200)).toBeLessThan(20)
  const bare = measured.find(({ title }) => title === 'PS256, RSA of 4096 bits')?.sizes[2] ?? Number.NaN
  const usual = (await sizesOf('PS256', 'RSA-4096', PLACES))[2] ?? Number.NaN
  expect(bare).toBeLessThan(HEADER_LIMITS.nginx.longest)
  expect(usual).toBeGreaterThan(HEADER_LIMITS.nginx.longest)
  // Three certificates. The lengths of what holds the extensions grow by some octets, and base64 fills up its last group.
  expect(Math.abs(usual - bare - (3 * bytes * 16) / 9)).toBeLessThan(32)
})

function uri(text: string): Uint8Array {
  return writeImplicit(6, new TextEncoder().encode(text))
}

function rowsOf(text: string): SizeRow[] {
  const table = text.split('\n\n').find((block) => block.startsWith('| `alg` | leaf alone |')) ?? ''
  return table
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => {
      const [title = '', ...sizes] = line.slice(2, -2).split(' | ')
      return { title, sizes: sizes.map((size) => Number(size.replaceAll(',', ''))) }
    })
}
