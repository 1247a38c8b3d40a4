// A server on 127.0.0.1 for a browser under test: one page, and the files below given folders, nothing else.

import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'

export interface StaticServer {
  readonly origin: string
  readonly stop: () => Promise<void>
}

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.json': 'application/json' }

/**
 * Starts a server on a free port.
 *
 * @param page HTML of `/`
 * @param folders path prefix, such as `dist`, → folder whose .js and .json files are served below it
 */
export async function startStaticServer(
  page: string,
  folders: Readonly<Record<string, string>>,
): Promise<StaticServer> {
  const server = createServer((request, response) => answer(request.url ?? '', page, folders, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

function answer(
  url: string,
  page: string,
  folders: Readonly<Record<string, string>>,
  response: ServerResponse,
): void {
  if (url === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
    return
  }
  // Plain names joined by slashes: no `..`, no escapes, no query.
  const match = /^\/([a-z]+)\/((?:[a-z0-9-]+\/)*[a-z0-9-]+(\.[a-z]+))$/u.exec(url)
  const [, prefix = '', rest = '', extension = ''] = match ?? []
  const folder = Object.hasOwn(folders, prefix) ? folders[prefix] : undefined
  const type = TYPES[extension]
  const content = folder === undefined || type === undefined ? undefined : contentOf(join(folder, rest))
  if (content === undefined || type === undefined) response.writeHead(404).end()
  else response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(content)
}

function contentOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch {
    // Not there or not a file: the answer is 404 either way.
    return undefined
  }
}
