// Layer: revocation. Something about each of a few certificates, by their bytes: a sender may send one certificate many
// times.

import type { Certificate } from '../x509/certificate.ts'
import { positionIn } from './signers.ts'

/** Values by certificate. There are few: each look compares with all. */
export class CertificateMap<T> {
  readonly #certificates: Certificate[] = []
  readonly #values: T[] = []

  get(certificate: Certificate): T | undefined {
    return this.#values[positionIn(this.#certificates, certificate)]
  }

  /** The first value that is set stays. */
  set(certificate: Certificate, value: T): void {
    if (positionIn(this.#certificates, certificate) >= 0) return
    this.#certificates.push(certificate)
    this.#values.push(value)
  }
}
