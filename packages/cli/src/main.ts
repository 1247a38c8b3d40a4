// CLI: the entry. The only file that touches `process`: it hands streams, environment and clock to the program and
// sets the exit code.

import { ReadStream } from 'node:tty'
import type { Context } from './context.ts'
import { runProgram } from './program.ts'
import { askSecret } from './terminal.ts'

const { stdin, stdout, stderr } = process

const stopListeners = new Set<() => void>()
const STOPPING = ['SIGINT', 'SIGTERM'] as const
const SIGNALS = [...STOPPING, 'SIGHUP'] as const

// A reader such as `head` that has seen enough closes the pipe; that is no failure. What is judged still decides the
// exit code, so the command ends by itself.
stdout.on('error', (error: Error & { code?: string }) => {
  if (error.code !== 'EPIPE') throw error
  for (const listener of stopListeners) listener()
})

// A service goes on when nobody reads its log any more.
stderr.on('error', (error: Error & { code?: string }) => {
  if (error.code !== 'EPIPE') throw error
})

const isTTY = { stdin: stdin.isTTY === true, stdout: stdout.isTTY === true, stderr: stderr.isTTY === true }
const columns = [stdout, stderr].find((stream) => stream.isTTY)?.columns
const context: Context = {
  stdout: { write: (text) => stdout.writable && stdout.write(text), drained },
  stderr,
  stdin,
  env: process.env,
  now: () => new Date(),
  isTTY,
  ...(columns === undefined ? {} : { columns }),
  onStop,
  onSignal,
  ...(stdin instanceof ReadStream && isTTY.stdin && isTTY.stderr
    ? { askSecret: (question: string) => askSecret(stdin, stderr, question) }
    : {}),
}

process.exitCode = await runProgram(process.argv.slice(2), context)

async function drained(): Promise<void> {
  if (stdout.writableNeedDrain)
    await new Promise<void>((resolve) => stdout.once('drain', resolve).once('close', resolve))
}

// Ctrl-C and SIGTERM end the process as usual unless a command listens; a second one then does. Nothing more is read from
// stdin, so that a command that waits for it comes to its end.
function onStop(listener: () => void): () => void {
  const stop = (): void => {
    forget()
    listener()
    stdin.destroy()
  }
  const forget = (): void => {
    for (const signal of STOPPING) process.off(signal, stop)
    stopListeners.delete(stop)
  }
  for (const signal of STOPPING) process.on(signal, stop)
  stopListeners.add(stop)
  return forget
}

// For a command that answers each signal itself.
function onSignal(listener: (signal: (typeof SIGNALS)[number]) => void): () => void {
  const listeners = SIGNALS.map((signal) => [signal, () => listener(signal)] as const)
  for (const [signal, listen] of listeners) process.on(signal, listen)
  return () => {
    for (const [signal, listen] of listeners) process.off(signal, listen)
  }
}
