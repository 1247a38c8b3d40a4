import { expect, test } from 'vitest'
import { emptyHash } from './chain.ts'
import { type Checkpointer, createCheckpointer } from './checkpointer.ts'

interface World {
  position: number
  signed: string[]
  logged: object[]
  failing: 'head' | 'sign' | 'add' | 'clock' | undefined
  gate: Promise<void> | undefined
}

function checkpoints(): { world: World; checkpointer: Checkpointer } {
  const world: World = { position: 1, signed: [], logged: [], failing: undefined, gate: undefined }
  const fail = (what: World['failing']): void => {
    if (world.failing === what) throw new Error('no')
  }
  const checkpointer = createCheckpointer({
    stores: {
      audit: {
        head: async () => {
          fail('head')
          const { position } = world
          await world.gate
          if (position === 0) return undefined
          return { run: 'r', position, sequence: position, hash: `${emptyHash.slice(0, 42)}${position % 10}` }
        },
        addCheckpoint: async (signed) => {
          fail('add')
          world.signed.push(signed)
        },
      },
    },
    keys: {
      signCheckpoint: (payload) => {
        fail('sign')
        return payload
      },
    },
    clock: () => {
      fail('clock')
      return new Date(7)
    },
    log: { debug: () => {}, info: (fields) => world.logged.push(fields), warn: () => {}, error: () => {} },
  })
  return { world, checkpointer }
}

test('signs the end, and again only once it has moved', async () => {
  const { world, checkpointer } = checkpoints()
  await checkpointer.tick()
  await checkpointer.tick()
  expect(world.signed).toEqual([
    `{"at":7,"hash":"${emptyHash.slice(0, 42)}1","position":1,"run":"r","sequence":1}`,
  ])
  world.position = 2
  await checkpointer.tick()
  expect(world.signed).toHaveLength(2)
  expect(world.logged).toEqual([
    { run: 'r', position: 1, hash: `${emptyHash.slice(0, 42)}1` },
    { run: 'r', position: 2, hash: `${emptyHash.slice(0, 42)}2` },
  ])
})

test('an empty log is not signed', async () => {
  const { world, checkpointer } = checkpoints()
  world.position = 0
  await checkpointer.tick()
  expect(world.signed).toEqual([])
})

test.each(['head', 'sign', 'add', 'clock'] as const)('%s failing is survived and made good', async (what) => {
  const { world, checkpointer } = checkpoints()
  world.failing = what
  await checkpointer.tick()
  expect(world.signed).toEqual([])
  world.failing = undefined
  await checkpointer.tick()
  expect(world.signed).toHaveLength(1)
})

test('a tick that comes while another looks covers what was written in between', async () => {
  const { world, checkpointer } = checkpoints()
  let open = (): void => {}
  world.gate = new Promise((resolve) => {
    open = resolve
  })
  const first = checkpointer.tick()
  await Promise.resolve()
  await Promise.resolve()
  world.position = 2
  const onStop = Promise.all([checkpointer.tick(), checkpointer.tick()])
  open()
  await Promise.all([first, onStop])
  expect(world.signed.map((signed) => JSON.parse(signed).position)).toEqual([1, 2])
})
