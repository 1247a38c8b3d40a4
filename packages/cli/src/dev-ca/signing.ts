// CLI: how a CA's private key signs lists and responses: the AlgorithmIdentifier as DER (RFC 4055, 5758, 8410, 9881), and
// the signature as certificates carry it. On node:crypto alone.

import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { writeDer } from './der.ts'

/** What signs, and what is written beside the signature. */
export interface EvidenceSigner {
  readonly algorithm: Uint8Array
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/** How this private key (PEM, or as the runtime holds it) signs; throws an Error that says why it cannot. */
export function evidenceSignerOf(key: KeyObject | string): EvidenceSigner {
  const privateKey = typeof key === 'string' ? createPrivateKey(key) : key
  const { asymmetricKeyType: kind = '', asymmetricKeyDetails: details } = privateKey
  const known = ALGORITHMS[kind === 'ec' ? (details?.namedCurve ?? '') : kind]
  if (known === undefined) throw new Error(`a key of kind ${kind} does not sign here`)
  const oid = writeDer(0x06, Buffer.from(known.oid, 'hex'))
  return {
    // RSA alone has parameters, which are NULL.
    algorithm: kind === 'rsa' ? writeDer(0x30, oid, writeDer(0x05)) : writeDer(0x30, oid),
    sign: (bytes) => Uint8Array.from(sign(known.hash, bytes, privateKey)),
  }
}

// Contents of the OIDs, by kind of key or curve.
const ALGORITHMS: Readonly<Record<string, { readonly oid: string; readonly hash: string | null }>> = {
  rsa: { oid: '2a864886f70d01010b', hash: 'SHA-256' },
  prime256v1: { oid: '2a8648ce3d040302', hash: 'SHA-256' },
  secp384r1: { oid: '2a8648ce3d040303', hash: 'SHA-384' },
  secp521r1: { oid: '2a8648ce3d040304', hash: 'SHA-512' },
  ed25519: { oid: '2b6570', hash: null },
  ed448: { oid: '2b6571', hash: null },
  'ml-dsa-44': { oid: '608648016503040311', hash: null },
  'ml-dsa-65': { oid: '608648016503040312', hash: null },
  'ml-dsa-87': { oid: '608648016503040313', hash: null },
}
