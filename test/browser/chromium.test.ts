// The built package in Chromium, without a bundler: an import map in place of the package's own `imports`.
// Tokens are signed and verified in the page, and every vector gets its verdict there too. Needs a build.

import { join } from 'node:path'
import type * as Ingam from 'ingam'
import { createVerifier, TOKEN_ALGORITHMS, type TokenAlgorithm } from 'ingam'
import type * as Testing from 'ingam/testing'
import type { TestKeyType } from 'ingam/testing'
import type * as X509 from 'ingam/x509'
import { parseCertificates } from 'ingam/x509'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY_TYPES } from '../support/algorithms.ts'
import { codeOf } from '../support/codes.ts'
import { describeWith } from '../support/requires.ts'
import { type StaticServer, startStaticServer } from '../support/static-server.ts'
import vectors from '../vectors/tokens-v1.json' with { type: 'json' }

declare global {
  /** What the page imported; it exists there alone. */
  var library: typeof Ingam & typeof Testing & typeof X509
}

const ROOT = join(import.meta.dirname, '..', '..')
const FOLDERS = { dist: join(ROOT, 'packages', 'ingam', 'dist'), vectors: join(ROOT, 'test', 'vectors') }
const PAGE = `<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "#platform": "/dist/platform/web.js" } }</script>
<script type="module">
import * as ingam from '/dist/index.js'
import * as testing from '/dist/testing/index.js'
import * as x509 from '/dist/entries/x509.js'
globalThis.library = { ...ingam, ...testing, ...x509 }
</script>`

interface Signed {
  readonly algorithm: TokenAlgorithm
  readonly token: string
  readonly root: string
  /** The verdict in the page on the token and on its neighbours. */
  readonly verdicts: Readonly<Record<string, string>>
}

interface Verdict {
  readonly id: string
  readonly verify: string
  readonly explain: string
}

describeWith(['chromium'], 'chromium', ({ chromium }) => {
  const problems: string[] = []
  let server: StaticServer
  let browser: Browser
  let page: Page
  let algorithms: readonly TokenAlgorithm[]

  beforeAll(async () => {
    server = await startStaticServer(PAGE, FOLDERS)
    browser = await playwright.launch({
      executablePath: chromium,
      headless: true,
      args: ['--no-sandbox'],
    })
    page = await browser.newPage()
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`))
    page.on('response', (response) => {
      if (!response.ok()) problems.push(`${response.url()}: ${response.status()}`)
    })
    await page.goto(`${server.origin}/`)
    await page.waitForFunction(() => 'library' in globalThis)
    const keyTypes = await page.evaluate(keyTypesOfPage, [...new Set(Object.values(KEY_TYPES))])
    algorithms = TOKEN_ALGORITHMS.filter((algorithm) => keyTypes.includes(KEY_TYPES[algorithm]))
    console.info(`Chromium ${browser.version()} signs and verifies by ${algorithms.join(', ')}`)
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('the page loads all modules without an error', async () => {
    expect(await page.evaluate(() => library.TOKEN_ALGORITHMS)).toEqual(TOKEN_ALGORITHMS)
    expect(problems).toEqual([])
  })

  test('the page has all algorithms of the Web Cryptography API', () => {
    expect(algorithms).toEqual(
      expect.arrayContaining(
        TOKEN_ALGORITHMS.filter((name) => /^(?:ES|PS|RS)|^Ed25519$|^EdDSA$/u.test(name)),
      ),
    )
  })

  test('the page signs and verifies by each algorithm it has, and refuses what is next to it', async () => {
    for (const algorithm of algorithms) {
      const { verdicts } = await page.evaluate(signInPage, { algorithm, keyType: KEY_TYPES[algorithm] })
      expect({ algorithm, ...verdicts }).toEqual({
        algorithm,
        itself: 'accepted',
        'a second time': 'ERR_TOKEN_REPLAYED',
        'for another audience': 'ERR_TOKEN_AUDIENCE',
        'under another root': 'ERR_PATH_NO_ISSUER',
        'other claims': 'ERR_TOKEN_SIGNATURE',
        'a signature of zeros': 'ERR_TOKEN_SIGNATURE',
        'another key': 'ERR_KEY_MISMATCH',
      })
    }
  })

  test('Node accepts the tokens that the page signed, and refuses them for another audience', async () => {
    for (const algorithm of algorithms) {
      const { token, root } = await page.evaluate(signInPage, { algorithm, keyType: KEY_TYPES[algorithm] })
      expect([algorithm, await verdictOnNode(token, root, 'https://api.example')]).toEqual([
        algorithm,
        'accepted',
      ])
      expect([algorithm, await verdictOnNode(token, root, 'https://b.example')]).toEqual([
        algorithm,
        'ERR_TOKEN_AUDIENCE',
      ])
    }
  })

  describe('vectors', () => {
    let verdicts: ReadonlyMap<string, Verdict>

    beforeAll(async () => {
      const list = await page.evaluate(judgeInPage, `${server.origin}/vectors/tokens-v1.json`)
      verdicts = new Map(list.map((verdict) => [verdict.id, verdict]))
    }, 120_000)

    test.each(vectors.cases)('$id: $expected', ({ id, expected: usual, requires }) => {
      const isMissing = requires !== undefined && !algorithms.some((algorithm) => algorithm === requires)
      const expected = isMissing ? 'ERR_TOKEN_ALGORITHM_KEY' : usual
      expect(verdicts.get(id)).toEqual({ id, verify: expected, explain: expected })
    })
  })

  test.each([
    '/package.json',
    '/dist/',
    '/dist/..%2fpackage.json',
    '/dist/index.d.ts',
    '/vectors/generate.ts',
    '/constructor/index.js',
  ])('the server does not serve %s', async (path) => {
    const status = await page.request.get(server.origin + path).then((response) => response.status())
    expect(status).toBe(404)
  })
})

// The functions below run in the page: they see its globals and their argument, nothing of this module.

// The kinds of key that this browser makes.
async function keyTypesOfPage(keyTypes: readonly TestKeyType[]): Promise<readonly TestKeyType[]> {
  const made = await Promise.all(
    keyTypes.map((keyType) =>
      library.createTestCa({ keyType }).then(
        () => keyType,
        () => undefined,
      ),
    ),
  )
  return made.filter((keyType) => keyType !== undefined)
}

interface SigningInPage {
  readonly algorithm: TokenAlgorithm
  readonly keyType: TestKeyType
}

async function signInPage({ algorithm, keyType }: SigningInPage): Promise<Signed> {
  const { createTestCa, createCredential, createVerifier, signToken, isPkiError } = library
  const at = new Date('2026-06-01T12:00:00Z')
  const audience = 'https://api.example'
  const codeOfRun = async (run: () => Promise<unknown>): Promise<string> => {
    try {
      await run()
      return 'accepted'
    } catch (error) {
      if (isPkiError(error)) return error.code
      throw error
    }
  }
  const root = await createTestCa({ at, keyType })
  const other = await createTestCa({ at, keyType, name: 'Other' })
  const leaf = await (await root.issue({ kind: 'ca', keyType })).issue({ keyType, dns: ['client.example'] })
  const credential = await leaf.credential({ algorithm })
  const token = await signToken(credential, { audience, at })
  const [header = '', payload = '', signature = ''] = token.split('.')
  const [, otherPayload] = (await signToken(credential, { audience, at })).split('.')
  const verifierFor = (trusted: Testing.TestCa, named: string): Ingam.Verifier =>
    createVerifier({
      trustAnchors: [trusted.certificate],
      audience: named,
      revocation: 'off',
      algorithms: [algorithm],
      clock: () => at,
    })
  const verifier = verifierFor(root, audience)
  const zeros = 'A'.repeat(signature.length - 1)
  const verdicts = {
    itself: await codeOfRun(() => verifier.verify(token)),
    'a second time': await codeOfRun(() => verifier.verify(token)),
    'for another audience': await codeOfRun(() => verifierFor(root, 'https://b.example').verify(token)),
    'under another root': await codeOfRun(() => verifierFor(other, audience).verify(token)),
    'other claims': await codeOfRun(() =>
      verifierFor(root, audience).verify(`${header}.${otherPayload}.${signature}`),
    ),
    'a signature of zeros': await codeOfRun(() =>
      verifierFor(root, audience).verify(`${header}.${payload}.${zeros}A`),
    ),
    'another key': await codeOfRun(() =>
      createCredential({ certificate: leaf.pem, privateKey: other.privateKeyPem, algorithm }),
    ),
  }
  return { algorithm, token, root: root.pem, verdicts }
}

async function judgeInPage(url: string): Promise<readonly Verdict[]> {
  const { createVerifier, isPkiError, parseCertificates } = library
  const file: typeof vectors = await (await fetch(url)).json()
  const trustAnchors = parseCertificates(file.trustAnchors)
  const list: Verdict[] = []
  for (const { id, token } of file.cases) {
    const verifier = createVerifier({
      trustAnchors,
      audience: file.audience,
      revocation: 'off',
      oneTimeUse: 'off',
      clock: () => new Date(file.at),
    })
    const { accepted, error } = await verifier.explain(token)
    const verify = await verifier.verify(token).then(
      () => 'accepted',
      (refusal) => (isPkiError(refusal) ? refusal.code : String(refusal)),
    )
    list.push({ id, verify, explain: accepted ? 'accepted' : (error?.code ?? 'nothing') })
  }
  return list
}

async function verdictOnNode(token: string, root: string, audience: string): Promise<string> {
  const verifier = createVerifier({
    trustAnchors: parseCertificates(root),
    audience,
    revocation: 'off',
    algorithms: TOKEN_ALGORITHMS,
    clock: () => new Date('2026-06-01T12:00:00Z'),
  })
  return await codeOf(() => verifier.verify(token))
}
