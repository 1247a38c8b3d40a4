// Layer: path. RFC 5280 §6.1, one function a rule, each refusing by a value. The two rules with a memory of their own
// stand beside: names (name-constraints.ts) and policies (policy-graph.ts). Not here: signatures (build.ts), status
// (revocation/).

import { type Certificate, validityOf } from '../x509/certificate.ts'
import { equalNames, formatName } from '../x509/name.ts'
import { nameOfOid } from '../x509/oids.ts'
import { weaknessOf } from '../x509/spki.ts'
import type { Budget } from './budget.ts'
import { NameSpace } from './name-constraints.ts'
import { isSelfIssued, type Place, placeIn } from './place.ts'
import { checkPolicies, type PolicyInputs, type PolicyOutcome } from './policy-graph.ts'
import { oidOfPurpose, type Purpose } from './purpose.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { StoredAnchor } from './trust-store.ts'

/** What the checks hold a path against. */
export interface PathRules {
  readonly at: Date
  readonly purpose: Purpose
  readonly policies: PolicyInputs
  /** Whether the dates of the anchor's certificate count. */
  readonly anchorValidity: 'enforce' | 'ignore'
  /** Whether anyExtendedKeyUsage stands for the purpose. */
  readonly anyExtendedKeyUsage: 'refuse' | 'accept'
  /** Whether somebody looks at the certificates' standing afterwards: only then is a critical pointer to lists processed. */
  readonly standing: 'checked' | 'ignored'
}

/**
 * Checks everything about a complete path but its signatures, names and policies, from the anchor downwards.
 *
 * @param chain leaf first, the anchor's certificate last; one certificate alone is a leaf that is pinned
 * @returns the first refusal
 */
export function checkPath(chain: readonly Certificate[], rules: PathRules): Refusal | undefined {
  let place: Place | undefined
  for (let position = chain.length - 1; position >= 0; position--) {
    const above: Place | undefined = place
    place = placeIn(chain, position)
    if (place === undefined) continue
    const refusal =
      checkExtensions(place, rules) ??
      checkKey(place) ??
      checkValidity(place, rules) ??
      checkNameChaining(place, above) ??
      (position === 0 ? undefined : checkIssuer(place, chain)) ??
      checkPurpose(place, rules)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/**
 * Checks names and policies of a complete path, from the anchor downwards. What they cost grows with what certificates
 * say, so they come last: INVARIANT: every signature of the path has verified, and the certificates are a CA's own.
 *
 * @returns the user-constrained policy set, or the first refusal
 */
export function checkNamesAndPolicies(
  chain: readonly Certificate[],
  anchor: StoredAnchor,
  rules: PathRules,
  budget: Budget,
): PolicyOutcome {
  const names = new NameSpace(budget, anchor)
  for (let position = chain.length - 1; position >= 0; position--) {
    const place = placeIn(chain, position)
    if (place === undefined) continue
    const refusal = checkNames(place, names)
    if (refusal !== undefined) return { ok: false, refusal }
    names.constrain(place.certificate)
  }
  return checkPolicies(chain, rules.policies)
}

// RFC 5280 §6.1.4 (o), §6.1.5 (f): process recognised critical extensions, refuse the others.
function checkExtensions(place: Place, { standing }: PathRules): Refusal | undefined {
  for (const { oid, critical } of place.certificate.extensions) {
    if (!critical) continue
    const isProcessed = PROCESSED_EXTENSIONS.has(oid) || (standing === 'checked' && oid === LIST_POINTERS)
    const unknown = isProcessed ? unknownQualifier(place.certificate, oid) : oid
    if (unknown !== undefined) {
      const name = unknown === oid ? nameOfOid(oid) : `${nameOfOid(oid)} with the qualifier ${unknown}`
      return refuse('ERR_PATH_CRITICAL_EXTENSION', place, (certificate) => ({ certificate, oid, name }))
    }
  }
  return undefined
}

// RFC 5280 §4.2.1.4: critical policies must be understood with their qualifiers. Of the two kinds it defines nothing is
// to be done for a verdict.
function unknownQualifier({ certificatePolicies = [] }: Certificate, oid: string): string | undefined {
  if (oid !== '2.5.29.32') return undefined
  return certificatePolicies
    .flatMap(({ policyQualifiers }) => policyQualifiers)
    .find((qualifier) => !KNOWN_QUALIFIERS.has(qualifier))
}

function checkKey(place: Place): Refusal | undefined {
  const { subjectPublicKeyInfo } = place.certificate
  const problem = weaknessOf(subjectPublicKeyInfo)
  if (problem === undefined) return undefined
  const algorithm = `subjectPublicKeyInfo ${subjectPublicKeyInfo.algorithm.name}`
  return refuse('ERR_PATH_ALGORITHM', place, (certificate) => ({ certificate, algorithm, problem }))
}

// RFC 5280 §6.1.3 (a)(2) and §4.1.2.5: both ends of the validity period belong to it, as instants without fraction.
// §6.1 asks nothing of the anchor's dates; here they count unless the caller says otherwise.
function checkValidity(place: Place, { at, anchorValidity }: PathRules): Refusal | undefined {
  if (place.role === 'trust anchor' && anchorValidity === 'ignore') return undefined
  const { from, until } = validityOf(place.certificate)
  const instant = at.getTime()
  if (instant < from) {
    return refuse('ERR_PATH_NOT_YET_VALID', place, (certificate) => ({
      certificate,
      notBefore: isoSeconds(new Date(from)),
      at: at.toISOString(),
    }))
  }
  if (instant > until) {
    return refuse('ERR_PATH_EXPIRED', place, (certificate) => ({
      certificate,
      notAfter: isoSeconds(new Date(until)),
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
// issue for these only. anyExtendedKeyUsage satisfies no named purpose unless the caller says so.
function checkPurpose(place: Place, { purpose, anyExtendedKeyUsage }: PathRules): Refusal | undefined {
  const wanted = oidOfPurpose(purpose)
  const { extKeyUsage } = place.certificate
  if (wanted === undefined || extKeyUsage === undefined || extKeyUsage.includes(wanted)) return undefined
  if (anyExtendedKeyUsage === 'accept' && extKeyUsage.includes('2.5.29.37.0')) return undefined
  const found = extKeyUsage.map(nameOfOid).join(', ')
  return refuse('ERR_PATH_PURPOSE', place, (certificate) => ({
    certificate,
    expected: nameOfOid(wanted),
    found,
  }))
}

// RFC 5280 §6.1.3 (b), (c): self-issued certificates are exempt unless they are the last, and so is the anchor, which
// nobody issued.
function checkNames(place: Place, names: NameSpace): Refusal | undefined {
  if (place.role === 'trust anchor') return undefined
  if (place.position > 0 && isSelfIssued(place.certificate)) return undefined
  return names.check(place)
}

function isoSeconds(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}

const PROCESSED_EXTENSIONS: ReadonlySet<string> = new Set([
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
])

const LIST_POINTERS = '2.5.29.31' // cRLDistributionPoints

const KNOWN_QUALIFIERS: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.2.1', // id-qt-cps
  '1.3.6.1.5.5.7.2.2', // id-qt-unotice
])
