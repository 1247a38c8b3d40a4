// The names that a certificate bears: by kind, in order, the preferred first, never the subject's common name.

import { describe, expect, test } from 'vitest'
import { createTestCa } from '../testing/test-ca.ts'
import { borneSubjects, subjectsOf } from './subjects.ts'

const root = await createTestCa()
const full = await root.issue({
  name: 'common-name.example',
  dns: ['b.example', '*.example', 'a.example'],
  uris: ['spiffe://example/one', 'spiffe://example/two'],
  emails: ['client@example.com'],
  upns: ['client@corp.example'],
  ips: ['192.0.2.1', '198.51.100.7'],
})
const bare = await root.issue({ name: 'common-name.example' })

describe('of a certificate with names of all kinds', () => {
  test('are listed by kind, in the order of the certificate', () => {
    expect(subjectsOf(full.certificate)).toEqual({
      dns: ['b.example', '*.example', 'a.example'],
      uris: ['spiffe://example/one', 'spiffe://example/two'],
      emails: ['client@example.com'],
      upns: ['client@corp.example'],
      ips: ['192.0.2.1', '198.51.100.7'],
    })
  })

  test('are borne with their type in front: URIs first, the thumbprint last, no wildcard and no address', () => {
    expect(borneSubjects(subjectsOf(full.certificate), 'T')).toEqual([
      'uri:spiffe://example/one',
      'uri:spiffe://example/two',
      'dns:b.example',
      'dns:a.example',
      'email:client@example.com',
      'upn:client@corp.example',
      'x509-sha256:T',
    ])
  })
})

test('of a certificate without subjectAltName are its thumbprint', () => {
  expect(subjectsOf(bare.certificate)).toEqual({ dns: [], uris: [], emails: [], upns: [], ips: [] })
  expect(borneSubjects(subjectsOf(bare.certificate), 'T')).toEqual(['x509-sha256:T'])
})

test('cannot be changed by whoever holds them', () => {
  const subjects = subjectsOf(full.certificate)
  expect(Object.isFrozen(subjects)).toBe(true)
  for (const list of Object.values(subjects)) expect(Object.isFrozen(list)).toBe(true)
})
