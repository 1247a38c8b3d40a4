// Server: policy. What the schema found wrong, as problems: the deepest place that says something, with what was found.

import type { z } from 'zod'
import { type DocumentPath, describeFound, type Problem, pathAsWritten, valueAt } from './problem.ts'
import { withSuggestion } from './suggestion.ts'

type Issue = z.core.$ZodIssue

/** The problems behind the issues of a schema of fields.ts, in its order, one for each place. */
export function toProblems(issues: readonly Issue[], value: unknown): readonly Problem[] {
  const problems = new Map<string, Problem>()
  for (const problem of issues.flatMap((issue) => problemsOf(issue, [], value))) {
    const place = JSON.stringify(problem.path)
    if (!problems.has(place)) problems.set(place, problem)
  }
  return [...problems.values()]
}

function problemsOf(issue: Issue, above: DocumentPath, value: unknown): readonly Problem[] {
  const whole = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
  if (issue.code === 'invalid_union') {
    // The branch that took the value for one of its own is the one that was meant.
    const meant = issue.errors.find((branch) => branch.every((inner) => !isWrongKind(inner)))
    if (meant !== undefined) return meant.flatMap((inner) => problemsOf(inner, whole, value))
  }
  const path = pathAsWritten(whole, value)
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(', ')
    return issue.keys.map((key) => ({
      path: [...path, key],
      expected: `no other key than ${issue.message}`,
      found: withSuggestion(describeFound(key), key, known),
    }))
  }
  const found = issue.code === 'invalid_key' ? path.at(-1) : valueAt(value, path)
  return [{ path, expected: issue.message, found: describeFound(found) }]
}

function isWrongKind({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')
}
