// CLI: lines of a stream, one at a time, with bounded memory: a line that is too long is passed over, not kept.

/** One line, without its end; undefined text where it was too long or not UTF-8. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: 'too-long' | 'encoding' }

/** The lines of a stream in order, their numbers from 1; the next chunk is read once they were all taken. */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maximumBytes: number,
): AsyncGenerator<Line> {
  let number = 0
  let kept: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    let from = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      keep(chunk.subarray(from, end))
      yield take()
      from = end + 1
    }
    keep(chunk.subarray(from))
  }
  if (length > 0) yield take()

  function keep(bytes: Uint8Array): void {
    length += bytes.length
    if (length > maximumBytes) kept = []
    // A copy: the stream may use the chunk's memory again.
    else if (bytes.length > 0) kept.push(bytes.slice())
  }

  function take(): Line {
    number += 1
    const bytes = length > maximumBytes ? undefined : Buffer.concat(kept)
    kept = []
    length = 0
    if (bytes === undefined) return { number, problem: 'too-long' }
    const text = decode(bytes)
    return text === undefined ? { number, problem: 'encoding' } : { number, text }
  }
}

const LF = 0x0a
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return decoder.decode(bytes).replace(/\r$/u, '')
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
