// The matrix of docs/interop.md, made from the table that matrix.test.ts holds against the peers.

import { TOKEN_ALGORITHMS } from '../packages/ingam/src/keys/algorithms.ts'
import { type Gap, gapOf, PEERS } from '../test/interop/peers/table.ts'

const START = '<!-- Made by npm run docs from test/interop/peers/table.ts. -->\n'
const END = '<!-- End of what is made. -->\n'

/** The page with the matrix as the table has it; undefined where the page has no place for it. */
export function withMatrix(page: string): string | undefined {
  const start = page.indexOf(START)
  const end = page.indexOf(END)
  if (start < 0 || end < start) return undefined
  return `${page.slice(0, start)}${START}\n${matrix()}\n\n${page.slice(end)}`
}

// The peers, what each does by which algorithm, and a note for each gap.
function matrix(): string {
  return [
    '| peer | version | what is asked of it |',
    '|---|---|---|',
    ...PEERS.map(({ name, version, asked }) => `| ${name} | ${version} | ${asked} |`),
    '',
    `| | ${PEERS.map(({ name }) => name).join(' | ')} |`,
    `|---|${PEERS.map(() => '---|').join('')}`,
    ...TOKEN_ALGORITHMS.map((algorithm) => {
      return `| \`${algorithm}\` | ${PEERS.map((peer) => cell(gapOf(peer, algorithm))).join(' | ')} |`
    }),
    '',
    ...NOTES.map(({ peer, gap }, index) => `${index + 1}. ${peer.name} ${peer.version}: ${gap.why}.`),
  ].join('\n')
}

const NOTES = PEERS.flatMap((peer) => peer.gaps.map((gap) => ({ peer, gap })))

function cell(gap: Gap | undefined): string {
  if (gap === undefined) return 'both ways'
  const note = `(${NOTES.findIndex((each) => each.gap === gap) + 1})`
  return gap.insteadUse === undefined ? `not supported ${note}` : `only as \`${gap.insteadUse}\` ${note}`
}
