// Layer: path. RFC 5280 §6.1, one function a rule, each refusing by a value. Not here: signatures (build.ts), status
// (revocation/). Extensions that restrict the path and are not processed yet are refused, critical or not.

import type { Certificate } from '../x509/certificate.ts'
import { equalNames, formatName } from '../x509/name.ts'
import { nameOfOid } from '../x509/oids.ts'
import { weaknessOf } from '../x509/spki.ts'
import { oidOfPurpose, type Purpose } from './purpose.ts'
import { type Place, type Refusal, refuse } from './refusal.ts'

/** What the checks hold a path against. */
export interface PathRules {
  readonly at: Date
  readonly purpose: Purpose
}

/**
 * Checks everything about a complete path but its signatures, from the anchor downwards.
 *
 * @param chain leaf first, the anchor's certificate last; at least two
 * @returns the first refusal, or undefined
 */
export function checkPath(chain: readonly Certificate[], rules: PathRules): Refusal | undefined {
  // RFC 5280 §6.1.4 (l), (m): certificates below that are not self-issued count against pathLenConstraint.
  let place: Place | undefined
  for (let position = chain.length - 1; position >= 0; position--) {
    const above: Place | undefined = place
    place = placeIn(chain, position)
    if (place === undefined) continue
    const refusal =
      checkExtensions(place) ??
      checkKey(place) ??
      checkValidity(place, rules.at) ??
      checkNameChaining(place, above) ??
      (position === 0 ? undefined : checkIssuer(place, chain)) ??
      checkPurpose(place, rules.purpose)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** The certificate at a position of a complete path, with its role. */
export function placeIn(chain: readonly Certificate[], position: number): Place | undefined {
  const certificate = chain[position]
  if (certificate === undefined) return undefined
  const role = position === 0 ? 'leaf' : position === chain.length - 1 ? 'trust anchor' : 'intermediate'
  return { certificate, position, role }
}

/** RFC 5280 §6.1: issuer and subject are the same name; such certificates do not count against path lengths. */
export function isSelfIssued(certificate: Certificate): boolean {
  return equalNames(certificate.issuer, certificate.subject)
}

// RFC 5280 §6.1.4 (o), §6.1.5 (f): process recognised critical extensions, refuse the others.
function checkExtensions(place: Place): Refusal | undefined {
  for (const { oid, critical } of place.certificate.extensions) {
    if (PROCESSED_EXTENSIONS.has(oid)) continue
    if (UNSUPPORTED_EXTENSIONS.has(oid)) {
      return refuse('ERR_PATH_UNSUPPORTED_EXTENSION', place, (certificate) => ({
        certificate,
        oid,
        name: nameOfOid(oid),
      }))
    }
    if (critical) {
      return refuse('ERR_PATH_CRITICAL_EXTENSION', place, (certificate) => ({
        certificate,
        oid,
        name: nameOfOid(oid),
      }))
    }
  }
  return undefined
}

function checkKey(place: Place): Refusal | undefined {
  const { subjectPublicKeyInfo } = place.certificate
  const problem = weaknessOf(subjectPublicKeyInfo)
  if (problem === undefined) return undefined
  const algorithm = `subjectPublicKeyInfo ${subjectPublicKeyInfo.algorithm.name}`
  return refuse('ERR_PATH_ALGORITHM', place, (certificate) => ({ certificate, algorithm, problem }))
}

// RFC 5280 §6.1.3 (a)(2) and §4.1.2.5: both ends of the validity period belong to it.
function checkValidity(place: Place, at: Date): Refusal | undefined {
  const { notBefore, notAfter } = place.certificate
  if (at.getTime() < notBefore.getTime()) {
    return refuse('ERR_PATH_NOT_YET_VALID', place, (certificate) => ({
      certificate,
      notBefore: isoSeconds(notBefore),
      at: at.toISOString(),
    }))
  }
  if (at.getTime() > notAfter.getTime()) {
    return refuse('ERR_PATH_EXPIRED', place, (certificate) => ({
      certificate,
      notAfter: isoSeconds(notAfter),
      at: at.toISOString(),
    }))
  }
  return undefined
}

// RFC 5280 §6.1.3 (a)(4)
function checkNameChaining(place: Place, above: Place | undefined): Refusal | undefined {
  if (above === undefined || equalNames(place.certificate.issuer, above.certificate.subject)) return undefined
  const issuer = formatName(place.certificate.issuer)
  return refuse('ERR_PATH_NO_ISSUER', place, (certificate) => ({ certificate, issuer }))
}

function checkIssuer(place: Place, chain: readonly Certificate[]): Refusal | undefined {
  const { version, basicConstraints, keyUsage } = place.certificate
  // RFC 5280 §6.1.4 (k)
  if (version !== 3 || basicConstraints === undefined) {
    const problem = 'has no basicConstraints extension, so it is no CA'
    return refuse('ERR_PATH_NOT_CA', place, (certificate) => ({ certificate, problem }))
  }
  if (!basicConstraints.cA) {
    const problem = 'basicConstraints says that it is no CA'
    return refuse('ERR_PATH_NOT_CA', place, (certificate) => ({ certificate, problem }))
  }
  // RFC 5280 §6.1.4 (l), (m): the leaf and self-issued certificates do not count.
  const maximum = basicConstraints.pathLenConstraint
  if (maximum !== undefined) {
    const found = chain.slice(1, place.position).filter((certificate) => !isSelfIssued(certificate)).length
    if (found > maximum)
      return refuse('ERR_PATH_LENGTH', place, (certificate) => ({ certificate, maximum, found }))
  }
  // RFC 5280 §6.1.4 (n)
  if (keyUsage !== undefined && !keyUsage.includes('keyCertSign')) {
    const found = keyUsage.join(', ')
    return refuse('ERR_PATH_KEY_USAGE', place, (certificate) => ({
      certificate,
      expected: 'keyCertSign',
      found,
    }))
  }
  return undefined
}

// RFC 5280 §4.2.1.12 for the leaf; along the chain as all major validators read it: a CA that lists purposes may
// issue for these only. anyExtendedKeyUsage satisfies no named purpose.
function checkPurpose(place: Place, purpose: Purpose): Refusal | undefined {
  const wanted = oidOfPurpose(purpose)
  const { extKeyUsage } = place.certificate
  if (wanted === undefined || extKeyUsage === undefined || extKeyUsage.includes(wanted)) return undefined
  const found = extKeyUsage.map(nameOfOid).join(', ')
  return refuse('ERR_PATH_PURPOSE', place, (certificate) => ({
    certificate,
    expected: nameOfOid(wanted),
    found,
  }))
}

function isoSeconds(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}

const PROCESSED_EXTENSIONS: ReadonlySet<string> = new Set([
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.37', // extKeyUsage
])

const UNSUPPORTED_EXTENSIONS: ReadonlySet<string> = new Set([
  '2.5.29.30', // nameConstraints
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.54', // inhibitAnyPolicy
])
