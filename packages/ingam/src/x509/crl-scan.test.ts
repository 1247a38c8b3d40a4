// Entries of lists: the usual shape, recognised in place, is what the strict reader reads; and an entry is found by number and
// issuer however many there are, in whatever order they stand.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeRawInteger } from '../../../../test/support/certificate-der.ts'
import { writeEntry, writeReasonCode } from '../../../../test/support/crl-der.ts'
import { concatBytes } from '../bytes/compare.ts'
import { DerReader } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { writeElement, writeSequence, writeTime } from '../der/writer.ts'
import { isPkiError } from '../errors/errors.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { type CertificateList, parseCrl, readInSteps } from './crl.ts'
import { type Entry, readEntry } from './crl-entry.ts'
import { CRL_REASONS } from './crl-reason.ts'
import { createScannedEntry, scanEntry } from './crl-scan.ts'

const AT = new Date('2026-06-01T12:00:00Z')
const ca = await createTestCa({ at: AT })
const elsewhere = await createTestCa({ at: AT, name: 'elsewhere' })

const reasonExtension = (reason: number): Uint8Array =>
  Uint8Array.of(0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01, reason)

const serial = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .filter(
    ([first = 0, second = 0], ..._rest) =>
      !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80),
  )

const entryDer = fc
  .record({
    serial,
    date: fc.date({ min: new Date('1950-01-01'), max: new Date('2120-01-01'), noInvalidDate: true }),
    reason: fc.option(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 8, 9, 10)),
  })
  .map(({ serial, date, reason }) => ({
    serial,
    date: new Date(Math.floor(date.getTime() / 1000) * 1000),
    reason,
    der: writeSequence(
      writeElement(TAG.integer, serial),
      writeTime(new Date(Math.floor(date.getTime() / 1000) * 1000)),
      ...(reason === null ? [] : [reasonExtension(reason)]),
    ),
  }))

function strictly(der: Uint8Array): Entry | undefined {
  try {
    return readEntry(new DerReader(der, 0, der.length, 2))
  } catch (error) {
    if (isPkiError(error)) return undefined
    throw error
  }
}

describe('the usual shape', () => {
  test('is recognised, and says what was written', () => {
    const room = createScannedEntry()
    fc.assert(
      fc.property(entryDer, ({ der, serial, date, reason }) => {
        // A serial number of one octet that is zero is as usual as any.
        expect(scanEntry(der, 0, der.length, room)).toBe(true)
        expect(der.subarray(room.serialFrom, room.serialTo)).toEqual(serial)
        expect(room).toMatchObject({ end: der.length, revocationDate: date.getTime(), reason: reason ?? -1 })
      }),
      { numRuns: 1_000 },
    )
  })

  test('changed in any way is what the strict reader reads, or is left to it', () => {
    const room = createScannedEntry()
    fc.assert(
      fc.property(
        entryDer,
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.constantFrom('change', 'cut', 'add'),
        ({ der }, place, byte, how) => {
          const at = place % der.length
          const changed =
            how === 'change'
              ? der.with(at, byte)
              : how === 'cut'
                ? concatBytes(der.subarray(0, at), der.subarray(at + 1))
                : concatBytes(der.subarray(0, at), Uint8Array.of(byte), der.subarray(at))
          if (!scanEntry(changed, 0, changed.length, room)) return
          const read = strictly(changed.subarray(0, room.end))
          expect(read).toMatchObject({
            serialNumber: changed.slice(room.serialFrom, room.serialTo),
            revocationDate: room.revocationDate,
          })
          expect(read?.reason).toBe(room.reason < 0 ? undefined : CRL_REASONS[room.reason])
        },
      ),
      { numRuns: 20_000 },
    )
  })

  test.each<[string, Uint8Array]>([
    ['without a reason', writeEntry()],
    ['with one', writeEntry({ extensions: [writeReasonCode(1)] })],
    [
      'of 20 octets',
      writeEntry({
        serialNumber: writeRawInteger(0x7f, ...Array.from({ length: 19 }, (_, index) => index)),
        extensions: [writeReasonCode(1)],
      }),
    ],
  ])('%s, with any one octet changed to any other, is read alike or left to the strict reader', (_, der) => {
    let recognised = 0
    for (let index = 0; index < der.length; index++) {
      for (let value = 0; value < 256; value++) {
        const changed = der.with(index, value)
        const room = createScannedEntry()
        if (!scanEntry(changed, 0, changed.length, room)) continue
        recognised++
        const reader = new DerReader(changed, 0, changed.length, 0)
        const { serialNumber, revocationDate, reason } = readEntry(reader)
        expect(reader.offset).toBe(room.end)
        expect(changed.subarray(room.serialFrom, room.serialTo)).toEqual(serialNumber)
        expect(room.revocationDate).toBe(revocationDate)
        expect(CRL_REASONS[room.reason]).toBe(reason)
      }
    }
    // At least by the octets of the serial number.
    expect(recognised).toBeGreaterThan(256)
    for (let end = 0; end < der.length; end++)
      expect(scanEntry(der, 0, end, createScannedEntry())).toBe(false)
  })

  test('ends within its list', () => {
    const der = writeSequence(writeElement(TAG.integer, Uint8Array.of(1)), writeTime(AT))
    const room = createScannedEntry()
    expect(scanEntry(der, 0, der.length, room)).toBe(true)
    expect(scanEntry(der, 0, der.length - 1, room)).toBe(false)
  })
})

async function listOf(serials: readonly Uint8Array[]): Promise<CertificateList> {
  const revoked = serials.map((serialNumber) => ({ serialNumber }))
  return parseCrl((await ca.crl({ revoked })).der)
}

describe('look-up', () => {
  const { subject } = ca.certificate

  test('finds all that is there and nothing else, whatever the numbers are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(serial, { minLength: 1, maxLength: 300 }),
        fc.array(serial, { maxLength: 50 }),
        async (there, others) => {
          const list = await listOf(there)
          const known = new Set(there.map((bytes) => bytes.join()))
          for (const bytes of there) expect(list.find(subject, bytes)?.serialNumber).toEqual(bytes)
          for (const bytes of others)
            expect(list.find(subject, bytes) !== undefined).toBe(known.has(bytes.join()))
        },
      ),
      { numRuns: 50 },
    )
  })

  test.each<[string, (index: number) => Uint8Array]>([
    ['one after the other', (index) => Uint8Array.of(1, 0, index >> 8, index & 255)],
    ['in falling order', (index) => Uint8Array.of(1, 0, (5_000 - index) >> 8, (5_000 - index) & 255)],
    [
      'that differ in their last octets alone',
      (index) => Uint8Array.of(...new Uint8Array(17).fill(7), index >> 8, index & 255),
    ],
    [
      'of many lengths',
      (index) => Uint8Array.of(...new Uint8Array(index % 17).fill(9), 1 + (index >> 8), index & 255),
    ],
    ['that are negative', (index) => Uint8Array.of(0x80, index >> 8, index & 255)],
  ])('in five thousand numbers %s', async (_what, numberAt) => {
    const numbers = Array.from({ length: 5_000 }, (_, index) => numberAt(index))
    const list = await listOf(numbers)
    expect(list.size).toBe(5_000)
    for (const number of numbers) expect(list.find(subject, number)?.serialNumber).toEqual(number)
    expect(list.find(subject, Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0xff))).toBeUndefined()
    expect(list.find(subject, Uint8Array.of(0x7f))).toBeUndefined()
    expect(list.find(subject, new Uint8Array(0))).toBeUndefined()
    expect(list.find(subject, new Uint8Array(40).fill(1))).toBeUndefined()
    expect(list.find(elsewhere.certificate.subject, numberAt(7))).toBeUndefined()
  })

  test('of several entries for one certificate takes the last', async () => {
    const serialNumber = Uint8Array.of(7)
    const revoked = [
      ...Array.from({ length: 100 }, (_, index) => ({ serialNumber: Uint8Array.of(8, index) })),
      { serialNumber, reason: 'certificateHold' as const },
      { serialNumber, reason: 'keyCompromise' as const },
      ...Array.from({ length: 100 }, (_, index) => ({ serialNumber: Uint8Array.of(6, index) })),
    ]
    const list = parseCrl((await ca.crl({ revoked })).der)
    expect(list.find(subject, serialNumber)?.reason).toBe('keyCompromise')
  })

  test('hands out dates of its own each time', async () => {
    const list = await listOf([Uint8Array.of(1)])
    const found = list.find(subject, Uint8Array.of(1))
    found?.revocationDate.setFullYear(1999)
    expect(found?.revocationDate).toEqual(new Date('2026-06-01T11:00:00Z'))
    expect(Object.isFrozen(found)).toBe(true)
  })

  test('hands out dates that JSON has too', async () => {
    const entries = [
      { serialNumber: Uint8Array.of(1), invalidityDate: AT },
      { serialNumber: Uint8Array.of(2) },
    ]
    const list = parseCrl((await ca.crl({ revoked: entries })).der)
    const [invalid, plain] = entries.map(({ serialNumber }) =>
      JSON.parse(JSON.stringify(list.find(subject, serialNumber))),
    )
    const shared = { reason: 'unspecified', revocationDate: '2026-06-01T11:00:00.000Z' }
    expect(invalid).toEqual({ serialNumber: { 0: 1 }, ...shared, invalidityDate: AT.toISOString() })
    expect(plain).toEqual({ serialNumber: { 0: 2 }, ...shared })
  })
})

test('a list of many is read in many small steps', async () => {
  const numbers = Array.from({ length: 20_000 }, (_, index) =>
    Uint8Array.of(1, index >> 16, (index >> 8) & 255, index & 255),
  )
  const revoked = numbers.map((serialNumber) => ({ serialNumber }))
  const { der } = await ca.crl({ revoked })
  const steps = readInSteps(der)
  let count = 0
  let step = steps.next()
  for (; step.done !== true; step = steps.next()) count++
  // Each entry is read once, and moved once for each doubling while it is sorted: a step has at most 1,024 or 4,096 of these.
  expect(count).toBeGreaterThan(20_000 / 1_024 + (20_000 * 14) / 4_096)
  expect(step.value.find(ca.certificate.subject, Uint8Array.of(1, 0, 0x4e, 0x1f))).toBeDefined()
})

test('a list of large entries is read in steps that are no larger', async () => {
  const revoked = Array.from({ length: 200 }, (_, index) => ({
    serialNumber: Uint8Array.of(1, index),
    extensions: [{ oid: '1.2.3', value: new Uint8Array(12_000) }],
  }))
  const { der } = await ca.crl({ revoked })
  let count = 0
  for (const steps = readInSteps(der); steps.next().done !== true; ) count++
  // At most two of twelve thousand bytes each.
  expect(count).toBeGreaterThanOrEqual(100)
})
