import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeFile, makeFolder, stateFiles } from './files.ts'
import { lockFolder } from './folder-lock.ts'

describe('a state folder', () => {
  let parent: string
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'ingam-lock-'))
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  const inUse = expect.objectContaining({
    fault: expect.objectContaining({ code: 'ERR_SERVICE_STORE_IN_USE' }),
  })

  test('is held once at a time, however often it was asked for, and is free after the release', () => {
    const files = stateFiles(parent)
    const lock = lockFolder(files)
    // A refused attempt must not take the lock away: closing a file gives up POSIX locks.
    for (let attempt = 0; attempt < 3; attempt += 1) expect(() => lockFolder(files)).toThrow(inUse)
    lock.release()
    lockFolder(files).release()
    expect(statSync(files.lock).mode & 0o777).toBe(0o600)
  })

  test('another one is free meanwhile', () => {
    const lock = lockFolder(stateFiles(parent))
    const other = join(parent, 'other')
    makeFolder(other)
    lockFolder(stateFiles(other)).release()
    lock.release()
  })

  test('is made with mode 0700, its parents with it', () => {
    const folder = join(parent, 'a', 'b')
    makeFolder(folder)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    makeFolder(folder)
  })

  test.each([0o750, 0o701, 0o770, 0o755])('is refused with mode %o', (mode) => {
    chmodSync(parent, mode)
    expect(() => makeFolder(parent)).toThrow('open to others')
  })

  test('a file is made once, with mode 0600', () => {
    const file = join(parent, 'x')
    expect(makeFile(file)).toBe(true)
    expect(makeFile(file)).toBe(false)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })
})
