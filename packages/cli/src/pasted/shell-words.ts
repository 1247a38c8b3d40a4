// CLI: a pasted shell command as words, by the quoting rules of POSIX and bash. Nothing is run or expanded: a word that
// depends on a variable says so, and what would have to be run is refused.

/** One word of a command. */
export interface ShellWord {
  readonly text: string
  /** Whether a shell would put something in its place that is not known here: a variable. */
  readonly isOpen: boolean
}

/** Why a command cannot be read. */
export type ShellProblem = 'quote' | 'substitution' | 'several' | 'too-many'

/** The words of one command, or why it cannot be read as one. */
export type ShellReading =
  | { readonly ok: true; readonly words: readonly ShellWord[] }
  | { readonly ok: false; readonly problem: ShellProblem }

/**
 * The words of one command. Line breaks behind a backslash continue it; a pipe ends it; redirections and their files
 * are left out; a second command is refused.
 */
export function readShellWords(text: string): ShellReading {
  const words: ShellWord[] = []
  let word: { text: string; isOpen: boolean; isQuoted: boolean } | undefined
  let skipsNext = false
  let at = 0

  while (at < text.length) {
    const rest = text.slice(at, at + LONGEST_MARK)
    const character = rest.charAt(0)
    const continued = /^\\\r?\n/u.exec(rest)
    if (continued !== null) {
      at += continued[0].length
      continue
    }
    if (/\s/u.test(character)) {
      endWord()
      if (character === '\n' && words.length > 0 && text.slice(at).trim() !== '') return refused('several')
      at += 1
      continue
    }
    if (character === '|' && !rest.startsWith('||')) break
    if (/^[;&]$/u.test(character) || rest.startsWith('||')) {
      if (/^[;&]\s*$/u.test(text.slice(at))) break
      return refused('several')
    }
    if (character === '>' || character === '<') {
      // The digits before it are a descriptor, not a word.
      if (word !== undefined && !word.isQuoted && /^\d+$/u.test(word.text)) word = undefined
      endWord()
      at += /^(?:>>|>&|>\||<<<|<<|<&|<>|>|<)/u.exec(rest)?.[0].length ?? 1
      skipsNext = true
      continue
    }
    if (character === '`' || rest.startsWith('$(')) return refused('substitution')
    const part = readPart(text, at)
    if (part === undefined) return refused('quote')
    if (part.isSubstitution) return refused('substitution')
    word = {
      text: (word?.text ?? '') + part.text,
      isOpen: (word?.isOpen ?? false) || part.isOpen,
      isQuoted: (word?.isQuoted ?? false) || part.isQuoted,
    }
    at = part.end
    if (words.length >= MAX_WORDS) return refused('too-many')
  }
  endWord()
  return { ok: true, words }

  function endWord(): void {
    if (word === undefined) return
    if (!skipsNext) words.push({ text: word.text, isOpen: word.isOpen })
    skipsNext = false
    word = undefined
  }
}

// LIMIT: a command copied from a browser has some twenty headers, two words each.
const MAX_WORDS = 1_000
const LONGEST_MARK = 3

interface Part {
  readonly text: string
  readonly end: number
  readonly isOpen: boolean
  readonly isQuoted: boolean
  readonly isSubstitution: boolean
}

function refused(problem: ShellProblem): ShellReading {
  return { ok: false, problem }
}

// A quoted run, an escaped character, a variable, or one character as it stands; undefined where a quote is not closed.
function readPart(text: string, at: number): Part | undefined {
  const part = { isOpen: false, isQuoted: true, isSubstitution: false }
  if (text.startsWith("$'", at)) return readAnsiQuoted(text, at + 2)
  if (text.startsWith('$"', at)) return readDoubleQuoted(text, at + 2)
  switch (text.charAt(at)) {
    case "'": {
      const end = text.indexOf("'", at + 1)
      return end < 0 ? undefined : { ...part, text: text.slice(at + 1, end), end: end + 1 }
    }
    case '"':
      return readDoubleQuoted(text, at + 1)
    case '\\':
      return at + 1 === text.length ? undefined : { ...part, text: text.charAt(at + 1), end: at + 2 }
    case '$': {
      const length = variableLength(text, at)
      return {
        ...part,
        text: text.slice(at, at + Math.max(1, length)),
        end: at + Math.max(1, length),
        isOpen: length > 0,
        isQuoted: false,
      }
    }
    default:
      return { ...part, text: text.charAt(at), end: at + 1, isQuoted: false }
  }
}

// POSIX.1-2024 §2.2.3: a backslash escapes only $ ` " \ and a line break here.
function readDoubleQuoted(text: string, start: number): Part | undefined {
  let value = ''
  let isOpen = false
  let at = start
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === '"') return { text: value, end: at + 1, isOpen, isQuoted: true, isSubstitution: false }
    if (character === '`' || text.startsWith('$(', at)) {
      return { text: value, end: at, isOpen, isQuoted: true, isSubstitution: true }
    }
    const escaped = character === '\\' ? /^\\(?:\r?\n|[$`"\\])/u.exec(text.slice(at, at + 3))?.[0] : undefined
    if (escaped !== undefined) {
      value += escaped.endsWith('\n') ? '' : escaped.slice(1)
      at += escaped.length
      continue
    }
    const length = character === '$' ? variableLength(text, at) : 0
    isOpen ||= length > 0
    value += text.slice(at, at + Math.max(1, length))
    at += Math.max(1, length)
  }
  return undefined
}

function variableLength(text: string, at: number): number {
  // LIMIT: longer names of variables do not occur; keeps the reading linear.
  return /^\$(?:\{[^}]*\}|[A-Za-z_]\w*|[0-9@*#?$!-])/u.exec(text.slice(at, at + 256))?.[0].length ?? 0
}

// POSIX.1-2024 §2.2.4, with bash's \uHHHH and \UHHHHHHHH, which browsers write.
function readAnsiQuoted(text: string, start: number): Part | undefined {
  let value = ''
  let at = start
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === "'") {
      return { text: value, end: at + 1, isOpen: false, isQuoted: true, isSubstitution: false }
    }
    if (character !== '\\') {
      value += character
      at += 1
      continue
    }
    const number = ANSI_NUMBER.exec(text.slice(at, at + 10))?.[0]
    if (number !== undefined) {
      value += characterOf(number)
      at += number.length
      continue
    }
    const letter = text.charAt(at + 1)
    value += ANSI_LETTERS[letter] ?? `\\${letter}`
    at += 2
  }
  return undefined
}

const ANSI_NUMBER = /^\\(?:x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3})/u

// A byte above ASCII means a letter only together with its neighbours; no token has one, so it is not put together.
function characterOf(written: string): string {
  const isPoint = /^\\[uU]/u.test(written)
  const number = /^\\[xuU]/u.test(written)
    ? Number.parseInt(written.slice(2), 16)
    : Number.parseInt(written.slice(1), 8)
  return number <= (isPoint ? 0x10_ff_ff : 0x7f) ? String.fromCodePoint(number) : '\ufffd'
}

const ANSI_LETTERS: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
}
