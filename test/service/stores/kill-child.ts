// Commits units until it is killed, and prints the number of each one that was acknowledged. Every third unit takes a
// use that an earlier one has taken.

import { openSqliteStores } from '../../../packages/server/src/stores/sqlite-stores.ts'
import { eventOf, grantOf, NOW, useOf } from './kit-values.ts'

const [folder = '', from = '0'] = process.argv.slice(2)
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const stores = await openSqliteStores({
  folder,
  clock: () => new Date((NOW - 86_400) * 1000),
  maxQueue: 1_000,
  grantRetentionDays: 1,
  log,
})
let next = Number(from)
let last = next

async function work(): Promise<void> {
  for (;;) {
    const number = next++
    const taken = number % 3 === 2 ? number - 2 : number
    const { outcome } = await stores.commit({
      uses: [useOf(taken)],
      grant: grantOf(`g${number}`),
      audit: [eventOf('token.issued', `${number}`)],
      auditOtherwise: [eventOf('token.refused', `${number}`)],
    })
    process.stdout.write(`${number} ${outcome}\n`)
    last = Math.max(last, number)
    if (last % 500 === 0) void stores.prune(NOW)
  }
}

process.stdout.write('open\n')
await Promise.all(Array.from({ length: 16 }, work))
