// The table of docs/server.md, out of the schema.

import { describeKeys } from '../../../packages/server/src/config/describe.ts'

/** Rows of the table of keys, as they must stand in docs/server.md. */
export function keysTable(): string {
  const rows = describeKeys().map(({ path, variable, expected, byDefault, isRequired, description }) => {
    const key = path.join('.').replaceAll('.[]', '[]')
    const none = isRequired ? 'required' : '–'
    const cells = [
      code(key),
      expected,
      byDefault === undefined ? none : code(byDefault.replaceAll('"', '')),
      description,
      variable === undefined ? '–' : code(variable),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return ['| key | accepts | default | meaning | variable |', '|---|---|---|---|---|', ...rows].join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}
