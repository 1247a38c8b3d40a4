// What the tests of revocation share: a root, an intermediate and a client, an instant, and a judgement in one word.

import { createTestCa, type TestCertificate, type TestCrlOptions, type TestOcspOptions } from 'ingam/testing'
import { type CertificateStatus, type RevocationPolicy, type VerifyPathOptions, verifyPath } from 'ingam/x509'
import { isPkiError } from '../../packages/ingam/src/errors/errors.ts'
import { AT } from '../support/forge.ts'

export { AT }

export const SECOND = 1_000
export const HOUR = 3_600_000
export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

/** An extension that nobody understands. */
export const UNKNOWN_CRITICAL = { oid: '1.3.6.1.4.1.55555.1', critical: true, value: Uint8Array.of(5, 0) }

export function later(milliseconds: number): Date {
  return new Date(AT.getTime() + milliseconds)
}

export interface Pki {
  readonly root: TestCertificate
  /** Another root under the same name, which nobody trusts. */
  readonly impostor: TestCertificate
  readonly intermediate: TestCertificate
  /** Right below the root. */
  readonly client: TestCertificate
  readonly other: TestCertificate
  /** Below the intermediate. */
  readonly deep: TestCertificate
}

export async function createPki(): Promise<Pki> {
  const root = await createTestCa({ at: AT, name: 'Root' })
  const intermediate = await root.issue({ kind: 'ca', name: 'Intermediate' })
  return {
    root,
    intermediate,
    impostor: await createTestCa({ at: AT, name: 'Root' }),
    client: await root.issue({ name: 'client' }),
    other: await root.issue({ name: 'other' }),
    deep: await intermediate.issue({ name: 'deep' }),
  }
}

export type PolicyChanges = Omit<RevocationPolicy, 'mode'> & { readonly mode?: RevocationPolicy['mode'] }

/** Judges the path of a certificate: `good` and so on for each certificate, the leaf first, or the code of a refusal. */
export async function judge(
  leaf: TestCertificate,
  root: TestCertificate,
  policy: PolicyChanges,
  options: Partial<VerifyPathOptions> = {},
): Promise<string> {
  try {
    return (await statusesOf(leaf, root, policy, options)).map(({ status }) => status).join(' ')
  } catch (error) {
    if (isPkiError(error)) return error.code
    throw error
  }
}

/** How the certificates of a path that is accepted stand. */
export async function statusesOf(
  leaf: TestCertificate,
  root: TestCertificate,
  policy: PolicyChanges,
  options: Partial<VerifyPathOptions> = {},
): Promise<readonly CertificateStatus[]> {
  const path = await verifyPath({
    leaf: leaf.der,
    intermediates: leaf.chain.slice(1).map(({ der }) => der),
    trustAnchors: [root.certificate],
    at: AT,
    purpose: 'any',
    revocation: { mode: 'require', ...policy },
    ...options,
  })
  return path.revocation
}

/** DER of lists of one CA, one for each of the options. */
export async function lists(
  ca: TestCertificate,
  ...options: readonly TestCrlOptions[]
): Promise<readonly Uint8Array[]> {
  return await Promise.all(options.map(async (each) => (await ca.crl(each)).der))
}

/** DER of responses of one CA about a certificate. */
export async function responses(
  ca: TestCertificate,
  certificate: TestCertificate,
  ...options: readonly Partial<TestOcspOptions>[]
): Promise<readonly Uint8Array[]> {
  return await Promise.all(options.map((each) => ca.ocspResponse({ certificate, ...each })))
}
