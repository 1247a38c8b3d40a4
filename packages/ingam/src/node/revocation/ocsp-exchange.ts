// Layer: node. OCSP over HTTP (RFC 6960 Appendix A, RFC 9919): the request, and whether an answer answers it. Who signed it,
// and what it is worth, is the judge's to say.

import { platform } from '#platform'
import { encodeBase64 } from '../../bytes/base64.ts'
import { equalBytes } from '../../bytes/compare.ts'
import { messageOf } from '../../errors/errors.ts'
import type { HeldEvidence } from '../../revocation/source.ts'
import {
  type CertId,
  encodeOcspRequest,
  type OcspResponse,
  parseOcspResponse,
  type SingleResponse,
  sameCertId,
} from '../../x509/ocsp.ts'
import type { HttpClient, HttpQuestion } from './http-client.ts'

/** Whether a response must prove that it was made for this very question. */
export type NonceStance = 'off' | 'send' | 'require'

/** How a responder is asked. */
export interface OcspExchange {
  readonly nonce: NonceStance
  readonly caches: HttpQuestion['caches']
}

export type OcspAnswer =
  | { readonly ok: true; readonly piece: HeldEvidence & { readonly kind: 'ocsp' } }
  | { readonly ok: false; readonly problem: string }

const MAX_RESPONSE_BYTES = 65_536
// RFC 9919 §6: up to this many characters of a URL in all, so that answers can be kept on the way.
const MAX_GET_CHARACTERS = 255
// RFC 9654 §2.1
const NONCE_OCTETS = 32

/** Asks a responder about one certificate. Never rejects. */
export async function askResponder(
  client: HttpClient,
  url: URL,
  certId: CertId,
  { nonce: stance, caches }: OcspExchange,
): Promise<OcspAnswer> {
  const nonce = stance === 'off' ? undefined : platform.randomBytes(NONCE_OCTETS)
  const request = encodeOcspRequest({ certIds: [certId], ...(nonce && { nonce }) })
  const question = questionOf(url, request, nonce === undefined)
  const answer = await client.ask({ ...question, caches })
  if (!answer.ok) return answer
  const response = parse(answer.bytes)
  if (typeof response === 'string') return { ok: false, problem: response }
  const problem = problemOf(response, certId) ?? nonceProblem(response, nonce, stance)
  if (problem !== undefined) return { ok: false, problem }
  return { ok: true, piece: Object.freeze({ kind: 'ocsp', response, from: url.href }) }
}

/** What a successful response says of the certificate. */
export function singleFor(response: OcspResponse, certId: CertId): SingleResponse | undefined {
  if (response.status !== 'successful') return undefined
  return response.basic.responses.find((single) => sameCertId(single.certId, certId))
}

function questionOf(url: URL, request: Uint8Array, mayGet: boolean): Omit<HttpQuestion, 'caches'> {
  const type = 'application/ocsp-response'
  const shared = { accept: type, types: [type], maxBytes: MAX_RESPONSE_BYTES }
  const get = mayGet && url.search === '' ? getUrl(url, request) : undefined
  if (get !== undefined) return { ...shared, url: get }
  return { ...shared, url, body: { bytes: request, type: 'application/ocsp-request' } }
}

function getUrl({ href }: URL, request: Uint8Array): URL | undefined {
  const slash = href.endsWith('/') ? '' : '/'
  const get = `${href}${slash}${encodeURIComponent(encodeBase64(request))}`
  return get.length > MAX_GET_CHARACTERS ? undefined : new URL(get)
}

function parse(bytes: Uint8Array): OcspResponse | string {
  try {
    return parseOcspResponse(bytes)
  } catch (error) {
    return `no OCSP response: ${messageOf(error)}`
  }
}

function problemOf(response: OcspResponse, certId: CertId): string | undefined {
  if (response.status !== 'successful') return `the responder says ${response.status}`
  return singleFor(response, certId) === undefined ? 'the response is about another certificate' : undefined
}

function nonceProblem(
  response: OcspResponse,
  sent: Uint8Array | undefined,
  stance: NonceStance,
): string | undefined {
  if (sent === undefined || response.status !== 'successful') return undefined
  const { nonce } = response.basic
  if (nonce === undefined) return stance === 'require' ? 'the response has no nonce' : undefined
  return equalBytes(nonce, sent) ? undefined : 'the response has the nonce of another request'
}
