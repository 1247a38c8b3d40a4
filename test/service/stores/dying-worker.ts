// The worker of a store that dies when a unit says so: before it is committed, or after, before the answer.

import { parentPort } from 'node:worker_threads'

const port = parentPort
if (port !== null) {
  let dieAfter = false
  const on = port.on.bind(port)
  const listen = (name: string, listener: (message: unknown) => void) =>
    on(name, (message: unknown) => {
      const text = JSON.stringify(message)
      if (text.includes('die-before')) process.exit(1)
      if (text.includes('throw-before')) throw new Error('a fault of the worker')
      dieAfter = text.includes('die-after')
      listener(message)
    })
  Object.assign(port, { on: listen })
  const post = port.postMessage.bind(port)
  port.postMessage = (message: unknown) => {
    if (dieAfter) process.exit(1)
    post(message)
  }
  await import('../../../packages/server/src/stores/worker.ts')
}
