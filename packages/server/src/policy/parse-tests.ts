// Server: policy. From text to a table of tests: strict YAML, the schema, the names of the policy that it is for. All that
// is wrong is told at once, each with its place.

import { toProblems } from './issues.ts'
import { valueError } from './problem.ts'
import type { PolicyDocument } from './schema.ts'
import { testProblems } from './test-check.ts'
import { type PolicyTest, tableSchema } from './test-table.ts'
import { readYaml } from './yaml.ts'

/**
 * Reads a table: its values are in range, and what it names is of the policy.
 *
 * @throws {ServiceError} ERR_POLICY_SYNTAX and ERR_POLICY_VALUE as parsePolicy, with `tests` in the message
 */
export function parsePolicyTests(text: string, document: PolicyDocument): readonly PolicyTest[] {
  const { value, locate } = readYaml(text, 'tests')
  const parsed = tableSchema.safeParse(value)
  if (!parsed.success) throw valueError('tests', toProblems(parsed.error.issues, value), locate)
  const { tests } = parsed.data
  const problems = testProblems(tests, document)
  if (problems.length > 0) throw valueError('tests', problems, locate)
  return tests
}
