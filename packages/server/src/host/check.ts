// Server: `ingam serve --check`: everything that a start needs, looked at without a trace: no file is written, no socket
// opened, no database touched.

import { access, constants, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { dirname } from 'node:path'
import { escapeText, isPkiError } from 'ingam'
import type { ServiceConfig } from '../config/contract.ts'
import { type LoadConfigOptions, loadConfig, reasonOf } from '../config/load.ts'
import { isLoopback } from '../config/rules.ts'
import { readSecret } from '../keys/secret.ts'
import { compilePolicy, policyDigest } from '../policy/compile.ts'
import { ServiceError } from '../service-error.ts'
import { readPolicyFile } from './seed-policy.ts'
import { openSources } from './sources.ts'
import { loadTlsPair } from './tls-pair.ts'

/** One thing that was looked at. */
export interface CheckLine {
  readonly state: 'ok' | 'problem'
  /** Which part of the configuration. */
  readonly part: string
  readonly text: string
}

/** What {@link checkConfig} takes. */
export interface CheckConfigOptions extends LoadConfigOptions {
  readonly now: Date
}

/**
 * Looks at the configuration and all that it names: it can be read and is valid; the server's certificate and key fit and
 * are in time; the key-encryption key, the policy and the revocation files can be read; the state folder can be written;
 * issuer and listener go together. **Not checked: whether the port is free, and what lies in the database.**
 *
 * @returns a line for each part; the service can start where none is a problem
 */
export async function checkConfig(options: CheckConfigOptions): Promise<readonly CheckLine[]> {
  let config: ServiceConfig
  try {
    config = await loadConfig(options)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const texts = error.message.split('\n')
    return texts.map((text) => ({ state: 'problem', part: 'configuration', text }))
  }
  const { env, readFile, now } = options
  const { tls } = config.listen
  const parts: readonly (readonly [part: string, check: () => Promise<string> | string])[] = [
    ['listen', () => checkIssuer(config)],
    ...(tls === undefined
      ? []
      : [
          [
            'listen.tls',
            async () => {
              const { leaf, notAfter } = await loadTlsPair(tls, { env, readFile, now })
              const { hostname } = new URL(config.issuer)
              checkNames(leaf, hostname)
              return `a certificate for ${escapeText(hostname)} until ${notAfter.toISOString()}`
            },
          ] as const,
        ]),
    [
      'secrets.keyEncryptionKey',
      async () => {
        const key = await readSecret(config.secrets.keyEncryptionKey, env, {
          name: 'secrets.keyEncryptionKey',
          bytes: 32,
        })
        key.fill(0)
        return 'a key of 32 bytes'
      },
    ],
    ['state.folder', async () => await checkFolder(config.state.folder)],
    [
      'initialPolicy',
      async () => {
        if (config.initialPolicy === undefined) return 'none: the store must have one'
        const text = await readPolicyFile(config.initialPolicy, readFile)
        const { document } = compilePolicy({ version: 0, digest: policyDigest(text), text })
        return `${Object.keys(document.profiles).length} profiles`
      },
    ],
    ['revocation', async () => await checkRevocation(config, now)],
    ['admin', () => checkAdmin(config, now)],
  ]
  const lines: CheckLine[] = [{ state: 'ok', part: 'configuration', text: 'every key is valid' }]
  for (const [part, check] of parts) lines.push(await lineOf(part, check))
  return lines
}

async function lineOf(part: string, check: () => Promise<string> | string): Promise<CheckLine> {
  try {
    return { state: 'ok', part, text: await check() }
  } catch (error) {
    if (error instanceof ServiceError || isPkiError(error))
      return { state: 'problem', part, text: error.message }
    if (error instanceof Problem) return { state: 'problem', part, text: error.message }
    throw error
  }
}

// Only within this file: becomes a line.
class Problem extends Error {}

function checkIssuer({ issuer, listen }: ConfigParts): string {
  const { protocol, hostname, port } = new URL(issuer)
  const isSecure = listen.tls !== undefined || listen.behindProxy
  if (protocol === 'https:' && !isSecure) {
    throw new Problem(
      'the issuer is https, but neither listen.tls nor behindProxy is set: clients will not reach it',
    )
  }
  if (protocol === 'http:' && listen.tls !== undefined) {
    throw new Problem('the issuer is http, but the listener speaks TLS')
  }
  if (!listen.behindProxy && listen.port !== 0) {
    const issuerPort = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
    if (issuerPort !== listen.port && isLoopback(hostname)) {
      throw new Problem(`the issuer is on port ${issuerPort}, the listener on ${listen.port}`)
    }
  }
  if (isLoopback(listen.host) && !isLoopback(hostname) && !listen.behindProxy) {
    throw new Problem('the listener is on loopback, and the issuer is not: nobody else reaches it')
  }
  return `${escapeText(issuer)} on ${escapeText(listen.host)}, port ${listen.port}`
}

type ConfigParts = Pick<ServiceConfig, 'issuer' | 'listen'>

function checkNames(
  leaf: {
    readonly checkHost: (name: string) => string | undefined
    readonly checkIP: (ip: string) => string | undefined
  },
  hostname: string,
): void {
  const bare = hostname.replace(/^\[|\]$/gu, '')
  const named = isIP(bare) === 0 ? leaf.checkHost(bare) : leaf.checkIP(bare)
  if (named === undefined) {
    throw new Problem(`the certificate does not name ${escapeText(hostname)}, the host of the issuer`)
  }
}

async function checkFolder(folder: string): Promise<string> {
  let current = folder
  for (;;) {
    try {
      const found = await stat(current)
      if (!found.isDirectory()) throw new Problem(`${escapeText(current)} is not a folder`)
      await access(current, constants.R_OK | constants.W_OK | constants.X_OK)
      return current === folder ? 'there, and can be written' : `will be made below ${escapeText(current)}`
    } catch (error) {
      if (error instanceof Problem) throw error
      const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!isAbsent || dirname(current) === current)
        throw new Problem(`${escapeText(current)}: ${reasonOf(error)}`)
      current = dirname(current)
    }
  }
}

async function checkRevocation({ revocation }: ServiceConfig, now: Date): Promise<string> {
  const { sources, close } = await openSources(revocation, () => now)
  try {
    const statuses = sources.flatMap((source) => source.status())
    const failing = statuses.find(({ state }) => state === 'failing')
    if (failing !== undefined) throw new Problem(`${failing.from}: ${failing.lastError ?? 'failing'}`)
    return `${revocation.files.length} paths, network ${revocation.fetch}`
  } finally {
    close()
  }
}

function checkAdmin({ admin }: ServiceConfig, now: Date): string {
  if (admin === undefined) return 'off'
  for (const { certificate } of admin.trustAnchors) {
    if (now < certificate.notBefore || now > certificate.notAfter) {
      throw new Problem(
        `a trust anchor of administrators is not in time: until ${certificate.notAfter.toISOString()}`,
      )
    }
  }
  return `${admin.administrators.length} administrators, ${admin.trustAnchors.length} trust anchors`
}
