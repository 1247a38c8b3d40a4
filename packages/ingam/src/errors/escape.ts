// Layer: errors. The one escaper for text that came from outside (certificates, tokens, files) and goes to a
// terminal, a log or a page: control, bidirectional and invisible characters become \u{…}, long text is cut.

/** LIMIT: longest text shown of one foreign string; a subject of ten usual attributes fits. */
export const MAX_SHOWN_CHARACTERS = 240

// Cc, Cf (bidi marks, zero-width characters, BOM, soft hyphen), Zl, Zp, Cs, Co, Cn and the invisible fillers.
const UNSAFE: RegExp = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u115f\u1160\u3164\uffa0]/gu

/**
 * Returns the text with every character that could reorder, hide or control output written as `\u{hex}`, cut to
 * {@link MAX_SHOWN_CHARACTERS}.
 */
export function escapeText(text: string, maxCharacters: number = MAX_SHOWN_CHARACTERS): string {
  const cut =
    text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…(${text.length} characters)` : text
  return cut.replace(UNSAFE, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
