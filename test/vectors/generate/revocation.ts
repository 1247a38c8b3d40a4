// How the certificates of a token stand: lists and responses that the verifier holds, and responses that come along.

import type { TestCertificate, TestCrlOptions, TestOcspOptions } from 'ingam/testing'
import { encodeBase64 } from '../../../packages/ingam/src/bytes/base64.ts'
import { AT } from '../../support/forge.ts'
import type { VectorFile, VectorRevocation } from '../format.ts'
import { type CaseDraft, fails, Group, passes } from './group.ts'
import { client, deepClient, HOUR, impostor, intermediate, NAMES, other, root, stranger } from './pki.ts'

const SECOND = 1_000
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const ANY_PURPOSE = '2.5.29.37.0'
const UNKNOWN_EXTENSION = { oid: '1.3.6.1.4.1.55555.1', critical: true, value: Uint8Array.of(5, 0) }

function after(milliseconds: number): Date {
  return new Date(AT.getTime() + milliseconds)
}

async function list(by: TestCertificate, options?: TestCrlOptions): Promise<string> {
  return encodeBase64((await by.crl(options)).der)
}

async function response(by: TestCertificate, options: TestOcspOptions): Promise<string> {
  return encodeBase64(await by.ocspResponse(options))
}

export async function revocation(): Promise<VectorFile> {
  const usual: VectorRevocation = {
    mode: 'require',
    depth: 'chain',
    toleranceSeconds: 60,
    stapleMaxAgeSeconds: 3_600,
    crls: [],
    ocspResponses: [],
  }
  const group = new Group(
    'revocation',
    'How the certificates of a token stand, by lists, responses and staples.',
    {
      revocation: usual,
    },
  )
  const { accepted } = group
  const revoked = group.refusing('revocation', 'ERR_REVOCATION_REVOKED')
  const unknown = group.refusing('revocation', 'ERR_REVOCATION_UNKNOWN')
  const stale = group.refusing('revocation', 'ERR_REVOCATION_STALE')
  const evidence = group.refusing('revocation', 'ERR_REVOCATION_EVIDENCE')
  const held = (changes: Partial<VectorRevocation>): Pick<CaseDraft, 'verifier'> => ({
    verifier: { revocation: { ...usual, ...changes } },
  })
  const lists = async (...options: readonly TestCrlOptions[]): Promise<Pick<CaseDraft, 'verifier'>> =>
    held({ crls: await Promise.all(options.map((each) => list(root, each))) })
  const answers = async (
    ...options: readonly Partial<TestOcspOptions>[]
  ): Promise<Pick<CaseDraft, 'verifier'>> =>
    held({
      ocspResponses: await Promise.all(
        options.map((each) => response(root, { certificate: client, ...each })),
      ),
    })

  // The stance.
  await unknown('nothing', 'nothing is held about the certificate')
  await accepted('off', 'nothing is held, and nobody asks', { verifier: { revocation: null } })
  await accepted('prefer-unknown', 'nothing is held, and unknown is accepted', held({ mode: 'prefer' }))
  await revoked('prefer-revoked', 'revoked, where unknown would be accepted', {
    ...held({ mode: 'prefer', crls: [await list(root, { revoked: [client] })] }),
  })
  const onlyRoot = [await list(root)]
  const both = [await list(root), await list(intermediate)]
  await accepted('chain', 'a list for each certificate below the anchor', {
    by: deepClient,
    ...held({ crls: both }),
  })
  await unknown('chain-leaf-missing', 'no list about the leaf', {
    by: deepClient,
    ...held({ crls: onlyRoot }),
  })
  await unknown('chain-issuer-missing', 'no list about the intermediate', {
    by: deepClient,
    ...held({ crls: [await list(intermediate)] }),
  })
  await accepted('leaf-only', 'no list about the intermediate, of which nobody asks', {
    by: deepClient,
    ...held({ depth: 'leaf', crls: [await list(intermediate)] }),
  })
  await revoked('issuer-revoked', 'the intermediate is revoked', {
    by: deepClient,
    ...held({ crls: [await list(root, { revoked: [intermediate] }), await list(intermediate)] }),
  })

  // Lists.
  await accepted('list', 'a list without entries', await lists({}))
  await accepted('list-others', "another's entry", await lists({ revoked: [other] }))
  await revoked('list-revoked', 'the certificate is on the list', await lists({ revoked: [other, client] }))
  await evidence('list-impostor', 'a list by another key under the name of the CA', {
    ...held({ crls: [await list(impostor)] }),
  })
  await unknown('list-stranger', "a stranger's list", held({ crls: [await list(stranger)] }))
  await evidence('list-leaf', 'a list that the certificate signed for its CA', {
    ...held({ crls: [await list(root, { signer: client })] }),
  })
  await accepted('list-ends-now', 'nextUpdate is now', await lists({ nextUpdate: AT }))
  await stale('list-ended', 'nextUpdate was a second ago', await lists({ nextUpdate: after(-SECOND) }))
  await accepted('list-ahead', 'thisUpdate is 60 s ahead', await lists({ thisUpdate: after(60 * SECOND) }))
  await stale(
    'list-too-far-ahead',
    'thisUpdate is 61 s ahead',
    await lists({ thisUpdate: after(61 * SECOND) }),
  )
  await stale('list-without-end', 'no nextUpdate', await lists({ nextUpdate: null }))
  await accepted('list-of-age', 'an hour old, which is as old as it may be', {
    ...held({ maxAgeSeconds: 3_600, crls: onlyRoot }),
  })
  await stale('list-too-old', 'a second older than it may be', held({ maxAgeSeconds: 3_599, crls: onlyRoot }))
  await revoked('list-ended-revoked', 'an old list names it: that stays', {
    ...(await lists({ nextUpdate: after(-SECOND), revoked: [client] }, {})),
  })
  await revoked('list-newer-without', 'a newer list has it no more: it was no hold', {
    ...(await lists(
      { thisUpdate: after(-2 * HOUR), revoked: [{ certificate: client, reason: 'keyCompromise' }] },
      { thisUpdate: after(-HOUR), crlNumber: 2 },
    )),
  })
  await revoked(
    'list-hold',
    'on hold',
    await lists({ revoked: [{ certificate: client, reason: 'certificateHold' }] }),
  )
  await accepted('list-hold-lifted', 'on hold in the older list, not in the newer', {
    ...(await lists(
      { thisUpdate: after(-2 * HOUR), revoked: [{ certificate: client, reason: 'certificateHold' }] },
      { thisUpdate: after(-HOUR), crlNumber: 2 },
    )),
  })
  await evidence('list-critical', 'a critical extension of the list is unknown', {
    ...(await lists({ extensions: [UNKNOWN_EXTENSION] })),
  })
  await revoked(
    'list-critical-revoked',
    'a critical extension is unknown, and the certificate is on the list',
    {
      ...(await lists({ extensions: [UNKNOWN_EXTENSION], revoked: [client] })),
    },
  )
  await evidence('list-entry-critical', "a critical extension of another's entry is unknown", {
    ...(await lists({ revoked: [{ certificate: other, extensions: [UNKNOWN_EXTENSION] }] })),
  })
  await accepted('list-users', 'a list of end entities alone', {
    ...(await lists({ issuingDistributionPoint: { onlyContainsUserCerts: true } })),
  })
  await unknown('list-cas', 'a list of CAs alone', {
    ...(await lists({ issuingDistributionPoint: { onlyContainsCACerts: true } })),
  })
  await unknown('list-some-reasons', 'a list of one reason alone', {
    ...(await lists({ issuingDistributionPoint: { onlySomeReasons: ['keyCompromise'] } })),
  })
  await unknown('list-other-point', 'a list of a distribution point that the certificate has not', {
    ...(await lists({ issuingDistributionPoint: { urls: ['http://crl.example/2'] } })),
  })
  await unknown(
    'delta-alone',
    'a delta without the list that it continues',
    await lists({ crlNumber: 2, deltaCrlIndicator: 1 }),
  )
  await accepted('delta', 'a list and its delta', await lists({}, { crlNumber: 2, deltaCrlIndicator: 1 }))
  await revoked('delta-revoked', 'the delta names it', {
    ...(await lists({}, { crlNumber: 2, deltaCrlIndicator: 1, revoked: [client] })),
  })
  await accepted('delta-lifts', 'on hold in the list, removed by the delta', {
    ...(await lists(
      { thisUpdate: after(-2 * HOUR), revoked: [{ certificate: client, reason: 'certificateHold' }] },
      { crlNumber: 2, deltaCrlIndicator: 1, revoked: [{ certificate: client, reason: 'removeFromCRL' }] },
    )),
  })
  const crlSigner = await root.issue({ name: 'lists', keyUsage: ['cRLSign'], extKeyUsage: null })
  await evidence('list-other-name', 'a list by another certificate of the CA, under its own name', {
    ...held({ crls: [await list(crlSigner, { issuerName: root.certificate.subject.der })] }),
  })

  // Responses.
  await accepted('answer', 'the CA says good', await answers({}))
  await accepted('answer-sha256', 'the certificate is named by SHA-256', await answers({ hash: 'SHA-256' }))
  await revoked('answer-revoked', 'the CA says revoked', await answers({ status: 'revoked' }))
  await unknown(
    'answer-unknown',
    'the CA does not know the certificate',
    await answers({ status: 'unknown' }),
  )
  await unknown('answer-other', 'about another certificate', await answers({ certificate: other }))
  await unknown('answer-stranger', "a stranger's, about a certificate of the same number", {
    ...held({ ocspResponses: [await response(stranger, { certificate: client, issuer: stranger })] }),
  })
  await evidence('answer-impostor', 'signed by another key under the name of the CA', {
    ...held({
      ocspResponses: [await response(root, { certificate: client, responder: impostor, certificates: [] })],
    }),
  })
  await revoked(
    'answer-revoked-among',
    'revoked, among others that say good',
    await answers({}, { status: 'revoked' }, {}),
  )
  await revoked('list-and-answer', 'the list says revoked, a newer answer good', {
    ...held({
      crls: [await list(root, { revoked: [client] })],
      ocspResponses: [await response(root, { certificate: client })],
    }),
  })
  await accepted('answer-ends-now', 'nextUpdate is now', await answers({ nextUpdate: AT }))
  await stale('answer-ended', 'nextUpdate was a second ago', await answers({ nextUpdate: after(-SECOND) }))
  await stale('answer-ahead', 'thisUpdate is 61 s ahead', await answers({ thisUpdate: after(61 * SECOND) }))
  const responder = await root.issue({ name: 'responder', extKeyUsage: [OCSP_SIGNING], ocspNoCheck: true })
  await accepted('delegated', 'by a responder of the CA', await answers({ responder }))
  await accepted('delegated-by-key', 'by a responder that is named by its key', {
    ...(await answers({ responder, responderId: 'key' })),
  })
  await evidence('delegated-purpose', 'by a certificate of the CA without id-kp-OCSPSigning', {
    ...(await answers({ responder: other })),
  })
  await evidence('delegated-any-purpose', 'by a certificate of the CA with anyExtendedKeyUsage alone', {
    ...(await answers({
      responder: await root.issue({ name: 'any', extKeyUsage: [ANY_PURPOSE], ocspNoCheck: true }),
    })),
  })
  await evidence('delegated-elsewhere', 'by a responder of the intermediate', {
    ...(await answers({
      responder: await intermediate.issue({
        name: 'elsewhere',
        extKeyUsage: [OCSP_SIGNING],
        ocspNoCheck: true,
      }),
    })),
  })
  await evidence('delegated-unchecked', 'by a responder that might be revoked', {
    ...(await answers({ responder: await root.issue({ name: 'unchecked', extKeyUsage: [OCSP_SIGNING] }) })),
  })

  // Those that nobody revokes.
  await accepted('no-rev-avail', 'noRevAvail', { by: await root.issue({ ...NAMES, noRevAvail: true }) })

  // What comes with the token.
  const staple = async (options: Partial<TestOcspOptions> = {}): Promise<Pick<CaseDraft, 'header'>> => ({
    header: { ocsp: [await response(root, { certificate: client, ...options })] },
  })
  const refused = group.refusing('revocation', 'ERR_REVOCATION_STAPLE')
  const late = group.refusing('revocation', 'ERR_REVOCATION_STAPLE_STALE')
  const header = group.refusing('certificates', 'ERR_TOKEN_HEADER')
  await accepted('staple', 'a response comes along', await staple())
  await accepted('staple-off', 'one that says revoked, and nobody asks', {
    ...(await staple({ status: 'revoked' })),
    verifier: { revocation: null },
  })
  await revoked('staple-revoked', 'it says revoked', await staple({ status: 'revoked' }))
  await refused('staple-unknown', 'it says unknown', await staple({ status: 'unknown' }))
  await refused('staple-other', "another's", await staple({ certificate: other }))
  await refused('staple-other-good', "another's, though a list says good", {
    ...(await staple({ certificate: other })),
    ...held({ crls: onlyRoot }),
  })
  await refused('staple-impostor', 'by another key under the name of the CA', {
    ...(await staple({ responder: impostor, certificates: [] })),
  })
  await refused(
    'staple-self',
    'signed by the certificate that it is about',
    await staple({ responder: client }),
  )
  await accepted('staple-of-age', 'an hour old', await staple({ thisUpdate: after(-HOUR) }))
  await late(
    'staple-too-old',
    'an hour and a second old',
    await staple({ thisUpdate: after(-HOUR - SECOND) }),
  )
  await late('staple-ended', 'nextUpdate was a second ago', await staple({ nextUpdate: after(-SECOND) }))
  await revoked('staple-thief', 'it says good, a list of ours says revoked', {
    ...(await staple()),
    ...held({ crls: [await list(root, { revoked: [client] })] }),
  })
  await unknown('staple-outweighed', 'it says good, a newer answer of ours that nobody knows it', {
    ...(await staple({ thisUpdate: after(-120 * SECOND) })),
    ...(await answers({ status: 'unknown', thisUpdate: after(-60 * SECOND) })),
  })
  await refused('staple-malformed', 'no DER', { header: { ocsp: ['MAMKAQ=='] } })
  await refused('staple-try-later', 'an error of the responder', await staple({ responseStatus: 'tryLater' }))
  await accepted('staple-leaf', 'for the leaf; a list for the intermediate', {
    by: deepClient,
    header: { ocsp: [await response(intermediate, { certificate: deepClient }), null] },
    ...held({ crls: onlyRoot }),
  })
  await refused('staple-swapped', 'for leaf and intermediate, one in the place of the other', {
    by: deepClient,
    header: {
      ocsp: [
        await response(root, { certificate: intermediate }),
        await response(intermediate, { certificate: deepClient }),
      ],
    },
  })
  await header('staple-null', 'null', { header: { ocsp: null } })
  await header('staple-text', 'a text instead of an array', { header: { ocsp: 'MAMKAQE=' } })
  await header('staple-empty', 'an empty array', { header: { ocsp: [] } })
  await header('staple-nulls', 'nulls alone', { header: { ocsp: [null] } })
  await header('staple-more', 'one more than certificates', { header: { ocsp: ['MAMKAQE=', null] } })
  await header('staple-fewer', 'one less than certificates', {
    by: deepClient,
    header: { ocsp: ['MAMKAQE='] },
  })
  await header('staple-number', 'a number', { header: { ocsp: [1] } })

  // What was known runs out.
  group.sequence(
    'list-runs-out',
    'a list that ends between two tokens of one chain',
    [
      await passes(),
      await passes({ at: after(HOUR).toISOString(), claims: inAnHour }),
      await fails('revocation', 'ERR_REVOCATION_STALE', {
        at: after(HOUR + SECOND).toISOString(),
        claims: inAnHour,
      }),
    ],
    await lists({ nextUpdate: after(HOUR) }),
  )
  group.sequence(
    'staple-runs-out',
    'one header twice, the second time with a staple that is too old',
    await stapledTwice(),
  )
  return group.file()
}

const nearly = { iat: AT.getTime() / 1000 + 3_540, exp: AT.getTime() / 1000 + 3_840 }
const inAnHour = { iat: AT.getTime() / 1000 + 3_600, exp: AT.getTime() / 1000 + 3_900 }

async function stapledTwice(): Promise<readonly Awaited<ReturnType<typeof passes>>[]> {
  const header = { ocsp: [await response(root, { certificate: client, thisUpdate: after(-60 * SECOND) })] }
  return [
    await passes({ header }),
    await passes({ at: after(HOUR - 60 * SECOND).toISOString(), header, claims: nearly }),
    await fails('revocation', 'ERR_REVOCATION_STAPLE_STALE', {
      at: after(HOUR - 59 * SECOND).toISOString(),
      header,
      claims: nearly,
    }),
  ]
}
