// Which addresses are never connected to, in every form that an address has.

import { describe, expect, test } from 'vitest'
import { addressProblem, checkedLookup, type Lookup, literalAddress } from './address-rules.ts'

describe('an address that may be asked', () => {
  test.each([
    '192.0.2.1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '1.0.0.0',
    '223.255.255.255',
    '2001:db8::1',
    'fd00::1',
    'fd00:ec2::253',
    'fe7f::1',
    '::ffff:192.0.2.1',
    '64:ff9b::192.0.2.1',
    '2002:c000:201::1',
  ])('%s', (address) => {
    expect([addressProblem(address, 'refuse'), addressProblem(address, 'allow')]).toEqual([
      undefined,
      undefined,
    ])
  })
})

describe('an address that is never asked', () => {
  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.255.255',
    '100.100.100.200',
    '192.0.0.192',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'ff02::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::169.254.169.254',
    '::ffff:0:169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::169.254.169.254',
    '2002:a9fe:a9fe::1',
    '::ffff:0.0.0.0',
    '::ffff:224.0.0.1',
  ])('%s', (address) => {
    expect(addressProblem(address, 'refuse')).toContain('never asked')
    expect(addressProblem(address, 'allow')).toContain('never asked')
  })
})

describe("this machine's own", () => {
  test.each([
    '127.0.0.1',
    '127.255.255.255',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::127.0.0.1',
    '2002:7f00:1::',
  ])('%s', (address) => {
    expect(addressProblem(address, 'refuse')).toContain("this machine's own")
    expect(addressProblem(address, 'allow')).toBeUndefined()
  })
})

test.each(['', 'localhost', '127.1', '1.2.3.4.5', '[::1]'])('%j is no address', (address) => {
  expect(addressProblem(address, 'allow')).toContain('is no address')
})

test.each([
  ['http://127.1/', '127.0.0.1'],
  ['http://0x7f000001/', '127.0.0.1'],
  ['http://2130706433/', '127.0.0.1'],
  ['http://0177.0.0.1/', '127.0.0.1'],
  ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
  ['http://[0:0:0:0:0:0:0:1]/', '::1'],
  ['http://localhost/', undefined],
  ['http://crl.example/', undefined],
])('%s stands for the address %s', (url, address) => {
  expect(literalAddress(new URL(url))).toBe(address)
})

describe('a look-up', () => {
  const finding =
    (...addresses: readonly string[]): Lookup =>
    (_hostname, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
  const look = async (lookup: Lookup, options = {}): Promise<unknown> => {
    const checked = checkedLookup(lookup, 'refuse')
    return await new Promise((resolve, reject) => {
      checked('crl.example', options, (error, found) => (error === null ? resolve(found) : reject(error)))
    })
  }

  test('finds all addresses, or the first', async () => {
    const lookup = finding('192.0.2.1', '2001:db8::1')
    expect(await look(lookup, { all: true })).toHaveLength(2)
    expect(await look(lookup)).toBe('192.0.2.1')
  })

  test.each([
    ['nothing', []],
    ['loopback', ['127.0.0.1']],
    ['loopback after another', ['192.0.2.1', '::1']],
    ['a metadata service', ['169.254.169.254']],
    ['what is no address', ['crl.example']],
  ])('that finds %s fails', async (_, addresses) => {
    await expect(look(finding(...addresses), { all: true })).rejects.toThrow('crl.example: ')
    await expect(look(finding(...addresses))).rejects.toThrow('crl.example: ')
  })

  test('that answers with one address is checked as well', async () => {
    const single: Lookup = (_hostname, _options, callback) => callback(null, '127.0.0.1', 4)
    await expect(look(single)).rejects.toThrow("this machine's own")
    const good: Lookup = (_hostname, _options, callback) => callback(null, '192.0.2.1', 4)
    expect(await look(good, { all: true })).toEqual([{ address: '192.0.2.1', family: 4 }])
  })

  test('that fails fails', async () => {
    const failing: Lookup = (_hostname, _options, callback) => callback(new Error('no such host'), [])
    await expect(look(failing)).rejects.toThrow('no such host')
  })
})
