// CLI: the completion script for bash (3.2 and newer).

import { type CompletedCommand, flatten, type Values } from './model.ts'
import { singleQuoted } from './quote.ts'

/** The script. */
export function bashScript(program: CompletedCommand): string {
  const commands = flatten(program)
  const below = commands.filter((command) => command !== program).map(({ path }) => singleQuoted(path))
  return `# Completion of ingam for bash. Made by: ingam completion bash

_ingam() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path=ingam options= words= i
  local IFS=$' \\t\\n'
  COMPREPLY=()
  # "=" is a word of its own to bash.
  if [[ $current == '=' ]]; then
    current=
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${below.join(' | ')})
        path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case $path in
${commands.map(wordCase).join('\n')}
  esac
  if [[ $current == -* || -z $words ]]; then words=$options; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}

_ingam_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$current"))
  compopt -o filenames 2>/dev/null
}

complete -F _ingam ingam
`
}

function valueCases({ path, options }: CompletedCommand): readonly string[] {
  const byAction = Map.groupBy(
    options.filter(({ value }) => value !== undefined),
    ({ value }) => completing(value?.values ?? { kind: 'text' }),
  )
  return [...byAction].map(([action, members]) => {
    const patterns = members.map(({ long }) => singleQuoted(`${path} ${long}`))
    return `    ${patterns.join(' | ')})\n      ${action}; return ;;`
  })
}

function completing(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `COMPREPLY=($(compgen -W ${singleQuoted(values.choices.join(' '))} -- "$current"))`
    case 'files':
      return '_ingam_files -f'
    case 'folders':
      return '_ingam_files -d'
    case 'text':
      return ':'
  }
}

function wordCase({ path, options, commands, argument }: CompletedCommand): string {
  const names = commands.map(({ name }) => name)
  const words = argument?.values.kind === 'choices' ? [...names, ...argument.values.choices] : names
  const files =
    argument?.values.kind === 'files' ? ' [[ $current == -* ]] || { _ingam_files -f; return; };' : ''
  const all = options.map(({ long }) => long).join(' ')
  return `    ${singleQuoted(path)})${files} options=${singleQuoted(all)} words=${singleQuoted(words.join(' '))} ;;`
}
