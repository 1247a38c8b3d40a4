// Tool: holds the papers against the source. docs/errors.md is the catalogue, row by row, and docs/interop.md has the matrix
// of the peers (--write makes both anew); each code is provoked by some test; each relative link leads to a file; each rule
// of docs/profile.md names tests that are there, and each deviation of the source has its row in it.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { catalogue, codes } from '../packages/ingam/src/errors/catalogue.ts'
import { CHECKS } from '../packages/ingam/src/token/trace.ts'
import { serviceCodes } from '../packages/server/src/service-error.ts'
import { withMatrix } from './interop-matrix.ts'

const ROOT = join(import.meta.dirname, '..')
const ERRORS = join(ROOT, 'docs', 'errors.md')
const INTEROP = join(ROOT, 'docs', 'interop.md')

/** The text that docs/errors.md must have. */
export function errorsPage(): string {
  return [HEAD, ...codes.map(row), '', SERVICE_HEAD, ...Object.keys(serviceCodes).map(serviceRow), ''].join(
    '\n',
  )
}

/** All codes, of the library and of the service. */
export function allCodes(): readonly string[] {
  return [...codes, ...Object.keys(serviceCodes)]
}

/** The codes that stand in no test. */
export function unprovokedCodes(tests: readonly string[]): string[] {
  return allCodes().filter((code) => !tests.some((text) => new RegExp(`\\b${code}\\b`, 'u').test(text)))
}

/** The relative links of a page that lead nowhere. */
export function deadLinks(text: string, exists: (target: string) => boolean): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gmu, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/gu)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^([a-z]+:|#)/u.test(link))
    .filter((link) => !exists(link.replace(/#.*$/u, '')))
}

/** The tests that a page names, as `file` "title", that are not there. */
export function missingTests(page: string, read: (path: string) => string | undefined): string[] {
  return [...page.matchAll(/`([\w./-]+\.test\.ts)` "([^"]+)"/gu)]
    .filter(([, path = '', title = '']) => read(path)?.includes(title) !== true)
    .map(([named]) => named)
}

/** The rows of the rules that name no test. */
export function rowsWithoutTest(page: string): string[] {
  const tables = page.split('\n\n').filter((block) => block.startsWith('| rule |'))
  return tables.flatMap((table) => table.split('\n').slice(2)).filter((line) => !/\.test\.ts` "/u.test(line))
}

/** The sources that deviate more often than the page has rows for them. */
export function untoldDeviations(page: string, sources: ReadonlyMap<string, string>): string[] {
  const rows = page.split('\n').filter((line) => line.includes('**DEVIATION**'))
  return [...sources]
    .filter(([name, text]) => {
      const told = rows.filter((line) => line.includes(`\`${name}\``)).length
      return (text.match(/DEVIATION:/gu) ?? []).length > told
    })
    .map(([name]) => name)
}

/** The codes of tokens that the specification does not name. */
export function unspecifiedCodes(page: string): string[] {
  return codes.filter((code) => code.startsWith('ERR_TOKEN_') && !page.includes(`\`${code}\``))
}

/** The checks that the specification lists, each with its codes: rows of number, text, name, codes. */
export function specifiedChecks(page: string): ReadonlyMap<string, readonly string[]> {
  const rows = page.matchAll(/^\| (\d+) \| [^|]+ \| `(\w+)` \| ([^|]+) \|$/gmu)
  return new Map(
    [...rows].map(([, , name = '', cells = '']) => [
      name,
      [...cells.matchAll(/`(\w+)…?`/gu)].map(([, code = '']) => code),
    ]),
  )
}

const HEAD = `# Codes

Every refusal has one of these codes. Codes are API: removing one or giving it another meaning is a major version.
Messages are not API. The exit code is that of the command: 1 a clear no, 3 unreadable input, 4 undecided, 70 a
mistake of the caller. The HTTP status is what a service answers with. Made from \`errors/catalogue.ts\`.

| code | class | exit | HTTP | what is wrong | what to do |
|---|---|---|---|---|---|`

function row(code: (typeof codes)[number]): string {
  const { kind, exit, http, summary, hint } = catalogue[code]
  return `| \`${code}\` | ${kind} | ${exit} | ${http} | ${cell(summary)} | ${cell(hint)} |`
}

const SERVICE_HEAD = `## The service

What the token service refuses by itself. An OAuth endpoint answers with \`error\` and with the sentence as \`error_description\`; \`/admin\` and
\`/challenge\` answer with the code (RFC 9457). The caller learns nothing else: what was expected and what was found is in the audit log, under the
request's id. Made from \`service-error.ts\`.

| code | HTTP | OAuth \`error\` | what the caller reads | what the operator can do |
|---|---|---|---|---|`

function serviceRow(code: string): string {
  const found = Object.entries(serviceCodes).find(([name]) => name === code)?.[1]
  if (found === undefined) return ''
  const { status, oauth, text, hint } = found
  return `| \`${code}\` | ${status} | ${oauth === undefined ? '' : `\`${oauth}\``} | ${cell(text)} | ${cell(hint)} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => !/(^|[\\/])(node_modules|dist)[\\/]/u.test(name))
    .map((name) => join(ROOT, folder, name))
}

function profileProblems(): string[] {
  const page = readFileSync(join(ROOT, 'docs', 'profile.md'), 'utf8')
  const read = (path: string): string | undefined =>
    existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : undefined
  const library = join('packages', 'ingam', 'src')
  const sources = filesIn(library)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path): [string, string] => [relative(join(ROOT, library), path), readFileSync(path, 'utf8')])
  return [
    ...missingTests(page, read).map((named) => `docs/profile.md: ${named} is not there`),
    ...rowsWithoutTest(page).map((line) => `docs/profile.md: no test in: ${line}`),
    ...untoldDeviations(page, new Map(sources)).map(
      (name) => `docs/profile.md: no row for a deviation of ${name}`,
    ),
  ]
}

function specificationProblems(): string[] {
  const page = readFileSync(join(ROOT, 'docs', 'token-format.md'), 'utf8')
  const listed = [...specifiedChecks(page).keys()].join(', ')
  const made = CHECKS.map(([id]) => id).join(', ')
  return [
    ...unspecifiedCodes(page).map((code) => `docs/token-format.md: ${code} is not named`),
    ...(listed === made ? [] : [`docs/token-format.md: lists the checks ${listed}, made are ${made}`]),
  ]
}

function main(): void {
  const interop = readFileSync(INTEROP, 'utf8')
  const withMatrixOfNow = withMatrix(interop)
  if (process.argv.includes('--write')) {
    writeFileSync(ERRORS, errorsPage())
    if (withMatrixOfNow !== undefined) writeFileSync(INTEROP, withMatrixOfNow)
  }
  const problems: string[] = []
  if (!existsSync(ERRORS) || readFileSync(ERRORS, 'utf8') !== errorsPage()) {
    problems.push('docs/errors.md differs from the catalogue; run: npm run docs')
  }
  if (readFileSync(INTEROP, 'utf8') !== withMatrixOfNow) {
    problems.push('docs/interop.md differs from the table of the peers; run: npm run docs')
  }
  const tests = [
    ...filesIn('packages').filter((path) => path.endsWith('.test.ts')),
    // Tables of cases and transcripts stand in files of their own there.
    ...filesIn('test').filter((path) => /\.(?:ts|txt)$/u.test(path)),
  ]
  for (const code of unprovokedCodes(tests.map((path) => readFileSync(path, 'utf8')))) {
    problems.push(`${code} is provoked by no test`)
  }
  const pages = [
    ...readdirSync(ROOT).map((name) => join(ROOT, name)),
    ...filesIn('docs'),
    ...filesIn('test'),
  ].filter((path) => path.endsWith('.md'))
  for (const page of pages) {
    const exists = (target: string): boolean => existsSync(join(dirname(page), decodeURI(target)))
    for (const link of deadLinks(readFileSync(page, 'utf8'), exists)) {
      problems.push(`${relative(ROOT, page)}: the link to ${link} leads nowhere`)
    }
  }
  problems.push(...profileProblems(), ...specificationProblems())
  for (const problem of problems) console.error(`check-docs: ${problem}`)
  console.error(`check-docs: ${allCodes().length} codes, ${pages.length} pages, ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
}

if (import.meta.main) main()
