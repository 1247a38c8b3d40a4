// Layer: node. Which addresses a certificate or list names for evidence. Several of one point lead to the same list, and
// several responders know the same (RFC 5280 §4.2.1.13, §4.2.2.1): the next is asked where one fails.

import type { Certificate } from '../../x509/certificate.ts'
import { OCSP_ACCESS } from '../../x509/extensions/authority-info-access.ts'
import type { DistributionPoint } from '../../x509/extensions/distribution-points.ts'
import type { GeneralName } from '../../x509/general-name.ts'

/** Addresses that lead to the same; unvouched, as they stand. */
export type Alternatives = readonly string[]

// LIMIT: partitions by reason have at most nine points, in use are one to four.
const MAX_POINTS = 16
// LIMIT: one or two in use; each that fails costs its time.
const MAX_ALTERNATIVES = 4

/** For each point the addresses of http and https; points without any are left out. */
export function addressesOf(points: readonly DistributionPoint[] | undefined): readonly Alternatives[] {
  const all = (points ?? []).map(({ distributionPoint }) =>
    distributionPoint?.kind === 'fullName' ? webAddresses(distributionPoint.names) : [],
  )
  return all.filter((addresses) => addresses.length > 0).slice(0, MAX_POINTS)
}

/** The addresses of a certificate's responders. */
export function respondersOf({ authorityInfoAccess = [] }: Certificate): Alternatives {
  const responders = authorityInfoAccess.filter(({ accessMethod }) => accessMethod === OCSP_ACCESS)
  return webAddresses(responders.map(({ accessLocation }) => accessLocation))
}

function webAddresses(names: readonly GeneralName[]): Alternatives {
  const addresses = names.flatMap((name) => (name.kind === 'uniformResourceIdentifier' ? [name.value] : []))
  return addresses.filter((address) => /^https?:/iu.test(address)).slice(0, MAX_ALTERNATIVES)
}
