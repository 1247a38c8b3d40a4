// Layer: node. Large lists, read while others run.

import { type CertificateList, readInSteps } from '../../x509/crl.ts'
import { inSlices } from './slices.ts'

/**
 * Reads a list as parseCrl does, in slices of some milliseconds between which others run: for lists of hundreds of thousands
 * of entries. **Nothing is verified.** The bytes are kept as they are and not copied: they must not change afterwards.
 *
 * @param der DER bytes of one CertificateList, at most 1 GiB
 * @throws {DecodeError} ERR_DER_*; {CertificateError} ERR_CRL_*; {ArgumentError} ERR_ARG_TYPE
 */
export async function readCrl(der: Uint8Array): Promise<CertificateList> {
  return await inSlices(readInSteps(der))
}
