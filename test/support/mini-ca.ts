// Paths from a short declaration: a root, two intermediates and a leaf, each changed where a test says so.

import { createTestCa, type IssueOptions, type TestCertificate } from 'ingam/testing'
import { type VerifyPathOptions, verifyPath } from 'ingam/x509'
import { codeOf } from './codes.ts'

/** The instant around which all certificates of the tests lie. */
export const AT = new Date('2026-06-01T12:00:00Z')

/** Where a certificate stands in the usual path. */
export type Position = 'root' | 'upper' | 'lower' | 'leaf'

/** The usual path from the leaf to its root. */
export type UsualPath = Readonly<Record<Position, TestCertificate>>

/** Issues the usual path with changes at some positions. */
export async function issuePath(changes: Partial<Record<Position, IssueOptions>> = {}): Promise<UsualPath> {
  const root = await createTestCa({ at: AT, name: 'Root', ...changes.root })
  const upper = await root.issue({ kind: 'ca', name: 'Upper', ...changes.upper })
  const lower = await upper.issue({ kind: 'ca', name: 'Lower', ...changes.lower })
  const leaf = await lower.issue({ name: 'Leaf', ...changes.leaf })
  return { root, upper, lower, leaf }
}

/** What a test may change about the question. */
export type Question = Partial<Omit<VerifyPathOptions, 'leaf' | 'revocation'>>

/** The code with which a path is refused, or `'accepted'`. */
export async function judge(leaf: TestCertificate, question: Question): Promise<string> {
  return await codeOf(() => verifyPath(questionFor(leaf, question)))
}

/** The options of verifyPath for a leaf. */
export function questionFor(leaf: TestCertificate, question: Question): VerifyPathOptions {
  return { trustAnchors: [], at: AT, purpose: 'clientAuth', ...question, leaf: leaf.der, revocation: 'off' }
}

/** The code for the usual path, its intermediates in the wrong order. */
export async function judgeUsual(
  { root, upper, lower, leaf }: UsualPath,
  question: Question = {},
): Promise<string> {
  return await judge(leaf, {
    trustAnchors: [root.certificate],
    intermediates: [upper.der, lower.der],
    ...question,
  })
}
