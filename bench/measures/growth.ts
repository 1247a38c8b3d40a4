// Whether a verification costs more where the verifier holds more: anchors, and chains that it knows.

import { createVerifier, signToken, type Verifier } from 'ingam'
import { AUDIENCE, createPki, issueLeaf, type Pki } from '../lib/pki.ts'
import { type Contestant, race } from '../lib/race.ts'
import type { Settings } from '../lib/settings.ts'

export interface GrowthResult {
  readonly anchors: number
  /** A new chain among so many anchors, as a multiple of the same among one. */
  readonly anchorsRatio: number
  readonly cachedChains: number
  /** A known chain among so many, the same signer again and again, as a multiple of the same alone. */
  readonly cachedRatio: number
  /** The same with a signer at random each time: what the processor's caches no longer hold is in it. */
  readonly cachedAtRandomRatio: number
}

export async function measureGrowth(settings: Settings): Promise<GrowthResult> {
  const pki = await createPki('ES256')
  const { anchors, cachedChains } = settings.growth
  const anchorsRatio = await anchorsRatioOf(pki, anchors, settings)
  return { anchors, anchorsRatio, cachedChains, ...(await cachedRatiosOf(pki, cachedChains, settings)) }
}

async function anchorsRatioOf(pki: Pki, count: number, settings: Settings): Promise<number> {
  const others = []
  for (let index = 1; index < count; index++) {
    others.push((await pki.root.issue({ kind: 'ca', name: `Anchor ${index}`, keyOf: pki.root })).certificate)
  }
  const options = { audience: AUDIENCE, revocation: 'off', oneTimeUse: 'off', maxCacheBytes: 0 } as const
  const few = createVerifier({ trustAnchors: [pki.root.certificate], ...options })
  const many = createVerifier({ trustAnchors: [...others, pki.root.certificate], ...options })
  const token = await signToken(await pki.leaf.credential(), { audience: AUDIENCE, lifetimeSeconds: 600 })
  const [one, all] = await race([repeat('one', few), repeat('many', many)], {
    ...settings.race,
    inputs: (_, calls) => Array.from({ length: calls }, () => Buffer.from(token).toString('latin1')),
  })
  return (all?.median ?? Number.NaN) / (one?.median ?? Number.NaN)
}

async function cachedRatiosOf(
  pki: Pki,
  count: number,
  settings: Settings,
): Promise<Pick<GrowthResult, 'cachedRatio' | 'cachedAtRandomRatio'>> {
  const options = {
    trustAnchors: [pki.root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    oneTimeUse: 'off',
    maxCacheBytes: 2 ** 33,
    maxLifetimeSeconds: 3_600,
  } as const
  const few = createVerifier(options)
  const many = createVerifier(options)
  const some: Buffer[] = []
  for (let number = 1; number <= count; number++) {
    const leaf = await issueLeaf(pki.intermediate, pki.keyType, number, { keyOf: pki.leaf })
    const token = await signToken(await leaf.credential(), { audience: AUDIENCE, lifetimeSeconds: 3_600 })
    await many.verify(token)
    if (number % Math.ceil(count / 4_000) === 0) some.push(Buffer.from(token, 'latin1'))
  }
  // Signed anew, since issuing may have taken longer than a token lives.
  const token = await signToken(await pki.leaf.credential(), { audience: AUDIENCE, lifetimeSeconds: 600 })
  const bytes = Buffer.from(token, 'latin1')
  await few.verify(token)
  await many.verify(token)
  if (many.status().cachedChains !== count + 1) throw new Error('chains were dropped')
  const atRandom: Contestant<string> = { ...repeat('at random', many), name: 'at random' }
  let next = 0
  const timings = await race([repeat('one', few), repeat('many', many), atRandom], {
    ...settings.race,
    inputs: ({ name }, calls) =>
      Array.from({ length: calls }, () => {
        // A stride that is no divisor, so that neighbours do not follow each other.
        const index = (next += 1_237) % some.length
        return (name === 'at random' ? (some[index] ?? bytes) : bytes).toString('latin1')
      }),
  })
  const [one = Number.NaN, all = Number.NaN, scattered = Number.NaN] = timings.map(({ median }) => median)
  return { cachedRatio: all / one, cachedAtRandomRatio: scattered / one }
}

function repeat(name: string, verifier: Verifier): Contestant<string> {
  return {
    name,
    run: async (tokens) => {
      for (const token of tokens) await verifier.verify(token)
    },
  }
}
