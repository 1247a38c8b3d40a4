// Server: the configuration document as it is written: every key with its kind, range, default and meaning. One schema
// for reading, for the names of the variables, and for the table in docs/server.md.

import { z } from 'zod'
import type { CertificateMatch, Rate } from './contract.ts'
import {
  flag,
  oneOf,
  oneOfOr,
  positiveNumber,
  type SecretSourceDocument,
  secretSource,
  text,
  textList,
  textOr,
  wholeNumber,
} from './fields.ts'

/** The document with defaults filled in, paths as they were written. */
export interface ConfigDocument {
  readonly issuer: string
  readonly listen: {
    readonly host: string
    readonly port: number
    readonly behindProxy: boolean
    readonly tls?: {
      readonly certificate: string
      readonly privateKey: SecretSourceDocument
      readonly clientCertificates: 'request' | 'off'
    }
  }
  readonly state: { readonly folder: string; readonly grantRetentionDays: number }
  readonly secrets: { readonly keyEncryptionKey: SecretSourceDocument }
  readonly initialPolicy?: string
  readonly revocation: {
    readonly files: readonly string[]
    readonly fetch: 'off' | 'http'
    readonly allowHosts: readonly string[]
  }
  readonly admin?: {
    readonly trustAnchors: readonly string[]
    readonly administrators: readonly {
      readonly name: string
      readonly role: 'operator' | 'auditor'
      readonly certificate: CertificateMatch
    }[]
    readonly revocation: 'off' | 'prefer' | 'require'
  }
  readonly tokens: {
    readonly defaultAlgorithm: 'ES256' | 'RS256'
    readonly rotateDays: number
    readonly overlapHours: number
    readonly challengeSeconds: number
    readonly dpopNonce: 'required' | 'optional'
  }
  readonly limits: {
    readonly bodyBytes: number
    readonly headerBytes: number
    readonly requestSeconds: number
    readonly concurrency: number
    readonly connections: number
    readonly storeQueue: number
    readonly ratePerAddress: Rate
    readonly ratePerCertificate: Rate
    readonly drainSeconds: number
  }
  readonly audit: { readonly checkpointSeconds: number; readonly sampledRefusalsPerMinute: number }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' }
  readonly metrics: { readonly path: '/metrics' | 'off' }
}

const MAPPING = { error: 'a mapping of keys' }
const PATH = 'a path'

const tls = z.strictObject(
  {
    certificate: text(PATH, 'PEM file of the server certificate, what stands above it after it'),
    privateKey: secretSource('The private key of that certificate, PEM'),
    clientCertificates: oneOfOr(
      ['request', 'off'],
      'request',
      'Whether clients are asked for a certificate in the handshake',
    ),
  },
  MAPPING,
)

const listen = z
  .strictObject(
    {
      host: textOr('127.0.0.1', 'an address or a host name', 'Address to listen on'),
      port: wholeNumber({ from: 0, to: 65_535 }, 8_780, 'Port to listen on; 0 takes a free one'),
      behindProxy: flag(
        'Whether TLS ends at a proxy in front, so that plain HTTP may be spoken elsewhere than on loopback',
      ),
      tls: tls.exactOptional(),
    },
    MAPPING,
  )
  .prefault({})

const state = z
  .strictObject(
    {
      folder: textOr('state', PATH, 'Folder (0700) of the database'),
      grantRetentionDays: wholeNumber(
        { from: 1, to: 3_650, unit: 'days' },
        30,
        'For how long ended and expired grants are kept',
      ),
    },
    MAPPING,
  )
  .prefault({})

const revocation = z
  .strictObject(
    {
      files: textList('paths', 'Files and folders with revocation lists and OCSP responses'),
      fetch: oneOfOr(
        ['off', 'http'],
        'off',
        'Whether lists and responders that certificates name may be asked',
      ),
      allowHosts: textList(
        'origins such as http://crl.example',
        'Origins that may be asked; nothing else is, whatever a certificate names',
      ),
    },
    MAPPING,
  )
  .prefault({})

const MATCH = 'exactly one of subject_dn, san_dns, san_uri, san_ip, san_email and x5t_s256'
const NAME = 'a name as the certificate has it'
const certificateMatch = z
  .strictObject(
    {
      subject_dn: text('a name in RFC 4514 text', 'The whole subject').exactOptional(),
      san_dns: text(NAME, 'A DNS name').exactOptional(),
      san_uri: text(NAME, 'A URI').exactOptional(),
      san_ip: text(NAME, 'An IP address').exactOptional(),
      san_email: text(NAME, 'An email address').exactOptional(),
      x5t_s256: z
        .string({ error: 'a base64url SHA-256 of 43 characters' })
        .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/u, { error: 'a base64url SHA-256 of 43 characters' })
        .meta({ description: 'SHA-256 of the DER', expected: 'a base64url SHA-256 of 43 characters' })
        .exactOptional(),
    },
    { error: MATCH },
  )
  .transform((match, context): CertificateMatch => {
    const only = onlyMember(match)
    if (only !== undefined) return only
    context.addIssue({ code: 'custom', message: MATCH })
    return z.NEVER
  })

// Returned as one of the union's members, so that no reader has to look at a second one.
function onlyMember(match: {
  readonly subject_dn?: string
  readonly san_dns?: string
  readonly san_uri?: string
  readonly san_ip?: string
  readonly san_email?: string
  readonly x5t_s256?: string
}): CertificateMatch | undefined {
  if (Object.keys(match).length !== 1) return undefined
  if (match.subject_dn !== undefined) return { subject_dn: match.subject_dn }
  if (match.san_dns !== undefined) return { san_dns: match.san_dns }
  if (match.san_uri !== undefined) return { san_uri: match.san_uri }
  if (match.san_ip !== undefined) return { san_ip: match.san_ip }
  if (match.san_email !== undefined) return { san_email: match.san_email }
  return match.x5t_s256 === undefined ? undefined : { x5t_s256: match.x5t_s256 }
}

const administrator = z.strictObject(
  {
    name: text('a name of 1 to 1024 characters', 'Under what the administrator appears in the audit log'),
    role: oneOf(['operator', 'auditor'], 'An auditor reads; an operator acts too'),
    certificate: certificateMatch,
  },
  MAPPING,
)

const admin = z.strictObject(
  {
    trustAnchors: z
      .array(text(PATH, 'A PEM file with one or several certificates'), { error: 'a list of paths' })
      .min(1, { error: 'a list of at least one path' })
      .max(100, { error: 'a list of at most 100 paths' })
      .meta({
        description: 'PEM files of the CAs of administrators, which are others than those of workloads',
        expected: 'a list of 1 to 100 paths',
      }),
    administrators: z
      .array(administrator, { error: 'a list of administrators' })
      .min(1, { error: 'a list of at least one administrator' })
      .max(100, { error: 'a list of at most 100 administrators' })
      .meta({ description: 'Who may use /admin', expected: 'a list of 1 to 100 administrators' }),
    revocation: oneOf(
      ['off', 'prefer', 'require'],
      "The stance on the standing of administrators' certificates; must be written out",
    ),
  },
  MAPPING,
)

const tokens = z
  .strictObject(
    {
      defaultAlgorithm: oneOfOr(
        ['ES256', 'RS256'],
        'ES256',
        'Algorithm of access tokens where a profile names none',
      ),
      rotateDays: wholeNumber(
        { from: 1, to: 365, unit: 'days' },
        30,
        'Between two rotations of the signing keys',
      ),
      overlapHours: wholeNumber(
        { from: 1, to: 720, unit: 'hours' },
        24,
        'For how long a new key is published before it signs; shorter than rotateDays',
      ),
      challengeSeconds: wholeNumber(
        { from: 10, to: 600, unit: 'seconds' },
        60,
        'For how long a challenge is good',
      ),
      dpopNonce: oneOfOr(
        ['required', 'optional'],
        'required',
        'Whether a DPoP proof must carry a nonce of this service (RFC 9449 §8)',
      ),
    },
    MAPPING,
  )
  .prefault({})

const rate = (
  perSecond: number,
  burst: number,
  whose: string,
): z.ZodPrefault<z.ZodType<Rate, { perSecond?: number | undefined; burst?: number | undefined }>> =>
  z
    .strictObject(
      {
        perSecond: positiveNumber(1_000_000, perSecond, `Requests a second ${whose}`),
        burst: wholeNumber({ from: 1, to: 1_000_000 }, burst, `Requests that may come at once ${whose}`),
      },
      MAPPING,
    )
    .prefault({})

const limits = z
  .strictObject(
    {
      bodyBytes: wholeNumber(
        { from: 1_024, to: 1_048_576, unit: 'bytes' },
        65_536,
        'Size of a body; under /admin at least 512 KiB are taken',
      ),
      headerBytes: wholeNumber(
        { from: 4_096, to: 131_072, unit: 'bytes' },
        32_768,
        'Size of all headers of a request',
      ),
      requestSeconds: wholeNumber(
        { from: 1, to: 300, unit: 'seconds' },
        10,
        'In which a request must have arrived',
      ),
      concurrency: wholeNumber(
        { from: 1, to: 10_000 },
        64,
        'Requests that are worked on at once; as many again wait',
      ),
      connections: wholeNumber({ from: 1, to: 100_000 }, 2_000, 'Connections that are open at once'),
      storeQueue: wholeNumber({ from: 1, to: 100_000 }, 1_024, 'Units of work that wait for the disk'),
      ratePerAddress: rate(100, 200, 'from one IPv4 address, or one /64 of IPv6'),
      ratePerCertificate: rate(10, 50, 'with one certificate'),
      drainSeconds: wholeNumber(
        { from: 0, to: 600, unit: 'seconds' },
        20,
        'In which requests may end after SIGTERM',
      ),
    },
    MAPPING,
  )
  .prefault({})

const audit = z
  .strictObject(
    {
      checkpointSeconds: wholeNumber(
        { from: 10, to: 86_400, unit: 'seconds' },
        300,
        'Between signed checkpoints',
      ),
      sampledRefusalsPerMinute: wholeNumber(
        { from: 0, to: 1_000 },
        10,
        'Refusals before any signature verified that are written out in full each minute; the rest is counted',
      ),
    },
    MAPPING,
  )
  .prefault({})

const log = z
  .strictObject(
    { level: oneOfOr(['debug', 'info', 'warn', 'error', 'silent'], 'info', 'What is logged') },
    MAPPING,
  )
  .prefault({})

const metrics = z
  .strictObject({ path: oneOfOr(['/metrics', 'off'], '/metrics', 'Where metrics are read') }, MAPPING)
  .prefault({})

/** Reads a document: unknown keys are refused, defaults filled in. */
export const configSchema: z.ZodType<ConfigDocument> = z.strictObject(
  {
    issuer: text(
      'an https URL',
      'The issuer identifier (RFC 8414 §2): https, or http on loopback; no query, fragment or slash at the end',
    ),
    listen,
    state,
    secrets: z.strictObject(
      { keyEncryptionKey: secretSource('The key-encryption key, 32 bytes as base64') },
      { error: 'a mapping with keyEncryptionKey' },
    ),
    initialPolicy: text(
      PATH,
      'Policy file that is applied as version 1 where the store has none',
    ).exactOptional(),
    revocation,
    admin: admin.exactOptional(),
    tokens,
    limits,
    audit,
    log,
    metrics,
  },
  MAPPING,
)
