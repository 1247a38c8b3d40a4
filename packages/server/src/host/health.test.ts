import { describe, expect, it } from 'vitest'
import { fakeKeys, fakeService, fakeStores } from '../../../../test/service/support/fakes.ts'
import type { PolicyInForce, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import { createReadiness } from './health.ts'

function setup(changes: Partial<Service> = {}) {
  let now = 0
  let isDraining = false
  const policy: Service['policy'] = {
    current: () => ({}) as PolicyInForce,
    find: () => ({}) as PolicyInForce,
    reload: async () => await Promise.resolve(),
  }
  const readiness = createReadiness(fakeService({ policy, ...changes }), {
    isDraining: () => isDraining,
    monotonic: () => now,
    probeMilliseconds: 20,
  })
  return {
    readiness,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    drain: () => {
      isDraining = true
    },
  }
}

describe('readiness', () => {
  it('is there when every part is', async () => {
    expect(await setup().readiness()).toEqual({
      status: 'ready',
      parts: {
        store: { state: 'ok' },
        keys: { state: 'ok' },
        clock: { state: 'ok' },
        policy: { state: 'ok' },
        draining: { state: 'ok' },
      },
    })
  })

  it('names what is missing, by code alone', async () => {
    const keys = fakeKeys()
    keys.failing = true
    const { readiness, drain } = setup({
      keys,
      clock: { now: () => new Date(), health: () => ({ state: 'failing', message: 'private' }) },
      policy: fakeService().policy,
    })
    drain()
    const found = await readiness()
    expect(found.status).toBe('unready')
    expect(found.parts.keys).toEqual({ state: 'failing', code: 'ERR_SERVICE_KEYS' })
    expect(found.parts.clock).toEqual({ state: 'failing', code: 'ERR_SERVICE_CLOCK' })
    expect(found.parts.policy).toEqual({ state: 'failing', code: 'ERR_SERVICE_NO_POLICY' })
    expect(found.parts.draining).toEqual({ state: 'failing', code: 'ERR_SERVICE_DRAINING' })
    expect(JSON.stringify(found)).not.toContain('private')
  })

  it('tries the store at most once a second, and sees that it has healed', async () => {
    const stores = fakeStores()
    let probes = 0
    const { readiness, pass } = setup({
      stores: {
        ...stores,
        async probe() {
          probes += 1
          await Promise.resolve()
          if (probes === 1) throw new ServiceError('ERR_SERVICE_STORE_FULL', 'full')
        },
      },
    })
    const answers = await Promise.all([readiness(), readiness()])
    expect(answers.map(({ parts }) => parts.store)).toEqual(
      Array(2).fill({ state: 'failing', code: 'ERR_SERVICE_STORE_FULL' }),
    )
    pass(999)
    expect((await readiness()).status).toBe('unready')
    expect(probes).toBe(1)
    pass(1)
    expect((await readiness()).status).toBe('ready')
    expect(probes).toBe(2)
  })

  it('does not wait for a disk that says nothing', async () => {
    const { readiness } = setup({
      stores: { ...fakeStores(), probe: async () => await new Promise(() => undefined) },
    })
    expect((await readiness()).parts.store).toEqual({ state: 'failing', code: 'ERR_SERVICE_STORE' })
  })
})
