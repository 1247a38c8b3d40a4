// How a certificate stands by any heap of lists and responses, genuine and forged, current and not, in any order and from any
// number of sources, against an oracle that knows how each was made; and a verifier that knows the chain says the same, at any
// instants in any order. INGAM_RUNS sets how many heaps are tried (default 200).

import fc from 'fast-check'
import { createVerifier, type Verifier } from 'ingam'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { type CrlReason, createMemorySource, type GivenEvidence } from 'ingam/x509'
import { expect, test } from 'vitest'
import { encodeBase64 } from '../../packages/ingam/src/bytes/base64.ts'
import {
  AT,
  createPki,
  HOUR,
  judge,
  later,
  OCSP_SIGNING,
  SECOND,
  UNKNOWN_CRITICAL,
} from '../revocation/judge.ts'
import { codeOf } from '../support/codes.ts'
import { AUDIENCE, forge } from '../support/forge.ts'

const RUNS = Number(process.env['INGAM_RUNS'] ?? '200')
const TIMEOUT = 30_000 + RUNS * 60
const REVOKED = 'ERR_REVOCATION_REVOKED'

const pki = await createPki()

/** How a piece of evidence is made. */
interface Piece {
  readonly kind: 'list' | 'list for users' | 'response'
  readonly says: 'good' | 'nothing' | 'compromise' | 'hold'
  readonly signer: 'issuer' | 'impostor'
  readonly time: 'current' | 'ran out' | 'ahead'
  /** Hours between thisUpdate and the instant of the question. */
  readonly distance: number
  readonly critical: boolean
}

const piece: fc.Arbitrary<Piece> = fc.record({
  kind: fc.constantFrom('list', 'list for users', 'response'),
  says: fc.constantFrom('good', 'good', 'nothing', 'compromise', 'hold'),
  signer: fc.constantFrom('issuer', 'issuer', 'issuer', 'impostor'),
  time: fc.constantFrom('current', 'current', 'current', 'ran out', 'ahead'),
  distance: fc.integer({ min: 1, max: 4 }),
  critical: fc.constantFrom(false, false, false, true),
})
const heap = fc.array(fc.record({ piece, source: fc.nat(2) }), { maxLength: 7 })

function thisUpdateOf({ time, distance }: Piece): number {
  return time === 'ahead' ? distance * HOUR : -distance * HOUR
}

// What only a list says by leaving the certificate out, and nothing is said by a list that names somebody else.
function isGoodWord({ kind, says }: Piece): boolean {
  return says === 'good' || (says === 'nothing' && kind !== 'response')
}

function expectedOf(pieces: readonly Piece[]): 'good' | 'revoked' | 'unknown' {
  const genuine = pieces.filter(({ signer }) => signer === 'issuer')
  const proofs = genuine.filter((each) => each.time === 'current' && !each.critical && isGoodWord(each))
  const isLifted = (hold: Piece): boolean =>
    hold.kind !== 'response' &&
    proofs.some((proof) => proof.kind === hold.kind && thisUpdateOf(proof) > thisUpdateOf(hold))
  const holds = genuine.filter((each) => each.says === 'hold' && !isLifted(each))
  if (genuine.some(({ says }) => says === 'compromise')) return 'revoked'
  if (holds.some(({ time }) => time === 'current')) return 'revoked'
  const since = Math.max(...holds.map(thisUpdateOf), Number.NEGATIVE_INFINITY)
  return proofs.some((proof) => thisUpdateOf(proof) > since) ? 'good' : 'unknown'
}

const made = new Map<string, Promise<Uint8Array>>()

function derOf(each: Piece): Promise<Uint8Array> {
  const key = JSON.stringify(each)
  const der = made.get(key) ?? write(each)
  made.set(key, der)
  return der
}

async function write(each: Piece): Promise<Uint8Array> {
  const { kind, says, critical } = each
  const ca = each.signer === 'issuer' ? pki.root : pki.impostor
  const times = {
    thisUpdate: later(thisUpdateOf(each)),
    nextUpdate: each.time === 'ran out' ? later(-SECOND) : later(24 * HOUR),
  }
  const reason: CrlReason = says === 'hold' ? 'certificateHold' : 'keyCompromise'
  const isRevoked = says === 'hold' || says === 'compromise'
  if (kind === 'response') {
    const status = isRevoked ? 'revoked' : says === 'good' ? 'good' : 'unknown'
    return await pki.root.ocspResponse({
      certificate: pki.client,
      responder: ca,
      certificates: [],
      status,
      ...(isRevoked && { reason }),
      ...times,
      ...(critical && { singleExtensions: [UNKNOWN_CRITICAL] }),
    })
  }
  const named = says === 'nothing' ? [{ certificate: pki.other, reason }] : []
  const list = await ca.crl({
    ...times,
    revoked: isRevoked ? [{ certificate: pki.client, reason }] : named,
    ...(critical && { extensions: [UNKNOWN_CRITICAL] }),
    ...(kind === 'list for users' && { issuingDistributionPoint: { onlyContainsUserCerts: true } }),
  })
  return list.der
}

async function evidenceOf(pieces: readonly Piece[]): Promise<GivenEvidence> {
  const [lists, responses] = [
    pieces.filter(({ kind }) => kind !== 'response'),
    pieces.filter(({ kind }) => kind === 'response'),
  ]
  return {
    crls: await Promise.all(lists.map(derOf)),
    ocspResponses: await Promise.all(responses.map(derOf)),
  }
}

test('a heap of evidence says what those who made it know', { timeout: TIMEOUT }, async () => {
  const sources = [createMemorySource(), createMemorySource(), createMemorySource()]
  const verifiers = (['require', 'prefer'] as const).map((mode) =>
    createVerifier({
      trustAnchors: [pki.root.certificate],
      audience: AUDIENCE,
      revocation: { mode, sources },
      oneTimeUse: 'off',
      clock: () => AT,
    }),
  )
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(heap, async (items) => {
      for (const [index, source] of sources.entries())
        source.replace(
          await evidenceOf(items.filter((item) => item.source === index).map((item) => item.piece)),
        )
      const expected = expectedOf(items.map((item) => item.piece))
      seen.add(expected)
      const [require, prefer] = [
        await judge(pki.client, pki.root, { sources }),
        await judge(pki.client, pki.root, { mode: 'prefer', sources }),
      ]
      if (expected === 'revoked') expect([require, prefer]).toEqual([REVOKED, REVOKED])
      else {
        expect(prefer).toBe(expected)
        if (expected === 'good') expect(require).toBe('good')
        else expect(require).toMatch(/^ERR_REVOCATION_(?:UNKNOWN|STALE|EVIDENCE)$/u)
      }
      const token = await forge(pki.client)
      const codes = await Promise.all(verifiers.map((verifier) => codeOf(() => verifier.verify(token))))
      expect(codes).toEqual([
        expected === 'good' ? 'accepted' : require,
        expected === 'revoked' ? REVOKED : 'accepted',
      ])
    }),
    { numRuns: RUNS },
  )
  expect([...seen].sort()).toEqual(['good', 'revoked', 'unknown'])
  for (const verifier of verifiers) expect(verifier.status().cacheHits).toBeGreaterThan(0)
})

/** Evidence with a beginning and an end, in hours from AT, as are those of the certificate that signs it. */
interface Spanned {
  readonly kind: 'list' | 'response' | 'staple'
  readonly says: 'good' | 'good again' | 'hold' | 'compromise'
  readonly signedBy: 'issuer' | 'delegate'
  readonly from: number
  readonly until: number
  readonly delegate: { readonly from: number; readonly until: number }
}

const hours = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })
const spanned: fc.Arbitrary<Spanned> = fc.record({
  kind: fc.constantFrom('list', 'response', 'staple'),
  says: fc.constantFrom('good', 'good again', 'hold', 'compromise'),
  signedBy: fc.constantFrom('issuer', 'delegate'),
  from: hours(-4, 2),
  until: hours(-1, 4),
  delegate: fc.record({ from: hours(-4, 0), until: hours(0, 4) }),
})
// To the second where evidence may begin or end, and a millisecond around it.
const instant = fc
  .tuple(hours(-5, 5), fc.constantFrom(-60_001, -60_000, -1, 0, 1, SECOND, 1_800_000))
  .map(([hour, milliseconds]) => later(hour * HOUR + milliseconds))

const old = await createTestCa({ at: AT, name: 'Root', notBefore: later(-24 * HOUR) })
const client = await old.issue({ name: 'client', notBefore: later(-24 * HOUR) })

async function writeSpanned({ kind, says, signedBy, from, until, delegate }: Spanned): Promise<{
  readonly der: Uint8Array
  readonly signer: TestCertificate
}> {
  const isList = kind === 'list'
  const signer =
    signedBy === 'issuer'
      ? old
      : await old.issue({
          notBefore: later(delegate.from * HOUR),
          notAfter: later(delegate.until * HOUR),
          noRevAvail: true,
          ...(isList
            ? { name: 'Root', keyUsage: ['cRLSign'], extKeyUsage: null }
            : { name: 'responder', extKeyUsage: [OCSP_SIGNING], ocspNoCheck: true }),
        })
  const times = { thisUpdate: later(from * HOUR), nextUpdate: later(until * HOUR) }
  const reason: CrlReason = says === 'hold' ? 'certificateHold' : 'keyCompromise'
  const isRevoked = says === 'hold' || says === 'compromise'
  if (isList) {
    const list = await signer.crl({ ...times, revoked: isRevoked ? [{ certificate: client, reason }] : [] })
    return { der: list.der, signer }
  }
  const der = await old.ocspResponse({
    certificate: client,
    responder: signer,
    producedAt: times.thisUpdate,
    ...times,
    ...(isRevoked && { status: 'revoked', reason }),
  })
  return { der, signer }
}

test('a verifier that knows the chain says at any instant what a fresh one says', {
  timeout: TIMEOUT,
}, async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(spanned, { maxLength: 4 }),
      fc.array(instant, { minLength: 2, maxLength: 6 }),
      fc.constantFrom('require', 'prefer'),
      async (pieces, instants, mode) => {
        const written = await Promise.all(
          pieces.map(async (each) => ({ ...(await writeSpanned(each)), kind: each.kind })),
        )
        const of = (kind: Spanned['kind']): readonly Uint8Array[] =>
          written.filter((each) => each.kind === kind).map(({ der }) => der)
        const [staple] = of('staple')
        const header = staple === undefined ? {} : { ocsp: [encodeBase64(staple)] }
        const signers = written.filter(({ kind, signer }) => kind === 'list' && signer !== old)
        let now = AT
        const verifierNow = (): Verifier =>
          createVerifier({
            trustAnchors: [old.certificate],
            audience: AUDIENCE,
            revocation: {
              mode,
              crls: of('list'),
              ocspResponses: of('response'),
              signers: signers.map(({ signer }) => signer.certificate),
            },
            oneTimeUse: 'off',
            clock: () => now,
          })
        const warm = verifierNow()
        for (const each of instants) {
          now = each
          const iat = now.getTime() / 1000
          const token = await forge(client, { header, claims: { iat, exp: iat + 300 } })
          const [known, anew] = [
            await codeOf(() => warm.verify(token)),
            await codeOf(() => verifierNow().verify(token)),
          ]
          expect(known).toBe(anew)
          seen.add(anew)
        }
      },
    ),
    { numRuns: RUNS },
  )
  expect([...seen]).toEqual(expect.arrayContaining(['accepted', REVOKED, 'ERR_REVOCATION_STALE']))
})
