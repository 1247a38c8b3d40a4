// CLI: certificates as trees: the chain that names describe, and the paths that were tried in vain.

import { escapeText, type PathAttempt } from 'ingam'
import { formatValidity } from './durations.ts'
import type { Room } from './room.ts'
import { widthOf, wrapTo } from './width.ts'

/** A certificate as the tree shows it. */
export interface TreeCertificate {
  readonly subject: string
  readonly issuer: string
  readonly notBefore: string
  readonly notAfter: string
}

/** How a chain is shown. */
export interface ChainView {
  readonly room: Room
  readonly now: Date
  /** Names of the trust anchors, where there are some to compare with. */
  readonly anchorSubjects?: readonly string[]
}

/**
 * The chain that the names describe, topmost issuer first, each further line below its issuer. Names alone: nothing is
 * verified here. Certificates that the chain does not need come after it.
 */
export function formatChain(sent: readonly TreeCertificate[], view: ChainView): readonly string[] {
  const [signer, ...pool] = sent
  if (signer === undefined) return ['  (no certificates)']
  const chain = [signer]
  let top = signer
  while (top.issuer !== top.subject) {
    const issuer = pool.findIndex((certificate) => certificate.subject === top.issuer)
    const [next] = issuer < 0 ? [] : pool.splice(issuer, 1)
    if (next === undefined) break
    chain.push(next)
    top = next
  }
  const parts: (readonly string[])[] = []
  if (top.issuer !== top.subject) parts.push([escapeText(top.issuer), `[${rootOf(top, view)}]`])
  for (const certificate of chain.toReversed()) {
    parts.push([
      escapeText(certificate.subject),
      ...(certificate === signer ? ['[signer]'] : []),
      validityOf(certificate, view.now),
    ])
  }
  const tree = parts.flatMap((part, depth) => {
    const first = depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `
    const isLast = depth === parts.length - 1
    return nodeLines(part, first, `${'   '.repeat(depth)}${isLast ? '' : '│  '}`, view.room)
  })
  const unused = pool.flatMap((certificate) =>
    nodeLines(['(not part of the chain)', escapeText(certificate.subject)], '', '   ', view.room),
  )
  return [...tree, ...unused]
}

/**
 * The paths that were tried as one tree, each issuer below the certificate it might have issued. A number behind a
 * certificate is that of the attempt that ended there; serial numbers tell certificates of one name apart.
 */
export function formatAttempts(attempts: readonly PathAttempt[], room: Room): readonly string[] {
  const top: Branch = { parts: [], ends: [], branches: new Map() }
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
      const serial = `(serial ${serialNumber.slice(0, 12)}${serialNumber.length > 12 ? '…' : ''})`
      const parts = [
        escapeText(subject),
        ...(isTwin ? [serial] : []),
        ...(isAnchor ? ['[trust anchor]'] : []),
      ]
      const next: Branch = branch.branches.get(key) ?? { parts, ends: [], branches: new Map() }
      branch.branches.set(key, next)
      branch = next
    }
    branch.ends.push(`✗ ${index + 1}, at #${position}`)
  }
  return [...top.branches.values()].flatMap((branch) => branchLines(branch, '', '', room))
}

function rootOf(top: TreeCertificate, { anchorSubjects }: ChainView): string {
  if (anchorSubjects === undefined) return 'not sent'
  return anchorSubjects.includes(top.issuer)
    ? 'trust anchor by name'
    : 'not sent, no trust anchor of this name'
}

function validityOf({ notBefore, notAfter }: TreeCertificate, now: Date): string {
  return `(${formatValidity(new Date(notBefore), new Date(notAfter), now)}, ${notAfter.slice(0, 10)})`
}

interface Branch {
  readonly parts: readonly string[]
  readonly ends: string[]
  readonly branches: Map<string, Branch>
}

function branchLines(
  { parts, ends, branches }: Branch,
  first: string,
  rest: string,
  room: Room,
): readonly string[] {
  const below = [...branches.values()]
  const shown = ends.length === 0 ? parts : [...parts, ends.join('; ')]
  return [
    ...nodeLines(shown, first, `${rest}${below.length > 0 ? '│  ' : '   '}`, room),
    ...below.flatMap((branch, index) =>
      index === below.length - 1
        ? branchLines(branch, `${rest}└─ `, `${rest}   `, room)
        : branchLines(branch, `${rest}├─ `, `${rest}│  `, room),
    ),
  ]
}

// A node's parts on one line where they fit; else one below the other, each under the rails of the tree. A tree that
// is too deep for the terminal keeps some room for its texts all the same.
function nodeLines(
  parts: readonly string[],
  first: string,
  rest: string,
  { limit }: Room,
): readonly string[] {
  const line = `  ${first}${parts.join('  ')}`
  if (widthOf(line) <= limit) return [line]
  const width = Math.max(MIN_TEXT, limit - 2 - Math.max(widthOf(first), widthOf(rest)))
  const deepest = Math.max(0, limit - 2 - width)
  const head = shorten(first, deepest)
  const rail = shorten(rest, deepest)
  return parts
    .flatMap((part) => wrapTo(part, width))
    .map((text, index) => `  ${index === 0 ? head : rail}${text}`)
}

function shorten(prefix: string, columns: number): string {
  return prefix.length <= columns ? prefix : prefix.slice(prefix.length - columns)
}

const MIN_TEXT = 12
