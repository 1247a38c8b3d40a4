// What stands in x5c, and whose certificate may sign.

import { encodeBase64, encodeBase64url } from '../../../packages/ingam/src/bytes/base64.ts'
import { concatBytes } from '../../../packages/ingam/src/bytes/compare.ts'
import { thumbprintOf, x5cOf } from '../../support/forge.ts'
import type { VectorFile } from '../format.ts'
import { type CaseDraft, Group, named } from './group.ts'
import { client, deepClient, intermediate, NAMES, other, root, stranger } from './pki.ts'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_PURPOSE = '2.5.29.37.0'

export async function certificates(): Promise<VectorFile> {
  const group = new Group('certificates', "The encodings of x5c, and the rules for the signer's certificate.")
  const { accepted } = group
  const header = group.refusing('certificates', 'ERR_TOKEN_HEADER')
  const chain = group.refusing('certificates', 'ERR_TOKEN_CHAIN')
  const signer = group.refusing('signer', 'ERR_TOKEN_SIGNER')
  const [text = ''] = x5cOf(client)
  const intermediateText = encodeBase64(intermediate.der)
  const x5c = (...value: readonly unknown[]): Pick<CaseDraft, 'header'> => ({ header: { x5c: value } })
  const junk = (count: number): readonly string[] => Array.from({ length: count }, () => 'MAA=')

  await accepted('with-root', 'the root stands in x5c too', x5c(text, encodeBase64(root.der)))
  await accepted('any-order', 'issuers in any order, one of them a stranger', {
    by: deepClient,
    ...x5c(...[deepClient, stranger, intermediate].map(({ der }) => encodeBase64(der))),
  })
  await accepted('copies', 'ten certificates, nine times the same issuer', {
    by: deepClient,
    ...x5c(encodeBase64(deepClient.der), ...Array.from({ length: 9 }, () => intermediateText)),
  })

  await header('absent', 'neither x5c nor a thumbprint', { header: { x5c: undefined } })
  await header('null', 'x5c is null', { header: { x5c: null } })
  await header('empty', 'x5c without certificates', x5c())
  await header('text', 'x5c as text', { header: { x5c: text } })
  await header('object', 'x5c as an object', { header: { x5c: { 0: text } } })
  await header('number', 'a number in x5c', x5c(text, 1))
  await header('nested', 'x5c in two arrays', x5c([text]))
  await header('eleven', 'eleven certificates', x5c(text, ...junk(10)))

  await chain('ten', 'ten, of which nine cannot be read', x5c(text, ...junk(9)))
  await chain('text-empty', 'an empty text', x5c(text, ''))
  await chain('base64url', 'base64url', x5c(encodeBase64url(client.der)))
  await chain('unpadded', 'a base64 whose padding is missing', x5c(unpadded(client.der)))
  await chain('spare-bits', 'spare bits that are not zero', x5c(text, 'MAB='))
  await chain('line-break', 'a line break within', x5c(`${text.slice(0, 64)}\n${text.slice(64)}`))
  await chain('pem', 'PEM', x5c(client.pem))
  await chain('joined', 'two certificates in one text', x5c(encodeBase64(concatBytes(client.der, root.der))))
  await chain(
    'trailing',
    'a byte after the certificate',
    x5c(encodeBase64(concatBytes(client.der, Uint8Array.of(0)))),
  )
  await chain('cut', 'the last byte of an issuer is missing', {
    by: deepClient,
    ...x5c(encodeBase64(deepClient.der), encodeBase64(intermediate.der.subarray(0, -1))),
  })
  await chain('key-alone', 'a public key in place of the certificate', {
    ...x5c(encodeBase64(client.certificate.subjectPublicKeyInfo.der)),
  })
  await chain(
    'ber-length',
    'a length in more bytes than it takes',
    x5c(encodeBase64(longerLength(client.der))),
  )

  await accepted('signer-usages', 'digitalSignature and clientAuth among others', {
    by: await root.issue({
      ...NAMES,
      keyUsage: ['digitalSignature', 'keyAgreement'],
      extKeyUsage: [SERVER_AUTH, CLIENT_AUTH],
    }),
  })
  await accepted('signer-unrestricted', 'neither keyUsage nor extKeyUsage', {
    by: await root.issue({ ...NAMES, keyUsage: null, extKeyUsage: null }),
  })
  await signer('signer-intermediate', 'the intermediate stands first', {
    by: deepClient,
    ...x5c(...x5cOf(deepClient).toReversed()),
  })
  await signer('signer-root', 'the root signs', { by: root, ...x5c(encodeBase64(root.der)) })
  await signer('signer-ca', 'a CA signs, with clientAuth', {
    by: await root.issue({
      ...NAMES,
      kind: 'ca',
      keyUsage: ['digitalSignature', 'keyCertSign'],
      extKeyUsage: [CLIENT_AUTH],
    }),
  })
  await signer('signer-key-usage', 'keyUsage without digitalSignature', {
    by: await root.issue({ ...NAMES, keyUsage: ['keyAgreement'] }),
  })
  await signer('signer-non-repudiation', 'keyUsage is nonRepudiation alone', {
    by: await root.issue({ ...NAMES, keyUsage: ['nonRepudiation'] }),
  })
  await signer('signer-server', 'extKeyUsage is serverAuth alone', {
    by: await root.issue({ ...NAMES, extKeyUsage: [SERVER_AUTH] }),
  })
  await signer('signer-any-purpose', 'extKeyUsage is anyExtendedKeyUsage alone', {
    by: await root.issue({ ...NAMES, extKeyUsage: [ANY_PURPOSE] }),
  })
  await group.refusing('signature', 'ERR_TOKEN_SIGNATURE')(
    'first-is-other',
    "another's certificate first, the signer's second",
    {
      ...x5c(encodeBase64(other.der), text),
      claims: named('uri:spiffe://example/other'),
    },
  )
  await group.refusing('subject', 'ERR_TOKEN_SUBJECT')(
    'names-of-second',
    "the names of the second certificate's",
    {
      ...x5c(text, encodeBase64(other.der)),
      claims: named(`x509-sha256:${await thumbprintOf(other)}`),
    },
  )
  return group.file()
}

// Bytes are added to a copy until their base64 has padding, which is then left out.
function unpadded(der: Uint8Array): string {
  const padded = der.length % 3 === 0 ? concatBytes(der, Uint8Array.of(0)) : der
  return encodeBase64(padded).replaceAll('=', '')
}

// INVARIANT: a certificate of 256 to 65,535 bytes has two octets of length; here three, the first of them zero.
function longerLength(der: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0x30, 0x83, 0), der.subarray(2))
}
