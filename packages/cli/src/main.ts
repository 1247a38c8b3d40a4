// CLI: the entry. The only file that touches `process`: it hands streams, environment and clock to the program and
// sets the exit code.

import { ReadStream } from 'node:tty'
import type { Context } from './context.ts'
import { runProgram } from './program.ts'
import { askSecret } from './terminal.ts'

const { stdin, stdout, stderr } = process

// A reader such as `head` that has seen enough closes the pipe; that is no failure.
stdout.on('error', (error: Error & { code?: string }) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

const isTTY = { stdin: stdin.isTTY === true, stdout: stdout.isTTY === true, stderr: stderr.isTTY === true }
const context: Context = {
  stdout,
  stderr,
  stdin,
  env: process.env,
  now: () => new Date(),
  isTTY,
  ...(stdin instanceof ReadStream && isTTY.stdin && isTTY.stderr
    ? { askSecret: (question: string) => askSecret(stdin, stderr, question) }
    : {}),
}

process.exitCode = await runProgram(process.argv.slice(2), context)
