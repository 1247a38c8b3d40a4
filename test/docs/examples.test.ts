// What the papers show is run: the code and the shell lines of the READMEs, and every option of docs/cli.md against the
// command's own help.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestCa } from 'ingam/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const BIN = join(ROOT, 'packages/cli/bin/ingam.js')
// Below the root, where node_modules has the workspace's packages, and in the folder that git ignores.
const HOME = join(ROOT, '.ingam')
let folder = ''

beforeAll(() => {
  mkdirSync(HOME, { recursive: true })
  folder = mkdtempSync(join(HOME, 'examples-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe.each(['README.md', 'packages/ingam/README.md'])('%s', (paper) => {
  test('its code signs and verifies', async () => {
    const [code = ''] = blocksOf(paper, 'ts')
    const ca = await createTestCa()
    const client = await ca.issue({ uris: ['spiffe://example/client'] })
    put('roots.pem', ca.pem)
    put('client.pem', client.pem)
    put('client.key', client.privateKeyPem)
    put('example.mjs', code)
    expect(node('example.mjs')).toBe("[ 'spiffe://example/client' ] 7\n")
  })

  test('its code is ten lines at most', () => {
    const lines =
      blocksOf(paper, 'ts')[0]
        ?.split('\n')
        .filter((line) => line.trim() !== '') ?? []
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThanOrEqual(10)
  })
})

test('the example of a bound request demands the binding, and asks for the chain once', async () => {
  const [, code = ''] = blocksOf('README.md', 'ts')
  const ca = await createTestCa()
  const client = await ca.issue({ uris: ['spiffe://example/client'] })
  put('roots.pem', ca.pem)
  put('client.pem', client.pem)
  put('client.key', client.privateKeyPem)
  const prelude = `import { loadCredential, loadTrustAnchors } from 'ingam/node'
const audience = 'https://api.example'
const trustAnchors = await loadTrustAnchors('roots.pem')
const verifier = createVerifier({ trustAnchors, audience, revocation: 'off' })
const credential = await loadCredential({ certificate: 'client.pem', privateKey: 'client.key' })
`
  const calls = `
const ask = (path, token, text = '{"order":7}') =>
  authenticate(new Request('http://10.0.0.1:8080' + path, { method: 'POST', body: text }), token)
const say = ({ status, headers, claims }) => console.log(status ?? claims.htu, headers?.['WWW-Authenticate'] ?? '')
say(await ask('/orders?urgent=1', bound))
say(await ask('/orders?urgent=1', await signToken(credential, { audience, request: target })))
say(await ask('/orders?urgent=0', bound))
say(await ask('/orders?urgent=1', bound, '{"order":8}'))
say(await ask('/orders?urgent=1', bound))
say(await ask('/orders?urgent=1', bound))
`
  put('bound.mts', prelude + code + calls)
  expect(node('bound.mts').split('\n')).toEqual([
    '401 Bearer error="use_x5c"',
    'https://api.example/orders?urgent=1 ',
    '401 Bearer error="invalid_token"',
    '401 Bearer error="invalid_token"',
    'https://api.example/orders?urgent=1 ',
    '401 Bearer error="invalid_token"',
    '',
  ])
})

test('the example of revocation says how the signer stands, and refuses it once it is revoked', async () => {
  const [, , code = ''] = blocksOf('README.md', 'ts')
  const ca = await createTestCa()
  const client = await ca.issue({ uris: ['spiffe://example/client'] })
  mkdirSync(join(folder, 'crls'), { recursive: true })
  put('crls/ca.crl', (await ca.crl()).der)
  put('roots.pem', ca.pem)
  put('client.pem', client.pem)
  put('client.key', client.privateKeyPem)
  const prelude = `import { createVerifier, signToken } from 'ingam'
import { loadCredential, loadTrustAnchors } from 'ingam/node'
const audience = 'https://api.example'
const trustAnchors = await loadTrustAnchors('roots.pem')
const credential = await loadCredential({ certificate: 'client.pem', privateKey: 'client.key' })
const token = await signToken(credential, { audience, at: new Date(Date.now() + 2_000) })
`
  const ending = 'for (const source of sources) source.close()\n'
  put('standing.mts', prelude + code + ending)
  expect(node('standing.mts')).toMatch(/^good \d{4}-\d\d-\d\dT/u)
  put('crls/ca.crl', (await ca.crl({ revoked: [client] })).der)
  expect(() => node('standing.mts')).toThrow(/ERR_REVOCATION_REVOKED/u)
})

test('the example of a path finds one', async () => {
  const [, , , code = ''] = blocksOf('README.md', 'ts')
  const ca = await createTestCa({ name: 'Root' })
  const middle = await ca.issue({ kind: 'ca' })
  const client = await middle.issue()
  put('roots.pem', ca.pem)
  put('middle.der', middle.der)
  put('leaf.der', client.der)
  const prelude = `import { readFileSync } from 'node:fs'
const rootsPem = readFileSync('roots.pem', 'utf8')
const leaf = readFileSync('leaf.der')
const intermediates = [readFileSync('middle.der')]
`
  put('path.mjs', prelude + code)
  expect(node('path.mjs')).toMatch(/^3 x509-sha256:[\w-]{43} \[\] \d{4}-\d\d-\d\dT/u)
})

test('the credential for an old verifier signs as EdDSA', async () => {
  const [code = ''] = blocksOf('docs/interop.md', 'ts')
  const client = await (await createTestCa()).issue({ keyType: 'Ed25519' })
  put('client.pem', client.pem)
  put('client.key', client.privateKeyPem)
  const prelude = `import { signToken } from 'ingam'
import { loadCredential } from 'ingam/node'
`
  const ending = `const token = await signToken(credential, { audience: 'https://api.example' })
console.log(JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).alg)
`
  put('old-verifier.mjs', prelude + code + ending)
  expect(node('old-verifier.mjs')).toBe('EdDSA\n')
})

describe.each(['README.md', 'packages/cli/README.md'])('%s', (paper) => {
  test('its three shell lines work as pasted', () => {
    const lines = blocksOf(paper, 'sh')
      .flatMap((block) => block.trim().split('\n'))
      .filter((line) => /^(?:npx )?ingam (?:ca|sign|verify) /u.test(line))
    expect(lines).toHaveLength(3)
    const place = mkdtempSync(join(folder, 'shell-'))
    const script = lines
      .join('\n')
      .replaceAll(/(?:npx )?ingam (?=ca|sign|verify)/gu, `"${process.execPath}" "${BIN}" `)
    const outcome = spawnSync('sh', ['-e', '-c', script], { cwd: place, encoding: 'utf8' })
    expect(outcome).toMatchObject({ status: 0 })
    expect(outcome.stdout).toContain('subject       uri:spiffe://example/client')
  })
})

describe('docs/from-pyopenssl.md', () => {
  const PAPER = 'docs/from-pyopenssl.md'
  const [ours = '', both = '', once = '', audiences = ''] = blocksOf(PAPER, 'ts')

  beforeAll(async () => {
    const ca = await createTestCa()
    const client = await ca.issue({ uris: ['spiffe://example/client'] })
    put('roots.pem', ca.pem)
    put('client.pem', client.pem)
    put('client.key', client.privateKeyPem)
  })

  test('its programs in Python are those that interop/tutorial.test.ts runs', () => {
    const scripts = ['as_it_stands.py', 'repaired.py', 'pinned_token.py']
    expect(blocksOf(PAPER, 'python')).toEqual(
      scripts.map((name) => readFileSync(join(ROOT, 'test/interop/tutorial', name), 'utf8')),
    )
  })

  test('its programs in TypeScript are four', () => {
    expect(blocksOf(PAPER, 'ts')).toHaveLength(4)
  })

  test('our two functions agree', () => {
    put('ours.ts', ours)
    expect(node('ours.ts')).toBe('true\n')
  })

  test('the verifier of the first step accepts both, and bare signatures until the date', () => {
    expect(migrate(both, TOMORROW, ['token', 'token', 'bare', 'changed'])).toEqual([
      'true',
      'true',
      'a bare signature, which is the same each time',
      'true',
      'ERR_TOKEN_SIGNATURE',
      'false',
    ])
    expect(migrate(both, YESTERDAY, ['token', 'bare'])).toEqual(['true', 'ERR_TOKEN_BARE', 'false'])
  })

  test('the verifier of the third step accepts a token once, and bare signatures until the date', () => {
    const sent = ['token', 'token', 'bare', 'bare']
    expect(migrate(once, TOMORROW, sent)).toEqual(['true', 'ERR_TOKEN_REPLAYED', 'false', 'true', 'true'])
    expect(migrate(once, YESTERDAY, ['token', 'bare'])).toEqual(['true', 'ERR_TOKEN_BARE', 'false'])
  })

  test('the verifier of the last step says who signed', () => {
    put('audiences.ts', audiences)
    expect(node('audiences.ts')).toBe("[ 'spiffe://example/client' ]\n")
  })
})

const TOMORROW = new Date(Date.now() + 86_400_000)
const YESTERDAY = new Date(Date.now() - 86_400_000)

// What a verifier of the page says and logs when it is sent these, with another date in the place of its own.
function migrate(verifier: string, acceptBareUntil: Date, sent: readonly string[]): string[] {
  const dated = verifier.replace("'2027-03-31T00:00:00Z'", `'${acceptBareUntil.toISOString()}'`)
  expect(dated).not.toBe(verifier)
  put('verifier.ts', dated)
  put(
    'signer.ts',
    `import { dangerouslyGenerateBareToken, generateToken } from 'ingam/node'
import { isGenuine } from './verifier.ts'
console.warn = (first) => console.log(first)
const token = await generateToken('client.pem', 'client.key')
const bare = Buffer.from(await dangerouslyGenerateBareToken('client.pem', 'client.key')).toString('base64')
const changed = token.slice(0, token.lastIndexOf('.')) + '.' + 'A'.repeat(86)
for (const name of ${JSON.stringify(sent)}) console.log(await isGenuine({ token, bare, changed }[name]))
`,
  )
  return node('signer.ts').trim().split('\n')
}

describe('docs/cli.md', () => {
  const paper = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')

  test.each(COMMANDS)('names every option of %s, and no other', (command) => {
    const help = execFileSync(process.execPath, [BIN, ...command.split(' '), '--help'], {
      encoding: 'utf8',
    })
    const inHelp = optionsOf(help).filter((option) => option !== '--help')
    expect(inHelp).not.toHaveLength(0)
    const documented = new Set(optionsOf(sectionOf(paper, command)))
    expect(inHelp.filter((option) => !documented.has(option))).toEqual([])
  })

  test('names no option that does not exist', () => {
    const known = new Set(
      COMMANDS.flatMap((command) =>
        optionsOf(
          execFileSync(process.execPath, [BIN, ...command.split(' '), '--help'], { encoding: 'utf8' }),
        ),
      ),
    )
    expect(optionsOf(paper).filter((option) => !known.has(option))).toEqual([])
  })
})

const COMMANDS = [
  'sign',
  'verify',
  'explain',
  'inspect',
  'ca init',
  'ca issue',
  'ca sign',
  'ca list',
  'ca revoke',
  'ca crl',
  'ca ocsp',
  'revocation status',
  'serve',
  'login',
  'policy show',
  'policy diff',
  'policy apply',
  'policy test',
  'policy explain',
  'grants list',
  'grants end',
  'grants blocks',
  'grants unblock',
  'keys list',
  'keys rotate',
  'audit tail',
  'audit verify',
  'audit export',
  'audit checkpoints',
  'backup',
  'restore',
  'tour',
] as const

// explain takes the options of verify; the `ca` commands share a section, and so do those around the service.
function sectionOf(paper: string, command: string): string {
  if (SERVICE.test(command)) return paper.split('\n## ').find((part) => part.startsWith('The service')) ?? ''
  const title = command === 'explain' ? 'verify' : command.replace(/^(ca|revocation) .*$/u, '$1')
  const section = paper.split('\n## ').find((part) => part.split('\n')[0]?.includes(`\`ingam ${title}\``))
  expect(section).toBeDefined()
  return section ?? ''
}

const SERVICE = /^(?:serve|login|policy|grants|keys|audit|backup|restore)\b/u

function optionsOf(text: string): string[] {
  return [...new Set([...text.matchAll(/--[a-z][a-z-]+/gu)].map((match) => match[0]))]
}

function blocksOf(paper: string, language: string): string[] {
  const text = readFileSync(join(ROOT, paper), 'utf8')
  return [...text.matchAll(/```(\w+)\n([\s\S]*?)```/gu)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? '')
}

function put(name: string, text: string | Uint8Array): void {
  writeFileSync(join(folder, name), text)
}

function node(script: string): string {
  return execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' })
}
