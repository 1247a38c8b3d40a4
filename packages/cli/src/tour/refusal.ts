// CLI: how the tour shows a refusal; and what it does where something is accepted that must not be.

import { isPkiError, type Verifier } from 'ingam'
import type { Style } from '../context.ts'
import { CommandError } from '../failure.ts'
import type { Room } from '../layout/room.ts'
import { formatParagraph } from '../layout/rows.ts'
import type { Forgery } from './forgeries.ts'

/** How pages look where the tour is shown. */
export interface View {
  readonly room: Room
  readonly style: Style
}

/** Two lines or more: what was tried; the code and the reason. */
export async function showRefusal(
  verifier: Verifier,
  forgery: Forgery,
  { room, style }: View,
): Promise<string> {
  try {
    await verifier.verify(forgery.token)
  } catch (error) {
    if (!isPkiError(error)) throw error
    const indent = ' '.repeat(12)
    const [title = '', ...more] = formatParagraph(forgery.title, room, indent)
    const [reason = '', ...rest] = formatParagraph(`${error.code}: ${error.message}`, room, indent)
    // Whatever the width, the code stands whole at the beginning.
    const strong = reason.replace(error.code, style.strong)
    return [`   ${style.bad('refused')}  ${title.trimStart()}`, ...more, strong, ...rest].join('\n')
  }
  throw new CommandError(70, `a forgery was accepted: ${forgery.title}`, [
    'this is a bug of ingam; please report it',
  ])
}
