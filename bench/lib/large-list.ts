// A revocation list as large as those of the largest CAs, written field by field: no writer of single entries is made for it.

import { createPrivateKey, randomBytes, sign } from 'node:crypto'
import type { TestCertificate } from 'ingam/testing'
import type { Name } from 'ingam/x509'

/** A list with some of the certificates on it. */
export interface LargeList {
  readonly der: Uint8Array
  readonly listed: readonly { readonly serial: Uint8Array; readonly issuer: Name }[]
}

export interface LargeListOptions {
  readonly entries: number
  readonly now: Date
  /** Whose certificates an indirect list speaks of, in turn, each named with each entry; none: those of its own issuer. */
  readonly issuers: readonly Name[]
}

const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex')
// CRLReason keyCompromise as the only extension of an entry (RFC 5280 §5.3.1).
const KEY_COMPROMISE = Buffer.from('300c300a0603551d1504030a0101', 'hex')
// Critical certificateIssuer (§5.3.3) without its value, and issuingDistributionPoint that says indirectCRL (§5.2.5).
const CERTIFICATE_ISSUER = Buffer.from('0603551d1d0101ff', 'hex')
const INDIRECT = Buffer.from('a0133011300f0603551d1c0101ff040530038401ff', 'hex')
const NOTHING = Buffer.alloc(0)
const SAMPLE = 10_000

/** A list of random numbers of 16 octets, half of them with a reason where it is plain, signed by a CA with a key on P-256. */
export function writeLargeList(ca: TestCertificate, { entries, now, issuers }: LargeListOptions): LargeList {
  const others = issuers.map((name) => ({ name, extensions: certificateIssuer(name) }))
  const thisUpdate = time(new Date(now.getTime() - 60_000))
  const every = Math.max(1, Math.floor(entries / SAMPLE))
  const listed: { serial: Uint8Array; issuer: Name }[] = []
  const chunks: Buffer[] = []
  for (let index = 0; index < entries; index++) {
    const serial = randomBytes(16)
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
    const other = others[index % others.length]
    if (index % every === 0)
      listed.push({ serial: Uint8Array.from(serial), issuer: other?.name ?? ca.certificate.subject })
    const reason = index % 2 === 0 ? KEY_COMPROMISE : NOTHING
    chunks.push(element(0x30, element(0x02, serial), thisUpdate, other?.extensions ?? reason))
  }
  const tbs = element(
    0x30,
    element(0x02, Buffer.of(1)),
    ECDSA_WITH_SHA256,
    Buffer.from(ca.certificate.subject.der),
    thisUpdate,
    time(new Date(now.getTime() + 86_400_000)),
    element(0x30, Buffer.concat(chunks)),
    issuers.length === 0 ? NOTHING : INDIRECT,
  )
  const key = createPrivateKey({ key: Buffer.from(ca.privateKeyPkcs8), format: 'der', type: 'pkcs8' })
  const signature = element(0x03, Buffer.of(0), sign('sha256', tbs, key))
  return { der: Uint8Array.from(element(0x30, tbs, ECDSA_WITH_SHA256, signature)), listed }
}

// The extensions of an entry that name a CA.
function certificateIssuer(name: Name): Buffer {
  const value = element(0x04, element(0x30, element(0xa4, Buffer.from(name.der))))
  return element(0x30, element(0x30, CERTIFICATE_ISSUER, value))
}

// UTCTime.
function time(date: Date): Buffer {
  const digits = date.toISOString().slice(2, 19).replaceAll(/[-:T]/gu, '')
  return element(0x17, Buffer.from(`${digits}Z`))
}

function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const digits: number[] = []
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return Buffer.concat([Buffer.of(tag, 0x80 | digits.length, ...digits), content])
}
