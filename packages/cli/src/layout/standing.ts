// CLI: how the certificates of a path stand, for a person: the answer, who gave it, how old it is and until when it counts.

import { escapeText } from 'ingam'
import type { CertificateStatus, SourceStatus } from 'ingam/x509'
import type { Style } from '../context.ts'
import { formatDistance, formatDuration } from './durations.ts'
import type { Room } from './room.ts'
import { formatParagraph, formatRows, type Row } from './rows.ts'

/** One line for each certificate, the signer first. */
export function standingRows(statuses: readonly CertificateStatus[], now: Date): readonly Row[] {
  return statuses.map(({ certificate, ...status }): Row => {
    const name = certificate.position === 0 ? 'signer' : `issuer ${certificate.position}`
    return [name, standingOf(status, now)]
  })
}

/** An answer with its evidence, in words. */
export function standingOf(
  { status, evidence, problem }: Omit<CertificateStatus, 'certificate'>,
  now: Date,
): string {
  if (evidence === undefined) return problem === undefined ? status : `${status}: ${escapeText(problem.code)}`
  const { kind, signer, from, thisUpdate, until } = evidence
  if (kind === 'not-revocable') return `${status}: nobody will revoke it (${escapeText(from)})`
  const what = kind === 'crl' ? 'list' : 'response'
  const age = thisUpdate === undefined ? '' : `, ${ageOf(new Date(thisUpdate), now)}`
  const end = until === undefined ? '' : `, counts until ${until} (${formatDistance(new Date(until), now)})`
  return `${status}: ${what} by "${escapeText(signer)}" from ${escapeText(from)}${age}${end}`
}

function ageOf(thisUpdate: Date, now: Date): string {
  const age = now.getTime() - thisUpdate.getTime()
  return age < 0 ? `${formatDuration(age)} ahead of the clock` : `${formatDuration(age)} old`
}

/** Each source with its state, its age, its next refresh and its last error. */
export function sourceLines(
  sources: readonly SourceStatus[],
  { room, style, now }: { readonly room: Room; readonly style: Style; readonly now: Date },
): readonly string[] {
  return sources.flatMap((source) => {
    const paint = source.state === 'failing' ? style.bad : source.state === 'ok' ? style.good : style.faint
    const [head = '', ...more] = formatParagraph(escapeText(source.from), room)
    const rows: Row[] = [
      ['state', source.state],
      ['holds', holdingOf(source)],
    ]
    const instants = [
      ['of', source.thisUpdate],
      ['taken over', source.updatedAt],
      ['counts until', source.nextUpdate],
      ['next refresh', source.nextRefresh],
    ] as const
    for (const [name, instant] of instants) {
      if (instant !== undefined)
        rows.push([name, `${instant.toISOString()} (${formatDistance(instant, now)})`])
    }
    if (source.lastError !== undefined) rows.push(['last error', escapeText(source.lastError)])
    const text = formatRows(rows, room, '  ').replace(source.state, paint)
    return [style.strong(head), ...more, text]
  })
}

const KINDS: Readonly<Record<SourceStatus['kind'], string>> = {
  memory: 'in memory',
  file: 'a file',
  crl: 'a list',
  ocsp: 'a response',
}

function holdingOf({ kind, size }: SourceStatus): string {
  return `${KINDS[kind]}, ${size} ${size === 1 ? 'item' : 'items'}`
}
