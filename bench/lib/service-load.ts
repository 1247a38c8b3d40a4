// A load on a token endpoint: connections that stay open, each with one request at a time, as many at once as are asked for.

import { Agent, request } from 'node:http'

/** What came back. */
export interface Answer {
  readonly status: number
  readonly text: string
  /** From the first byte sent to the last one received. */
  readonly millis: number
}

/** Where requests go, and by how many connections at once. */
export interface LoadOptions {
  readonly port: number
  readonly path: string
  readonly connections: number
  /** Loopback address that the requests come from: a server that limits each address tells them apart. */
  readonly from?: string
}

/** A client with open connections. */
export interface Load {
  /** Sends each body as a form; resolves with all answers, in the order of the bodies. */
  readonly send: (bodies: readonly string[]) => Promise<readonly Answer[]>
  readonly close: () => void
}

export function createLoad({ port, path, connections, from }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections })
  const post = (body: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const start = performance.now()
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
      }
      const outgoing = request(
        {
          agent,
          host: '127.0.0.1',
          port,
          path,
          method: 'POST',
          headers,
          ...(from !== undefined && { localAddress: from }),
        },
        (incoming) => {
          let text = ''
          incoming.setEncoding('utf8')
          incoming.on('data', (chunk: string) => {
            text += chunk
          })
          incoming.on('end', () => {
            resolve({ status: incoming.statusCode ?? 0, text, millis: performance.now() - start })
          })
          incoming.on('error', reject)
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  return {
    async send(bodies) {
      const answers: Answer[] = []
      await concurrently(bodies, connections, async (body, index) => {
        answers[index] = await post(body)
      })
      return answers
    },
    close() {
      agent.destroy()
    },
  }
}

/** Does the work for each item, at most `most` of them at once. */
export async function concurrently<T>(
  items: readonly T[],
  most: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  // One iterator for all lanes: each takes the next item that nobody has.
  const entries = items.entries()
  const lane = async (): Promise<void> => {
    for (const [index, item] of entries) await work(item, index)
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane))
}
