// A new token each time: everything that signToken does, against the bare signature over as many bytes.

import { createPrivateKey } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import { signToken } from 'ingam'
import { importPKCS8, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { type Algorithm, AUDIENCE, createPki, type Pki } from '../lib/pki.ts'
import { type Contestant, race, type Timing } from '../lib/race.ts'
import type { Settings } from '../lib/settings.ts'
import { signerOf } from './verify.ts'

export interface SignResult {
  readonly algorithm: Algorithm
  readonly timings: readonly Timing[]
}

type Input = number

export async function measureSign(
  algorithm: Algorithm,
  name: string,
  settings: Settings,
): Promise<SignResult> {
  const pki = await createPki(algorithm)
  const credential = await pki.leaf.credential({ algorithm })
  const token = await signToken(credential, { audience: AUDIENCE, claims: { order: 1 } })
  const data = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1')
  const bare = signerOf(algorithm, createPrivateKey(pki.leaf.privateKeyPem))
  let bytes = 0
  const contestants: readonly Contestant<Input>[] = [
    {
      name: 'bare',
      run: (inputs) => {
        for (const _ of inputs) bytes += bare(data).length
      },
    },
    ...(name === 'ingam'
      ? [contestant(name, (order) => signToken(credential, { audience: AUDIENCE, claims: { order } }))]
      : (await signingPeers(pki)).filter((peer) => peer.name === name)),
  ]
  let order = 0
  const timings = await race(contestants, {
    ...settings.race,
    inputs: (_, count) => Array.from({ length: count }, () => order++),
  })
  if (bytes === 0) throw new Error('nothing was signed')
  return { algorithm, timings }
}

function contestant(name: string, signOne: (order: number) => Promise<string> | string): Contestant<Input> {
  return {
    name,
    run: async (inputs) => {
      let characters = 0
      for (const order of inputs) {
        const token = signOne(order)
        characters += (typeof token === 'string' ? token : await token).length
      }
      if (characters < inputs.length * 100) throw new Error('nothing was signed')
    },
  }
}

// The same header and claims; they write the header anew for each token.
async function signingPeers({ algorithm, leaf }: Pki): Promise<readonly Contestant<Input>[]> {
  const x5c = leaf.chain.map(({ der }) => Buffer.from(der).toString('base64'))
  const typ = 'cert-auth+jwt'
  const name = 'uri:spiffe://example/ns/payments/sa/client-000000'
  const claims = (order: number): Record<string, number | string> => {
    const now = Date.now() / 1000
    return {
      order,
      iss: name,
      sub: name,
      aud: AUDIENCE,
      iat: now,
      exp: Math.floor(now) + 300,
      jti: crypto.randomUUID(),
    }
  }
  const fast = createSigner({
    key: leaf.privateKeyPem,
    algorithm: algorithm === 'Ed25519' ? 'EdDSA' : algorithm,
    header: { alg: algorithm === 'Ed25519' ? 'EdDSA' : algorithm, typ, x5c },
    noTimestamp: true,
  })
  const key = await importPKCS8(leaf.privateKeyPem, algorithm)
  const peers = [
    contestant('fast-jwt', (order) => fast(claims(order))),
    contestant('jose', (order) =>
      new SignJWT(claims(order)).setProtectedHeader({ alg: algorithm, typ, x5c }).sign(key),
    ),
  ]
  if (algorithm === 'Ed25519') return peers
  const nodeKey = createPrivateKey(leaf.privateKeyPem)
  const header = { alg: algorithm, typ, x5c }
  return [
    ...peers,
    contestant('jsonwebtoken', (order) => jsonwebtoken.sign(claims(order), nodeKey, { algorithm, header })),
  ]
}
