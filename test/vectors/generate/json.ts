// JSON that parsers disagree about. The header's and the claims' reader are one and the same: what is tried on one is,
// where it matters, tried on the other.

import type { VectorFile } from '../format.ts'
import { type CaseDraft, Group, replacing } from './group.ts'

export async function json(): Promise<VectorFile> {
  const group = new Group('json', 'Strict JSON of header and claims.')
  const { accepted } = group
  const header = group.refusing('header', 'ERR_TOKEN_JSON')
  const claims = group.refusing('claims', 'ERR_TOKEN_JSON')

  await accepted('spaces', 'white space of JSON between the members', {
    headerText: replacing(',"typ"', ' ,\r\n\t"typ"'),
    claimsText: (text) => ` ${text}\n`,
  })
  await accepted('escapes', 'names and values in escapes', {
    headerText: replacing('"alg"', '"\\u0061lg"'),
    claimsText: replacing('"aud":"https:', '"a\\u0075d":"https\\u003a'),
  })
  await accepted('claims-escapes-all', 'every short escape', added('"\\"\\\\\\/\\b\\f\\n\\r\\t"'))
  await accepted('claims-pair', 'a pair of surrogates in escapes', added('"\\ud83d\\ude00"'))
  await accepted('claims-utf8', 'characters of two, three and four bytes', added('"é한😀"'))
  await accepted('claims-numbers', 'numbers in every form', added('[0,-0,1.5,1e3,1E-3,-12.25e+2]'))
  await accepted('claims-depth-at-limit', 'nested 16 deep, the claims themselves counted', added(nested(15)))
  await accepted('claims-members-at-limit', '256 members and elements together', added(zeros(256 - 7)))
  await accepted('claims-name-empty', 'a member whose name is empty', {
    claimsText: replacing('{', '{"":1,'),
  })
  await accepted('claims-names-of-objects', 'members named as those of every object of a language', {
    claimsText: replacing('{', '{"constructor":1,"toString":2,"__class__":3,'),
  })

  await header('header-byte-order-mark', 'a byte order mark before the header', {
    headerText: (text) => `\ufeff${text}`,
  })
  await header('header-alg-twice', 'alg twice, none first', {
    headerText: replacing('{', '{"alg":"none",'),
  })
  await header('header-alg-twice-last', 'alg twice, none last', { headerText: atEnd(',"alg":"none"') })
  await header('header-alg-twice-escaped', 'alg twice, once in escapes', {
    headerText: atEnd(',"\\u0061lg":"none"'),
  })
  await header('header-x5c-twice', 'x5c twice', { headerText: replacing('"x5c":', '"x5c":[],"x5c":') })
  await header('header-proto', 'a member named __proto__', {
    headerText: atEnd(',"__proto__":{"alg":"none"}'),
  })
  await header('header-array', 'the header in an array', { headerText: (text) => `[${text}]` })
  await header('header-second', 'a second object after the header', { headerText: (text) => `${text}{}` })
  await header('header-text', 'a header that is text', { headerText: () => '"{}"' })
  await header('header-null', 'a header that is null', { headerText: () => 'null' })
  await header('header-depth', 'a header nested 17 deep', { headerText: atEnd(`,"deep":${nested(16)}`) })

  await claims('claims-byte-order-mark', 'a byte order mark before the claims', {
    claimsText: (text) => `\ufeff${text}`,
  })
  await claims('claims-aud-twice', 'aud twice', {
    claimsText: replacing('{', '{"aud":"https://other.example",'),
  })
  await claims('claims-exp-twice', 'exp twice, once in escapes', {
    claimsText: atEnd(',"\\u0065xp":4102444800'),
  })
  await claims('claims-twice-below', 'a member twice within an object below', added('{"a":1,"a":1}'))
  await claims('claims-proto', 'a member named __proto__', {
    claimsText: replacing('{', '{"__proto__":{"admin":true},'),
  })
  await claims(
    'claims-proto-escaped',
    'the same in escapes, within an object below',
    added('{"__pr\\u006fto__":1}'),
  )
  await claims('claims-array', 'claims in an array', { claimsText: (text) => `[${text}]` })
  await claims('claims-empty', 'no text but white space', { claimsText: () => ' ' })
  await claims('claims-text', 'claims that are text', { claimsText: (text) => JSON.stringify(text) })
  await claims('claims-trailing', 'text after the claims', { claimsText: (text) => `${text}{}` })
  await claims('claims-trailing-nul', 'a NUL after the claims', { claimsText: (text) => `${text}\0` })
  await claims('claims-cut', 'the last brace is missing', { claimsText: (text) => text.slice(0, -1) })
  await claims('claims-comma', 'a comma after the last member', { claimsText: atEnd(',') })
  await claims('claims-comment', 'a comment', { claimsText: replacing('{', '{/**/') })
  await claims('claims-single-quotes', 'single quotes', { claimsText: replacing('{', "{'x':1,") })
  await claims('claims-name-bare', 'a name without quotes', { claimsText: replacing('{', '{x:1,') })
  await claims('claims-space-wide', 'a no-break space between members', {
    claimsText: replacing('{', '{\u00a0'),
  })
  await claims('claims-literal', 'a literal in capitals', added('TRUE'))
  await claims('claims-surrogate-high', 'a lone high surrogate', added('"\\ud800"'))
  await claims('claims-surrogate-low', 'a lone low surrogate', added('"\\udc00"'))
  await claims('claims-surrogates-swapped', 'a low surrogate before a high one', added('"\\ude00\\ud83d"'))
  await claims('claims-surrogate-in-name', 'a lone surrogate in a name', {
    claimsText: replacing('{', '{"\\ud800":1,'),
  })
  await claims('claims-control', 'a line feed within a string', added('"a\nb"'))
  await claims('claims-escape-unknown', 'an escape that JSON does not have', added('"\\x41"'))
  await claims('claims-escape-short', 'an escape of three digits', added('"\\u041"'))
  await claims('claims-number-huge', 'a number beyond doubles', added('1e999'))
  await claims('claims-number-nan', 'NaN', added('NaN'))
  await claims('claims-number-infinity', 'Infinity', added('-Infinity'))
  await claims('claims-number-hex', 'a number in hexadecimal', added('0x10'))
  await claims('claims-number-zero', 'a zero in front', added('01'))
  await claims('claims-number-plus', 'a plus in front', added('+1'))
  await claims('claims-number-point', 'nothing before the point', added('.5'))
  await claims('claims-number-point-last', 'nothing after the point', added('5.'))
  await claims('claims-number-exponent', 'an exponent without digits', added('1e'))
  await claims('claims-depth', 'nested 17 deep', added(nested(16)))
  await claims('claims-members', '257 members and elements together', added(zeros(257 - 7)))
  return group.file()
}

// A claim of the signer's own with this text as its value. Six claims are there already.
function added(value: string): CaseDraft {
  return { claimsText: atEnd(`,"own":${value}`) }
}

function atEnd(text: string): (json: string) => string {
  return (json) => `${json.slice(0, -1)}${text}}`
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

function zeros(count: number): string {
  return `[${Array.from({ length: count }, () => 0).join(',')}]`
}
