// Layer: revocation. Evidence held in memory: given once, or replaced whenever its owner has newer. Found by the issuer of
// a list and by the serial number in a response.

import { createError } from '../errors/errors.ts'
import { checkOptionKeys, kindOf } from '../errors/options.ts'
import { type CertificateList, parseCrl } from '../x509/crl.ts'
import { type OcspResponse, parseOcspResponse } from '../x509/ocsp.ts'
import { EvidenceIndex } from './evidence-index.ts'
import type { HeldEvidence, RevocationSource } from './source.ts'

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
  const index = new EvidenceIndex()
  let held = readGiven(evidence)
  index.put(MEMORY, held)
  return Object.freeze<MemorySource>({
    kind: 'revocation-source',
    revision: () => index.revision,
    find: (query) => index.find(query),
    status: () =>
      held.length === 0 ? [] : [{ from: MEMORY, kind: 'memory', state: 'ok', size: held.length }],
    replace(next) {
      held = readGiven(next)
      index.put(MEMORY, held)
    },
  })
}

const MEMORY = 'memory'

function readGiven(evidence: GivenEvidence): readonly HeldEvidence[] {
  checkOptionKeys('evidence', evidence, ['crls', 'ocspResponses'])
  const lists = arrayOf('crls', evidence.crls).map(toList)
  const responses = arrayOf('ocspResponses', evidence.ocspResponses).map(toResponse)
  return [
    ...lists.map((crl) => ({ kind: 'crl' as const, crl, from: MEMORY })),
    ...responses.map((response) => ({ kind: 'ocsp' as const, response, from: MEMORY })),
  ]
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
