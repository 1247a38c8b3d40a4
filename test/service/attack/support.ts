// What an attacker writes by hand: assertions and proofs with any header, any claims and any JSON text, under a key that
// the attacker holds.

import { randomUUID, sign } from 'node:crypto'
import type { TestCertificate } from 'ingam/testing'
import { compilePolicy } from '../../../packages/server/src/policy/compile.ts'
import type { CompiledPolicy } from '../../../packages/server/src/policy/contract.ts'
import { putInForce } from '../../../packages/server/src/policy-in-force.ts'
import type { PolicyInForce } from '../../../packages/server/src/service.ts'
import type { Block } from '../../../packages/server/src/stores/contract.ts'
import { API, AT, configOf, ISSUER, JWT_BEARER, type World } from '../oauth/support.ts'
import { fakeLog } from '../support/fakes.ts'

export const NOW: number = AT.getTime() / 1000
export const CREDENTIALS: Readonly<Record<string, string>> = { grant_type: 'client_credentials' }

/** A compact JWS of these two JSON texts, letter for letter, signed with the key of the certificate (P-256). */
export function signRaw(holder: Pick<TestCertificate, 'privateKeyPem'>, head: string, body: string): string {
  const input = [head, body].map((part) => Buffer.from(part).toString('base64url')).join('.')
  const key = { key: holder.privateKeyPem, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

/** Header and claims of an assertion for the jwt-bearer grant that is right in every part. */
export function grantParts(
  holder: TestCertificate,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): readonly [Record<string, unknown>, Record<string, unknown>] {
  const x5c = holder.chain.map(({ der }) => Buffer.from(der).toString('base64'))
  const head = { alg: 'ES256', typ: 'authorization-grant+jwt', x5c, ...header }
  const [uri = ''] = holder.certificate.subjectAltName?.flatMap((name) => {
    return name.kind === 'uniformResourceIdentifier' ? [name.value] : []
  }) ?? ['']
  const sub = `uri:${uri}`
  const body = { iss: sub, sub, aud: ISSUER, iat: NOW, exp: NOW + 60, jti: randomUUID(), ...claims }
  return [head, body]
}

/** The assertion of {@link grantParts}. */
export function grantBy(
  holder: TestCertificate,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const [head, body] = grantParts(holder, claims, header)
  return signRaw(holder, JSON.stringify(head), JSON.stringify(body))
}

/** Status, error and the token's claims where there is one. */
export interface Outcome {
  readonly status: number
  readonly error: unknown
  readonly claims: Readonly<Record<string, unknown>>
}

/** Asks /token. */
export async function ask(
  world: World,
  form: Readonly<Record<string, string>>,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly peer?: readonly Uint8Array[] } = {},
): Promise<Outcome> {
  const { status, body } = await world.call({ form, ...more })
  const token = body['access_token']
  const payload =
    typeof token === 'string' ? (token.split('.')[1] ?? '') : Buffer.from('{}').toString('base64url')
  const claims: Record<string, unknown> = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  return { status, error: body['error'], claims }
}

/** Asks /token with an assertion for the jwt-bearer grant. */
export async function askBy(
  world: World,
  assertion: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return await ask(world, { grant_type: JWT_BEARER, assertion, ...more })
}

/** Blocks without ending anything. */
export async function block(world: World, selector: Block['selector']): Promise<void> {
  await world.stores.commit({ block: { selector, since: NOW, reason: 'r', by: 'b' }, audit: [] })
}

/** A certificate in the place where a policy has one. */
export function indented(pem: string): string {
  return pem.trimEnd().replaceAll('\n', '\n      ')
}

/** A policy text with these anchors, clients and profiles. */
export function policyText(
  anchors: Readonly<Record<string, { readonly pem: string; readonly names?: string }>>,
  profiles: string,
  clients = '{}',
): string {
  const written = Object.entries(anchors).map(([id, { pem, names = 'any' }]) => {
    return `  ${id}:\n    certificate: |\n      ${indented(pem)}\n    names: ${names}`
  })
  return `version: 1\nrevocation: off\ntrustAnchors:\n${written.join('\n')}\nclients: ${clients}\nprofiles:\n${profiles}`
}

/** A profile named `p` with these rules, and whatever else is given. */
export function profileText(match: string, more = '', name = 'p'): string {
  const rest = more.includes('binding:') ? more : `binding: none, ${more}`
  return `  ${name}: { match: { ${match} }, audience: ['${API}'], ${rest} }\n`
}

/** The policy compiled, with its verifiers. */
export function inForceOf(world: World, text: string, version = 8): PolicyInForce {
  const policy: CompiledPolicy = compilePolicy({ version, digest: `digest ${version}`, text })
  const clock = { now: world.clock.now }
  return putInForce(policy, { config: configOf(ISSUER, {}), sources: [], clock, log: fakeLog() })
}

/** Puts another policy in force from the next request on. */
export function putPolicy(world: World, text: string, version = 8): void {
  const inForce = inForceOf(world, text, version)
  Object.assign(world.service.policy, { current: () => inForce, find: () => inForce })
}
