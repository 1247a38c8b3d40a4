// Server: what is wrong with a configuration, in words: which key, where, what was expected, what was found. A value that
// could be a secret is never repeated.

import { escapeText } from 'ingam'
import type { z } from 'zod'
import { suggest } from '../policy/suggestion.ts'
import { ServiceError } from '../service-error.ts'
import { SECRET_SOURCE } from './fields.ts'

/** One thing that is wrong. */
export interface Problem {
  readonly path: readonly (string | number)[]
  /** A key that is not known stands in the mapping at `path`. */
  readonly unknownKey?: string
  /** Without its end: `expected …, found …`. */
  readonly text: string
  readonly isSecret?: boolean
}

// LIMIT: a person mends some of them and looks again.
const MAX_PROBLEMS = 50

/** The issues of the schema as problems, one for each key. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  document: unknown,
  knownKeys: (path: readonly (string | number)[]) => readonly string[],
): readonly Problem[] {
  const problems = new Map<string, Problem>()
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const text = `unknown key${didYouMean(key, knownKeys(path))}`
        problems.set(JSON.stringify([...path, key]), { path, unknownKey: key, text })
      }
      continue
    }
    const found = valueAt(document, path)
    const isSecret = issue.message === SECRET_SOURCE && typeof found === 'string'
    const shown = isSecret ? 'a text, which is not shown: a secret cannot stand here' : describeValue(found)
    const problem = { path, text: `expected ${issue.message}, found ${shown}`, isSecret }
    const name = JSON.stringify(path)
    if (!problems.has(name)) problems.set(name, problem)
  }
  return [...problems.values()]
}

/** A key as messages name it: `admin.administrators[0].role`. */
export function nameOfPath(path: readonly (string | number)[]): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${escapeText(part, 60)}`))
    .join('')
  return text.startsWith('.') ? text.slice(1) : text
}

/** All problems as one error: the message has a line for each, `details.problems` the same lines. */
export function configError(lines: readonly string[], isSecret: boolean): ServiceError {
  const shown = lines.slice(0, MAX_PROBLEMS)
  if (lines.length > shown.length) shown.push(`and ${lines.length - shown.length} more`)
  return new ServiceError(isSecret ? 'ERR_CONFIG_SECRET' : 'ERR_CONFIG_VALUE', shown.join('\n'), {
    details: { problems: shown },
  })
}

/** The value in a few words; texts that could be secrets are not repeated. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'nothing (null)'
  if (typeof value === 'string')
    return looksSecret(value) ? 'a text that looks like a secret (not shown)' : quote(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? `a list of ${value.length}` : 'a mapping'
}

/** ` (did you mean …?)` where one of the names is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const meant = name.length > 64 ? undefined : suggest(name, known)
  return meant === undefined ? '' : ` (did you mean ${meant}?)`
}

function quote(text: string): string {
  return JSON.stringify(escapeText(text, 60))
}

/** Whether a text could be a key, a token, a password's digest, or a URL with a password in it. */
export function looksSecret(text: string): boolean {
  if (/PRIVATE KEY|:\/\/[^/]*@/u.test(text)) return true
  return /^[A-Za-z0-9+/_=.-]{40,}$/u.test(text) && !/^[/.]/u.test(text)
}

/** The value at a path of plain objects and arrays. */
export function valueAt(document: unknown, path: readonly (string | number)[]): unknown {
  let value = document
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Object.getOwnPropertyDescriptor(value, part)?.value
  }
  return value
}
