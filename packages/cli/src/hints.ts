// CLI: what would mend a refusal, as commands a person can copy: by code, with the person's own file names where they
// are known. Foreign text goes into a command only where it is harmless to show and to paste.

import { type AnyPkiError, type Code, type CodeDetails, catalogue, escapeText, TOKEN_ALGORITHMS } from 'ingam'
import { CommandError, type ExitCode } from './failure.ts'
import { shellWord } from './output.ts'
import type { CurlRequest } from './pasted/curl-command.ts'

/** What the person had typed when the refusal came. */
export interface Situation {
  readonly command: 'sign' | 'verify' | 'explain' | 'inspect'
  readonly cert?: string
  readonly key?: string
  readonly ca?: readonly string[]
  readonly aud?: string
  /** The request of a pasted curl command. */
  readonly request?: CurlRequest
}

/** The hints for a refusal: the catalogue's, then the commands. */
export function hintsFor(
  error: Pick<AnyPkiError, 'code' | 'details' | 'hint'>,
  situation: Situation,
  source?: string,
): readonly string[] {
  return [error.hint, ...commandsFor(error.code, error.details, situation, source)]
}

/**
 * The refusal as the command reports it. `exit` stands where the command judges otherwise than the catalogue; a wrong
 * argument was typed by the person, and is no bug of the command's.
 */
export function mended(error: AnyPkiError, situation: Situation, exit?: ExitCode): CommandError {
  const hints = hintsFor(error, situation, error.source)
  const usual = error.code.startsWith('ERR_ARG_') ? 2 : catalogue[error.code].exit
  return new CommandError(exit ?? usual, error.message, hints, error.code)
}

function commandsFor<C extends Code>(
  code: C,
  details: CodeDetails[C],
  situation: Situation,
  source: string | undefined,
): readonly string[] {
  return COMMANDS[code]?.(details, situation, safeWord(source)) ?? []
}

type Commands = {
  readonly [C in Code]?: (
    details: CodeDetails[C],
    situation: Situation,
    /** The file at fault as a shell word. */
    source: string | undefined,
  ) => readonly string[]
}

const COMMANDS: Commands = {
  ERR_TOKEN_EXPIRED: (_, { command, aud }) =>
    command === 'sign'
      ? []
      : [`sign again: ingam sign --cert FILE --key FILE --aud ${safeWord(aud) ?? 'AUDIENCE'}`],
  ERR_TOKEN_NOT_YET_VALID: ({ validFrom }, { command }) => [
    `see what would be said then: ingam ${command} --at ${validFrom} …`,
  ],
  ERR_TOKEN_LIFETIME: ({ maximumSeconds }) => [`sign with: --lifetime ${maximumSeconds}`],
  ERR_TOKEN_AUDIENCE: ({ expected, found }) => {
    const [wanted] = expected
    const [named] = found
    const mine = safeWord(wanted)
    const theirs = found.length === 1 ? safeWord(named) : undefined
    return [
      ...(mine === undefined
        ? []
        : [`sign for this verifier: ingam sign --cert FILE --key FILE --aud ${mine}`]),
      ...(theirs === undefined ? [] : [`only if this service itself goes by that name: --aud ${theirs}`]),
    ]
  },
  // A verifier that accepts ML-DSA takes larger tokens.
  ERR_TOKEN_TOO_LARGE: ({ maximum, found }) =>
    maximum < LARGEST_TOKEN && found <= LARGEST_TOKEN
      ? ['if it is signed with ML-DSA, name every algorithm to accept: --alg ML-DSA-65 --alg …']
      : [],
  ERR_TOKEN_ALGORITHM: ({ found }) =>
    TOKEN_ALGORITHMS.some((algorithm) => algorithm === found)
      ? [`to accept it as well, name every algorithm to accept: --alg ${found} --alg …`]
      : [],
  ERR_TOKEN_TYPE: ({ found }) => {
    if (found === 'cert-auth-pinned+jwt')
      return ['a token of generateToken is checked by verifyToken of ingam/node, with the certificate itself']
    const profile = Object.hasOwn(PROFILES, found) ? PROFILES[found] : undefined
    return profile === undefined ? [] : [`if such tokens are what you expect: --profile ${profile}`]
  },
  ERR_TOKEN_BINDING: ({ claims }, { request }) => [
    `say what it must be bound to: ${[...new Set(claims.map((claim) => BINDING_OPTIONS[claim]))].join(' ')}`,
    ...requestCommands(request),
  ],
  ERR_TOKEN_BINDING_MISSING: ({ claim }) => [`sign again with: ingam sign ${BINDING_OPTIONS[claim] ?? ''} …`],
  ERR_TOKEN_BINDING_MISMATCH: ({ claim }) => [
    `sign again with: ingam sign ${BINDING_OPTIONS[claim] ?? ''} …`,
  ],
  ERR_TOKEN_UNKNOWN_THUMBPRINT: () => [
    "give the signer's chain, if you have it: --known FILE",
    'or sign with the chain in the token: ingam sign --by x5c …',
  ],
  ERR_PATH_NO_ISSUER: (_, { ca }) => [
    'see which certificates the token brings: ingam inspect - < token.txt',
    `add the CA that issued them, if you trust it: ${(ca ?? []).map((file) => `--ca ${safeWord(file) ?? 'FILE'} `).join('')}--ca FILE`,
  ],
  ERR_PATH_SIGNATURE: (_, { ca }) => [
    `compare the CA you gave with the one that issued: openssl x509 -in ${safeWord(ca?.[0]) ?? 'FILE'} -noout -subject -fingerprint -sha256`,
  ],
  ERR_PATH_EXPIRED: ({ notAfter }, { command }) => [
    `see what would have been said before: ingam ${command} --at ${notAfter} …`,
  ],
  ERR_REVOCATION_UNKNOWN: (_, { command, cert }) =>
    command === 'sign'
      ? [
          `see which address the certificate names: openssl x509 -in ${safeWord(cert) ?? 'FILE'} -noout -ocsp_uri`,
        ]
      : [
          'give the list of its CA: --crl FILE',
          'or ask the address that its certificate names: --allow-url ORIGIN',
        ],
  ERR_REVOCATION_RESPONDER: ({ problem, responder }) => {
    if (problem.includes('own address')) return ['if that is meant: --allow-loopback']
    const origin = URL.canParse(responder) ? safeWord(new URL(responder).origin) : undefined
    return origin === undefined || !problem.includes('allow list')
      ? []
      : [`if you trust that address: --allow-url ${origin}`]
  },
  ERR_REVOCATION_STALE: ({ at }) => [
    'of a development CA: ingam ca crl --ca FOLDER publishes a new list',
    `compare the clock: ${at}`,
  ],
  ERR_KEY_ENCRYPTED: (_, { key }) => [`ingam sign --key ${safeWord(key) ?? 'FILE'} --passphrase-file FILE …`],
  ERR_KEY_MISMATCH: (_, { cert, key }) => [
    `compare the two public keys: openssl x509 -in ${safeWord(cert) ?? 'FILE'} -noout -pubkey; openssl pkey -in ${safeWord(key) ?? 'FILE'} -pubout`,
  ],
  ERR_CREDENTIAL_EXPIRED: (_, { cert }) => [
    `see its dates: openssl x509 -in ${safeWord(cert) ?? 'FILE'} -noout -dates`,
  ],
  ERR_INPUT_ENCODING: ({ found }, _, source) =>
    source === undefined || found !== 'UTF-16 text'
      ? []
      : [`convert it: iconv -f UTF-16 -t UTF-8 ${source} > NEW-FILE`],
  ERR_INPUT_FORMAT: ({ wanted, found }, _, source) =>
    source === undefined || !found.includes('PKCS#12') ? [] : [unpack(source, wanted)],
}

function unpack(source: string, wanted: string): string {
  const part = wanted.includes('key') ? '-nocerts' : '-nokeys'
  return `unpack it: openssl pkcs12 -in ${source} ${part} -out FILE.pem`
}

const PROFILES: Readonly<Record<string, string>> = { 'cert-auth+jwt': 'auth', 'cert-proof+jwt': 'proof' }
const BINDING_OPTIONS: Readonly<Record<string, string>> = {
  nonce: '--challenge TEXT',
  htm: '--method METHOD --url URL',
  htu: '--method METHOD --url URL',
  digest: '--content FILE',
  ath: '--profile proof --access-token-file FILE',
}

function requestCommands(request: CurlRequest | undefined): readonly string[] {
  const url = request === undefined || /@|eyJ/u.test(request.url) ? undefined : safeWord(request.url)
  const method = safeWord(request?.method)
  if (request === undefined || url === undefined || method === undefined) return []
  return [
    `the request of the curl command is: --method ${method} --url ${url}${request.hasBody ? ' --content FILE' : ''}`,
  ]
}

// LIMIT: what a verifier can be told to read.
const LARGEST_TOKEN = 65_536
// LIMIT: what fits into a hint; longer words are left out, since a cut one would be another word.
const MAX_WORD = 200

// A shell word, unless the text holds what a terminal or a shell could take for something else, or what may be a token.
function safeWord(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text.length > MAX_WORD || escapeText(text) !== text)
    return undefined
  if (/eyJ[\w-]{16}/u.test(text)) return undefined
  return shellWord(text)
}
