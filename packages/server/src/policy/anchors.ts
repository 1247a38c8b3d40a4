// Server: policy. The trust anchors of a document as the library takes them, and what is wrong with them.

import { createHash } from 'node:crypto'
import { escapeText, isPkiError } from 'ingam'
import {
  type AnchorNames,
  type Certificate,
  createTrustStore,
  formatName,
  parseCertificates,
  type TrustAnchor,
} from 'ingam/x509'
import { encodePrintedName } from './distinguished-name.ts'
import { type DocumentPath, describeFound, type Problem } from './problem.ts'
import type { PolicyAnchor, PolicyDocument, PolicyNames } from './schema.ts'

/** The anchors, where nothing is wrong with them, and what is wrong. */
export function readAnchors(document: PolicyDocument): {
  readonly anchors: readonly TrustAnchor[]
  readonly problems: readonly Problem[]
} {
  const anchors: TrustAnchor[] = []
  const problems: Problem[] = []
  const seen = new Map<string, string>()
  for (const [id, anchor] of Object.entries(document.trustAnchors)) {
    const path = ['trustAnchors', id]
    const certificate = readCertificate(anchor.certificate)
    if ('expected' in certificate) {
      problems.push({ path: [...path, 'certificate'], ...certificate })
      continue
    }
    const fingerprint = fingerprintOf(certificate)
    const other = seen.get(fingerprint)
    // A path ends at one anchor: with two for one certificate nobody could say which of them vouches.
    if (other !== undefined) {
      const found = `that of trustAnchors.${other}`
      problems.push({ path: [...path, 'certificate'], expected: 'a certificate of its own', found })
    }
    seen.set(fingerprint, id)
    const wrongNames = nameProblems(certificate, anchor.names, [...path, 'names'])
    problems.push(...wrongNames)
    if (wrongNames.length > 0) continue
    anchors.push(Object.freeze({ id, certificate, ...namesOf(anchor) }))
  }
  return { anchors: Object.freeze(anchors), problems }
}

/** One line about a certificate: its subject, and the first 8 hexadecimal digits of its SHA-256. */
export function describeCertificate(pem: string): string {
  const certificate = readCertificate(pem)
  if ('expected' in certificate) return certificate.found
  return `"${escapeText(formatName(certificate.subject))}" (${fingerprintOf(certificate).slice(0, 8)})`
}

function readCertificate(pem: string): Certificate | { readonly expected: string; readonly found: string } {
  const expected = 'one certificate as PEM'
  try {
    const [certificate, ...others] = parseCertificates(pem)
    if (certificate === undefined || others.length > 0)
      return { expected, found: `${others.length + 1} of them` }
    // RFC 5280 §4.2.1.9: below a certificate that is no CA's there is no path, so that it would be trusted in vain.
    if (certificate.version === 3 && certificate.basicConstraints?.cA !== true) {
      return {
        expected: 'the certificate of a CA',
        found: `that of "${formatName(certificate.subject)}", which is none`,
      }
    }
    return certificate
  } catch (error) {
    if (!isPkiError(error)) throw error
    return { expected, found: `what cannot be read: ${error.message}` }
  }
}

function fingerprintOf(certificate: Certificate): string {
  return createHash('sha256').update(certificate.der).digest('hex')
}

function namesOf({ names }: PolicyAnchor): { readonly names?: AnchorNames } {
  if (names === 'any') return {}
  const { directoryNames, ...others } = names
  return {
    names: { directoryNames: directoryNames === 'any' ? 'any' : directoryNames.map(encode), ...others },
  }
}

function encode(text: string): Uint8Array {
  const der = encodePrintedName(text)
  if (der === undefined) throw new TypeError('a distinguished name that was not validated')
  return der
}

const KINDS = ['dns', 'uris', 'emails', 'upns', 'ips'] as const

// The library judges the forms; it is asked about one name at a time, so that each mistake has its place.
function nameProblems(
  certificate: Certificate,
  names: 'any' | PolicyNames,
  path: DocumentPath,
): readonly Problem[] {
  if (names === 'any') return []
  const problems: Problem[] = []
  for (const kind of KINDS) {
    for (const [index, name] of (names[kind] ?? []).entries()) {
      try {
        createTrustStore([{ certificate, names: { directoryNames: [], [kind]: [name] } }])
      } catch (error) {
        if (!isPkiError(error) || error.code !== 'ERR_ARG_VALUE') throw error
        problems.push({
          path: [...path, kind, index],
          expected: error.details.expected,
          found: describeFound(name),
        })
      }
    }
  }
  return problems
}
