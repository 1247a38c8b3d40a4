import { parseCertificates } from 'ingam/x509'
import { describe, expect, test } from 'vitest'
import { createAuthority } from '../dev-ca.ts'
import { encodeNameConstraints, type PermittedNames, problemOfPermitted } from './constraints.ts'

const NONE: PermittedNames = { dns: [], uris: [], emails: [], ips: [] }

describe('permitted names', () => {
  test.each<readonly [keyof PermittedNames, string]>([
    ['dns', 'corp.example'],
    ['uris', 'id.example'],
    ['uris', '.example'],
    ['emails', 'corp.example'],
    ['emails', '.corp.example'],
    ['emails', 'a@corp.example'],
    ['ips', '10.0.0.0/8'],
    ['ips', '0.0.0.0/0'],
    ['ips', '192.0.2.1/32'],
    ['ips', '2001:db8::/32'],
    ['ips', '::1/128'],
  ])('%s %s', (kind, value) => {
    expect(problemOfPermitted(kind, value)).toBeUndefined()
  })

  test.each<readonly [keyof PermittedNames, string]>([
    ['dns', '.corp.example'],
    ['dns', '*.corp.example'],
    ['dns', ''],
    ['uris', 'https://id.example'],
    ['uris', 'id.example/path'],
    ['emails', '@corp.example'],
    ['ips', '10.0.0.0'],
    ['ips', '10.0.0.1/8'],
    ['ips', '10.0.0.0/33'],
    ['ips', '2001:db8::/129'],
    ['ips', '2001:db8::1/32'],
    ['ips', '::ffff:192.0.2.0/120'],
  ])('not %s %s', (kind, value) => {
    expect(problemOfPermitted(kind, value)).toMatch(/^expected /u)
  })

  test('nothing permitted specially is no extension', () => {
    expect(encodeNameConstraints(NONE)).toBeUndefined()
  })

  test('the certificate says them as they were given, critical', async () => {
    const permitted = {
      dns: ['corp.example'],
      uris: ['.id.example'],
      emails: ['a@b.example'],
      ips: ['10.0.0.0/9', '2001:db8::/33'],
    }
    const { certificatePem } = await createAuthority({
      name: 'CA',
      keyType: 'P-256',
      days: 1,
      now: new Date(),
      permitted,
    })
    const [certificate] = parseCertificates(certificatePem)
    expect(certificate?.extensions.find(({ oid }) => oid === '2.5.29.30')?.critical).toBe(true)
    const bases = certificate?.nameConstraints?.permittedSubtrees?.map((base) =>
      base.kind === 'iPAddress' ? Buffer.from(base.bytes).toString('hex') : 'value' in base && base.value,
    )
    expect(bases).toEqual([
      'a@b.example',
      'corp.example',
      '.id.example',
      '0a000000ff800000',
      `20010db8${'00'.repeat(12)}ffffffff80${'00'.repeat(11)}`,
    ])
    expect(certificate?.nameConstraints?.excludedSubtrees ?? []).toEqual([])
  })
})
