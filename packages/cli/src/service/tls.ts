// CLI: a certificate and its key as Node's TLS takes them, from whatever form the files have.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Credential } from 'ingam'
import { loadCertificates } from 'ingam/node'
import type { Context } from '../context.ts'
import { CommandError } from '../failure.ts'
import { readFrom } from '../input.ts'
import type { TlsFiles } from './http.ts'

/** The key of the credential, once more, since the credential does not give it out. */
export interface KeyFile {
  readonly key: string
  readonly passphrase: string | undefined
}

/** The CAs of a file as PEM. Read as certificates first: Node passes over what is none, and then trusts nobody. */
export async function readTlsCa(path: string): Promise<string> {
  return (await loadCertificates(path)).map(({ der }) => new X509Certificate(der).toString()).join('')
}

/** What is shown in a handshake: the certificates of the credential and its key, as PEM. */
export async function shownBy(
  context: Context,
  credential: Credential,
  { key, passphrase }: KeyFile,
): Promise<Required<Pick<TlsFiles, 'certificate' | 'privateKey'>>> {
  const certificate = credential.certificates.map(({ der }) => new X509Certificate(der).toString()).join('')
  const bytes = Buffer.from((await readFrom(context, key, MAX_KEY_BYTES)) ?? [])
  const form = bytes.includes('-----BEGIN ')
    ? ({ format: 'pem' } as const)
    : ({ format: 'der', type: 'pkcs8' } as const)
  try {
    const opened = createPrivateKey({
      key: bytes,
      ...form,
      ...(passphrase === undefined ? {} : { passphrase }),
    })
    return { certificate, privateKey: opened.export({ format: 'pem', type: 'pkcs8' }).toString() }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // What OpenSSL says of a key is about its form alone.
    throw new CommandError(3, `${key}: the key cannot be used for TLS`)
  }
}

// LIMIT: the largest private keys, of 16,384 bits and in PEM, have a fifth of it.
const MAX_KEY_BYTES = 65_536
