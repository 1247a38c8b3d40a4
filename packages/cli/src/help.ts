// CLI: the layout of the help pages, the same for all commands: name, usage, description, options by group, and what a
// command says after that, such as its exit codes and examples. As wide as the terminal, within limits.

import type { Command, Help, Option } from 'commander'
import { type Context, styleFor } from './context.ts'

/** How wide pages are: as the terminal, 80 where there is none; longer lines are hard to read, shorter ones fall apart. */
export function pageWidth({ columns = 80 }: Pick<Context, 'columns'>): number {
  return Math.min(Math.max(columns, 40), 100)
}

/** The page of a command up to what it says itself after the options; commander calls this. */
export function formatPage(command: Command, helper: Help, width: number): string {
  const [summary, description] = splitDescription(helper.commandDescription(command))
  const options = helper.visibleOptions(command)
  const groups = Map.groupBy(options, groupOf)
  const commands = helper.visibleCommands(command)
  const terms = [
    ...options.map((option) => option.flags),
    ...commands.map((child) => child.name()),
    ...command.registeredArguments.map((argument) => helper.argumentTerm(argument)),
  ]
  // A long term would leave its neighbours no room: it stands on a line of its own.
  const termWidth = Math.min(Math.max(...terms.map((term) => term.length)), Math.floor(width / 3))
  const section = (title: string, rows: readonly (readonly [string, string])[]): readonly string[] =>
    rows.length === 0
      ? []
      : ['', ...wrapLine(title, width), ...rows.flatMap((row) => rowLines(row, termWidth, width))]
  const lines = [
    'Name:',
    ...hang(`  ${pathOf(command)} - `, summary, 4, width),
    '',
    'Usage:',
    ...usageLines(command, options, width),
    ...(description === '' ? [] : ['', ...wrapLine(description, width)]),
    ...section(
      'Commands:',
      commands.map((child) => [child.name(), splitDescription(child.description())[0]]),
    ),
    ...section(
      'Arguments:',
      helper
        .visibleArguments(command)
        .map((argument) => [helper.argumentTerm(argument), argument.description]),
    ),
    ...[...groups].toSorted(requiredFirst).flatMap(([title, members]) =>
      section(
        title,
        members.map((option) => [option.flags, optionText(option)]),
      ),
    ),
  ]
  return `${lines.join('\n')}\n`
}

/** What is printed of a page: lines at most as wide as it, exit codes as a list, headings strong on a terminal. */
export function layOut(text: string, context: Context, stream: 'stdout' | 'stderr'): string {
  const width = pageWidth(context)
  const style = styleFor(context, stream)
  const lines = text.split('\n').flatMap((line) => {
    const codes = exitCodes(line)
    if (codes !== undefined) return ['Exit codes:', ...codes.flatMap((code) => wrapLine(code, width))]
    return isExample(line) ? [line] : wrapLine(line, width)
  })
  return lines.map((line) => (HEADING.test(line) ? style.strong(line) : line)).join('\n')
}

/** The examples of a page, as a shell takes them. */
export function examplesOf(page: string): readonly string[] {
  const [, examples = ''] = page.split(/^Examples?:$/mu)
  return examples
    .split('\n')
    .filter(isExample)
    .map((line) => line.trim())
}

/** `ingam ca init`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

const REQUIRED = 'Required options:'
const HEADING = /^[A-Z][^.]*:$/u

function groupOf(option: Option): string {
  if (option.mandatory) return REQUIRED
  // Commander would put it into the group that was open last.
  return option.long === '--help' ? 'Options:' : (option.helpGroupHeading ?? 'Options:')
}

// Named groups before the rest, which ends with --help.
function requiredFirst([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return rank(one) - rank(other)
}

function rank(title: string): number {
  if (title === REQUIRED) return 0
  return title === 'Options:' ? 2 : 1
}

// An example stays on its line, so that it can be copied whole.
function isExample(line: string): boolean {
  return line.startsWith('  ingam ')
}

// The first sentence names the command, as in a manual page; the others describe it.
function splitDescription(text: string): readonly [string, string] {
  const { first = text, rest = '' } = /^(?<first>.*?)\.(?:\s+(?<rest>.*))?$/su.exec(text)?.groups ?? {}
  return [first.charAt(0).toLowerCase() + first.slice(1), rest]
}

function optionText({ description, argChoices = [], defaultValue }: Option): string {
  const choices = argChoices.length === 0 ? [] : [`one of ${argChoices.join(', ')}`]
  const isShown = typeof defaultValue === 'string' || typeof defaultValue === 'number'
  // A default in words stands in brackets already.
  const { text = description, words } =
    /^(?<text>.*) \((?<words>default: [^()]*)\)$/su.exec(description)?.groups ?? {}
  const more = [
    ...choices,
    ...(isShown ? [`default: ${defaultValue}`] : []),
    ...(words === undefined ? [] : [words]),
  ]
  return more.length === 0 ? description : `${text} (${more.join('; ')})`
}

function usageLines(command: Command, options: readonly Option[], width: number): readonly string[] {
  const required = options
    .filter((option) => option.mandatory)
    .map((option) => option.long + valueTerm(option))
  const rest = options.length > required.length ? ['[options]'] : []
  const names = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  const below = command.commands.length > 0 && command.registeredArguments.length === 0 ? ['<command>'] : []
  // A break within `--cert <file>` would tear the option from its value: such a blank is bound until the lines stand.
  const words = [...required, ...rest, ...names, ...below].map((word) => word.replaceAll(' ', BOUND))
  return hang(`  ${pathOf(command)} `, words.join(' '), 6, width).map((line) => line.replaceAll(BOUND, ' '))
}

const BOUND = '\u00a0'

function valueTerm(option: Option): string {
  const value = /[<[].*$/u.exec(option.flags)?.[0]
  return value === undefined ? '' : ` ${value}`
}

function rowLines(
  [term, text]: readonly [string, string],
  termWidth: number,
  width: number,
): readonly string[] {
  const indent = termWidth + 4
  const lines = hang(' '.repeat(indent), text, indent, width)
  if (term.length > termWidth) return [`  ${term}`, ...lines]
  const [first = '', ...rest] = lines
  return [`  ${term.padEnd(termWidth)}  ${first.trimStart()}`.trimEnd(), ...rest]
}

function exitCodes(line: string): readonly string[] | undefined {
  const { list } = /^Exit codes: (?<list>\d.*)$/u.exec(line)?.groups ?? {}
  return list
    ?.replace(/\.$/u, '')
    .split(/, (?=\d)/u)
    .map((code) => code.replace(/^(\d+) /u, (_all, number: string) => `  ${number.padEnd(2)}  `))
}

// Breaks a line between words; what follows stands below its text: behind the indent, or behind the first of two columns.
function wrapLine(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line]
  const [start = ''] = /^ *(?:\S+ {2,})?/u.exec(line) ?? []
  return hang(start, line.slice(start.length), start.length, width)
}

function hang(start: string, text: string, indent: number, width: number): readonly string[] {
  const lines: string[] = []
  let line = start
  let isEmpty = true
  for (const word of text.split(/ +/u)) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ' '.repeat(indent) + word
    } else line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line.trimEnd()]
}
