import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SecretSource } from '../config/contract.ts'
import { ServiceError } from '../service-error.ts'
import { createKeyEncryptionKeyFile, readSecret, readSecretText } from './secret.ts'

const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => 200 - index))
const text = secret.toString('base64')
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secret-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function file(content: string | Uint8Array, mode = 0o600): Promise<SecretSource> {
  const path = join(folder, `${Math.random()}`)
  await writeFile(path, content)
  await chmod(path, mode)
  return { file: path }
}

const read = (source: SecretSource, env = {}): Promise<Uint8Array> =>
  readSecret(source, env, { bytes: 32, name: 'secrets.keyEncryptionKey' })

async function problem(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('was read'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof ServiceError)) throw error
  expect(error.code).toBe('ERR_CONFIG_SECRET')
  for (const part of [text, text.slice(0, 20), secret.toString('hex')]) {
    expect(JSON.stringify([error.message, error.details])).not.toContain(part)
  }
  return error.message
}

describe('the text', () => {
  test.each([text, `${text}\n`, `${text}\r\n`])('%j is read', async (content) => {
    expect(Buffer.from(await read(await file(content)))).toEqual(secret)
    expect(Buffer.from(await read({ env: 'KEY' }, { KEY: content }))).toEqual(secret)
  })

  test.each([
    ['', 'empty'],
    [`${text}\n\n`, 'two line ends'],
    [` ${text}`, 'a space'],
    [text.slice(0, -1), 'no padding'],
    [secret.toString('base64url'), 'base64url'],
    [secret.toString('hex'), 'hex'],
    [secret.subarray(1).toString('base64'), '31 bytes'],
    [Buffer.concat([secret, secret.subarray(0, 1)]).toString('base64'), '33 bytes'],
    [`${text.slice(0, 42)}/=`, 'bits after the last byte'],
    [`${text}${text}`, 'two keys'],
    [`\ufeff${text}`, 'a byte order mark'],
    [Buffer.alloc(32).toString('base64'), 'zeros'],
    [Buffer.alloc(32, 7).toString('base64'), 'one byte throughout'],
  ])('%j is refused: %s', async (content) => {
    const source = await file(content)
    expect(await problem(read(source))).toContain('file' in source ? source.file : '')
    expect(await problem(read({ env: 'KEY' }, { KEY: content }))).toContain('variable KEY')
  })

  test('a message names the key, the place and the problem', async () => {
    expect(await problem(read({ env: 'KEY' }))).toBe(
      'secrets.keyEncryptionKey from variable KEY: the variable is not set',
    )
    expect(await problem(read({ env: 'toString' }))).toBe(
      'secrets.keyEncryptionKey from variable toString: the variable is not set',
    )
    expect(await problem(read({ file: join(folder, 'none') }))).toBe(
      `secrets.keyEncryptionKey from ${join(folder, 'none')}: the file cannot be opened (ENOENT)`,
    )
  })
})

describe('the file', () => {
  test.each([0o600, 0o400])('of mode %o is read', async (mode) => {
    expect(Buffer.from(await read(await file(text, mode)))).toEqual(secret)
  })

  test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o700, 0o666, 0o644])(
    'of mode %o is refused',
    async (mode) => {
      expect(await problem(read(await file(text, mode)))).toContain(
        `expected mode 0600 or stricter, found 0${mode.toString(8)}`,
      )
    },
  )

  test('of another user is refused', async () => {
    const source = await file(text)
    const us = process.geteuid?.() ?? 0
    expect(await problem(readSecret(source, {}, { bytes: 32, owner: us + 1 }))).toContain(
      `expected a file of user ${us + 1}, found one of user ${us}`,
    )
    expect(Buffer.from(await readSecret(source, {}, { bytes: 32, owner: us }))).toEqual(secret)
  })

  test('through a symbolic link is read by the rights of what it points to', async () => {
    const [good, bad] = [await file(text), await file(text, 0o644)]
    if (!('file' in good) || !('file' in bad)) throw new Error('files')
    await symlink(good.file, join(folder, 'good'))
    await symlink(bad.file, join(folder, 'bad'))
    expect(Buffer.from(await read({ file: join(folder, 'good') }))).toEqual(secret)
    expect(await problem(read({ file: join(folder, 'bad') }))).toContain('found 0644')
  })

  test('that is a folder, a pipe without a writer or a device is refused', async () => {
    await mkdir(join(folder, 'folder'), { mode: 0o600 })
    execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')])
    expect(await problem(read({ file: join(folder, 'folder') }))).toContain('not a regular file')
    expect(await problem(read({ file: join(folder, 'pipe') }))).toContain('not a regular file')
    expect(await problem(read({ file: '/dev/zero' }))).toContain('not a regular file')
  })

  test('of 16 KiB is read as text, one byte more is refused', async () => {
    expect(await readSecretText(await file('x'.repeat(16_384)), {})).toHaveLength(16_384)
    expect(await problem(readSecretText(await file('x'.repeat(16_385)), {}))).toContain(
      'expected at most 16384 bytes',
    )
  })
})

describe('a new file', () => {
  test('has 32 random bytes, mode 0600, and can be read', async () => {
    const path = join(folder, 'new')
    await createKeyEncryptionKeyFile(path, () => Uint8Array.from(secret))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toBe(`${text}\n`)
    expect(Buffer.from(await read({ file: path }))).toEqual(secret)
  })

  test('is never written over another, nor through a link that points nowhere', async () => {
    const path = join(folder, 'kept')
    await writeFile(path, 'mine')
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'))
    const make = (at: string): Promise<void> => createKeyEncryptionKeyFile(at, () => Uint8Array.from(secret))
    expect(await problem(make(path))).toContain('EEXIST')
    expect(await problem(make(join(folder, 'dangling')))).toContain('EEXIST')
    expect(await problem(make(join(folder, 'no', 'folder')))).toContain('ENOENT')
    expect(await readFile(path, 'utf8')).toBe('mine')
  })
})
