// Extensions of certificates in a few words: names, constraints on names, policies. Each function gives what
// createTestCa takes.

import type { TestExtension } from 'ingam/testing'
import { concatBytes } from '../../packages/ingam/src/bytes/compare.ts'
import { contextTag, TAG } from '../../packages/ingam/src/der/tag.ts'
import {
  writeElement,
  writeExplicit,
  writeImplicit,
  writeInteger,
  writeOid,
  writeSequence,
  writeSet,
  writeString,
} from '../../packages/ingam/src/der/writer.ts'

const text = new TextEncoder()

/** A GeneralName as DER: a name in subjectAltName, or the base of a subtree. */
export const name = {
  email: (value: string): Uint8Array => writeImplicit(1, text.encode(value)),
  dns: (value: string): Uint8Array => writeImplicit(2, text.encode(value)),
  uri: (value: string): Uint8Array => writeImplicit(6, text.encode(value)),
  /** Octets of an address, or in a subtree those of the address and of the mask. */
  ip: (...octets: readonly number[]): Uint8Array => writeImplicit(7, Uint8Array.from(octets)),
  directory: (...rdns: readonly Uint8Array[]): Uint8Array => writeExplicit(4, writeSequence(...rdns)),
  other: (typeId: string, value: Uint8Array): Uint8Array =>
    writeElement(contextTag(0, 'constructed'), concatBytes(writeOid(typeId), writeExplicit(0, value))),
  upn: (value: string): Uint8Array =>
    name.other('1.3.6.1.4.1.311.20.2.3', writeString(TAG.utf8String, value)),
  smtpUtf8: (value: string): Uint8Array =>
    name.other('1.3.6.1.5.5.7.8.9', writeString(TAG.utf8String, value)),
  x400: (): Uint8Array => writeElement(contextTag(3, 'constructed'), new Uint8Array(0)),
  ediParty: (): Uint8Array =>
    writeElement(contextTag(5, 'constructed'), writeExplicit(1, writeString(TAG.utf8String, 'party'))),
  registeredId: (oid: string): Uint8Array => writeImplicit(8, writeOid(oid).subarray(2)),
} as const

/** An RDN of one attribute. */
export function rdn(oid: string, value: string, tag: number = TAG.utf8String): Uint8Array {
  return writeSet(writeSequence(writeOid(oid), writeString(tag, value)))
}

/** A distinguished name from its RDNs. */
export function distinguishedName(...rdns: readonly Uint8Array[]): Uint8Array {
  return writeSequence(...rdns)
}

/** subjectAltName with these names. */
export function subjectAltName(...names: readonly Uint8Array[]): TestExtension {
  return { oid: '2.5.29.17', value: writeSequence(...names) }
}

/** Which names a CA may vouch for. */
export interface Subtrees {
  readonly permitted?: readonly Uint8Array[]
  readonly excluded?: readonly Uint8Array[]
}

/** nameConstraints, critical. */
export function nameConstraints({ permitted = [], excluded = [] }: Subtrees): TestExtension {
  const list = (number: number, bases: readonly Uint8Array[]): Uint8Array =>
    bases.length === 0
      ? new Uint8Array(0)
      : writeElement(
          contextTag(number, 'constructed'),
          concatBytes(...bases.map((base) => writeSequence(base))),
        )
  return { oid: '2.5.29.30', critical: true, value: writeSequence(list(0, permitted), list(1, excluded)) }
}

/** certificatePolicies with these policies. */
export function certificatePolicies(...policies: readonly string[]): TestExtension {
  return { oid: '2.5.29.32', value: writeSequence(...policies.map((oid) => writeSequence(writeOid(oid)))) }
}

/** policyMappings from pairs of issuer's and subject's policy. */
export function policyMappings(...pairs: readonly (readonly [string, string])[]): TestExtension {
  const mappings = pairs.map(([issuer, subject]) => writeSequence(writeOid(issuer), writeOid(subject)))
  return { oid: '2.5.29.33', critical: true, value: writeSequence(...mappings) }
}

/** policyConstraints. */
export function policyConstraints(
  requireExplicitPolicy: number | undefined,
  inhibitPolicyMapping?: number,
): TestExtension {
  const field = (number: number, value: number | undefined): Uint8Array =>
    value === undefined ? new Uint8Array(0) : writeImplicit(number, writeInteger(value).subarray(2))
  const value = writeSequence(field(0, requireExplicitPolicy), field(1, inhibitPolicyMapping))
  return { oid: '2.5.29.36', critical: true, value }
}

/** inhibitAnyPolicy. */
export function inhibitAnyPolicy(skipCerts: number): TestExtension {
  return { oid: '2.5.29.54', critical: true, value: writeInteger(skipCerts) }
}
