// Server: policy. Patterns for names. A name is cut at the separators of its kind, and a pattern holds where it has the
// same separators and each of its parts holds: `*` stands for one or more characters within one part, once in a part.
// There is no search, so that the time is that of reading the name once.

import { splitName } from './distinguished-name.ts'

/** Kinds of name that patterns are written for; `name` is a distinguished name as text. */
export type PatternKind = 'uri' | 'dns' | 'email' | 'upn' | 'name'

/** A pattern that was compiled. */
export interface Pattern {
  readonly kind: PatternKind
  readonly parts: readonly PatternPart[]
}

/** A part of a name. */
export interface Part {
  /** The character before it; empty for the first. */
  readonly separator: string
  readonly text: string
  /** What `*` may stand for here. */
  readonly wild: RegExp
}

/** `exact` is the text itself; `one` a part around one `*`; `rest` is `**`: one or more whole parts of a path. */
type PatternPart = { readonly separator: string; readonly wild: RegExp } & (
  | { readonly form: 'exact'; readonly text: string }
  | { readonly form: 'one'; readonly before: string; readonly after: string }
  | { readonly form: 'rest' }
)

/** Compiles a pattern; a text where it is none, saying what is expected. */
export function compilePattern(kind: PatternKind, text: string): Pattern | string {
  const parts = text.length > MAX_PATTERN ? undefined : split(kind, text, 'pattern')
  if (parts === undefined) return EXPECTED[kind]
  const compiled: PatternPart[] = []
  for (const [index, part] of parts.entries()) {
    const { separator, wild } = part
    const pieces = part.text.split('*')
    const [before = '', after = ''] = pieces
    const isLastOfPath = index === parts.length - 1 && separator === '/' && wild === URI_PART && index > 0
    if (pieces.length === 1) compiled.push({ separator, wild, form: 'exact', text: part.text })
    else if (pieces.length === 2) compiled.push({ separator, wild, form: 'one', before, after })
    else if (part.text === '**' && kind === 'uri' && isLastOfPath)
      compiled.push({ separator, wild, form: 'rest' })
    else
      return kind === 'uri'
        ? 'at most one * in a part, and ** as the last part of a path'
        : 'at most one * in a part'
  }
  return Object.freeze({ kind, parts: compiled })
}

/**
 * What is expected where a rule on URIs has signs that no path of a URI may have (RFC 3986 §3.3) and that other languages
 * of patterns know, or an escaped star: whoever writes them means more than they would get. Undefined where it has none;
 * **whether it is a pattern is not checked**. An address in brackets may be the host.
 */
export function uriPatternMistake(text: string): string | undefined {
  const [scheme] = /^[a-z][a-z0-9+.-]*:(?:\/\/(?:\[[0-9a-f.]*:[0-9a-f:.]*\])?)?/iu.exec(text) ?? []
  // Without a scheme something else is to be said first.
  if (scheme === undefined) return undefined
  return /[\s[\]{}<>?^\\`|"]|%2a/iu.test(text.slice(scheme.length)) ? URI_SIGNS : undefined
}

const URI_SIGNS =
  'no space, none of [ ] { } < > ? ^ \\ ` | " and no %2A: * alone is a sign, for characters within one part, and ** at the end for whole parts'

/** The parts of a name; undefined where it is none that a pattern could hold for. */
export type CutName = (kind: PatternKind, name: string) => readonly Part[] | undefined

/**
 * Cuts each name once: a certificate may have many names and a policy many patterns. Made for one request, since it
 * keeps what it has cut.
 */
export function createCuts(): CutName {
  const known = new Map<PatternKind, Map<string, readonly Part[] | undefined>>()
  return (kind, name) => {
    const ofKind = known.get(kind) ?? new Map<string, readonly Part[] | undefined>()
    known.set(kind, ofKind)
    if (!ofKind.has(name)) ofKind.set(name, cutName(kind, name))
    return ofKind.get(name)
  }
}

/** Whether the pattern holds for the whole name, as it stands in a certificate. */
export function matchesPattern({ kind, parts }: Pattern, name: string, cut: CutName = cutName): boolean {
  const found = cut(kind, name)
  if (found === undefined) return false
  const isOpen = parts.at(-1)?.form === 'rest'
  if (isOpen ? found.length < parts.length : found.length !== parts.length) return false
  return found.every((part, index) => {
    const pattern = parts[Math.min(index, parts.length - 1)]
    return pattern !== undefined && pattern.separator === part.separator && holds(pattern, part.text)
  })
}

function cutName(kind: PatternKind, name: string): readonly Part[] | undefined {
  return split(kind, name, 'name')
}

/** Whether every name that the second pattern holds for is one that the first holds for; perhaps false where it is so. */
export function coversPattern(wide: Pattern, narrow: Pattern): boolean {
  if (wide.kind !== narrow.kind) return false
  const isOpen = wide.parts.at(-1)?.form === 'rest'
  if (isOpen ? narrow.parts.length < wide.parts.length : narrow.parts.length !== wide.parts.length)
    return false
  return narrow.parts.every((part, index) => {
    const pattern = wide.parts[Math.min(index, wide.parts.length - 1)]
    return pattern !== undefined && pattern.separator === part.separator && coversPart(pattern, part)
  })
}

function holds(pattern: PatternPart, text: string): boolean {
  switch (pattern.form) {
    case 'exact':
      return pattern.text === text
    case 'rest':
      return isPlain(text, pattern.wild)
    case 'one': {
      const { before, after, wild } = pattern
      const isLonger = text.length > before.length + after.length
      if (!isLonger || !text.startsWith(before) || !text.endsWith(after) || isDots(text)) return false
      return wild.test(text.slice(before.length, text.length - after.length))
    }
  }
}

function coversPart(wide: PatternPart, narrow: PatternPart): boolean {
  if (narrow.form === 'exact') return holds(wide, narrow.text)
  if (narrow.form === 'rest') return wide.form === 'rest'
  const { before, after } = narrow
  if (wide.form === 'exact') return false
  const open = wide.form === 'rest' ? { before: '', after: '' } : wide
  if (!before.startsWith(open.before) || !after.endsWith(open.after)) return false
  const within = before.slice(open.before.length) + after.slice(0, after.length - open.after.length)
  return within === '' || wide.wild.test(within)
}

function isPlain(text: string, wild: RegExp): boolean {
  return wild.test(text) && !isDots(text)
}

// RFC 3986 §5.2.4: some readers of a path remove these, and the part before them too.
function isDots(text: string): boolean {
  return text === '.' || text === '..'
}

// LIMIT: RFC 1035 names have 253 characters, RFC 5321 paths 256, SPIFFE IDs at most 2048.
const MAX_PATTERN = 2_048
/** LIMIT: SPIFFE IDs have at most 2048 characters; a longer name matches nothing. */
const MAX_NAME = 4_096

// What `*` stands for: never a separator, never what some reader takes for one (a percent sign, a backslash), never
// another star.
const HOST_PART = /^[A-Za-z0-9_-]+$/u
const URI_PART = /^[A-Za-z0-9._~!$&'()+,;=-]+$/u
const LOCAL_PART = /^[^\p{C}\p{Z}"(),:;<>@[\]\\*]+$/u
// Not from a number sign on: there stands a value that is no text.
const NAME_PART = /^(?!#)[^\\*\p{C}]+$/u

type Role = 'pattern' | 'name'

function split(kind: PatternKind, text: string, role: Role): readonly Part[] | undefined {
  if (text.length > MAX_NAME) return undefined
  switch (kind) {
    case 'uri':
      return role === 'pattern' && !isUriPattern(text) ? undefined : splitUri(text)
    case 'dns':
      return splitHost(text, role)
    case 'email':
    case 'upn':
      return splitMailbox(text, role)
    case 'name':
      return splitName(text)?.map((part) => ({ ...part, wild: NAME_PART }))
  }
}

// The scheme stands in the pattern, so that where the authority ends is the same in both.
function isUriPattern(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/iu.test(text)
}

// Letter for letter: no case, escape or dot segment is made equal to another, since nobody who reads the token does it
// in the same way (RFC 3986 §6.1).
function splitUri(text: string): readonly Part[] {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/iu.exec(text)?.[0] ?? ''
  const parts: Part[] = []
  let separator = ''
  let start = 0
  const hostStart = authority.indexOf('://') + 3
  for (let index = 0; index <= text.length; index++) {
    const character = text[index] ?? ''
    const isInHost = index >= hostStart && index < authority.length
    if (index < text.length && !(isInHost ? '.:@[]' : '/?#:@').includes(character)) continue
    parts.push({
      separator,
      text: text.slice(start, index),
      wild: start >= hostStart && start <= authority.length && authority !== '' ? HOST_PART : URI_PART,
    })
    separator = character
    start = index + 1
  }
  return parts
}

// RFC 4343: without case, which is that of ASCII. A wildcard in a certificate stands for many hosts and names none.
function splitHost(text: string, role: Role): readonly Part[] | undefined {
  if (role === 'name' && text.includes('*')) return undefined
  if (role === 'pattern' && !/^[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_*-]+)*$/u.test(text)) return undefined
  return lowerAscii(text)
    .split('.')
    .map((label, index) => ({ separator: index === 0 ? '' : '.', text: label, wild: HOST_PART }))
}

// The local part as it stands (RFC 5321 §2.4), the host as a host.
function splitMailbox(text: string, role: Role): readonly Part[] | undefined {
  const [local = '', domain = '', ...others] = text.split('@')
  if (local === '' || others.length > 0) return undefined
  if (role === 'pattern' && !LOCAL_PART.test(local.replaceAll('*', 'x'))) return undefined
  const host = splitHost(domain, role)
  return host && [{ separator: '', text: local, wild: LOCAL_PART }, ...host.map(behindAt)]
}

function behindAt(part: Part, index: number): Part {
  return index === 0 ? { ...part, separator: '@' } : part
}

// Letters beyond ASCII stay as they are: some have ASCII ones as their lower case.
function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]+/gu, (letters) => letters.toLowerCase())
}

const EXPECTED: Readonly<Record<PatternKind, string>> = {
  uri: 'a URI with its scheme, such as spiffe://prod.example/ns/*/sa/deploy',
  dns: 'a host name, such as *.build.example',
  email: 'an address, such as *@example.com',
  upn: 'a user principal name, such as *@corp.example',
  name: 'a distinguished name as `ingam inspect` prints it, such as CN=*,OU=Build,O=Example',
}
