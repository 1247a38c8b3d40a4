// Secrets and contents from files and stdin: line breaks, limits, and messages that repeat nothing.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Context } from './context.ts'
import { readContent, readPassphrase, readSecretText } from './input.ts'

let folder = ''
const at = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-input-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function contextWith(stdin: string): Context {
  return {
    stdout: { write: () => {} },
    stderr: { write: () => {} },
    stdin: (async function* () {
      yield Buffer.from(stdin)
    })(),
    env: {},
    now: () => new Date(),
    isTTY: { stdin: false, stdout: false, stderr: false },
  }
}

describe('a secret', () => {
  test.each([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' secret ', ' secret '],
  ])('%j from a file and from stdin', async (text, secret) => {
    writeFileSync(at('secret'), text)
    expect(await readSecretText(contextWith(''), at('secret'), 'access token', 10)).toBe(secret)
    expect(await readSecretText(contextWith(text), '-', 'access token', 10)).toBe(secret)
  })

  test('at the limit, and one byte past it', async () => {
    expect(await readSecretText(contextWith('x'.repeat(10)), '-', 'access token', 10)).toBe('x'.repeat(10))
    await expect(readSecretText(contextWith('x'.repeat(11)), '-', 'access token', 10)).rejects.toThrow(
      /^stdin: longer than 10 bytes, which is no access token$/u,
    )
  })

  test('empty, and not there', async () => {
    await expect(readSecretText(contextWith('\n'), '-', 'access token', 10)).rejects.toThrow(
      'stdin: the access token is empty',
    )
    await expect(readSecretText(contextWith(''), at('missing'), 'access token', 10)).rejects.toMatchObject({
      code: 'ERR_FILE_READ',
      exit: 3,
    })
  })

  test('a passphrase of 4096 bytes, and of one more', async () => {
    writeFileSync(at('longest'), 'x'.repeat(4_096))
    writeFileSync(at('longer'), 'x'.repeat(4_097))
    expect(await readPassphrase({ passphraseFile: at('longest') })).toHaveLength(4_096)
    await expect(readPassphrase({ passphraseFile: at('longer') })).rejects.toThrow('which is no passphrase')
    expect(await readPassphrase({})).toBeUndefined()
  })
})

test('a content is read byte for byte, and may be empty', async () => {
  writeFileSync(at('content'), Uint8Array.of(0, 255, 10))
  expect([...(await readContent(contextWith(''), at('content')))]).toEqual([0, 255, 10])
  writeFileSync(at('content'), '')
  expect(await readContent(contextWith(''), at('content'))).toHaveLength(0)
  expect(Buffer.from(await readContent(contextWith('a\n'), '-')).toString()).toBe('a\n')
})
