// CLI: a policy file: read, its certificates put in the place of the files that it names, as the service takes it.

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { escapeText } from 'ingam'
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
 * @param hint what the refusal of a value says beside it, instead of what the service says
 * @throws {CommandError} exit 3 where a file cannot be read, or is no policy (ERR_POLICY_SYNTAX, ERR_POLICY_VALUE): the
 *   message names the file, and lines are those of the file
 */
export async function readPolicy(
  context: Context,
  server: ServerModule,
  path: string,
  hint?: string,
): Promise<PolicyFile> {
  const written = await readText(context, path)
  let text = written
  try {
    text = await server.resolvePolicyFiles(written, readerFrom(path))
    return { text, document: server.parsePolicy(text) }
  } catch (error) {
    throw refusalOf(server, path, error, { lineOf: lineFinder(written.split('\n'), text.split('\n')), hint })
  }
}

/**
 * The refusal of a file's values as the command reports it, with the name of the file; the same error where it is
 * another.
 */
export function refusalOf(
  server: ServerModule,
  path: string,
  error: unknown,
  { lineOf = String, hint }: RefusalOptions = {},
): unknown {
  if (!(error instanceof server.ServiceError)) return error
  const { code, message, details, hint: said } = error
  if (code !== 'ERR_POLICY_SYNTAX' && code !== 'ERR_POLICY_VALUE') return error
  const problems = Array.isArray(details['problems']) ? details['problems'].map(String) : [message]
  const lines = problems.map((problem) => problem.replace(PLACE, (line) => lineOf(Number(line))))
  const [first = message, ...others] = lines
  const count = typeof details['count'] === 'number' ? details['count'] : lines.length
  const name = path === '-' ? 'stdin' : escapeText(path, 1_024)
  const hints = [code === 'ERR_POLICY_VALUE' ? (hint ?? said) : said]
  if (others.length === 0) return new CommandError(3, `${name}: ${first}`, hints, code)
  const shown = count > lines.length ? `, of which ${lines.length} are shown` : ''
  return new CommandError(3, `${name}: ${count} problems${shown}`, hints, code, lines)
}

/** What {@link refusalOf} takes beside the error. */
export interface RefusalOptions {
  /** The line of the file for a line of the text that was judged. */
  readonly lineOf?: (line: number) => string
  readonly hint?: string | undefined
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

// In a problem of a value the place stands in brackets, in one of the syntax at the beginning.
const PLACE = /(?<=^line |\(line )\d+(?=, column)/u

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
