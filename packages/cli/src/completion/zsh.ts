// CLI: the completion script for zsh: one function for each command. Works as a file of $fpath and sourced.

import type { CompletedCommand, CompletedOption, Values } from './model.ts'
import { flatten } from './model.ts'
import { singleQuoted } from './quote.ts'

/** The script. */
export function zshScript(program: CompletedCommand): string {
  return `#compdef ingam
# Completion of ingam for zsh. Made by: ingam completion zsh

${flatten(program).map(functionOf).join('\n\n')}

if [[ \${funcstack[1]} == _ingam ]]; then
  _ingam "$@"
else
  compdef _ingam ingam
fi
`
}

function functionOf(command: CompletedCommand): string {
  const specs = command.options.map(optionSpec)
  if (command.commands.length === 0) {
    const { argument } = command
    const rest =
      argument === undefined ? [] : [singleQuoted(`1:${escaped(argument.name)}:${action(argument.values)}`)]
    return `${nameOf(command)}() {
  _arguments -S \\
${[...specs, ...rest].map((spec) => `    ${spec}`).join(' \\\n')}
}`
  }
  const entries = command.commands.map(({ name, description }) =>
    singleQuoted(`${name}:${escaped(description)}`),
  )
  return `${nameOf(command)}() {
  local state line
  local -a commands=(
${entries.map((entry) => `    ${entry}`).join('\n')}
  )
  _arguments -C \\
${[...specs, "'1: :->command'", "'*:: :->arguments'"].map((spec) => `    ${spec}`).join(' \\\n')}
  case $state in
    command) _describe -t commands ${singleQuoted(`command of ${command.path}`)} commands ;;
    arguments)
      case $line[1] in
${command.commands.map((child) => `        ${child.name}) ${nameOf(child)} ;;`).join('\n')}
      esac ;;
  esac
}`
}

function optionSpec({ long, short, description, repeatable, value }: CompletedOption): string {
  const text = `[${escaped(description)}]`
  if (value === undefined) {
    const excluded = short === undefined ? '' : `(${short} ${long})`
    return singleQuoted(`${excluded}${long}${text}`)
  }
  const star = repeatable ? '*' : ''
  return singleQuoted(`${star}${long}=${text}:${escaped(value.name)}:${action(value.values)}`)
}

function action(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `(${values.choices.map((choice) => escaped(choice)).join(' ')})`
    case 'files':
      return '_files'
    case 'folders':
      return '_files -/'
    case 'text':
      return ' '
  }
}

function nameOf({ path }: CompletedCommand): string {
  return `_${path.replaceAll(/[ -]/gu, '_')}`
}

// Characters that end a part of a specification.
function escaped(text: string): string {
  return text.replaceAll(/[\\:[\]]/gu, (character) => `\\${character}`)
}
