// The stable code of a refusal, so that a test can say which one it expects in a line.

import { isPkiError } from '../../packages/ingam/src/errors/errors.ts'

/** Runs something that should be refused; returns the code, or `'accepted'`; foreign errors pass through. */
export async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
    return 'accepted'
  } catch (error) {
    if (isPkiError(error)) return error.code
    throw error
  }
}
