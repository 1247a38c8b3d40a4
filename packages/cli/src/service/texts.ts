// CLI: documents of others on their way to a terminal: lines stay lines, and nothing else steers it.

import { escapeText } from 'ingam'

/** A text of many lines; control characters but line breaks, and what reorders text, are shown as escapes. */
export function escapeDocument(text: string): string {
  const lines = text.split('\n').map((line) => escapeText(line, Math.max(1, line.length * 10)))
  const whole = lines.join('\n')
  return whole.endsWith('\n') ? whole : `${whole}\n`
}
