// What a cached chain and a one-time entry weigh: a process grows by the whole, resident memory included, so that what
// OpenSSL holds for each key counts as well.

import { createVerifier, signToken, type Verifier } from 'ingam'
import { type Algorithm, AUDIENCE, createPki, issueLeaf } from '../lib/pki.ts'
import type { Settings } from '../lib/settings.ts'

export interface MemoryResult {
  readonly algorithm: Algorithm
  readonly chains: number
  /** Bytes of resident memory for each cached chain of leaf and intermediate. */
  readonly bytesOfAChain: number
  /** Of these on the JavaScript heap and in array buffers: the rest is OpenSSL's. */
  readonly heapBytesOfAChain: number
  /** The same by the verifier's own account, by which it keeps its limit. */
  readonly accountedBytesOfAChain: number
  readonly headerBytes: number
}

export async function measureChainMemory(algorithm: Algorithm, settings: Settings): Promise<MemoryResult> {
  const pki = await createPki(algorithm)
  const { keyType } = pki
  const verifier = createVerifier({
    trustAnchors: [pki.root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    oneTimeUse: 'off',
    maxCacheBytes: 2 ** 33,
  })
  // One key for all: a key each would take minutes to make, and a verifier holds a key for each chain all the same.
  const tokens: Buffer[] = []
  let headerBytes = 0
  for (let number = 1; number <= 2 * settings.cachedChains; number++) {
    const leaf = await issueLeaf(pki.intermediate, keyType, number, { keyOf: pki.leaf })
    const token = await signToken(await leaf.credential({ algorithm }), {
      audience: AUDIENCE,
      lifetimeSeconds: 600,
    })
    tokens.push(Buffer.from(token, 'latin1'))
    headerBytes += token.indexOf('.')
  }
  // The first half brings the process to its working size.
  const verifyBetween = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index++) await verifier.verify(tokens[index]?.toString('latin1') ?? '')
  }
  await verifyBetween(0, settings.cachedChains)
  const before = used(verifier)
  await verifyBetween(settings.cachedChains, tokens.length)
  const after = used(verifier)
  if (verifier.status().cachedChains !== 2 * settings.cachedChains) throw new Error('chains were dropped')
  return {
    algorithm,
    chains: settings.cachedChains,
    bytesOfAChain: (after.resident - before.resident) / settings.cachedChains,
    heapBytesOfAChain: (after.heap - before.heap) / settings.cachedChains,
    accountedBytesOfAChain: (after.accounted - before.accounted) / settings.cachedChains,
    headerBytes: headerBytes / (2 * settings.cachedChains),
  }
}

function used(verifier: Verifier): {
  readonly resident: number
  readonly heap: number
  readonly accounted: number
} {
  for (let round = 0; round < 4; round++) globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { resident: rss, heap: heapUsed + arrayBuffers, accounted: verifier.status().cachedBytes }
}
