// Layer: verify. A bounded memory of issuers that stood in verified paths: found by the text under which they are sent,
// compared in full. It spares parsing, importing the key and checking the signature again; every rule of a path is
// checked each time. Only the owner adds to it, and only after the signature of a token has verified.

import { ownAscii } from '../bytes/ascii.ts'
import { equalBytes } from '../bytes/compare.ts'
import type { CertificateMemory, PathMemory } from '../path/memory.ts'
import type { PlatformPublicKey } from '../platform/contract.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type IndexNode, SampledIndex, sampleOf } from './sampled-index.ts'

interface Issuer extends IndexNode<Issuer>, CertificateMemory {
  readonly text: string
  readonly certificate: Certificate
  readonly signedBy: Uint8Array[]
  readonly keys: Map<string, PlatformPublicKey>
}

// LIMIT: a CA is cross-signed by a few others; each of them has a certificate of its own for it.
const MAX_SIGNERS = 4
// What the parsed fields and the key weigh beside the text and the bytes of a certificate, as measured.
const BYTES_OF_AN_ISSUER = 9_000

/** Issuers of verified paths; the one added first goes first. */
export class IssuerMemory implements PathMemory {
  readonly #maxBytes: number
  readonly #index = new SampledIndex<Issuer>()
  readonly #byCertificate = new Map<Certificate, Issuer>()
  bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#byCertificate.size
  }

  /** The certificate that was sent under exactly this text. */
  find(text: string): Certificate | undefined {
    let issuer = this.#index.first(sampleOf(text))
    while (issuer !== undefined && issuer.text !== text) issuer = issuer.next
    return issuer?.certificate
  }

  readonly of = (certificate: Certificate): CertificateMemory | undefined => {
    return this.#byCertificate.get(certificate)
  }

  /** Remembers an issuer under the text in which it was sent, and that its signature verified under a key. */
  add(text: string, certificate: Certificate, signerKey: Uint8Array): void {
    const known = this.#byCertificate.get(certificate)
    const issuer = known ?? this.#create(text, certificate)
    if (issuer === undefined) return
    if (issuer.signedBy.length < MAX_SIGNERS && !issuer.signedBy.some((key) => equalBytes(key, signerKey)))
      issuer.signedBy.push(signerKey)
    while (this.bytes > this.#maxBytes) this.#dropFirst()
  }

  #create(text: string, certificate: Certificate): Issuer | undefined {
    // Text of its own: the one given may be a part of a whole token.
    const own = ownAscii(text)
    const issuer: Issuer = {
      text: own,
      certificate,
      signedBy: [],
      keys: new Map(),
      sample: sampleOf(own),
      next: undefined,
    }
    if (this.find(text) !== undefined || !this.#index.add(issuer)) return undefined
    this.#byCertificate.set(certificate, issuer)
    this.bytes += bytesOf(issuer)
    return issuer
  }

  #dropFirst(): void {
    const first = this.#byCertificate.values().next().value
    if (first === undefined) return
    this.#index.remove(first)
    this.#byCertificate.delete(first.certificate)
    this.bytes -= bytesOf(first)
  }
}

function bytesOf({ text, certificate }: Issuer): number {
  return text.length + certificate.der.length + BYTES_OF_AN_ISSUER
}
