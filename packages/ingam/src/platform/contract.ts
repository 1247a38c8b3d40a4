// Layer: platform. The only seam to the runtime: keys, signatures, digests, randomness. Two forms implement it,
// node.ts (node:crypto, synchronous) and web.ts (WebCrypto, asynchronous); the package's `imports` chooses one.
// Nothing here judges: which algorithm suits which key is decided in x509/ and token/ before a call arrives.

/** A value that is there at once (Node) or promised (WebCrypto). `await` serves both. */
export type MaybePromise<T> = T | Promise<T>

export type HashName = 'SHA-256' | 'SHA-384' | 'SHA-512'
/** SHA-1 stands here for identifiers that others made with it (RFC 6960 §4.1.1); no signature scheme takes it. */
export type DigestName = 'SHA-1' | HashName
export type CurveName = 'P-256' | 'P-384' | 'P-521'
export type MlDsaParameterSet = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87'

/** How a signature is made and written. ECDSA: `der` as in certificates, `p1363` (fixed R‖S) as in JWS. */
export type SignatureScheme =
  | {
      readonly kind: 'ecdsa'
      readonly hash: HashName
      readonly curve: CurveName
      readonly encoding: 'der' | 'p1363'
    }
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName }
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly saltLength: number }
  | { readonly kind: 'ed25519' | 'ed448' }
  | { readonly kind: 'ml-dsa'; readonly parameterSet: MlDsaParameterSet }

declare const publicKeyBrand: unique symbol
declare const privateKeyBrand: unique symbol

/** A public key as the runtime holds it; opaque, made by `importPublicKey`, good for any number of checks. */
export interface PlatformPublicKey {
  readonly [publicKeyBrand]: true
}

/** A private key as the runtime holds it; opaque, made by `importPrivateKey`. */
export interface PlatformPrivateKey {
  readonly [privateKeyBrand]: true
}

/** What a runtime must offer. Every function may throw only for a failure of the runtime itself. */
export interface Platform {
  readonly name: 'node' | 'web'

  /**
   * Imports a SubjectPublicKeyInfo (DER, already parsed and judged by x509/) for one scheme.
   * Undefined where the runtime finds the key malformed (a point off its curve) or lacks the algorithm.
   */
  readonly importPublicKey: (
    spki: Uint8Array,
    scheme: SignatureScheme,
  ) => MaybePromise<PlatformPublicKey | undefined>

  /** Whether the signature verifies; false for every malformed signature, never a throw for one. */
  readonly verifySignature: (
    scheme: SignatureScheme,
    key: PlatformPublicKey,
    data: Uint8Array,
    signature: Uint8Array,
  ) => MaybePromise<boolean>

  /** The same answer about megabytes of data, in a way that lets others run meanwhile. */
  readonly verifyLargeSignature: (
    scheme: SignatureScheme,
    key: PlatformPublicKey,
    data: Uint8Array,
    signature: Uint8Array,
  ) => Promise<boolean>

  /** Imports an unencrypted PKCS#8 PrivateKeyInfo (DER) for one scheme; undefined as for public keys. */
  readonly importPrivateKey: (
    pkcs8: Uint8Array,
    scheme: SignatureScheme,
  ) => MaybePromise<PlatformPrivateKey | undefined>

  readonly sign: (
    scheme: SignatureScheme,
    key: PlatformPrivateKey,
    data: Uint8Array,
  ) => MaybePromise<Uint8Array>

  readonly sha256: (data: Uint8Array) => MaybePromise<Uint8Array>

  /** The digest by any of the known hashes, for identifiers. */
  readonly digest: (hash: DigestName, data: Uint8Array) => MaybePromise<Uint8Array>

  /** Bytes of a canonical text, as bytes/base64.ts defines it for both alphabets; undefined for any other text. */
  readonly decodeBase64: (text: string, alphabet: 'base64' | 'base64url') => Uint8Array | undefined

  /** Bytes from the runtime's cryptographic generator. */
  readonly randomBytes: (length: number) => Uint8Array
}
