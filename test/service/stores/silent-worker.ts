// A worker that opens and then says nothing: a disk that hangs.

import { parentPort } from 'node:worker_threads'

parentPort?.postMessage({ kind: 'started', instance: 'x' })
parentPort?.on('message', () => {})
