// The names for which an operator lets a trust anchor speak: forms that are read, forms that are refused, and what each
// of them lets pass.

import { createTestCa, type IssueOptions } from 'ingam/testing'
import { verifyPath } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { untyped } from '../../../../test/support/certificate-der.ts'
import { codeOf } from '../../../../test/support/codes.ts'
import { name, subjectAltName } from '../../../../test/support/extensions.ts'
import { writeName } from '../testing/certificate-writer.ts'
import type { AnchorNames } from './anchor-names.ts'
import { createTrustStore } from './trust-store.ts'

const AT = new Date('2026-06-01T12:00:00Z')

async function judge(names: AnchorNames, leaf: IssueOptions): Promise<string> {
  const root = await createTestCa({ at: AT, name: 'Root' })
  const issued = await root.issue({ name: 'Leaf', ...leaf })
  return await codeOf(() =>
    verifyPath({
      leaf: issued.der,
      trustAnchors: [{ certificate: root.certificate, id: 'partner', names }],
      at: AT,
      purpose: 'clientAuth',
      revocation: 'off',
    }),
  )
}

const REFUSED = 'ERR_PATH_ANCHOR_NAME'

describe('what may pass', () => {
  test.each<[string, Partial<AnchorNames>, IssueOptions, string]>([
    ['no names but the subject', {}, {}, 'accepted'],
    ['a kind that is not listed', {}, { dns: ['a.example'] }, REFUSED],
    ['a kind listed as empty', { dns: [] }, { dns: ['a.example'] }, REFUSED],
    ['a host', { dns: ['example'] }, { dns: ['example'] }, 'accepted'],
    ['a host below', { dns: ['example'] }, { dns: ['a.b.example'] }, 'accepted'],
    ['a host that only ends alike', { dns: ['example'] }, { dns: ['anexample'] }, REFUSED],
    ['one host of two', { dns: ['example'] }, { dns: ['a.example', 'a.test'] }, REFUSED],
    ['a host below a full stop', { dns: ['.example'] }, { dns: ['a.example'] }, 'accepted'],
    ['the host of a full stop', { dns: ['.example'] }, { dns: ['example'] }, REFUSED],
    ['a URI', { uris: ['example'] }, { uris: ['spiffe://example/a'] }, 'accepted'],
    ['a URI below', { uris: ['example'] }, { uris: ['spiffe://a.example/a'] }, REFUSED],
    ['a URI without host', { uris: ['example'] }, { uris: ['urn:example:a'] }, REFUSED],
    ['a mailbox', { emails: ['a@example'] }, { emails: ['a@example'] }, 'accepted'],
    ['another mailbox', { emails: ['a@example'] }, { emails: ['A@example'] }, REFUSED],
    ['a mailbox of the host', { emails: ['example'] }, { emails: ['b@example'] }, 'accepted'],
    ['a user principal name', { upns: ['example'] }, { upns: ['a@example'] }, 'accepted'],
    ['a user principal name elsewhere', { upns: ['example'] }, { upns: ['a@test'] }, REFUSED],
    ['a user principal name for a mailbox', { emails: ['example'] }, { upns: ['a@example'] }, REFUSED],
    ['an address', { ips: ['192.0.2.0/24'] }, { ips: ['192.0.2.255'] }, 'accepted'],
    ['an address outside', { ips: ['192.0.2.0/24'] }, { ips: ['192.0.3.0'] }, REFUSED],
    ['one address', { ips: ['192.0.2.7'] }, { ips: ['192.0.2.7'] }, 'accepted'],
    ['the one beside it', { ips: ['192.0.2.7'] }, { ips: ['192.0.2.6'] }, REFUSED],
    ['all addresses', { ips: ['0.0.0.0/0'] }, { ips: ['203.0.113.1'] }, 'accepted'],
    ['the subject itself', { directoryNames: [writeName('Leaf')] }, {}, 'accepted'],
    ['another subject', { directoryNames: [writeName('Leaf')] }, { name: 'Other' }, REFUSED],
    ['no subject at all', { directoryNames: [] }, {}, REFUSED],
  ])('%s', async (_, names, leaf, expected) => {
    expect(await judge({ directoryNames: 'any', ...names }, leaf)).toBe(expected)
  })

  test('an intermediate is held to them too', async () => {
    const root = await createTestCa({ at: AT, name: 'Root' })
    const middle = await root.issue({ kind: 'ca', name: 'Middle', dns: ['ca.test'] })
    const leaf = await middle.issue({ dns: ['a.example'] })
    const names: AnchorNames = { directoryNames: 'any', dns: ['example'] }
    const error = await verifyPath({
      leaf: leaf.der,
      intermediates: [middle.der],
      trustAnchors: [{ certificate: root.certificate, names }],
      at: AT,
      purpose: 'clientAuth',
      revocation: 'off',
    }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      code: REFUSED,
      details: { certificate: { position: 1 }, name: 'DNS:ca.test', anchor: 'CN=Root' },
    })
  })

  test.each([
    ['an otherName of no known form', name.other('1.2.3', Uint8Array.of(5, 0))],
    ['a registeredID', name.registeredId('1.2.3')],
    ['an x400Address', name.x400()],
    ['an ediPartyName', name.ediParty()],
    ['a directoryName elsewhere', name.directory()],
  ])('%s, which cannot be listed, is refused', async (_, given) => {
    const leaf = { extensions: [subjectAltName(name.dns('a.example'), given)] }
    const names = { directoryNames: [writeName('Leaf')], dns: ['example'] }
    expect(await judge(names, leaf)).toBe(REFUSED)
    expect(await judge(names, { extensions: [subjectAltName(name.dns('a.example'))] })).toBe('accepted')
  })

  test('the refusal says whether the name is another or cannot be compared', async () => {
    const problemOf = async (host: string): Promise<unknown> => {
      const root = await createTestCa({ at: AT, name: 'Root' })
      const leaf = await root.issue({ dns: [host] })
      return await verifyPath({
        leaf: leaf.der,
        trustAnchors: [{ certificate: root.certificate, names: { directoryNames: 'any', dns: ['example'] } }],
        at: AT,
        purpose: 'clientAuth',
        revocation: 'off',
      }).catch((error: unknown) => error)
    }
    expect(await problemOf('test')).toMatchObject({ details: { problem: 'not among the names' } })
    expect(await problemOf('a.example.')).toMatchObject({
      details: { problem: 'of a form that cannot be compared with the names' },
    })
  })

  test('comparisons count against the budget', async () => {
    const root = await createTestCa({ at: AT, name: 'Root' })
    const leaf = await root.issue({ dns: ['a.example'] })
    const names: AnchorNames = { directoryNames: 'any', dns: ['test', 'example'] }
    const spend = async (maxNameComparisons: number): Promise<string> =>
      await codeOf(() =>
        verifyPath({
          leaf: leaf.der,
          trustAnchors: [{ certificate: root.certificate, names }],
          at: AT,
          purpose: 'clientAuth',
          revocation: 'off',
          limits: { maxNameComparisons },
        }),
      )
    // The subject with `any`, the host with both.
    expect(await spend(3)).toBe('accepted')
    expect(await spend(2)).toBe('ERR_PATH_BUDGET')
  })

  test('an address of IPv6', async () => {
    const address = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), 1)
    const names = Uint8Array.of(0x30, 18, 0x87, 16, ...address)
    const leaf = { extensions: [{ oid: '2.5.29.17', value: names }] }
    expect(await judge({ directoryNames: 'any', ips: ['2001:db8::/32'] }, leaf)).toBe('accepted')
    expect(await judge({ directoryNames: 'any', ips: ['2001:db8::1'] }, leaf)).toBe('accepted')
    expect(await judge({ directoryNames: 'any', ips: ['2001:db8:0:0:0:0:0:1/128'] }, leaf)).toBe('accepted')
    expect(await judge({ directoryNames: 'any', ips: ['2001:db8::2/127'] }, leaf)).toBe(REFUSED)
    // A gap of one group.
    expect(await judge({ directoryNames: 'any', ips: ['2001:db8:0::0:0:0:1'] }, leaf)).toBe('accepted')
    expect(await judge({ directoryNames: 'any', ips: ['::/0'] }, leaf)).toBe('accepted')
    expect(await judge({ directoryNames: 'any', ips: ['0.0.0.0/0'] }, leaf)).toBe(REFUSED)
  })
})

describe('what is refused as an argument', () => {
  test.each<[string, unknown, string]>([
    ['no directoryNames', { dns: ['example'] }, 'ERR_ARG_REQUIRED'],
    ['an unknown kind', { directoryNames: 'any', dnsNames: ['example'] }, 'ERR_ARG_UNKNOWN_OPTION'],
    ['null', null, 'ERR_ARG_TYPE'],
    ['another word for any', { directoryNames: 'all' }, 'ERR_ARG_VALUE'],
    ['text for a name', { directoryNames: ['CN=Leaf'] }, 'ERR_ARG_VALUE'],
    ['null for a name', { directoryNames: [null] }, 'ERR_ARG_VALUE'],
    ['DER that is no name', { directoryNames: [Uint8Array.of(5, 0)] }, 'ERR_DER_UNEXPECTED_TAG'],
    ['text for a list', { directoryNames: 'any', dns: 'example' }, 'ERR_ARG_VALUE'],
    ['a number in a list', { directoryNames: 'any', dns: [1] }, 'ERR_ARG_VALUE'],
    ['an empty host', { directoryNames: 'any', dns: [''] }, 'ERR_ARG_VALUE'],
    ['a wildcard', { directoryNames: 'any', dns: ['*.example'] }, 'ERR_ARG_VALUE'],
    ['a host beyond ASCII', { directoryNames: 'any', dns: ['bücher.example'] }, 'ERR_ARG_VALUE'],
    ['a whole URI', { directoryNames: 'any', uris: ['spiffe://example'] }, 'ERR_ARG_VALUE'],
    ['a mailbox without host', { directoryNames: 'any', emails: ['a@'] }, 'ERR_ARG_VALUE'],
    ['two at signs', { directoryNames: 'any', emails: ['a@b@example'] }, 'ERR_ARG_VALUE'],
    ['a length beyond the address', { directoryNames: 'any', ips: ['192.0.2.0/33'] }, 'ERR_ARG_VALUE'],
    ['a length that is no number', { directoryNames: 'any', ips: ['192.0.2.0/x'] }, 'ERR_ARG_VALUE'],
    ['two lengths', { directoryNames: 'any', ips: ['192.0.2.0/8/8'] }, 'ERR_ARG_VALUE'],
    ['three octets', { directoryNames: 'any', ips: ['192.0.2'] }, 'ERR_ARG_VALUE'],
    ['an octet of 256', { directoryNames: 'any', ips: ['192.0.2.256'] }, 'ERR_ARG_VALUE'],
    ['an octet with a leading zero', { directoryNames: 'any', ips: ['192.0.2.01'] }, 'ERR_ARG_VALUE'],
    ['two gaps', { directoryNames: 'any', ips: ['2001::db8::1'] }, 'ERR_ARG_VALUE'],
    ['seven groups', { directoryNames: 'any', ips: ['1:2:3:4:5:6:7'] }, 'ERR_ARG_VALUE'],
    ['a gap of nothing', { directoryNames: 'any', ips: ['1:2:3:4::5:6:7:8'] }, 'ERR_ARG_VALUE'],
    ['a group of five digits', { directoryNames: 'any', ips: ['::12345'] }, 'ERR_ARG_VALUE'],
  ])('%s', async (_, names, code) => {
    const { certificate } = await createTestCa({ at: AT })
    expect(await codeOf(() => createTrustStore([{ certificate, names: untyped(names) }]))).toBe(code)
  })

  test('a field of the anchor that does not exist', async () => {
    const { certificate } = await createTestCa({ at: AT })
    const misspelt: unknown = { certificate, name: { directoryNames: 'any' } }
    expect(await codeOf(() => createTrustStore([untyped(misspelt)]))).toBe('ERR_ARG_UNKNOWN_OPTION')
  })
})
