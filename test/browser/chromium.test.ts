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
import { readVectors } from '../vectors/files.ts'
import { stepsOf, type VectorFile } from '../vectors/format.ts'
import { type Judgement, judgeVectors } from '../vectors/runner.ts'

declare global {
  /** What the page imported; it exists there alone. */
  var library: typeof Ingam & typeof Testing & typeof X509
}

const ROOT = join(import.meta.dirname, '..', '..')
const FOLDERS = { dist: join(ROOT, 'packages', 'ingam', 'dist') }
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

  describe.each(readVectors())('vectors: $group', (file) => {
    let judgements: ReadonlyMap<string, Judgement>

    beforeAll(async () => {
      // The runner's text runs in the page, on the page's own library.
      const list = await page.evaluate<readonly Judgement[]>(
        `(${String(judgeVectors)})(${JSON.stringify(file)}, library)`,
      )
      judgements = new Map(list.map((judgement) => [judgement.id, judgement]))
    }, 120_000)

    test.each(file.cases)('$id: $comment', (vector) => {
      const steps = stepsOf(vector)
      const found = judgements.get(vector.id)
      if (isJudgeable(vector)) {
        expect(found?.fresh).toEqual(
          steps.map(({ verdict, code, waitSeconds }) => ({ verdict, code, waitSeconds })),
        )
        expect(found?.explained).toEqual(steps.map(({ verdict, code, check }) => ({ verdict, code, check })))
      } else {
        // Without the algorithm nothing of it is accepted.
        expect(found?.fresh.map(({ verdict }) => verdict)).toEqual(steps.map(() => 'refused'))
      }
    })
  })

  function isJudgeable({ requires = [] }: VectorFile['cases'][number]): boolean {
    return requires.every(
      (need) => need === 'chain memory' || algorithms.some((algorithm) => algorithm.startsWith(need)),
    )
  }

  test.each([
    '/package.json',
    '/dist/',
    '/dist/..%2fpackage.json',
    '/dist/index.d.ts',
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
