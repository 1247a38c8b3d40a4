// Server: the audit log as administrators read it, take it away and have it checked.

import { exportAudit } from '../audit/export.ts'
import type { AuditRecord } from '../audit/record.ts'
import type {
  AuditInput,
  CheckpointsAnswer,
  CheckpointsInput,
  ExportAuditInput,
  PageAnswer,
} from '../contract.ts'
import type { Service } from '../service.ts'
import { MAX_EXPORT } from './schema/audit.ts'
import { DEFAULT_PAGE } from './schema/fields.ts'

/** Records, newest first. */
export async function listAudit(
  { stores }: Service,
  { limit = DEFAULT_PAGE, before, type, requestId, thumbprint }: AuditInput,
): Promise<PageAnswer<AuditRecord>> {
  return await stores.audit.tail({
    limit,
    ...(before !== undefined && { before }),
    ...(type !== undefined && { types: type }),
    ...(requestId !== undefined && { requestId }),
    ...(thumbprint !== undefined && { thumbprint }),
  })
}

/** The newest signed checkpoints, newest last, with the keys that verify them. */
export async function listCheckpoints(
  { stores, keys }: Service,
  { limit = DEFAULT_PAGE }: CheckpointsInput,
): Promise<CheckpointsAnswer> {
  const all = await stores.audit.checkpoints()
  const items = all.slice(-limit)
  return { items, older: all.length - items.length, jwks: keys.jwks('audit') }
}

/**
 * Lines of records in order, and the signed checkpoint where the end of the log is among them. What goes wrong before the
 * first lines is thrown; after that the stream breaks off.
 *
 * @throws {ServiceError} ERR_SERVICE_KEYS, ERR_SERVICE_CLOCK, ERR_SERVICE_STORE
 */
export async function streamAudit(
  { stores, keys, clock }: Pick<Service, 'stores' | 'keys' | 'clock'>,
  { after = 0, limit = MAX_EXPORT }: ExportAuditInput,
): Promise<ReadableStream<Uint8Array>> {
  const pageSize = Math.min(limit, PAGE_RECORDS)
  const lines = firstOf(exportAudit({ stores, keys, clock: clock.now, after, pageSize }), limit)
  let next: string | undefined = await joined(lines)
  return new ReadableStream({
    async pull(controller) {
      if (next === undefined) controller.close()
      else controller.enqueue(encoder.encode(next))
      next = next === undefined ? undefined : await joined(lines)
    },
    async cancel() {
      await lines.return()
    },
  })
}

const encoder = new TextEncoder()
// LIMIT: records that are read and sent in one piece; some hundred KiB.
const PAGE_RECORDS = 500

// A checkpoint speaks of the end of the log, and stands behind all its records or nowhere.
async function* firstOf(
  lines: AsyncGenerator<string, void, undefined>,
  limit: number,
): AsyncGenerator<string, void, undefined> {
  let records = 0
  for await (const line of lines) {
    if (!line.startsWith('{"checkpoint":')) records += 1
    if (records > limit) return
    yield line
  }
}

async function joined(lines: AsyncGenerator<string, void, undefined>): Promise<string | undefined> {
  let text = ''
  for (let count = 0; count < PAGE_RECORDS; count++) {
    const { done, value } = await lines.next()
    if (done === true) break
    text += `${value}\n`
  }
  return text === '' ? undefined : text
}
