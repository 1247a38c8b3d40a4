// Server: blocks, as far as the store's unit of work does not look at them: it knows the grant that is issued, and this
// file the names of the certificate behind it, and clients that act without getting a token.

import { borneSubjectsOf } from 'ingam'
import type { CertificateFacts, GrantKind } from '../policy/contract.ts'
import { ServiceError } from '../service-error.ts'
import { foldSubject } from '../stores/blocks.ts'
import type { Block } from '../stores/contract.ts'
import type { AuthenticatedClient, Call } from './client.ts'
import { clientRefused, type Holder } from './holder.ts'

/**
 * Refuses a client whose certificate, trust anchor, identifier, or any name that its certificate bears, is blocked.
 *
 * @throws {ServiceError} ERR_OAUTH_CLIENT, and what the store throws
 */
export async function checkClientNotBlocked(
  call: Pick<Call, 'service'>,
  { client, holder }: AuthenticatedClient,
): Promise<void> {
  const names = [client.id, ...borneSubjectsOf(holder.facts)]
  if (await isBlocked(call, holder.facts, names)) throw clientRefused('blocked')
}

/**
 * Refuses a holder of whom another name than the token's sub is blocked: a holder chooses under which of its names it
 * signs, a profile under which of them the token speaks, and nobody must get around a block that way.
 *
 * **Not checked: blocks of the certificate, by its thumbprint name too, of the trust anchor and of the sub**: the store
 * refuses them in the unit of work. A block that is added between this look and that unit counts from the next request on.
 *
 * @param goesBy the name that the holder signed under, or the identifier of the client that it is; and that of a client
 *   that only names itself, which has no trust anchor but the holder's
 * @param subject the token's sub
 * @throws {ServiceError} ERR_OAUTH_GRANT, under client_credentials ERR_OAUTH_CLIENT, and what the store throws
 */
export async function checkHolderNotBlocked(
  call: Pick<Call, 'service'>,
  { facts }: Holder,
  goesBy: readonly string[],
  subject: string,
  grant: GrantKind,
): Promise<void> {
  const borne = borneSubjectsOf(facts)
  const thumbprintName = borne.at(-1)
  const others = [...goesBy, ...borne].filter((name) => name !== subject && name !== thumbprintName)
  // Nearly every workload has one name and uses it: no question to the store then.
  if (others.length === 0) return
  if (!(await isBlocked(call, facts, others))) return
  if (grant === 'client_credentials') throw clientRefused('blocked')
  throw new ServiceError('ERR_OAUTH_GRANT', 'the holder is blocked', { details: { reason: 'blocked' } })
}

async function isBlocked(
  { service }: Pick<Call, 'service'>,
  facts: CertificateFacts,
  names: readonly string[],
): Promise<boolean> {
  const blocks = await service.stores.grants.blocks()
  return blocks.some(({ selector }) => coversHolder(selector, facts, names))
}

/**
 * Whether a block is of the holder of a certificate.
 *
 * @param names all that the holder goes by: those that the certificate bears, and the client's identifier
 */
export function coversHolder(
  selector: Block['selector'],
  facts: CertificateFacts,
  names: readonly string[],
): boolean {
  switch (selector.kind) {
    case 'certificate':
      return selector.thumbprint === facts.thumbprint
    case 'identity':
      return selector.trustAnchor === facts.anchor && includesName(names, selector.subject)
    case 'trustAnchor':
      return selector.trustAnchor === facts.anchor
  }
}

function includesName(names: readonly string[], blocked: string): boolean {
  const folded = foldSubject(blocked)
  return names.some((name) => foldSubject(name) === folded)
}
