// Starts a server in a process of its own and asks it how much CPU time it has spent, all its threads together.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Who serves: ours, ours with a store that drops what is audited, another library, or the bare parts. */
export type ServerKind = 'ingam' | 'ingam, audit dropped' | 'oidc-provider' | 'bare'

/** What the process is told first. */
export interface ServerOrder {
  readonly kind: ServerKind
  /** Of our configuration. */
  readonly configFile: string
  /** Of the client, where the server knows a key and no certificate. */
  readonly clientJwk: object
}

/** What it answers. */
export type ServerMessage = { readonly port: number } | { readonly micros: number }

/** A server that runs. */
export interface ServerProcess {
  readonly kind: ServerKind
  readonly port: number
  /** Microseconds of CPU time since it started. */
  readonly spent: () => Promise<number>
  readonly stop: () => Promise<void>
}

export async function startServer(order: ServerOrder): Promise<ServerProcess> {
  const child = fork(join(import.meta.dirname, 'service-server.ts'), [], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const started = await ask(child, order)
  if (!('port' in started)) throw new Error('the server has no port')
  return {
    kind: order.kind,
    port: started.port,
    async spent() {
      const answer = await ask(child, 'spent')
      return 'micros' in answer ? answer.micros : Number.NaN
    },
    async stop() {
      const ended = once(child, 'exit')
      child.send('stop')
      await ended
    },
  }
}

function ask(child: ChildProcess, question: ServerOrder | 'spent'): Promise<ServerMessage> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      reject(new Error('the server has ended'))
    }
    child.once('exit', ended)
    child.once('message', (answer: ServerMessage) => {
      child.off('exit', ended)
      resolve(answer)
    })
    child.send(question)
  })
}
