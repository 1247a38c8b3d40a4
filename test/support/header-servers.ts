// Servers on 127.0.0.1 that answer 200 to every request whose header they take. Their configuration says nothing about
// header sizes but the one setting asked for.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { probe } from './header-probe.ts'

export interface HeaderServer {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** How to run a server in the foreground with a configuration. */
interface Recipe {
  readonly configuration: (port: number, folder: string, setting: string) => string
  readonly args: (file: string, folder: string) => readonly string[]
}

/** The servers that run as a process of their own. */
export type ServerProgram = 'nginx' | 'haproxy' | 'caddy'

const RECIPES: Readonly<Record<ServerProgram, Recipe>> = {
  nginx: {
    configuration: (port, folder, setting) => `daemon off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${setting}
  server {
    listen 127.0.0.1:${port};
    location / { return 200; }
  }
}
`,
    args: (file, folder) => ['-e', 'stderr', '-p', folder, '-c', file],
  },
  haproxy: {
    configuration: (port, _folder, setting) => `global
  ${setting}
defaults
  mode http
  timeout client 10s
  timeout connect 10s
  timeout server 10s
frontend tokens
  bind 127.0.0.1:${port}
  http-request return status 200
`,
    args: (file) => ['-db', '-f', file],
  },
  caddy: {
    configuration: (port, _folder, setting) => `{
  admin off
  ${setting}
}
http://localhost:${port} {
  bind 127.0.0.1
  respond 200
}
`,
    args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
}

/** Starts a server on a free port; it has answered once when this returns. */
export async function startServer(
  program: ServerProgram,
  path: string,
  setting: string = '',
): Promise<HeaderServer> {
  const folder = mkdtempSync(join(tmpdir(), `ingam-${program}-`))
  const port = await freePort()
  const file = join(folder, 'configuration')
  writeFileSync(file, RECIPES[program].configuration(port, folder, setting))
  const child = spawn(path, RECIPES[program].args(file, folder), {
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
    await answering(port, child)
  } catch (cause) {
    await stop()
    throw new Error(`${program} did not start: ${said === '' ? String(cause) : said}`, { cause })
  }
  return { port, stop }
}

/** Starts Node's own server in this process. */
export async function startNodeServer(options: { readonly maxHeaderSize?: number }): Promise<HeaderServer> {
  const server = createServer(options, (_request, response) => response.end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { port: portOf(server.address()), stop }
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
    if ((await probe(port, 1)) === 200) return
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

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server.address())
  server.close()
  await once(server, 'close')
  return port
}

function portOf(address: ReturnType<ReturnType<typeof createTcpServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}
