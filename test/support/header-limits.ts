// What servers let through in `Authorization: Bearer <token>`, as header-limits.test.ts finds it anew: the one table behind
// that test and docs/token-format.md.

/** A server, and where its limit on header size lies for a bare request (see `requestOf`). */
export interface HeaderLimit {
  readonly server: string
  /** The version that it was seen with. */
  readonly version: string
  /** What the limit is on. */
  readonly counts: 'each line' | 'the whole header'
  /** Characters of the longest token that passes where nothing is configured. */
  readonly longest: number
  /** Status of the answer to a token of one character more. */
  readonly beyond: number
  /** The setting that lets {@link LONGEST_TOKEN} through; undefined where the default does. */
  readonly setting: string | undefined
}

/** LIMIT: the default `maxTokenBytes` of a verifier that accepts ML-DSA; no longer token needs to pass. */
export const LONGEST_TOKEN = 65_536

/** `maxHeaderSize` of Node's server in {@link HEADER_LIMITS}. */
export const NODE_MAX_HEADER_SIZE = 73_728

export const HEADER_LIMITS = {
  nginx: {
    server: 'nginx',
    version: '1.22.1',
    counts: 'each line',
    longest: 8_168,
    beyond: 400,
    setting: 'large_client_header_buffers 4 72k;',
  },
  haproxy: {
    server: 'HAProxy',
    version: '2.6.12',
    counts: 'the whole header',
    longest: 15_214,
    beyond: 400,
    setting: 'tune.bufsize 73728',
  },
  caddy: {
    server: 'Caddy',
    version: '2.6.2',
    counts: 'the whole header',
    longest: 1_052_613,
    beyond: 431,
    setting: undefined,
  },
  node: {
    server: 'Node',
    version: '26.10.0',
    counts: 'the whole header',
    longest: 16_349,
    beyond: 431,
    setting: `maxHeaderSize: ${NODE_MAX_HEADER_SIZE}`,
  },
} as const satisfies Readonly<Record<string, HeaderLimit>>

/** The request whose token the limits are about: no line in it that HTTP/1.1 does not demand, unless one is asked for. */
export function requestOf(token: string, otherLine: string = ''): string {
  return `GET / HTTP/1.1\r\nHost: localhost\r\n${otherLine}Authorization: Bearer ${token}\r\n\r\n`
}

/** The table as docs/token-format.md has it. */
export function headerLimitTable(): string {
  return [
    `| server | version | the limit is on | longest token by default | answer beyond it | takes ${grouped(LONGEST_TOKEN)} with |`,
    '|---|---|---|---|---|---|',
    ...Object.values(HEADER_LIMITS).map(
      ({ server, version, counts, longest, beyond, setting }) =>
        `| ${server} | ${version} | ${counts} | ${grouped(longest)} | ${beyond} | ${setting === undefined ? 'its default' : `\`${setting}\``} |`,
    ),
  ].join('\n')
}

/** A whole number as the pages write it. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US')
}
