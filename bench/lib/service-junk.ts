// Requests of a stranger: garbage, assertions that are none, chains that look like those of a workload, and the dearest
// tokens of attacks.ts, made over into assertions for this service.

import { randomBytes } from 'node:crypto'
import { signAuthorizationGrant } from 'ingam'
import { createTestCa } from 'ingam/testing'
import { attacksOn } from './attacks.ts'
import { issueLeaf, type Pki } from './pki.ts'
import { bearerBodyOf, ISSUER } from './service-setup.ts'

/** One kind of junk. */
export interface Junk {
  readonly name: string
  /** The assertion, where there is one. */
  readonly assertion?: string
  readonly body: string
}

/**
 * All kinds.
 *
 * @param dearest how dear an assertion is to the library alone, by which the attacks are sorted; the first few are taken
 */
export async function junkFor(
  pki: Pki,
  dearest: (assertion: string) => Promise<number>,
): Promise<readonly Junk[]> {
  const attacks: { readonly junk: Junk; readonly cost: number }[] = []
  for (const { name, token, isGenuine } of await attacksOn(pki)) {
    const junk = bearing(name, asAssertion(token))
    // Whose certificates are genuine is measured apart, as its refusal is written down.
    if (!isGenuine) attacks.push({ junk, cost: await dearest(junk.assertion) })
  }
  const worst = attacks.toSorted((a, b) => b.cost - a.cost).slice(0, DEAREST)
  return [
    { name: 'an empty body', body: '' },
    { name: 'random bytes', body: randomBytes(2_000).toString('latin1') },
    {
      name: 'a form of 65 parameters',
      body: Array.from({ length: 65 }, (_, index) => `p${index}=1`).join('&'),
    },
    bearing('an assertion that is no JWS', 'aaaa.bbbb.cccc'),
    bearing('a stranger with a chain of his own', await ofStranger(pki)),
    bearing('the genuine chain, a forged signature', await forged(pki)),
    ...worst.map(({ junk }) => junk),
  ]
}

const DEAREST = 4

function bearing(name: string, assertion: string): Junk & { readonly assertion: string } {
  return { name, assertion, body: bearerBodyOf(assertion) }
}

// The CA's names, which are public, over keys of his own.
async function ofStranger({ root, intermediate }: Pki): Promise<string> {
  const forgedRoot = await createTestCa({ subjectName: root.certificate.subject.der })
  const forgedIssuer = await forgedRoot.issue({
    kind: 'ca',
    subjectName: intermediate.certificate.subject.der,
  })
  const leaf = await issueLeaf(forgedIssuer, 'P-256', 0)
  return await signAuthorizationGrant(await leaf.credential(), { audience: ISSUER, lifetimeSeconds: 300 })
}

async function forged({ leaf }: Pki): Promise<string> {
  const token = await signAuthorizationGrant(await leaf.credential(), {
    audience: ISSUER,
    lifetimeSeconds: 300,
  })
  return `${token.slice(0, token.lastIndexOf('.'))}.${randomBytes(64).toString('base64url')}`
}

// No signature is lost: the stranger's is none in any case.
function asAssertion(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return `${changed(header, { typ: 'authorization-grant+jwt' })}.${changed(payload, { aud: ISSUER })}.${signature}`
}

function changed(part: string, members: object): string {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
  return Buffer.from(JSON.stringify({ ...Object(value), ...members })).toString('base64url')
}
