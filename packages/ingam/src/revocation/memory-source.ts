// Layer: revocation. Evidence held in memory: given once, or replaced whenever its owner has newer. Found by the issuer of
// a list and by the serial number in a response.

import { encodeHex } from '../bytes/hex.ts'
import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import { type CertificateList, parseCrl } from '../x509/crl.ts'
import { nameKey } from '../x509/name.ts'
import { type OcspResponse, parseOcspResponse } from '../x509/ocsp.ts'
import { listIssuersOf } from './scope.ts'
import type { EvidenceQuery, HeldEvidence, RevocationSource } from './source.ts'

/** Lists and responses, as DER bytes or parsed. Nothing about them is believed before it has verified. */
export interface GivenEvidence {
  readonly crls?: readonly (Uint8Array | CertificateList)[]
  readonly ocspResponses?: readonly (Uint8Array | OcspResponse)[]
}

/** Evidence in memory whose owner can replace it. */
export interface MemorySource extends RevocationSource {
  /**
   * Puts other evidence in the place of all that is held; what does not parse is refused, and nothing changes.
   *
   * @throws {DecodeError} ERR_DER_*; {CertificateError} ERR_CRL_*, ERR_OCSP_*; {ArgumentError} ERR_ARG_*
   */
  readonly replace: (evidence: GivenEvidence) => void
}

/**
 * Makes a source of evidence in memory.
 *
 * @throws {DecodeError} ERR_DER_*; {CertificateError} ERR_CRL_*, ERR_OCSP_*; {ArgumentError} ERR_ARG_*
 */
export function createMemorySource(evidence: GivenEvidence = {}): MemorySource {
  let held = indexOf(evidence)
  let revision = 0
  return Object.freeze<MemorySource>({
    kind: 'revocation-source',
    revision: () => revision,
    find: (query) => held.find(query),
    status: () => (held.size === 0 ? [] : [{ from: 'memory', kind: 'memory', state: 'ok', size: held.size }]),
    replace(next) {
      held = indexOf(next)
      revision++
    },
  })
}

interface Index {
  readonly size: number
  readonly find: (query: EvidenceQuery) => readonly HeldEvidence[]
}

function indexOf(evidence: GivenEvidence): Index {
  checkOptionKeys('evidence', evidence, ['crls', 'ocspResponses'])
  const lists = new Map<string, HeldEvidence[]>()
  const responses = new Map<string, HeldEvidence[]>()
  const crls = arrayOf('crls', evidence.crls).map(toList)
  const ocspResponses = arrayOf('ocspResponses', evidence.ocspResponses).map(toResponse)
  for (const crl of crls) push(lists, nameKey(crl.issuer), { kind: 'crl', crl, from: 'memory' })
  for (const response of ocspResponses) {
    const singles = response.status === 'successful' ? response.basic.responses : []
    for (const serial of new Set(singles.map(({ certId }) => encodeHex(certId.serialNumber))))
      push(responses, serial, { kind: 'ocsp', response, from: 'memory' })
  }
  return {
    size: crls.length + ocspResponses.length,
    find({ certificate, kinds }) {
      const issuers = new Set(listIssuersOf(certificate).map(nameKey))
      const found = [...issuers].flatMap((issuer) => lists.get(issuer) ?? [])
      return kinds === 'crl'
        ? found
        : [...(responses.get(encodeHex(certificate.serialNumber)) ?? []), ...found]
    },
  }
}

function push(map: Map<string, HeldEvidence[]>, key: string, item: HeldEvidence): void {
  const all = map.get(key)
  if (all === undefined) map.set(key, [item])
  else all.push(item)
}

function toList(given: Uint8Array | CertificateList, index: number): CertificateList {
  if (given instanceof Uint8Array) return parseCrl(given)
  if (typeof given === 'object' && given !== null && given.kind === 'crl') return given
  throw wrong(`crls[${index}]`, 'DER bytes or a parsed list', given)
}

function toResponse(given: Uint8Array | OcspResponse, index: number): OcspResponse {
  if (given instanceof Uint8Array) return parseOcspResponse(given)
  if (typeof given === 'object' && given !== null && given.kind === 'ocsp-response') return given
  throw wrong(`ocspResponses[${index}]`, 'DER bytes or a parsed response', given)
}

function arrayOf<T>(argument: string, given: readonly T[] | undefined): readonly T[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw wrong(argument, 'an array', given)
  // Array.from visits holes too, which map would leave as they are.
  return Array.from<T>(given)
}

function wrong(argument: string, expected: string, given: unknown): Error {
  return createError('ERR_ARG_TYPE', { argument, expected, found: kindOf(given) })
}
