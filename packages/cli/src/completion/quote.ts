// CLI: texts as words of a shell script.

/** A word for bash, zsh and POSIX shells. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A word for fish, where a backslash within quotes has a meaning. */
export function fishQuoted(text: string): string {
  return `'${text.replaceAll(/[\\']/gu, (character) => `\\${character}`)}'`
}
