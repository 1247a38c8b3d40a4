// Server: the keys as an administrator sees them, and their rotation by hand.

import type { KeysAnswer, RotateKeyAnswer, RotateKeyInput } from '../contract.ts'
import type { Service } from '../service.ts'
import type { Admission } from './admission.ts'

/** The keys and their times. */
export function listKeys({ keys }: Service): KeysAnswer {
  return { items: keys.describe() }
}

/**
 * Makes a new key. The administrator's token is used up before: where the rotation fails after that, a new token is
 * needed, and nothing is ever rotated twice by one.
 *
 * @throws {ServiceError} ERR_SERVICE_KEYS, and as {@link Admission.take}
 */
export async function rotateKey(
  { keys }: Service,
  { use, immediately = false }: RotateKeyInput,
  { administrator, exchange, take }: Admission,
): Promise<RotateKeyAnswer> {
  await take()
  const { kid } = await keys.rotate({
    use,
    immediately,
    actor: administrator.name,
    requestId: exchange.requestId,
  })
  return { kid }
}
