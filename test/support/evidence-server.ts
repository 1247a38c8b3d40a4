// A server on loopback for tests of what fetches: each path answers as the test says, and what was asked is counted.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => unknown

export interface EvidenceServer {
  /** `http://127.0.0.1:port`. */
  readonly origin: string
  /** Method and path of each request, oldest first. */
  readonly asked: string[]
  /** Lets a path answer so from now on; others answer 404. */
  readonly answer: (path: string, answer: Answer) => void
  /** Forgets all answers and what was asked. */
  readonly reset: () => void
  readonly stop: () => Promise<void>
}

/** Starts a server on a free port. */
export async function startEvidenceServer(): Promise<EvidenceServer> {
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      const own = answers.get(path) ?? answers.get(`/${path.split('/')[1]}/`)
      if (own === undefined) response.writeHead(404).end()
      else own(request, response, Buffer.concat(chunks))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    asked,
    answer: (path, answer) => answers.set(path, answer),
    reset() {
      answers.clear()
      asked.length = 0
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Answers 200 with these bytes. */
export function sends(bytes: Uint8Array, type: string): Answer {
  return (_request, response) => response.writeHead(200, { 'content-type': type }).end(bytes)
}

/** Answers with a list. */
export function sendsList(der: Uint8Array): Answer {
  return sends(der, 'application/pkix-crl')
}

/** Answers with an OCSP response. */
export function sendsResponse(der: Uint8Array): Answer {
  return sends(der, 'application/ocsp-response')
}
