// Server: the certificate that the listener shows, with its key: read from files, checked as a pair, and read again when
// the files change. A new pair that cannot be used leaves the old one in place.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { escapeText } from 'ingam'
import type { ServiceConfig } from '../config/contract.ts'
import { reasonOf } from '../config/load.ts'
import { readSecretText } from '../keys/secret.ts'
import { ServiceError } from '../service-error.ts'

type TlsConfig = NonNullable<ServiceConfig['listen']['tls']>

/** A pair that fits. */
export interface TlsPair {
  /** PEM: the leaf, then what stands above it. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  readonly notAfter: Date
  /** SHA-256 of the leaf, for the log. */
  readonly fingerprint: string
  readonly leaf: X509Certificate
}

/** What {@link loadTlsPair} reads with. */
export interface TlsPairInputs {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => Promise<Uint8Array>
  readonly now: Date
}

/**
 * The pair of the configuration: the key is that of the first certificate, which is valid now. **Not checked: who issued
 * it, and whether clients will believe it.**
 *
 * @throws {ServiceError} ERR_CONFIG_FILE, ERR_CONFIG_VALUE, ERR_CONFIG_SECRET
 */
export async function loadTlsPair(tls: TlsConfig, { env, readFile, now }: TlsPairInputs): Promise<TlsPair> {
  const cert = await readText(tls.certificate, readFile)
  const leaf = parseLeaf(cert, tls.certificate)
  const key = await readSecretText(tls.privateKey, env, { name: 'listen.tls.privateKey' })
  if (!isKeyOf(leaf, key)) {
    throw new ServiceError('ERR_CONFIG_VALUE', 'listen.tls: the private key is not that of the certificate')
  }
  const notBefore = leaf.validFromDate
  const notAfter = leaf.validToDate
  if (now > notAfter || now < notBefore) {
    const expected = `now (${now.toISOString()}) within ${notBefore.toISOString()} to ${notAfter.toISOString()}`
    throw new ServiceError('ERR_CONFIG_VALUE', `listen.tls.certificate: expected ${expected}`, {
      details: {
        notBefore: notBefore.toISOString(),
        notAfter: notAfter.toISOString(),
        now: now.toISOString(),
      },
    })
  }
  return { cert, key, notAfter, fingerprint: leaf.fingerprint256, leaf }
}

/** What changes when one of the files does; a pair is read again only then. */
export async function tlsPairMark(tls: TlsConfig): Promise<string> {
  const files = [tls.certificate, ...('file' in tls.privateKey ? [tls.privateKey.file] : [])]
  const marks = files.map(async (file) => {
    try {
      const { mtimeMs, size, ino } = await stat(file)
      return `${mtimeMs} ${size} ${ino}`
    } catch {
      // Gone for the moment, as while it is replaced: a mark like any other.
      return 'absent'
    }
  })
  return (await Promise.all(marks)).join('; ')
}

async function readText(path: string, readFile: TlsPairInputs['readFile']): Promise<string> {
  try {
    return Buffer.from(await readFile(path)).toString('latin1')
  } catch (error) {
    const message = `listen.tls.certificate: ${escapeText(path)}: ${reasonOf(error)}`
    throw new ServiceError('ERR_CONFIG_FILE', message, { cause: error })
  }
}

function parseLeaf(pem: string, path: string): X509Certificate {
  try {
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no PEM')
    return new X509Certificate(pem)
  } catch (error) {
    const message = `listen.tls.certificate: expected PEM certificates, found ${escapeText(path)} with something else`
    throw new ServiceError('ERR_CONFIG_VALUE', message, { cause: error })
  }
}

function isKeyOf(leaf: X509Certificate, pem: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(pem))
  } catch (error) {
    // The parser's error may quote what it read.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new ServiceError(
      'ERR_CONFIG_SECRET',
      `listen.tls.privateKey: not a PEM private key without passphrase (${escapeText(code, 60)})`,
    )
  }
}
