// The openssl program as a peer: it takes the key out of the certificate of `x5c[0]`, checks and makes the signature over
// the token's first two parts. It knows no JOSE, so the forms of a token are written here.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TokenAlgorithm } from '../../../packages/ingam/src/keys/algorithms.ts'
import { derFromFixed, fixedFromDer } from '../../support/ecdsa-form.ts'
import { type Ask, askByCalls, type Members, membersOf, type SignJob, type VerifyJob } from './peer.ts'

/** The program at this path. */
export function askOpenssl(openssl: string): Ask {
  return async (jobs) => {
    const folder = mkdtempSync(join(tmpdir(), 'ingam-peer-'))
    try {
      const tool = new Openssl(openssl, folder)
      const calls = {
        version: tool.version(),
        verify: async (job: VerifyJob) => await Promise.resolve(tool.verify(job)),
        sign: async (job: SignJob) => await Promise.resolve(tool.sign(job)),
        isRefusal: (error: Error) => error instanceof SignatureRefused,
      }
      return await askByCalls(calls)(jobs)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

class SignatureRefused extends Error {}

const COORDINATE_BYTES: Partial<Record<TokenAlgorithm, number>> = { ES256: 32, ES384: 48, ES512: 66 }

class Openssl {
  readonly #program: string
  readonly #folder: string

  constructor(program: string, folder: string) {
    this.#program = program
    this.#folder = folder
  }

  /** Major and minor: what a distribution mends within it changes no cell. */
  version(): string {
    return /^OpenSSL (\d+\.\d+)\./u.exec(this.#run('version').toString())?.[1] ?? 'unknown'
  }

  verify({ token, algorithm }: VerifyJob): Members {
    const [header = '', payload = '', signature = ''] = token.split('.')
    const leaf = this.#write('leaf.der', leafOf(header))
    const key = this.#write(
      'public.pem',
      this.#run('x509', '-inform', 'DER', '-in', leaf, '-noout', '-pubkey'),
    )
    const bytes = Buffer.from(signature, 'base64url')
    const file = this.#write('signature', algorithm in COORDINATE_BYTES ? derFromFixed(bytes) : bytes)
    const data = this.#write('data', `${header}.${payload}`)
    const digest = digestArguments(algorithm)
    const { status, stdout, stderr } =
      digest === undefined
        ? this.#ask('pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', key, '-sigfile', file, '-in', data)
        : this.#ask('dgst', ...digest, '-verify', key, '-signature', file, data)
    // Said by dgst and by pkeyutl, in this order.
    if (/^Verification failure$|^Signature Verification Failure$/mu.test(stdout.toString())) {
      throw new SignatureRefused(stdout.toString().trim())
    }
    if (status !== 0) throw new Error(stderr)
    return membersOf(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  }

  sign({ header, claims, privateKey, algorithm }: SignJob): string {
    const signed = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const key = this.#write('private.pem', privateKey)
    const data = this.#write('data', signed)
    const digest = digestArguments(algorithm)
    const signature =
      digest === undefined
        ? this.#run('pkeyutl', '-sign', '-rawin', '-inkey', key, '-in', data)
        : this.#run('dgst', ...digest, '-sign', key, data)
    const coordinateBytes = COORDINATE_BYTES[algorithm]
    const written = coordinateBytes === undefined ? signature : fixedFromDer(signature, coordinateBytes)
    return `${signed}.${written.toString('base64url')}`
  }

  #write(name: string, content: string | Uint8Array): string {
    const path = join(this.#folder, name)
    writeFileSync(path, content)
    return path
  }

  #ask(...args: readonly string[]): { status: number | null; stdout: Buffer; stderr: string } {
    const { status, stdout, stderr, error } = spawnSync(this.#program, args, { timeout: 30_000 })
    if (error !== undefined) throw error
    return { status, stdout, stderr: stderr.toString() }
  }

  #run(...args: readonly string[]): Buffer {
    const { status, stdout, stderr } = this.#ask(...args)
    if (status !== 0) throw new Error(stderr)
    return stdout
  }
}

// Undefined for algorithms that sign the data itself and no digest of it.
function digestArguments(algorithm: TokenAlgorithm): readonly string[] | undefined {
  const [, family, bits] = /^(ES|RS|PS)(256|384|512)$/u.exec(algorithm) ?? []
  if (family === undefined || bits === undefined) return undefined
  const pss = ['rsa_padding_mode:pss', `rsa_pss_saltlen:${Number(bits) / 8}`, `rsa_mgf1_md:sha${bits}`]
  return [`-sha${bits}`, ...(family === 'PS' ? pss.flatMap((option) => ['-sigopt', option]) : [])]
}

function leafOf(header: string): Buffer {
  const { x5c } = membersOf(JSON.parse(Buffer.from(header, 'base64url').toString()))
  return Buffer.from(Array.isArray(x5c) ? String(x5c[0]) : '', 'base64')
}
