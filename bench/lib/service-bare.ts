// What no token endpoint can do without, and nothing else: the check of one ES256 signature, the making of another, and
// an application of Hono that reads the form and answers in JSON.

import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { Hono } from 'hono'

/** The bare parts, to be measured together or one by one. */
export interface BareParts {
  readonly verify: () => void
  readonly sign: () => void
  readonly echo: (request: Request) => Promise<Response>
  /** All three of them. */
  readonly exchange: (request: Request) => Promise<Response>
}

// About as many bytes as an assertion with two certificates and an access token have.
const ASSERTION_BYTES = 2_300
const TOKEN_BYTES = 600

export function createBareParts(): BareParts {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const assertion = Buffer.alloc(ASSERTION_BYTES, 'a')
  const token = Buffer.alloc(TOKEN_BYTES, 'b')
  const signature = sign('sha256', assertion, privateKey)
  const parts = {
    verify() {
      if (!verify('sha256', assertion, publicKey, signature)) throw new Error('a signature is bad')
    },
    sign() {
      sign('sha256', token, privateKey)
    },
  }
  const echo = new Hono().post('/token', async (context) => context.json(await readForm(context.req.raw)))
  const whole = new Hono().post('/token', async (context) => {
    const form = await readForm(context.req.raw)
    parts.verify()
    parts.sign()
    return context.json(form)
  })
  return {
    ...parts,
    echo: async (request) => await echo.fetch(request),
    exchange: async (request) => await whole.fetch(request),
  }
}

async function readForm(request: Request): Promise<object> {
  return Object.fromEntries(new URLSearchParams(await request.text()))
}
