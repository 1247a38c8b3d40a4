// Server: the frame of the endpoints that judge who asks: time, form and policy before, and the record of a refusal after.

import type { Endpoint, Service } from '../service.ts'
import { Attempt } from './attempt.ts'
import type { Call } from './client.ts'
import { parseForm } from './form.ts'
import type { EndpointUrls } from './urls.ts'

/** An endpoint whose refusals are recorded before they leave, as {@link Attempt} says. */
export function createRecordedEndpoint(
  service: Service,
  urls: EndpointUrls,
  name: 'token' | 'introspect' | 'revoke',
  answer: (call: Call) => Promise<Response>,
): Endpoint {
  return async (exchange) => {
    const at = service.clock.now()
    const attempt = new Attempt(service, exchange, at, name)
    try {
      const form = parseForm(exchange)
      const inForce = service.policy.current()
      return await answer({ service, urls, inForce, exchange, attempt, form, at })
    } catch (error) {
      throw await attempt.recordRefusal(error)
    }
  }
}
