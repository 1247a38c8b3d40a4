// One server in a process of its own, started by service-process.ts: it is told what to serve, answers with its port, and
// later with the CPU time that it has spent.

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createBareParts } from './service-bare.ts'
import { startIngam } from './service-ingam.ts'
import { createPeer } from './service-peer.ts'
import type { ServerMessage, ServerOrder } from './service-process.ts'

process.on('message', (question: ServerOrder | 'spent' | 'stop') => {
  void answer(question)
})

let stop = async (): Promise<void> => {
  await Promise.resolve()
}

async function answer(question: ServerOrder | 'spent' | 'stop'): Promise<void> {
  if (question === 'stop') {
    await stop()
    process.exit()
  }
  if (question === 'spent') {
    const { user, system } = process.cpuUsage()
    send({ micros: user + system })
    return
  }
  send({ port: await serve(question) })
}

async function serve({ kind, configFile, clientJwk }: ServerOrder): Promise<number> {
  switch (kind) {
    case 'bare': {
      const answerBare = getRequestListener(createBareParts().exchange)
      return await listen((incoming, outgoing) => void answerBare(incoming, outgoing))
    }
    case 'oidc-provider':
      return await listen(await createPeer(clientJwk))
    case 'ingam':
    case 'ingam, audit dropped': {
      const running = await startIngam(configFile, kind === 'ingam' ? 'audit' : 'drop audit')
      stop = running.stop
      return running.port
    }
  }
}

async function listen(listener: RequestListener): Promise<number> {
  // As long as ours keeps them: a connection that waits for its turn must not be closed meanwhile.
  const server = createServer({ keepAliveTimeout: 65_000 }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function send(message: ServerMessage): void {
  process.send?.(message)
}
