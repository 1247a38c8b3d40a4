// Server: the stored audit log, checked where it lies: its chain, the newest signed checkpoints, and the end that this run
// has written. Who holds both the store and the audit key can answer anything here: an export that was kept elsewhere
// says more (`ingam audit verify`).

import type { AuditRecord, Checkpoint } from '../audit/record.ts'
import { type ChainReport, createChainVerifier } from '../audit/verify.ts'
import type { AuditFindingAnswer, VerifyAuditAnswer, VerifyAuditInput } from '../contract.ts'
import type { JsonRecord } from '../json.ts'
import type { Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import { MAX_VERIFIED } from './schema/audit.ts'

type Place = Omit<Checkpoint, 'at'>

/**
 * Makes the verification; one runs at a time.
 *
 * @returns a function that throws {ServiceError} ERR_SERVICE_OVERLOADED while another call is verifying,
 *   ERR_SERVICE_NOT_FOUND where there is no record at `after`, and as the store's reads
 */
export function createAuditVerification(
  service: Pick<Service, 'stores' | 'keys'>,
): (input: VerifyAuditInput) => Promise<VerifyAuditAnswer> {
  let isRunning = false
  return async (input) => {
    if (isRunning) {
      throw new ServiceError('ERR_SERVICE_OVERLOADED', 'the audit log is being verified', {
        retryAfterSeconds: 5,
      })
    }
    isRunning = true
    try {
      return await verifyStored(service, input)
    } finally {
      isRunning = false
    }
  }
}

async function verifyStored(
  { stores, keys }: Pick<Service, 'stores' | 'keys'>,
  { after = 0, limit = MAX_VERIFIED }: VerifyAuditInput,
): Promise<VerifyAuditAnswer> {
  const jwks = keys.jwks('audit')
  // Before the end is asked for: what was signed by now must be there by then.
  const signed = await stores.audit.checkpoints()
  const head = await stores.audit.head()
  const begin = after === 0 ? undefined : await placeAt(stores, after)
  const end = Math.min(after + limit, head?.position ?? Number.MAX_SAFE_INTEGER)
  const isWhole = end === head?.position
  const chosen = chooseCheckpoints(signed, jwks.keys, isWhole ? Number.MAX_SAFE_INTEGER : end)
  const verifier = createChainVerifier({
    keys: jwks,
    checkpoints: chosen.known,
    maxFindings: MAX_FINDINGS,
    ...(begin !== undefined && { after: begin }),
  })
  let position = after
  while (position < end) {
    const page = await stores.audit.read({ after: position, limit: Math.min(PAGE_RECORDS, end - position) })
    for (const record of page) verifier.add(record)
    const reached = page.at(-1)?.position ?? position
    // The log is shorter than it was written, or repeats itself: what was read tells.
    if (reached <= position) break
    position = reached
  }
  const report = verifier.finish()
  // Also where a part was asked for, and the log ends within it: this run has written beyond.
  const finding = head !== undefined && (isWhole || position < end) ? headFinding(head, report) : undefined
  const findings = [...report.findings, ...(finding === undefined ? [] : [finding])]
  const findingCount = report.findingCount + (finding === undefined ? 0 : 1)
  return {
    ok: findingCount === 0,
    records: report.records,
    last: report.last?.position ?? 0,
    // Without a record of this run there is no end that is known: it is where nothing more is stored.
    complete: isWhole || position < end,
    checkpoints: report.checkpoints,
    checkpointsWithoutKey: chosen.withoutKey,
    signedUpTo: report.signedUpTo,
    findings,
    findingCount,
  }
}

// LIMIT: records between which other requests are answered: a few milliseconds of hashing.
const PAGE_RECORDS = 500
// LIMIT: each costs a signature check, and one that agrees vouches for all records before it.
const MAX_CHECKPOINTS = 100
const MAX_FINDINGS = 100

async function placeAt({ audit }: Service['stores'], position: number): Promise<Place> {
  const [record]: readonly (AuditRecord | undefined)[] = await audit.read({ after: position - 1, limit: 1 })
  if (record?.position === position) {
    const { run, sequence, hash } = record
    return { run, position, sequence, hash }
  }
  throw new ServiceError('ERR_SERVICE_NOT_FOUND', `no record at ${position}`, {
    publicDetail: `after: there is no record at position ${position}`,
  })
}

interface Chosen {
  readonly known: readonly string[]
  readonly withoutKey: number
}

// By what they claim: it only decides which are looked at. One that cannot be read is looked at, and found.
function chooseCheckpoints(signed: readonly string[], keys: readonly JsonRecord[], end: number): Chosen {
  const claimed = signed.map((text) => ({
    text,
    position: claimOf(text, 1, 'position'),
    kid: claimOf(text, 0, 'kid'),
  }))
  const newest = claimed
    .filter(({ position }) => typeof position !== 'number' || position <= end)
    .slice(-MAX_CHECKPOINTS)
  // A key that was pruned after its time makes no old checkpoint wrong.
  const known = newest.filter(({ kid }) => typeof kid !== 'string' || keys.some((key) => key['kid'] === kid))
  return { known: known.map(({ text }) => text), withoutKey: newest.length - known.length }
}

function claimOf(signed: string, part: 0 | 1, name: string): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(signed.split('.')[part] ?? '', 'base64url').toString())
    return Reflect.get(Object(value), name)
  } catch {
    // It claims nothing that can be read; the verifier of the chain says so.
    return undefined
  }
}

// This run knows the end that it has written itself, whatever the store says now.
function headFinding(head: Place, { last }: ChainReport): AuditFindingAnswer | undefined {
  if (last?.position === head.position && last.hash === head.hash && last.run === head.run) return undefined
  return {
    kind: 'head',
    position: head.position,
    expected: `record ${head.hash}`,
    found: last === undefined ? 'no record' : `the end at ${last.position}, record ${last.hash}`,
  }
}
