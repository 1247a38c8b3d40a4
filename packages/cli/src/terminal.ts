// CLI: asks for a secret at a terminal without showing what is typed.

import type { ReadStream } from 'node:tty'
import type { Output } from './context.ts'

/** Asks on stderr and reads a line from the terminal without echo; undefined for Ctrl-C or the end of input. */
export async function askSecret(
  input: ReadStream,
  output: Output,
  question: string,
): Promise<string | undefined> {
  output.write(question)
  input.setRawMode(true)
  input.resume()
  try {
    return await readLine(input)
  } finally {
    input.setRawMode(false)
    input.pause()
    output.write('\n')
  }
}

async function readLine(input: ReadStream): Promise<string | undefined> {
  return await new Promise((resolve) => {
    let typed = ''
    input.on('data', onData)

    function onData(chunk: Buffer | string): void {
      for (const character of chunk.toString()) {
        if (character === '\r' || character === '\n') return finish(typed)
        if (character === CTRL_C || character === CTRL_D) return finish(undefined)
        typed =
          character === BACKSPACE || character === DELETE
            ? Array.from(typed).slice(0, -1).join('')
            : typed + character
      }
    }

    function finish(line: string | undefined): void {
      input.off('data', onData)
      resolve(line)
    }
  })
}

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const BACKSPACE = '\u0008'
const DELETE = '\u007f'
