// Layer: x509. CertID (RFC 6960 §4.1.1): how OCSP names a certificate, by digests of its issuer's name and key, and its
// serial number. The digests find; they vouch for nothing.

import { platform } from '#platform'
import { equalBytes } from '../bytes/compare.ts'
import type { DerReader } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { writeElement, writeNull, writeOctetString, writeOid, writeSequence } from '../der/writer.ts'
import { choice } from '../errors/options.ts'
import type { DigestName } from '../platform/contract.ts'
import { isNull, readAlgorithmIdentifier } from './algorithm.ts'
import type { Certificate } from './certificate.ts'
import { fieldError } from './ocsp-message.ts'
import { isLongNumber, longNumberProblem } from './serial-number.ts'

/** What names a certificate to a responder (RFC 6960 §4.1.1). */
export interface CertId {
  readonly hash: DigestName | 'unknown'
  /** OID of the hash algorithm. */
  readonly hashAlgorithm: string
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  /** Content octets of the INTEGER. */
  readonly serialNumber: Uint8Array
}

const OIDS: Readonly<Record<DigestName, string>> = {
  'SHA-1': '1.3.14.3.2.26',
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
}
const DIGEST_BYTES: Readonly<Record<DigestName, number>> = {
  'SHA-1': 20,
  'SHA-256': 32,
  'SHA-384': 48,
  'SHA-512': 64,
}
const DIGEST_NAMES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] as const

/** Reads one CertID. */
export function readCertId(reader: DerReader): CertId {
  return reader.readWithin(TAG.sequence, 'certID', (inner) => {
    const { oid, parameters } = readAlgorithmIdentifier(inner, 'certID.hashAlgorithm')
    const issuerNameHash = inner.readOctetString('issuerNameHash')
    const issuerKeyHash = inner.readOctetString('issuerKeyHash')
    const serialNumber = inner.readInteger('certID.serialNumber')
    const hash = DIGEST_NAMES.find((name) => OIDS[name] === oid) ?? 'unknown'
    if (hash !== 'unknown') {
      // RFC 3370 §2.1, RFC 5754 §2: the parameters are NULL or absent.
      if (parameters !== undefined && !isNull(parameters))
        throw fieldError('certID.hashAlgorithm', `${hash} has parameters other than NULL`)
      checkDigest('issuerNameHash', issuerNameHash, hash)
      checkDigest('issuerKeyHash', issuerKeyHash, hash)
    }
    if (isLongNumber(serialNumber)) throw fieldError('certID.serialNumber', longNumberProblem(serialNumber))
    return Object.freeze({ hash, hashAlgorithm: oid, issuerNameHash, issuerKeyHash, serialNumber })
  })
}

function checkDigest(field: string, digest: Uint8Array, hash: DigestName): void {
  const expected = DIGEST_BYTES[hash]
  if (digest.length === expected) return
  throw fieldError(field, `${digest.length} octets, a digest by ${hash} has ${expected}`)
}

/** DER of a CertID. */
export function encodeCertId(certId: CertId): Uint8Array {
  return writeSequence(
    // With NULL for every hash: what responders are used to, and what their prepared responses are looked up by.
    writeSequence(writeOid(certId.hashAlgorithm), writeNull()),
    writeOctetString(certId.issuerNameHash),
    writeOctetString(certId.issuerKeyHash),
    writeElement(TAG.integer, certId.serialNumber),
  )
}

/**
 * Names a certificate as OCSP does. **Nothing is verified**, not even that the one issued the other.
 *
 * @param hash SHA-1 is what most responders know; it finds, and nothing rests on it being hard to collide
 * @throws {ArgumentError} ERR_ARG_VALUE where the hash is another
 * @see RFC 6960 §4.1.1
 */
export async function createCertId(
  certificate: Certificate,
  issuer: Certificate,
  hash: DigestName,
): Promise<CertId> {
  choice('hash', hash, DIGEST_NAMES)
  return Object.freeze({
    hash,
    hashAlgorithm: OIDS[hash],
    // The name as it stands in the certificate that is asked about, not in that of its issuer: the two may be the same
    // name in different bytes.
    issuerNameHash: await platform.digest(hash, certificate.issuer.der),
    // The key without tag, length and number of unused bits.
    issuerKeyHash: await platform.digest(hash, issuer.subjectPublicKeyInfo.subjectPublicKey),
    serialNumber: certificate.serialNumber,
  })
}

/** Whether both name the same certificate by the same hash; the same certificate by two hashes is not seen. */
export function sameCertId(a: CertId, b: CertId): boolean {
  return (
    a.hashAlgorithm === b.hashAlgorithm &&
    equalBytes(a.serialNumber, b.serialNumber) &&
    equalBytes(a.issuerNameHash, b.issuerNameHash) &&
    equalBytes(a.issuerKeyHash, b.issuerKeyHash)
  )
}
