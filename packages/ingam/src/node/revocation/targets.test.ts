// Which addresses are taken from a certificate, and how many.

import { expect, test } from 'vitest'
import { createTestCa } from '../../testing/index.ts'
import { addressesOf, respondersOf } from './targets.ts'

const ca = await createTestCa()

function urls(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `http://crl.example/${index}`)
}

test('points have addresses of http and https, in order; those that have none are left out', async () => {
  const name = ca.certificate.subject.der
  const { certificate } = await ca.issue({
    crlDistributionPoints: [
      { urls: ['ldap://crl.example/', 'HTTP://crl.example/1', 'https://crl.example/2'] },
      { directoryName: name },
      { cRLIssuer: name },
      'ftp://crl.example/',
      'http://crl.example/3',
    ],
  })
  expect(addressesOf(certificate.crlDistributionPoints)).toEqual([
    ['HTTP://crl.example/1', 'https://crl.example/2'],
    ['http://crl.example/3'],
  ])
  expect(addressesOf(undefined)).toEqual([])
})

test('of sixteen points all are taken, of seventeen the first sixteen', async () => {
  for (const count of [16, 17]) {
    const { certificate } = await ca.issue({ crlDistributionPoints: urls(count) })
    expect(addressesOf(certificate.crlDistributionPoints)).toEqual(urls(16).map((url) => [url]))
  }
})

test('of four addresses of a point, or four responders, all are taken, of five the first four', async () => {
  for (const count of [4, 5]) {
    const { certificate } = await ca.issue({
      crlDistributionPoints: [{ urls: urls(count) }],
      ocsp: urls(count),
    })
    expect(addressesOf(certificate.crlDistributionPoints)).toEqual([urls(4)])
    expect(respondersOf(certificate)).toEqual(urls(4))
  }
})

test('a certificate without access descriptions has no responder', () => {
  expect(respondersOf(ca.certificate)).toEqual([])
})
