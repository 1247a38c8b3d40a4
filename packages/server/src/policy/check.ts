// Server: policy. What a document must hold beyond its shape: names that lead to something.

import { describeFound, type Problem } from './problem.ts'
import type { PolicyDocument } from './schema.ts'
import { withSuggestion } from './suggestion.ts'

/** The references of a document that lead nowhere. */
export function referenceProblems(document: PolicyDocument): readonly Problem[] {
  const anchors = Object.keys(document.trustAnchors)
  const clients = Object.keys(document.clients)
  const problems: Problem[] = []
  const look = (path: Problem['path'], name: string, known: readonly string[], what: string): void => {
    if (known.includes(name)) return
    const expected = `the id of a ${what} of this policy`
    problems.push({ path, expected, found: withSuggestion(describeFound(name), name, known) })
  }
  for (const [id, { trustAnchor }] of Object.entries(document.clients)) {
    if (trustAnchor !== undefined) look(['clients', id, 'trustAnchor'], trustAnchor, anchors, 'trust anchor')
  }
  for (const [name, { match, clients: wanted = [] }] of Object.entries(document.profiles)) {
    for (const [index, id] of match.trustAnchor.entries()) {
      look(['profiles', name, 'match', 'trustAnchor', index], id, anchors, 'trust anchor')
    }
    for (const [index, id] of wanted.entries()) {
      look(['profiles', name, 'clients', index], id, clients, 'client')
    }
  }
  return problems
}
