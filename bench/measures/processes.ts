// Two processes at once, as a service runs them on two cores: their verifications against their bare checks, counted in
// the same seconds of the clock. This file is the process; main.ts starts two of them.

import { createVerifier, signToken } from 'ingam'
import { AUDIENCE, createPki } from '../lib/pki.ts'
import { bareCheck, splitForBare } from './verify.ts'

/** Calls that one process made in a slice. */
export interface SpinResult {
  readonly calls: number
  readonly milliseconds: number
}

/** Waits for lines `bare` or `ingam` and answers each with what it reached in so many milliseconds. */
export async function spin(
  tokens: number,
  milliseconds: number,
  lines: AsyncIterable<string>,
): Promise<void> {
  const pki = await createPki('ES256')
  const credential = await pki.leaf.credential()
  const texts: string[] = []
  for (let index = 0; index < tokens; index++) {
    texts.push(
      await signToken(credential, { audience: AUDIENCE, claims: { order: index }, lifetimeSeconds: 600 }),
    )
  }
  const samples = texts.map((text) => ({
    bytes: Buffer.from(text, 'latin1'),
    ...splitForBare('ES256', text),
  }))
  const bare = bareCheck(pki)
  const contestants = {
    bare: async (index: number) => {
      const sample = samples[index]
      if (sample !== undefined) bare(sample)
    },
    ingam: async (index: number) => verifier.verify(samples[index]?.bytes.toString('latin1') ?? ''),
  }
  const started = new Date()
  const renew = (): ReturnType<typeof createVerifier> => {
    let isFirst = true
    // The tokens are older than the memory of used tokens, which begins with the clock's first answer.
    const clock = (): Date => {
      const answer = isFirst ? new Date(started.getTime() - 600_000) : new Date()
      isFirst = false
      return answer
    }
    return createVerifier({
      trustAnchors: [pki.root.certificate],
      audience: AUDIENCE,
      revocation: 'off',
      clock,
    })
  }
  let verifier = renew()
  console.log('ready')
  for await (const line of lines) {
    const run = line === 'bare' ? contestants.bare : contestants.ingam
    let calls = 0
    const start = performance.now()
    while (performance.now() - start < milliseconds) {
      const index = calls % samples.length
      // Each token passes once; all used, a new verifier takes over.
      if (index === 0) verifier = renew()
      await run(index)
      calls++
    }
    const result: SpinResult = { calls, milliseconds: performance.now() - start }
    console.log(JSON.stringify(result))
  }
}
