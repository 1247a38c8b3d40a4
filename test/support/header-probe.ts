// Asks a server on 127.0.0.1 by a socket of its own, since HTTP clients have limits too, how long a token may be.

import { connect } from 'node:net'
import { requestOf } from './header-limits.ts'

/** The status answered, or `'no answer'` where the connection ended without one. */
export type Answer = number | 'no answer'

/** What a bisection found. */
export interface Edge {
  /** Characters of the longest token that got 200. */
  readonly longest: number
  /** What a token of one character more got. */
  readonly beyond: Answer
}

const TIMEOUT = 10_000
// Twice what the most patient of the servers takes.
const LONGEST_PROBE = 2 ** 21 + 1

/** Asks with a token of so many characters, and with another line of the header before it. */
export async function probe(port: number, characters: number, otherLine?: string): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const settle = (answer: Answer): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(TIMEOUT, () => {
      socket.destroy()
      reject(new Error(`no answer within ${TIMEOUT} ms to a token of ${characters} characters`))
    })
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text
      const status = /^HTTP\/1\.[01] (\d{3}) /u.exec(received)?.[1]
      if (status !== undefined) settle(Number(status))
    })
    // Refused, reset, or closed: nothing was said.
    socket.on('error', () => settle('no answer'))
    socket.on('close', () => settle('no answer'))
    socket.write(requestOf('a'.repeat(characters), otherLine))
  })
}

/** Finds the edge between what gets 200 and what does not, by doubling and then halving. */
export async function findEdge(port: number): Promise<Edge> {
  let longest = 0
  let refused = 1_024
  let beyond = await probe(port, refused)
  while (beyond === 200) {
    longest = refused
    refused *= 2
    if (refused > LONGEST_PROBE) throw new Error(`a token of ${longest} characters still passes`)
    beyond = await probe(port, refused)
  }
  while (refused - longest > 1) {
    const middle = Math.floor((longest + refused) / 2)
    const answer = await probe(port, middle)
    if (answer === 200) longest = middle
    else {
      refused = middle
      beyond = answer
    }
  }
  return { longest, beyond }
}
