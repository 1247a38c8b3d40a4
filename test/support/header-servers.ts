// Servers on 127.0.0.1 that answer 200 to every request whose header they take. Their configuration says nothing about
// header sizes but the one setting asked for.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { probe } from './header-probe.ts'
import { portOf, startProcess } from './server-process.ts'

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
  const { configuration, args } = RECIPES[program]
  return await startProcess({
    name: program,
    path,
    configuration: (port, folder) => configuration(port, folder, setting),
    args,
    hasAnswered: async (port) => (await probe(port, 1)) === 200,
  })
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
