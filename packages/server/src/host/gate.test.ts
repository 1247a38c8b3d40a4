import { describe, expect, it } from 'vitest'
import { createGate } from './gate.ts'

describe('a gate', () => {
  it('lets in as many as there is room for, queues as many, and turns the next away', async () => {
    const gate = createGate({ concurrency: 2, waitMilliseconds: 1_000 })
    const [first, second] = await Promise.all([gate.enter(), gate.enter()])
    const order: string[] = []
    const enter = async (name: string): Promise<() => void> => {
      const leave = await gate.enter()
      order.push(name)
      return leave
    }
    const third = enter('third')
    const fourth = enter('fourth')
    await expect(gate.enter()).rejects.toMatchObject({ code: 'ERR_SERVICE_OVERLOADED', retryAfterSeconds: 1 })
    expect(() => gate.check()).toThrow()
    expect([gate.inside(), gate.waiting()]).toEqual([2, 2])
    first()
    const leaveThird = await third
    expect(order).toEqual(['third'])
    second()
    const leaveFourth = await fourth
    expect([gate.inside(), gate.waiting()]).toEqual([2, 0])
    leaveThird()
    leaveFourth()
    expect(gate.inside()).toBe(0)
  })

  it('counts a place that is given back twice once', async () => {
    const gate = createGate({ concurrency: 1, waitMilliseconds: 1_000 })
    const leave = await gate.enter()
    leave()
    leave()
    expect(gate.inside()).toBe(0)
    await gate.enter()
    expect(gate.inside()).toBe(1)
  })

  it('turns away whoever has waited too long, who then takes no place', async () => {
    const gate = createGate({ concurrency: 1, waitMilliseconds: 5 })
    const leave = await gate.enter()
    await expect(gate.enter()).rejects.toMatchObject({ code: 'ERR_SERVICE_OVERLOADED' })
    expect(gate.waiting()).toBe(0)
    leave()
    expect(gate.inside()).toBe(0)
    await gate.enter()
  })
})
