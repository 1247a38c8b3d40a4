// Server: policy. A policy ready to judge: read, compiled once, and never changed.

import { createHash } from 'node:crypto'
import { compileClients } from './client.ts'
import type { CompiledPolicy } from './contract.ts'
import { compileProfile, decideBy } from './decide.ts'
import { readPolicyText, readPolicyValue } from './parse.ts'
import type { PolicyDocument } from './schema.ts'

/** What {@link compilePolicy} takes. */
export type CompilePolicyInput = {
  /** The version in the store; 0 for one that was not applied. */
  readonly version: number
  /** Base64url SHA-256 of the text's UTF-8: {@link policyDigest}. Told on, not compared. */
  readonly digest: string
  /** For profiles that name none; default ES256. */
  readonly defaultAlgorithm?: 'ES256' | 'RS256'
} & ({ readonly text: string } | { readonly document: PolicyDocument })

/**
 * Makes a policy that can judge.
 *
 * **Not checked: whether it is the newest one**, and whether its certificates are valid at any time.
 *
 * @throws {ServiceError} ERR_POLICY_SYNTAX, ERR_POLICY_VALUE as parsePolicy; a document is read again, without places
 */
export function compilePolicy(input: CompilePolicyInput): CompiledPolicy {
  const { version, digest, defaultAlgorithm = 'ES256' } = input
  const { document, anchors } = 'text' in input ? readPolicyText(input.text) : readPolicyValue(input.document)
  const clients = compileClients(document)
  const profiles = Object.entries(document.profiles).map(([name, profile]) =>
    compileProfile(name, profile, defaultAlgorithm),
  )
  return Object.freeze({
    version,
    digest,
    document,
    trustAnchors: anchors,
    revocation: document.revocation,
    clients,
    scopes: Object.freeze([...new Set(profiles.flatMap(({ grant }) => grant.scope))].sort()),
    algorithms: Object.freeze([...new Set(profiles.map(({ grant }) => grant.algorithm))].sort()),
    decide: decideBy(profiles, clients),
  })
}

/** The digest by which a version of a policy is known: base64url SHA-256 of the text's UTF-8. */
export function policyDigest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}
