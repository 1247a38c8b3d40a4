// Every refusal of a policy's text: that it is one, its place, and that the paper has it as it is printed.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../../packages/server/src/policy/compile.ts'
import { resolvePolicyFiles } from '../../../packages/server/src/policy/files.ts'
import { parsePolicy } from '../../../packages/server/src/policy/parse.ts'
import { parsePolicyTests } from '../../../packages/server/src/policy/parse-tests.ts'
import { ServiceError } from '../../../packages/server/src/service-error.ts'
import { ca, policyText, problemsOf, refusal } from './fixtures.ts'
import { GOOD, GOOD_TABLE, WRONG_SYNTAX, WRONG_TABLES, WRONG_VALUES } from './provoked.ts'

const PAPER = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8')

const GOOD_DOCUMENT = parsePolicy(GOOD)

function refused([from, to]: readonly [string, string]): ServiceError {
  if (!GOOD.includes(from)) throw new Error(`the good policy has no ${from}`)
  return refusal(() => parsePolicy(GOOD.replace(from, () => to)))
}

/** The lines of the fenced blocks of a kind. */
function linesOf(kind: string): readonly string[] {
  const blocks = [...PAPER.matchAll(new RegExp(`^\`\`\`text ${kind}\n([\\s\\S]*?)^\`\`\`$`, 'gmu'))]
  return blocks.flatMap(([, lines = '']) => lines.trimEnd().split('\n'))
}

const withoutPlace = (line: string): string =>
  line.replace(/ \(line \d+, column \d+\)/u, '').replace(/^line \d+, column \d+: /u, '')

test('the policy that is changed is a good one', () => {
  expect(Object.keys(parsePolicy(GOOD).profiles)).toEqual(['deploy'])
})

test('every wrong value is refused, and the paper has each refusal once', () => {
  const told = new Set<string>()
  for (const change of WRONG_VALUES) {
    const error = refused(change)
    expect([change[1], error.code]).toEqual([change[1], 'ERR_POLICY_VALUE'])
    for (const line of problemsOf(error)) told.add(withoutPlace(line))
  }
  expect(linesOf('values').toSorted()).toEqual([...told].sort())
})

test('everything that is not the YAML taken here is refused, and the paper has each refusal once', () => {
  const told = new Set<string>()
  for (const change of WRONG_SYNTAX) {
    const error = refused(change)
    expect([change[1].slice(0, 80), error.code]).toEqual([change[1].slice(0, 80), 'ERR_POLICY_SYNTAX'])
    for (const line of problemsOf(error)) told.add(withoutPlace(line))
  }
  expect(linesOf('syntax').toSorted()).toEqual([...told].sort())
})

test('every wrong table of tests is refused, and the paper has each refusal once', () => {
  expect(parsePolicyTests(GOOD_TABLE, GOOD_DOCUMENT)).toHaveLength(1)
  const told = new Set<string>()
  for (const [from, to] of WRONG_TABLES) {
    const error = refusal(() =>
      parsePolicyTests(
        GOOD_TABLE.replace(from, () => to),
        GOOD_DOCUMENT,
      ),
    )
    expect([to, error.code]).toEqual([to, 'ERR_POLICY_VALUE'])
    expect(error.message).toMatch(/^tests: /u)
    for (const line of problemsOf(error)) told.add(withoutPlace(line))
  }
  expect(linesOf('tables').toSorted()).toEqual([...told].sort())
})

test('every wrong file is refused, and the paper has each refusal once', async () => {
  const pem = GOOD.slice(GOOD.indexOf('certificate: |'), GOOD.indexOf('    names'))
  const text = GOOD.replace(pem, 'file: ca.pem\n')
  const told: string[] = []
  for (const content of ['none', `${ca.pem}${ca.pem}`]) {
    const error = await resolvePolicyFiles(text, async () => content).catch((thrown: unknown) => thrown)
    if (!(error instanceof ServiceError)) throw error
    expect(error.code).toBe('ERR_POLICY_VALUE')
    expect(error.message).toContain('(line 5, column 5)')
    told.push(...problemsOf(error).map(withoutPlace))
  }
  expect(linesOf('files').toSorted()).toEqual(told.sort())
})

test('the paper has every key of the schema', () => {
  const shown = linesOf('values').flatMap(
    (line) => /no other key than ([^;]*);/u.exec(line)?.[1]?.split(', ') ?? [],
  )
  for (const key of new Set(shown)) expect(PAPER).toContain(`\`${key}\``)
})

describe('a refusal', () => {
  test('is printed as the paper has it', () => {
    const HINT = 'ingam: hint: docs/policy.md lists every key'
    const printed = (to: string): readonly string[] => problemsOf(refused(['binding: none', to]))
    const [one] = printed('binding: bearer')
    expect(linesOf('one')).toEqual([`ingam: error: ERR_POLICY_VALUE: policy.yaml: ${one}`, HINT])
    const several = printed('binding: bearer\n    lifetime: 48h').map((line) => `ingam: note: ${line}`)
    expect(linesOf('several')).toEqual([
      `ingam: error: ERR_POLICY_VALUE: policy.yaml: ${several.length} problems`,
      ...several,
      HINT,
    ])
  })

  test('has the place, and says how many there are', () => {
    const text = GOOD.replace('binding: none', 'binding: bearer\n    lifetime: 48h')
    const error = refusal(() => parsePolicy(text))
    expect(error.message).toBe(
      'policy: profiles.deploy.binding (line 27, column 5): expected none, dpop, mtls or proof; found "bearer" (and 1 more)',
    )
    expect(error.details['count']).toBe(2)
  })

  test('of a table says what is wrong, and nothing of the other form', () => {
    const of = (expected: string): readonly string[] => {
      const table = GOOD_TABLE.replace('{ profile: deploy }', expected)
      return problemsOf(refusal(() => parsePolicyTests(table, GOOD_DOCUMENT))).map(withoutPlace)
    }
    expect(of('{ profile: deploy, binding: bearer }')).toEqual([
      'tests[0].expect.binding: expected none, dpop, mtls or proof; found "bearer"',
    ])
    expect(of('{ profile: deploy, lifetime: 120 }')).toEqual([
      'tests[0].expect.lifetime: expected a duration from 10s to 24h, such as 90s, 5m or 1h; found 120',
    ])
    expect(of('{ profil: deploy }')).toEqual([
      expect.stringMatching(/^tests\[0\]\.expect\.profil: .*; did you mean profile\?$/u),
    ])
  })

  test('tells twenty problems of more, and counts all', () => {
    const clients = (length: number): string =>
      Array.from({ length }, (_, index) => `c${index}: { authentication: no }\n`).join('')
    const of = (length: number): ServiceError => refusal(() => parsePolicy(policyText('', clients(length))))
    expect([problemsOf(of(20)).length, of(20).details['count']]).toEqual([20, 20])
    expect([problemsOf(of(21)).length, of(21).details['count']]).toEqual([20, 21])
  })

  test('repeats no key and no token, in whatever place it stands', () => {
    const secret = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'
    for (const value of [`-----BEGIN PRIVATE KEY-----\\n${secret}`, `eyJ${secret}`]) {
      for (const key of ['version', 'revocation', 'trustAnchors', 'profiles', 'other']) {
        const error = refusal(() =>
          parsePolicy(`${GOOD.replace(`${key}:`, `_${key}:`)}\n${key}: "${value}"\n`),
        )
        expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain(secret)
      }
    }
    const broken = refusal(() => parsePolicy(`a: "${secret}\nb: [${secret}`))
    expect(`${broken.message}${JSON.stringify(broken.details)}`).not.toContain(secret)
  })

  test('escapes what it repeats', () => {
    const error = refusal(() => parsePolicy(GOOD.replace('binding: none', 'binding: "\\e[31m\\u202e"')))
    expect(error.message).toContain(String.raw`"\u{1b}[31m\u{202e}"`)
  })
})

describe('limits', () => {
  test('two thousand tests are read, one more is not', () => {
    const table = (length: number): string =>
      `tests:\n${Array.from({ length }, (_, index) => `- {name: ${index}a, certificate: a, expect: {profile: deploy}}\n`).join('')}`
    expect(parsePolicyTests(table(2_000), GOOD_DOCUMENT)).toHaveLength(2_000)
    expect(refusal(() => parsePolicyTests(table(2_001), GOOD_DOCUMENT)).code).toBe('ERR_POLICY_VALUE')
  })

  test('a value is shown up to 80 characters', () => {
    const of = (value: string): string =>
      refusal(() => parsePolicy(GOOD.replace('binding: none', `binding: ${value}`))).message
    expect(of('x'.repeat(80))).toContain(`found "${'x'.repeat(80)}"`)
    expect(of('x'.repeat(81))).toContain(`found "${'x'.repeat(80)}…(81 characters)"`)
  })

  test('256 KiB are read, one byte more is not', () => {
    const fill = 262_144 - Buffer.byteLength(`${GOOD}#`)
    expect(parsePolicy(`${GOOD}#${'x'.repeat(fill)}`).version).toBe(1)
    expect(refusal(() => parsePolicy(`${GOOD}#${'x'.repeat(fill + 1)}`)).code).toBe('ERR_POLICY_SYNTAX')
    expect(refusal(() => parsePolicy(`${GOOD}#${'é'.repeat(fill / 2 + 1)}`)).code).toBe('ERR_POLICY_SYNTAX')
  })

  test('twelve levels are read, thirteen are not', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`
    expect(refusal(() => parsePolicy(nested(11))).code).toBe('ERR_POLICY_VALUE')
    expect(refusal(() => parsePolicy(nested(12))).code).toBe('ERR_POLICY_SYNTAX')
  })

  const PROFILE = 'match: { trustAnchor: workloads, dns: a.example }, audience: x, binding: none'
  const profile = (more: string): string => policyText(`p: { ${PROFILE}, ${more} }`)
  const words = (length: number): string =>
    `[${Array.from({ length }, (_, index) => `w${index}`).join(', ')}]`
  const profiles = (length: number): string =>
    policyText(Array.from({ length }, (_, index) => `p${index}: { ${PROFILE} }`).join('\n'))

  test.each([
    ['64 scopes', profile(`scope: ${words(64)}`), profile(`scope: ${words(65)}`)],
    ['a scope of 128', profile(`scope: ${'a'.repeat(128)}`), profile(`scope: ${'a'.repeat(129)}`)],
    ['a lifetime of 10 s', profile('lifetime: 10s'), profile('lifetime: 9s')],
    ['a lifetime of a day', profile('lifetime: 24h'), profile('lifetime: 86401s')],
    ['a lifetime of a day in hours', profile('lifetime: 86400s'), profile('lifetime: 25h')],
    [
      'an audience of 512',
      profile('roles: []').replace('audience: x', `audience: ${'x'.repeat(512)}`),
      profile('roles: []').replace('audience: x', `audience: ${'x'.repeat(513)}`),
    ],
    [
      'a name of 128',
      profile('roles: []').replace('p:', `${'p'.repeat(128)}:`),
      profile('roles: []').replace('p:', `${'p'.repeat(129)}:`),
    ],
    ['256 profiles', profiles(256), profiles(257)],
  ])('%s', (_, atLimit, beyond) => {
    expect(parsePolicy(atLimit).version).toBe(1)
    expect(refusal(() => parsePolicy(beyond)).code).toBe('ERR_POLICY_VALUE')
  })
})

describe('whatever the text is, it is a policy or a refusal', () => {
  const CODES = ['ERR_POLICY_SYNTAX', 'ERR_POLICY_VALUE']
  const judge = (text: string): void => {
    try {
      parsePolicy(text)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      expect(CODES).toContain(error.code)
      expect(problemsOf(error).length).toBeGreaterThan(0)
    }
  }

  test('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), judge), { numRuns: 300 })
  })

  test('any YAML signs', () => {
    const sign = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '-',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&',
      '*',
      '!',
      '|',
      '>',
      '%',
      '#',
      '?',
      ',',
      '\t',
      '\r',
      '~',
      '0',
      '<<',
      '\u{feff}',
      '\0',
    )
    fc.assert(
      fc.property(
        fc.array(sign, { maxLength: 40 }).map((signs) => signs.join('')),
        judge,
      ),
      { numRuns: 600 },
    )
  })

  test('a good policy with something cut, doubled or put in', () => {
    const change = fc.tuple(
      fc.nat(GOOD.length),
      fc.nat(40),
      fc.constantFrom('', ':', '\n', ' ', '- ', '[', '{', '"', '&a ', '*a', '!!x ', 'null', '0'),
    )
    fc.assert(
      fc.property(change, ([at, length, put]) => judge(GOOD.slice(0, at) + put + GOOD.slice(at + length))),
      { numRuns: 600 },
    )
  })

  test('any value in the place of any other', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.stringify(json))
    const place = fc.constantFrom(
      '1',
      'off',
      'any',
      '[prod.example]',
      'private_key_jwt',
      'workloads',
      '{ san_uri: "spiffe://prod.example/billing" }',
      '"spiffe://prod.example/*"',
      'https://api.example',
      'none',
    )
    fc.assert(
      fc.property(place, value, (from, to) => judge(GOOD.replace(` ${from}`, () => ` ${to}`))),
      { numRuns: 600 },
    )
  })

  test('a text with as many wrong keys as fit is read in bounded time', () => {
    const start = performance.now()
    judge(Array.from({ length: 26_000 }, (_, index) => `k${index}: 1`).join('\n'))
    expect(performance.now() - start).toBeLessThan(30_000)
  })
})

test('a document is judged as its text is', () => {
  const document = parsePolicy(GOOD)
  expect(compilePolicy({ version: 3, digest: 'd', document }).document).toEqual(document)
  const wrong = {
    ...document,
    profiles: { deploy: { ...Object.values(document.profiles)[0], binding: 'bearer' } },
  }
  expect(refusal(() => compilePolicy({ version: 3, digest: 'd', document: Object(wrong) })).message).toBe(
    'policy: profiles.deploy.binding: expected none, dpop, mtls or proof; found "bearer"',
  )
})
