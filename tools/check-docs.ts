// Tool: holds the papers against the source. docs/errors.md is the catalogue, row by row (--write makes it anew);
// each code is provoked by some test; each relative link leads to a file.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { catalogue, codes } from '../packages/ingam/src/errors/catalogue.ts'

const ROOT = join(import.meta.dirname, '..')
const ERRORS = join(ROOT, 'docs', 'errors.md')

/** The text that docs/errors.md must have. */
export function errorsPage(): string {
  return [HEAD, ...codes.map(row), ''].join('\n')
}

/** The codes that stand in no test. */
export function unprovokedCodes(tests: readonly string[]): string[] {
  return codes.filter((code) => !tests.some((text) => new RegExp(`\\b${code}\\b`, 'u').test(text)))
}

/** The relative links of a page that lead nowhere. */
export function deadLinks(text: string, exists: (target: string) => boolean): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gmu, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/gu)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^([a-z]+:|#)/u.test(link))
    .filter((link) => !exists(link.replace(/#.*$/u, '')))
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

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => !/(^|[\\/])(node_modules|dist)[\\/]/u.test(name))
    .map((name) => join(ROOT, folder, name))
}

function main(): void {
  if (process.argv.includes('--write')) writeFileSync(ERRORS, errorsPage())
  const problems: string[] = []
  if (!existsSync(ERRORS) || readFileSync(ERRORS, 'utf8') !== errorsPage()) {
    problems.push('docs/errors.md differs from the catalogue; run: npm run docs')
  }
  const tests = [
    ...filesIn('packages').filter((path) => path.endsWith('.test.ts')),
    // Tables of cases and transcripts stand in files of their own there.
    ...filesIn('test').filter((path) => /\.(?:ts|txt)$/u.test(path)),
  ]
  for (const code of unprovokedCodes(tests.map((path) => readFileSync(path, 'utf8')))) {
    problems.push(`${code} is provoked by no test`)
  }
  const pages = [...readdirSync(ROOT).map((name) => join(ROOT, name)), ...filesIn('docs')].filter((path) =>
    path.endsWith('.md'),
  )
  for (const page of pages) {
    const exists = (target: string): boolean => existsSync(join(dirname(page), decodeURI(target)))
    for (const link of deadLinks(readFileSync(page, 'utf8'), exists)) {
      problems.push(`${relative(ROOT, page)}: the link to ${link} leads nowhere`)
    }
  }
  for (const problem of problems) console.error(`check-docs: ${problem}`)
  console.error(`check-docs: ${codes.length} codes, ${pages.length} pages, ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
}

if (import.meta.main) main()
