// The tree of paths that were tried: shared parts once, twins told apart, each attempt at its end.

import type { PathAttempt } from 'ingam'
import { describe, expect, test } from 'vitest'
import { formatAttempts } from './output.ts'

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
    expect(formatAttempts(attempts)).toEqual([
      'CN=Leaf',
      '├─ CN=CA  (serial 0a)',
      '│  └─ CN=Root  [trust anchor]  ✗ 1, at #1',
      '└─ CN=CA  (serial 0b)',
      '   ├─ CN=Root  [trust anchor]  ✗ 2, at #0',
      '   └─ CN=Bridge  ✗ 3, at #2',
    ])
  })

  test('are none for no attempts', () => {
    expect(formatAttempts([])).toEqual([])
  })

  test('show long serial numbers in part', () => {
    const attempts = [attempt(['CN=A/0123456789abcdef'], 0, false), attempt(['CN=A/02'], 0, false)]
    expect(formatAttempts(attempts)).toEqual([
      'CN=A  (serial 0123456789ab…)  ✗ 1, at #0',
      'CN=A  (serial 02)  ✗ 2, at #0',
    ])
  })

  test('cannot steer a terminal', () => {
    expect(formatAttempts([attempt(['CN=\u001b[2J'], 0, false)]).join('')).not.toContain('\u001b')
  })
})
