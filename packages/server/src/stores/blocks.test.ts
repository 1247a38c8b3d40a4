// Blocks in memory: what a block covers, and its neighbour that it does not.

import { describe, expect, it } from 'vitest'
import { blockName, foldSubject, isBlocked } from './blocks.ts'

const GRANT = { thumbprint: 'T'.repeat(43), subject: 'dns:Build.example', trustAnchor: 'a' }
const identity = (subject: string, trustAnchor = 'a') => ({ kind: 'identity', subject, trustAnchor }) as const

describe('a block', () => {
  it.each([
    [{ kind: 'certificate', thumbprint: GRANT.thumbprint }, true],
    [{ kind: 'certificate', thumbprint: 't'.repeat(43) }, false],
    [identity('dns:build.example'), true],
    [identity('dns:BUILD.EXAMPLE'), true],
    [identity('dns:build.example', 'b'), false],
    [identity('dns:build.example.'), false],
    [identity('uri:build.example'), false],
    [identity(`x509-sha256:${GRANT.thumbprint}`), true],
    [identity(`x509-sha256:${GRANT.thumbprint}`, 'b'), false],
    [identity(`x509-sha256:${'t'.repeat(43)}`), false],
    [{ kind: 'trustAnchor', trustAnchor: 'a' }, true],
    [{ kind: 'trustAnchor', trustAnchor: 'A' }, false],
  ] as const)('%j covers the grant: %s', (selector, expected) => {
    expect(isBlocked(new Set([blockName(selector)]), GRANT)).toBe(expected)
  })

  it('of nobody covers nobody', () => {
    expect(isBlocked(new Set(), GRANT)).toBe(false)
  })
})

describe('foldSubject', () => {
  it.each([
    ['dns:A.B', 'dns:a.b'],
    ['email:A.B@C.D', 'email:A.B@c.d'],
    ['upn:A@"@C', 'upn:A@"@c'],
    ['email:A', 'email:A'],
    ['uri:SPIFFE://A/B', 'uri:SPIFFE://A/B'],
    ['x509-sha256:AbC', 'x509-sha256:AbC'],
    ['Billing', 'Billing'],
    // K (Kelvin sign) has the lower case k, and is another letter.
    ['dns:\u212a.X', 'dns:\u212a.x'],
  ])('%s is compared as %s', (subject, expected) => {
    expect(foldSubject(subject)).toBe(expected)
  })
})
