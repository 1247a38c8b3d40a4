// CLI: what a shell needs to know to complete a command line, read from the program itself, so that it never differs.

import type { Command, Option } from 'commander'
import { pathOf } from '../help.ts'

/** What can follow an option, or stand as an argument. */
export type Values =
  | { readonly kind: 'files' | 'folders' | 'text' }
  | { readonly kind: 'choices'; readonly choices: readonly string[] }

/** One option. */
export interface CompletedOption {
  readonly long: string
  readonly short: string | undefined
  readonly description: string
  readonly repeatable: boolean
  /** Undefined for a switch. */
  readonly value: { readonly name: string; readonly values: Values } | undefined
}

/** One command; `path` begins with the name of the program. */
export interface CompletedCommand {
  readonly path: string
  readonly name: string
  readonly description: string
  readonly options: readonly CompletedOption[]
  readonly argument: { readonly name: string; readonly values: Values } | undefined
  readonly commands: readonly CompletedCommand[]
}

/** The program and all its commands. */
export function modelOf(command: Command): CompletedCommand {
  const helper = command.createHelp()
  return {
    path: pathOf(command),
    name: command.name(),
    description: firstSentence(command.description()),
    options: helper.visibleOptions(command).flatMap(toOption),
    argument: argumentOf(command),
    commands: command.commands.map(modelOf),
  }
}

/** The command and all below it, itself first. */
export function flatten(command: CompletedCommand): readonly CompletedCommand[] {
  return [command, ...command.commands.flatMap(flatten)]
}

function toOption(option: Option): readonly CompletedOption[] {
  if (option.long === undefined) return []
  const { name } = /[<[](?<name>[^>\]]*)[>\]]/u.exec(option.flags)?.groups ?? {}
  return [
    {
      long: option.long,
      short: option.short,
      description: firstSentence(option.description),
      // The word that the page uses for it.
      repeatable: option.description.includes('repeatable'),
      value: name === undefined ? undefined : { name, values: valuesOf(name, option.argChoices) },
    },
  ]
}

function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: 'choices', choices }
  if (name === 'file') return { kind: 'files' }
  return { kind: name === 'folder' ? 'folders' : 'text' }
}

function argumentOf(command: Command): CompletedCommand['argument'] {
  const [argument] = command.registeredArguments
  if (argument === undefined) return undefined
  const name = argument.name()
  // What `help` takes is not a closed list to commander, since it may be two words.
  const choices =
    name === 'command' ? command.parent?.commands.map((sibling) => sibling.name()) : argument.argChoices
  return { name, values: valuesOf(name, choices) }
}

// In a menu there is room for a few words.
function firstSentence(text: string): string {
  const [sentence = ''] = text.split(/[.;(]\s|[.;]$| \(/u)
  return sentence
}
