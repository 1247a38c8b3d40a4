// Distinguished names as text: only the printed form is taken, and no attribute can be made up of another's value.

import fc from 'fast-check'
import { createTestCa } from 'ingam/testing'
import { equalNames, formatName, parseCertificate } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { encodePrintedName, isOid, parsePrintedName, splitName } from './distinguished-name.ts'

describe('parsePrintedName', () => {
  test.each([
    'CN=a',
    'CN=a,OU=b,O=c',
    'CN=a+OU=b,O=c',
    'CN=',
    'CN=a b',
    String.raw`CN=a\,b`,
    String.raw`CN=\ a`,
    String.raw`CN=a\ `,
    String.raw`CN=\#a`,
    String.raw`CN=\\\"\+\;\<\>`,
    String.raw`CN=a\u{202e}b`,
    'CN=#0c0161',
    '1.2.3.4=a',
    'CN=홍길동',
    'CN=a=b',
  ])('%s is one', (text) => expect(parsePrintedName(text)).toBeDefined())

  test.each([
    '',
    'a',
    '=a',
    'cn=a',
    'CN =a',
    'CN=a, OU=b',
    'CN=a,',
    ',CN=a',
    'CN=a+',
    'CN= a',
    'CN=a ',
    'CN=a\\',
    'CN=a;b',
    'CN="a"',
    'CN=<a>',
    String.raw`CN=a\=b`,
    String.raw`CN=a\2Cb`,
    String.raw`CN=a\u{41}`,
    String.raw`CN=\u{ffffff}`,
    'CN=#0C01',
    'CN=#a',
    'CN=#',
    'CN=a\u{202e}b',
    'CN=a\nb',
    'CN=a…b',
    '2.5.4.3=a',
    '3.1=a',
    'XX=a',
  ])('%s is none', (text) => expect(parsePrintedName(text)).toBeUndefined())
})

test.each([
  ['a value of 240 characters', `CN=${'a'.repeat(240)}`, true],
  ['a value of 241, which is cut where it is printed', `CN=${'a'.repeat(241)}`, false],
  ['1024 characters', `${'CN=a,'.repeat(203)}CN=abcdef`, true],
  ['1025 characters', `${'CN=a,'.repeat(203)}CN=abcdefg`, false],
])('%s is one: %s', (_, text, verdict) => expect(parsePrintedName(text) !== undefined).toBe(verdict))

test('text is cut into parts at separators that are not escaped, and nothing of it is lost', () => {
  expect(splitName(String.raw`CN=a\,b,O=c+OU=d`)).toEqual([
    { separator: '', text: String.raw`CN=a\,b`.replace('\\\\', '\\') },
    { separator: ',', text: 'O=c' },
    { separator: '+', text: 'OU=d' },
  ])
  expect(splitName('CN=a,O=b\\')).toBeUndefined()
})

describe('encodePrintedName', () => {
  const attribute = fc.tuple(
    fc.constantFrom('CN', 'OU', 'O', 'DC', 'UID', 'emailAddress', '1.2.3.4', '2.999.1234567'),
    fc.string({
      unit: fc.constantFrom('a', 'B', ' ', ',', '+', '"', '\\', '#', '=', ';', '<', '>', '1', '.'),
      maxLength: 8,
    }),
  )

  test('is the name that is printed so', async () => {
    const ca = await createTestCa()
    await fc.assert(
      fc.asyncProperty(fc.array(attribute, { minLength: 1, maxLength: 5 }), async (attributes) => {
        const text = attributes.map(([type, value]) => `${type}=${escaped(value)}`).join(',')
        const der = encodePrintedName(text)
        if (der === undefined) throw new Error(`${text} is printed`)
        const { certificate } = await ca.issue({ subjectName: der })
        expect(formatName(certificate.subject)).toBe(text)
        expect(splitName(text)).toHaveLength(attributes.length)
      }),
      { numRuns: 60 },
    )
  })

  test('is equal to the name of a certificate, whatever the kind of its strings', async () => {
    const ca = await createTestCa()
    const { certificate } = await ca.issue({ name: 'deploy' })
    const der = encodePrintedName(formatName(certificate.subject))
    if (der === undefined) throw new Error('it is printed')
    const again = await ca.issue({ subjectName: der })
    expect(equalNames(again.certificate.subject, certificate.subject)).toBe(true)
    expect(equalNames(parseCertificate(again.der).subject, ca.certificate.subject)).toBe(false)
  })

  test('orders the attributes of an RDN', () => {
    expect(encodePrintedName('OU=b+CN=a')).toEqual(encodePrintedName('CN=a+OU=b'))
  })

  test('long names have lengths of two octets', async () => {
    const ca = await createTestCa()
    const text = `CN=${'a'.repeat(200)},O=${'b'.repeat(200)}`
    const { certificate } = await ca.issue({ subjectName: encodePrintedName(text) ?? new Uint8Array() })
    expect(formatName(certificate.subject)).toBe(text)
  })
})

test.each([
  ['1.3.6.1.5.5.7.3.2', true],
  ['2.999', false],
  ['2.999.1', true],
  ['1.40.1', false],
  ['3.1.1', false],
  ['1.2.03', false],
  ['1.2.', false],
  ['clientAuth', false],
])('%s is an OID: %s', (text, verdict) => expect(isOid(text)).toBe(verdict))

test('an OID has 128 characters at most', () => {
  expect(isOid(`1.2.34${'.1'.repeat(61)}`)).toBe(true)
  expect(isOid(`1.2.345${'.1'.repeat(61)}`)).toBe(false)
})

function escaped(value: string): string {
  return value.replaceAll(/["+,;<>\\]/gu, String.raw`\$&`).replaceAll(/^[ #]|(?<=.) $/gsu, String.raw`\$&`)
}
