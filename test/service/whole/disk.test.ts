// A disk that fails below a service that runs: full, limited, or held by somebody else. Nothing is issued that could not be
// written, no assertion is used up by it, and it heals without a restart.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it, type TestContext } from 'vitest'
import { createOldState, type ServiceFolder } from './support/folder.ts'
import { ask, endWorlds, expectToHeal, startWorld } from './support/world.ts'

afterEach(endWorlds)

const MOUNT = 'mount -t tmpfs -o size=4m,mode=700 none state && cp -p old/* state/ && exec "$@"'
const ALONE = ['--user', '--map-root-user', '--mount', 'sh', '-c']

// Counted at the end of the run by reporter.ts, as all that is skipped; with CI=true nothing may be.
function need(context: TestContext, what: string, program: string, args: readonly string[]): void {
  if (spawnSync(program, args).status === 0) return
  if (process.env['CI'] === 'true') throw new Error(`${what}; with CI=true nothing may be skipped`)
  context.skip(`needs: ${what}`)
}

async function prepareMount({ path }: ServiceFolder): Promise<void> {
  mkdirSync(join(path, 'state'), { mode: 0o700 })
  await createOldState(join(path, 'old'))
}

describe('a disk', () => {
  it('that is full: a file system of its own, which only the process sees', async (context) => {
    need(context, 'unshare cannot make a file system here', 'unshare', [...ALONE, 'mount -t tmpfs none /mnt'])
    const under = ['unshare', ...ALONE, MOUNT, 'sh']
    const world = await startWorld({ state: 'state', under, prepare: prepareMount })
    expect((await ask(world)).status).toBe(200)
    const ballast = join(`/proc/${world.service.pid}/root`, world.folder.path, 'state', 'ballast')
    expect(() => writeFileSync(ballast, Buffer.alloc(4 * 1_048_576))).toThrow('ENOSPC')
    await expectToHeal(world, {
      part: 'store',
      code: 'ERR_SERVICE_STORE_FULL',
      heal: () => rmSync(ballast),
    })
  })

  it('that takes no more of a file', async (context) => {
    need(context, 'prlimit is not installed (package util-linux)', 'prlimit', ['--version'])
    const world = await startWorld()
    const limit = (bytes: string): void => {
      const args = [`--pid=${world.service.pid}`, `--fsize=${bytes}:unlimited`]
      const { status, stderr } = spawnSync('prlimit', args, { encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, ''])
    }
    // Node ignores SIGXFSZ, so that the write fails (EFBIG) and the process lives.
    limit('4096')
    await expectToHeal(world, { part: 'store', code: 'ERR_SERVICE_STORE', heal: () => limit('unlimited') })
  })

  it('whose database another process holds', async () => {
    const world = await startWorld()
    const other = new DatabaseSync(world.folder.database)
    try {
      other.exec('BEGIN EXCLUSIVE')
      await expectToHeal(world, {
        part: 'store',
        code: 'ERR_SERVICE_STORE',
        heal: () => other.exec('ROLLBACK'),
      })
    } finally {
      other.close()
    }
  })
})
