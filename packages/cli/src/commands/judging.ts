// CLI: what `verify` and `explain` do alike: a verifier is opened, token and binding are read, and whatever is refused
// comes out with the commands that would mend it.

import { type ExpectedBinding, isPkiError } from 'ingam'
import type { Context } from '../context.ts'
import { mended, type Situation } from '../hints.ts'
import { isFromStdin, readToken } from '../token-input.ts'
import { readBinding } from './binding.ts'
import { type JudgeOptions, type OpenVerifier, openVerifier } from './options.ts'

/** A call of one of the commands. */
export interface JudgeCall {
  readonly command: 'verify' | 'explain'
  /** The token's argument. */
  readonly argument: string | undefined
  readonly options: JudgeOptions
}

/** What the judgement is made from. */
export interface Given extends OpenVerifier {
  readonly token: string
  readonly expected: ExpectedBinding
  readonly situation: Situation
}

/** Judges the token that was given; what is thrown as a refusal is thrown with hints. */
export async function judgeGiven<T>(
  context: Context,
  { command, argument, options }: JudgeCall,
  judge: (given: Given) => Promise<T>,
): Promise<T> {
  let situation: Situation = { ...options, command }
  let opened: OpenVerifier | undefined
  try {
    opened = await openVerifier(context, options)
    const expected = await readBinding(context, options, isFromStdin(argument))
    const { token, request } = await readToken(context, argument, options.from)
    if (request !== undefined) situation = { ...situation, request }
    return await judge({ ...opened, token, expected, situation })
  } catch (error) {
    throw isPkiError(error) ? mended(error, situation) : error
  } finally {
    opened?.close()
  }
}
