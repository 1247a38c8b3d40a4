// Bindings of cert-auth+jwt: what is expected is demanded, what is not expected is refused.

import { createHash } from 'node:crypto'
import { AUDIENCE } from '../../support/forge.ts'
import type { VectorExpected, VectorFile } from '../format.ts'
import { Group } from './group.ts'

const TARGET = `${AUDIENCE}/orders?urgent=1`
const REQUEST = { method: 'POST', targetUri: TARGET } as const
const CONTENT = '{"amount":100}'
const BOUND = { htm: 'POST', htu: TARGET } as const

export async function binding(): Promise<VectorFile> {
  const group = new Group('binding', 'Challenge and request: claims nonce, htm, htu and digest.')
  const { accepted } = group
  const missing = group.refusing('binding', 'ERR_TOKEN_BINDING_MISSING')
  const mismatch = group.refusing('binding', 'ERR_TOKEN_BINDING_MISMATCH')
  const unasked = group.refusing('binding', 'ERR_TOKEN_BINDING')
  const challenge: VectorExpected = { challenge: 'ch4llenge~' }
  const request: VectorExpected = { request: REQUEST }
  const content: VectorExpected = { request: { ...REQUEST, contentBase64: btoa(CONTENT) } }
  const empty: VectorExpected = { request: { ...REQUEST, contentBase64: '' } }
  const digest = digestOf(CONTENT)

  await accepted('challenge', 'the challenge', { claims: { nonce: 'ch4llenge~' }, expected: challenge })
  await accepted('challenge-longest', 'a challenge of 512 characters', {
    claims: { nonce: 'x'.repeat(512) },
    expected: { challenge: 'x'.repeat(512) },
  })
  await accepted('request', 'the request', { claims: BOUND, expected: request })
  await accepted('content', 'the request with its content', {
    claims: { ...BOUND, digest },
    expected: content,
  })
  await accepted('content-empty', 'the request with empty content', {
    claims: { ...BOUND, digest: digestOf('') },
    expected: empty,
  })
  await accepted('all', 'challenge, request and content', {
    claims: { ...BOUND, digest, nonce: 'ch4llenge~' },
    expected: { ...challenge, ...content },
  })
  await accepted('target-characters', 'a target with escapes, a host in ASCII, a port and an empty query', {
    claims: { htm: 'GET', htu: 'http://xn--bcher-kva.example:8080/a%20b/%E2%82%AC;v=1?' },
    expected: {
      request: { method: 'GET', targetUri: 'http://xn--bcher-kva.example:8080/a%20b/%E2%82%AC;v=1?' },
    },
  })
  await accepted('method-own', 'a method of its own', {
    claims: { htm: 'm-search', htu: TARGET },
    expected: { request: { method: 'm-search', targetUri: TARGET } },
  })
  await accepted('similar-names', 'claims whose names are nearly those', {
    claims: { Nonce: 'x', htU: 'x', digests: 'x' },
  })

  for (const claim of ['nonce', 'htm', 'htu', 'digest', 'ath']) {
    await unasked(`unasked-${claim}`, `bound by ${claim}, which nobody asked for`, {
      claims: { [claim]: 'x' },
    })
    await unasked(`unasked-${claim}-null`, `the same, null`, { claims: { [claim]: null } })
  }
  await unasked('unasked-request', 'bound to a request where a challenge is expected', {
    claims: { ...BOUND, nonce: 'ch4llenge~' },
    expected: challenge,
  })
  await unasked('unasked-challenge', 'bound to a challenge where a request is expected', {
    claims: { ...BOUND, nonce: 'x' },
    expected: request,
  })
  await unasked('unasked-content', 'bound to content where a request without it is expected', {
    claims: { ...BOUND, digest },
    expected: request,
  })
  await unasked('unasked-access-token', 'bound to an access token as a proof is', {
    claims: { ...BOUND, ath: 'x' },
    expected: request,
  })

  await missing('challenge-missing', 'no nonce', { expected: challenge })
  await missing('request-missing', 'neither htm nor htu', { expected: request })
  await missing('method-missing', 'no htm', { claims: { htu: TARGET }, expected: request })
  await missing('target-missing', 'no htu', { claims: { htm: 'POST' }, expected: request })
  await missing('content-missing', 'no digest', { claims: BOUND, expected: content })
  await missing('content-empty-missing', 'no digest of empty content', { claims: BOUND, expected: empty })
  await missing('missing-before-time', 'no nonce, and expired: the binding is looked at first', {
    claims: { iat: 0, exp: 300 },
    expected: challenge,
  })

  for (const [id, nonce, comment] of [
    ['other', 'ch4llenge', 'another'],
    ['case', 'CH4LLENGE~', 'in another case'],
    ['longer', 'ch4llenge~~', 'with a letter more'],
    ['empty', '', 'empty'],
    ['null', null, 'null'],
    ['array', ['ch4llenge~'], 'in an array'],
  ] as const) {
    await mismatch(`challenge-${id}`, `nonce ${comment}`, { claims: { nonce }, expected: challenge })
  }
  for (const [id, htm, comment] of [
    ['other', 'GET', 'another'],
    ['case', 'post', 'in small letters'],
    ['array', ['POST'], 'in an array'],
    ['both', 'POST GET', 'two methods'],
  ] as const) {
    await mismatch(`method-${id}`, `htm ${comment}`, { claims: { ...BOUND, htm }, expected: request })
  }
  for (const [id, htu, comment] of [
    ['path', `${AUDIENCE}/refunds?urgent=1`, 'another path'],
    ['query', `${AUDIENCE}/orders?urgent=0`, 'another query'],
    ['query-none', `${AUDIENCE}/orders`, 'no query'],
    ['query-more', `${TARGET}&force=1`, 'more of a query'],
    ['query-empty', `${AUDIENCE}/orders?`, 'an empty query'],
    ['fragment', `${TARGET}#x`, 'a fragment'],
    ['scheme', TARGET.replace('https', 'http'), 'another scheme'],
    ['host', TARGET.replace('api', 'b'), 'another host'],
    ['host-case', TARGET.replace('api', 'API'), 'the host in capitals'],
    ['host-full-stop', TARGET.replace('example', 'example.'), 'a full stop after the host'],
    ['port', TARGET.replace('example', 'example:443'), 'the usual port'],
    ['user', TARGET.replace('api', 'user@api'), 'a user'],
    ['dot-segments', `${AUDIENCE}/x/../orders?urgent=1`, 'dot segments'],
    ['slash-twice', `${AUDIENCE}//orders?urgent=1`, 'a slash more'],
    ['slash-last', `${AUDIENCE}/orders/?urgent=1`, 'a slash at the end'],
    ['escape', `${AUDIENCE}/%6frders?urgent=1`, 'a letter in an escape'],
    ['relative', '/orders?urgent=1', 'the path alone'],
    ['origin', `${AUDIENCE}/`, 'the origin alone'],
    ['null', null, 'null'],
  ] as const) {
    await mismatch(`target-${id}`, `htu ${comment}`, { claims: { ...BOUND, htu }, expected: request })
  }
  const hash = digest.slice('sha-256=:'.length, -1)
  for (const [id, value, comment] of [
    ['other', digestOf('{"amount":900}'), 'of other content'],
    ['empty-content', digestOf(''), 'of no content'],
    ['bare', hash, 'the hash alone'],
    ['colons', `sha-256=${hash}`, 'without its colons'],
    ['case', digest.replace('sha-256', 'SHA-256'), 'its algorithm in capitals'],
    [
      'base64url',
      `sha-256=:${hash.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}:`,
      'unpadded',
    ],
    ['sha-512', `sha-512=:${createHash('sha512').update(CONTENT).digest('base64')}:`, 'by SHA-512'],
    ['two', `${digest}, ${digestOf('')}`, 'beside another'],
    ['space', ` ${digest}`, 'behind a space'],
  ] as const) {
    await mismatch(`digest-${id}`, `digest ${comment}`, {
      claims: { ...BOUND, digest: value },
      expected: content,
    })
  }
  return group.file()
}

function digestOf(content: string): string {
  return `sha-256=:${createHash('sha256').update(content).digest('base64')}:`
}
