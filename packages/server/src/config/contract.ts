// Server: the configuration as the rest of the service reads it: validated, defaults filled in, paths absolute, secrets
// read by whoever needs them and never held here.

import type { TrustAnchor } from 'ingam/x509'

/** Where a secret comes from; its value is never in the configuration. */
export type SecretSource = { readonly file: string } | { readonly env: string }

/** A number a second, and how many may come at once. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Exactly one of the fields says which certificate is meant. */
export type CertificateMatch =
  | { readonly subject_dn: string }
  | { readonly san_dns: string }
  | { readonly san_uri: string }
  | { readonly san_ip: string }
  | { readonly san_email: string }
  | { readonly x5t_s256: string }

/** Who may use /admin. */
export interface Administrator {
  readonly name: string
  /** `auditor` reads; `operator` acts too. */
  readonly role: 'operator' | 'auditor'
  readonly certificate: CertificateMatch
}

/** The whole configuration. */
export interface ServiceConfig {
  /** The issuer identifier (RFC 8414 §2): https, or http on loopback; no query, no fragment, no slash at the end. */
  readonly issuer: string
  readonly listen: {
    readonly host: string
    readonly port: number
    /** Plain HTTP elsewhere than on loopback is refused without this: TLS ends before us. */
    readonly behindProxy: boolean
    readonly tls?: {
      readonly certificate: string
      readonly privateKey: SecretSource
      /** Whether clients are asked for a certificate in the handshake. */
      readonly clientCertificates: 'request' | 'off'
    }
  }
  readonly state: {
    /** Folder (0700) of the database. */
    readonly folder: string
    /** Days for which ended and expired grants are kept. */
    readonly grantRetentionDays: number
  }
  readonly secrets: {
    /** 32 bytes as base64; a file of mode 0600. */
    readonly keyEncryptionKey: SecretSource
  }
  /** Applied as version 1 where the store has none. */
  readonly initialPolicy?: string
  readonly revocation: {
    /** Files and folders with lists and responses. */
    readonly files: readonly string[]
    /** Whether lists and responders that certificates name may be asked. */
    readonly fetch: 'off' | 'http'
    /** Origins that may be asked, such as `http://crl.example`; nothing else is, whatever a certificate names. */
    readonly allowHosts: readonly string[]
  }
  readonly admin?: {
    readonly trustAnchors: readonly TrustAnchor[]
    readonly administrators: readonly Administrator[]
    readonly revocation: 'off' | 'prefer' | 'require'
  }
  readonly tokens: {
    readonly defaultAlgorithm: 'ES256' | 'RS256'
    /** Days between rotations. */
    readonly rotateDays: number
    /** Hours for which a new key is published before it signs. */
    readonly overlapHours: number
    /** Seconds for which a challenge is good. */
    readonly challengeSeconds: number
    /** DPoP proofs need a nonce of ours (RFC 9449 §8). */
    readonly dpopNonce: 'required' | 'optional'
  }
  readonly limits: {
    readonly bodyBytes: number
    readonly headerBytes: number
    readonly requestSeconds: number
    /** Requests that are worked on at once; as many again wait, the rest is shed. */
    readonly concurrency: number
    readonly connections: number
    /** Units of work that wait for the disk. */
    readonly storeQueue: number
    readonly ratePerAddress: Rate
    readonly ratePerCertificate: Rate
    /** Seconds for which requests in flight may end after SIGTERM. */
    readonly drainSeconds: number
  }
  readonly audit: {
    /** Seconds between signed checkpoints. */
    readonly checkpointSeconds: number
    /** Earlier refusals written out in full per minute; the rest is counted. */
    readonly sampledRefusalsPerMinute: number
  }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' }
  readonly metrics: { readonly path: '/metrics' | 'off' }
}
