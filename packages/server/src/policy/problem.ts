// Server: policy. What is wrong with a document, one problem for each place, and the refusal that tells them all. A value
// is repeated as far as it helps whoever wrote it; what could be a key or a token is named and not repeated.

import { escapeText } from 'ingam'
import { ServiceError } from '../service-error.ts'

/** Keys and positions from the top of a document to a value in it. */
export type DocumentPath = readonly (string | number)[]

/** One wrong value. */
export interface Problem {
  readonly path: DocumentPath
  readonly expected: string
  readonly found: string
}

/** Where something stands in a text, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** LIMIT: as many as somebody mends in one go. */
export const MAX_PROBLEMS = 20

/**
 * The refusal for the values of a document; its details hold up to {@link MAX_PROBLEMS} of them as lines.
 *
 * @param subject what the document is, for the message: `policy`, `tests`
 * @param locate where a path stands in the text, if there is a text
 */
export function valueError(
  subject: string,
  problems: readonly Problem[],
  locate?: (path: DocumentPath) => Position,
): ServiceError {
  const placed = problems.map((problem) => ({ problem, at: locate?.(problem.path) }))
  placed.sort((a, b) => compareLines(a.at, b.at))
  return refusal(
    'ERR_POLICY_VALUE',
    subject,
    placed.map(({ problem, at }) => formatProblem(problem, at)),
  )
}

/** The refusal for a text that is not YAML as it is taken here. */
export function syntaxError(subject: string, lines: readonly string[]): ServiceError {
  return refusal('ERR_POLICY_SYNTAX', subject, lines)
}

/** `profiles.deploy.match.uri[1]`; the top of a document is `(top)`. */
export function formatPath(path: DocumentPath): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += `${text === '' ? '' : '.'}${escapeText(step, MAX_SHOWN)}`
  }
  return text === '' ? '(top)' : text
}

/** A value in the words of a message. */
export function describeFound(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return 'a mapping'
  if (typeof value !== 'string') return String(value)
  if (value.includes('-----BEGIN')) return 'a PEM block'
  if (value.startsWith('eyJ')) return 'a token'
  return `"${escapeText(value, MAX_SHOWN)}"`
}

/** The path without the numbers of lists that were not written as lists: one value is read as a list of one. */
export function pathAsWritten(path: DocumentPath, value: unknown): DocumentPath {
  return path.filter((step, index) => {
    return typeof step !== 'number' || Array.isArray(valueAt(value, path.slice(0, index)))
  })
}

/** What stands at a path of objects and arrays; undefined where nothing does. */
export function valueAt(value: unknown, path: DocumentPath): unknown {
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
    current = Object.getOwnPropertyDescriptor(current, step)?.value
  }
  return current
}

// LIMIT: enough to find it again in the text.
const MAX_SHOWN = 80

function formatProblem({ path, expected, found }: Problem, at: Position | undefined): string {
  const place = at === undefined ? '' : ` (line ${at.line}, column ${at.column})`
  return `${formatPath(path)}${place}: expected ${expected}; found ${found}`
}

function compareLines(a: Position | undefined, b: Position | undefined): number {
  if (a === undefined || b === undefined) return 0
  return a.line - b.line || a.column - b.column
}

function refusal(
  code: 'ERR_POLICY_SYNTAX' | 'ERR_POLICY_VALUE',
  subject: string,
  lines: readonly string[],
): ServiceError {
  const [first = ''] = lines
  const others = lines.length > 1 ? ` (and ${lines.length - 1} more)` : ''
  return new ServiceError(code, `${subject}: ${first}${others}`, {
    details: { problems: lines.slice(0, MAX_PROBLEMS), count: lines.length },
  })
}
