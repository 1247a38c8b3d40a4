import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { KeyRing } from '../keys/contract.ts'
import type { Service } from '../service.ts'
import { createChallenge, judgeChallenge } from './challenge.ts'

const NOW = 1_800_000_000

function keysOf(kid: string, secret: string): Pick<KeyRing, 'mac' | 'verifyMac'> {
  const tagOf = (data: Uint8Array): Buffer => createHmac('sha256', secret).update(data).digest()
  return {
    mac: (data) => ({ kid, tag: tagOf(data) }),
    verifyMac: (id, data, tag) => id === kid && tagOf(data).equals(tag),
  }
}

function serviceOf(keys: Pick<KeyRing, 'mac' | 'verifyMac'>): Service {
  const config = { tokens: { challengeSeconds: 60 } }
  return { keys, config, random: (length: number) => randomBytes(length) } as unknown as Service
}

describe('a challenge', () => {
  const keys = keysOf('kid', 'secret')

  it('is printable, another one each time, and good until it expires', () => {
    const text = createChallenge(serviceOf(keys), 'challenge', NOW + 0.5)
    expect(text).toMatch(/^[\w-]+$/u)
    expect(createChallenge(serviceOf(keys), 'challenge', NOW)).not.toBe(text)
    expect(judgeChallenge(keys, 'challenge', text, NOW)).toBe('good')
    expect(judgeChallenge(keys, 'challenge', text, NOW + 59.9)).toBe('good')
    expect(judgeChallenge(keys, 'challenge', text, NOW + 60)).toBe('expired')
  })

  it('is foreign to another purpose, another key and another kid', () => {
    const text = createChallenge(serviceOf(keys), 'challenge', NOW)
    expect(judgeChallenge(keys, 'dpop-nonce', text, NOW)).toBe('foreign')
    expect(judgeChallenge(keysOf('kid', 'other'), 'challenge', text, NOW)).toBe('foreign')
    expect(judgeChallenge(keysOf('kie', 'secret'), 'challenge', text, NOW)).toBe('foreign')
  })

  it('is foreign with any bit changed, and in any other spelling', () => {
    const text = createChallenge(serviceOf(keys), 'challenge', NOW)
    const bytes = Buffer.from(text, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(judgeChallenge(keys, 'challenge', changed.toString('base64url'), NOW)).toBe('foreign')
    }
    for (const other of ['', 'x', `${text}=`, ` ${text}`, `${text}A`, text.slice(0, -1), 'A'.repeat(513)])
      expect(judgeChallenge(keys, 'challenge', other, NOW)).toBe('foreign')
  })
})
