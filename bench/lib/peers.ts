// What services use instead: libraries that check the signature with a key they are given, and chains walked by hand
// in front of one of them, the way their documentations and tutorials do it.

import 'reflect-metadata'
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { X509Certificate as PeculiarCertificate, X509ChainBuilder } from '@peculiar/x509'
import { createVerifier as createFastVerifier } from 'fast-jwt'
import type { TestCertificate } from 'ingam/testing'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { Certificate, CertificateChainValidationEngine } from 'pkijs'
import { type Algorithm, AUDIENCE, type Pki } from './pki.ts'

/** Checks one token; throws where it refuses. */
export type TokenCheck = (token: string) => unknown

/**
 * The first three check no chain; fast-jwt knows Ed25519 by the older name `EdDSA` alone, jsonwebtoken not at all. The
 * others walk the chain, whose certificates they parse for each token as `x5c` brings them, and leave the token to jose.
 */
export const PEERS: Readonly<Record<string, (pki: Pki) => TokenCheck>> = {
  'fast-jwt': (pki) =>
    createFastVerifier({
      key: publicKeyOf(pki).export({ format: 'pem', type: 'spki' }).toString(),
      cache: false,
      algorithms: [pki.algorithm === 'Ed25519' ? 'EdDSA' : pki.algorithm],
      allowedAud: AUDIENCE,
    }),
  jsonwebtoken: (pki) => {
    const key = publicKeyOf(pki)
    const { algorithm } = pki
    return (token) => {
      if (algorithm === 'Ed25519') throw new Error('not one of its algorithms')
      return jsonwebtoken.verify(token, key, { algorithms: [algorithm], audience: AUDIENCE })
    }
  },
  jose: (pki) => {
    const key = publicKeyOf(pki)
    return (token) => jwtVerify(token, key, joseOptions(pki))
  },
  'X509Certificate + jose': (pki) => {
    const anchor = new X509Certificate(pki.root.der)
    return (token) => jwtVerify(token, walk(anchor, x5cOf(token)), joseOptions(pki))
  },
  '@peculiar/x509 + jose': (pki) => {
    const anchor = new PeculiarCertificate(new Uint8Array(pki.root.der))
    return async (token) =>
      jwtVerify(token, await walkPeculiar(anchor, x5cOf(token), pki.algorithm), joseOptions(pki))
  },
  'pkijs + jose': (pki) => {
    const anchor = Certificate.fromBER(new Uint8Array(pki.root.der).buffer)
    return async (token) => jwtVerify(token, await walkPkijs(anchor, x5cOf(token)), joseOptions(pki))
  },
}

export function publicKeyOf({ leaf }: Pki): KeyObject {
  return keyOf(leaf)
}

export function keyOf({ certificate }: TestCertificate): KeyObject {
  const { der } = certificate.subjectPublicKeyInfo
  return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
}

function joseOptions({ algorithm }: Pki): { readonly audience: string; readonly algorithms: string[] } {
  return { audience: AUDIENCE, algorithms: [algorithm] }
}

function x5cOf(token: string): readonly Buffer[] {
  return (decodeProtectedHeader(token).x5c ?? []).map((text) => Buffer.from(text, 'base64'))
}

/** The usual walk: dates, issuer, signature, CA flag. */
export function walk(anchor: X509Certificate, chain: readonly Buffer[]): KeyObject {
  const certificates = [...chain.map((der) => new X509Certificate(der)), anchor]
  const now = new Date()
  for (const [index, certificate] of certificates.entries()) {
    if (certificate.validFromDate > now || certificate.validToDate < now) throw new Error('dates')
    const issuer = certificates[index + 1]
    if (issuer === undefined) continue
    if (!issuer.ca || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
      throw new Error('issuer')
  }
  const [leaf] = certificates
  if (leaf === undefined) throw new Error('no certificate')
  return leaf.publicKey
}

const KEY_PARAMETERS: Record<Algorithm, { name: string; namedCurve?: string; hash?: string }> = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  Ed25519: { name: 'Ed25519' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
}

async function walkPeculiar(
  anchor: PeculiarCertificate,
  chain: readonly Buffer[],
  algorithm: Algorithm,
): Promise<CryptoKey> {
  const [leaf, ...issuers] = chain.map((der) => new PeculiarCertificate(new Uint8Array(der)))
  if (leaf === undefined) throw new Error('no certificate')
  const path = [...(await new X509ChainBuilder({ certificates: [anchor, ...issuers] }).build(leaf))]
  for (const [index, certificate] of path.entries()) {
    const { publicKey } = path[index + 1] ?? certificate
    if (!(await certificate.verify({ date: new Date(), publicKey }))) throw new Error('refused')
  }
  if (!path.at(-1)?.equal(anchor)) throw new Error('no anchor')
  return await leaf.publicKey.export(KEY_PARAMETERS[algorithm], ['verify'])
}

async function walkPkijs(anchor: Certificate, chain: readonly Buffer[]): Promise<CryptoKey> {
  const certificates = chain.map((der) => Certificate.fromBER(new Uint8Array(der).buffer))
  const [leaf] = certificates
  if (leaf === undefined) throw new Error('no certificate')
  const engine = new CertificateChainValidationEngine({
    trustedCerts: [anchor],
    certs: [anchor, ...certificates.toReversed()],
  })
  const { result, resultMessage } = await engine.verify({ passedWhenNotRevValues: true })
  if (!result) throw new Error(resultMessage)
  return await leaf.getPublicKey()
}
