import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { foldSubject } from './blocks.ts'
import { migrate, migrations } from './migrations.ts'
import {
  auditByRequest,
  auditByThumbprint,
  grantsById,
  grantsBySubject,
  grantsByThumbprint,
  markOf,
  segmentSearch,
} from './segments.ts'

const ROWS = 5_000

describe('segment search', () => {
  const database = new DatabaseSync(':memory:')
  beforeAll(() => {
    migrate(database, migrations, () => {})
    database.function('fold_subject', (subject) => foldSubject(String(subject)))
    const insert = database.prepare(
      `INSERT INTO grants VALUES (?, ?, ?, 'c', 't', ?, 'p', 1, '[]', '[]', 'none', 0, ?, NULL, NULL, ?, ?, ?)`,
    )
    database.exec('BEGIN')
    // It begins in the middle of a segment, as after a prune.
    for (let seq = 700; seq < 700 + ROWS; seq += 1) {
      const [id, subject, thumbprint] = [`i${seq}`, `s${seq % 7}`, `t${seq % 1_500}`]
      insert.run(seq, id, subject, thumbprint, seq, markOf(id), markOf(subject), markOf(thumbprint))
    }
    database.exec('COMMIT')
  })

  const found = (sql: string, ...parameters: (string | number)[]): number[] =>
    database
      .prepare(sql)
      .all(...parameters)
      .map((row) => Number(row['seq']))
      .sort((a, b) => a - b)
  const plain = (where: string, value: string | number): number[] =>
    found(`SELECT seq FROM grants NOT INDEXED WHERE ${where}`, value)

  test.each(['i700', 'i1023', 'i1024', 'i2047', 'i5699', 'i699', 'i5700'])(
    'finds %s as a plain search does',
    (id) => {
      expect(found(segmentSearch(grantsById), markOf(id), id)).toEqual(plain('id = ?', id))
    },
  )

  test('finds all rows of a value over all segments', () => {
    expect(found(segmentSearch(grantsBySubject), markOf('s3'), 's3')).toEqual(plain('subject = ?', 's3'))
    expect(found(segmentSearch(grantsByThumbprint), markOf('t9'), 't9')).toEqual(
      plain('thumbprint = ?', 't9'),
    )
  })

  test('looks no further back than the segment of the lowest number of interest', () => {
    const search = segmentSearch(grantsBySubject, 'SELECT min(seq) FROM grants WHERE expires_at > ?')
    const all = found(search, 5_000, markOf('s3'), 's3')
    expect(all).toEqual(plain('subject = ?', 's3').filter((seq) => seq >= 4 * 1_024))
  })

  test('equal marks of different values are told apart', () => {
    expect(found(segmentSearch(grantsBySubject), markOf('s3'), 's4')).toEqual([])
  })

  test('nothing is found in an empty table', () => {
    const search = segmentSearch(auditByRequest)
    expect(database.prepare(search).all(markOf('r'), 'r')).toEqual([])
  })

  test('the newest segment comes first', () => {
    const newest = database.prepare(`${segmentSearch(grantsBySubject)} LIMIT 1`).get(markOf('s3'), 's3')
    expect(Number(newest?.['seq']) >> 10).toBe((700 + ROWS - 1) >> 10)
  })

  test.each([grantsById, grantsBySubject, grantsByThumbprint, auditByRequest, auditByThumbprint])(
    'each step is a search in $index, with segment and mark',
    (index) => {
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${segmentSearch(index)}`).all(0, '')
      const step = plan.map((row) => String(row['detail'])).find((detail) => detail.includes(index.index))
      expect(step).toContain(
        `SEARCH ${index.table} USING INDEX ${index.index} (<expr>=? AND ${index.mark}=?)`,
      )
    },
  )

  test('marks are 32 bits of FNV-1a', () => {
    // Of the reference code's vectors: "" and "foobar".
    expect(markOf('') >>> 0).toBe(0x811c9dc5)
    expect(markOf('foobar') >>> 0).toBe(0xbf9cf968)
  })
})
