// How long a token servers let through in `Authorization`, found by asking them: docs/token-format.md has what is found here.

import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import {
  HEADER_LIMITS,
  type HeaderLimit,
  LONGEST_TOKEN,
  NODE_MAX_HEADER_SIZE,
} from '../support/header-limits.ts'
import { findEdge, probe } from '../support/header-probe.ts'
import {
  type HeaderServer,
  type ServerProgram,
  startNodeServer,
  startServer,
} from '../support/header-servers.ts'
import { describeWith } from '../support/requires.ts'

// As a cookie may stand beside the token.
const OTHER_LINE = `Cookie: ${'a'.repeat(990)}\r\n`
// A line does not count for exactly its characters: HAProxy adds 4, Node leaves 4 out.
const LINE_MARGIN = 8

const VERSION_OPTION = { nginx: '-v', haproxy: '-v', caddy: 'version' } as const

for (const program of ['nginx', 'haproxy', 'caddy'] as const) {
  describeWith([program], program, ({ [program]: path }) => {
    holds(HEADER_LIMITS[program], versionOf(program, path), (setting) => startServer(program, path, setting))
  })
}

describe('node', () => {
  holds(HEADER_LIMITS.node, process.versions.node, (setting) =>
    startNodeServer(setting === undefined ? {} : { maxHeaderSize: NODE_MAX_HEADER_SIZE }),
  )
})

function holds(
  limit: HeaderLimit,
  version: string,
  start: (setting?: string) => Promise<HeaderServer>,
): void {
  test('by default the longest token that passes, and the answer to one character more', async ({ task }) => {
    // Limits are of defaults, which seldom change; a page that names another version is told of, not failed.
    if (version !== limit.version) {
      task.meta.report = `${limit.server}: limits of ${limit.version} compared with ${version}`
    }
    await during(start(), async ({ port }) => {
      expect(await findEdge(port)).toEqual({ longest: limit.longest, beyond: limit.beyond })
    })
  })

  const effect =
    limit.counts === 'each line' ? 'leaves the limit as it is' : 'leaves as much less for the token'
  test(`another line of the header ${effect}`, async () => {
    const left = limit.longest - (limit.counts === 'each line' ? 0 : OTHER_LINE.length)
    await during(start(), async ({ port }) => {
      expect(await probe(port, left - LINE_MARGIN, OTHER_LINE)).toBe(200)
      expect(await probe(port, left + LINE_MARGIN, OTHER_LINE)).toBe(limit.beyond)
    })
  })

  test(`a token of ${LONGEST_TOKEN} characters passes with ${limit.setting ?? 'the default'}`, async () => {
    await during(start(limit.setting), async ({ port }) => {
      expect(await probe(port, LONGEST_TOKEN)).toBe(200)
    })
  })
}

async function during(
  starting: Promise<HeaderServer>,
  use: (server: HeaderServer) => Promise<void>,
): Promise<void> {
  const server = await starting
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}

function versionOf(program: ServerProgram, path: string): string {
  const { stdout, stderr } = spawnSync(path, [VERSION_OPTION[program]], { encoding: 'utf8' })
  return /\d+\.\d+\.\d+/u.exec(stdout + stderr)?.[0] ?? 'an unknown version'
}
