// What the matrix asks of a peer, and how a peer answers. A peer in another language is one process: the jobs as JSON on
// its standard input, its version and the answers as JSON on its standard output.

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { TokenAlgorithm } from '../../../packages/ingam/src/keys/algorithms.ts'

/** Members of a JSON object. */
export type Members = Readonly<Record<string, unknown>>

/** Verify a token with the key of its `x5c[0]`, by this algorithm and no other; and its claims, where the peer judges claims. */
export interface VerifyJob {
  readonly kind: 'verify'
  readonly algorithm: TokenAlgorithm
  readonly token: string
  readonly audience: string
  readonly issuer: string
  /** PEM of the root, for peers that hand out no key of an `x5c` without a path. */
  readonly root: string
}

/** Sign a token with this header and these claims. */
export interface SignJob {
  readonly kind: 'sign'
  readonly algorithm: TokenAlgorithm
  readonly header: Members
  readonly claims: Members
  /** PEM of PKCS #8. */
  readonly privateKey: string
}

export type Job = VerifyJob | SignJob

/**
 * What became of a job. `refused`: the peer says that the signature is wrong. `failed`: anything else went wrong, first of
 * all that the peer has no such algorithm.
 */
export type Answer =
  | { readonly outcome: 'accepted'; readonly claims: Members }
  | { readonly outcome: 'signed'; readonly token: string }
  | { readonly outcome: 'refused' | 'failed'; readonly says: string }

/** The peer's version, and an answer to each job. */
export interface Report {
  readonly version: string
  readonly answers: readonly Answer[]
}

/** Does all the jobs. */
export type Ask = (jobs: readonly Job[]) => Promise<Report>

/** How a peer that can be called from here does one job. */
export interface Calls {
  readonly version: string
  readonly verify: (job: VerifyJob) => Promise<unknown>
  readonly sign: (job: SignJob) => Promise<string>
  /** Whether what the peer threw says that the signature is wrong. */
  readonly isRefusal: (error: Error) => boolean
}

/** A peer that can be called from here. */
export function askByCalls({ version, verify, sign, isRefusal }: Calls): Ask {
  const answerTo = async (job: Job): Promise<Answer> => {
    try {
      if (job.kind === 'sign') return { outcome: 'signed', token: await sign(job) }
      return { outcome: 'accepted', claims: membersOf(await verify(job)) }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      return { outcome: isRefusal(error) ? 'refused' : 'failed', says: `${error.name}: ${error.message}` }
    }
  }
  return async (jobs) => {
    const answers: Answer[] = []
    for (const job of jobs) answers.push(await answerTo(job))
    return { version, answers }
  }
}

/** A peer that is a program. */
export function askByProgram(command: string, args: readonly string[]): Ask {
  return async (jobs) => {
    const child = spawn(command, args, { timeout: 120_000 })
    const status = new Promise<number | null>((resolve, reject) =>
      child.on('error', reject).on('close', resolve),
    )
    child.stdin.end(JSON.stringify({ jobs }))
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), status])
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}\n${stderr}`)
    return readReport(JSON.parse(stdout), jobs.length)
  }
}

/** The object, or an error where it is none. */
export function membersOf(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('not a JSON object')
  return Object.fromEntries(Object.entries(value))
}

function readReport(value: unknown, jobs: number): Report {
  const { version, answers } = membersOf(value)
  if (!Array.isArray(answers) || answers.length !== jobs) throw new Error(`expected ${jobs} answers`)
  return { version: textOf(version), answers: answers.map(readAnswer) }
}

function readAnswer(value: unknown): Answer {
  const { outcome, claims, token, says } = membersOf(value)
  switch (outcome) {
    case 'accepted':
      return { outcome, claims: membersOf(claims) }
    case 'signed':
      return { outcome, token: textOf(token) }
    case 'refused':
    case 'failed':
      return { outcome, says: textOf(says) }
    default:
      throw new Error(`no such outcome: ${String(outcome)}`)
  }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('expected text')
  return value
}
