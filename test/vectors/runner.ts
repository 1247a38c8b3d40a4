// Runs one file of vectors against the library. The function uses nothing but its arguments: Chromium's page gets its
// text and runs it there.

import type * as Ingam from 'ingam'
import type * as X509 from 'ingam/x509'
import type { VectorExpected, VectorFile, VectorRevocation, VectorStep, VectorVerifier } from './format.ts'

/** What the runner needs of the library. */
export type Library = Pick<typeof Ingam, 'createVerifier' | 'isPkiError'> &
  Pick<typeof X509, 'parseCertificates'>

/** What became of one token. */
export interface Outcome {
  readonly verdict: 'accepted' | 'refused'
  readonly code?: string
  readonly check?: string
  readonly waitSeconds?: number
}

/** What became of the tokens of one case, each in its order. */
export interface Judgement {
  readonly id: string
  /** By verify of a fresh verifier. */
  readonly fresh: readonly Outcome[]
  /** By explain of another one, each before it was verified there. */
  readonly explained: readonly Outcome[]
  /** By verify of one that has accepted all that it accepts; undefined where that would be another case. */
  readonly warm: readonly Outcome[] | undefined
}

export async function judgeVectors(file: VectorFile, library: Library): Promise<readonly Judgement[]> {
  const { createVerifier, isPkiError, parseCertificates } = library
  const warmed = new Map<string, Promise<Bench>>()
  const judgements: Judgement[] = []
  for (const vector of file.cases) {
    const options = { ...file.verifier, ...vector.verifier }
    const steps = 'steps' in vector ? vector.steps : [vector]
    const fresh = createBench(options)
    const explaining = createBench(options)
    const warm = steps.length === 1 && options.oneTimeUse === 'off' ? await warmFor(options) : undefined
    const outcomes: Record<'fresh' | 'explained' | 'warm', Outcome[]> = { fresh: [], explained: [], warm: [] }
    for (const step of steps) {
      outcomes.fresh.push(await fresh.verify(step))
      outcomes.explained.push(await explaining.explain(step))
      await explaining.verify(step)
      if (warm !== undefined) outcomes.warm.push(await warm.verify(step))
    }
    judgements.push({ id: vector.id, ...outcomes, warm: warm && outcomes.warm })
  }
  return judgements

  interface Bench {
    readonly verify: (step: VectorStep) => Promise<Outcome>
    readonly explain: (step: VectorStep) => Promise<Outcome>
  }

  function createBench(options: VectorVerifier): Bench {
    let now = new Date(options.at)
    let waited = 0
    const { trustAnchors, knownChains, at: _, revocation, ...others } = options
    const verifier = createVerifier({
      ...others,
      trustAnchors: parseCertificates(trustAnchors),
      knownChains: knownChains.map((pem) => parseCertificates(pem)),
      revocation: revocation === undefined || revocation === null ? 'off' : toPolicy(revocation),
      clock: () => now,
      wait: async (milliseconds) => {
        waited += milliseconds
      },
    })
    return {
      async verify({ token, at, expected }) {
        if (at !== undefined) now = new Date(at)
        waited = 0
        try {
          await verifier.verify(token, toExpected(expected))
          return { verdict: 'accepted', ...(waited > 0 && { waitSeconds: waited / 1000 }) }
        } catch (error) {
          return { verdict: 'refused', code: isPkiError(error) ? error.code : String(error) }
        }
      },
      async explain({ token, at, expected }) {
        if (at !== undefined) now = new Date(at)
        const { accepted, error, checks } = await verifier.explain(token, toExpected(expected))
        if (accepted) return { verdict: 'accepted' }
        const failed = checks.find(({ outcome }) => outcome === 'failed')
        return { verdict: 'refused', code: error?.code ?? 'none', check: failed?.id ?? 'none' }
      },
    }
  }

  // One verifier for all cases that are set up alike; first it accepts what it accepts.
  function warmFor(options: VectorVerifier): Promise<Bench> {
    const name = JSON.stringify(options)
    const made = warmed.get(name) ?? createWarm(options, name)
    warmed.set(name, made)
    return made
  }

  async function createWarm(options: VectorVerifier, name: string): Promise<Bench> {
    const bench = createBench(options)
    for (const vector of file.cases) {
      if ('steps' in vector || vector.verdict !== 'accepted') continue
      if (JSON.stringify({ ...file.verifier, ...vector.verifier }) === name) await bench.verify(vector)
    }
    return bench
  }

  function toPolicy({ crls, ocspResponses, ...others }: VectorRevocation): X509.RevocationPolicy {
    return { ...others, crls: crls.map(toBytes), ocspResponses: ocspResponses.map(toBytes) }
  }

  function toBytes(base64: string): Uint8Array {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  }

  function toExpected(expected: VectorExpected | undefined): Ingam.ExpectedBinding | undefined {
    if (expected === undefined) return undefined
    const { request, ...others } = expected
    if (request === undefined) return others
    const { contentBase64, ...target } = request
    if (contentBase64 === undefined) return { ...others, request: target }
    return { ...others, request: { ...target, content: toBytes(contentBase64) } }
  }
}
