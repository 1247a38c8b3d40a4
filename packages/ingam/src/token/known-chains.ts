// Layer: token. Chains that a verifier was given, by the thumbprint of their leaf (RFC 7515 §4.1.8). Being given is no
// trust: the path of such a chain is verified like that of any other.

import { platform } from '#platform'
import { encodeBase64, encodeBase64url } from '../bytes/base64.ts'
import { createError } from '../errors/errors.ts'
import { kindOf } from '../errors/options.ts'
import { isCertificate } from '../path/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { MAX_CERTIFICATES } from './header.ts'

/** Chains by the thumbprint of their leaf. */
export interface KnownChains {
  /** The certificates as x5c carries them, the leaf first; undefined where none has such a leaf. */
  readonly find: (thumbprint: string) => Promise<readonly string[] | undefined>
}

// LIMIT: each takes a few kilobytes; whoever has more clients lets them send x5c once.
const MAX_CHAINS = 10_000

/** Checks the chains' shapes; ERR_ARG_* where they have another. Thumbprints are computed when the verifier is made. */
export function createKnownChains(chains: readonly (readonly Certificate[])[] | undefined): KnownChains {
  const given = chains === undefined ? [] : checkChains(chains)
  if (given.length === 0) return { find: () => Promise.resolve(undefined) }
  const table = tableOf(given)
  return {
    async find(thumbprint) {
      return (await table).get(thumbprint)?.map(({ der }) => encodeBase64(der))
    },
  }
}

async function tableOf(
  chains: readonly (readonly Certificate[])[],
): Promise<ReadonlyMap<string, readonly Certificate[]>> {
  const table = new Map<string, readonly Certificate[]>()
  for (const chain of chains) {
    const [leaf] = chain
    if (leaf !== undefined) table.set(encodeBase64url(await platform.sha256(leaf.der)), chain)
  }
  return table
}

function checkChains(chains: unknown): readonly (readonly Certificate[])[] {
  const expected = `at most ${MAX_CHAINS} arrays of 1 to ${MAX_CERTIFICATES} certificates`
  if (!Array.isArray(chains)) throw wrong(expected, kindOf(chains))
  if (chains.length > MAX_CHAINS) throw wrong(expected, `${chains.length} arrays`)
  // Array.from visits holes too, which map would leave as they are.
  return Array.from(chains, (chain: unknown) => {
    if (!Array.isArray(chain)) throw wrong(expected, kindOf(chain))
    if (chain.length === 0 || chain.length > MAX_CERTIFICATES)
      throw wrong(expected, `an array of ${chain.length}`)
    return Array.from(chain, (certificate: unknown) => {
      if (isCertificate(certificate) && certificate.der instanceof Uint8Array) return certificate
      throw wrong(expected, `an array with ${kindOf(certificate)}`)
    })
  })
}

function wrong(expected: string, found: string): Error {
  return createError('ERR_ARG_VALUE', { argument: 'knownChains', expected, found })
}
