// What somebody may have meant, and what is too far away to say so.

import { expect, test } from 'vitest'
import { suggest, withSuggestion } from './suggestion.ts'

const KNOWN = ['audience', 'scope', 'uri', 'dns', 'lifetime']

test.each([
  ['audiance', 'audience'],
  ['audeince', 'audience'],
  ['Audience', 'audience'],
  ['audienc', 'audience'],
  ['scopes', 'scope'],
  ['url', 'uri'],
  ['uir', 'uri'],
  ['lifetmie', 'lifetime'],
])('%s is meant to be %s', (word, meant) => expect(suggest(word, KNOWN)).toBe(meant))

test.each(['', 'x', 'url2', 'resource', 'life', 'audi', 'a'.repeat(100_000)])(
  '%.9s is nothing known',
  (word) => expect(suggest(word, KNOWN)).toBeUndefined(),
)

test('it is put behind what was found', () => {
  expect(withSuggestion('"dsn"', 'dsn', KNOWN)).toBe('"dsn"; did you mean dns?')
  expect(withSuggestion('"x"', 'x', KNOWN)).toBe('"x"')
})
