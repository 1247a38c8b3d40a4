// Trust stores: what may be given, ids that differ, look-ups by name.

import { describe, expect, test } from 'vitest'
import { thrownBy, untyped } from '../../../../test/support/certificate-der.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { createTrustStore } from './trust-store.ts'

const one = await createTestCa({ name: 'Same' })
const two = await createTestCa({ name: 'Same' })
const other = await createTestCa({ name: 'Other' })

describe('look-ups', () => {
  test('give every anchor of the name, in order, with its id', () => {
    const store = createTrustStore([
      { certificate: one.certificate, id: 'one' },
      other.certificate,
      { certificate: two.certificate },
    ])
    expect(store.size).toBe(3)
    expect(store.findBySubject(one.certificate.subject)).toEqual([
      { certificate: one.certificate, id: 'one' },
      { certificate: two.certificate },
    ])
    expect(store.findBySubject(other.certificate.subject)).toEqual([{ certificate: other.certificate }])
  })

  test('give nothing for another name', () => {
    expect(createTrustStore([one.certificate]).findBySubject(other.certificate.subject)).toEqual([])
  })

  test('give anchors that cannot be changed', () => {
    const given = { certificate: one.certificate, id: 'one' }
    const [anchor] = createTrustStore([given]).findBySubject(one.certificate.subject)
    given.id = 'another'
    expect(anchor).toEqual({ certificate: one.certificate, id: 'one' })
    expect(Object.isFrozen(anchor)).toBe(true)
  })

  test('do not see what is done to the list later', () => {
    const list = [one.certificate]
    const store = createTrustStore(list)
    list.push(other.certificate)
    expect(store.findBySubject(other.certificate.subject)).toEqual([])
  })
})

describe('refused', () => {
  test.each([
    ['an empty list', [], 'ERR_ARG_VALUE', 'at least one trust anchor'],
    [
      'an id twice',
      [
        { certificate: one.certificate, id: 'a' },
        { certificate: two.certificate, id: 'a' },
      ],
      'ERR_ARG_VALUE',
      'ids that differ',
    ],
    [
      'an empty id',
      [{ certificate: one.certificate, id: '' }],
      'ERR_ARG_VALUE',
      'an id that is text and not empty',
    ],
    [
      'an id that is a number',
      [{ certificate: one.certificate, id: 1 }],
      'ERR_ARG_VALUE',
      'an id that is text and not empty',
    ],
    [
      'an id that is null',
      [{ certificate: one.certificate, id: null }],
      'ERR_ARG_VALUE',
      'an id that is text and not empty',
    ],
    ['no list', one.certificate, 'ERR_ARG_TYPE', 'an array of certificates'],
    ['nothing', undefined, 'ERR_ARG_TYPE', 'an array of certificates'],
    [
      'PEM within',
      [one.pem],
      'ERR_ARG_TYPE',
      'certificates made by parseCertificate, or { certificate, id, names }',
    ],
    [
      'DER within',
      [one.der],
      'ERR_ARG_TYPE',
      'certificates made by parseCertificate, or { certificate, id, names }',
    ],
    [
      'null within',
      [null],
      'ERR_ARG_TYPE',
      'certificates made by parseCertificate, or { certificate, id, names }',
    ],
    [
      'null for a certificate',
      [{ certificate: null }],
      'ERR_ARG_TYPE',
      'certificates made by parseCertificate, or { certificate, id, names }',
    ],
    [
      'an object of another kind',
      [{ kind: 'token' }],
      'ERR_ARG_TYPE',
      'certificates made by parseCertificate, or { certificate, id, names }',
    ],
    [
      'an object of another kind with an id',
      [{ certificate: { kind: 'token' }, id: 'a' }],
      'ERR_ARG_TYPE',
      'certificates made by parseCertificate, or { certificate, id, names }',
    ],
    [
      'DER with an id',
      [{ certificate: one.der, id: 'a' }],
      'ERR_ARG_TYPE',
      'certificates made by parseCertificate, or { certificate, id, names }',
    ],
  ])('%s', (_, anchors, code, expected) => {
    expect(thrownBy(() => createTrustStore(untyped(anchors)))).toMatchObject({
      code,
      details: { argument: 'trustAnchors', expected },
    })
  })

  test('null is named as such', () => {
    expect(thrownBy(() => createTrustStore(untyped([null])))).toMatchObject({ details: { found: 'null' } })
    expect(thrownBy(() => createTrustStore(untyped([{}])))).toMatchObject({ details: { found: 'object' } })
  })

  test('neither two ids nor two anchors without one', () => {
    expect(
      createTrustStore([
        { certificate: one.certificate, id: 'a' },
        { certificate: two.certificate, id: 'b' },
      ]).size,
    ).toBe(2)
    expect(
      createTrustStore([one.certificate, two.certificate, { certificate: other.certificate }]).size,
    ).toBe(3)
  })
})
