// Server: policy. From text to a document: strict YAML, the schema, the trust anchors, the references. All that is wrong
// is told at once, each with its place.

import type { TrustAnchor } from 'ingam/x509'
import { readAnchors } from './anchors.ts'
import { referenceProblems } from './check.ts'
import { toProblems } from './issues.ts'
import { type DocumentPath, type Position, type Problem, pathAsWritten, valueError } from './problem.ts'
import { type PolicyDocument, policySchema } from './schema.ts'
import { readYaml } from './yaml.ts'

/**
 * Reads a policy: its values are in range, its certificates can be read, and its references lead to something.
 *
 * **Not checked: whether its certificates are valid at any time**, which each path is; nor whether it says what was
 * meant: see runPolicyTests and policyWarnings.
 *
 * @param text YAML of at most 256 KiB; `file` entries are resolved before (resolvePolicyFiles)
 * @returns the document with its defaults, frozen
 * @throws {ServiceError} ERR_POLICY_SYNTAX where it is not the YAML that is taken here, ERR_POLICY_VALUE where a value
 *   is wrong; `details.problems` has up to 20 lines with path, line, column, what was expected and what was found
 */
export function parsePolicy(text: string): PolicyDocument {
  return readPolicyText(text).document
}

/** The same with the trust anchors as the library takes them. */
export function readPolicyText(text: string): {
  readonly document: PolicyDocument
  readonly anchors: readonly TrustAnchor[]
} {
  const { value, locate } = readYaml(text, 'policy')
  return readPolicyValue(value, locate)
}

/** The same for a value that was read before, whose places are not known. */
export function readPolicyValue(
  value: unknown,
  locate?: (path: DocumentPath) => Position,
): { readonly document: PolicyDocument; readonly anchors: readonly TrustAnchor[] } {
  const parsed = policySchema.safeParse(value)
  if (!parsed.success) throw valueError('policy', toProblems(parsed.error.issues, value), locate)
  const document = freeze(parsed.data)
  const { anchors, problems } = readAnchors(document)
  const all: readonly Problem[] = [...problems, ...referenceProblems(document)]
  if (all.length > 0) {
    const written = all.map((problem) => ({ ...problem, path: pathAsWritten(problem.path, value) }))
    throw valueError('policy', written, locate)
  }
  return { document, anchors }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
