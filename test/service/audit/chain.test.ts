// What the audit log's verifier finds, and what it cannot find.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeLine, hashRecord } from '../../../packages/server/src/audit/chain.ts'
import { makeCheckpoint } from '../../../packages/server/src/audit/checkpoint.ts'
import type { AuditRecord } from '../../../packages/server/src/audit/record.ts'
import {
  type ChainReport,
  type ChainVerifierOptions,
  createChainVerifier,
} from '../../../packages/server/src/audit/verify.ts'
import { auditKey, headOf, log, signer } from './support.ts'

const key = auditKey('a')
const keys = { keys: [key.jwk] }
const sign = signer(key)
const records = log([20, 1, 29])
const atEnd = makeCheckpoint(headOf(records.at(-1)), new Date(0), sign)
const atTen = makeCheckpoint(headOf(records[9]), new Date(0), sign)

function report(list: readonly AuditRecord[], options: ChainVerifierOptions = {}): ChainReport {
  const verifier = createChainVerifier(options)
  for (const record of list) verifier.add(record)
  const byRecord = verifier.finish()
  const lines = createChainVerifier(options)
  for (const record of list) lines.addLine(encodeLine(record))
  expect(lines.finish()).toEqual(byRecord)
  return byRecord
}

const kindsOf = ({ findings }: ChainReport): string[] => [...new Set(findings.map(({ kind }) => kind))]
function recordAt(list: readonly AuditRecord[], index: number): AuditRecord {
  const record = list[index]
  if (record === undefined) throw new Error('no record')
  return record
}

const rehashed = (record: AuditRecord): AuditRecord => ({ ...record, hash: hashRecord(record) })

describe('an untouched log', () => {
  test('has no findings, and says how far it was signed', () => {
    expect(report(records, { keys, checkpoints: [atEnd, atTen] })).toEqual({
      records: 50,
      runs: 3,
      last: headOf(records.at(-1)),
      findings: [],
      findingCount: 0,
      checkpoints: 2,
      signedUpTo: 50,
    })
    expect(report(records)).toMatchObject({ findingCount: 0, signedUpTo: 0 })
    expect(report(records, { keys, checkpoints: [atTen] })).toMatchObject({ findingCount: 0, signedUpTo: 10 })
    expect(report([])).toMatchObject({ findingCount: 0, records: 0, last: undefined })
  })

  test.each([1, 10, 20, 21, 49])('can be verified from position %d on', (from) => {
    const after = headOf(records[from - 1])
    expect(report(records.slice(from), { after, keys, checkpoints: [atTen, atEnd] }).findings).toEqual([])
    expect(
      report(records.slice(from), { after: { ...after, hash: records[30]?.hash ?? '' } }).findingCount,
    ).toBe(1)
  })

  test('whose beginning is missing is not one', () => {
    expect(kindsOf(report(records.slice(1)))).toEqual(['position', 'link', 'run'])
  })
})

describe('any one change is found', () => {
  const place = fc.integer({ min: 0, max: 49 })
  const inner = fc.integer({ min: 0, max: 48 })

  test('a record taken out before the end', () => {
    fc.assert(fc.property(inner, (at) => report(records.toSpliced(at, 1)).findingCount > 0))
  })

  test('several records in a row taken out before the end', () => {
    fc.assert(
      fc.property(
        inner,
        fc.integer({ min: 1, max: 48 }),
        (at, count) => report(records.toSpliced(at, Math.min(count, 49 - at))).findingCount > 0,
      ),
    )
  })

  test('two records swapped', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        fc.pre(one !== other)
        const [a, b] = [records[one], records[other]]
        if (a === undefined || b === undefined) throw new Error('no record')
        expect(report(records.with(one, b).with(other, a)).findingCount).toBeGreaterThan(0)
      }),
    )
  })

  test('a record doubled, anywhere', () => {
    fc.assert(
      fc.property(
        place,
        place,
        (from, to) => report(records.toSpliced(to, 0, recordAt(records, from))).findingCount > 0,
      ),
    )
  })

  test('a record of another log put in the place of one', () => {
    const others = log([20, 1, 29], 'x')
    fc.assert(fc.property(inner, (at) => report(records.with(at, recordAt(others, at))).findingCount > 0))
  })

  const changes: ((record: AuditRecord) => AuditRecord)[] = [
    (record) => ({ ...record, position: record.position + 1 }),
    (record) => ({ ...record, sequence: record.sequence + 1 }),
    (record) => ({ ...record, run: Buffer.alloc(16, 99).toString('base64url') }),
    (record) => ({ ...record, previous: records[40]?.hash ?? '' }),
    (record) => ({ ...record, type: 'key.rotated' }),
    (record) => ({ ...record, at: record.at + 1 }),
    (record) => ({ ...record, requestId: 'other' }),
    (record) => {
      const { requestId, ...rest } = record
      return requestId === undefined ? record : rest
    },
    (record) => ({ ...record, actor: 'mallory' }),
    (record) => ({ ...record, thumbprint: 'added' }),
    (record) => ({ ...record, details: {} }),
    (record) => ({ ...record, details: { ...record.details, number: -1 } }),
    (record) => ({ ...record, details: { ...record.details, added: null } }),
    (record) => ({ ...record, hash: records[40]?.hash ?? '' }),
  ]

  test('a member changed, the hash left as it was', () => {
    fc.assert(
      fc.property(place, fc.constantFrom(...changes), (at, change) => {
        const record = records[at]
        fc.pre(record !== undefined && at !== 40 && at !== 41)
        if (record !== undefined)
          expect(report(records.with(at, change(record))).findingCount).toBeGreaterThan(0)
      }),
    )
  })

  test('a member changed and the hash made anew, before the end', () => {
    fc.assert(
      fc.property(inner, fc.constantFrom(...changes.slice(0, -1)), (at, change) => {
        const record = records[at]
        fc.pre(record !== undefined && at !== 41)
        if (record !== undefined)
          expect(report(records.with(at, rehashed(change(record)))).findingCount).toBeGreaterThan(0)
      }),
    )
  })

  test('any one character of an export', () => {
    const text = [...records.map(encodeLine), JSON.stringify({ checkpoint: atEnd })].join('\n')
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: text.length - 1 }),
        fc.constantFrom('0', 'A', '"', '\n', ' ', '\\', '}'),
        (at, character) => {
          fc.pre(text[at] !== character)
          const verifier = createChainVerifier({ keys })
          for (const line of `${text.slice(0, at)}${character}${text.slice(at + 1)}`.split('\n'))
            verifier.addLine(line)
          expect(verifier.finish().findingCount).toBeGreaterThan(0)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('runs', () => {
  test('one that was taken out whole is found', () => {
    expect(kindsOf(report([...records.slice(0, 20), ...records.slice(21)]))).toEqual(['position', 'link'])
  })

  test('one that comes again is found, though its links and numbers fit', () => {
    const [first] = records
    const list = [...records]
    const again = {
      ...headOf(list.at(-1)),
      ...first,
      position: 51,
      sequence: 1,
      previous: list.at(-1)?.hash ?? '',
    } as AuditRecord
    expect(report([...list, rehashed(again)]).findings).toEqual([
      { kind: 'run', position: 51, expected: 'a run that had not ended', found: `run ${first?.run} again` },
    ])
  })
})

describe('a record that was written anew at the end, with a hash that fits', () => {
  test.each([
    [50, 51],
    [50, 49],
    [21, 2],
  ])('and whose number within the run does not, is found: record %i as number %i', (length, sequence) => {
    const list = records.slice(0, length)
    const end = recordAt(list, length - 1)
    expect(report(list).findingCount).toBe(0)
    expect(report(list.with(-1, rehashed({ ...end, sequence }))).findings).toEqual([
      {
        kind: 'run',
        position: length,
        expected: `sequence ${end.sequence}`,
        found: `sequence ${sequence}`,
      },
    ])
  })
})

test('a run that had ended before the part that is verified is found where it comes again', () => {
  const after = headOf(records[19])
  const again = { ...recordAt(records, 0), position: 22, sequence: 1, previous: recordAt(records, 20).hash }
  expect(report(records.slice(20, 22), { after }).findings).toEqual([])
  expect(kindsOf(report([recordAt(records, 20), rehashed(again)], { after }))).toEqual(['run'])
})

test('a line has at most 1,048,576 characters', () => {
  const [first] = records
  if (first === undefined) throw new Error('no record')
  const rest = encodeLine({ ...first, details: { text: '' } }).length
  const line = (length: number): string =>
    encodeLine(rehashed({ ...first, details: { text: 'x'.repeat(length - rest) } }))
  const kinds = (length: number): string[] => {
    const verifier = createChainVerifier()
    verifier.addLine(line(length))
    return kindsOf(verifier.finish())
  }
  expect(line(1_048_576)).toHaveLength(1_048_576)
  expect(kinds(1_048_576)).toEqual([])
  expect(kinds(1_048_577)).toEqual(['malformed'])
})

describe('a cut tail', () => {
  test('is not found without a checkpoint', () => {
    for (const length of [0, 1, 10, 20, 21, 49])
      expect(report(records.slice(0, length), { keys }).findingCount).toBe(0)
  })

  test('is found with one, and not where the checkpoint is before the cut', () => {
    for (const length of [0, 1, 9]) {
      expect(kindsOf(report(records.slice(0, length), { keys, checkpoints: [atTen] }))).toEqual([
        'checkpoint-beyond',
      ])
    }
    expect(report(records.slice(0, 10), { keys, checkpoints: [atTen] }).findings).toEqual([])
    expect(report(records.slice(0, 49), { keys, checkpoints: [atEnd] }).findings).toEqual([
      {
        kind: 'checkpoint-beyond',
        position: 50,
        expected: `record ${records[49]?.hash}`,
        found: 'the end at 49',
      },
    ])
  })

  test('that was grown again is found with one', () => {
    const grown = [...records.slice(0, 8), ...log([20, 1, 29], 'x').slice(8)]
    expect(kindsOf(report(grown, { keys, checkpoints: [atTen] }))).toContain('checkpoint-mismatch')
  })
})

describe('a log written anew', () => {
  const anew = log([20, 1, 29], 'x')
  test('has a chain without fault, and is found by a checkpoint alone', () => {
    expect(report(anew, { keys }).findingCount).toBe(0)
    expect(kindsOf(report(anew, { keys, checkpoints: [atTen] }))).toEqual(['checkpoint-mismatch'])
    expect(
      kindsOf(
        report(anew, {
          keys,
          checkpoints: [atTen, makeCheckpoint(headOf(anew[9]), new Date(0), signer(auditKey('a')))],
        }),
      ),
    ).toEqual(['checkpoint-refused', 'checkpoint-mismatch'])
  })

  test('with the last record alone changed too', () => {
    const last = records.at(-1)
    if (last === undefined) throw new Error('no record')
    const list = records.with(49, rehashed({ ...last, details: {} }))
    expect(report(list, { keys, checkpoints: [atTen] }).findingCount).toBe(0)
    expect(kindsOf(report(list, { keys, checkpoints: [atEnd] }))).toEqual(['checkpoint-mismatch'])
  })

  test('a checkpoint for the right hash at the wrong number of the run is found', () => {
    const head = { ...headOf(records[9]), sequence: 11 }
    expect(
      kindsOf(report(records, { keys, checkpoints: [makeCheckpoint(head, new Date(0), sign)] })),
    ).toEqual(['checkpoint-mismatch'])
  })

  test('a record that was signed and taken out is told of as such', () => {
    const found = report(records.toSpliced(9, 1), { keys, checkpoints: [atTen] })
    expect(found.findings.at(-1)).toMatchObject({
      kind: 'checkpoint-mismatch',
      position: 10,
      found: 'no record',
    })
    expect(found.checkpoints).toBe(0)
  })
})

describe('lines', () => {
  const lines = records.map(encodeLine)
  const run = (list: readonly string[], options: ChainVerifierOptions = { keys }): ChainReport => {
    const verifier = createChainVerifier(options)
    for (const line of list) verifier.addLine(line)
    return verifier.finish()
  }

  test('a checkpoint after its record counts, one of before it has passed', () => {
    const line = JSON.stringify({ checkpoint: atTen })
    expect(run(lines.toSpliced(10, 0, line))).toMatchObject({ findingCount: 0, signedUpTo: 10 })
    expect(run(lines.toSpliced(5, 0, line))).toMatchObject({ findingCount: 0, signedUpTo: 10 })
    expect(kindsOf(run(lines.toSpliced(11, 0, line)))).toEqual(['checkpoint-refused'])
  })

  test.each([
    ['', 'nothing'],
    ['null', 'null'],
    ['[]', 'a list'],
    ['{}', 'an empty object'],
    [` ${lines[1]}`, 'a space'],
    [lines[1]?.replace('{', '{"extra":1,') ?? '', 'a further member'],
    [lines[1]?.replace('"position":2', '"position":1,"position":2') ?? '', 'a member twice'],
    [lines[1]?.replace('"position":2', '"position":2.0') ?? '', 'a number in another spelling'],
    [lines[1]?.replace('"position":2', '"position":"2"') ?? '', 'a number as text'],
    [lines[1]?.replace('token.issued', 'token.invented') ?? '', 'another type'],
    [lines[1]?.replace('token', '\\u0074oken') ?? '', 'an escape that need not be'],
    [`{"checkpoint":"${atTen}","also":1}`, 'a checkpoint with more'],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'deep lists'],
    [lines[1]?.replace('"number":2', `"number":${'['.repeat(40)}${']'.repeat(40)}`) ?? '', 'deep details'],
    [`"${'x'.repeat(1_048_577)}"`, 'a long line'],
  ])('in place of the second record: %#', (line) => {
    expect(kindsOf(run(lines.with(1, line)))).toContain('malformed')
  })

  test('findings are bounded and counted', () => {
    const many = run(
      lines.map(() => 'x'),
      { maxFindings: 3 },
    )
    expect(many.findings).toHaveLength(3)
    expect(many.findingCount).toBe(50)
  })
})
