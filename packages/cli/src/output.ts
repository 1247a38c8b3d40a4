// CLI: how values become text: aligned rows, JSON that cannot steer a terminal, the chain as a tree.

import { escapeText, type PathAttempt } from 'ingam'

/** Rows of two columns, the first padded; foreign text must be escaped by the caller. */
export function formatRows(rows: readonly (readonly [string, string])[], indent: string = ''): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}`.trimEnd()).join('\n')
}

/** One JSON value in two-space layout; characters that could reorder or hide text are written as \uXXXX. */
export function formatJson(value: unknown): string {
  const text = JSON.stringify(value, toJson, 2) ?? 'null'
  return text.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu, escapeUnits)
}

/** A claim's or header member's value on one line, escaped and cut. */
export function formatValue(value: unknown): string {
  return typeof value === 'string' ? escapeText(value) : escapeText(JSON.stringify(value) ?? 'null')
}

/** A NumericDate as an instant, beside the number; anything else as it is. */
export function formatInstant(value: unknown): string {
  if (typeof value !== 'number' || Math.abs(value) > 8.64e12) return formatValue(value)
  return `${value} (${new Date(value * 1000).toISOString()})`
}

/** A certificate as the tree shows it. */
export interface TreeCertificate {
  readonly subject: string
  readonly issuer: string
  readonly notBefore: string
  readonly notAfter: string
}

/**
 * The chain that the names describe, topmost issuer first, each further line below its issuer. Names alone: nothing is
 * verified here. Certificates that the chain does not need come after it.
 */
export function formatTree(sent: readonly TreeCertificate[], anchorSubjects?: readonly string[]): string {
  const [signer, ...pool] = sent
  if (signer === undefined) return '  (no certificates)'
  const chain = [signer]
  let top = signer
  while (top.issuer !== top.subject) {
    const issuer = pool.findIndex((certificate) => certificate.subject === top.issuer)
    const [next] = issuer < 0 ? [] : pool.splice(issuer, 1)
    if (next === undefined) break
    chain.push(next)
    top = next
  }
  const known =
    anchorSubjects?.includes(top.issuer) === true
      ? 'trust anchor by name'
      : 'not sent, no trust anchor of this name'
  const root = anchorSubjects === undefined ? 'not sent' : known
  const lines = top.issuer === top.subject ? [] : [`${escapeText(top.issuer)}  [${root}]`]
  for (const certificate of chain.toReversed()) {
    const role = certificate === signer ? '  [signer]' : ''
    const validity = `(${certificate.notBefore} to ${certificate.notAfter})`
    lines.push(`${escapeText(certificate.subject)}${role}  ${validity}`)
  }
  const tree = lines.map((line, depth) =>
    depth === 0 ? `  ${line}` : `  ${'   '.repeat(depth - 1)}└─ ${line}`,
  )
  const unused = pool.map((certificate) => `  (not part of the chain) ${escapeText(certificate.subject)}`)
  return [...tree, ...unused].join('\n')
}

/**
 * The paths that were tried as one tree, each issuer below the certificate it might have issued. A number behind a
 * certificate is that of the attempt that ended there; serial numbers tell certificates of one name apart.
 */
export function formatAttempts(attempts: readonly PathAttempt[]): string[] {
  const top: Branch = { label: '', ends: [], branches: new Map() }
  const bySubject = new Map<string, Set<string>>()
  for (const { subject, serialNumber } of attempts.flatMap(({ certificates }) => certificates)) {
    const serials = bySubject.get(subject) ?? new Set()
    bySubject.set(subject, serials.add(serialNumber))
  }
  for (const [index, { certificates, reachesAnchor, position }] of attempts.entries()) {
    let branch = top
    for (const [place, { subject, serialNumber }] of certificates.entries()) {
      const isAnchor = reachesAnchor && place === certificates.length - 1
      const isTwin = (bySubject.get(subject)?.size ?? 0) > 1
      const key = `${subject}\n${serialNumber}\n${isAnchor}`
      const serial = isTwin
        ? `  (serial ${serialNumber.slice(0, 12)}${serialNumber.length > 12 ? '…' : ''})`
        : ''
      const label = `${escapeText(subject)}${serial}${isAnchor ? '  [trust anchor]' : ''}`
      const next: Branch = branch.branches.get(key) ?? { label, ends: [], branches: new Map() }
      branch.branches.set(key, next)
      branch = next
    }
    branch.ends.push(`✗ ${index + 1}, at #${position}`)
  }
  return [...top.branches.values()].flatMap((branch) => branchLines(branch, '', ''))
}

interface Branch {
  readonly label: string
  readonly ends: string[]
  readonly branches: Map<string, Branch>
}

function branchLines({ label, ends, branches }: Branch, first: string, rest: string): string[] {
  const below = [...branches.values()]
  const end = ends.length === 0 ? '' : `  ${ends.join('; ')}`
  return [
    `${first}${label}${end}`,
    ...below.flatMap((branch, index) =>
      index === below.length - 1
        ? branchLines(branch, `${rest}└─ `, `${rest}   `)
        : branchLines(branch, `${rest}├─ `, `${rest}│  `),
    ),
  ]
}

/** A path as a shell word, quoted only where it must be. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
