import { describe, expect, it } from 'vitest'
import { chainOf } from './peer.ts'

interface Shown {
  raw?: Uint8Array
  issuerCertificate?: Shown
}

function socket(certificate: Shown): Parameters<typeof chainOf>[0] {
  return { getPeerCertificate: () => certificate } as unknown as Parameters<typeof chainOf>[0]
}

describe('the chain of a peer', () => {
  it('is empty where none was shown', () => {
    expect(chainOf(socket({}))).toEqual([])
  })

  it('ends at a certificate that is its own issuer', () => {
    const root: Shown = { raw: new Uint8Array([2]) }
    root.issuerCertificate = root
    expect(chainOf(socket({ raw: new Uint8Array([1]), issuerCertificate: root }))).toEqual([
      new Uint8Array([1]),
      new Uint8Array([2]),
    ])
  })

  it('ends in a circle of two', () => {
    const first: Shown = { raw: new Uint8Array([1]) }
    const second: Shown = { raw: new Uint8Array([2]), issuerCertificate: first }
    first.issuerCertificate = second
    expect(chainOf(socket(first))).toHaveLength(10)
  })
})
