// The chain and the tree of paths that were tried: shared parts once, twins told apart, narrow terminals.

import type { PathAttempt } from 'ingam'
import { describe, expect, test } from 'vitest'
import { formatAttempts, formatChain, type TreeCertificate } from './trees.ts'
import { widthOf } from './width.ts'

const WIDE = { columns: 80, limit: Number.POSITIVE_INFINITY }
const now = new Date('2026-06-01T12:00:00Z')

function attempt(names: readonly string[], position: number, reachesAnchor: boolean): PathAttempt {
  return {
    code: 'ERR_PATH_SIGNATURE',
    message: 'message',
    certificates: names.map((text) => {
      const [subject = '', serialNumber = '01'] = text.split('/')
      return { subject, serialNumber }
    }),
    position,
    reachesAnchor,
  }
}

describe('the paths tried', () => {
  test('are one tree with each attempt at its end', () => {
    const attempts = [
      attempt(['CN=Leaf', 'CN=CA/0a', 'CN=Root'], 1, true),
      attempt(['CN=Leaf', 'CN=CA/0b', 'CN=Root'], 0, true),
      attempt(['CN=Leaf', 'CN=CA/0b', 'CN=Bridge'], 2, false),
    ]
    expect(formatAttempts(attempts, WIDE)).toEqual([
      '  CN=Leaf',
      '  ├─ CN=CA  (serial 0a)',
      '  │  └─ CN=Root  [trust anchor]  ✗ 1, at #1',
      '  └─ CN=CA  (serial 0b)',
      '     ├─ CN=Root  [trust anchor]  ✗ 2, at #0',
      '     └─ CN=Bridge  ✗ 3, at #2',
    ])
  })

  test('are none for no attempts', () => {
    expect(formatAttempts([], WIDE)).toEqual([])
  })

  test('show long serial numbers in part', () => {
    const attempts = [attempt(['CN=A/0123456789abcdef'], 0, false), attempt(['CN=A/02'], 0, false)]
    expect(formatAttempts(attempts, WIDE)).toEqual([
      '  CN=A  (serial 0123456789ab…)  ✗ 1, at #0',
      '  CN=A  (serial 02)  ✗ 2, at #0',
    ])
  })

  test('cannot steer a terminal', () => {
    expect(formatAttempts([attempt(['CN=\u001b[2J'], 0, false)], WIDE).join('')).not.toContain('\u001b')
  })

  test('stay within a narrow terminal, each part under the rails of the tree', () => {
    const attempts = [
      attempt(['CN=Leaf', 'CN=A certification authority/0a', 'CN=Root'], 1, true),
      attempt(['CN=Leaf', 'CN=A certification authority/0b'], 1, false),
    ]
    const lines = formatAttempts(attempts, { columns: 30, limit: 30 })
    expect(lines).toEqual([
      '  CN=Leaf',
      '  ├─ CN=A certification',
      '  │  │  authority',
      '  │  │  (serial 0a)',
      '  │  └─ CN=Root',
      '  │        [trust anchor]',
      '  │        ✗ 1, at #1',
      '  └─ CN=A certification',
      '        authority',
      '        (serial 0b)',
      '        ✗ 2, at #1',
    ])
  })
})

describe('the chain by names', () => {
  const certificate = (subject: string, issuer: string): TreeCertificate => ({
    subject,
    issuer,
    notBefore: '2026-05-01T00:00:00.000Z',
    notAfter: '2026-06-04T12:00:00.000Z',
  })

  test('stands topmost issuer first, with what its dates mean now', () => {
    const sent = [certificate('CN=Leaf', 'CN=CA'), certificate('CN=CA', 'CN=Root')]
    expect(formatChain(sent, { room: WIDE, now, anchorSubjects: ['CN=Root'] })).toEqual([
      '  CN=Root  [trust anchor by name]',
      '  └─ CN=CA  (expires in 3 d, 2026-06-04)',
      '     └─ CN=Leaf  [signer]  (expires in 3 d, 2026-06-04)',
    ])
  })

  test('says what is missing, and what is not needed', () => {
    const sent = [certificate('CN=Leaf', 'CN=CA'), certificate('CN=Other', 'CN=Root')]
    expect(formatChain(sent, { room: WIDE, now, anchorSubjects: ['CN=Root'] })).toEqual([
      '  CN=CA  [not sent, no trust anchor of this name]',
      '  └─ CN=Leaf  [signer]  (expires in 3 d, 2026-06-04)',
      '  (not part of the chain)  CN=Other',
    ])
  })

  test('ends where two certificates name each other', () => {
    const sent = [certificate('CN=A', 'CN=B'), certificate('CN=B', 'CN=A')]
    expect(formatChain(sent, { room: WIDE, now })).toHaveLength(3)
  })

  test.each([24, 30, 40, 60])('stays within %d columns, however deep and wide', (columns) => {
    const names = Array.from(
      { length: 10 },
      (_, index) => `CN=인감 증명 기관 number ${index} of a long chain`,
    )
    const sent = names.map((name, index) => certificate(name, names[index + 1] ?? 'CN=Root'))
    const lines = formatChain(sent, { room: { columns, limit: columns }, now })
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
    expect(lines.join('')).toContain('기관')
  })
})
