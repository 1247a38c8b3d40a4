import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ServiceSignal, serve } from '../../../packages/server/src/main.ts'
import { createServiceWorld, type ServiceWorld } from '../support/world.ts'

let world: ServiceWorld
beforeEach(async () => {
  world = await createServiceWorld()
})
afterEach(async () => {
  await world.remove()
})

function run(options: { readonly check?: boolean; readonly file?: string } = {}) {
  const out: string[] = []
  const err: string[] = []
  const listening = Promise.withResolvers<string>()
  let listener: ((signal: ServiceSignal) => void) | undefined
  const code = serve({
    configFile: join(world.folder, options.file ?? 'ingam.yaml'),
    ...(options.check !== undefined && { check: options.check }),
    env: {},
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    onSignal(next) {
      listener = next
      return () => {
        listener = undefined
      }
    },
    readFile,
    onListening: listening.resolve,
  })
  return {
    out,
    err,
    code,
    listening: listening.promise,
    send: (signal: ServiceSignal) => listener?.(signal),
    isListening: () => listener !== undefined,
  }
}

describe('serve', () => {
  it('runs until SIGTERM, and reads its files again at SIGHUP', async () => {
    const service = run()
    const url = await service.listening
    expect(service.err.join('')).toContain(`ingam: listening on ${url} as http://127.0.0.1:8780\n`)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    service.send('SIGHUP')
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    service.send('SIGTERM')
    expect(await service.code).toBe(0)
    expect(service.isListening()).toBe(false)
    expect(service.out).toEqual([])
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })

  it('ends in order after a signal that came while it started', async () => {
    const service = run()
    service.send('SIGINT')
    expect(await service.code).toBe(0)
  })

  it('ends at once at a second signal', async () => {
    const service = run()
    await service.listening
    service.send('SIGTERM')
    service.send('SIGTERM')
    expect(await service.code).toBe(1)
  })

  it('only looks where it is told to check', async () => {
    const service = run({ check: true })
    expect(await service.code).toBe(0)
    expect(service.out.join('')).toMatch(/^ok {7}configuration: every key is valid\n/u)
    expect(await run({ check: true, file: 'absent.yaml' }).code).toBe(1)
  })

  it('throws what keeps it from starting', async () => {
    await expect(run({ file: 'absent.yaml' }).code).rejects.toMatchObject({ code: 'ERR_CONFIG_FILE' })
  })
})
