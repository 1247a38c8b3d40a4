// Server: verifies the audit log, record by record in order, from an export or from a store. The chain alone tells what
// was changed, removed, inserted or reordered before its end; only signed checkpoints tell that the end was cut off, or
// that the whole was written anew.

import { escapeText } from 'ingam'
import { emptyHash, encodeLine, hashRecord } from './chain.ts'
import { type Jwks, verifyCheckpoint } from './checkpoint.ts'
import type { AuditRecord, Checkpoint } from './record.ts'
import { isJsonRecord, readRecord } from './shape.ts'

/** What is wrong. */
export type FindingKind =
  /** Not a record in its one spelling. */
  | 'malformed'
  /** The record is not what its hash was made over. */
  | 'changed'
  /** Positions do not follow on each other: records are missing, doubled or out of order. */
  | 'position'
  /** The record does not name the one before it. */
  | 'link'
  /** The number within the run does not follow, or the run had ended before. */
  | 'run'
  /** A checkpoint does not verify: it proves nothing. */
  | 'checkpoint-refused'
  /** A verified checkpoint speaks of another record at this position: the log was written anew. */
  | 'checkpoint-mismatch'
  /** A verified checkpoint speaks of a record behind the end: the log was cut. */
  | 'checkpoint-beyond'

/** One thing that is wrong. */
export interface Finding {
  readonly kind: FindingKind
  /** Of the record; of a line that is none, where it should be. */
  readonly position: number
  readonly expected: string
  readonly found: string
}

/** What came of it. */
export interface ChainReport {
  readonly records: number
  readonly runs: number
  readonly last: Omit<Checkpoint, 'at'> | undefined
  /** The first findings, in order of discovery. */
  readonly findings: readonly Finding[]
  /** How many there are in all; 0 for a log in which nothing was found. */
  readonly findingCount: number
  /** Verified checkpoints whose record stood where they say, with the same hash. */
  readonly checkpoints: number
  /** Up to here the log is as it was signed; 0 without a checkpoint. What follows could be cut without a trace. */
  readonly signedUpTo: number
}

/** What a verifier is given beside the records. */
export interface ChainVerifierOptions {
  /** The audit keys of the service, obtained another way than the log; without them no checkpoint verifies. */
  readonly keys?: Jwks
  /** Checkpoints that were kept, in any order. */
  readonly checkpoints?: readonly string[]
  /** Where the records begin, if not at the log's first: the place and hash of the record before, from a trusted source. */
  readonly after?: Omit<Checkpoint, 'at'>
  /** Findings kept; default 100. More are counted. */
  readonly maxFindings?: number
}

/** Takes records in order. */
export interface ChainVerifier {
  readonly add: (record: AuditRecord) => void
  /** A line of an export, without its end: a record, or a checkpoint for a record that is not before the last. */
  readonly addLine: (line: string) => void
  /** To be called once, after the last record. */
  readonly finish: () => ChainReport
}

// LIMIT: the longest records hold a policy decision over 100 profiles, some 40 KiB.
const MAX_LINE_CHARACTERS = 1_048_576

/**
 * A verifier of one log. It keeps no records; memory grows with the number of runs and of checkpoints.
 *
 * **Not found, whatever is handed in**: records that were never written; a log written anew together with all its
 * checkpoints by someone who holds the audit key; a tail cut off behind the last checkpoint (see `signedUpTo`).
 */
export function createChainVerifier(options: ChainVerifierOptions = {}): ChainVerifier {
  const maxFindings = options.maxFindings ?? 100
  const findings: Finding[] = []
  let findingCount = 0
  let records = 0
  let checkpoints = 0
  let signedUpTo = 0
  let last: Omit<Checkpoint, 'at'> | undefined = options.after
  const runs = new Set<string>(last === undefined ? [] : [last.run])
  const awaited = new Map<number, Checkpoint[]>()
  for (const signed of options.checkpoints ?? []) addCheckpoint(signed)

  return {
    add: (record) => {
      const read = readRecord(record)
      if (read === undefined) report('malformed', nextPosition(), 'an audit record', 'something else')
      else addRecord(read)
    },
    addLine: (line) => {
      const value = parse(line)
      if (isJsonRecord(value) && typeof value['checkpoint'] === 'string' && Object.keys(value).length === 1) {
        addCheckpoint(value['checkpoint'])
        return
      }
      const record = readRecord(value)
      if (record === undefined) {
        report('malformed', nextPosition(), 'a line with an audit record', 'something else')
        return
      }
      // A member that stands there twice, or a number in another spelling, would be read one way here and another there.
      if (encodeLine(record) !== line) {
        report('malformed', record.position, 'the canonical spelling of the record', 'another spelling')
      }
      addRecord(record)
    },
    finish: () => {
      const end = last?.position ?? 0
      for (const [position, list] of awaited) {
        // Where the log goes on behind it, its record was taken out; that was reported, but not that it had been signed.
        const [kind, found] =
          position > end
            ? (['checkpoint-beyond', `the end at ${end}`] as const)
            : (['checkpoint-mismatch', 'no record'] as const)
        for (const { hash } of list) report(kind, position, `record ${hash}`, found)
      }
      return Object.freeze({
        records,
        runs: runs.size,
        last,
        findings: Object.freeze([...findings]),
        findingCount,
        checkpoints,
        signedUpTo,
      })
    },
  }

  function addRecord(record: AuditRecord): void {
    const { position, run, sequence, previous, hash } = record
    const computed = hashRecord(record)
    if (computed !== hash) report('changed', position, `hash ${hash}`, `hash ${computed}`)
    if (position !== nextPosition())
      report('position', position, `position ${nextPosition()}`, `position ${position}`)
    const expected = last?.hash ?? emptyHash
    if (previous !== expected) report('link', position, `previous ${expected}`, `previous ${previous}`)
    if (last !== undefined && run === last.run) {
      checkSequence(record, last.sequence + 1)
    } else {
      if (runs.has(run)) report('run', position, 'a run that had not ended', `run ${escapeText(run)} again`)
      checkSequence(record, 1)
    }
    runs.add(run)
    records += 1
    // What follows is held against what stands here, so that one fault is not told of again at each later record.
    last = { run, position, sequence, hash }
    for (const checkpoint of awaited.get(position) ?? []) compare(checkpoint, last)
    awaited.delete(position)
  }

  function checkSequence({ position, sequence }: AuditRecord, expected: number): void {
    if (sequence === expected) return
    report('run', position, `sequence ${expected}`, `sequence ${sequence}`)
  }

  function addCheckpoint(signed: string): void {
    const verdict = verifyCheckpoint(signed, options.keys ?? { keys: [] })
    if (verdict.kind === 'refused') {
      report('checkpoint-refused', last?.position ?? 0, 'a checkpoint by the audit key', verdict.problem)
      return
    }
    const { checkpoint } = verdict
    const { position } = checkpoint
    const end = last?.position ?? 0
    if (position > end) awaited.set(position, [...(awaited.get(position) ?? []), checkpoint])
    else if (last !== undefined && position === end) compare(checkpoint, last)
    // Hashes that have passed are not kept: such a checkpoint belongs into the options. One from before the beginning of
    // a part of a log has nothing to say of that part.
    else if (position > (options.after?.position ?? 0)) {
      report('checkpoint-refused', position, `a checkpoint for record ${end} or later`, `one for ${position}`)
    }
  }

  function compare(checkpoint: Checkpoint, record: Omit<Checkpoint, 'at'>): void {
    const { position, run, sequence, hash } = record
    if (checkpoint.hash === hash && checkpoint.run === run && checkpoint.sequence === sequence) {
      checkpoints += 1
      signedUpTo = position
      return
    }
    report('checkpoint-mismatch', position, `record ${checkpoint.hash}`, `record ${hash}`)
  }

  function nextPosition(): number {
    return (last?.position ?? 0) + 1
  }

  function report(kind: FindingKind, position: number, expected: string, found: string): void {
    findingCount += 1
    if (findings.length < maxFindings) findings.push(Object.freeze({ kind, position, expected, found }))
  }
}

function parse(line: string): unknown {
  if (line.length > MAX_LINE_CHARACTERS) return undefined
  try {
    return JSON.parse(line)
  } catch {
    // Whatever it is, it is no record: the caller reports it.
    return undefined
  }
}
