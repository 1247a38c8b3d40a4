// Lists read in slices: the same verdict as at once, about whatever bytes, while others have their turns.

import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  CRITICAL,
  thrownBy,
  untyped,
  writeExtensionField,
  writeRdn,
} from '../../../../../test/support/certificate-der.ts'
import {
  CRL_OID,
  writeCertificateIssuer,
  writeEntry,
  writeReasonCode,
  writeSerialEntry,
  writeUnsignedCrl,
} from '../../../../../test/support/crl-der.ts'
import { concatBytes } from '../../bytes/compare.ts'
import { TAG } from '../../der/tag.ts'
import { writeElement, writeExplicit, writeImplicit, writeInteger, writeSequence } from '../../der/writer.ts'
import { isPkiError } from '../../errors/errors.ts'
import { type CertificateList, parseCrl } from '../../x509/crl.ts'
import { readCrl } from './read-crl.ts'

const OTHER = writeSequence(writeRdn('2.5.4.3', 'other'))
const SMALL = writeUnsignedCrl({
  entries: [
    writeSerialEntry(0, 0x80),
    writeEntry({ extensions: [writeReasonCode(1), writeCertificateIssuer(writeExplicit(4, OTHER))] }),
    writeEntry({ serialNumber: writeInteger(3), extensions: [writeReasonCode(4)] }),
  ],
  extensions: [
    writeExtensionField(CRL_OID.crlNumber, writeInteger(7)),
    writeExtensionField(
      CRL_OID.issuingDistributionPoint,
      writeSequence(writeImplicit(4, Uint8Array.of(0xff))),
      CRITICAL,
    ),
  ],
})

// What a list says, or the refusal, in words.
function saidBy(list: CertificateList): object {
  const found = [[0, 0x80], [1], [3]].map((serial) => list.find(list.issuer, Uint8Array.from(serial)))
  return { ...list, find: found.map((entry) => JSON.stringify(entry)) }
}

function refusedBy(error: unknown): object {
  if (!isPkiError(error)) throw error
  return { code: error.code, message: error.message }
}

async function inSlices(der: Uint8Array): Promise<object> {
  try {
    return saidBy(await readCrl(der))
  } catch (error) {
    return refusedBy(error)
  }
}

function atOnce(der: Uint8Array): object {
  try {
    return saidBy(parseCrl(der))
  } catch (error) {
    return refusedBy(error)
  }
}

test('what is whole is read', async () => {
  expect(await inSlices(SMALL)).toMatchObject({ kind: 'crl', size: 3 })
})

test('what is cut off is refused as at once', async () => {
  for (let length = 0; length < SMALL.length; length++) {
    const cut = SMALL.subarray(0, length)
    expect(await inSlices(cut)).toEqual(atOnce(cut))
    expect(await inSlices(cut)).toMatchObject({ code: 'ERR_DER_TRUNCATED' })
  }
})

test('with any byte changed the verdict is that of at once', async () => {
  for (let index = 0; index < SMALL.length; index++) {
    const byte = SMALL[index] ?? 0
    for (const value of [byte ^ 1, byte ^ 0x80, 0, 0xff]) {
      const changed = SMALL.with(index, value)
      expect(await inSlices(changed)).toEqual(atOnce(changed))
    }
  }
})

test('anything else than bytes is rejected, not thrown', async () => {
  await expect(readCrl(untyped('list'))).rejects.toMatchObject({ code: 'ERR_ARG_TYPE' })
  expect(thrownBy(() => parseCrl(untyped('list')))).toMatchObject({ code: 'ERR_ARG_TYPE' })
})

test('the bytes are kept, not copied', async () => {
  expect((await readCrl(SMALL)).der).toBe(SMALL)
})

test('others have their turns meanwhile', async () => {
  const serials = Array.from({ length: 100_000 }, () => Uint8Array.of(1, ...randomBytes(15)))
  const entries = serials.map((serial) =>
    writeEntry({ serialNumber: writeElement(TAG.integer, serial), extensions: [writeReasonCode(1)] }),
  )
  const der = writeUnsignedCrl({ entriesField: writeElement(TAG.sequence, concatBytes(...entries)) })
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const began = performance.now()
  const list = await readCrl(der)
  const took = performance.now() - began
  clearInterval(timer)
  // A slice has five milliseconds; where the machine is busy with others, some come later.
  expect(turns).toBeGreaterThan(took / 25)
  expect(turns).toBeGreaterThan(2)
  expect(list.size).toBe(100_000)
  for (const serial of serials.slice(0, 1_000)) expect(list.find(list.issuer, serial)).toBeDefined()
})
