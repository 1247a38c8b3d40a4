// Which addresses may be a service, and that its metadata must speak for itself.

import { describe, expect, test } from 'vitest'
import type { Context, Fetch } from '../context.ts'
import { discover, readServiceUrl } from './address.ts'

const context = (env: Record<string, string> = {}): Context => ({
  stdout: { write: () => undefined },
  stderr: { write: () => undefined },
  stdin: none(),
  env,
  now: () => new Date(0),
  isTTY: { stdin: false, stdout: false, stderr: false },
})

async function* none(): AsyncGenerator<Uint8Array> {
  // Nothing is read.
}

describe('the address', () => {
  test.each([
    'https://tokens.example',
    'https://tokens.example/tenant',
    'https://tokens.example:8443',
    'http://127.0.0.1:8780',
    'http://127.9.9.9:8780',
    'http://localhost:8780',
    'http://[::1]:8780',
  ])('%s may be one', (url) => {
    expect(readServiceUrl(context(), url)).toBe(url)
  })

  test.each([
    'http://tokens.example',
    'http://127.0.0.1.example',
    'http://localhost.example',
    'http://10.0.0.1',
    'https://user:secret@tokens.example',
    'https://tokens.example?x=1',
    'https://tokens.example#x',
    'ftp://127.0.0.1',
    'tokens.example',
    ' ',
  ])('%s is refused', (url) => {
    expect(() => readServiceUrl(context(), url)).toThrow(/expected an https URL/u)
  })

  test('comes from INGAM_SERVICE where no option says it; a slash at its end is not part of it', () => {
    expect(readServiceUrl(context({ INGAM_SERVICE: 'https://a.example/' }), undefined)).toBe(
      'https://a.example',
    )
    expect(readServiceUrl(context({ INGAM_SERVICE: 'https://a.example' }), 'https://b.example')).toBe(
      'https://b.example',
    )
    expect(() => readServiceUrl(context(), undefined)).toThrow('no service given')
  })
})

describe('the metadata', () => {
  const issuer = 'https://tokens.example/tenant'
  const good = { issuer, token_endpoint: `${issuer}/token` }
  const asked: string[] = []
  const answering =
    (body: unknown, status: number = 200): Fetch =>
    (input) => {
      asked.push(String(input))
      return Promise.resolve(Response.json(body, { status }))
    }

  test('stands between host and path', async () => {
    expect(await discover(answering(good), issuer)).toMatchObject({ tokenEndpoint: `${issuer}/token` })
    expect(asked.at(-1)).toBe('https://tokens.example/.well-known/oauth-authorization-server/tenant')
  })

  test('an address of its own for certificates', async () => {
    const aliases = { token_endpoint: 'https://mtls.example/token' }
    const found = await discover(answering({ ...good, mtls_endpoint_aliases: aliases }), issuer)
    expect(found).toMatchObject({
      tokenEndpoint: `${issuer}/token`,
      mtlsTokenEndpoint: aliases.token_endpoint,
    })
  })

  test.each([
    ['of somebody else', { ...good, issuer: 'https://tokens.example' }, 1],
    ['of somebody else by a slash', { ...good, issuer: `${issuer}/` }, 1],
    ['of nobody', { token_endpoint: good.token_endpoint }, 1],
    ['without token endpoint', { issuer }, 4],
    ['with a token endpoint that all can read', { issuer, token_endpoint: 'http://tokens.example/token' }, 4],
    ['that is a list', [good], 1],
  ])('%s is refused', async (_what, body, exit) => {
    await expect(discover(answering(body), issuer)).rejects.toMatchObject({ exit })
  })

  test('that is not there is undecided', async () => {
    await expect(discover(answering(good, 404), issuer)).rejects.toMatchObject({ exit: 4 })
  })
})
