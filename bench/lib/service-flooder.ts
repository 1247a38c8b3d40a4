// Junk without end, from a process of its own: `node service-flooder.ts` is told where to, sends until it is told to stop,
// and says what came back. Started by the measure of a flood.

import { createLoad, type LoadOptions } from './service-load.ts'

/** What it is told first. */
export interface FloodOrder extends LoadOptions {
  readonly bodies: readonly string[]
}

/** What came back, by status. */
export type FloodAnswer = Readonly<Record<string, number>>

let isOver = false

process.on('message', (order: FloodOrder | 'stop') => {
  if (order === 'stop') isOver = true
  else void flood(order)
})

async function flood(order: FloodOrder): Promise<void> {
  const load = createLoad(order)
  const counts: Record<string, number> = {}
  process.send?.('flooding')
  while (!isOver) {
    for (const { status } of await load.send(order.bodies)) counts[status] = (counts[status] ?? 0) + 1
  }
  load.close()
  process.send?.(counts)
  process.disconnect?.()
}
