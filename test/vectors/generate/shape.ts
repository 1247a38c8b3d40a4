// Size, three parts, base64url. Most are a good token whose text was changed after it was signed.

import { encodeBase64url } from '../../../packages/ingam/src/bytes/base64.ts'
import type { VectorFile } from '../format.ts'
import { Group, ofSize } from './group.ts'

const MAX_TOKEN = 16_384

export async function shape(): Promise<VectorFile> {
  const group = new Group('shape', 'Size, three parts and base64url of cert-auth+jwt.')
  const { accepted } = group
  const malformed = group.refusing('shape', 'ERR_TOKEN_MALFORMED')
  const header = group.refusing('header', 'ERR_TOKEN_ENCODING')
  const payload = group.refusing('claims', 'ERR_TOKEN_ENCODING')
  const signature = group.refusing('signature', 'ERR_TOKEN_ENCODING')

  await accepted('good', 'the token that the others here are made from')
  await accepted('size-at-limit', '16,384 characters', { token: async () => await ofSize(MAX_TOKEN) })
  await group.refusing('shape', 'ERR_TOKEN_TOO_LARGE')('size-over-limit', '16,385 characters', {
    token: async () => await ofSize(MAX_TOKEN + 1),
  })
  await accepted('own-limit', 'a verifier that takes 20,000 characters', {
    token: async () => await ofSize(MAX_TOKEN + 1),
    verifier: { maxTokenBytes: 20_000 },
  })

  await malformed('empty', 'no text at all', { token: () => '' })
  await malformed('one-part', 'the header alone', { token: (text) => partsOf(text)[0] })
  await malformed('two-parts', 'signature and its dot are missing', {
    token: (text) => partsOf(text).slice(0, 2).join('.'),
  })
  await malformed('four-parts', 'a fourth part', { token: (text) => `${text}.AAAA` })
  await malformed('five-parts', 'five parts, as a JWE has', { token: (text) => `${text}.AAAA.AAAA` })
  await malformed('dot-in-front', 'an empty part in front', { token: (text) => `.${text}` })
  await malformed('dot-at-end', 'an empty part at the end', { token: (text) => `${text}.` })
  await malformed('header-empty', 'empty header', { token: withPart(0, () => '') })
  await malformed('payload-empty', 'empty payload, as a detached JWS has', { token: withPart(1, () => '') })
  await malformed('signature-empty', 'empty signature, as alg none has', { token: withPart(2, () => '') })
  await malformed('json-serialised', 'the JSON serialisation of JWS', {
    token: (text) => {
      const [first, second, third] = partsOf(text)
      return JSON.stringify({ protected: first, payload: second, signature: third })
    },
  })

  await header('bearer', 'the scheme of the Authorization header in front', {
    token: (text) => `Bearer ${text}`,
  })
  await header('space-in-front', 'a space in front', { token: (text) => ` ${text}` })
  await header('header-padding', 'the header with padding', { token: withPart(0, (text) => `${text}=`) })
  await header('header-standard-alphabet', 'a + in the header', {
    token: withPart(0, (text) => `+${text.slice(1)}`),
  })
  await header('header-rest-of-one', 'a header whose last group is one character', {
    token: withPart(0, (text) => text.slice(0, 5)),
  })
  await header('header-not-ascii', 'a letter beyond ASCII in the header', {
    token: withPart(0, (text) => `ł${text.slice(1)}`),
  })
  await header('header-spare-bits', 'spare bits of the header are not zero', {
    headerPart: () => withSpareBits(encodeBase64url(new TextEncoder().encode('{"a":1}'))),
  })
  await header('header-not-utf8', 'a header that is not UTF-8', {
    headerText: (text) => text.replace('{', '{"kid":"\\u00ff",'),
    headerPart: () => encodeBase64url(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
  })

  await payload('payload-padding', 'the payload with padding', { token: withPart(1, (text) => `${text}=`) })
  await payload('payload-line-break', 'a line break within the payload', {
    token: withPart(1, (text) => `${text.slice(0, 8)}\n${text.slice(8)}`),
  })
  await payload('payload-standard-alphabet', 'a / in the payload', {
    token: withPart(1, (text) => `/${text.slice(1)}`),
  })
  await payload('payload-not-utf8', 'claims with a byte that UTF-8 does not have', {
    payloadPart: () => encodeBase64url(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
  })
  await payload('payload-utf8-overlong', 'claims with a character in more bytes than it takes', {
    payloadPart: () => encodeBase64url(Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d)),
  })
  await payload('payload-utf8-surrogate', 'claims with a surrogate in UTF-8', {
    payloadPart: () => encodeBase64url(Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d)),
  })
  await payload('payload-utf8-cut', 'claims that end within a character', {
    payloadPart: () => encodeBase64url(Uint8Array.of(0x7b, 0x22, 0xc3)),
  })

  await signature('line-break', 'a line break at the end', { token: (text) => `${text}\n` })
  await signature('signature-padding', 'the signature with padding', { token: (text) => `${text}==` })
  await signature('signature-spare-bits', 'spare bits of the signature are not zero', {
    token: withPart(2, withSpareBits),
  })
  await signature('signature-standard-alphabet', 'a + in the signature', {
    token: withPart(2, (text) => `+${text.slice(1)}`),
  })
  await signature('signature-rest-of-one', 'a signature whose last group is one character', {
    token: withPart(2, (text) => `${text.slice(0, 84)}A`),
  })
  return group.file()
}

/** The three parts of a token. */
function partsOf(token: string): readonly [string, string, string] {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return [header, payload, signature]
}

function withPart(index: number, change: (part: string) => string): (token: string) => string {
  return (token) =>
    partsOf(token)
      .map((part, at) => (at === index ? change(part) : part))
      .join('.')
}

// The last character of unpadded base64url with its spare bits set.
function withSpareBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) + 1)
}
