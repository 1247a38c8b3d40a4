// CLI: a policy file: read, its certificates put in the place of the files that it names, as the service takes it.

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Context, ServerModule } from '../context.ts'
import { CommandError, systemProblem } from '../failure.ts'
import { readText } from './files.ts'

/** A policy as it is sent or judged by. */
export interface PolicyFile {
  /** YAML with PEM in the place of `file:`. */
  readonly text: string
  readonly document: ReturnType<ServerModule['parsePolicy']>
}

/**
 * Reads a policy from a file, or from stdin for `-`; paths in it are relative to its folder.
 *
 * @throws {CommandError} exit 3 where a file cannot be read
 * @throws {ServiceError} ERR_POLICY_SYNTAX, ERR_POLICY_VALUE; lines are those of the file
 */
export async function readPolicy(context: Context, server: ServerModule, path: string): Promise<PolicyFile> {
  const written = await readText(context, path)
  const text = await server.resolvePolicyFiles(written, readerFrom(path))
  try {
    return { text, document: server.parsePolicy(text) }
  } catch (error) {
    if (!(error instanceof server.ServiceError)) throw error
    const { code, message, details } = error
    const lineOf = lineFinder(written.split('\n'), text.split('\n'))
    const problems = Array.isArray(details['problems']) ? details['problems'].map(String) : [message]
    const mended = problems.map((problem) => problem.replace(PLACE, (line) => lineOf(Number(line))))
    throw new server.ServiceError(code, mended.join('\n'), { details: { problems: mended }, cause: error })
  }
}

/** Reads what a file names, relative to the folder in which that file lies. */
export function readerFrom(path: string): (name: string) => Promise<string> {
  const folder = path === '-' ? '.' : dirname(path)
  return async (name) => {
    try {
      return await readFile(resolve(folder, name), 'utf8')
    } catch (error) {
      const problem = systemProblem(error)
      if (problem === undefined) throw error
      throw new CommandError(3, `${name}: ${problem}`, [`it is named in ${path}`], 'ERR_FILE_READ')
    }
  }
}

const PLACE = /(?<=\(line )\d+(?=, column)/u

// Where a certificate was put in, its lines stand for the one that named the file.
function lineFinder(written: readonly string[], resolved: readonly string[]): (line: number) => string {
  const lines: number[] = []
  let at = 0
  let isInside = false
  for (const line of resolved) {
    lines.push(at + 1)
    if (!isInside && line === written[at]) at += 1
    else {
      isInside = !line.includes('-----END CERTIFICATE-----')
      if (!isInside) at += 1
    }
  }
  return (line) => String(lines[line - 1] ?? line)
}
