// What revocation costs: a list of a million entries while a service goes on, and a known chain whose standing is known.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { createCredential, createVerifier, signToken, type Verifier } from 'ingam'
import { readCrl } from 'ingam/node'
import { createTestCa } from 'ingam/testing'
import { type CertificateList, createMemorySource, type Name, verifyPath } from 'ingam/x509'
import { type LargeList, writeLargeList } from '../lib/large-list.ts'
import { AUDIENCE, createPki, type Pki } from '../lib/pki.ts'
import { type Contestant, quantile, race } from '../lib/race.ts'
import type { Settings } from '../lib/settings.ts'

export interface EvidenceResult extends ListResult {
  /** The same while the signature of the list was checked. */
  readonly verifyStallMilliseconds: number
  readonly verifyTurnMilliseconds: number
  /** An indirect list of as many entries, each of another CA than the one before. */
  readonly indirect: ListResult
  /** A fresh token of a known chain whose standing is known by lists, as a multiple of the same with nobody asking. */
  readonly knownByListRatio: number
  /** The same by a response in the token, whose header is longer. */
  readonly knownByStapleRatio: number
}

interface ListResult {
  readonly entries: number
  readonly derBytes: number
  /** The list and its index, as a multiple of its DER; and the most that was seen while it was read, garbage included. */
  readonly memoryRatio: number
  readonly peakMemoryRatio: number
  readonly indexMilliseconds: number
  /** The longest that a timer was late while the list was read, and the longest turn in CPU time. */
  readonly indexStallMilliseconds: number
  readonly indexTurnMilliseconds: number
  /** Microseconds of a look-up, by medians of rounds. */
  readonly hitMicroseconds: number
  readonly missMicroseconds: number
}

export async function measureEvidence(settings: Settings): Promise<EvidenceResult> {
  const pki = await createPki('ES256')
  const now = new Date()
  const { entries } = settings.evidence
  const { list, result } = await measureList(writeLargeList(pki.intermediate, { entries, now, issuers: [] }))
  const verified = await stalling(
    async () =>
      await verifyPath({
        leaf: pki.leaf.certificate,
        intermediates: [pki.intermediate.certificate],
        trustAnchors: [pki.root.certificate],
        at: now,
        purpose: 'clientAuth',
        revocation: { mode: 'require', depth: 'leaf', crls: [list] },
      }),
  )
  const issuers: Name[] = []
  for (let number = 0; number < ISSUERS; number++)
    issuers.push((await createTestCa({ name: `issuing CA number ${number}` })).certificate.subject)
  const { result: indirect } = await measureList(writeLargeList(pki.intermediate, { entries, now, issuers }))
  return {
    ...result,
    verifyStallMilliseconds: verified.late,
    verifyTurnMilliseconds: verified.turn,
    indirect,
    ...(await measureKnown(pki, settings)),
  }
}

const ISSUERS = 100

async function measureList({
  der,
  listed,
}: LargeList): Promise<{ readonly list: CertificateList; readonly result: ListResult }> {
  const before = await bytesHeld()
  let most = before
  const sampler = setInterval(() => {
    most = Math.max(most, bytesNow())
  }, 20)
  const began = performance.now()
  const { value: list, late, turn } = await stalling(() => readCrl(der))
  const indexMilliseconds = performance.now() - began
  clearInterval(sampler)
  const memoryRatio = (der.length + (await bytesHeld()) - before) / der.length
  const missing = listed.map(({ serial, issuer }) => ({
    serial: serial.with(15, (serial[15] ?? 0) ^ 1),
    issuer,
  }))
  const lookUp = (certificates: LargeList['listed']): number => {
    const rounds: number[] = []
    for (let round = 0; round < 15; round++) {
      const start = performance.now()
      for (const { serial, issuer } of certificates) list.find(issuer, serial)
      rounds.push(((performance.now() - start) * 1_000) / certificates.length)
    }
    return quantile(rounds, 0.5)
  }
  const result = {
    entries: list.size,
    derBytes: der.length,
    memoryRatio,
    peakMemoryRatio: (der.length + most - before) / der.length,
    indexMilliseconds,
    indexStallMilliseconds: late,
    indexTurnMilliseconds: turn,
    hitMicroseconds: lookUp(listed),
    missMicroseconds: lookUp(missing),
  }
  return { list, result }
}

async function measureKnown(
  pki: Pki,
  settings: Settings,
): Promise<Pick<EvidenceResult, 'knownByListRatio' | 'knownByStapleRatio'>> {
  const options = { trustAnchors: [pki.root.certificate], audience: AUDIENCE, oneTimeUse: 'off' } as const
  const crls = [(await pki.root.crl()).der, (await pki.intermediate.crl()).der]
  const ocspResponses = [await pki.intermediate.ocspResponse({ certificate: pki.leaf })]
  const plain = await signToken(await pki.leaf.credential(), { audience: AUDIENCE, lifetimeSeconds: 600 })
  const credential = await createCredential({
    certificate: pki.leaf.chain.map(({ pem }) => pem).join(''),
    privateKey: pki.leaf.privateKeyPkcs8,
    stapleFrom: [createMemorySource({ ocspResponses })],
    issuers: [pki.root.certificate],
  })
  const stapled = await signToken(credential, { audience: AUDIENCE, lifetimeSeconds: 600, staple: 'require' })
  const rootList = crls.slice(0, 1)
  const results = await race(
    [
      repeat('off', createVerifier({ ...options, revocation: 'off' }), plain),
      repeat('list', createVerifier({ ...options, revocation: { mode: 'require', crls } }), plain),
      repeat(
        'staple',
        createVerifier({ ...options, revocation: { mode: 'require', crls: rootList } }),
        stapled,
      ),
    ],
    { ...settings.race, inputs: (_, calls) => Array.from({ length: calls }, () => undefined) },
  )
  const [off, byList, byStaple] = results.map(({ median }) => median)
  return {
    knownByListRatio: (byList ?? Number.NaN) / (off ?? Number.NaN),
    knownByStapleRatio: (byStaple ?? Number.NaN) / (off ?? Number.NaN),
  }
}

function repeat(name: string, verifier: Verifier, token: string): Contestant<undefined> {
  const bytes = Buffer.from(token, 'latin1')
  return {
    name,
    // A text of its own each time, as requests bring them.
    async run(inputs) {
      for (const _ of inputs) await verifier.verify(bytes.toString('latin1'))
    },
  }
}

interface Stall<T> {
  readonly value: T
  /** The longest that a timer was late, which other processes add to; and the longest turn in CPU time, which they do not. */
  readonly late: number
  readonly turn: number
}

// The longest that others waited while this went on. The first stretch counts from the first tick, which comes before it.
async function stalling<T>(work: () => Promise<T>): Promise<Stall<T>> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await wait(50)
  delay.reset()
  let turn = 0
  let last = process.threadCpuUsage()
  const meter = (): void => {
    const { user, system } = process.threadCpuUsage(last)
    turn = Math.max(turn, (user + system) / 1_000)
    last = process.threadCpuUsage()
    next = setImmediate(meter)
  }
  let next = setImmediate(meter)
  const value = await work()
  await wait(5)
  clearImmediate(next)
  delay.disable()
  return { value, late: delay.max / 1e6, turn }
}

// What array buffers held is given back some turns after it was collected.
async function bytesHeld(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc?.()
    await wait(20)
  }
  return bytesNow()
}

function bytesNow(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
