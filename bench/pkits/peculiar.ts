// PKITS adapter: what users of @peculiar/x509 write: its chain builder, then dates, CA flag and trust by hand. It has no
// path validation of its own, and no input for policies.

import 'reflect-metadata'
import { BasicConstraintsExtension, X509Certificate, X509ChainBuilder } from '@peculiar/x509'
import type { PkitsCase, PkitsVerdict } from '../../test/conformance/pkits-adapter.ts'

export async function validate(given: PkitsCase): Promise<PkitsVerdict> {
  const anchors = given.trustAnchors.map((der) => new X509Certificate(new Uint8Array(der)))
  const intermediates = given.intermediates.map((der) => new X509Certificate(new Uint8Array(der)))
  const builder = new X509ChainBuilder({ certificates: [...anchors, ...intermediates] })
  const chain = [...(await builder.build(new X509Certificate(new Uint8Array(given.leaf))))]
  const top = chain.at(-1)
  if (top === undefined || !anchors.some((anchor) => anchor.equal(top)))
    return { ok: false, reason: 'no anchor' }
  const date = new Date(given.time)
  for (const [index, certificate] of chain.entries()) {
    const publicKey = (chain[index + 1] ?? certificate).publicKey
    if (!(await certificate.verify({ date, publicKey }))) return { ok: false, reason: 'signature or dates' }
    if (index > 0 && certificate.getExtension(BasicConstraintsExtension)?.ca !== true)
      return { ok: false, reason: 'no CA' }
  }
  return { ok: true }
}
