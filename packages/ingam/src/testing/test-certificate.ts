// Layer: testing. The shapes of the test PKI: certificates with their keys, and how to issue certificates, revocation
// lists and OCSP responses. Every default is what a verifier accepts; every option exists to make what it must refuse.

import { createError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import type { TokenAlgorithm } from '../keys/algorithms.ts'
import type { Credential } from '../keys/credential.ts'
import type { DigestName } from '../platform/contract.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { CrlReason } from '../x509/crl.ts'
import type { KeyUsageBit } from '../x509/extensions/key-usage.ts'
import type { OcspResponseStatus } from '../x509/ocsp.ts'
import type { TestExtension, TestKeyPair, TestKeyType, TestNames } from './certificate-writer.ts'
import type { TestDistributionPoint, TestIssuingDistributionPoint } from './distribution-point-writer.ts'

/** How to issue one certificate. */
export interface IssueOptions extends TestNames {
  /** Common name; default `client` or `intermediate`. Empty text makes an empty subject. */
  readonly name?: string
  /** Default P-256. */
  readonly keyType?: TestKeyType
  /** Takes the key of another certificate instead of a new one. */
  readonly keyOf?: TestCertificate
  /** Whether it is a CA; default `'end entity'`. */
  readonly kind?: 'ca' | 'end entity'
  readonly pathLenConstraint?: number
  /** Default digitalSignature, for a CA keyCertSign and cRLSign; null leaves the extension out. */
  readonly keyUsage?: readonly KeyUsageBit[] | null
  /** Dotted OIDs; default clientAuth, for a CA none; null leaves the extension out. */
  readonly extKeyUsage?: readonly string[] | null
  /** Default an hour before the CA's `at`. */
  readonly notBefore?: Date
  /** Default 90 days after the CA's `at`, for a CA ten years. */
  readonly notAfter?: Date
  /** Content octets of the INTEGER; default 16 random ones. */
  readonly serialNumber?: Uint8Array
  readonly version?: 1 | 2 | 3
  /** DER of a Name to write instead of the issuer's own. */
  readonly issuerName?: Uint8Array
  /** DER of a Name to write instead of one made from `name`. */
  readonly subjectName?: Uint8Array
  /** Where its CA's lists are: URLs, or whole points. */
  readonly crlDistributionPoints?: readonly (string | TestDistributionPoint)[]
  /** URLs of its responders, for authorityInfoAccess. */
  readonly ocsp?: readonly string[]
  /** Says that nobody will ever say whether it was revoked (RFC 9608). */
  readonly noRevAvail?: boolean
  /** For a responder: says that its own revocation is not to be looked for (RFC 6960 §4.2.2.2.1). */
  readonly ocspNoCheck?: boolean
  /** Further extensions; one of an OID that is written anyway replaces it. */
  readonly extensions?: readonly TestExtension[]
  /** OIDs of extensions to leave out. */
  readonly withoutExtensions?: readonly string[]
}

/** How to make the root of a test PKI. */
export interface TestCaOptions extends IssueOptions {
  /** The instant around which the validity periods lie; default now. */
  readonly at?: Date
}

/** A certificate with its private key. */
export interface TestCertificate {
  readonly certificate: Certificate
  readonly der: Uint8Array
  readonly pem: string
  readonly privateKeyPkcs8: Uint8Array
  readonly privateKeyPem: string
  /** From this certificate up to, and without, the root. */
  readonly chain: readonly TestCertificate[]
  /** Issues a certificate with this one's key, whether it may or not. */
  readonly issue: (options?: IssueOptions) => Promise<TestCertificate>
  /** Signs a revocation list with this one's key, whether it may or not. */
  readonly crl: (options?: TestCrlOptions) => Promise<TestCrl>
  /** DER of an OCSP response of this one's about a certificate, whether it may answer or not. */
  readonly ocspResponse: (options: TestOcspOptions) => Promise<Uint8Array>
  /** Signs tokens with this certificate and its chain. */
  readonly credential: (options?: {
    readonly algorithm?: TokenAlgorithm
    readonly subject?: string
  }) => Promise<Credential>
}

/** The root of a test PKI. */
export type TestCa = TestCertificate

/** One entry of a list; it names its certificate, or a serial number. */
export interface TestRevocation {
  readonly certificate?: TestCertificate
  /** Content octets of the INTEGER. */
  readonly serialNumber?: Uint8Array
  /** Default an hour before the CA's `at`. */
  readonly revocationDate?: Date
  /** Default none. */
  readonly reason?: CrlReason
  readonly invalidityDate?: Date
  /** DER of the Name of the certificate's issuer, for indirect lists; critical. */
  readonly certificateIssuer?: Uint8Array
  /** Further extensions of the entry; one of an OID that is written anyway replaces it. */
  readonly extensions?: readonly TestExtension[]
}

/** How to write one revocation list. */
export interface TestCrlOptions {
  /** What it lists; default nothing. */
  readonly revoked?: readonly (TestCertificate | TestRevocation)[]
  /** Whose key signs and is named in authorityKeyIdentifier; default this certificate's. */
  readonly signer?: TestCertificate
  /** DER of a Name to write instead of this certificate's subject. */
  readonly issuerName?: Uint8Array
  /** Default an hour before the CA's `at`. */
  readonly thisUpdate?: Date
  /** Default a week after the CA's `at`; null leaves it out. */
  readonly nextUpdate?: Date | null
  /** Default 1; null leaves the extension out. */
  readonly crlNumber?: number | null
  /** BaseCRLNumber, which makes the list a delta; critical. */
  readonly deltaCrlIndicator?: number
  /** What the list covers; critical. Default everything. */
  readonly issuingDistributionPoint?: TestIssuingDistributionPoint
  /** Where its deltas are: URLs, or whole points. */
  readonly freshestCrl?: readonly (string | TestDistributionPoint)[]
  /** Default 2; version 1 has no extensions of the list. */
  readonly version?: 1 | 2
  /** Further extensions of the list; one of an OID that is written anyway replaces it. */
  readonly extensions?: readonly TestExtension[]
  /** OIDs of extensions of the list to leave out. */
  readonly withoutExtensions?: readonly string[]
}

/** A revocation list as it is published. */
export interface TestCrl {
  readonly der: Uint8Array
  readonly pem: string
}

/** What a response says of one certificate. */
export interface TestSingleResponse {
  /** The certificate that it speaks of; needed unless `certId` is given. */
  readonly certificate?: TestCertificate
  /** Whose key the certificate is named by; default the one that answers for its own. */
  readonly issuer?: TestCertificate
  /** By which hash the certificate is named; default SHA-1. */
  readonly hash?: DigestName
  /** DER of a CertID to write instead. */
  readonly certId?: Uint8Array
  /** Default good. */
  readonly status?: 'good' | 'revoked' | 'unknown'
  /** Where the status is revoked; default an hour before the CA's `at`. */
  readonly revocationTime?: Date
  /** Where the status is revoked; default none. */
  readonly reason?: CrlReason
  /** Default a minute before the CA's `at`. */
  readonly thisUpdate?: Date
  /** Default a day after the CA's `at`; null leaves it out. */
  readonly nextUpdate?: Date | null
  /** singleExtensions. */
  readonly singleExtensions?: readonly TestExtension[]
}

/** How to write one OCSP response. */
export interface TestOcspOptions extends TestSingleResponse {
  /** Default successful; any other is written without everything else, as responders do. */
  readonly responseStatus?: OcspResponseStatus
  /** Several answers, or none, instead of one. */
  readonly responses?: readonly TestSingleResponse[]
  /** Whose key signs; default this certificate's. */
  readonly responder?: TestCertificate
  /** How the signer is named, and whether it is another than signs; default by its name. */
  readonly responderId?: 'name' | 'key' | { readonly by: 'name' | 'key'; readonly of: TestCertificate }
  /** Certificates sent along; default the responder's own where it is not this one. */
  readonly certificates?: readonly TestCertificate[]
  /** Default a minute before the CA's `at`. */
  readonly producedAt?: Date
  /** Content of the nonce; default none. */
  readonly nonce?: Uint8Array
  /** Further responseExtensions; one with the OID of the nonce replaces it. */
  readonly extensions?: readonly TestExtension[]
}

// The key pairs behind test certificates; kept beside them so that they do not appear in what a test prints.
const pairs: WeakMap<TestCertificate, TestKeyPair> = new WeakMap()

/** Keeps the key pair of a test certificate. */
export function keepPair(certificate: TestCertificate, keys: TestKeyPair): void {
  pairs.set(certificate, keys)
}

/** The key pair of a test certificate. */
export function pairOf(certificate: TestCertificate): TestKeyPair {
  const keys = pairs.get(certificate)
  if (keys !== undefined) return keys
  const expected = 'a certificate of a test CA'
  throw createError('ERR_ARG_TYPE', { argument: 'certificate', expected, found: kindOf(certificate) })
}

/** The instant as far as certificates tell it. */
export function wholeSecond(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}
