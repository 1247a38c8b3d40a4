// Whoever is refused for its standing has proved its key: the record names its certificate, however it was named.

import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { createWorld } from '../oauth/support.ts'
import { askBy, grantBy, NOW } from './support.ts'

const LATER = 60 * 86_400

it('a known thumbprint whose standing nobody knows any more is recorded, and a wrong one is not', async () => {
  const world = await createWorld({ revoked: [] })
  const thumbprint = createHash('sha256').update(world.workload.der).digest('base64url')
  expect((await askBy(world, grantBy(world.workload))).status).toBe(200)
  const later = { iat: NOW + LATER, exp: NOW + LATER + 60 }
  world.clock.advance(LATER)
  const named = await askBy(world, grantBy(world.workload, later, { x5c: undefined, 'x5t#S256': thumbprint }))
  expect(named.error).toBe('temporarily_unavailable')
  expect(world.stores.records.at(-1)).toMatchObject({ type: 'token.refused', thumbprint })
  const before = world.stores.records.length
  const other = await askBy(world, grantBy(world.billing, later, { x5c: undefined, 'x5t#S256': thumbprint }))
  expect(other.status).not.toBe(200)
  expect(world.stores.records).toHaveLength(before)
})
