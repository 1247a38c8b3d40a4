// Server: policy. Lists of values in the words of a refusal; they come from certificates and requests.

import { describeFound } from './problem.ts'

// LIMIT: enough to see what is wrong; an audit record stays small whatever a certificate bears.
const MAX_VALUES = 8

/** `"a", "b"`, the first of many and how many more there are; `none` for none. */
export function describeValues(values: readonly string[]): string {
  if (values.length === 0) return 'none'
  const shown = values.slice(0, MAX_VALUES).map(describeFound).join(', ')
  return values.length > MAX_VALUES ? `${shown} and ${values.length - MAX_VALUES} more` : shown
}

/** `"a" or "b"`. */
export function describeChoice(values: readonly string[]): string {
  const shown = values.slice(0, MAX_VALUES).map(describeFound).join(' or ')
  return values.length > MAX_VALUES ? `${shown} or ${values.length - MAX_VALUES} more` : shown
}
