// Names of anchors against each other: what is wider must never read as narrower. And against patterns: what may hold must
// never be told as written in vain.

import { createTestCa } from 'ingam/testing'
import { parseCertificates, verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { AT } from '../../../../test/service/policy/fixtures.ts'
import { coversAnchorName, mayAllow, type NameField } from './anchor-names.ts'
import { compilePattern, matchesPattern } from './pattern.ts'

describe('coversAnchorName', () => {
  test.each<[NameField | 'directoryNames', string, string, boolean]>([
    ['dns', 'partner.example', 'eu.partner.example', true],
    ['dns', 'partner.example', '.partner.example', true],
    ['dns', 'partner.example', 'PARTNER.example', true],
    ['dns', '.partner.example', 'eu.partner.example', true],
    ['dns', '.partner.example', '.eu.partner.example', true],
    ['dns', '.partner.example', 'partner.example', false],
    ['dns', 'eu.partner.example', 'partner.example', false],
    ['dns', 'partner.example', 'otherpartner.example', false],
    ['dns', 'partner.example', '.otherpartner.example', false],
    ['uris', 'partner.example', 'partner.example', true],
    ['uris', '.partner.example', 'eu.partner.example', true],
    ['uris', '.partner.example', '.eu.partner.example', true],
    ['uris', 'partner.example', '.partner.example', false],
    ['uris', '.partner.example', 'partner.example', false],
    ['uris', 'partner.example', 'eu.partner.example', false],
    ['emails', 'a.example', 'x@a.example', true],
    ['emails', '.a.example', 'x@b.a.example', true],
    ['emails', '.a.example', 'b.a.example', true],
    ['emails', 'x@a.example', 'x@A.example', true],
    ['emails', 'x@a.example', 'X@a.example', false],
    ['emails', 'x@a.example', 'a.example', false],
    ['emails', '.a.example', 'x@a.example', false],
    ['emails', 'a.example', 'x@b.a.example', false],
    ['emails', 'a.example', '.a.example', false],
    ['upns', 'a.example', 'x@a.example', true],
    ['upns', 'x@a.example', 'y@a.example', false],
    ['ips', '192.0.2.0/24', '192.0.2.7', true],
    ['ips', '192.0.2.0/24', '192.0.2.0/23', false],
    ['ips', '0.0.0.0/0', '2001:db8::/32', false],
    ['directoryNames', 'O=A', 'OU=B,O=A', true],
    ['directoryNames', 'O=A', 'O=A', true],
    ['directoryNames', 'O=A', 'O=A,C=DE', false],
    ['directoryNames', 'OU=B,O=A', 'O=A', false],
    ['directoryNames', 'O=A', String.raw`OU=B\,O=A`, false],
    ['directoryNames', 'O=A', 'OU=B+O=A', false],
  ])('%s: %s covers %s: %s', (field, wide, narrow, expected) => {
    expect(coversAnchorName(field, wide, narrow)).toBe(expected)
  })
})

describe('mayAllow', () => {
  test.each<[NameField, string, string, boolean]>([
    ['dns', 'batch.example', '*.batch.example', true],
    ['dns', 'batch.example', 'Batch.example', true],
    ['dns', 'a.batch.example', '*.batch.example', true],
    ['dns', 'a.batch.example', '*.*.example', true],
    ['dns', '.batch.example', '*.batch.example', true],
    ['dns', '.batch.example', 'batch.example', false],
    ['dns', '.batch.example', '*.example', false],
    ['dns', 'a.batch.example', 'b-*.batch.example', false],
    ['dns', 'batch.example', '*.other.example', false],
    ['dns', 'batch.example', 'example', false],
    ['uris', 'prod.example', 'spiffe://prod.example/*', true],
    ['uris', 'prod.example', 'spiffe://PROD.example/*', true],
    ['uris', 'prod.example', 'https://prod.example:*/a', true],
    ['uris', 'prod.example', 'https://*.example/a', true],
    ['uris', '.example', 'https://*.example/a', true],
    ['uris', 'prod.example', 'https://user@evil.example/a', true],
    ['uris', 'prod.example', 'https://[::1]/a', true],
    ['uris', 'prod.example', 'spiffe://test.example/*', false],
    ['uris', 'prod.example', 'spiffe://a.prod.example/*', false],
    ['uris', '.prod.example', 'spiffe://prod.example/*', false],
    ['uris', 'prod.example', 'urn:prod.example:*', false],
    ['emails', 'a.example', '*@a.example', true],
    ['emails', '.a.example', '*@*.a.example', true],
    ['emails', 'x@a.example', '*@a.example', true],
    ['emails', 'x@a.example', 'x@A.example', true],
    ['emails', 'x@a.example', 'y-*@a.example', false],
    ['emails', 'a.example', '*@b.example', false],
    ['emails', '.a.example', '*@a.example', false],
    ['upns', 'a.example', '*@b.example', false],
    ['ips', '192.0.2.0/24', '192.0.2.7', true],
    ['ips', '192.0.2.7', '192.0.2.0/24', true],
    ['ips', '192.0.2.0/24', '198.51.100.0/24', false],
  ])('%s: %s, %s: %s', (field, name, pattern, expected) => {
    expect(mayAllow(field, name, pattern)).toBe(expected)
  })

  test('whatever the library lets an anchor speak for, and a pattern holds for, may be', async () => {
    const hosts = ['a.example', 'b.a.example', 'c.b.a.example', 'A.Example', 'example']
    const names = ['a.example', '.a.example', 'b.a.example', '.example', 'example']
    const patterns = [
      '*.example',
      '*.a.example',
      '*.*.example',
      '*.*.*.example',
      'a.example',
      'b*.*.example',
      'example',
    ]
    const wrong: string[] = []
    for (const name of names) {
      const ca = await createTestCa({ at: AT })
      const [certificate] = parseCertificates(ca.pem)
      if (certificate === undefined) throw new Error('no certificate')
      for (const host of hosts) {
        for (const [field, of] of [
          ['dns', (text: string) => text],
          ['uris', (text: string) => `x://${text}/p`],
        ] as const) {
          const [leaf] = parseCertificates((await ca.issue({ [field]: [of(host)] })).pem)
          if (leaf === undefined) throw new Error('no certificate')
          const trustAnchors = [
            { id: 'a', certificate, names: { directoryNames: 'any', [field]: [name] } } as const,
          ]
          const isAllowed = await verifyPath({
            leaf,
            intermediates: [],
            trustAnchors,
            at: AT,
            purpose: 'clientAuth',
            revocation: 'off',
          }).then(
            () => true,
            () => false,
          )
          for (const pattern of patterns.map(of)) {
            const compiled = compilePattern(field === 'dns' ? 'dns' : 'uri', pattern)
            if (typeof compiled === 'string') throw new Error(compiled)
            if (isAllowed && matchesPattern(compiled, of(host)) && !mayAllow(field, name, pattern)) {
              wrong.push(`${field} ${name} ${pattern} ${host}`)
            }
          }
        }
      }
    }
    expect(wrong).toEqual([])
  })
})
