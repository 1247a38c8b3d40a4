// Server: JSON in one spelling, so that equal values have equal bytes: RFC 8785 (JCS) for what JSON can hold. Members
// sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript writes them. It runs in the store's
// worker thread too: no imports but types.

import type { Json } from '../json.ts'

/**
 * The canonical text of a value.
 *
 * What JSON cannot hold is written as `JSON.stringify` would (a member that is undefined is left out, a number that is
 * not finite becomes null), so that the text is the same before and after a round through JSON. Unlike RFC 8785
 * §3.2.2.2 a lone surrogate is not refused: it is written as its escape. **Depth is not limited here**: values of our
 * own are flat, and readers of foreign text limit it first.
 *
 * @see RFC 8785 §3.2
 */
export function canonicalJson(value: Json | undefined): string {
  if (typeof value === 'string') return canonicalString(value)
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  let text = ''
  if (isList(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item)}`
    return `[${text}]`
  }
  for (const name of sorted(Object.keys(value))) {
    const member = value[name]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${canonicalString(name)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}

/** A string in quotes. Most need no escape, and a glance at them costs less than `JSON.stringify`. */
export function canonicalString(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

// Printable ASCII but the quotation mark and the backslash.
const PLAIN = /^[ !#-[\]-~]*$/u

// Array.isArray does not narrow a readonly array.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

// Sorts in place. Objects of ours have a few members: there insertion takes a third of the time of Array.sort.
function sorted(names: string[]): string[] {
  if (names.length > 16) return names.sort()
  for (let index = 1; index < names.length; index += 1) {
    const name = names[index] ?? ''
    let place = index
    for (let before = names[place - 1]; before !== undefined && before > name; before = names[place - 1]) {
      names[place] = before
      place -= 1
    }
    names[place] = name
  }
  return names
}
