// A chain that the verifier has not met: of leaf and intermediate under a known anchor, or of a leaf under an
// intermediate that it knows. The unit is the signature checks that nobody can do without, the token's own among them.

import { X509Certificate } from 'node:crypto'
import { createVerifier, signToken, type Verifier } from 'ingam'
import type { TestCertificate } from 'ingam/testing'
import { createTrustStore, verifyPath } from 'ingam/x509'
import { keyOf, walk } from '../lib/peers.ts'
import { type Algorithm, AUDIENCE, createPki, issueIntermediate, issueLeaf, type Pki } from '../lib/pki.ts'
import { type Contestant, race, type Timing } from '../lib/race.ts'
import type { Settings } from '../lib/settings.ts'
import { checkOf, splitForBare } from './verify.ts'

/** `new chain`: both certificates are new. `new leaf`: its issuer is known, as are all of one CA's clients after the first. */
export type ChainKind = 'new chain' | 'new leaf'

export interface ChainResult {
  readonly algorithm: Algorithm
  readonly kind: ChainKind
  readonly timings: readonly Timing[]
}

interface Sample {
  readonly text: Buffer
  readonly signed: Buffer
  readonly signature: Buffer
  readonly leaf: TestCertificate
  readonly intermediate: TestCertificate
}

interface Input {
  readonly sample: Sample
  readonly text: string
}

export async function measureChain(
  algorithm: Algorithm,
  contestant: string,
  settings: Settings,
): Promise<ChainResult> {
  const kind: ChainKind = contestant.endsWith('new leaf') ? 'new leaf' : 'new chain'
  const pki = await createPki(algorithm)
  const samples = await issueSamples(pki, kind, settings.chains)
  const supply = new Supply(pki, samples, kind)
  const contestants: readonly Contestant<Input>[] = [
    bare(pki, samples, kind),
    contestantOf(contestant, pki, supply),
  ]
  let next = 0
  const timings = await race(contestants, {
    ...settings.race,
    // Few calls a slice, because a verifier meets each chain once.
    sliceMicros: Math.min(settings.race.sliceMicros, settings.chains * 40),
    inputs: async ({ name }, count) => {
      const taken =
        name === 'bare'
          ? Array.from({ length: count }, () => samples[next++ % samples.length])
          : await supply.take(count)
      return taken.flatMap((sample) =>
        sample === undefined ? [] : [{ sample, text: sample.text.toString('latin1') }],
      )
    },
  })
  return { algorithm, kind, timings }
}

function contestantOf(name: string, pki: Pki, supply: Supply): Contestant<Input> {
  switch (name) {
    case 'ingam: new chain':
    case 'ingam: new leaf':
      return { name, run: (inputs) => supply.verifyAll(inputs) }
    case 'ingam: path alone':
      return pathAlone(name, pki)
    case 'X509Certificate by hand':
      return byHand(name, pki)
    default:
      throw new Error(`nobody is called ${name}`)
  }
}

async function issueSamples(pki: Pki, kind: ChainKind, count: number): Promise<readonly Sample[]> {
  const { algorithm, keyType } = pki
  const samples: Sample[] = []
  for (let number = 1; number <= count; number++) {
    const intermediate =
      kind === 'new chain'
        ? await issueIntermediate(pki.root, keyType, {
            name: `Example Issuing CA ${number}`,
            keyOf: pki.intermediate,
          })
        : pki.intermediate
    const leaf = await issueLeaf(intermediate, keyType, number, { keyOf: pki.leaf })
    const credential = await leaf.credential({ algorithm })
    const token = await signToken(credential, { audience: AUDIENCE, lifetimeSeconds: 600 })
    samples.push({
      text: Buffer.from(token, 'latin1'),
      ...splitForBare(algorithm, token),
      leaf,
      intermediate,
    })
  }
  return samples
}

function bare(pki: Pki, samples: readonly Sample[], kind: ChainKind): Contestant<Input> {
  const [first] = samples
  if (first === undefined) throw new Error('no chain')
  // Certificates are signed as their issuers' keys are used: RSA by PKCS#1 also below a PS256 leaf.
  const certificateAlgorithm = pki.algorithm === 'PS256' ? 'RS256' : pki.algorithm
  const byRoot = checkOf(certificateAlgorithm, keyOf(pki.root))
  const byIntermediate = checkOf(certificateAlgorithm, keyOf(first.intermediate))
  const byLeaf = checkOf(pki.algorithm, keyOf(first.leaf))
  const parts = new Map(
    samples.map((sample) => [
      sample,
      [sample.leaf, sample.intermediate].map(({ certificate }) => ({
        data: Buffer.from(certificate.tbsCertificate),
        signature: Buffer.from(certificate.signatureValue),
      })),
    ]),
  )
  return {
    name: 'bare',
    run: (inputs) => {
      for (const { sample } of inputs) {
        const [leaf, intermediate] = parts.get(sample) ?? []
        const isGood =
          leaf !== undefined &&
          intermediate !== undefined &&
          (kind === 'new leaf' || byRoot(intermediate.data, intermediate.signature)) &&
          byIntermediate(leaf.data, leaf.signature) &&
          byLeaf(sample.signed, sample.signature)
        if (!isGood) throw new Error('a signature is bad')
      }
    },
  }
}

// The path from DER to the verdict, and the signature under the token: what a caller of `verifyPath` would do.
function pathAlone(name: string, pki: Pki): Contestant<Input> {
  const trustAnchors = createTrustStore([pki.root.certificate])
  return {
    name,
    run: async (inputs) => {
      for (const { sample } of inputs) {
        await verifyPath({
          leaf: sample.leaf.der,
          intermediates: [sample.intermediate.der],
          trustAnchors,
          at: new Date(),
          purpose: 'clientAuth',
          revocation: 'off',
        })
        if (!checkOf(pki.algorithm, keyOf(sample.leaf))(sample.signed, sample.signature))
          throw new Error('bad')
      }
    },
  }
}

function byHand(name: string, pki: Pki): Contestant<Input> {
  const anchor = new X509Certificate(pki.root.der)
  return {
    name,
    run: (inputs) => {
      for (const { sample } of inputs) {
        const key = walk(anchor, [Buffer.from(sample.leaf.der), Buffer.from(sample.intermediate.der)])
        if (!checkOf(pki.algorithm, key)(sample.signed, sample.signature)) throw new Error('bad')
      }
    },
  }
}

// A new verifier whenever all chains have been met; of a known intermediate it has met one other leaf.
class Supply {
  readonly #pki: Pki
  readonly #samples: readonly Sample[]
  readonly #kind: ChainKind
  #verifier: Verifier | undefined
  #next = 0

  constructor(pki: Pki, samples: readonly Sample[], kind: ChainKind) {
    this.#pki = pki
    this.#samples = samples
    this.#kind = kind
  }

  async take(count: number): Promise<readonly Sample[]> {
    if (this.#verifier === undefined || this.#next + count > this.#samples.length) {
      this.#verifier = createVerifier({
        trustAnchors: [this.#pki.root.certificate],
        audience: AUDIENCE,
        revocation: 'off',
        oneTimeUse: 'off',
      })
      if (this.#kind === 'new leaf') {
        const credential = await this.#pki.leaf.credential({ algorithm: this.#pki.algorithm })
        await this.#verifier.verify(await signToken(credential, { audience: AUDIENCE }))
      }
      this.#next = 0
    }
    this.#next += count
    return this.#samples.slice(this.#next - count, this.#next)
  }

  async verifyAll(inputs: readonly Input[]): Promise<void> {
    if (this.#verifier === undefined) throw new Error('no verifier')
    for (const { text } of inputs) await this.#verifier.verify(text)
  }
}
