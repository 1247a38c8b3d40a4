// Layer: revocation. Which certificates and reasons a list covers: distribution points of the certificate against the
// issuing distribution point of the list (RFC 5280 §6.3.3 (b), (d)). Names alone; nothing here is signed yet.

import { isPkiError } from '../errors/errors.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { CertificateList } from '../x509/crl.ts'
import {
  type DistributionPoint,
  type DistributionPointName,
  REASON_FLAGS,
  type ReasonFlag,
} from '../x509/extensions/distribution-points.ts'
import type { GeneralName } from '../x509/general-name.ts'
import { equalNames, extendName, type Name } from '../x509/name.ts'

/** A set of reasons, one bit each. */
export type Reasons = number

/** Every reason for which a certificate can be revoked. */
export const ALL_REASONS: Reasons = (1 << REASON_FLAGS.length) - 1

/** The reasons for which a list covers a certificate; none where it does not cover it at all. */
export function coveredReasons(list: CertificateList, certificate: Certificate): Reasons {
  if (!containsKind(list, certificate)) return 0
  let reasons = 0
  for (const point of pointsOf(certificate)) {
    if (isOfPoint(list, certificate, point)) {
      reasons |= bits(point.reasons) & bits(list.issuingDistributionPoint?.onlySomeReasons)
    }
  }
  return reasons
}

/** The names of the issuers whose lists may cover a certificate: its own issuer, and those its distribution points name. */
export function listIssuersOf(certificate: Certificate): readonly Name[] {
  const named = (certificate.crlDistributionPoints ?? []).flatMap(({ cRLIssuer = [] }) =>
    directoryNames(cRLIssuer),
  )
  return [certificate.issuer, ...named]
}

// RFC 5280 §6.3.3: where the certificate's own points do not suffice, any list of its issuer is looked at.
function pointsOf(certificate: Certificate): readonly DistributionPoint[] {
  const names: DistributionPoint = {
    distributionPoint: {
      kind: 'fullName',
      names: [{ kind: 'directoryName', name: certificate.issuer }],
    },
  }
  return [...(certificate.crlDistributionPoints ?? []), names]
}

// RFC 5280 §6.3.3 (b)(2)(ii) to (iv)
function containsKind(
  { issuingDistributionPoint: scope }: CertificateList,
  certificate: Certificate,
): boolean {
  if (scope === undefined) return true
  const isCa = certificate.basicConstraints?.cA === true
  if (scope.onlyContainsUserCerts && isCa) return false
  if (scope.onlyContainsCACerts && !isCa) return false
  return !scope.onlyContainsAttributeCerts
}

// RFC 5280 §6.3.3 (b)(1) and (2)(i)
function isOfPoint(list: CertificateList, certificate: Certificate, point: DistributionPoint): boolean {
  const { issuingDistributionPoint: scope } = list
  if (point.cRLIssuer === undefined) {
    if (!equalNames(list.issuer, certificate.issuer)) return false
  } else {
    if (!directoryNames(point.cRLIssuer).some((name) => equalNames(name, list.issuer))) return false
    if (scope?.indirectCRL !== true) return false
  }
  if (scope?.distributionPoint === undefined) return true
  const own = fullNames(scope.distributionPoint, [list.issuer])
  const wanted =
    point.distributionPoint === undefined
      ? (point.cRLIssuer ?? [])
      : fullNames(
          point.distributionPoint,
          point.cRLIssuer === undefined ? [certificate.issuer] : directoryNames(point.cRLIssuer),
        )
  return own.some((name) => wanted.some((other) => sameGeneralName(name, other)))
}

// RFC 5280 §4.2.1.13: a relative name hangs below the one directory name of the lists' issuer; below several, below none.
function fullNames(name: DistributionPointName, issuers: readonly Name[]): readonly GeneralName[] {
  if (name.kind === 'fullName') return name.names
  const [issuer] = issuers
  if (issuer === undefined || issuers.length > 1) return []
  try {
    return [{ kind: 'directoryName', name: extendName(issuer, name.rdn, 'nameRelativeToCRLIssuer') }]
  } catch (error) {
    // Longer than any name that is read: no list has it.
    if (isPkiError(error)) return []
    throw error
  }
}

function directoryNames(names: readonly GeneralName[]): readonly Name[] {
  return names.flatMap((name) => (name.kind === 'directoryName' ? [name.name] : []))
}

// Kinds that name no place where a list could lie are equal to nothing.
function sameGeneralName(a: GeneralName, b: GeneralName): boolean {
  if (a.kind === 'directoryName') return b.kind === 'directoryName' && equalNames(a.name, b.name)
  if (a.kind === 'uniformResourceIdentifier' || a.kind === 'rfc822Name')
    return b.kind === a.kind && a.value === b.value
  if (a.kind === 'dNSName') return b.kind === 'dNSName' && a.value.toLowerCase() === b.value.toLowerCase()
  return false
}

function bits(reasons: readonly ReasonFlag[] | undefined): Reasons {
  if (reasons === undefined) return ALL_REASONS
  let mask = 0
  for (const reason of reasons) mask |= 1 << REASON_FLAGS.indexOf(reason)
  return mask
}
