// The options of a verifier: what each is by default, at its bounds and one past them; nothing unknown is passed over.

import { describe, expect, test, vi } from 'vitest'
import { AT, AUDIENCE, NOW, untyped } from '../../../../test/support/forge.ts'
import { DEFAULT_ALGORITHMS, TOKEN_ALGORITHMS } from '../keys/algorithms.ts'
import { createTrustStore } from '../path/trust-store.ts'
import { createTestCa } from '../testing/test-ca.ts'
import { createPlan, type Plan } from './plan.ts'
import { AUTH_PROFILE } from './profile.ts'
import { createVerifier } from './verify.ts'

const root = await createTestCa({ at: AT })
const BASE = {
  trustAnchors: [root.certificate],
  audience: AUDIENCE,
  revocation: 'off',
  clock: () => AT,
} as const

/** Plans from options of any type, as untyped callers can give them. */
function planOf(changes: object = {}, without: readonly string[] = []): Plan {
  const options = Object.entries({ ...BASE, ...changes }).filter(([name]) => !without.includes(name))
  return createPlan(untyped(Object.fromEntries(options)))
}

function refusal(code: string, argument: string): unknown {
  return expect.objectContaining({ code, details: expect.objectContaining({ argument }) })
}

describe('defaults', () => {
  test('are those that the options document', () => {
    expect(planOf()).toMatchObject({
      profile: AUTH_PROFILE,
      audiences: new Set([AUDIENCE]),
      algorithms: new Set(TOKEN_ALGORITHMS.filter((algorithm) => !algorithm.startsWith('ML-DSA-'))),
      maxTokenBytes: 16_384,
      maxLifetimeSeconds: 600,
      expiryToleranceSeconds: 60,
      futureToleranceSeconds: 5,
      allowMultipleAudiences: false,
      unexpectedBinding: 'refuse',
      maxCacheBytes: 33_554_432,
      pathRules: {
        purpose: 'clientAuth',
        policies: {
          initialPolicySet: ['2.5.29.32.0'],
          initialExplicitPolicy: false,
          initialPolicyMappingInhibit: false,
          initialInhibitAnyPolicy: false,
        },
        anchorValidity: 'enforce',
        anyExtendedKeyUsage: 'refuse',
      },
      replay: { epoch: NOW, maxEntries: 1_000_000, maxEntriesPerKey: 100_000 },
    })
  })

  test('stand where an option is undefined', () => {
    const names = [
      'policies',
      'anchorValidity',
      'algorithms',
      'oneTimeUse',
      'maxReplayEntries',
      'maxReplayEntriesPerKey',
      'maxTokenBytes',
      'maxLifetimeSeconds',
      'expiryToleranceSeconds',
      'futureToleranceSeconds',
      'allowMultipleAudiences',
      'unexpectedBinding',
      'profile',
      'knownChains',
      'requiredBinding',
      'maxCacheBytes',
    ]
    const {
      trustStore: _one,
      knownChains: _none,
      replay,
      ...given
    } = planOf(Object.fromEntries(names.map((name) => [name, undefined])))
    const { trustStore: _two, knownChains: _neither, replay: usualReplay, ...usual } = planOf()
    expect(given).toEqual(usual)
    expect(replay?.maxEntries).toBe(usualReplay?.maxEntries)
  })

  test('take the clock of the system', () => {
    vi.useFakeTimers({ now: AT })
    try {
      expect(planOf({}, ['clock']).clock()).toEqual(AT)
    } finally {
      vi.useRealTimers()
    }
  })

  test('cannot be changed afterwards', () => {
    expect(Object.isFrozen(planOf())).toBe(true)
  })
})

describe('the options object', () => {
  test.each([
    ['undefined', undefined],
    ['null', null],
    ['text', 'off'],
    ['a function', () => BASE],
  ])('is refused where it is %s', (_, options) => {
    expect(() => createPlan(untyped(options))).toThrow(expect.objectContaining({ code: 'ERR_ARG_TYPE' }))
  })

  test.each([
    'audiences',
    'Audience',
    'maxTokenByte',
    'clockTolerance',
    'algorithm',
    'trustAnchor',
    'replay',
    '',
    'toString',
  ])('is refused with the unknown option %j', (name) => {
    expect(() => planOf({ [name]: undefined })).toThrow(
      expect.objectContaining({
        code: 'ERR_ARG_UNKNOWN_OPTION',
        details: expect.objectContaining({ argument: name }),
      }),
    )
  })

  test.each(['trustAnchors', 'audience', 'revocation'])('is refused without %s', (name) => {
    expect(() => planOf({}, [name])).toThrow(refusal('ERR_ARG_REQUIRED', name))
  })

  test.each(['trustAnchors', 'audience', 'revocation'])('is refused where %s is undefined', (name) => {
    expect(() => planOf({ [name]: undefined })).toThrow(refusal('ERR_ARG_REQUIRED', name))
  })

  test('is refused by createVerifier as well', () => {
    expect(() => createVerifier(untyped({ ...BASE, audience: undefined }))).toThrow(
      refusal('ERR_ARG_REQUIRED', 'audience'),
    )
  })
})

describe.each([
  ['maxTokenBytes', 256, 65_536],
  ['maxLifetimeSeconds', 1, 86_400],
  ['expiryToleranceSeconds', 0, 3_600],
  ['futureToleranceSeconds', 0, 3_600],
  ['maxReplayEntries', 1, 100_000_000],
  ['maxReplayEntriesPerKey', 1, 100_000_000],
  ['maxCacheBytes', 0, 2 ** 40],
])('%s', (name, minimum, maximum) => {
  function read(plan: Plan): unknown {
    const { replay } = plan
    if (name === 'maxReplayEntries') return replay?.maxEntries
    if (name === 'maxReplayEntriesPerKey') return replay?.maxEntriesPerKey
    return Object.entries(plan).find(([key]) => key === name)?.[1]
  }

  test.each([minimum, maximum])('accepts %d', (value) => {
    expect(read(planOf({ [name]: value }))).toBe(value)
  })

  test.each([minimum - 1, maximum + 1, minimum + 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d',
    (value) => {
      expect(() => planOf({ [name]: value })).toThrow(refusal('ERR_ARG_VALUE', name))
    },
  )

  test.each([
    ['null', null],
    ['text', String(minimum)],
    ['true', true],
    ['a BigInt', BigInt(maximum)],
    ['an array', [maximum]],
    ['a Number object', Object(maximum)],
  ])('refuses %s', (_, value) => {
    expect(() => planOf({ [name]: value })).toThrow(refusal('ERR_ARG_TYPE', name))
  })
})

describe('maxReplayEntriesPerKey', () => {
  test.each([
    [1, 1],
    [10, 1],
    [11, 2],
    [1_000, 100],
  ])('is a tenth of %i by default, rounded up', (maxReplayEntries, share) => {
    expect(planOf({ maxReplayEntries }).replay?.maxEntriesPerKey).toBe(share)
  })
})

describe('audience', () => {
  test('accepts several', () => {
    expect(planOf({ audience: ['one', 'two'] }).audiences).toEqual(new Set(['one', 'two']))
  })

  test.each([
    [[...DEFAULT_ALGORITHMS], 16_384],
    [['ES256', 'ML-DSA-44'], 65_536],
    [['ML-DSA-87'], 65_536],
  ] as const)('of %j allow tokens of %i characters unless told otherwise', (algorithms, maxTokenBytes) => {
    expect(planOf({ algorithms }).maxTokenBytes).toBe(maxTokenBytes)
    expect(planOf({ algorithms, maxTokenBytes: 1_000 }).maxTokenBytes).toBe(1_000)
  })

  test('does not follow an array that is changed afterwards', () => {
    const audience = ['one']
    const plan = planOf({ audience })
    audience.push('two')
    expect(plan.audiences).toEqual(new Set(['one']))
  })

  test.each([
    ['empty text', ''],
    ['an empty array', []],
    ['an array with empty text', ['one', '']],
    ['an array with undefined', ['one', undefined]],
    ['an array within an array', [['one']]],
    ['null', null],
    ['a number', 1],
    ['a Set', new Set(['one'])],
    ['a regular expression', /./u],
    ['a function', () => true],
  ])('refuses %s', (_, audience) => {
    expect(() => planOf({ audience })).toThrow(refusal('ERR_ARG_VALUE', 'audience'))
  })
})

describe('algorithms', () => {
  test.each(TOKEN_ALGORITHMS)('accepts %s alone', (algorithm) => {
    expect(planOf({ algorithms: [algorithm] }).algorithms).toEqual(new Set([algorithm]))
  })

  test.each([
    [[...DEFAULT_ALGORITHMS], 16_384],
    [['ES256', 'ML-DSA-44'], 65_536],
    [['ML-DSA-87'], 65_536],
  ] as const)('of %j allow tokens of %i characters unless told otherwise', (algorithms, maxTokenBytes) => {
    expect(planOf({ algorithms }).maxTokenBytes).toBe(maxTokenBytes)
    expect(planOf({ algorithms, maxTokenBytes: 1_000 }).maxTokenBytes).toBe(1_000)
  })

  test('does not follow an array that is changed afterwards', () => {
    const algorithms = ['ES256']
    const plan = planOf({ algorithms })
    algorithms.push('RS256')
    expect(plan.algorithms).toEqual(new Set(['ES256']))
  })

  test.each([
    ['an empty array', []],
    ['text', 'ES256'],
    ['a Set', new Set(['ES256'])],
    ['an object', {}],
    ['a number', 1],
  ])('refuses %s', (_, algorithms) => {
    expect(() => planOf({ algorithms })).toThrow(refusal('ERR_ARG_VALUE', 'algorithms'))
  })

  test.each(['none', 'HS256', 'ES256K', 'ESP256', 'es256', '', 'constructor', null, 1])(
    'refuses %j',
    (name) => {
      expect(() => planOf({ algorithms: ['ES256', name] })).toThrow(
        refusal('ERR_ARG_UNSUPPORTED', 'algorithms'),
      )
    },
  )

  test('refuses null', () => {
    expect(() => planOf({ algorithms: null })).toThrow(refusal('ERR_ARG_VALUE', 'algorithms'))
  })

  test('refuses undefined among them', () => {
    expect(() => planOf({ algorithms: ['ES256', undefined] })).toThrow(
      refusal('ERR_ARG_UNSUPPORTED', 'algorithms'),
    )
  })
})

describe('revocation', () => {
  test.each([null, '', 'on', 'OFF', 'crl', 'require', false, true])('refuses %j', (revocation) => {
    expect(() => planOf({ revocation })).toThrow(refusal('ERR_ARG_VALUE', 'revocation'))
  })
})

describe('trustAnchors', () => {
  test('accepts a store, certificates and certificates with ids', () => {
    const store = createTrustStore([root.certificate])
    expect(planOf({ trustAnchors: store }).trustStore).toBe(store)
    expect(planOf({ trustAnchors: [root.certificate] }).trustStore.size).toBe(1)
    expect(planOf({ trustAnchors: [{ certificate: root.certificate, id: 'root' }] }).trustStore.size).toBe(1)
  })

  test('refuses an empty array', () => {
    expect(() => planOf({ trustAnchors: [] })).toThrow(refusal('ERR_ARG_VALUE', 'trustAnchors'))
  })

  test.each([
    ['null', null],
    ['one certificate without an array', root.certificate],
    ['PEM', root.pem],
    ['DER', [root.der]],
    ['an object that looks like a store', { size: 1, findBySubject: () => [] }],
  ])('refuses %s', (_, trustAnchors) => {
    expect(() => planOf({ trustAnchors })).toThrow(refusal('ERR_ARG_TYPE', 'trustAnchors'))
  })
})

describe('clock', () => {
  test.each([
    ['a Date', AT],
    ['a number', NOW],
    ['an object with now', { now: () => AT }],
  ])('refuses %s', (_, clock) => {
    expect(() => planOf({ clock })).toThrow(refusal('ERR_ARG_TYPE', 'clock'))
  })

  test('refuses null', () => {
    expect(() => planOf({ clock: null })).toThrow(refusal('ERR_ARG_TYPE', 'clock'))
  })

  test.each([
    ['an invalid Date', new Date(Number.NaN)],
    ['nothing', undefined],
    ['null', null],
    ['a number', NOW],
    ['text', AT.toISOString()],
    ['an object with getTime', { getTime: () => AT.getTime() }],
    ['a promise', Promise.resolve(AT)],
  ])('refuses one that answers %s', (_, answer) => {
    expect(() => planOf({ clock: () => answer })).toThrow(expect.objectContaining({ code: 'ERR_ARG_TYPE' }))
  })
})

describe('wait', () => {
  test('is a timer unless given, and fires after the time asked for', async () => {
    const { wait } = planOf({})
    const started = performance.now()
    await wait(20)
    expect(performance.now() - started).toBeGreaterThanOrEqual(20)
  })

  test('is taken as given', () => {
    const wait = async (): Promise<void> => {}
    expect(planOf({ wait }).wait).toBe(wait)
  })

  test.each([null, 5, 'timer', {}])('refuses %j', (wait) => {
    expect(() => planOf({ wait })).toThrow(refusal('ERR_ARG_TYPE', 'wait'))
  })
})

describe('the rules of the path', () => {
  test('are taken over, each policy input that is left out by its default', () => {
    const policies = { initialExplicitPolicy: true, initialPolicySet: ['1.2.3'] }
    expect(planOf({ policies, anchorValidity: 'ignore' }).pathRules).toMatchObject({
      policies: { ...policies, initialInhibitAnyPolicy: false },
      anchorValidity: 'ignore',
    })
  })

  test('do not change with what the caller does to its own list', () => {
    const initialPolicySet = ['1.2.3']
    const { pathRules } = planOf({ policies: { initialPolicySet } })
    initialPolicySet.push('1.2.4')
    expect(pathRules.policies.initialPolicySet).toEqual(['1.2.3'])
  })

  test.each([null, '', 'Ignore', true, false, 0])('refuse %j for anchorValidity', (anchorValidity) => {
    expect(() => planOf({ anchorValidity })).toThrow(refusal('ERR_ARG_VALUE', 'anchorValidity'))
  })

  test.each([
    [null, 'ERR_ARG_TYPE', 'policies'],
    [{ initialPolicySet: [] }, 'ERR_ARG_VALUE', 'policies.initialPolicySet'],
    [{ initialExplicitPolicy: 1 }, 'ERR_ARG_TYPE', 'policies.initialExplicitPolicy'],
    [{ initialPolicy: ['1.2.3'] }, 'ERR_ARG_UNKNOWN_OPTION', 'initialPolicy'],
  ] as const)('refuse %j for policies', (policies, code, argument) => {
    expect(() => planOf({ policies })).toThrow(refusal(code, argument))
  })

  test.each(['pinnedLeaf', 'anyExtendedKeyUsage', 'limits', 'purpose'])('leave no %s to choose', (option) => {
    expect(() => planOf({ [option]: 'accept' })).toThrow(refusal('ERR_ARG_UNKNOWN_OPTION', option))
  })
})

describe('oneTimeUse', () => {
  test('keeps a memory that begins now', () => {
    expect(planOf({ oneTimeUse: 'memory' }).replay).toMatchObject({ epoch: NOW, size: 0 })
  })

  test('keeps none where it is off', () => {
    expect(planOf({ oneTimeUse: 'off' })).toMatchObject({ replay: undefined, tokenId: 'optional' })
    expect(planOf({ oneTimeUse: 'caller' })).toMatchObject({ replay: undefined, tokenId: 'required' })
  })

  test.each([null, '', 'on', 'OFF', 'Memory', false, true, 0])('refuses %j', (oneTimeUse) => {
    expect(() => planOf({ oneTimeUse })).toThrow(refusal('ERR_ARG_VALUE', 'oneTimeUse'))
  })
})

describe('allowMultipleAudiences', () => {
  test.each([true, false])('accepts %j', (allowMultipleAudiences) => {
    expect(planOf({ allowMultipleAudiences }).allowMultipleAudiences).toBe(allowMultipleAudiences)
  })

  test.each([null, 'false', 'true', 0, 1, []])('refuses %j', (allowMultipleAudiences) => {
    expect(() => planOf({ allowMultipleAudiences })).toThrow(
      refusal('ERR_ARG_TYPE', 'allowMultipleAudiences'),
    )
  })
})

describe('unexpectedBinding', () => {
  test.each(['refuse', 'report'])('accepts %s', (unexpectedBinding) => {
    expect(planOf({ unexpectedBinding }).unexpectedBinding).toBe(unexpectedBinding)
  })

  test.each([null, '', 'ignore', 'Report', false, true])('refuses %j', (unexpectedBinding) => {
    expect(() => planOf({ unexpectedBinding })).toThrow(refusal('ERR_ARG_VALUE', 'unexpectedBinding'))
  })
})

describe('requiredBinding', () => {
  test.each([
    [[], []],
    [['challenge'], ['challenge']],
    [
      ['request', 'challenge', 'request'],
      ['challenge', 'request'],
    ],
  ])('accepts %j', (requiredBinding, expected) => {
    expect(planOf({ requiredBinding })).toMatchObject({
      requiredBinding: expected,
      asksForBinding: expected.length > 0,
    })
  })

  test.each([
    ['null', null],
    ['text', 'challenge'],
    ['a Set', new Set(['challenge'])],
    ['an unknown name', ['challenge', 'nonce']],
    ['the access token, which is for proofs', ['accessToken']],
    ['an array within an array', [['challenge']]],
    ['undefined within the array', [undefined]],
    ['a hole', ['challenge'].concat(new Array(1))],
  ])('refuses %s', (_, requiredBinding) => {
    expect(() => planOf({ requiredBinding })).toThrow(refusal('ERR_ARG_VALUE', 'requiredBinding'))
  })
})

describe('profile', () => {
  test.each([null, '', 'Auth', 'pinned', 'cert-auth+jwt', 'constructor', true])('refuses %j', (profile) => {
    expect(() => planOf({ profile })).toThrow(refusal('ERR_ARG_VALUE', 'profile'))
  })
})
