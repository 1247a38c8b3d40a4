// The completion scripts in the shells themselves: each is loaded by its shell and asked as if somebody pressed Tab.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TOKEN_ALGORITHMS } from '../../packages/ingam/src/keys/algorithms.ts'
import { describeWith } from '../support/requires.ts'
import { runCommand } from './run-command.ts'

let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ingam-completion-'))
  for (const shell of ['bash', 'zsh', 'fish']) {
    writeFileSync(join(folder, `script.${shell}`), (await runCommand(['completion', shell])).out)
  }
  mkdirSync(join(folder, 'at', 'some folder'), { recursive: true })
  writeFileSync(join(folder, 'at', 'some file.pem'), '')
  // zsh keeps a list of what it found; a home of its own leaves that of the person alone.
  mkdirSync(join(folder, 'home'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

// What is typed, what must be offered, and what must not.
const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['ingam ', ['sign', 'verify', 'inspect', 'explain', 'ca', 'tour', 'completion', 'help'], ['init', 'issue']],
  ['ingam ver', ['verify'], ['sign', 'explain']],
  ['ingam ca ', ['init', 'issue', 'sign', 'list'], ['verify', 'tour']],
  ['ingam sign --a', ['--aud', '--alg'], ['--cert', '--accept-names']],
  ['ingam ca sign --a', ['--accept-names'], ['--aud', '--alg']],
  ['ingam sign --alg ', TOKEN_ALGORITHMS, ['HS256', '--aud']],
  ['ingam sign --alg P', TOKEN_ALGORITHMS.filter((name) => name.startsWith('P')), ['RS256', 'ES256']],
  ['ingam ca issue --key-type RSA-', ['RSA-2048', 'RSA-3072', 'RSA-4096'], ['P-256']],
  ['ingam ca issue --profile ', ['client', 'server', 'both', 'ca'], ['init']],
  ['ingam ca sign --profile ', ['client', 'server', 'both'], ['ca']],
  ['ingam completion ', ['bash', 'zsh', 'fish'], ['sign']],
  ['ingam help ', ['sign', 'ca'], ['init']],
  // The value of an option is not taken for a command.
  ['ingam ca issue --ca sign --pro', ['--profile'], ['--accept-names', '--alg']],
  ['ingam sign --cert som', ['some file.pem', 'some folder'], []],
  ['ingam ca list --ca som', ['some folder'], ['some file.pem']],
  ['ingam ca sign som', ['some file.pem'], ['init']],
  ['ingam sign --aud som', [], ['some file.pem', 'some folder']],
]

function checkCases(complete: (lines: readonly string[]) => readonly (readonly string[])[]): void {
  const answers: (readonly string[])[] = []
  beforeAll(() => {
    answers.push(...complete(CASES.map(([line]) => line)))
  })
  test.each(CASES.map(([line, ...rest], index) => [line, index, ...rest] as const))(
    '%s',
    (_line, index, offered, absent) => {
      const candidates = answers[index]
      expect(candidates).toEqual(expect.arrayContaining([...offered]))
      for (const candidate of absent) expect(candidates).not.toContain(candidate)
    },
  )
}

describeWith(['bash'], 'bash', ({ bash }) => {
  checkCases((lines) => lines.map(complete))

  test('the value of an option that is written with =', () => {
    expect(complete('ingam sign --alg = Ed')).toContain('Ed25519')
    expect(complete('ingam sign --alg =')).toEqual([...TOKEN_ALGORITHMS])
  })

  function complete(line: string): readonly string[] {
    const program = `source "$1"
read -r _ _ function _ < <(complete -p ingam)
COMP_WORDS=("\${@:2}") COMP_CWORD=$(($# - 2))
"$function" ingam
printf '%s\\n' "\${COMPREPLY[@]}"`
    const words = line.split(' ')
    return run(bash, ['--norc', '-c', program, 'bash', join(folder, 'script.bash'), ...words])
  }
})

describeWith(['zsh'], 'zsh', ({ zsh }) => {
  // A second zsh on a terminal of its own: the lines are typed to it. All candidates pass the builtin compadd, where they
  // are written down; a key of ours then ends the line.
  checkCases((lines) => {
    const out = join(folder, 'candidates.txt')
    writeFileSync(join(folder, 'setup.zsh'), setup(join(folder, 'script.zsh'), out))
    const program = `zmodload zsh/zpty
zpty inner '${zsh} -f -i'
zpty -w inner "source '${join(folder, 'setup.zsh')}'"
zpty -r inner seen '*<prompt>*'
for line in "$@"; do
  zpty -n -w inner "$line"$'\\t\\C-x\\C-x'
  zpty -r inner seen '*<mark>*'
done
zpty -d inner`
    run(zsh, ['-f', '-c', program, 'zsh', ...lines])
    return readFileSync(out, 'utf8').split('<mark>\n').map(candidatesOf)
  })

  function setup(script: string, out: string): string {
    return `autoload -Uz compinit && compinit -u -D
source '${script}'
compadd() {
  if [[ " $* " == *' '-[a-zA-Z]#[OAD]' '* ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -O found "$@"
  print -rl -- $found >> '${out}'
  builtin compadd "$@"
}
mark() { BUFFER=; print '<mark>' >> '${out}'; print -n '<mark>' }
zle -N mark
bindkey '^X^X' mark
unsetopt zle_bracketed_paste
PS1='<prompt>'
`
  }
})

describeWith(['fish'], 'fish', ({ fish }) => {
  checkCases((lines) => lines.map(complete))

  test('the value of an option that is written with =', () => {
    expect(complete('ingam sign --alg=Ed')).toContain('--alg=Ed25519')
  })

  function complete(line: string): readonly string[] {
    const program = `source $argv[1]; complete -C $argv[2]`
    return run(fish, ['--no-config', '-c', program, join(folder, 'script.fish'), line])
  }
})

describe('ingam completion', () => {
  test('an unknown shell is refused', async () => {
    const { exit, out, err } = await runCommand(['completion', 'tcsh'])
    expect({ exit, out }).toEqual({ exit: 2, out: '' })
    expect(err).toContain('Allowed choices are bash, zsh, fish')
  })
})

function run(program: string, args: readonly string[]): readonly string[] {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: join(folder, 'at'),
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env['PATH'], HOME: join(folder, 'home'), TERM: 'dumb', LC_ALL: 'C.UTF-8' },
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return candidatesOf(stdout)
}

// One a line. What fish adds as a description, the slash behind a folder and backslashes before blanks are taken away.
function candidatesOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => line.replace(/\t.*$/u, '').replaceAll('\\ ', ' ').replace(/\/$/u, ''))
}
