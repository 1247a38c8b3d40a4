// The audit log outside the service: exported, and every way of changing it found, as far as it can be; copies of the
// state.

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandOutcome } from '../run-command.ts'
import { startTestService, type TestService } from './running.ts'

let service: TestService
let lines: readonly string[] = []
const at = (name: string): string => join(service.folder, name)

beforeAll(async () => {
  service = await startTestService()
  for (let count = 0; count < 5; count += 1) await service.login()
  lines = (await service.run(['audit', 'export'])).out.trimEnd().split('\n')
  writeFileSync(at('keys.json'), (await service.run(['audit', 'checkpoints', '--jwks'])).out)
  writeFileSync(at('kept.txt'), `${lines.at(-1) ?? ''}\n`)
})

afterAll(async () => {
  await service.remove()
})

async function verify(changed: readonly string[], ...args: readonly string[]): Promise<CommandOutcome> {
  writeFileSync(at('audit.jsonl'), changed.map((line) => `${line}\n`).join(''))
  return await service.run(['audit', 'verify', at('audit.jsonl'), '--jwks', at('keys.json'), ...args], {
    fetch: () => Promise.reject(new Error('it works without a service')),
  })
}

describe('audit verify', () => {
  test('an export is whole', async () => {
    expect(lines.length).toBeGreaterThan(6)
    expect(await verify(lines)).toMatchObject({ exit: 0, out: '' })
    expect(await verify(lines, '--checkpoint', at('kept.txt'))).toMatchObject({ exit: 0, out: '' })
  })

  test('from stdin, as JSON', async () => {
    const input = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    const { exit, out } = await service.run(['audit', 'verify', '-', '--jwks', at('keys.json'), '--json'], {
      input,
    })
    expect(exit).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ findingCount: 0, records: lines.length - 1 })
  })

  test.each([
    [
      'changed',
      (all: readonly string[]) =>
        all.map((line, index) => (index === 3 ? line.replace('"at":1', '"at":2') : line)),
    ],
    ['removed', (all: readonly string[]) => all.toSpliced(3, 1)],
    ['swapped', (all: readonly string[]) => all.toSpliced(3, 2, all[4] ?? '', all[3] ?? '')],
    ['doubled', (all: readonly string[]) => all.toSpliced(3, 0, all[3] ?? '')],
    ['no record', (all: readonly string[]) => all.toSpliced(3, 0, 'x')],
    ['cut before the checkpoint', (all: readonly string[]) => all.toSpliced(-2, 1)],
  ])('a record that is %s is found', async (_what, change) => {
    const { exit, out } = await verify(change(lines))
    expect(exit).toBe(1)
    expect(out).toMatch(/^record \d+: /u)
  })

  test('an end that was cut off with its checkpoint is undecided, and found by one that was kept', async () => {
    const cut = lines.slice(0, -3)
    expect(await verify(cut)).toMatchObject({ exit: 4, err: expect.stringContaining('vouches for the end') })
    const found = await verify(cut, '--checkpoint', at('kept.txt'))
    expect(found).toMatchObject({ exit: 1, out: expect.stringContaining('checkpoint-beyond') })
  })

  test('an empty log is no yes', async () => {
    expect(await verify([])).toMatchObject({ exit: 4 })
  })

  test("another service's keys vouch for nothing", async () => {
    writeFileSync(at('none.json'), '{"keys":[]}')
    expect(
      await service.run(['audit', 'verify', at('audit.jsonl'), '--jwks', at('none.json')]),
    ).toMatchObject({
      exit: expect.not.stringMatching('0'),
    })
    await verify(lines)
    const none = await service.run(['audit', 'verify', at('audit.jsonl'), '--jwks', at('none.json')])
    expect(none).toMatchObject({ exit: 1, out: expect.stringContaining('checkpoint-refused') })
  })

  test('the service looks at its own', async () => {
    expect(await service.run(['audit', 'verify'])).toMatchObject({ exit: 0, out: '' })
  })

  test.each([
    [['audit', 'verify', 'x.jsonl'], 2],
    [['audit', 'verify', '--jwks', 'keys.json'], 2],
    [['audit', 'verify', 'x.jsonl', '--jwks', 'http://keys.example/jwks'], 2],
    [['audit', 'verify', 'x.jsonl', '--jwks', 'nowhere.json'], 3],
  ])('%j is exit %i', async (args, exit) => {
    expect(await service.run(args)).toMatchObject({ exit, out: '' })
  })

  test('a file that is missing, and files of another kind', async () => {
    const keys = ['--jwks', at('keys.json')]
    expect(await service.run(['audit', 'verify', at('nowhere'), ...keys])).toMatchObject({ exit: 3 })
    expect(
      await service.run(['audit', 'verify', at('audit.jsonl'), '--jwks', service.paths.ca]),
    ).toMatchObject({
      exit: 3,
    })
    writeFileSync(at('notes.txt'), 'meeting at ten\n')
    expect(
      await service.run(['audit', 'verify', at('audit.jsonl'), ...keys, '--checkpoint', at('notes.txt')]),
    ).toMatchObject({ exit: 3, err: expect.stringContaining('notes.txt:1: expected a signed checkpoint') })
  })
})

describe('backup and restore', () => {
  test('a copy is written while the service runs, readable by its owner alone, never over another file', async () => {
    const backup = await service.run(['backup', at('state.backup')])
    expect(backup).toMatchObject({ exit: 0, out: `${at('state.backup')}\n` })
    expect(statSync(at('state.backup')).mode & 0o777).toBe(0o600)
    expect(await service.run(['backup', at('state.backup')])).toMatchObject({ exit: 2, out: '' })
  })

  test('a state in use is not replaced, not even by force', async () => {
    const { exit, err } = await service.run(['restore', at('state.backup'), '--force'])
    expect(exit).toBe(3)
    expect(err).toContain('ERR_SERVICE_STORE_IN_USE')
  })

  test('a copy becomes the state elsewhere, once', async () => {
    const config = readFileSync(service.paths.config, 'utf8')
    const restored = join(service.paths.serviceFolder, 'restored.yaml')
    writeFileSync(restored, config.replace('folder: state', 'folder: restored'))
    const restore = ['restore', at('state.backup'), '--config', restored]
    expect(await service.run(restore)).toMatchObject({ exit: 0 })
    expect(await service.run(restore)).toMatchObject({ exit: 4 })
    expect(await service.run([...restore, '--force'])).toMatchObject({ exit: 0 })
    expect(await service.run(['restore', service.paths.ca, '--config', restored, '--force'])).toMatchObject({
      exit: 4,
    })
  })

  test('a folder without a state has no copy', async () => {
    const config = readFileSync(service.paths.config, 'utf8')
    const empty = join(service.paths.serviceFolder, 'empty.yaml')
    writeFileSync(empty, config.replace('folder: state', 'folder: nowhere'))
    expect(await service.run(['backup', at('none.backup'), '--config', empty])).toMatchObject({ exit: 4 })
  })
})
