import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ServiceConfig } from '../../../packages/server/src/config/contract.ts'
import { describeKeys } from '../../../packages/server/src/config/describe.ts'
import { loadConfig } from '../../../packages/server/src/config/load.ts'
import { isLoopback } from '../../../packages/server/src/config/rules.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'

const BASE = 'issuer: https://id.example\nsecrets: { keyEncryptionKey: { file: kek } }\n'

async function load(
  yaml: string | Uint8Array,
  env: Record<string, string | undefined> = {},
): Promise<ServiceConfig> {
  const readFile = async (): Promise<Uint8Array> => await Promise.resolve(Buffer.from(yaml))
  return await loadConfig({ file: '/etc/ingam/ingam.yaml', env, readFile })
}

async function refusal(yaml: string | Uint8Array, env: Record<string, string> = {}): Promise<ServiceError> {
  const error = await load(yaml, env).then(
    () => new Error('accepted'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ServiceError)
  return error as ServiceError
}

describe('a configuration', () => {
  it('has absolute paths, relative to its file', async () => {
    const config = await load(
      `${BASE}initialPolicy: policy.yaml\nstate: { folder: ../var }\nrevocation: { files: [crl, /srv/crl] }\nlisten: { tls: { certificate: a.pem, privateKey: { file: a.key } } }\n`,
    )
    expect(config).toMatchObject({
      initialPolicy: '/etc/ingam/policy.yaml',
      state: { folder: '/etc/var' },
      secrets: { keyEncryptionKey: { file: '/etc/ingam/kek' } },
      revocation: { files: ['/etc/ingam/crl', '/srv/crl'] },
      listen: { tls: { certificate: '/etc/ingam/a.pem', privateKey: { file: '/etc/ingam/a.key' } } },
    })
    expect(config).not.toHaveProperty('admin')
  })

  it('can come from variables alone', async () => {
    const env = {
      INGAM_ISSUER: 'https://id.example',
      INGAM_SECRETS_KEY_ENCRYPTION_KEY_ENV: 'INGAM_SECRETS_KEK',
      INGAM_SECRETS_KEK: 'not looked at here',
      INGAM_LIMITS_RATE_PER_ADDRESS_PER_SECOND: '0.5',
      PORT: '9000',
    }
    const config = await loadConfig({ env, readFile: async () => await Promise.reject(new Error('no file')) })
    expect(config.listen.port).toBe(9_000)
    expect(config.limits.ratePerAddress).toEqual({ perSecond: 0.5, burst: 200 })
    expect(config.secrets.keyEncryptionKey).toEqual({ env: 'INGAM_SECRETS_KEK' })
  })

  it('is overridden by variables, the specific one before PORT', async () => {
    const env = {
      INGAM_LISTEN_PORT: '1',
      PORT: '2',
      INGAM_SECRETS_KEY_ENCRYPTION_KEY_ENV: 'KEK',
      INGAM_PORT: 'tcp://10.0.0.1:80',
    }
    const config = await load(`${BASE}listen: { port: 3 }`, env)
    expect(config.listen.port).toBe(1)
    expect(config.secrets.keyEncryptionKey).toEqual({ env: 'KEK' })
    expect((await load(`${BASE}listen: { port: 3 }`, { PORT: undefined })).listen.port).toBe(3)
  })

  it.each([
    ['INGAM_LISTEN_PORT', ''],
    ['INGAM_LISTEN_PORT', ' 1'],
    ['INGAM_LISTEN_PORT', '0x10'],
    ['INGAM_LISTEN_PORT', '1e3'],
    ['INGAM_LISTEN_PORT', '1.5'],
    ['PORT', 'tcp://10.0.0.1:80'],
    ['INGAM_LISTEN_BEHIND_PROXY', '1'],
    ['INGAM_ISSUER', ''],
    ['INGAM_LOG_LEVEL', 'INFO'],
    ['INGAM_LIMITS_BODYBYTES', '4096'],
    ['INGAM_LISTEN_TLS_PRIVATE_KEY', 'secret'],
  ])('refuses %s=%s', async (name, value) => {
    const error = await refusal(BASE, { [name]: value })
    expect(error.message.startsWith(`${name}: `)).toBe(true)
  })

  it('does not take two places of one secret, in file or variables', async () => {
    await refusal('issuer: https://id.example\nsecrets: { keyEncryptionKey: { file: a, env: B } }')
    await refusal(BASE, {
      INGAM_SECRETS_KEY_ENCRYPTION_KEY_ENV: 'A',
      INGAM_SECRETS_KEY_ENCRYPTION_KEY_FILE: 'b',
    })
    await refusal('issuer: https://id.example\nsecrets: { keyEncryptionKey: {} }')
  })

  it('repeats nothing that could be a secret', async () => {
    const pem = '-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGByqG\\n-----END PRIVATE KEY-----'
    const texts = [
      `${BASE}listen: { tls: { certificate: "${pem}", privateKey: "${pem}" } }`,
      `${BASE}listen: { tls: { certificate: a, privateKey: { file: "${pem}" } } }`,
      `${BASE}log: { level: "${pem}" }`,
      `issuer: https://id.example\nsecrets: { keyEncryptionKey: MIGHAgEAMBMGByqG }`,
      `issuer: https://id.example\nsecrets: { keyEncryptionKey: [MIGHAgEAMBMGByqG] }`,
      `issuer: https://x:MIGHAgEAMBMGByqG@id.example\nsecrets: { keyEncryptionKey: { file: a } }`,
      `issuer: http://x:MIGHAgEAMBMGByqG@id.example\nsecrets: { keyEncryptionKey: { file: a } }`,
      `issuer: "MIGHAgEAMBMGByqG`,
      `MIGHAgEAMBMGByqG: [`,
      `issuer: *MIGHAgEAMBMGByqG`,
      `issuer: !MIGHAgEAMBMGByqG x`,
    ]
    for (const text of texts) {
      const error = await refusal(text)
      expect(JSON.stringify([error.message, error.details])).not.toContain('MIGHAgEAMBMGByqG')
    }
  })

  it('says why a file cannot be read', async () => {
    const failing = (code: string) => async (): Promise<Uint8Array> =>
      await Promise.reject(Object.assign(new Error('private'), { code }))
    for (const [code, text] of [
      ['ENOENT', 'no such file'],
      ['EACCES', 'may not be read'],
      ['EISDIR', 'is a folder'],
      ['EIO', 'cannot be read (EIO)'],
    ] as const) {
      await expect(loadConfig({ file: 'a.yaml', env: {}, readFile: failing(code) })).rejects.toMatchObject({
        code: 'ERR_CONFIG_FILE',
        message: `a.yaml: ${text}`,
      })
    }
  })

  it('is UTF-8 of bounded size and depth', async () => {
    expect((await refusal(new Uint8Array([0x69, 0xff]))).code).toBe('ERR_CONFIG_SYNTAX')
    expect(await load(BASE + '#'.repeat(262_144 - BASE.length))).toHaveProperty('issuer')
    expect((await refusal(BASE + '#'.repeat(262_145 - BASE.length))).code).toBe('ERR_CONFIG_SYNTAX')
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
    expect((await refusal(nested(16))).code).toBe('ERR_CONFIG_VALUE')
    expect((await refusal(nested(17))).code).toBe('ERR_CONFIG_SYNTAX')
    expect((await refusal(nested(10_000))).code).toBe('ERR_CONFIG_SYNTAX')
  })

  it('never leads to another error than those of the service', async () => {
    const key = fc.constantFrom(
      'issuer',
      'listen',
      'tls',
      'secrets',
      'keyEncryptionKey',
      'file',
      'admin',
      'limits',
      '__proto__',
      'constructor',
      'x',
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('value'), { maxLength: 3 }),
      map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    }))
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          value.map((item) => JSON.stringify(item)),
        ),
        async (text) => {
          const outcome = await load(text).catch((error: unknown) => error)
          expect(outcome).toBeInstanceOf(ServiceError)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('numbers', () => {
  const ranges = describeKeys().flatMap(({ path, expected }) => {
    const [, from, to] = /^a whole number from (\d+) to (\d+)/u.exec(expected) ?? []
    return from === undefined || to === undefined
      ? []
      : [{ name: path.join('.'), path, from: Number(from), to: Number(to) }]
  })
  const yaml = (path: readonly string[], value: number): string => {
    const [section = '', ...rest] = path
    const inner = rest.reduceRight((text, name) => `{ ${name}: ${text} }`, String(value))
    // A rotation that is longer than any overlap.
    return `${BASE}${section}: ${inner.replace('overlapHours', 'rotateDays: 365, overlapHours').replace('{ rotateDays: 1 }', '{ rotateDays: 1, overlapHours: 1 }')}`
  }

  it('are many', () => {
    expect(ranges.length).toBeGreaterThan(15)
  })

  it.each(ranges)('of $name are taken from $from to $to, and no further', async ({ path, from, to }) => {
    for (const value of [from, to]) expect(await load(yaml(path, value))).toHaveProperty([...path], value)
    for (const value of [from - 1, to + 1, from + 0.5]) await refusal(yaml(path, value))
  })

  it('a second are above zero', async () => {
    const rate = (value: string): string => `${BASE}limits: { ratePerAddress: { perSecond: ${value} } }`
    expect((await load(rate('0.001'))).limits.ratePerAddress.perSecond).toBe(0.001)
    expect((await load(rate('1000000'))).limits.ratePerAddress.perSecond).toBe(1_000_000)
    for (const value of ['0', '-1', '1000001', '.inf', '.nan']) await refusal(rate(value))
  })
})

describe('issuers', () => {
  const withIssuer = (issuer: string): string =>
    `issuer: ${JSON.stringify(issuer)}\nsecrets: { keyEncryptionKey: { file: kek } }`

  it.each([
    'https://id.example',
    'https://id.example:8443',
    'https://id.example/tenant/a',
    'http://127.0.0.1:8780',
    'http://localhost:8780',
    'http://[::1]:8780',
  ])('%s is one', async (issuer) => {
    expect((await load(withIssuer(issuer))).issuer).toBe(issuer)
  })

  it.each([
    'http://id.example',
    'http://127.0.0.1.example',
    'http://localhost.example',
    'http://[::2]',
    'https://id.example/',
    'https://id.example?',
    'https://id.example#',
    'https://id.example/a?b=c',
    'https://id.example:443',
    'https://ID.example',
    'https://id.example/../a',
    'https://id.example/a b',
    'https://id.example/{n}',
    'https://id.example/%61',
    'https://user@id.example',
    'ftp://id.example',
    'id.example',
    'https:id.example',
    '',
  ])('%s is none', async (issuer) => {
    expect((await refusal(withIssuer(issuer))).message).toContain('issuer: expected')
  })
})

describe('plain HTTP', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost', 'LOCALHOST'])('is spoken on %s', async (host) => {
    expect(isLoopback(host)).toBe(true)
    expect(await load(`${BASE}listen: { host: "${host}" }`)).toHaveProperty('listen.host', host)
  })

  it.each(['0.0.0.0', '::', '10.0.0.1', 'id.example', '128.0.0.1', '::ffff:127.0.0.1', '127.1', '0x7f.1'])(
    'is not spoken on %s, unless TLS ends before it or here',
    async (host) => {
      await refusal(`${BASE}listen: { host: "${host}" }`)
      expect(await load(`${BASE}listen: { host: "${host}", behindProxy: true }`)).toHaveProperty(
        'listen.host',
        host,
      )
      const tls = 'tls: { certificate: a, privateKey: { file: b } }'
      expect(await load(`${BASE}listen: { host: "${host}", ${tls} }`)).toHaveProperty('listen.host', host)
    },
  )
})
