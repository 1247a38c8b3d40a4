// The rules of the store's contract as tests, for any engine: whoever writes another one runs the same. Instants are in
// seconds since 1970 UTC; the store under test began long before NOW.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { emptyHash, hashRecord } from '../../../packages/server/src/audit/chain.ts'
import type { AuditEvent, AuditRecord } from '../../../packages/server/src/audit/record.ts'
import type {
  Block,
  GrantRecord,
  GrantSelector,
  Stores,
  UnitOfWork,
} from '../../../packages/server/src/stores/contract.ts'
import { eventOf, grantOf, keyOf, keyRecordOf, LONG_AGO, NOW, useOf } from './kit-values.ts'

/** A store under test. */
export interface Subject {
  readonly stores: Stores
  /** Sets the clock, in seconds since 1970 UTC; NOW at first. */
  readonly setClock: (now: number) => void
  /** Closes, and opens the same state again. */
  readonly reopen: () => Promise<Stores>
  readonly dispose: () => Promise<void>
}

/** How a store under test is opened: empty, its epoch LONG_AGO at most, grants kept a day, and the given queue. */
export type SubjectFactory = (options: { readonly maxQueue: number }) => Promise<Subject>

/** Positions without gaps, sequences and hashes as chain.ts makes them. */
export function expectChain(records: readonly AuditRecord[]): void {
  let before: AuditRecord | undefined
  for (const record of records) {
    expect(record.position).toBe((before?.position ?? 0) + 1)
    expect(record.sequence).toBe(record.run === before?.run ? before.sequence + 1 : 1)
    expect(record.previous).toBe(before?.hash ?? emptyHash)
    expect(record.hash).toBe(hashRecord(record))
    before = record
  }
}

const issued = (id: string): UnitOfWork['audit'] => [eventOf('token.issued', id)]
const refused = (id: string): UnitOfWork['audit'] => [eventOf('token.refused', id)]

/** Every rule of the contract that holds for all engines. */
export function describeStores(name: string, open: SubjectFactory): void {
  describe(name, () => {
    let subject: Subject
    let stores: Stores
    beforeEach(async () => {
      subject = await open({ maxQueue: 64 })
      stores = subject.stores
    })
    afterEach(async () => await subject.dispose())

    const issue = (id: string, more: Partial<GrantRecord> = {}) =>
      stores.commit({ grant: grantOf(id, more), audit: issued(id) })
    const requests = async (): Promise<(string | undefined)[]> =>
      (await stores.audit.read({ after: 0, limit: 10_000 })).map((record) => record.requestId)

    describe('uses', () => {
      test('a fresh use is taken, with grant and audit; the same one is refused and leaves auditOtherwise alone', async () => {
        const unit = (id: string): UnitOfWork => ({
          uses: [useOf(1)],
          grant: grantOf(id),
          audit: issued(id),
          auditOtherwise: refused(`${id}-otherwise`),
        })
        expect(await stores.commit(unit('a'))).toEqual({ outcome: 'committed', ended: 0 })
        expect(await stores.commit(unit('b'))).toEqual({ outcome: 'used', index: 0 })
        expect(await stores.grants.find('a')).toEqual(grantOf('a'))
        expect(await stores.grants.find('b')).toBeUndefined()
        expect(await requests()).toEqual(['a', 'b-otherwise'])
      })

      test('of many units with one use, queued at once, exactly one counts', async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            stores.commit({ uses: [useOf(1)], grant: grantOf(`g${index}`), audit: [] }),
          ),
        )
        expect(outcomes.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1)
        expect(outcomes.filter(({ outcome }) => outcome === 'used')).toHaveLength(49)
        expect((await stores.grants.list(undefined, { limit: 100, now: NOW })).items).toHaveLength(1)
      })

      test('where one of several was taken the others stay fresh', async () => {
        await stores.commit({ uses: [useOf(2)], audit: [] })
        const outcome = await stores.commit({ uses: [useOf(1), useOf(2), useOf(3)], audit: [] })
        expect(outcome).toEqual({ outcome: 'used', index: 1 })
        expect(await stores.commit({ uses: [useOf(1)], audit: [] })).toMatchObject({ outcome: 'committed' })
        expect(await stores.commit({ uses: [useOf(3)], audit: [] })).toMatchObject({ outcome: 'committed' })
        expect(await stores.commit({ uses: [useOf(2)], audit: [] })).toMatchObject({ outcome: 'used' })
      })

      test('one key twice in a unit is used, and stays fresh', async () => {
        const outcome = await stores.commit({ uses: [useOf(1), useOf(1)], audit: [] })
        expect(outcome).toEqual({ outcome: 'used', index: 1 })
        expect(await stores.commit({ uses: [useOf(1)], audit: [] })).toMatchObject({ outcome: 'committed' })
      })

      test('the key alone decides, whatever times come with it', async () => {
        await stores.commit({ uses: [useOf(1)], audit: [] })
        const other = useOf(1, { keepUntil: NOW + 9_999, issuedAt: NOW + 5 })
        expect(await stores.commit({ uses: [other], audit: [] })).toMatchObject({ outcome: 'used' })
        const next = useOf(2, { key: Uint8Array.from(keyOf(1), (byte, index) => (index === 0 ? 1 : byte)) })
        expect(await stores.commit({ uses: [next], audit: [] })).toMatchObject({ outcome: 'committed' })
      })

      test('takes eight uses and refuses nine', async () => {
        const uses = Array.from({ length: 9 }, (_, index) => useOf(index))
        await expect(stores.commit({ uses, audit: [] })).rejects.toMatchObject({
          code: 'ERR_SERVICE_INTERNAL',
        })
        expect(await stores.commit({ uses: uses.slice(1), audit: [] })).toMatchObject({
          outcome: 'committed',
        })
      })

      test.each([31, 33, 0])('refuses a key of %i bytes, and the units beside it count', async (length) => {
        const bad = stores.commit({ uses: [useOf(1, { key: new Uint8Array(length) })], audit: issued('bad') })
        const good = stores.commit({ uses: [useOf(2)], audit: issued('good') })
        await expect(bad).rejects.toMatchObject({ code: 'ERR_SERVICE_INTERNAL' })
        expect(await good).toMatchObject({ outcome: 'committed' })
        expect(await requests()).toEqual(['good'])
      })

      test.each([
        { issuedAt: Number.NaN },
        { keepUntil: Number.NaN },
        { keepUntil: Number.POSITIVE_INFINITY },
      ])('refuses a use that says no instant: %o', async (times) => {
        const unit = { uses: [useOf(1, times)], audit: [] }
        await expect(stores.commit(unit)).rejects.toMatchObject({ code: 'ERR_SERVICE_INTERNAL' })
      })

      test('takes instants with fractions and keeps the use to its end', async () => {
        const use = useOf(1, { keepUntil: NOW + 10.5, issuedAt: NOW + 0.25 })
        expect(await stores.commit({ uses: [use], audit: [] })).toMatchObject({ outcome: 'committed' })
        await stores.prune(NOW + 11)
        expect(await stores.commit({ uses: [use], audit: [] })).toMatchObject({ outcome: 'used' })
      })

      test('what the caller does to a key afterwards does not matter', async () => {
        const key = keyOf(1)
        const first = stores.commit({ uses: [useOf(0, { key })], audit: [] })
        key.fill(9)
        expect(await first).toMatchObject({ outcome: 'committed' })
        expect(await stores.commit({ uses: [useOf(1)], audit: [] })).toMatchObject({ outcome: 'used' })
      })

      test('refuses what was made before the epoch, with auditOtherwise alone', async () => {
        const use = useOf(1, { issuedAt: LONG_AGO - 86_400 })
        const outcome = await stores.commit({
          uses: [useOf(2), use],
          grant: grantOf('a'),
          audit: issued('a'),
          auditOtherwise: refused('a'),
        })
        expect(outcome).toMatchObject({ outcome: 'before-epoch', index: 1 })
        expect(await stores.grants.find('a')).toBeUndefined()
        expect(await stores.audit.read({ after: 0, limit: 10 })).toMatchObject([{ type: 'token.refused' }])
        expect(await stores.commit({ uses: [useOf(2)], audit: [] })).toMatchObject({ outcome: 'committed' })
      })

      test('a use is remembered until its time has passed, and never counts again thereafter', async () => {
        const use = useOf(1, { keepUntil: NOW + 10 })
        await stores.commit({ uses: [use], audit: [] })
        await stores.prune(NOW + 10)
        expect(await stores.commit({ uses: [use], audit: [] })).toMatchObject({ outcome: 'used' })
        await stores.prune(NOW + 11)
        expect(await stores.commit({ uses: [use], audit: [] })).toEqual({
          outcome: 'before-epoch',
          index: 0,
          epoch: NOW + 10,
        })
        const later = useOf(1, { keepUntil: NOW + 10.5 })
        expect(await stores.commit({ uses: [later], audit: [] })).toMatchObject({ outcome: 'committed' })
      })

      test('a prune by a clock far ahead forgets nothing for good: the tokens it forgot are refused, later ones count', async () => {
        const use = useOf(1, { keepUntil: NOW + 300 })
        await stores.commit({ uses: [use], audit: [] })
        await stores.prune(NOW + 10 * 365 * 86_400)
        expect(await stores.commit({ uses: [use], audit: [] })).toMatchObject({ outcome: 'before-epoch' })
        const next = useOf(2, { keepUntil: NOW + 301 })
        expect(await stores.commit({ uses: [next], audit: [] })).toMatchObject({ outcome: 'committed' })
        stores = await subject.reopen()
        expect(await stores.commit({ uses: [use], audit: [] })).toMatchObject({ outcome: 'before-epoch' })
      })

      test('outlive the process', async () => {
        await stores.commit({ uses: [useOf(1)], audit: [] })
        stores = await subject.reopen()
        expect(await stores.commit({ uses: [useOf(1)], audit: [] })).toMatchObject({ outcome: 'used' })
        expect(await stores.commit({ uses: [useOf(2)], audit: [] })).toMatchObject({ outcome: 'committed' })
      })
    })

    describe('grants', () => {
      test('come back as they were written, whatever is in them', async () => {
        const grant = grantOf('a', {
          subject: 'CN=Zoë "\u0000\u202e\ud83d\ude00", O=\u2028',
          audience: [],
          scope: ['a b', '"', '\\'],
          binding: 'dpop',
        })
        await stores.commit({ grant, audit: [] })
        expect(await stores.grants.find('a')).toEqual(grant)
        expect((await stores.grants.list(undefined, { limit: 1, now: NOW })).items).toEqual([grant])
      })

      test('a page is newest first and goes on where it stopped', async () => {
        for (const id of ['a', 'b', 'c', 'd', 'e']) await issue(id)
        const first = await stores.grants.list(undefined, { limit: 2, now: NOW })
        expect(first.items.map(({ id }) => id)).toEqual(['e', 'd'])
        const next = async (before: string | undefined) =>
          await stores.grants.list(undefined, {
            limit: 2,
            now: NOW,
            ...(before === undefined ? {} : { before }),
          })
        const second = await next(first.next)
        expect(second.items.map(({ id }) => id)).toEqual(['c', 'b'])
        const third = await next(second.next)
        expect(third).toEqual({ items: [grantOf('a')] })
      })

      test('a last page that is full has no next', async () => {
        for (const id of ['a', 'b']) await issue(id)
        expect(await stores.grants.list(undefined, { limit: 2, now: NOW })).not.toHaveProperty('next')
      })

      test.each<[GrantSelector, string[]]>([
        [{ kind: 'grant', id: 'b' }, ['b']],
        [{ kind: 'grant', id: 'none' }, []],
        [{ kind: 'certificate', thumbprint: 't2' }, ['c', 'b']],
        [{ kind: 'identity', subject: 's2', trustAnchor: 'x' }, ['b']],
        [{ kind: 'identity', subject: 's2', trustAnchor: 'y' }, ['c']],
        [{ kind: 'identity', subject: 'x509-sha256:t2', trustAnchor: 'x' }, ['b']],
        [{ kind: 'identity', subject: 'x509-sha256:t3', trustAnchor: 'x' }, []],
        [{ kind: 'trustAnchor', trustAnchor: 'x' }, ['b', 'a']],
        [{ kind: 'trustAnchor', trustAnchor: "x' OR 1=1 --" }, []],
      ])('a selector selects, in lists and in endings: %o', async (selector, ids) => {
        await issue('a', { subject: 's1', thumbprint: 't1', trustAnchor: 'x' })
        await issue('b', { subject: 's2', thumbprint: 't2', trustAnchor: 'x' })
        await issue('c', { subject: 's2', thumbprint: 't2', trustAnchor: 'y' })
        const listed = await stores.grants.list(selector, { limit: 10, now: NOW })
        expect(listed.items.map(({ id }) => id)).toEqual(ids)
        expect(await stores.commit({ end: selector, audit: [] })).toEqual({
          outcome: 'committed',
          ended: ids.length,
        })
        const active = await stores.grants.list(undefined, { limit: 10, now: NOW, active: true })
        expect(active.items.map(({ id }) => id)).toEqual(['c', 'b', 'a'].filter((id) => !ids.includes(id)))
      })

      test.each<[string, string[]]>([
        ['dns:Host.example', ['b', 'a']],
        ['email:Me@HOST.example', ['d']],
        ['email:me@host.example', []],
        ['uri:spiffe://Host.example/a', []],
        ['uri:spiffe://host.example/a', ['e']],
        ['x509-sha256:t6', ['f']],
      ])('%s selects what a block of it covers, in lists and in endings', async (subject, ids) => {
        await issue('a', { subject: 'dns:host.example' })
        await issue('b', { subject: 'dns:HOST.example' })
        await issue('c', { subject: 'dns:host.example', trustAnchor: 'other' })
        await issue('d', { subject: 'email:Me@host.example' })
        await issue('e', { subject: 'uri:spiffe://host.example/a' })
        await issue('f', { subject: 'x509-sha256:t6', thumbprint: 't6' })
        const selector = { kind: 'identity', subject, trustAnchor: 'corp' } as const
        const listed = await stores.grants.list(selector, { limit: 10, now: NOW })
        expect(listed.items.map(({ id }) => id)).toEqual(ids)
        expect(await stores.commit({ end: selector, audit: [] })).toMatchObject({ ended: ids.length })
        const active = await stores.grants.list(selector, { limit: 10, now: NOW, active: true })
        expect(active.items).toEqual([])
      })

      test('an ending at an instant of its own does not ask a clock that was set forward', async () => {
        await issue('a', { expiresAt: NOW + 10 })
        subject.setClock(NOW + 11)
        const end = { kind: 'trustAnchor', trustAnchor: 'corp' } as const
        expect(await stores.commit({ end, audit: [] })).toMatchObject({ ended: 0 })
        expect(await stores.commit({ end, endAt: NOW + 10, audit: [] })).toMatchObject({ ended: 0 })
        expect(await stores.commit({ end, endAt: NOW + 9.9, audit: [] })).toMatchObject({ ended: 1 })
        expect(await stores.grants.find('a')).toMatchObject({ endedAt: NOW + 9 })
        await expect(stores.commit({ end, endAt: Number.NaN, audit: [] })).rejects.toMatchObject({
          code: 'ERR_SERVICE_INTERNAL',
        })
      })

      test('an ending says when and by which record; what is ended or expired already is not ended again', async () => {
        await issue('a', { expiresAt: NOW + 10 })
        await issue('b', { expiresAt: NOW + 11 })
        await issue('c', { expiresAt: NOW + 300 })
        subject.setClock(NOW + 10)
        const end = { kind: 'certificate', thumbprint: 'thumbprint-1' } as const
        await stores.commit({ end: { kind: 'grant', id: 'c' }, audit: [] })
        const outcome = await stores.commit({ end, audit: [eventOf('grant.ended', 'end')] })
        expect(outcome).toEqual({ outcome: 'committed', ended: 1 })
        expect(await stores.grants.find('a')).not.toHaveProperty('endedAt')
        expect(await stores.grants.find('b')).toMatchObject({ endedAt: NOW + 10, endedBy: '4' })
        const c = await stores.grants.find('c')
        expect(c).toMatchObject({ endedAt: NOW + 10 })
        expect(c).not.toHaveProperty('endedBy')
        expect(await stores.commit({ end, audit: [] })).toEqual({ outcome: 'committed', ended: 0 })
      })

      test('active means neither ended nor expired', async () => {
        await issue('ended')
        await issue('expired', { expiresAt: NOW })
        await issue('active', { expiresAt: NOW + 1 })
        await stores.commit({ end: { kind: 'grant', id: 'ended' }, audit: [] })
        const ids = async (active: boolean) =>
          (await stores.grants.list(undefined, { limit: 9, now: NOW, active })).items.map(({ id }) => id)
        expect(await ids(true)).toEqual(['active'])
        expect(await ids(false)).toEqual(['active', 'expired', 'ended'])
      })

      test('are kept for a day after they expired', async () => {
        await issue('a', { expiresAt: NOW })
        await issue('b', { expiresAt: NOW + 1 })
        await stores.prune(NOW + 86_400)
        expect(await stores.grants.find('a')).toBeDefined()
        await stores.prune(NOW + 86_401)
        expect(await stores.grants.find('a')).toBeUndefined()
        expect(await stores.grants.find('b')).toBeDefined()
      })

      test('a page has 1 to 1,000 grants', async () => {
        for (const limit of [0, 1_001, 1.5, Number.NaN]) {
          await expect(stores.grants.list(undefined, { limit, now: NOW })).rejects.toMatchObject({
            code: 'ERR_SERVICE_REQUEST',
          })
        }
        for (const limit of [1, 1_000]) {
          expect(await stores.grants.list(undefined, { limit, now: NOW })).toEqual({ items: [] })
        }
      })

      test.each(['', 'x', '-1', '1 OR 1', '1e3', '9'.repeat(16)])('%o is no cursor', async (before) => {
        for (const page of [
          stores.grants.list(undefined, { limit: 1, now: NOW, before }),
          stores.policies.list({ limit: 1, before }),
          stores.audit.tail({ limit: 1, before }),
        ]) {
          await expect(page).rejects.toMatchObject({ code: 'ERR_SERVICE_REQUEST' })
        }
      })
    })

    describe('blocks', () => {
      const block = (selector: Block['selector']): Block => ({
        selector,
        since: NOW,
        reason: 'lost laptop',
        by: 'ada',
      })

      test.each<[Block['selector'], boolean]>([
        [{ kind: 'certificate', thumbprint: 'thumbprint-1' }, true],
        [{ kind: 'certificate', thumbprint: 'thumbprint-2' }, false],
        [{ kind: 'identity', subject: 'spiffe://example.org/deploy', trustAnchor: 'corp' }, true],
        [{ kind: 'identity', subject: 'spiffe://example.org/deploy', trustAnchor: 'other' }, false],
        [{ kind: 'identity', subject: 'corp', trustAnchor: 'spiffe://example.org/deploy' }, false],
        [{ kind: 'trustAnchor', trustAnchor: 'corp' }, true],
        [{ kind: 'trustAnchor', trustAnchor: 'Corp' }, false],
      ])('%o covers: %o', async (selector, covers) => {
        await stores.commit({ block: block(selector), audit: [] })
        const unit = {
          grant: grantOf('a'),
          uses: [useOf(1)],
          audit: issued('a'),
          auditOtherwise: refused('b'),
        }
        const outcome = covers ? { outcome: 'blocked' } : { outcome: 'committed', ended: 0 }
        expect(await stores.commit(unit)).toEqual(outcome)
        expect(await requests()).toEqual([covers ? 'b' : 'a'])
        stores = await subject.reopen()
        expect(await stores.grants.blocks()).toEqual([block(selector)])
        expect(await stores.commit({ ...unit, uses: [useOf(2)] })).toEqual(outcome)
        await stores.commit({ unblock: selector, audit: [] })
        expect(await stores.grants.blocks()).toEqual([])
        // A refused unit took no use.
        expect(await stores.commit({ ...unit, uses: [useOf(covers ? 1 : 3)] })).toMatchObject({
          outcome: 'committed',
        })
      })

      test('counts from the unit that sets it, within one batch', async () => {
        const [before, , after] = await Promise.all([
          issue('a'),
          stores.commit({ block: block({ kind: 'trustAnchor', trustAnchor: 'corp' }), audit: [] }),
          issue('b'),
        ])
        expect(before).toMatchObject({ outcome: 'committed' })
        expect(after).toEqual({ outcome: 'blocked' })
      })

      test('names do not run into each other', async () => {
        const selector = { kind: 'identity', trustAnchor: 'a b', subject: 'c' } as const
        await stores.commit({ block: block(selector), audit: [] })
        expect(await issue('1', { trustAnchor: 'a', subject: 'b c' })).toMatchObject({ outcome: 'committed' })
        expect(await issue('2', { trustAnchor: 'a b', subject: 'c' })).toEqual({ outcome: 'blocked' })
      })

      test('a second one on the same selector takes its place', async () => {
        const selector = { kind: 'certificate', thumbprint: 't' } as const
        await stores.commit({ block: block(selector), audit: [] })
        const second = { selector, since: NOW + 1, reason: 'found it', by: 'bob' }
        await stores.commit({ block: second, audit: [] })
        expect(await stores.grants.blocks()).toEqual([second])
      })

      test('a single grant is not blocked', async () => {
        const unit = { block: block(JSON.parse('{"kind":"grant","id":"a"}')), audit: [] }
        await expect(stores.commit(unit)).rejects.toMatchObject({ code: 'ERR_SERVICE_INTERNAL' })
      })
    })

    describe('policies', () => {
      const next = (text: string) => ({
        text,
        digest: `d-${text}`,
        appliedAt: NOW,
        appliedBy: 'ada',
        comment: '',
      })

      test('versions follow each other, and whoever comes late is told', async () => {
        expect(await stores.policies.current()).toBeUndefined()
        const apply = (expected: number, text: string) =>
          stores.commit({
            policy: { expected, next: next(text) },
            audit: issued(text),
            auditOtherwise: refused(text),
          })
        expect(await Promise.all([apply(0, 'one'), apply(0, 'rival'), apply(1, 'two')])).toEqual([
          { outcome: 'committed', ended: 0, version: 1 },
          { outcome: 'conflict', version: 1 },
          { outcome: 'committed', ended: 0, version: 2 },
        ])
        expect(await apply(5, 'gap')).toEqual({ outcome: 'conflict', version: 2 })
        expect(await stores.policies.current()).toEqual({ ...next('two'), version: 2 })
        expect(await stores.policies.find(1)).toEqual({ ...next('one'), version: 1 })
        expect(await stores.policies.find(3)).toBeUndefined()
        const page = await stores.policies.list({ limit: 1 })
        expect(page).toEqual({ items: [{ ...next('two'), version: 2 }], next: '2' })
        expect(await stores.policies.list({ limit: 1, before: '2' })).toEqual({
          items: [{ ...next('one'), version: 1 }],
        })
        stores = await subject.reopen()
        expect(await apply(1, 'late')).toEqual({ outcome: 'conflict', version: 2 })
        expect(await apply(2, 'three')).toMatchObject({ version: 3 })
      })

      test('a conflict leaves nothing of its unit', async () => {
        const unit: UnitOfWork = {
          uses: [useOf(1)],
          grant: grantOf('a'),
          policy: { expected: 7, next: next('x') },
          audit: [],
        }
        expect(await stores.commit(unit)).toMatchObject({ outcome: 'conflict', version: 0 })
        expect(await stores.grants.find('a')).toBeUndefined()
        expect(await stores.commit({ uses: [useOf(1)], audit: [] })).toMatchObject({ outcome: 'committed' })
      })
    })

    describe('keys', () => {
      test('are added, their times are changed, and nothing else ever is', async () => {
        await stores.commit({ keys: [keyRecordOf('a'), keyRecordOf('b', { use: 'challenge' })], audit: [] })
        const moved = keyRecordOf('a', { activeUntil: NOW + 5, publishedUntil: NOW + 6 })
        await stores.commit({ keys: [moved], audit: [] })
        expect(await stores.keys.list()).toEqual([moved, keyRecordOf('b', { use: 'challenge' })])
        for (const change of [
          { sealed: Uint8Array.of(9) },
          { use: 'audit' },
          { algorithm: 'RS256' },
          { publicJwk: '{}' },
        ] as const) {
          const unit = { uses: [useOf(1)], keys: [keyRecordOf('a', change)], audit: issued('a') }
          await expect(stores.commit(unit)).rejects.toMatchObject({ code: 'ERR_SERVICE_INTERNAL' })
        }
        expect(await stores.keys.list()).toContainEqual(moved)
        expect(await requests()).toEqual([])
        expect(await stores.commit({ uses: [useOf(1)], audit: [] })).toMatchObject({ outcome: 'committed' })
      })

      test('one unit does not add a key twice with different content', async () => {
        const keys = [keyRecordOf('a'), keyRecordOf('a', { sealed: Uint8Array.of(9) })]
        const bad = stores.commit({ keys, audit: issued('bad') })
        const good = stores.commit({ uses: [useOf(1)], audit: issued('good') })
        await expect(bad).rejects.toMatchObject({ code: 'ERR_SERVICE_INTERNAL' })
        expect(await good).toMatchObject({ outcome: 'committed' })
        expect(await stores.keys.list()).toEqual([])
        expect(await requests()).toEqual(['good'])
      })

      test('go once nobody needs them, and not before', async () => {
        await stores.commit({ keys: [keyRecordOf('a', { publishedUntil: NOW })], audit: [] })
        expect(await stores.keys.prune(NOW)).toBe(0)
        expect(await stores.keys.prune(NOW + 1)).toBe(1)
        expect(await stores.keys.list()).toEqual([])
      })
    })

    describe('audit', () => {
      test('is one chain over runs, without gaps', async () => {
        expect(await stores.audit.head()).toBeUndefined()
        await Promise.all(Array.from({ length: 20 }, (_, index) => issue(`a${index}`)))
        const head = await stores.audit.head()
        expect(head).toMatchObject({ position: 20, sequence: 20 })
        stores = await subject.reopen()
        expect(await stores.audit.head()).toBeUndefined()
        await issue('b')
        const records = await stores.audit.read({ after: 0, limit: 100 })
        expectChain(records)
        expect(records).toHaveLength(21)
        expect(new Set(records.map(({ run }) => run)).size).toBe(2)
        expect(records[19]).toMatchObject({ hash: head?.hash, run: head?.run })
        expect(records[20]).toMatchObject({ sequence: 1, previous: head?.hash })
      })

      test('records come back as the events were', async () => {
        const event: AuditEvent = {
          type: 'admin.refused',
          at: NOW * 1000 + 0.5,
          actor: 'ada \u0000\u202e',
          details: { list: [1, 'two', null, { three: true }], text: '\ud800 "\\' },
        }
        await stores.commit({ audit: [event, eventOf('token.issued', 'x', { thumbprint: 't' })] })
        const records = await stores.audit.read({ after: 0, limit: 10 })
        expect(records[0]).toMatchObject(event)
        expect(records[0]).not.toHaveProperty('requestId')
        expect(records[1]).toMatchObject({ requestId: 'x', thumbprint: 't' })
        expectChain(records)
      })

      test('the tail is newest first, and narrows by type, request and certificate', async () => {
        const events = [
          eventOf('token.issued', 'r1', { thumbprint: 't1' }),
          eventOf('token.refused', 'r2', { thumbprint: 't1' }),
          eventOf('policy.applied', 'r3'),
          eventOf('token.issued', 'r4', { thumbprint: 't2' }),
          eventOf('key.created', 'r1'),
        ]
        await stores.commit({ audit: events })
        const tail = async (options: object) =>
          (await stores.audit.tail({ limit: 10, ...options })).items.map(({ position }) => position)
        expect(await tail({})).toEqual([5, 4, 3, 2, 1])
        expect(await tail({ types: ['token.issued'] })).toEqual([4, 1])
        expect(await tail({ types: ['policy.applied', 'key.created'] })).toEqual([5, 3])
        expect(await tail({ types: ['policy.applied', 'token.issued'] })).toEqual([4, 3, 1])
        expect(await tail({ types: [] })).toEqual([])
        expect(await tail({ requestId: 'r1' })).toEqual([5, 1])
        expect(await tail({ requestId: 'r1', types: ['key.created'] })).toEqual([5])
        expect(await tail({ thumbprint: 't1' })).toEqual([2, 1])
        expect(await tail({ thumbprint: 't1', before: '2' })).toEqual([1])
        expect(await tail({ thumbprint: 't3' })).toEqual([])
        const page = await stores.audit.tail({ limit: 2 })
        expect(page.next).toBe('4')
        expect(await tail({ before: page.next })).toEqual([3, 2, 1])
      })

      test('reads from a position on, 1 to 10,000 records', async () => {
        await stores.commit({ audit: [eventOf('key.created', 'a'), eventOf('key.created', 'b')] })
        expect(await stores.audit.read({ after: 1, limit: 10_000 })).toMatchObject([{ position: 2 }])
        expect(await stores.audit.read({ after: 0, limit: 1 })).toMatchObject([{ position: 1 }])
        expect(await stores.audit.read({ after: 2, limit: 1 })).toEqual([])
        for (const limit of [0, 10_001]) {
          await expect(stores.audit.read({ after: 0, limit })).rejects.toMatchObject({
            code: 'ERR_SERVICE_REQUEST',
          })
        }
      })

      test('keeps signed checkpoints, newest last', async () => {
        await stores.audit.addCheckpoint('one')
        await stores.audit.addCheckpoint('two')
        expect(await stores.audit.checkpoints()).toEqual(['one', 'two'])
      })
    })

    describe('clock, queue and end', () => {
      test('the mark of the clock goes forward alone', async () => {
        await stores.moveClock(NOW + 10.9)
        await stores.moveClock(NOW + 5)
        expect(await stores.clockMark()).toBe(NOW + 10)
        stores = await subject.reopen()
        expect(await stores.clockMark()).toBe(NOW + 10)
        await expect(stores.moveClock(Number.NaN)).rejects.toMatchObject({ code: 'ERR_SERVICE_INTERNAL' })
      })

      test('a full queue takes no more, changes nothing, and takes again later', async () => {
        const units = Array.from({ length: 65 }, (_, index) =>
          stores.commit({ uses: [useOf(index)], audit: issued(`${index}`) }),
        )
        const last = units.pop()
        expect(stores.health()).toMatchObject({ queued: 64 })
        await expect(last).rejects.toMatchObject({ code: 'ERR_SERVICE_OVERLOADED', retryAfterSeconds: 1 })
        for (const outcome of await Promise.all(units))
          expect(outcome).toMatchObject({ outcome: 'committed' })
        expect(stores.health()).toMatchObject({ state: 'ok', queued: 0, units: 64 })
        expect(await stores.commit({ uses: [useOf(64)], audit: [] })).toMatchObject({ outcome: 'committed' })
        expect(await requests()).toHaveLength(64)
      })

      test('a unit with nothing in it is committed', async () => {
        expect(await stores.commit({ audit: [] })).toEqual({ outcome: 'committed', ended: 0 })
      })

      test('a probe writes', async () => {
        await stores.probe()
        expect(stores.health().state).toBe('ok')
      })

      test('closing waits for what is queued, takes nothing more, and can be repeated', async () => {
        const unit = stores.commit({ uses: [useOf(1)], audit: [] })
        const closing = stores.close()
        expect(await unit).toMatchObject({ outcome: 'committed' })
        await closing
        await stores.close()
        await expect(stores.commit({ audit: [] })).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
        await expect(stores.grants.find('a')).rejects.toMatchObject({ code: 'ERR_SERVICE_STORE' })
        stores = await subject.reopen()
        expect(await stores.commit({ uses: [useOf(1)], audit: [] })).toMatchObject({ outcome: 'used' })
      })
    })
  })
}
