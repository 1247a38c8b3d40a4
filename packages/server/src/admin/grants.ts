// Server: what was granted, and its end: "what did this stolen certificate get? End all of it, and give it nothing more."

import type {
  BlockAnswer,
  BlocksAnswer,
  EndGrantsAnswer,
  EndGrantsInput,
  GrantAnswer,
  GrantsInput,
  LiftBlockAnswer,
  LiftBlockInput,
  PageAnswer,
} from '../contract.ts'
import type { Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { Block, GrantSelector, StoredGrant } from '../stores/contract.ts'
import type { Admission } from './admission.ts'
import { DEFAULT_PAGE } from './schema/fields.ts'
import { selectorOf } from './schema/grants.ts'

/** Grants of a selector, newest first; of all where it names none. */
export async function listGrants(
  { stores }: Service,
  input: GrantsInput,
  { now }: Admission,
): Promise<PageAnswer<GrantAnswer>> {
  const selector = selectorOf(input)
  if (selector === 'ambiguous') throw new TypeError('the schema refuses what names several')
  const { limit = DEFAULT_PAGE, before, active } = input
  const { items, next } = await stores.grants.list(selector, {
    limit,
    now: now.getTime() / 1000,
    ...(before !== undefined && { before }),
    ...(active !== undefined && { active }),
  })
  return { items: items.map(toAnswer), ...(next !== undefined && { next }) }
}

/**
 * Ends what is selected, and blocks it where that is asked for: in one unit of work, so that nothing is issued in
 * between.
 *
 * @throws {ServiceError} as {@link Admission.commit}
 */
export async function endGrants(input: EndGrantsInput, admission: Admission): Promise<EndGrantsAnswer> {
  const { selector, reason } = input
  const about = selector.kind === 'certificate' ? selector.thumbprint : undefined
  const details = { selector: { ...selector }, reason }
  const ended = admission.event('grant.ended', details, about)
  const endAt = secondsOf(admission.now)
  if (input.block !== true || selector.kind === 'grant') {
    const outcome = await admission.commit({ end: selector, endAt, audit: [ended] })
    return { ended: endedBy(outcome), blocked: false }
  }
  const block: Block = { selector, since: endAt, reason, by: admission.administrator.name }
  const blocked = admission.event('block.added', details, about)
  const outcome = await admission.commit({ end: selector, endAt, block, audit: [ended, blocked] })
  return { ended: endedBy(outcome), blocked: true }
}

/** All blocks. */
export async function listBlocks({ stores }: Service): Promise<BlocksAnswer> {
  const blocks = await stores.grants.blocks()
  return {
    items: blocks.map(({ selector, since, reason, by }) => ({
      selector,
      since: instantOf(since),
      reason,
      by,
    })),
  }
}

/**
 * Lifts a block. What it ended stays ended.
 *
 * @throws {ServiceError} ERR_SERVICE_NOT_FOUND where there is no such block, and as {@link Admission.commit}
 */
export async function liftBlock(
  { stores }: Service,
  input: LiftBlockInput,
  admission: Admission,
): Promise<LiftBlockAnswer> {
  const { reason, ...query } = input
  const selector = selectorOf(query)
  if (typeof selector !== 'object' || selector.kind === 'grant')
    throw new TypeError('the schema refuses what names no block')
  const blocks = await stores.grants.blocks()
  if (!blocks.some((block) => isSame(block.selector, selector))) {
    throw new ServiceError('ERR_SERVICE_NOT_FOUND', 'no such block', {
      publicDetail: 'there is no such block',
    })
  }
  const about = selector.kind === 'certificate' ? selector.thumbprint : undefined
  const lifted = admission.event('block.lifted', { selector: { ...selector }, reason }, about)
  await admission.commit({ unblock: selector, audit: [lifted] })
  return { lifted: selector }
}

function endedBy(outcome: Awaited<ReturnType<Admission['commit']>>): number {
  if (outcome.outcome === 'committed') return outcome.ended
  throw new TypeError('a unit without grant and policy is committed')
}

function isSame(one: GrantSelector, other: GrantSelector): boolean {
  const entries = Object.entries(one)
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([name, value]) => Reflect.get(other, name) === value)
  )
}

/** A block as answers have it. */
export function toBlockAnswer({ selector, since, reason, by }: Block): BlockAnswer {
  return { selector, since: instantOf(since), reason, by }
}

function toAnswer({ issuedAt, expiresAt, endedAt, ...grant }: StoredGrant): GrantAnswer {
  return {
    ...grant,
    issuedAt: instantOf(issuedAt),
    expiresAt: instantOf(expiresAt),
    ...(endedAt !== undefined && { endedAt: instantOf(endedAt) }),
  }
}

function secondsOf(at: Date): number {
  return Math.floor(at.getTime() / 1000)
}

function instantOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
