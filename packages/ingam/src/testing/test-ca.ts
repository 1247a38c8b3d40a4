// Layer: testing. A small certification authority for the tests of services that use this library. Every default makes
// a certificate that a verifier accepts; every option exists to make one that it must refuse.

import { writeImplicit, writeOctetString, writeSequence } from '../der/writer.ts'
import { checkOptionKeys } from '../errors/options.ts'
import type { TokenAlgorithm } from '../keys/algorithms.ts'
import { type Credential, createCredential } from '../keys/credential.ts'
import { type Certificate, parseCertificate } from '../x509/certificate.ts'
import type { KeyUsageBit } from '../x509/extensions/key-usage.ts'
import { encodePem } from '../x509/pem.ts'
import {
  generateKeyPair,
  keyIdentifier,
  type TestExtension,
  type TestKeyPair,
  type TestKeyType,
  type TestNames,
  writeBasicConstraints,
  writeCertificate,
  writeExtKeyUsage,
  writeKeyUsage,
  writeName,
  writeSubjectAltName,
} from './certificate-writer.ts'

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
  /** Signs tokens with this certificate and its chain. */
  readonly credential: (options?: {
    readonly algorithm?: TokenAlgorithm
    readonly subject?: string
  }) => Promise<Credential>
}

/** The root of a test PKI. */
export type TestCa = TestCertificate

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

// The key pairs behind test certificates; kept beside them so that they do not appear in what a test prints.
const pairs: WeakMap<TestCertificate, TestKeyPair> = new WeakMap()

async function issue(
  issuer: TestCertificate | undefined,
  options: IssueOptions,
  at: Date,
): Promise<TestCertificate> {
  checkOptionKeys('issue options', options, OPTION_KEYS)
  const isCa = options.kind === 'ca'
  const keys = pairOf(options.keyOf) ?? (await generateKeyPair(options.keyType ?? 'P-256'))
  const signer = pairOf(issuer) ?? keys
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
  ]
  const extra = options.extensions ?? []
  const left = new Set([...extra.map(({ oid }) => oid), ...(options.withoutExtensions ?? [])])
  return [
    ...written.filter((extension) => extension !== undefined).filter(({ oid }) => !left.has(oid)),
    ...extra,
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
    credential: async (options = {}) =>
      await createCredential({
        certificate: [made, ...(issuer?.chain ?? [])].map((link) => link.pem).join(''),
        privateKey: keys.pkcs8,
        ...options,
      }),
  }
  pairs.set(made, keys)
  return made
}

function pairOf(certificate: TestCertificate | undefined): TestKeyPair | undefined {
  return certificate === undefined ? undefined : pairs.get(certificate)
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

function wholeSecond(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}
