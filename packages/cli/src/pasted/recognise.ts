// CLI: finds the one token in what a person pastes: the token itself, a header line, or a whole curl command. It never
// chooses between several, and no message repeats a token.

import { type CurlRequest, readCurlCommand } from './curl-command.ts'
import { readShellWords, type ShellProblem } from './shell-words.ts'

/** Where a token can stand, by the names that `--from` takes. */
export const PLACES = [
  'authorization',
  'ingam-proof',
  'oauth2-bearer',
  'assertion',
  'client_assertion',
] as const
export type Place = (typeof PLACES)[number]

/** A token and what was said about it. */
export interface Recognised {
  readonly token: string
  /** Where it was found, for a person; absent for a bare token. */
  readonly where?: string
  /** The request of a curl command. */
  readonly request?: CurlRequest
}

/** Why no token could be taken, for a person. */
export interface Unrecognised {
  readonly problem: string
  readonly hints: readonly string[]
}

/** The one token in the text, or why there is none to take. `from` chooses where there are several. */
export function recognise(text: string, from?: Place): Recognised | Unrecognised {
  const trimmed = text.trim()
  if (/^(?:\$\s+)?(?:\S*\/)?curl(?:\.exe)?\s/u.test(trimmed))
    return fromCurl(trimmed.replace(/^\$\s+/u, ''), from)
  const bearer = /^Bearer\s+(?<token>\S+)$/iu.exec(trimmed)?.groups?.['token']
  if (bearer !== undefined) return { token: bearer, where: 'what follows "Bearer"' }
  const lines = trimmed.split(/\r?\n/u).filter((line) => line.trim() !== '')
  if (lines.length > 0 && lines.every((line) => HEADER_LINE.test(line))) {
    return choose(
      lines.flatMap((line) => headerFinding(line, false)),
      from,
      '',
    )
  }
  // Whatever else it is, the verifier says what is wrong with it.
  return { token: trimmed }
}

/** Whether a reading found no token. */
export function isUnrecognised(reading: Recognised | Unrecognised): reading is Unrecognised {
  return 'problem' in reading
}

interface Finding {
  readonly place: Place
  readonly token: string
  /** The place in words. */
  readonly where: string
  readonly isOpen: boolean
}

// RFC 9110 §5.1 and §5.6.2: a field name is a token in its sense.
const HEADER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:.*$/u

function headerFinding(line: string, isOpen: boolean): readonly Finding[] {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon))
  const value = line.slice(colon + 1).trim()
  switch (name.toLowerCase()) {
    case 'authorization': {
      const token = /^Bearer\s+(?<token>\S+)$/iu.exec(value)?.groups?.['token']
      return token === undefined
        ? []
        : [{ place: 'authorization', token, where: 'the Authorization header', isOpen }]
    }
    case 'ingam-proof':
      return value === '' || /\s/u.test(value)
        ? []
        : [{ place: 'ingam-proof', token: value, where: 'the Ingam-Proof header', isOpen }]
    default:
      return []
  }
}

function fromCurl(text: string, from: Place | undefined): Recognised | Unrecognised {
  const reading = readShellWords(text)
  if (!reading.ok) return SHELL_PROBLEMS[reading.problem]
  const command = readCurlCommand(reading.words.slice(1))
  const findings = [
    ...command.headers.flatMap((header) => headerFinding(header.text, header.isOpen)),
    ...command.oauth2Bearers.map(
      ({ text: token, isOpen }): Finding => ({
        place: 'oauth2-bearer',
        token,
        where: 'the option --oauth2-bearer',
        isOpen,
      }),
    ),
    ...command.forms.flatMap(formFindings),
  ]
  const chosen = choose(findings, from, ' of a curl command')
  if (isUnrecognised(chosen) || command.request === undefined) return chosen
  return { ...chosen, request: command.request }
}

// A form's values are percent-encoded, but a token has no character that needs it: both ways of writing agree.
function formFindings({ text, isOpen }: { text: string; isOpen: boolean }): readonly Finding[] {
  const fields = new URLSearchParams(text)
  return FORM_PLACES.flatMap((place) =>
    fields
      .getAll(place)
      .filter((token) => token !== '' && !/^[@<]/u.test(token))
      .map((token) => ({ place, token, where: `the form field ${place}`, isOpen })),
  )
}

const FORM_PLACES = ['assertion', 'client_assertion'] as const

function choose(
  findings: readonly Finding[],
  from: Place | undefined,
  suffix: string,
): Recognised | Unrecognised {
  const wanted = from === undefined ? findings : findings.filter(({ place }) => place === from)
  const [finding, second] = wanted
  if (finding === undefined) {
    return {
      problem:
        from === undefined
          ? 'no token in what was pasted'
          : `no token in what was pasted at the place that --from names (${from})`,
      hints: [
        'a token is looked for in Authorization: Bearer, Ingam-Proof, --oauth2-bearer, and the form fields assertion and client_assertion',
      ],
    }
  }
  if (second !== undefined && wanted.some(({ token }) => token !== finding.token)) {
    const places = [...new Set(wanted.map(({ place }) => place))]
    return {
      problem: `several tokens in what was pasted: ${wanted.map(({ where }) => where).join(', ')}`,
      hints:
        places.length === wanted.length
          ? places.map((place) => `choose one with: --from ${place}`)
          : ['one place holds several: pass the one you mean alone, on stdin'],
    }
  }
  if (finding.isOpen) {
    return {
      problem: `${finding.where}${suffix} holds a shell variable, whose value is not known here`,
      hints: ['let your shell fill it in: printf %s "$NAME" | ingam … -'],
    }
  }
  return { token: finding.token, where: `${finding.where}${suffix}` }
}

const SHELL_PROBLEMS: Readonly<Record<ShellProblem, Unrecognised>> = {
  quote: {
    problem: 'the curl command ends within a quotation',
    hints: ['paste it whole; from a browser choose "Copy as cURL (bash)"'],
  },
  substitution: {
    problem: 'the curl command holds a command substitution, which is not run here',
    hints: ['let your shell run it first, and pass the token alone on stdin'],
  },
  several: {
    problem: 'more than one command was pasted',
    hints: ['paste the curl command alone; a URL with & in it must be quoted'],
  },
  'too-many': {
    problem: 'the curl command has more than 1000 words',
    hints: ['pass the token alone on stdin'],
  },
}
