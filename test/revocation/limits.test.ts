// How much one question may cost: at each limit all is looked at, and one past it nothing says good.

import { createTestCa, type TestCertificate } from 'ingam/testing'
import { createMemorySource, type EvidenceQuery, type RevocationSource } from 'ingam/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import { equalBytes } from '../../packages/ingam/src/bytes/compare.ts'
import { parseOcspResponse } from '../../packages/ingam/src/x509/ocsp.ts'
import { AT, createPki, judge, lists, OCSP_SIGNING, type Pki, responses, statusesOf } from './judge.ts'

const EVIDENCE = 'ERR_REVOCATION_EVIDENCE'
const REVOKED = 'ERR_REVOCATION_REVOKED'

let pki: Pki

beforeAll(async () => {
  pki = await createPki()
})

describe('64 signatures of evidence are checked for one path', () => {
  const numbered = (count: number): readonly { readonly crlNumber: number }[] =>
    Array.from({ length: count }, (_, crlNumber) => ({ crlNumber }))

  // Of the intermediate 32 lists and 16 responses; of the leaf below it a response and the rest.
  async function evidenceOf(forgedAboutLeaf: number): Promise<{
    readonly crls: readonly Uint8Array[]
    readonly ocspResponses: readonly Uint8Array[]
  }> {
    const impostor = await pki.impostor.issue({ kind: 'ca', name: 'Intermediate' })
    const forged = { responder: pki.impostor, certificates: [] }
    return {
      crls: [
        ...(await lists(pki.impostor, ...numbered(31))),
        ...(await lists(pki.root, {})),
        ...(await lists(impostor, ...numbered(forgedAboutLeaf))),
        ...(await lists(pki.intermediate, {})),
      ],
      ocspResponses: [
        ...(await responses(pki.root, pki.intermediate, ...numbered(16).map(() => forged))),
        ...(await responses(pki.intermediate, pki.deep, { responder: impostor, certificates: [] })),
      ],
    }
  }

  test('and no more, in either mode', async () => {
    const all = await evidenceOf(14)
    expect(await judge(pki.deep, pki.root, all)).toBe('good good')
    const more = await evidenceOf(15)
    expect(await judge(pki.deep, pki.root, more)).toBe(EVIDENCE)
    expect(await judge(pki.deep, pki.root, { mode: 'prefer', ...more })).toBe(EVIDENCE)
    await expect(statusesOf(pki.deep, pki.root, more)).rejects.toMatchObject({
      details: { certificate: { position: 0 }, problem: 'too many signatures to check' },
    })
  })

  test('each under one key once, however often it is handed out', async () => {
    const { crls, ocspResponses } = await evidenceOf(14)
    const parsed = ocspResponses.map((der) => parseOcspResponse(der))
    const again = createMemorySource({ ocspResponses: parsed.slice(-1) })
    expect(await judge(pki.deep, pki.root, { crls, ocspResponses: parsed, sources: [again] })).toBe(
      'good good',
    )
    const copy = createMemorySource({ ocspResponses: ocspResponses.slice(-1) })
    expect(await judge(pki.deep, pki.root, { crls, ocspResponses: parsed, sources: [copy] })).toBe(EVIDENCE)
  })
})

test('a signature of a response counts among them', async () => {
  const lower = await pki.intermediate.issue({ kind: 'ca', name: 'Lower' })
  const leaf = await lower.issue()
  const ca = await pki.impostor.issue({ kind: 'ca', name: 'Intermediate' })
  const [forgedAbove, forged] = [pki.impostor, ca].map((responder) => ({ responder, certificates: [] }))
  const many = <T>(count: number, item: T): readonly T[] => Array.from({ length: count }, () => item)
  const evidence = async (aboutLower: number): Promise<Parameters<typeof judge>[2]> => ({
    crls: [...(await lists(pki.impostor, ...many(31, {}))), ...(await lists(pki.root, {}))],
    ocspResponses: [
      ...(await responses(pki.root, pki.intermediate, ...many(16, forgedAbove ?? {}))),
      ...(await responses(pki.intermediate, lower, ...many(aboutLower, forged ?? {}), {})),
      ...(await responses(lower, leaf, {})),
    ],
  })
  expect(await judge(leaf, pki.root, await evidence(14))).toBe('good good good')
  expect(await judge(leaf, pki.root, await evidence(15))).toBe(EVIDENCE)
  expect(await judge(leaf, pki.root, { mode: 'prefer', ...(await evidence(15)) })).toBe(EVIDENCE)
})

test('16 paths of signers are looked for, and one past it nothing says good', async () => {
  const appoint = async (issuer: TestCertificate): Promise<TestCertificate> =>
    await issuer.issue({ name: 'responder', extKeyUsage: [OCSP_SIGNING], ocspNoCheck: true })
  const above = await responses(pki.root, pki.intermediate, { responder: await appoint(pki.root) })
  const evidence = async (delegates: number): Promise<Parameters<typeof judge>[2]> => {
    const ocspResponses = [...above]
    for (let index = 0; index < delegates; index++) {
      const responder = await appoint(pki.intermediate)
      ocspResponses.push(...(await responses(pki.intermediate, pki.deep, { responder })))
    }
    return { ocspResponses }
  }
  expect(await judge(pki.deep, pki.root, await evidence(15))).toBe('good good')
  const more = await evidence(16)
  expect(await judge(pki.deep, pki.root, { mode: 'prefer', ...more })).toBe(EVIDENCE)
  await expect(statusesOf(pki.deep, pki.root, more)).rejects.toMatchObject({
    code: EVIDENCE,
    details: { problem: 'too many paths of signers to look for' },
  })
})

// A responder without nocheck, whose standing a list says of which the signer's standing another list says, and so on; the
// last of them stands in a list of the root.
interface Delegation {
  readonly client: Uint8Array
  /** Of the responder, then of each signer of lists: the list that says how it stands. */
  readonly lists: readonly { readonly about: TestCertificate; readonly der: Uint8Array }[]
  readonly signers: readonly Uint8Array[]
}

async function delegated(depth: number, revoked: 'none' | 'last' = 'none'): Promise<Delegation> {
  const point = `http://crl.example/${depth}`
  const signer = { keyUsage: ['cRLSign'] as const, extKeyUsage: null }
  let covers: NonNullable<Parameters<TestCertificate['issue']>[0]>['crlDistributionPoints'] = [point]
  const made: TestCertificate[] = []
  for (let index = depth; index > 0; index--) {
    const lister = await pki.root.issue({
      name: `Lists ${index}`,
      ...signer,
      crlDistributionPoints: covers,
    })
    made.unshift(lister)
    covers = [{ cRLIssuer: lister.certificate.subject.der }]
  }
  const responder = await pki.root.issue({
    name: 'responder',
    extKeyUsage: [OCSP_SIGNING],
    crlDistributionPoints: covers,
  })
  const chain = [responder, ...made]
  const about = await Promise.all(
    chain.map(async (member, index) => {
      const lister = chain[index + 1]
      const der =
        lister === undefined
          ? await pki.root.crl({
              issuingDistributionPoint: { urls: [point] },
              revoked: revoked === 'last' ? [member] : [],
            })
          : await lister.crl({ issuingDistributionPoint: { indirectCRL: true } })
      return { about: member, der: der.der }
    }),
  )
  const [client = new Uint8Array(0)] = await responses(pki.root, pki.client, { responder })
  return { client, lists: about, signers: made.map(({ der }) => der) }
}

describe('four certificates are asked about in turn', () => {
  async function by(depth: number, revoked?: 'last'): Promise<string> {
    const { client, lists: about, signers } = await delegated(depth, revoked)
    const crls = about.map(({ der }) => der)
    return await judge(pki.client, pki.root, { crls, ocspResponses: [client], signers })
  }

  test('the client, its responder, two signers of lists', async () => {
    expect(await by(0)).toBe('good')
    expect(await by(1)).toBe('good')
    expect(await by(2)).toBe('good')
    expect(await by(3)).toBe(EVIDENCE)
  })

  test('one of them that was revoked ends it', async () => {
    expect(await by(0, 'last')).toBe(EVIDENCE)
    expect(await by(1, 'last')).toBe(EVIDENCE)
    expect(await by(2, 'last')).toBe(EVIDENCE)
  })
})

describe('sources are asked three times for one question', () => {
  // Has everything, and hands out what it was asked for before.
  function piecemeal({ client, lists: about }: Delegation): RevocationSource & {
    readonly asked: EvidenceQuery[]
  } {
    const held = createMemorySource()
    const crls: Uint8Array[] = []
    const asked: EvidenceQuery[] = []
    return {
      ...held,
      asked,
      fetch: async (query) => {
        asked.push(query)
        const list = about.find((each) => equalBytes(each.about.der, query.certificate.der))
        if (list !== undefined) crls.push(list.der)
        held.replace({ crls, ocspResponses: [client] })
        return []
      },
    }
  }

  test('for a response, the list about its signer, the list about the signer of that one', async () => {
    const whole = await delegated(1)
    const source = piecemeal(whole)
    expect(await judge(pki.client, pki.root, { sources: [source], signers: whole.signers })).toBe('good')
    expect(source.asked.map(({ kinds }) => kinds)).toEqual(['any', 'crl', 'crl'])
  })

  test('what is missing then is found by the next question', async () => {
    const whole = await delegated(2)
    const source = piecemeal(whole)
    const policy = { sources: [source], signers: whole.signers }
    expect(await judge(pki.client, pki.root, policy)).toBe(EVIDENCE)
    expect(source.asked).toHaveLength(3)
    expect(await judge(pki.client, pki.root, policy)).toBe('good')
  })
})

test('a revocation beside any number of forged lists is found, or nothing says good', async () => {
  const root = await createTestCa({ at: AT, name: 'Root', keyOf: pki.root })
  const forged = await lists(pki.impostor, ...Array.from({ length: 31 }, (_, crlNumber) => ({ crlNumber })))
  const revoking = await lists(pki.root, { revoked: [pki.client] })
  const good = await responses(pki.root, pki.client, {})
  for (const mode of ['require', 'prefer'] as const) {
    const by = async (crls: readonly Uint8Array[]): Promise<string> =>
      await judge(pki.client, root, { mode, crls, ocspResponses: good })
    expect(await by([...forged, ...revoking])).toBe(REVOKED)
    expect(await by([...forged, ...(await lists(pki.impostor, {})), ...revoking])).toBe(EVIDENCE)
  }
})
