import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { bufferLines, createLog, describeError, redact } from './log.ts'

const jws = `eyJ0eXAiOiJKV1QifQ.${'A'.repeat(40)}.${'B'.repeat(86)}`
const pem = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----'

describe('the log', () => {
  it('is JSON lines with level, time and message', () => {
    const lines: string[] = []
    const log = createLog({ level: 'info' }, { write: (line) => lines.push(line) }, () => new Date(0))
    log.info({ requestId: 'a' }, 'request')
    log.debug({}, 'not at this level')
    expect(lines).toEqual([
      '{"level":"info","time":"1970-01-01T00:00:00.000Z","requestId":"a","msg":"request"}\n',
    ])
  })

  it('is silent where it is told to be', () => {
    const lines: string[] = []
    createLog({ level: 'silent' }, { write: (line) => lines.push(line) }, () => new Date(0)).error(
      {},
      'fault',
    )
    expect(lines).toEqual([])
  })

  it('cuts out what looks like a token or a key, in a line that stays JSON', () => {
    const lines: string[] = []
    const log = createLog({ level: 'info' }, { write: (line) => lines.push(line) }, () => new Date(0))
    log.info(
      { token: jws, nested: { pem, header: `Bearer ${'c'.repeat(20)}`, form: 'client_secret=abc&x=1' } },
      `saw ${jws}`,
    )
    const [line = ''] = lines
    expect(line).not.toMatch(/eyJ|MIGH|ccc|abc/u)
    expect(() => JSON.parse(line) as unknown).not.toThrow()
  })

  it('leaves other text as it is', () => {
    for (const text of [
      '',
      'a bearer of news',
      'thumbprint kP9-_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      '{"code":"ERR_SERVICE_STORE"}',
    ]) {
      expect(redact(text)).toBe(text)
    }
  })
})

describe('a line buffer', () => {
  it('writes the lines of a turn at once, in order', async () => {
    const written: string[] = []
    const buffer = bufferLines({ write: (text) => written.push(text) })
    buffer.write('{"level":"info"}\n')
    buffer.write('{"level":"warn"}\n')
    expect(written).toEqual([])
    await nextTurn()
    expect(written).toEqual(['{"level":"info"}\n{"level":"warn"}\n'])
    buffer.flush()
    expect(written).toHaveLength(1)
  })

  it('does not keep faults, nor much', async () => {
    const written: string[] = []
    const buffer = bufferLines({ write: (text) => written.push(text) })
    buffer.write('{"level":"info"}\n')
    buffer.write('{"level":"error"}\n')
    expect(written).toEqual(['{"level":"info"}\n{"level":"error"}\n'])
    buffer.write('a'.repeat(65_536))
    expect(written).toHaveLength(1)
    buffer.write('a')
    expect(written).toHaveLength(2)
    await nextTurn()
    expect(written).toHaveLength(2)
  })
})

describe('an unexpected error', () => {
  it('is described by its class, code and places, not by what it quotes', () => {
    const cause = Object.assign(new Error(`near "${'s'.repeat(10)}" and ${'k'.repeat(44)}`), {
      code: 'EINNER',
    })
    const error = new TypeError(`cannot use 'hunter2' of ${jws}`, { cause })
    const text = JSON.stringify(describeError(error))
    expect(text).toContain('TypeError')
    expect(text).toContain('log.test.ts')
    expect(text).toContain('EINNER')
    expect(text).not.toMatch(/hunter2|eyJ|sssss|kkkkk/u)
  })

  it('may be no error', () => {
    expect(describeError('text')).toEqual({ thrown: 'string' })
    expect(describeError(undefined)).toEqual({ thrown: 'undefined' })
  })
})
