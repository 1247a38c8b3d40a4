// Server: how rows are searched for that no plain index finds: segment by segment of 1,024 rows, the newest first, by a
// mark of the value and then by the value itself. See migrations.ts for why. Runs in the worker thread.

/** An index whose first column is the number of the segment. */
export interface SegmentIndex {
  readonly table: 'grants' | 'audit'
  readonly index: string
  /** The row's number. */
  readonly key: 'seq' | 'position'
  readonly column: 'id' | 'subject' | 'thumbprint' | 'request_id'
  readonly mark: 'id_mark' | 'subject_mark' | 'thumbprint_mark' | 'request_mark'
  /** Mark and value are those of `foldSubject`: what a block covers is found by the same name. */
  readonly isFolded?: true
}

/** The mark of a value: 32 bits by which rows are found that may have it (FNV-1a over UTF-16 code units). */
export function markOf(text: string): number {
  let mark = 0x81_1c_9d_c5
  for (let index = 0; index < text.length; index += 1) {
    mark = Math.imul(mark ^ text.charCodeAt(index), 0x01_00_01_93)
  }
  return mark
}

export const grantsById: SegmentIndex = {
  table: 'grants',
  index: 'grants_by_id',
  key: 'seq',
  column: 'id',
  mark: 'id_mark',
}
export const grantsBySubject: SegmentIndex = {
  table: 'grants',
  index: 'grants_by_subject',
  key: 'seq',
  column: 'subject',
  mark: 'subject_mark',
  isFolded: true,
}
export const grantsByThumbprint: SegmentIndex = {
  table: 'grants',
  index: 'grants_by_thumbprint',
  key: 'seq',
  column: 'thumbprint',
  mark: 'thumbprint_mark',
}
export const auditByRequest: SegmentIndex = {
  table: 'audit',
  index: 'audit_by_request',
  key: 'position',
  column: 'request_id',
  mark: 'request_mark',
}
export const auditByThumbprint: SegmentIndex = {
  table: 'audit',
  index: 'audit_by_thumbprint',
  key: 'position',
  column: 'thumbprint',
  mark: 'thumbprint_mark',
}

/**
 * A SELECT of the numbers of all rows whose column has a value; its parameters are the value's mark and the value, folded
 * where the index is. The newest segment first, and in no order within a segment.
 *
 * @param from SQL of the lowest number that may be of interest; default the lowest there is
 */
export function segmentSearch(
  { table, index, key, column, mark, isFolded }: SegmentIndex,
  from?: string,
): string {
  const value = isFolded === true ? `fold_subject(${table}.${column})` : `${table}.${column}`
  const lowest = from ?? `SELECT min(${key}) FROM ${table}`
  return `
    WITH RECURSIVE walk (segment, last) AS (
      SELECT (SELECT max(${key}) FROM ${table}) >> 10, (${lowest}) >> 10
      UNION ALL
      SELECT segment - 1, last FROM walk WHERE segment > last
    )
    SELECT ${table}.${key}
    FROM walk CROSS JOIN ${table} INDEXED BY ${index}
    WHERE ${table}.${key} >> 10 = walk.segment AND ${table}.${mark} = ? AND ${value} = ?`
}
