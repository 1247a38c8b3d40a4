// Servers that run as a process of their own on 127.0.0.1, with a configuration and a folder that end with them.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How to run a server in the foreground with a configuration. */
export interface ServerRecipe {
  readonly name: string
  /** Of the program. */
  readonly path: string
  readonly configuration: (port: number, folder: string) => string
  readonly args: (file: string, folder: string) => readonly string[]
  readonly hasAnswered: (port: number) => Promise<boolean>
}

export interface ServerProcess {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Starts a server on a free port; it has answered once when this returns. */
export async function startProcess(recipe: ServerRecipe): Promise<ServerProcess> {
  const { name, path } = recipe
  const folder = mkdtempSync(join(tmpdir(), `ingam-${name}-`))
  const port = await freePort()
  const file = join(folder, 'configuration')
  writeFileSync(file, recipe.configuration(port, folder))
  const child = spawn(path, recipe.args(file, folder), {
    // Caddy keeps its state below these.
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000)
  })
  const stop = async (): Promise<void> => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await once(child, 'spawn')
    await answering(recipe, port, child)
  } catch (cause) {
    await stop()
    throw new Error(`${name} did not start: ${said === '' ? String(cause) : said}`, { cause })
  }
  return { port, stop }
}

/** The port of a server that listens. */
export function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** A port where nobody listened just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server.address())
  server.close()
  await once(server, 'close')
  return port
}

async function answering({ hasAnswered }: ServerRecipe, port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
    if (await hasAnswered(port)) return
    await sleep(50)
  }
  throw new Error('no answer')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  // nginx as well ends at once, with its workers.
  child.kill('SIGTERM')
  await gone
}
