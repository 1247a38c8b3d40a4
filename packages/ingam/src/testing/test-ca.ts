// Layer: testing. A small certification authority for the tests of services that use this library. Every default makes
// a certificate that a verifier accepts; every option exists to make one that it must refuse.

import { writeImplicit, writeNull, writeOctetString, writeSequence } from '../der/writer.ts'
import { checkOptionKeys } from '../errors/options.ts'
import { createCredential } from '../keys/credential.ts'
import { parseCertificate } from '../x509/certificate.ts'
import type { KeyUsageBit } from '../x509/extensions/key-usage.ts'
import { encodePem } from '../x509/pem.ts'
import {
  generateKeyPair,
  keyIdentifier,
  mergeExtensions,
  type TestExtension,
  type TestKeyPair,
  writeBasicConstraints,
  writeCertificate,
  writeExtKeyUsage,
  writeKeyUsage,
  writeName,
  writeSubjectAltName,
} from './certificate-writer.ts'
import { issueCrl } from './crl-writer.ts'
import { writeDistributionPoints, writeResponderUrls } from './distribution-point-writer.ts'
import { answerOcsp } from './ocsp-writer.ts'
import {
  type IssueOptions,
  keepPair,
  pairOf,
  type TestCa,
  type TestCaOptions,
  type TestCertificate,
  wholeSecond,
} from './test-certificate.ts'

export type { IssueOptions, TestCa, TestCaOptions, TestCertificate } from './test-certificate.ts'

/**
 * Makes a self-signed CA. **For tests alone**: its keys can be exported, and it issues whatever it is told to.
 *
 * @returns the root; hand its `certificate` to a verifier as trust anchor
 */
export async function createTestCa(options: TestCaOptions = {}): Promise<TestCa> {
  checkOptionKeys('createTestCa options', options, ['at', ...OPTION_KEYS])
  const { at = new Date(), ...rest } = options
  return await issue(undefined, { kind: 'ca', name: 'Test CA', ...rest }, at)
}

const OPTION_KEYS = [
  'name',
  'keyType',
  'keyOf',
  'kind',
  'pathLenConstraint',
  'keyUsage',
  'extKeyUsage',
  'notBefore',
  'notAfter',
  'serialNumber',
  'version',
  'issuerName',
  'subjectName',
  'crlDistributionPoints',
  'ocsp',
  'noRevAvail',
  'ocspNoCheck',
  'extensions',
  'withoutExtensions',
  'dns',
  'uris',
  'emails',
  'upns',
  'ips',
] as const

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const DAY = 86_400_000

async function issue(
  issuer: TestCertificate | undefined,
  options: IssueOptions,
  at: Date,
): Promise<TestCertificate> {
  checkOptionKeys('issue options', options, OPTION_KEYS)
  const isCa = options.kind === 'ca'
  const keys =
    options.keyOf === undefined ? await generateKeyPair(options.keyType ?? 'P-256') : pairOf(options.keyOf)
  const signer = issuer === undefined ? keys : pairOf(issuer)
  const subject = options.subjectName ?? writeName(options.name ?? (isCa ? 'intermediate' : 'client'))
  const version = options.version ?? 3
  const der = await writeCertificate(
    {
      version,
      serialNumber: options.serialNumber ?? randomSerialNumber(),
      issuer: options.issuerName ?? issuer?.certificate.subject.der ?? subject,
      subject,
      notBefore: options.notBefore ?? wholeSecond(at.getTime() - 3_600_000),
      notAfter: options.notAfter ?? wholeSecond(at.getTime() + (isCa ? 3_650 : 90) * DAY),
      subjectPublicKeyInfo: keys.subjectPublicKeyInfo,
      extensions: version === 3 ? await extensionsOf(options, keys, signer) : [],
    },
    signer,
  )
  return toTestCertificate(der, keys, issuer, at)
}

async function extensionsOf(
  options: IssueOptions,
  keys: TestKeyPair,
  signer: TestKeyPair,
): Promise<readonly TestExtension[]> {
  const isCa = options.kind === 'ca'
  const keyUsage = options.keyUsage === undefined ? usual(isCa) : options.keyUsage
  const extKeyUsage = options.extKeyUsage === undefined ? (isCa ? null : [CLIENT_AUTH]) : options.extKeyUsage
  const subjectAltName = writeSubjectAltName(options)
  const emptySubject = options.name === '' && options.subjectName === undefined
  const written: readonly (TestExtension | undefined)[] = [
    {
      oid: '2.5.29.19',
      critical: true,
      value: writeBasicConstraints(isCa ? 'ca' : 'end entity', options.pathLenConstraint),
    },
    keyUsage === null ? undefined : { oid: '2.5.29.15', critical: true, value: writeKeyUsage(keyUsage) },
    extKeyUsage === null ? undefined : { oid: '2.5.29.37', value: writeExtKeyUsage(extKeyUsage) },
    subjectAltName === undefined
      ? undefined
      : { oid: '2.5.29.17', critical: emptySubject, value: subjectAltName },
    { oid: '2.5.29.14', value: writeOctetString(await keyIdentifier(keys)) },
    { oid: '2.5.29.35', value: writeSequence(writeImplicit(0, await keyIdentifier(signer))) },
    ...revocationExtensions(options),
  ]
  return mergeExtensions(written, options.extensions, options.withoutExtensions)
}

function revocationExtensions(options: IssueOptions): readonly (TestExtension | undefined)[] {
  const { crlDistributionPoints: points, ocsp, noRevAvail, ocspNoCheck } = options
  return [
    points === undefined ? undefined : { oid: '2.5.29.31', value: writeDistributionPoints(points) },
    ocsp === undefined ? undefined : { oid: '1.3.6.1.5.5.7.1.1', value: writeResponderUrls(ocsp) },
    noRevAvail === true ? { oid: '2.5.29.56', value: writeNull() } : undefined,
    ocspNoCheck === true ? { oid: '1.3.6.1.5.5.7.48.1.5', value: writeNull() } : undefined,
  ]
}

function toTestCertificate(
  der: Uint8Array,
  keys: TestKeyPair,
  issuer: TestCertificate | undefined,
  at: Date,
): TestCertificate {
  const certificate = parseCertificate(der)
  const pem = encodePem('CERTIFICATE', der)
  const made: TestCertificate = {
    certificate,
    der,
    pem,
    privateKeyPkcs8: keys.pkcs8,
    privateKeyPem: encodePem('PRIVATE KEY', keys.pkcs8),
    // The root knows no issuer; whatever it issues starts a chain of its own.
    get chain() {
      return issuer === undefined ? [] : [made, ...issuer.chain]
    },
    issue: async (options = {}) => await issue(made, options, at),
    crl: async (options = {}) => await issueCrl(made, options, at),
    ocspResponse: async (options) => await answerOcsp(made, options, at),
    credential: async (options = {}) =>
      await createCredential({
        certificate: [made, ...(issuer?.chain ?? [])].map((link) => link.pem).join(''),
        privateKey: keys.pkcs8,
        ...options,
      }),
  }
  keepPair(made, keys)
  return made
}

function usual(isCa: boolean): readonly KeyUsageBit[] {
  return isCa ? ['keyCertSign', 'cRLSign'] : ['digitalSignature']
}

// RFC 5280 §4.1.2.2: positive and minimal.
function randomSerialNumber(): Uint8Array {
  const octets = crypto.getRandomValues(new Uint8Array(16))
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets
}
