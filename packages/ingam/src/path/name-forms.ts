// Layer: path. What the names of certificates and the bases of subtrees are compared as (RFC 5280 §4.2.1.10 and §7.2 to
// §7.5, RFC 9549, RFC 9598). A form that cannot be compared is marked, never guessed at: the caller refuses it.

import { readAll } from '../der/reader.ts'
import { TAG } from '../der/tag.ts'
import { isPkiError } from '../errors/errors.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { GeneralSubtree } from '../x509/extensions/name-constraints.ts'
import { formatGeneralName, type GeneralName } from '../x509/general-name.ts'
import { decodeUtf8, formatName, isPrepared, type Name, rdnKeys } from '../x509/name.ts'

/** Kinds of name that are compared; `upn` is an otherName with a form of its own. */
export type NameKind = GeneralName['kind'] | 'upn'

/** A mailbox with its parts; the host in lower case. */
interface Mailbox {
  readonly local: string
  readonly host: string
}

/** A name as it is compared; `undefined` parts are of a form that cannot be. */
export type ComparedName = { readonly shown: string } & (
  | { readonly kind: 'dNSName'; readonly host: string | undefined }
  | { readonly kind: 'rfc822Name' | 'upn'; readonly mailbox: Mailbox | undefined }
  | { readonly kind: 'uniformResourceIdentifier'; readonly host: string | undefined }
  | { readonly kind: 'iPAddress'; readonly bytes: Uint8Array }
  | { readonly kind: 'directoryName'; readonly name: Name }
  | { readonly kind: 'otherName'; readonly isComparedToo: boolean }
  | { readonly kind: 'x400Address' | 'ediPartyName' | 'registeredID' }
)

/** The base of a subtree as it is compared. */
export type ComparedBase =
  | { readonly kind: 'all' }
  /** A host alone, or one with all below it, or all below it without itself. */
  | { readonly kind: 'host' | 'domain' | 'below'; readonly host: string }
  | { readonly kind: 'mailbox'; readonly mailbox: Mailbox }
  | { readonly kind: 'address'; readonly address: Uint8Array; readonly mask: Uint8Array }
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: 'incomparable' }

/** Every name that constraints apply to: subject, emailAddress attributes of it, subjectAltName. */
export function* comparedNames({ subject, subjectAltName = [] }: Certificate): Generator<ComparedName> {
  if (!subject.isEmpty)
    yield { kind: 'directoryName', name: subject, shown: `dirName:${formatName(subject)}` }
  // RFC 5280 §4.2.1.10 asks for this where there is no subjectAltName.
  // DEVIATION: here always, as in OpenSSL: an address beside others in subjectAltName is an address too.
  for (const attribute of subject.rdns.flat()) {
    if (attribute.oid !== EMAIL_ADDRESS) continue
    yield { kind: 'rfc822Name', mailbox: readMailbox(attribute.value), shown: `email:${attribute.value}` }
  }
  for (const name of subjectAltName) yield* comparedForms(name)
}

/** The base of a subtree, made comparable. */
export function comparedBase(subtree: GeneralSubtree): ComparedBase {
  switch (subtree.kind) {
    case 'dNSName':
      return subtree.value === '' ? { kind: 'all' } : hostBase(subtree.value, 'domain')
    case 'uniformResourceIdentifier':
      return hostBase(subtree.value, 'host')
    case 'rfc822Name':
      return mailboxBase(subtree.value)
    case 'iPAddress':
      return addressBase(subtree.bytes)
    case 'directoryName':
      return { kind: 'directory', name: subtree.name }
    default:
      return { kind: 'incomparable' }
  }
}

/** The base of a subtree of mailboxes or user principal names: one mailbox, a host, or what is below a host. */
export function mailboxBase(value: string): ComparedBase {
  if (!value.includes('@')) return hostBase(value, 'host')
  const mailbox = readMailbox(value)
  return mailbox === undefined ? { kind: 'incomparable' } : { kind: 'mailbox', mailbox }
}

/** The base of a subtree of hosts; with a leading full stop of those below it alone. */
export function hostBase(value: string, itself: 'host' | 'domain'): ComparedBase {
  const isBelow = value.startsWith('.')
  const host = readHost(isBelow ? value.slice(1) : value)
  if (host === undefined) return { kind: 'incomparable' }
  return { kind: isBelow ? 'below' : itself, host }
}

/** The base of a subtree of addresses: the first half the address, the second the mask. */
export function addressBase(bytes: Uint8Array): ComparedBase {
  const address = bytes.subarray(0, bytes.length / 2)
  const mask = bytes.subarray(bytes.length / 2)
  return isContiguous(mask) ? { kind: 'address', address, mask } : { kind: 'incomparable' }
}

function* comparedForms(name: GeneralName): Generator<ComparedName> {
  const shown = formatGeneralName(name)
  switch (name.kind) {
    case 'dNSName':
      yield { kind: name.kind, host: readDnsName(name.value), shown }
      break
    case 'rfc822Name':
      yield { kind: name.kind, mailbox: readMailbox(name.value), shown }
      break
    case 'uniformResourceIdentifier':
      yield { kind: name.kind, host: readUriHost(name.value), shown }
      break
    case 'iPAddress':
      yield { kind: name.kind, bytes: name.bytes, shown }
      break
    case 'directoryName':
      yield { kind: name.kind, name: name.name, shown }
      break
    case 'otherName':
      yield* otherForms(name, shown)
      break
    default:
      yield { kind: name.kind, shown }
  }
}

function* otherForms(
  { typeId, value, upn }: Extract<GeneralName, { kind: 'otherName' }>,
  shown: string,
): Generator<ComparedName> {
  yield { kind: 'otherName', isComparedToo: upn !== undefined || typeId === SMTP_UTF8_MAILBOX, shown }
  if (upn !== undefined) yield { kind: 'upn', mailbox: readMailbox(upn), shown }
  // RFC 9598 §6: constraints on rfc822Name hold for internationalised mailboxes as well.
  if (typeId === SMTP_UTF8_MAILBOX) yield { kind: 'rfc822Name', mailbox: readSmtpUtf8Mailbox(value), shown }
}

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9'

// RFC 5280 §7.2, RFC 9549 §2.2: ASCII alone, internationalised labels as A-labels, compared without case.
const HOST = /^(?!.{254})[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/u

// Tested before it is lowered: some letters beyond ASCII have ASCII ones as their lower case.
function readHost(text: string): string | undefined {
  return HOST.test(text) ? text.toLowerCase() : undefined
}

// A wildcard is a whole first label (RFC 6125 §6.4.3); one within a label cannot be compared.
function readDnsName(text: string): string | undefined {
  if (!text.startsWith('*.')) return readHost(text)
  const host = readHost(text.slice(2))
  return host === undefined ? undefined : `*.${host}`
}

// LIMIT: RFC 5321 §4.5.3.1.3: a path has at most 256 octets with its brackets.
const MAX_MAILBOX = 254

// RFC 5321 §4.1.2 without quoted strings and address literals, which can hide an at sign; RFC 6531 for the local part.
function readMailbox(text: string): Mailbox | undefined {
  const at = text.indexOf('@')
  const local = text.slice(0, at)
  const host = readHost(text.slice(at + 1))
  const isPlain = /^[^\p{C}\p{Z}"(),:;<>@[\]\\]+$/u.test(local)
  return at >= 0 && text.length <= MAX_MAILBOX && isPlain && host !== undefined ? { local, host } : undefined
}

function readSmtpUtf8Mailbox(value: Uint8Array): Mailbox | undefined {
  try {
    return readMailbox(
      readAll(value, 'SmtpUTF8Mailbox', (reader) =>
        decodeUtf8(reader.readContent(TAG.utf8String, 'SmtpUTF8Mailbox'), 'SmtpUTF8Mailbox', 0),
      ),
    )
  } catch (error) {
    if (!isPkiError(error)) throw error
    // A mailbox that cannot be read cannot be compared; it is refused where mailboxes are constrained.
    return undefined
  }
}

// RFC 5280 §4.2.1.10: the host, as a name; a URI without authority or with an address cannot be compared. At most one at
// sign and no percent sign, so that no other reader of URIs finds another host.
const URI = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\\]*@)?([^/?#@\\:]*)(?::\d*)?(?:[/?#]|$)/iu

function readUriHost(text: string): string | undefined {
  const host = readHost(URI.exec(text)?.[1] ?? '')
  // A last label of digits alone makes it an IPv4 address to some readers.
  return host === undefined || /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/u.test(host) ? undefined : host
}

function isContiguous(mask: Uint8Array): boolean {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/u.test(bits)
}

/** Whether the base is the beginning of the name; `unknown` where an attribute is of a type that has no comparison. */
export function directoryMatch(name: Name, base: Name): 'within' | 'outside' | 'unknown' {
  const keys = rdnKeys(name)
  const baseKeys = rdnKeys(base)
  if (baseKeys.length > keys.length) return 'outside'
  const differing = baseKeys.findIndex((key, index) => key !== keys[index])
  if (differing < 0) return 'within'
  const attributes = [...(name.rdns[differing] ?? []), ...(base.rdns[differing] ?? [])]
  return attributes.every(isPrepared) ? 'outside' : 'unknown'
}
