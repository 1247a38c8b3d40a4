// CLI: the completion script for fish.

import { type CompletedCommand, type CompletedOption, flatten, type Values } from './model.ts'
import { fishQuoted } from './quote.ts'

/** The script. */
export function fishScript(program: CompletedCommand): string {
  const commands = flatten(program)
  const below = commands.filter((command) => command !== program).map(({ path }) => fishQuoted(path))
  return `# Completion of ingam for fish. Made by: ingam completion fish

function __ingam_at --description 'Whether the command line has come to this command'
    set -l path ingam
    for word in (commandline -opc)[2..-1]
        switch "$path $word"
            case ${below.join(' ')}
                set path "$path $word"
        end
    end
    test "$path" = "$argv"
end

complete -c ingam -f
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf(command: CompletedCommand): readonly string[] {
  const start = `complete -c ingam -n ${fishQuoted(`__ingam_at ${command.path}`)}`
  const { argument } = command
  return [
    ...command.commands.map(
      (child) => `${start} -a ${fishQuoted(child.name)} -d ${fishQuoted(child.description)}`,
    ),
    ...(argument?.values.kind === 'choices' || argument?.values.kind === 'files'
      ? [`${start} ${candidates(argument.values)}`]
      : []),
    ...command.options.map((option) => `${start} ${optionWords(option)}`),
  ]
}

function optionWords({ long, short, description, value }: CompletedOption): string {
  const names = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`
  const values = value === undefined ? '' : ` ${candidates(value.values)} -r`
  return `${names}${values} -d ${fishQuoted(description)}`
}

function candidates(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `-f -a ${fishQuoted(values.choices.join(' '))}`
    case 'files':
      return '-F'
    case 'folders':
      return `-f -a '(__fish_complete_directories (commandline -ct))'`
    case 'text':
      return '-f'
  }
}
