// Which names a certificate bears as `sub`.

import type { TestCertificate } from 'ingam/testing'
import { thumbprintOf } from '../../support/forge.ts'
import type { VectorFile } from '../format.ts'
import { type CaseDraft, Group, named } from './group.ts'
import { intermediate, root, SUBJECT } from './pki.ts'

export async function subjects(): Promise<VectorFile> {
  const group = new Group('subjects', 'sub against the names of the certificate.')
  const refused = group.refusing('subject', 'ERR_TOKEN_SUBJECT')
  const bearer = await root.issue({
    name: 'client',
    uris: ['spiffe://example/client', 'https://client.example/'],
    dns: ['client.example', '*.example', 'Mixed.Example'],
    emails: ['client@example.com'],
    upns: ['client@corp.example'],
    ips: ['192.0.2.7'],
  })
  const nameless = await root.issue({ name: 'client.example' })
  const thumbprint = await thumbprintOf(bearer)
  const by = (sub: string, holder: TestCertificate = bearer): Pick<CaseDraft, 'by' | 'claims'> => ({
    by: holder,
    claims: named(sub),
  })

  for (const [id, sub] of [
    ['uri', SUBJECT],
    ['uri-second', 'uri:https://client.example/'],
    ['dns', 'dns:client.example'],
    ['dns-mixed', 'dns:Mixed.Example'],
    ['email', 'email:client@example.com'],
    ['upn', 'upn:client@corp.example'],
    ['thumbprint', `x509-sha256:${thumbprint}`],
  ] as const) {
    await group.accepted(id, id, { ...by(sub) })
  }
  await group.accepted('thumbprint-nameless', 'a certificate without subjectAltName bears its thumbprint', {
    ...by(`x509-sha256:${await thumbprintOf(nameless)}`, nameless),
  })

  for (const [id, sub, comment] of [
    ['other', 'uri:spiffe://example/admin', 'another name'],
    ['prefix', 'uri:spiffe://example/clien', 'a letter less'],
    ['untyped', 'spiffe://example/client', 'a name without its type'],
    ['common-name', 'client', 'the common name'],
    ['common-name-typed', 'cn:client', 'the common name with a type in front'],
    ['distinguished-name', 'CN=client', 'the distinguished name'],
    ['other-type', 'dns:spiffe://example/client', 'the name under another type'],
    ['upn-as-email', 'email:client@corp.example', 'a UPN as a mailbox'],
    ['type-case', 'URI:spiffe://example/client', 'the type in capitals'],
    ['uri-case', 'uri:SPIFFE://example/client', 'the URI in another case'],
    ['dns-case', 'dns:CLIENT.example', 'the host in another case'],
    ['dns-full-stop', 'dns:client.example.', 'a full stop at the end'],
    ['dns-wildcard', 'dns:*.example', 'a wildcard that the certificate has'],
    ['dns-under-wildcard', 'dns:a.example', 'a host that the wildcard stands for'],
    ['ip', 'ip:192.0.2.7', 'an address that the certificate has'],
    ['space', 'uri: spiffe://example/client', 'a space after the type'],
    ['uri-slash', 'uri:spiffe://example/client/', 'a slash more'],
    ['nul', 'uri:spiffe://example/client\0', 'a NUL at the end'],
    ['thumbprint-issuer', `x509-sha256:${await thumbprintOf(intermediate)}`, 'the thumbprint of another'],
    ['thumbprint-padding', `x509-sha256:${thumbprint}=`, 'the thumbprint with padding'],
    ['thumbprint-other-type', `x5t#S256:${thumbprint}`, 'the thumbprint under another type'],
  ] as const) {
    await refused(id, comment, { ...by(sub) })
  }
  await refused('nameless-common-name', 'a certificate without subjectAltName: its common name as a host', {
    ...by('dns:client.example', nameless),
  })
  return group.file()
}
