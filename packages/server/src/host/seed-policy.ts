// Server: the policy of an empty store. It is applied once, as version 1; from then on the configuration's file counts no
// more, and policies are applied by administrators.

import { dirname, resolve } from 'node:path'
import { escapeText } from 'ingam'
import { reasonOf } from '../config/load.ts'
import { compilePolicy, policyDigest } from '../policy/compile.ts'
import { resolvePolicyFiles } from '../policy/files.ts'
import { ServiceError } from '../service-error.ts'
import type { Stores } from '../stores/contract.ts'

/** What {@link seedPolicy} needs. */
export interface SeedPolicyOptions {
  readonly stores: Pick<Stores, 'policies' | 'commit'>
  /** Absolute path of the policy file. */
  readonly file: string
  readonly readFile: (path: string) => Promise<Uint8Array>
  readonly now: Date
}

/**
 * Applies the file as version 1 where the store has no policy; `file:` entries in it are read relative to it.
 *
 * @returns whether it was applied
 * @throws {ServiceError} ERR_CONFIG_FILE, ERR_POLICY_SYNTAX, ERR_POLICY_VALUE; ERR_SERVICE_STORE where it cannot be written
 */
export async function seedPolicy({ stores, file, readFile, now }: SeedPolicyOptions): Promise<boolean> {
  if ((await stores.policies.current()) !== undefined) return false
  const text = await readPolicyFile(file, readFile)
  const digest = policyDigest(text)
  compilePolicy({ version: 1, digest, text })
  const comment = 'initial policy of the configuration'
  const { outcome } = await stores.commit({
    policy: {
      expected: 0,
      next: { text, digest, appliedAt: Math.floor(now.getTime() / 1000), appliedBy: 'service', comment },
    },
    audit: [
      {
        type: 'policy.applied',
        at: now.getTime(),
        actor: 'service',
        details: { version: 1, digest, comment },
      },
    ],
  })
  return outcome === 'committed'
}

/**
 * The text of a policy file with its `file:` entries inlined.
 *
 * @throws {ServiceError} ERR_CONFIG_FILE, ERR_POLICY_SYNTAX, ERR_POLICY_VALUE
 */
export async function readPolicyFile(file: string, readFile: SeedPolicyOptions['readFile']): Promise<string> {
  const read = async (path: string): Promise<Uint8Array> => {
    try {
      return await readFile(path)
    } catch (error) {
      throw new ServiceError('ERR_CONFIG_FILE', `initialPolicy: ${escapeText(path)}: ${reasonOf(error)}`, {
        cause: error,
      })
    }
  }
  const text = Buffer.from(await read(file)).toString('utf8')
  return await resolvePolicyFiles(text, async (path) =>
    Buffer.from(await read(resolve(dirname(file), path))).toString('utf8'),
  )
}
