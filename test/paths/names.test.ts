// Name constraints by kind of name (RFC 5280 §4.2.1.10): for each a name that passes and its neighbour that does not,
// imposed by each CA of the path.

import { createTestCa, type IssueOptions } from 'ingam/testing'
import { verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { TAG } from '../../packages/ingam/src/der/tag.ts'
import {
  distinguishedName,
  name,
  nameConstraints,
  rdn,
  type Subtrees,
  subjectAltName,
} from '../support/extensions.ts'
import { AT, issuePath, judgeUsual } from '../support/mini-ca.ts'

const YES = 'accepted'
const NO = 'ERR_PATH_NAME_CONSTRAINT'
const COUNTRY = '2.5.4.6'
const ORGANISATION = '2.5.4.10'
const COMMON_NAME = '2.5.4.3'
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'

interface Case {
  readonly title: string
  readonly subtrees: Subtrees
  /** subjectAltName of the leaf. */
  readonly names: readonly Uint8Array[]
  readonly expected: string
}

function permitted(title: string, base: Uint8Array, given: Uint8Array, expected: string): Case {
  return { title: `permitted: ${title}`, subtrees: { permitted: [base] }, names: [given], expected }
}

function excluded(title: string, base: Uint8Array, given: Uint8Array, expected: string): Case {
  return { title: `excluded: ${title}`, subtrees: { excluded: [base] }, names: [given], expected }
}

const { dns, email, uri, ip, directory, upn, smtpUtf8, x400, ediParty, registeredId, other } = name
const EXAMPLE = [rdn(COUNTRY, 'KR', TAG.printableString), rdn(ORGANISATION, 'Example')]

const CASES: readonly Case[] = [
  // dNSName
  permitted('the host itself', dns('example.com'), dns('example.com'), YES),
  permitted('a host below', dns('example.com'), dns('a.b.example.com'), YES),
  permitted('a host in other case', dns('Example.COM'), dns('A.eXample.com'), YES),
  permitted('a host that ends alike', dns('example.com'), dns('anexample.com'), NO),
  permitted('the host above', dns('a.example.com'), dns('example.com'), NO),
  permitted('another host', dns('example.com'), dns('example.org'), NO),
  permitted('a host with a trailing full stop', dns('example.com'), dns('a.example.com.'), NO),
  permitted('a host with an empty label', dns('example.com'), dns('a..example.com'), NO),
  permitted('a host with a leading full stop', dns('example.com'), dns('.example.com'), NO),
  permitted('a wildcard within', dns('example.com'), dns('*.example.com'), YES),
  permitted('a wildcard above', dns('a.example.com'), dns('*.example.com'), NO),
  permitted('a wildcard within a label', dns('example.com'), dns('a*.example.com'), NO),
  permitted('a wildcard in the second label', dns('example.com'), dns('a.*.example.com'), NO),
  permitted('a host below a full stop', dns('.example.com'), dns('a.example.com'), YES),
  permitted('the host of a full stop', dns('.example.com'), dns('example.com'), NO),
  permitted('everything by an empty base', dns(''), dns('a.example.com'), YES),
  permitted('a base that is no host', dns('example.com.'), dns('a.example.com'), NO),
  permitted('an A-label', dns('xn--bcher-kva.example'), dns('a.XN--BCHER-KVA.example'), YES),
  permitted('another A-label', dns('xn--bcher-kva.example'), dns('xn--bcher-kvb.example'), NO),
  permitted('a name with a space', dns('example.com'), dns('a .example.com'), NO),
  permitted('a label of 63', dns('example.com'), dns(`${'a'.repeat(63)}.example.com`), YES),
  permitted('a label of 64', dns('example.com'), dns(`${'a'.repeat(64)}.example.com`), NO),
  excluded('the host itself', dns('example.com'), dns('example.com'), NO),
  excluded('a host below', dns('example.com'), dns('a.example.com'), NO),
  excluded('a host in other case', dns('example.com'), dns('A.EXAMPLE.COM'), NO),
  excluded('a host that ends alike', dns('example.com'), dns('anexample.com'), YES),
  excluded('the host above', dns('a.example.com'), dns('example.com'), YES),
  excluded('a trailing full stop', dns('example.com'), dns('a.example.com.'), NO),
  excluded('a trailing full stop elsewhere', dns('example.com'), dns('a.example.org.'), NO),
  excluded('a wildcard that could be it', dns('a.example.com'), dns('*.example.com'), NO),
  excluded('a wildcard above it that could not', dns('a.b.example.com'), dns('*.example.com'), YES),
  excluded('a wildcard beside', dns('a.example.com'), dns('*.example.org'), YES),
  excluded('a wildcard within', dns('example.com'), dns('*.a.example.com'), NO),
  excluded('a host below a full stop', dns('.example.com'), dns('a.example.com'), NO),
  excluded('the host of a full stop', dns('.example.com'), dns('example.com'), NO),
  excluded('another host than a full stop', dns('.example.com'), dns('example.org'), YES),
  excluded('all by an empty base', dns(''), dns('a.example.com'), NO),
  excluded('a base that is no host', dns('exa mple.com'), dns('a.example.com'), NO),

  // rfc822Name
  permitted('the mailbox', email('a@example.com'), email('a@example.com'), YES),
  permitted('the mailbox, its host in other case', email('a@example.com'), email('a@EXAMPLE.com'), YES),
  permitted('the mailbox, its local part in other case', email('a@example.com'), email('A@example.com'), NO),
  permitted('another mailbox', email('a@example.com'), email('b@example.com'), NO),
  permitted('a mailbox of the host', email('example.com'), email('b@example.com'), YES),
  permitted('a mailbox of a host below', email('example.com'), email('b@a.example.com'), NO),
  permitted('a mailbox below the full stop', email('.example.com'), email('b@a.example.com'), YES),
  permitted('a mailbox of the full stop', email('.example.com'), email('b@example.com'), NO),
  permitted('two at signs', email('example.com'), email('a@evil.com@example.com'), NO),
  permitted('a quoted local part', email('example.com'), email('"a@evil.com"@example.com'), NO),
  permitted('no at sign', email('example.com'), email('example.com'), NO),
  permitted('no local part', email('example.com'), email('@example.com'), NO),
  permitted('an address literal', email('example.com'), email('a@[192.0.2.1]'), NO),
  permitted('an empty base', email(''), email('a@example.com'), NO),
  permitted('a mailbox of 254 octets', email('example.com'), email(`${'a'.repeat(242)}@example.com`), YES),
  permitted('a mailbox of 255 octets', email('example.com'), email(`${'a'.repeat(243)}@example.com`), NO),
  permitted('an internationalised mailbox', email('example.com'), smtpUtf8('아@example.com'), YES),
  permitted('an internationalised mailbox elsewhere', email('example.com'), smtpUtf8('아@example.org'), NO),
  permitted('a host with the sign of kelvin', email('exampleK.com'), smtpUtf8('a@example\u212a.com'), NO),
  permitted('a host in U-labels', email('xn--bcher-kva.example'), smtpUtf8('아@bücher.example'), NO),
  permitted(
    'that host in A-labels',
    email('xn--bcher-kva.example'),
    smtpUtf8('아@xn--bcher-kva.example'),
    YES,
  ),
  permitted(
    'a mailbox that is no text',
    email('example.com'),
    other('1.3.6.1.5.5.7.8.9', Uint8Array.of(5, 0)),
    NO,
  ),
  excluded('the mailbox', email('a@example.com'), email('a@example.com'), NO),
  excluded('the mailbox in other case', email('a@example.com'), email('A@example.com'), NO),
  excluded('another mailbox', email('a@example.com'), email('b@example.com'), YES),
  excluded('the host', email('example.com'), email('a@example.com'), NO),
  excluded('a host below', email('example.com'), email('a@a.example.com'), YES),
  excluded('a host below the full stop', email('.example.com'), email('a@a.example.com'), NO),
  excluded('an empty base', email(''), email('a@example.com'), NO),
  excluded('an internationalised mailbox', email('example.com'), smtpUtf8('아@example.com'), NO),
  excluded('an internationalised mailbox elsewhere', email('example.com'), smtpUtf8('아@example.org'), YES),

  // uniformResourceIdentifier
  permitted('the host of a URI', uri('example.com'), uri('https://example.com/a'), YES),
  permitted('a host with port, user, query', uri('example.com'), uri('https://u@example.com:8443?a#b'), YES),
  permitted('a host below', uri('example.com'), uri('https://a.example.com/'), NO),
  permitted('a host below a full stop', uri('.example.com'), uri('https://a.example.com/'), YES),
  permitted('the host of a full stop', uri('.example.com'), uri('https://example.com/'), NO),
  permitted('a host before an at sign', uri('example.com'), uri('https://example.com@evil.com/'), NO),
  permitted('two at signs', uri('example.com'), uri('https://evil.com@a@example.com/'), NO),
  permitted('a backslash', uri('example.com'), uri('https://evil.com\\@example.com/'), NO),
  permitted('a host behind a path', uri('example.com'), uri('https://evil.com/@example.com'), NO),
  permitted('a percent sign in the host', uri('example.com'), uri('https://example%2ecom/'), NO),
  permitted('no authority', uri('example.com'), uri('urn:example.com'), NO),
  permitted('an empty host', uri('example.com'), uri('file:///example.com'), NO),
  permitted('an IPv4 address', uri('192.0.2.1'), uri('https://192.0.2.1/'), NO),
  permitted('an IPv6 address', uri('example.com'), uri('https://[2001:db8::1]/'), NO),
  permitted('an address in one number', uri('3221225985'), uri('https://3221225985/'), NO),
  permitted('a trust domain', uri('example'), uri('spiffe://example/client'), YES),
  excluded('the host of a URI', uri('example.com'), uri('https://example.com/a'), NO),
  excluded('a host below', uri('example.com'), uri('https://a.example.com/'), YES),
  excluded('a host below a full stop', uri('.example.com'), uri('https://a.example.com/'), NO),
  excluded('no authority', uri('example.com'), uri('urn:a'), NO),
  excluded('another host', uri('example.com'), uri('https://example.org/'), YES),

  // iPAddress
  permitted('an address', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 2, 255), YES),
  permitted('an address outside', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 3, 0), NO),
  permitted('one address', ip(192, 0, 2, 1, 255, 255, 255, 255), ip(192, 0, 2, 1), YES),
  permitted('the one beside', ip(192, 0, 2, 1, 255, 255, 255, 255), ip(192, 0, 2, 0), NO),
  permitted('a part of an octet', ip(192, 0, 2, 64, 255, 255, 255, 192), ip(192, 0, 2, 127), YES),
  permitted('past the part of an octet', ip(192, 0, 2, 64, 255, 255, 255, 192), ip(192, 0, 2, 128), NO),
  permitted('all of IPv4', ip(0, 0, 0, 0, 0, 0, 0, 0), ip(203, 0, 113, 9), YES),
  permitted('all of IPv4 for IPv6', ip(0, 0, 0, 0, 0, 0, 0, 0), ip(...v6(1)), NO),
  permitted('IPv6', ip(...v6(0), ...prefix(32)), ip(...v6(9)), YES),
  permitted('IPv6 outside', ip(...v6(0), ...prefix(127)), ip(...v6(2)), NO),
  permitted('a mask with a gap', ip(192, 0, 2, 0, 255, 0, 255, 0), ip(192, 0, 2, 1), NO),
  excluded('an address', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 2, 0), NO),
  excluded('an address outside', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 3, 0), YES),
  excluded('IPv6', ip(...v6(0), ...prefix(32)), ip(...v6(9)), NO),
  excluded('a mask with a gap', ip(192, 0, 2, 0, 255, 0, 255, 0), ip(10, 0, 0, 1), NO),

  excluded('IPv4 within IPv6', ip(10, 0, 0, 0, 255, 0, 0, 0), ip(...mapped(10, 0, 0, 1)), NO),
  permitted('IPv4 within IPv6', ip(...new Uint8Array(32)), ip(...mapped(10, 0, 0, 1)), NO),
  excluded('IPv4 within IPv6 under hosts', dns('example.com'), ip(...mapped(10, 0, 0, 1)), YES),

  // directoryName in subjectAltName
  permitted('a name below', directory(...EXAMPLE), directory(...EXAMPLE, rdn(COMMON_NAME, 'a')), YES),
  permitted('a name above', directory(...EXAMPLE), directory(...EXAMPLE.slice(0, 1)), NO),
  excluded('a name below', directory(...EXAMPLE), directory(...EXAMPLE, rdn(COMMON_NAME, 'a')), NO),
  excluded('the name above', directory(...EXAMPLE), directory(...EXAMPLE.slice(0, 1)), YES),
  excluded(
    'the name above one whose last RDN is not compared',
    directory(...EXAMPLE, rdn(COMMON_NAME, 'a', TAG.teletexString)),
    directory(...EXAMPLE),
    YES,
  ),
  excluded('the RDNs in another order', directory(...EXAMPLE), directory(...EXAMPLE.toReversed()), YES),
  excluded(
    'a string type that is not compared',
    directory(rdn(ORGANISATION, 'Example')),
    directory(rdn(ORGANISATION, 'Example', TAG.teletexString)),
    NO,
  ),

  // Kinds that are not compared: refused where a name of the kind is there, and only there.
  permitted('an otherName', upn('a@example.com'), upn('a@example.com'), NO),
  excluded('an otherName', upn('a@example.com'), upn('b@example.com'), NO),
  excluded('an x400Address', x400(), x400(), NO),
  excluded('an ediPartyName', ediParty(), ediParty(), NO),
  permitted('a registeredID', registeredId('1.2.3'), registeredId('1.2.3'), NO),
  excluded('a registeredID', registeredId('1.2.3'), registeredId('1.2.4'), NO),
  excluded('an otherName where there is none', upn('a@example.com'), dns('example.com'), YES),
  excluded('an x400Address where there is none', x400(), dns('example.com'), YES),
  permitted('a registeredID where there is none', registeredId('1.2.3'), dns('example.com'), YES),

  // A kind that is not constrained passes.
  permitted('a URI under a host', dns('example.com'), uri('https://example.org/'), YES),
  permitted('a mailbox under a host', dns('example.com'), email('a@example.org'), YES),
  permitted('a user principal name under a mailbox', email('example.com'), upn('a@example.org'), YES),
]

function v6(last: number): readonly number[] {
  return [0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), last]
}

function mapped(...octets: readonly number[]): readonly number[] {
  return [...new Uint8Array(10), 0xff, 0xff, ...octets]
}

function prefix(bits: number): readonly number[] {
  return Array.from(
    { length: 16 },
    (_, index) => (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff,
  )
}

describe.each(['root', 'upper', 'lower'] as const)('imposed by the %s', (position) => {
  test.each(CASES)('$title', async ({ subtrees, names, expected }) => {
    const path = await issuePath({
      [position]: { extensions: [nameConstraints(subtrees)] },
      leaf: { name: '', extensions: [{ ...subjectAltName(...names), critical: true }] },
    })
    expect(await judgeUsual(path)).toBe(permitsDirectory(subtrees, position) ? NO : expected)
  })
})

// The subjects of the CAs below are directory names as well.
function permitsDirectory({ permitted: bases = [] }: Subtrees, position: string): boolean {
  return position !== 'lower' && bases.some((base) => base[0] === 0xa4)
}

describe('the subject', () => {
  const bases = [directory(...EXAMPLE)]
  const below = (...rdns: readonly Uint8Array[]): Uint8Array => distinguishedName(...EXAMPLE, ...rdns)

  async function judgeSubject(subjectName: Uint8Array, subtrees: Subtrees): Promise<string> {
    return await judgeUsual(
      await issuePath({ lower: { extensions: [nameConstraints(subtrees)] }, leaf: { subjectName } }),
    )
  }

  test.each([
    ['the name itself', below(), YES, NO],
    ['a name below', below(rdn(COMMON_NAME, 'Leaf')), YES, NO],
    ['a name in other case', distinguishedName(EXAMPLE[0] ?? below(), rdn(ORGANISATION, 'EXAMPLE')), YES, NO],
    ['a name above', distinguishedName(...EXAMPLE.slice(0, 1)), NO, YES],
    ['another name', distinguishedName(rdn(ORGANISATION, 'Other')), NO, YES],
    [
      'a name that begins alike',
      distinguishedName(EXAMPLE[0] ?? below(), rdn(ORGANISATION, 'Example Inc')),
      NO,
      YES,
    ],
    [
      'a name in a type that is not compared',
      distinguishedName(EXAMPLE[0] ?? below(), rdn(ORGANISATION, 'Example', TAG.teletexString)),
      NO,
      NO,
    ],
  ])('%s', async (_, subject, whenPermitted, whenExcluded) => {
    expect(await judgeSubject(subject, { permitted: bases })).toBe(whenPermitted)
    expect(await judgeSubject(subject, { excluded: bases })).toBe(whenExcluded)
  })

  test('an emailAddress attribute is a mailbox, with other names beside it and without', async () => {
    const subject = distinguishedName(rdn(EMAIL_ADDRESS, 'a@example.org', TAG.ia5String))
    for (const extensions of [[], [subjectAltName(email('a@example.com'))]]) {
      const judge = async (host: string): Promise<string> =>
        await judgeUsual(
          await issuePath({
            lower: { extensions: [nameConstraints({ excluded: [email(host)] })] },
            leaf: { subjectName: subject, extensions },
          }),
        )
      expect(await judge('example.org')).toBe(NO)
      expect(await judge('example.net')).toBe(YES)
    }
  })
})

describe('several constraints', () => {
  test('a name must lie within what each CA permits', async () => {
    const judge = async (host: string): Promise<string> =>
      await judgeUsual(
        await issuePath({
          upper: { extensions: [nameConstraints({ permitted: [dns('example.com'), dns('example.org')] })] },
          lower: { extensions: [nameConstraints({ permitted: [dns('example.com'), dns('example.net')] })] },
          leaf: { dns: [host] },
        }),
      )
    expect(await judge('a.example.com')).toBe(YES)
    expect(await judge('a.example.org')).toBe(NO)
    expect(await judge('a.example.net')).toBe(NO)
  })

  test('what one CA excludes no CA below permits', async () => {
    const judge = async (host: string): Promise<string> =>
      await judgeUsual(
        await issuePath({
          root: { extensions: [nameConstraints({ excluded: [dns('a.example.com')] })] },
          lower: { extensions: [nameConstraints({ permitted: [dns('example.com')] })] },
          leaf: { dns: [host] },
        }),
      )
    expect(await judge('a.example.com')).toBe(NO)
    expect(await judge('b.example.com')).toBe(YES)
  })

  test('each name of several is held to them', async () => {
    const judge = async (...hosts: readonly string[]): Promise<string> =>
      await judgeUsual(
        await issuePath({
          lower: { extensions: [nameConstraints({ permitted: [dns('example.com')] })] },
          leaf: { dns: hosts },
        }),
      )
    expect(await judge('a.example.com', 'b.example.com')).toBe(YES)
    expect(await judge('a.example.com', 'b.example.org')).toBe(NO)
  })

  test('an extension that is not critical counts as well', async () => {
    const constraints = { ...nameConstraints({ permitted: [dns('example.com')] }), critical: false }
    const judge = async (host: string): Promise<string> =>
      await judgeUsual(await issuePath({ lower: { extensions: [constraints] }, leaf: { dns: [host] } }))
    expect(await judge('example.com')).toBe(YES)
    expect(await judge('example.org')).toBe(NO)
  })
})

describe('whom they bind', () => {
  const constraints = nameConstraints({ permitted: [directory(rdn(ORGANISATION, 'Example'))] })

  test('an intermediate below is bound', async () => {
    const judge = async (lower: IssueOptions): Promise<string> =>
      await judgeUsual(
        await issuePath({
          upper: { extensions: [constraints] },
          lower,
          leaf: { subjectName: distinguishedName(rdn(ORGANISATION, 'Example'), rdn(COMMON_NAME, 'Leaf')) },
        }),
      )
    expect(await judge({})).toBe(NO)
    expect(await judge({ subjectName: distinguishedName(rdn(ORGANISATION, 'Example')) })).toBe(YES)
  })

  test('the CA itself is not, nor a self-issued one below it; a self-issued leaf is', async () => {
    const root = await createTestCa({ at: AT, name: 'Root' })
    const ca = await root.issue({ kind: 'ca', name: 'CA', extensions: [constraints] })
    const rollover = await ca.issue({ kind: 'ca', name: 'CA' })
    const leaf = await rollover.issue({ subjectName: distinguishedName(rdn(ORGANISATION, 'Example')) })
    const selfIssued = await rollover.issue({ name: 'CA' })
    expect(await judgeUsual({ root, upper: ca, lower: rollover, leaf })).toBe(YES)
    expect(await judgeUsual({ root, upper: ca, lower: rollover, leaf: selfIssued })).toBe(NO)
  })

  test('constraints of the leaf bind nobody', async () => {
    const extensions = [nameConstraints({ permitted: [dns('example.com')] })]
    expect(await judgeUsual(await issuePath({ leaf: { extensions, dns: ['example.org'] } }))).toBe(YES)
  })

  test('the refusal names who is bound by whom', async () => {
    const { root, upper, lower, leaf } = await issuePath({
      upper: { extensions: [nameConstraints({ excluded: [uri('example.com')] })] },
      leaf: { uris: ['https://example.com/a'] },
    })
    const error = await verifyPath({
      leaf: leaf.der,
      intermediates: [upper.der, lower.der],
      trustAnchors: [root.certificate],
      at: AT,
      purpose: 'clientAuth',
      revocation: 'off',
    }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      code: NO,
      details: {
        certificate: { role: 'leaf', position: 0 },
        name: 'URI:https://example.com/a',
        imposedBy: 'CN=Upper',
        problem: 'within the excludedSubtrees',
      },
    })
  })
})
