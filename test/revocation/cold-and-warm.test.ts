// A verifier that knows a chain says at every instant what one says that never saw it: whatever the evidence rests on, in
// whatever order it runs out, and whichever way the clock goes.

import { createVerifier, type Verifier } from 'ingam'
import type { TestCertificate } from 'ingam/testing'
import { createMemorySource, type GivenEvidence, type RevocationPolicy } from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeBase64 } from '../../packages/ingam/src/bytes/base64.ts'
import { codeOf } from '../support/codes.ts'
import { AUDIENCE, forge } from '../support/forge.ts'
import { AT, createPki, HOUR, later, lists, OCSP_SIGNING, type Pki, responses, SECOND } from './judge.ts'

let pki: Pki

beforeAll(async () => {
  pki = await createPki()
})

interface Scenario {
  readonly policy: Partial<RevocationPolicy>
  /** Stapled to each token. */
  readonly staple?: Uint8Array
}

interface Case {
  readonly title: string
  readonly make: () => Promise<Scenario>
  /** Seconds from the first token; what is expected says that the case is about something. */
  readonly expected: readonly (readonly [seconds: number, code: string])[]
}

const STALE = 'ERR_REVOCATION_STALE'
const EVIDENCE = 'ERR_REVOCATION_EVIDENCE'
const REVOKED = 'ERR_REVOCATION_REVOKED'
const STAPLE_STALE = 'ERR_REVOCATION_STAPLE_STALE'

const inSeconds = (seconds: number): Date => later(seconds * SECOND)

async function appointed(options: Parameters<TestCertificate['issue']>[0]): Promise<TestCertificate> {
  return await pki.root.issue({ name: 'responder', extKeyUsage: [OCSP_SIGNING], ...options })
}

const CASES: readonly Case[] = [
  {
    title: 'a list runs out',
    make: async () => ({ policy: { crls: await lists(pki.root, { nextUpdate: inSeconds(600) }) } }),
    expected: [
      [0, 'accepted'],
      [600, 'accepted'],
      [601, STALE],
      [0, 'accepted'],
    ],
  },
  {
    title: 'a list reaches its greatest age',
    make: async () => ({ policy: { maxAgeSeconds: 3_600 + 60, crls: await lists(pki.root, {}) } }),
    expected: [
      [0, 'accepted'],
      [60, 'accepted'],
      [61, STALE],
    ],
  },
  {
    title: 'the clock is set back to before a list',
    make: async () => ({ policy: { crls: await lists(pki.root, { thisUpdate: inSeconds(-10) }) } }),
    expected: [
      [0, 'accepted'],
      [-70, 'accepted'],
      [-71, STALE],
      [0, 'accepted'],
    ],
  },
  {
    title: 'the clock is set back to before a response was produced',
    make: async () => ({
      policy: {
        ocspResponses: await responses(pki.root, pki.client, {
          thisUpdate: inSeconds(-600),
          producedAt: inSeconds(-10),
        }),
      },
    }),
    expected: [
      [0, 'accepted'],
      [-70, 'accepted'],
      [-71, STALE],
    ],
  },
  {
    title: 'a response runs out while a list serves on',
    make: async () => ({
      policy: {
        ocspResponses: await responses(pki.root, pki.client, { nextUpdate: inSeconds(600) }),
        crls: await lists(pki.root, {}),
      },
    }),
    expected: [
      [0, 'accepted'],
      [601, 'accepted'],
    ],
  },
  {
    title: 'the certificate of a responder expires',
    make: async () => ({
      policy: {
        ocspResponses: await responses(pki.root, pki.client, {
          responder: await appointed({ ocspNoCheck: true, notAfter: inSeconds(600) }),
        }),
      },
    }),
    expected: [
      [0, 'accepted'],
      [600, 'accepted'],
      [601, EVIDENCE],
    ],
  },
  {
    title: 'the clock is set back to before the certificate of a responder',
    make: async () => ({
      policy: {
        ocspResponses: await responses(pki.root, pki.client, {
          responder: await appointed({ ocspNoCheck: true, notBefore: inSeconds(-5) }),
        }),
      },
    }),
    expected: [
      [0, 'accepted'],
      [-5, 'accepted'],
      [-6, EVIDENCE],
    ],
  },
  {
    title: 'the list about a responder runs out',
    make: async () => {
      const point = 'http://crl.example/responders'
      const responder = await appointed({ crlDistributionPoints: [point] })
      return {
        policy: {
          ocspResponses: await responses(pki.root, pki.client, { responder }),
          crls: await lists(pki.root, {
            issuingDistributionPoint: { urls: [point] },
            nextUpdate: inSeconds(600),
          }),
        },
      }
    },
    expected: [
      [0, 'accepted'],
      [600, 'accepted'],
      [601, EVIDENCE],
    ],
  },
  {
    title: 'the certificate of a signer of lists expires',
    make: async () => {
      const signer = await pki.root.issue({
        name: 'Root',
        keyUsage: ['cRLSign'],
        extKeyUsage: null,
        notAfter: inSeconds(600),
        noRevAvail: true,
      })
      return { policy: { crls: await lists(signer, {}), signers: [signer.certificate] } }
    },
    expected: [
      [0, 'accepted'],
      [600, 'accepted'],
      [601, EVIDENCE],
    ],
  },
  {
    title: 'a delta runs out while the list that it continues serves on',
    make: async () => ({
      policy: {
        crls: await lists(
          pki.root,
          {
            thisUpdate: later(-2 * HOUR),
            revoked: [{ certificate: pki.client, reason: 'certificateHold' }],
          },
          {
            crlNumber: 2,
            deltaCrlIndicator: 1,
            nextUpdate: inSeconds(600),
            revoked: [{ certificate: pki.client, reason: 'removeFromCRL' }],
          },
        ),
      },
    }),
    expected: [
      [0, 'accepted'],
      [600, 'accepted'],
      [601, REVOKED],
    ],
  },
  {
    title: 'the list that lifts a hold runs out while a response serves on',
    make: async () => ({
      policy: {
        crls: await lists(
          pki.root,
          {
            thisUpdate: later(-2 * HOUR),
            revoked: [{ certificate: pki.client, reason: 'certificateHold' }],
          },
          { crlNumber: 2, nextUpdate: inSeconds(600) },
        ),
        ocspResponses: await responses(pki.root, pki.client, {}),
      },
    }),
    expected: [
      [0, 'accepted'],
      [600, 'accepted'],
      [601, REVOKED],
    ],
  },
  {
    title: 'a staple becomes too old while a list serves on',
    make: async () => {
      const [staple = new Uint8Array(0)] = await responses(pki.root, pki.client, {
        thisUpdate: inSeconds(-3_000),
      })
      return { staple, policy: { crls: await lists(pki.root, { thisUpdate: inSeconds(-60) }) } }
    },
    expected: [
      [0, 'accepted'],
      [600, 'accepted'],
      [601, STAPLE_STALE],
      [0, 'accepted'],
    ],
  },
  {
    title: 'an unknown standing becomes known by the clock alone, where unknown is accepted',
    make: async () => ({
      policy: {
        mode: 'prefer',
        crls: await lists(pki.root, { thisUpdate: inSeconds(120), nextUpdate: inSeconds(240) }),
      },
    }),
    expected: [
      [0, 'accepted'],
      [60, 'accepted'],
      [241, 'accepted'],
    ],
  },
]

function verifierFor({ policy }: Scenario, clock: () => Date): Verifier {
  return createVerifier({
    trustAnchors: [pki.root.certificate],
    audience: AUDIENCE,
    revocation: { mode: 'require', ...policy },
    oneTimeUse: 'off',
    clock,
  })
}

async function tokenAt(at: Date, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const iat = at.getTime() / 1000
  return await forge(pki.client, { header, claims: { iat, exp: iat + 300 } })
}

async function explained(verifier: Verifier, token: string): Promise<string> {
  const { error } = await verifier.explain(token)
  return error?.code ?? 'accepted'
}

describe.each(CASES)('$title', ({ make, expected }) => {
  test('on a fresh verifier, on one that has seen all before, and in an explanation', async () => {
    const scenario = await make()
    let now = AT
    const warm = verifierFor(scenario, () => now)
    const codes: (readonly string[])[] = []
    for (const [seconds] of expected) {
      now = inSeconds(seconds)
      const cold = verifierFor(scenario, () => now)
      const { staple } = scenario
      const token = await tokenAt(now, staple && { ocsp: [encodeBase64(staple)] })
      const verdicts = [cold, warm].map((verifier) => codeOf(() => verifier.verify(token)))
      codes.push(await Promise.all([...verdicts, explained(warm, token)]))
    }
    expect(codes).toEqual(expected.map(([, code]) => [code, code, code]))
    expect(warm.status().cacheHits).toBeGreaterThan(0)
  })
})

describe('new evidence between two tokens', () => {
  interface Change {
    readonly title: string
    readonly before: () => Promise<GivenEvidence>
    readonly after: () => Promise<GivenEvidence>
    readonly code: string
  }

  const good = async (): Promise<GivenEvidence> => ({
    ocspResponses: await responses(pki.root, pki.client, {}),
  })

  // Signs lists under the name of the root; nobody knows its certificate but whom the token brings it.
  let listSigner: TestCertificate
  beforeAll(async () => {
    listSigner = await pki.root.issue({
      name: 'Root',
      keyUsage: ['cRLSign'],
      extKeyUsage: null,
      noRevAvail: true,
    })
  })

  const CHANGES: readonly Change[] = [
    {
      title: 'a list of the issuer that names the signer',
      before: good,
      after: async () => ({ ...(await good()), crls: await lists(pki.root, { revoked: [pki.client] }) }),
      code: REVOKED,
    },
    {
      title: 'a list that names the signer, by somebody whose certificate came along',
      before: good,
      after: async () => ({ ...(await good()), crls: await lists(listSigner, { revoked: [pki.client] }) }),
      code: REVOKED,
    },
    {
      title: 'a list by somebody whose certificate came along, instead of a response',
      before: good,
      after: async () => ({ crls: await lists(listSigner, {}) }),
      code: 'accepted',
    },
    {
      title: 'nothing any more',
      before: good,
      after: async () => ({}),
      code: 'ERR_REVOCATION_UNKNOWN',
    },
    {
      title: 'a newer list that lifts a hold',
      before: async () => ({ crls: await lists(pki.root, {}) }),
      after: async () => ({
        crls: await lists(
          pki.root,
          {
            thisUpdate: later(-2 * HOUR),
            revoked: [{ certificate: pki.client, reason: 'certificateHold' }],
          },
          {},
        ),
      }),
      code: 'accepted',
    },
  ]

  test.each(CHANGES)('$title: $code, cold and warm', async ({ before, after, code }) => {
    const memory = createMemorySource(await before())
    const scenario = { policy: { sources: [memory] } }
    const x5c = [pki.client, listSigner].map(({ der }) => encodeBase64(der))
    const warm = verifierFor(scenario, () => AT)
    expect(await codeOf(async () => warm.verify(await tokenAt(AT, { x5c })))).toBe('accepted')
    memory.replace(await after())
    const cold = verifierFor(scenario, () => AT)
    const token = await tokenAt(AT, { x5c })
    const verdicts = [cold, warm].map((verifier) => codeOf(() => verifier.verify(token)))
    expect(await Promise.all([...verdicts, explained(warm, token)])).toEqual([code, code, code])
  })
})
