import { describe, expect, it } from 'vitest'
import type { CertificateFacts, PolicyGrant } from '../policy/contract.ts'
import { type AccessTokenContent, toGrantRecord, writeAccessTokenPayload } from './access-token.ts'

const facts: CertificateFacts = {
  anchor: 'a"\\\u2028',
  subject: 'CN=x',
  dns: [],
  uris: [],
  emails: [],
  ips: [],
  upns: [],
  thumbprint: 't',
  issuer: 'CN=y',
  serialNumber: '01',
  policies: [],
  extKeyUsage: [],
  notAfter: 0,
}
const grant: PolicyGrant = {
  allowed: true,
  profile: 'p',
  audience: ['https://a.example/"'],
  scope: ['s'],
  roles: ['r"'],
  lifetimeSeconds: 300,
  binding: 'none',
  algorithm: 'ES256',
  subject: 'uri:x"},{"sub":"admin',
}
const content: AccessTokenContent = {
  issuer: 'https://i.example',
  id: 'jti',
  clientId: 'c"\n',
  grant,
  facts,
  policyVersion: 3,
  binding: { tokenType: 'Bearer', confirmation: { 'x5t#S256': 't' } },
  authenticatedAt: 9,
  issuedAt: 10,
  expiresAt: 20,
}

describe('an access token', () => {
  it('is JSON whatever its values are', () => {
    expect(JSON.parse(writeAccessTokenPayload(content))).toEqual({
      iss: 'https://i.example',
      sub: grant.subject,
      aud: 'https://a.example/"',
      client_id: 'c"\n',
      iat: 10,
      exp: 20,
      jti: 'jti',
      scope: 's',
      roles: ['r"'],
      auth_time: 9,
      cnf: { 'x5t#S256': 't' },
      trust_anchor: 'a"\\\u2028',
    })
  })

  it('leaves out what there is none of', () => {
    const bare: AccessTokenContent = {
      ...content,
      grant: { ...grant, audience: ['a', 'b'], scope: [], roles: [] },
      binding: { tokenType: 'Bearer', confirmation: undefined },
      authenticatedAt: undefined,
    }
    const claims: unknown = JSON.parse(writeAccessTokenPayload(bare))
    expect(claims).toMatchObject({ aud: ['a', 'b'] })
    for (const name of ['scope', 'roles', 'auth_time', 'cnf']) expect(claims).not.toHaveProperty(name)
  })

  it('is recorded without itself', () => {
    expect(toGrantRecord(content)).toEqual({
      id: 'jti',
      subject: grant.subject,
      clientId: 'c"\n',
      trustAnchor: facts.anchor,
      thumbprint: 't',
      profile: 'p',
      policyVersion: 3,
      audience: grant.audience,
      scope: ['s'],
      binding: 'none',
      issuedAt: 10,
      expiresAt: 20,
    })
  })
})
