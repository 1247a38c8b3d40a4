// A fresh token each time, the chain known: everything that a verifier checks, against the bare signature check.

import { constants, type KeyObject, sign, verify } from 'node:crypto'
import { createVerifier, signToken, type Verifier } from 'ingam'
import { PEERS, publicKeyOf, type TokenCheck } from '../lib/peers.ts'
import { type Algorithm, AUDIENCE, createPki, type Pki } from '../lib/pki.ts'
import { type Contestant, race, type Timing } from '../lib/race.ts'
import type { Settings } from '../lib/settings.ts'

export interface VerifyResult {
  readonly algorithm: Algorithm
  readonly tokenBytes: number
  /** The bare check, and the contestant unless it refuses the token. */
  readonly timings: readonly Timing[]
}

/** A token as it came from the network, and what the bare check takes of it. */
interface Sample {
  readonly bytes: Buffer
  readonly signed: Buffer
  /** As OpenSSL takes it. */
  readonly signature: Buffer
  /** The same claims under the older name of Ed25519. */
  readonly eddsa: Buffer
}

interface Input {
  readonly text: string
  readonly sample: Sample
}

/** One contestant, who takes turns with the bare check. */
export async function measureVerify(
  algorithm: Algorithm,
  name: string,
  settings: Settings,
): Promise<VerifyResult> {
  const pki = await createPki(algorithm)
  const samples = await signSamples(pki, settings.tokens)
  const ours = new Supply(pki, samples)
  const bare = bareCheck(pki)
  const contestants: readonly Contestant<Input>[] = [
    {
      name: 'bare',
      run: (inputs) => {
        for (const { sample } of inputs) bare(sample)
      },
    },
    ...(name === 'ingam'
      ? [{ name, run: (inputs: readonly Input[]) => ours.verifyAll(inputs) }]
      : await peer(name, pki, at(samples, 0))),
  ]
  let next = 0
  const timings = await race(contestants, {
    ...settings.race,
    inputs: async (contestant, count) => {
      if (contestant.name === 'ingam')
        return (await ours.take(count)).map((sample) => ({ sample, text: fresh(sample.bytes) }))
      return Array.from({ length: count }, () => {
        const sample = at(samples, next++ % samples.length)
        return { sample, text: fresh(contestant.name === 'fast-jwt' ? sample.eddsa : sample.bytes) }
      })
    },
  })
  return { algorithm, tokenBytes: at(samples, 0).bytes.length, timings }
}

// Each token passes once: when all have been used, a new verifier takes over, which has met the chain already.
class Supply {
  readonly #pki: Pki
  readonly #samples: readonly Sample[]
  #verifier: Verifier | undefined
  #next = 0

  constructor(pki: Pki, samples: readonly Sample[]) {
    this.#pki = pki
    this.#samples = samples
  }

  async take(count: number): Promise<readonly Sample[]> {
    if (this.#verifier === undefined || this.#next + count > this.#samples.length) {
      this.#verifier = createVerifier({
        trustAnchors: [this.#pki.root.certificate],
        audience: AUDIENCE,
        revocation: 'off',
        algorithms: [this.#pki.algorithm],
        // The tokens were signed before this verifier was made, which a memory of used tokens would not let pass.
        clock: clockFrom(started),
      })
      await this.#verifier.verify(fresh(at(this.#samples, 0).bytes))
      this.#next = 1
    }
    this.#next += count
    return this.#samples.slice(this.#next - count, this.#next)
  }

  async verifyAll(inputs: readonly Input[]): Promise<void> {
    const verifier = this.#verifier
    if (verifier === undefined) throw new Error('no verifier')
    for (const { text } of inputs) await verifier.verify(text)
  }
}

const started = new Date()

// The first answer is the instant at which the verifier's memory begins.
function clockFrom(first: Date): () => Date {
  let isFirst = true
  return () => {
    if (!isFirst) return new Date()
    isFirst = false
    return first
  }
}

// Nobody where the library refuses the token: Ed25519 certificates are beyond some of them.
async function peer(name: string, pki: Pki, sample: Sample): Promise<readonly Contestant<Input>[]> {
  const check: TokenCheck | undefined = PEERS[name]?.(pki)
  if (check === undefined) throw new Error(`nobody is called ${name}`)
  try {
    await check(fresh(name === 'fast-jwt' ? sample.eddsa : sample.bytes))
  } catch {
    return []
  }
  const run = async (inputs: readonly Input[]): Promise<void> => {
    for (const { text } of inputs) {
      const answer = check(text)
      if (answer instanceof Promise) await answer
    }
  }
  return [{ name, run }]
}

async function signSamples(pki: Pki, count: number): Promise<readonly Sample[]> {
  const { algorithm, leaf } = pki
  const credential = await leaf.credential({ algorithm })
  const samples: Sample[] = []
  for (let index = 0; index < count; index++) {
    const claims = { order: index }
    const token = await signToken(credential, { audience: AUDIENCE, claims, lifetimeSeconds: 600 })
    const { signed, signature } = splitForBare(algorithm, token)
    const bytes = Buffer.from(token, 'latin1')
    const eddsa = algorithm === 'Ed25519' ? await renamed(token, credential.sign) : bytes
    samples.push({ bytes, signed, signature, eddsa })
  }
  return samples
}

/** What the bare check takes of a token. */
export function splitForBare(
  algorithm: Algorithm,
  token: string,
): { readonly signed: Buffer; readonly signature: Buffer } {
  const dot = token.lastIndexOf('.')
  const raw = Buffer.from(token.slice(dot + 1), 'base64url')
  const signed = Buffer.from(token.slice(0, dot), 'latin1')
  return { signed, signature: algorithm === 'ES256' ? derOf(raw) : raw }
}

async function renamed(
  token: string,
  signBytes: (data: Uint8Array) => Promise<Uint8Array> | Uint8Array,
): Promise<Buffer> {
  const [header = '', payload = ''] = token.split('.')
  const members: unknown = JSON.parse(Buffer.from(header, 'base64url').toString())
  const text = JSON.stringify({ ...Object(members), alg: 'EdDSA' })
  const signed = `${Buffer.from(text).toString('base64url')}.${payload}`
  const signature = await signBytes(Buffer.from(signed))
  return Buffer.from(`${signed}.${Buffer.from(signature).toString('base64url')}`, 'latin1')
}

/** The check that nobody can do without: the key imported, the bytes at hand, the signature as OpenSSL wants it. */
export function bareCheck(pki: Pki): (sample: Pick<Sample, 'signed' | 'signature'>) => void {
  const key = publicKeyOf(pki)
  const check = checkOf(pki.algorithm, key)
  return ({ signed, signature }) => {
    if (!check(signed, signature)) throw new Error('a signature is bad')
  }
}

export function checkOf(algorithm: Algorithm, key: KeyObject): (data: Buffer, signature: Buffer) => boolean {
  switch (algorithm) {
    case 'Ed25519':
      return (data, signature) => verify(null, data, key, signature)
    case 'PS256': {
      const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      return (data, signature) => verify('sha256', data, pss, signature)
    }
    default:
      return (data, signature) => verify('sha256', data, key, signature)
  }
}

/** The bare signature. */
export function signerOf(algorithm: Algorithm, key: KeyObject): (data: Buffer) => Buffer {
  switch (algorithm) {
    case 'Ed25519':
      return (data) => sign(null, data, key)
    case 'PS256': {
      const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      return (data) => sign('sha256', data, pss)
    }
    default:
      return (data) => sign('sha256', data, key)
  }
}

function derOf(raw: Buffer): Buffer {
  const integers = [raw.subarray(0, 32), raw.subarray(32)].map((bytes) => {
    const start = bytes.findIndex((byte) => byte !== 0)
    const minimal = bytes.subarray(start)
    const content = (minimal[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), minimal]) : minimal
    return Buffer.concat([Buffer.of(0x02, content.length), content])
  })
  const body = Buffer.concat(integers)
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}

function fresh(bytes: Buffer): string {
  // Neither hashed nor interned nor part of another text, as it comes from a socket.
  return bytes.toString('latin1')
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new Error('nothing there')
  return item
}
