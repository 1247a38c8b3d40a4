// Layer: path. What a search may know beforehand of certificates that were vouched for: facts about their bytes, which
// stay true whatever the instant, the rules and the rest of the path are.

import type { PlatformPublicKey } from '../platform/contract.ts'
import type { Certificate } from '../x509/certificate.ts'

/** Facts about one certificate. */
export interface CertificateMemory {
  /** The keys under which its signature verified, each as SubjectPublicKeyInfo. */
  readonly signedBy: readonly Uint8Array[]
  /** Its own key as the runtime holds it, by the scheme in which it signs; the search adds to it. */
  readonly keys: Map<string, PlatformPublicKey>
}

/** Facts by certificate: by the parsed object itself, never by a name or a part of its bytes. */
export interface PathMemory {
  readonly of: (certificate: Certificate) => CertificateMemory | undefined
}
