// CLI: the key of a certificate: its passphrase comes from a file, a descriptor, or the person at the terminal.

import { type Command, Option } from 'commander'
import { type Credential, isPkiError } from 'ingam'
import { wholeNumberOption } from './commands/values.ts'
import type { Context } from './context.ts'
import { type PassphraseSource, readPassphrase } from './input.ts'

/** Adds the options of {@link PassphraseSource}. */
export function addPassphraseOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--passphrase-file <file>', 'read the passphrase of the key from a file').conflicts(
        'passphraseFd',
      ),
    )
    .addOption(
      new Option('--passphrase-fd <number>', 'read the passphrase from an open descriptor').argParser(
        wholeNumberOption(0, 1_048_576),
      ),
    )
}

/** A credential, and the passphrase that opened its key. */
export interface OpenCredential {
  readonly credential: Credential
  readonly passphrase: string | undefined
}

/** Loads with the passphrase that was named; where the key is encrypted and none was, the person is asked for it once. */
export async function openCredential(
  context: Context,
  options: PassphraseSource & { readonly key: string },
  load: (passphrase: string | undefined) => Promise<Credential>,
): Promise<OpenCredential> {
  const passphrase = await readPassphrase(options)
  try {
    return { credential: await load(passphrase), passphrase }
  } catch (error) {
    if (!isPkiError(error) || error.code !== 'ERR_KEY_ENCRYPTED' || context.askSecret === undefined)
      throw error
    const typed = await context.askSecret(`passphrase for ${options.key}: `)
    if (typed === undefined || typed === '') throw error
    return { credential: await load(typed), passphrase: typed }
  }
}
