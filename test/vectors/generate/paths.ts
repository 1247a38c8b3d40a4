// Paths that must not lead to the anchor, each beside one that does. docs/profile.md has every rule; these are a few of
// each kind.

import type { TestCertificate } from 'ingam/testing'
import { createTestCa } from 'ingam/testing'
import { encodeBase64 } from '../../../packages/ingam/src/bytes/base64.ts'
import {
  certificatePolicies,
  distinguishedName,
  inhibitAnyPolicy,
  name,
  nameConstraints,
  policyConstraints,
  rdn,
  type Subtrees,
  subjectAltName,
} from '../../support/extensions.ts'
import { AT, x5cOf } from '../../support/forge.ts'
import type { VectorFile } from '../format.ts'
import { Group } from './group.ts'
import { client, deepClient, impostor, intermediate, NAMES, root, stranger } from './pki.ts'

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_PURPOSE = '2.5.29.37.0'
const UNKNOWN = { oid: '1.3.6.1.4.1.99999.1', value: Uint8Array.of(0x05, 0x00) }

export async function paths(): Promise<VectorFile> {
  const group = new Group('paths', 'Certification paths (RFC 5280 §6.1) of cert-auth+jwt.')
  const refused = (code: Parameters<Group['refusing']>[1]): ReturnType<Group['refusing']> =>
    group.refusing('path', code)
  const { accepted } = group
  const below = async (
    options: Parameters<TestCertificate['issue']>[0],
  ): Promise<{ by: TestCertificate }> => {
    const issuer = await root.issue({ kind: 'ca', ...options })
    return { by: await issuer.issue(NAMES) }
  }

  await accepted('one-intermediate', 'an intermediate', { by: deepClient })
  await accepted('seven-intermediates', 'seven intermediates: eight signatures', { by: await deep(7) })
  await refused('ERR_PATH_BUDGET')('eight-intermediates', 'eight intermediates: nine signatures', {
    by: await deep(8),
  })
  await refused('ERR_PATH_NO_ISSUER')('stranger', 'a CA that nobody trusts, sent along', {
    by: await stranger.issue(NAMES),
    header: { x5c: [...x5cOf(await stranger.issue(NAMES)), encodeBase64(stranger.der)] },
  })
  await refused('ERR_PATH_NO_ISSUER')('gap', 'the intermediate is missing', {
    by: deepClient,
    header: { x5c: [encodeBase64(deepClient.der)] },
  })
  const selfSigned = await createTestCa({ at: AT, kind: 'end entity', ...NAMES })
  await refused('ERR_PATH_NO_ISSUER')('self-signed', 'a certificate signed by itself', {
    by: selfSigned,
    header: { x5c: [encodeBase64(selfSigned.der)] },
  })
  await refused('ERR_PATH_NO_ISSUER')('self-signed-anchor', 'one that is itself a trust anchor', {
    by: selfSigned,
    header: { x5c: [encodeBase64(selfSigned.der)] },
    verifier: { trustAnchors: root.pem + selfSigned.pem },
  })
  const forged = await impostor.issue(NAMES)
  await refused('ERR_PATH_SIGNATURE')('impostor', "a stranger's CA under the name of the trusted one", {
    by: forged,
  })
  await refused('ERR_PATH_SIGNATURE')('impostor-sent', 'the same with its root sent along', {
    by: forged,
    header: { x5c: [...x5cOf(forged), encodeBase64(impostor.der)] },
  })
  await refused('ERR_PATH_SIGNATURE')('changed', 'one bit of the signature on the certificate is changed', {
    header: { x5c: [encodeBase64(flipped(client.der))] },
  })
  const crossed = await stranger.issue({ kind: 'ca', name: 'Crossed' })
  const crossing = await root.issue({ kind: 'ca', name: 'Crossed', keyOf: crossed })
  const crossedClient = await crossed.issue(NAMES)
  await accepted('cross-signed', 'its issuer is signed by a stranger and by the anchor, both sent', {
    by: crossedClient,
    header: { x5c: [crossedClient, crossed, crossing].map(({ der }) => encodeBase64(der)) },
  })
  await refused('ERR_PATH_NO_ISSUER')('cross-signed-stranger', 'only what the stranger signed is sent', {
    by: crossedClient,
    header: { x5c: [crossedClient, crossed].map(({ der }) => encodeBase64(der)) },
  })

  await refused('ERR_PATH_NOT_CA')('issued-by-client', "issued with a client's key", {
    by: await client.issue(NAMES),
  })
  await refused('ERR_PATH_NOT_CA')('issuer-without-constraints', 'its issuer has no basicConstraints', {
    ...(await below({ withoutExtensions: ['2.5.29.19'] })),
  })
  await refused('ERR_PATH_NOT_CA')('issuer-version-1', 'its issuer is a certificate of version 1', {
    ...(await below({ version: 1 })),
  })
  const third = await intermediate.issue({ kind: 'ca', name: 'Below' })
  await refused('ERR_PATH_LENGTH')('length', 'a CA below one of pathLenConstraint 0', {
    by: await third.issue(NAMES),
  })
  await accepted('issuer-any-usage', 'its issuer has no keyUsage', { ...(await below({ keyUsage: null })) })
  await refused('ERR_PATH_KEY_USAGE')('issuer-key-usage', 'its issuer may sign CRLs alone', {
    ...(await below({ keyUsage: ['cRLSign'] })),
  })
  await refused('ERR_PATH_PURPOSE')('issuer-purpose', 'its issuer is for servers alone', {
    ...(await below({ extKeyUsage: [SERVER_AUTH] })),
  })
  await refused('ERR_PATH_PURPOSE')('issuer-any-purpose', 'its issuer is for anyExtendedKeyUsage alone', {
    ...(await below({ extKeyUsage: [ANY_PURPOSE] })),
  })
  await accepted('unknown-extension', 'an unknown extension', {
    by: await root.issue({ ...NAMES, extensions: [UNKNOWN] }),
  })
  const critical = { ...UNKNOWN, critical: true }
  await refused('ERR_PATH_CRITICAL_EXTENSION')('critical-extension', 'an unknown one, critical', {
    by: await root.issue({ ...NAMES, extensions: [critical] }),
  })
  await refused('ERR_PATH_CRITICAL_EXTENSION')('issuer-critical-extension', 'the same at its issuer', {
    ...(await below({ extensions: [critical] })),
  })
  await refused('ERR_PATH_ALGORITHM')('rsa-1024', 'an RSA key of 1024 bits', {
    by: await root.issue({ ...NAMES, keyType: 'RSA-1024' }),
  })
  await refused('ERR_PATH_ALGORITHM')('issuer-rsa-1024', 'its issuer has one', {
    ...(await below({ keyType: 'RSA-1024' })),
  })
  await accepted('issuer-rsa', 'its issuer signs by RSASSA-PKCS1-v1_5', {
    ...(await below({ keyType: 'RSA-2048' })),
  })
  await accepted('issuer-rsa-pss', 'its issuer signs by RSASSA-PSS', {
    ...(await below({ keyType: 'RSA-PSS-2048' })),
  })
  await accepted('issuer-p521', 'its issuer has a key on P-521', { ...(await below({ keyType: 'P-521' })) })
  await accepted('issuer-ed25519', 'its issuer has an Ed25519 key', {
    ...(await below({ keyType: 'Ed25519' })),
  })

  const within = async (subtrees: Subtrees, names: object = NAMES): Promise<{ by: TestCertificate }> => {
    const issuer = await root.issue({ kind: 'ca', extensions: [nameConstraints(subtrees)] })
    return { by: await issuer.issue(names) }
  }
  const unnamed = refused('ERR_PATH_NAME_CONSTRAINT')
  const hosted = { ...NAMES, dns: ['a.example'] }
  await accepted('uri-permitted', 'constraints that permit the URI', {
    ...(await within({ permitted: [name.uri('example')] })),
  })
  await unnamed('uri-not-permitted', 'that permit other URIs', {
    ...(await within({ permitted: [name.uri('.example')] })),
  })
  await unnamed('uri-excluded', 'that exclude the URI', {
    ...(await within({ excluded: [name.uri('example')] })),
  })
  await accepted('other-kind', 'that speak of names of another kind', {
    ...(await within({ permitted: [name.dns('other')] })),
  })
  await accepted('dns-permitted', 'that permit the host', {
    ...(await within({ permitted: [name.dns('example')] }, hosted)),
  })
  await unnamed('dns-not-permitted', 'that permit a host which ends alike', {
    ...(await within({ permitted: [name.dns('xample')] }, hosted)),
  })
  await unnamed('dns-excluded', 'that permit it and exclude it', {
    ...(await within({ permitted: [name.dns('example')], excluded: [name.dns('a.example')] }, hosted)),
  })
  await unnamed('dns-wildcard-excluded', 'that exclude a host for which a wildcard could stand', {
    ...(await within({ excluded: [name.dns('a.example')] }, { ...NAMES, dns: ['*.example'] })),
  })
  await accepted('email-permitted', 'that permit the mailbox', {
    ...(await within({ permitted: [name.email('example.com')] }, { ...NAMES, emails: ['a@example.com'] })),
  })
  await unnamed('email-not-permitted', 'that permit mailboxes of another host', {
    ...(await within({ permitted: [name.email('example.com')] }, { ...NAMES, emails: ['a@b.example.com'] })),
  })
  await unnamed('ip-excluded', 'that exclude the address', {
    ...(await within(
      { excluded: [name.ip(192, 0, 2, 0, 255, 255, 255, 0)] },
      { ...NAMES, ips: ['192.0.2.7'] },
    )),
  })
  const organisation = (text: string): Uint8Array => distinguishedName(rdn('2.5.4.10', text))
  await unnamed('directory-not-permitted', 'that permit subjects of another organisation', {
    ...(await within(
      { permitted: [name.directory(rdn('2.5.4.10', 'Example'))] },
      { ...NAMES, subjectName: organisation('Other') },
    )),
  })
  await accepted('directory-permitted', 'that permit the subject, in another case', {
    ...(await within(
      { permitted: [name.directory(rdn('2.5.4.10', 'Example'))] },
      { ...NAMES, subjectName: organisation('EXAMPLE') },
    )),
  })
  await unnamed('other-name', 'on other names, of which the certificate has one', {
    ...(await within(
      { permitted: [name.other('1.2.3.4', Uint8Array.of(5, 0))] },
      { ...NAMES, extensions: [subjectAltName(name.uri('spiffe://example/client'), name.upn('a@b'))] },
    )),
  })

  const policy = certificatePolicies('1.2.3')
  const strict = [policyConstraints(0), policy]
  const policed = async (
    upper: Parameters<typeof root.issue>[0],
    lower: readonly ReturnType<typeof certificatePolicies>[],
  ): Promise<{ by: TestCertificate }> => {
    const issuer = await root.issue({ kind: 'ca', ...upper })
    return { by: await issuer.issue({ ...NAMES, extensions: lower }) }
  }
  await accepted('policy', 'a policy is required and held by the whole path', {
    ...(await policed({ extensions: strict }, [policy])),
  })
  await refused('ERR_PATH_POLICY')('policy-none', 'a policy is required and the leaf has none', {
    ...(await policed({ extensions: strict }, [])),
  })
  await refused('ERR_PATH_POLICY')('policy-other', 'a policy is required and the leaf has another', {
    ...(await policed({ extensions: strict }, [certificatePolicies('1.2.4')])),
  })
  await accepted('policy-any', 'the leaf has anyPolicy', {
    ...(await policed({ extensions: strict }, [certificatePolicies('2.5.29.32.0')])),
  })
  await refused('ERR_PATH_POLICY')(
    'policy-any-inhibited',
    'the leaf has anyPolicy, which its issuer inhibits',
    {
      ...(await policed({ extensions: [...strict, inhibitAnyPolicy(0)] }, [
        certificatePolicies('2.5.29.32.0'),
      ])),
    },
  )
  return group.file()
}

/** A client with so many CAs between itself and the root. */
async function deep(count: number): Promise<TestCertificate> {
  let issuer = root
  for (let index = 1; index <= count; index++)
    issuer = await issuer.issue({ kind: 'ca', name: `CA ${index}` })
  return await issuer.issue(NAMES)
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)
}
