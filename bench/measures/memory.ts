// What a cached chain weighs: on the JavaScript heap, measured by caching some thousands; and in OpenSSL, whose memory
// only shows in that of the whole process, measured by holding many keys and nothing else. The resident memory of a
// process with a heap says nothing, since that has room to spare.

import { createVerifier, signToken, type Verifier } from 'ingam'
import { publicKeyOf } from '../lib/peers.ts'
import { type Algorithm, AUDIENCE, createPki, issueLeaf, type Pki } from '../lib/pki.ts'
import type { Settings } from '../lib/settings.ts'

export interface MemoryResult {
  readonly algorithm: Algorithm
  readonly chains: number
  /** Bytes of each cached chain of leaf and intermediate: the two below together. */
  readonly bytesOfAChain: number
  /** On the JavaScript heap and in array buffers. */
  readonly heapBytesOfAChain: number
  /** What OpenSSL holds for the leaf's key. */
  readonly nativeBytesOfAKey: number
  /** The same by the verifier's own account, by which it keeps its limit. */
  readonly accountedBytesOfAChain: number
  readonly headerBytes: number
}

export async function measureChainMemory(algorithm: Algorithm, settings: Settings): Promise<MemoryResult> {
  const pki = await createPki(algorithm)
  // First of all, while the process is small.
  const nativeBytesOfAKey = measureKey(pki, 4 * settings.cachedChains)
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
  const heapBytesOfAChain = (after.heap - before.heap) / settings.cachedChains
  return {
    algorithm,
    chains: settings.cachedChains,
    bytesOfAChain: heapBytesOfAChain + nativeBytesOfAKey,
    heapBytesOfAChain,
    nativeBytesOfAKey,
    accountedBytesOfAChain: (after.accounted - before.accounted) / settings.cachedChains,
    headerBytes: headerBytes / (2 * settings.cachedChains),
  }
}

function used(verifier: Verifier): { readonly heap: number; readonly accounted: number } {
  return { heap: collected().heap, accounted: verifier.status().cachedBytes }
}

function collected(): { readonly resident: number; readonly heap: number } {
  for (let round = 0; round < 4; round++) globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { resident: rss, heap: heapUsed + arrayBuffers }
}

// The first keys fill what the process has to spare.
function measureKey(pki: Pki, count: number): number {
  const keys = Array.from({ length: count }, () => publicKeyOf(pki))
  const before = collected()
  for (let index = 0; index < count; index++) keys.push(publicKeyOf(pki))
  const after = collected()
  if (keys.length !== 2 * count) throw new Error('keys were dropped')
  return Math.max(0, (after.resident - before.resident - (after.heap - before.heap)) / count)
}
