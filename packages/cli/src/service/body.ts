// CLI: the body of a service's answer: bounded, and JSON where JSON is due.

import { CommandError } from '../failure.ts'

// LIMIT: no single answer of the service comes near; guards against an address that is none of a service.
const MAX_ANSWER_BYTES = 8_388_608

/**
 * The JSON object of an answer; an empty one where it has another form, so that a caller looks at status and members.
 *
 * @throws {CommandError} exit 4 where it is longer than any answer of a service
 */
export async function readJsonBody(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const text = new TextDecoder().decode(await readBytes(response, MAX_ANSWER_BYTES))
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return {}
  }
}

async function readBytes(response: Response, maximum: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {}
    if (done || value === undefined) return Buffer.concat(chunks)
    length += value.length
    if (length > maximum) {
      await reader?.cancel()
      throw new CommandError(4, `the answer is longer than ${maximum} bytes, which none of the service is`)
    }
    chunks.push(value)
  }
}
