// What a stranger can cost a verifier with one token of 16 KiB: every attack of a corpus, each with its sizes, against
// a valid token of a chain that is new as well. Counts are exact; times are the process's CPU time, medians.

import { createVerifier, isPkiError, signToken, type VerifierStatus } from 'ingam'
import { attacksOn } from '../lib/attacks.ts'
import { AUDIENCE, createPki, type Pki } from '../lib/pki.ts'
import { quantile } from '../lib/race.ts'
import type { Settings } from '../lib/settings.ts'

export interface AttackResult {
  readonly name: string
  readonly tokenBytes: number
  readonly code: string
  readonly micros: number
  readonly pathSignatureChecks: number
  readonly tokenSignatureChecks: number
  readonly certificatesParsed: number
}

export interface HostileResult {
  /** CPU time of a valid token whose chain is new, and of one whose chain is known. */
  readonly validNewMicros: number
  readonly validKnownMicros: number
  /** The dearest first. */
  readonly attacks: readonly AttackResult[]
}

export async function measureHostile(settings: Settings): Promise<HostileResult> {
  const pki = await createPki('ES256')
  const attacks = await attacksOn(pki)
  const rounds = settings.race.rounds
  const valid = await signToken(await pki.leaf.credential(), { audience: AUDIENCE, lifetimeSeconds: 600 })
  const times = new Map<string, number[]>()
  const results: AttackResult[] = []
  const spend = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    const start = process.cpuUsage()
    for (let call = 0; call < CALLS; call++) await run()
    const { user, system } = process.cpuUsage(start)
    times.set(name, [...(times.get(name) ?? []), (user + system) / CALLS])
  }
  const cold = verifierOf(pki, 0)
  const warm = verifierOf(pki, 2 ** 25)
  await warm.verify(valid)
  // All take turns, and the first rounds only warm up.
  for (let round = 0; round < 2 * rounds; round++) {
    if (round === rounds) times.clear()
    await spend(VALID_NEW, () => cold.verify(valid))
    await spend(VALID_KNOWN, () => warm.verify(valid))
    for (const { name, token } of attacks) await spend(name, () => refusal(cold, token))
  }
  for (const { name, token } of attacks) {
    const before = cold.status()
    const code = await refusal(cold, token)
    results.push({
      name,
      tokenBytes: token.length,
      code,
      micros: quantile(times.get(name) ?? [], 0.5),
      ...difference(before, cold.status()),
    })
  }
  return {
    validNewMicros: quantile(times.get(VALID_NEW) ?? [], 0.5),
    validKnownMicros: quantile(times.get(VALID_KNOWN) ?? [], 0.5),
    attacks: results.toSorted((a, b) => b.micros - a.micros),
  }
}

const CALLS = 8
const VALID_NEW = 'valid, its chain new'
const VALID_KNOWN = 'valid, its chain known'

function verifierOf({ root }: Pki, maxCacheBytes: number): ReturnType<typeof createVerifier> {
  return createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    oneTimeUse: 'off',
    maxCacheBytes,
  })
}

async function refusal(verifier: ReturnType<typeof createVerifier>, token: string): Promise<string> {
  try {
    await verifier.verify(token)
  } catch (error) {
    if (isPkiError(error)) return error.code
    throw error
  }
  throw new Error('a stranger was accepted')
}

function difference(
  before: VerifierStatus,
  after: VerifierStatus,
): Pick<AttackResult, 'pathSignatureChecks' | 'tokenSignatureChecks' | 'certificatesParsed'> {
  return {
    pathSignatureChecks: after.pathSignatureChecks - before.pathSignatureChecks,
    tokenSignatureChecks: after.tokenSignatureChecks - before.tokenSignatureChecks,
    certificatesParsed: after.certificatesParsed - before.certificatesParsed,
  }
}
