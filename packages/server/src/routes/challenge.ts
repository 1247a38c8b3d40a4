// Server: POST /challenge: a challenge for whoever is to prove that what it signs is fresh. Nothing is remembered of it.

import { createChallenge } from '../oauth/challenge.ts'
import type { Endpoint, Service } from '../service.ts'

/** The endpoint that gives out challenges, and with each a nonce for DPoP proofs (RFC 9449 §8). */
export function createChallengeEndpoint(service: Service): Endpoint {
  return () => {
    const now = service.clock.now().getTime() / 1000
    const challenge = createChallenge(service, 'challenge', now)
    const body = { challenge, expires_in: service.config.tokens.challengeSeconds }
    return new Response(JSON.stringify(body), {
      headers: {
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
        'DPoP-Nonce': createChallenge(service, 'dpop-nonce', now),
      },
    })
  }
}
