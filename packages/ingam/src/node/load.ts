// Layer: node. Credentials and trust anchors from files.

import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import type { TokenAlgorithm } from '../keys/algorithms.ts'
import { type Credential, createCredential } from '../keys/credential.ts'
import type { RevocationSource } from '../revocation/source.ts'
import type { Certificate } from '../x509/certificate.ts'
import { parseCertificates } from '../x509/pem.ts'
import { checkPath, readCertificateFile, readFileWith, readPrivateKeyFile } from './files.ts'

/** What {@link loadCredential} takes; the first three are paths. */
export interface LoadCredentialOptions {
  /** File with the signer's certificate, perhaps followed by its issuers: PEM or DER. */
  readonly certificate: string
  /** File with the signer's private key: PEM or DER; PKCS#8, PKCS#1 or SEC 1; encrypted or not. */
  readonly privateKey: string
  /** File with further issuers. */
  readonly chain?: string
  /** Decrypts the private key where it is encrypted; not used where it is not. */
  readonly passphrase?: string | Uint8Array
  /** See {@link CreateCredentialOptions}. */
  readonly algorithm?: TokenAlgorithm
  /** See {@link CreateCredentialOptions}. */
  readonly subject?: string
  /** See {@link CreateCredentialOptions}. */
  readonly stapleFrom?: readonly RevocationSource[]
  /** See {@link CreateCredentialOptions}. */
  readonly issuers?: readonly Certificate[]
}

/**
 * Returns a credential from files; its key was seen to fit its certificate.
 *
 * **Not checked: whether anybody trusts the certificate; its dates; who else can read the key's file.**
 *
 * @throws {DecodeError} ERR_FILE_READ, ERR_FILE_LIMIT, ERR_INPUT_*, ERR_PEM_*, ERR_DER_*
 * @throws {CredentialError} ERR_KEY_PASSPHRASE, ERR_KEY_ENCRYPTED and all of createCredential
 * @throws {CertificateError} ERR_CERT_*; {ArgumentError} ERR_ARG_*
 */
export async function loadCredential(options: LoadCredentialOptions): Promise<Credential> {
  checkOptionKeys('loadCredential options', options, OPTION_KEYS)
  const { certificate, privateKey, chain, passphrase, algorithm, subject, stapleFrom, issuers } = options
  checkPath('certificate', certificate)
  checkPath('privateKey', privateKey)
  if (chain !== undefined) checkPath('chain', chain)
  const shared = {
    certificate: await readCertificateFile(certificate),
    ...(chain === undefined ? {} : { chain: await readCertificateFile(chain) }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(subject === undefined ? {} : { subject }),
    ...(stapleFrom === undefined ? {} : { stapleFrom }),
    ...(issuers === undefined ? {} : { issuers }),
  }
  return await createCredential({ ...shared, privateKey: await readPrivateKeyFile(privateKey, passphrase) })
}

/**
 * Returns the CA certificates of one or several files. **Nothing is verified: whoever can write the files decides whom
 * the verifier trusts.**
 *
 * @param paths PEM bundles or DER files
 * @returns the certificates in order; at least one
 * @throws {DecodeError} ERR_FILE_READ, ERR_FILE_LIMIT, ERR_INPUT_*, ERR_PEM_*, ERR_DER_*; {CertificateError} ERR_CERT_*
 */
export async function loadTrustAnchors(paths: string | readonly string[]): Promise<readonly Certificate[]> {
  const list: readonly unknown[] = typeof paths === 'string' ? [paths] : paths
  if (!Array.isArray(list) || list.length === 0) {
    throw createError('ERR_ARG_VALUE', {
      argument: 'paths',
      expected: 'a path, or several in an array',
      found: kindOf(paths),
    })
  }
  const anchors: Certificate[] = []
  for (const path of list) {
    checkPath('paths', path)
    anchors.push(...(await readFileWith(path, parseCertificates)))
  }
  return anchors
}

/**
 * Returns the certificates of a file, such as a chain for `knownChains` of a verifier. **Nothing is verified.**
 *
 * @param path a PEM bundle or a DER file
 * @returns the certificates in order; at least one
 * @throws as {@link loadTrustAnchors}
 */
export async function loadCertificates(path: string): Promise<readonly Certificate[]> {
  checkPath('path', path)
  return await readFileWith(path, parseCertificates)
}

const OPTION_KEYS = [
  'certificate',
  'privateKey',
  'chain',
  'passphrase',
  'algorithm',
  'subject',
  'stapleFrom',
  'issuers',
] as const
