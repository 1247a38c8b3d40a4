// Tool: holds each translated page (README.ko.md) against its original (README.md). Section by section they have headings
// of the same level, the same code blocks, the same links and the same names in code. What the words say no tool can
// compare: a translation lists a digest of each section that it was made from, and an original that has changed since is a
// problem until somebody has looked and confirmed.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** A page. */
export interface Page {
  /** Of its file, from the root. */
  readonly path: string
  readonly text: string
}

/**
 * What is wrong with a translation.
 *
 * @param isThere whether a file of this name lies beside the page; a link to a page that is translated too must lead to its
 *   translation
 */
export function translationProblems(
  original: Page,
  translation: Page,
  isThere: (name: string) => boolean,
): string[] {
  const originals = sectionsOf(original.text)
  const sections = sectionsOf(translation.text)
  const differing = originals.findIndex(({ level }, index) => sections[index]?.level !== level)
  const first = differing === -1 && sections.length > originals.length ? originals.length : differing
  if (first !== -1) {
    // The sections after it are compared with the wrong ones.
    return [
      `expected ${headingOf(originals[first])} as section ${first + 1}, found ${headingOf(sections[first])}`,
    ]
  }
  const counterpart = counterpartOf(basename(original.path), basename(translation.path), isThere)
  return [
    ...originals.flatMap((wanted, index) => {
      const found = sections[index]
      if (found === undefined) return []
      return sectionProblems(wanted, found, counterpart).map((problem) => `${headingOf(found)}: ${problem}`)
    }),
    ...changeProblems(original, originals, translation),
  ]
}

/** The translation with the digests of the original as it is now. */
export function confirm(original: Page, translation: Page): string {
  const marker = markerOf(original)
  if (MARKER.test(translation.text)) return translation.text.replace(MARKER, () => marker)
  const [heading = '', ...rest] = translation.text.split('\n')
  return [heading, '', marker, ...rest].join('\n')
}

interface Section {
  readonly level: number
  readonly title: string
  readonly lines: string[]
}

// A line of a code block that begins with # is no heading.
function sectionsOf(text: string): readonly Section[] {
  const sections: Section[] = []
  let isCode = false
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode
    const [, marks = '', title = ''] = (isCode ? null : /^(#{1,6}) (.+)$/u.exec(line)) ?? []
    if (marks !== '' || sections.length === 0) sections.push({ level: marks.length, title, lines: [] })
    sections.at(-1)?.lines.push(line)
  }
  return sections
}

function headingOf(section: Section | undefined): string {
  if (section === undefined) return 'no section'
  return section.level === 0 ? 'the beginning' : `"${'#'.repeat(section.level)} ${section.title}"`
}

function sectionProblems(wanted: Section, found: Section, counterpart: (link: string) => string): string[] {
  const [original, translation] = [partsOf(wanted), partsOf(found)]
  const blocks = original.blocks.findIndex((block, index) => translation.blocks[index] !== block)
  const links = original.links.map(counterpart)
  return [
    ...(blocks === -1 ? [] : [`code block ${blocks + 1} differs`]),
    ...(translation.blocks.length > original.blocks.length ? ['a code block too many'] : []),
    ...missing(links, translation.links).map((link) => `the link to ${link} is missing`),
    ...missing(translation.links, links).map((link) => `the link to ${link} is not in the original`),
    ...missing(original.names, translation.names).map((name) => `\`${name}\` is missing`),
    ...missing(translation.names, original.names).map((name) => `\`${name}\` is not in the original`),
  ]
}

interface Parts {
  readonly blocks: readonly string[]
  /** Where links and pictures lead, without the place within a page, whose name is translated. */
  readonly links: readonly string[]
  /** What stands in code within the text. */
  readonly names: readonly string[]
}

function partsOf({ lines }: Section): Parts {
  const text = lines.join('\n')
  const prose = text.replaceAll(BLOCK, '')
  return {
    blocks: all(text, BLOCK),
    links: all(prose, /\]\(([^)\s]+)\)/gu)
      .map((link) => link.replace(/#.*$/u, ''))
      .filter((link) => link !== ''),
    names: all(prose, /`([^`]+)`/gu).map((name) => name.replaceAll(/\s+/gu, ' ')),
  }
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([whole, part = whole]) => part)
}

function missing(wanted: readonly string[], found: readonly string[]): string[] {
  return [...new Set(wanted)].filter((text) => !found.includes(text))
}

// Each of the two pages leads to the other.
function counterpartOf(
  original: string,
  translation: string,
  isThere: (name: string) => boolean,
): (link: string) => string {
  const ending = translation.slice(original.length - '.md'.length)
  return (link) => {
    if (link === translation) return original
    const translated = link.replace(/\.md$/u, ending)
    return translated !== link && isThere(translated) ? translated : link
  }
}

function changeProblems(original: Page, originals: readonly Section[], translation: Page): string[] {
  const how = `npm run docs:translated -- ${translation.path}`
  const told = MARKER.exec(translation.text)?.[1]?.trim().split(' ')
  if (told === undefined) return [`it does not say what it was translated from; when it is right: ${how}`]
  const changed = originals.filter((section, index) => digestOf(section) !== told[index])
  if (changed.length === 0 && told.length === originals.length) return []
  const where = changed.map(headingOf).join(', ')
  return [`${original.path} has changed since in ${where}; translate the change, then: ${how}`]
}

function markerOf({ path, text }: Page): string {
  return `<!-- translated from ${path}: ${sectionsOf(text).map(digestOf).join(' ')} -->`
}

// Lines that are only broken elsewhere are no change.
function digestOf({ lines }: Section): string {
  const text = lines.join(' ').replaceAll(/\s+/gu, ' ').trim()
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

const BLOCK = /^```[\s\S]*?^```$/gmu
const MARKER = /<!-- translated from \S+: ([0-9a-f ]+) -->/u

function translatedPages(): string[] {
  return ['.', 'docs']
    .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => join(folder, name)))
    .filter((path) => /\.[a-z]{2}\.md$/u.test(path))
}

function pageOf(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') }
}

function main(): void {
  const translations = translatedPages()
  const confirmed = process.argv[2] === '--confirm' ? process.argv.slice(3) : []
  const problems = confirmed
    .filter((path) => !translations.includes(path))
    .map((path) => `${path}: not a translation; there are ${translations.join(', ')}`)
  for (const path of translations) {
    const originalPath = path.replace(/\.[a-z]{2}\.md$/u, '.md')
    if (!existsSync(join(ROOT, originalPath))) {
      problems.push(`${path}: there is no ${originalPath}`)
      continue
    }
    const original = pageOf(originalPath)
    if (confirmed.includes(path)) writeFileSync(join(ROOT, path), confirm(original, pageOf(path)))
    const isThere = (name: string): boolean => existsSync(join(ROOT, dirname(path), name))
    const found = translationProblems(original, pageOf(path), isThere)
    problems.push(...found.map((problem) => `${path}: ${problem}`))
  }
  for (const problem of problems) console.error(`check-translations: ${problem}`)
  console.error(`check-translations: ${translations.length} pages, ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
}

if (import.meta.main) main()
