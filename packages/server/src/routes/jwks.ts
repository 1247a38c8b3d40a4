// Server: GET /jwks (RFC 7517 §5): the keys by which access tokens are verified. Caches forget them well before a new key
// that they have not seen begins to sign.

import { thumbprintOf } from '../oauth/bytes.ts'
import type { Endpoint, Service } from '../service.ts'

/** The endpoint with the public keys of access tokens. */
export function createJwksEndpoint(service: Service): Endpoint {
  const overlapSeconds = service.config.tokens.overlapHours * 3_600
  const maxAge = Math.floor(Math.min(MAX_AGE_SECONDS, overlapSeconds / 4))
  return ({ request }) => {
    const body = JSON.stringify(service.keys.jwks('access-token'))
    const headers = {
      'Content-Type': 'application/jwk-set+json',
      'Cache-Control': `public, max-age=${maxAge}`,
      ETag: `"${thumbprintOf(body)}"`,
    }
    if (isNoneOther(request.headers.get('if-none-match'), headers.ETag))
      return new Response(null, { status: 304, headers })
    return new Response(body, { headers })
  }
}

// LIMIT: what resource servers usually wait before they look again, and soon enough for a key that had to go at once.
const MAX_AGE_SECONDS = 300

// RFC 9110 §13.1.2, weak comparison.
function isNoneOther(header: string | null, tag: string): boolean {
  if (header === null) return false
  return header.split(',').some((item) => item.trim() === '*' || item.trim().replace(/^W\//u, '') === tag)
}
