// Layer: errors. The single table of refusals: code → class, exit code, HTTP status, rank, message, hint.
// docs/errors.md is tested against it. Longer than other files because it is a table.

import type { CertificateRef, Code, CodeDetails } from './codes.ts'

/** The class of a refusal: one for each layer that refuses. */
export type ErrorKind =
  | 'ArgumentError'
  | 'DecodeError'
  | 'CertificateError'
  | 'PathError'
  | 'RevocationError'
  | 'CredentialError'
  | 'TokenError'
  | 'RequestError'

/** What the catalogue knows of one code. */
export interface CatalogueEntry<C extends Code> {
  readonly kind: ErrorKind
  /** Exit code of the command: 1 a clear no, 3 unreadable input, 4 undecided, 70 the caller's bug. */
  readonly exit: 1 | 3 | 4 | 70
  /** HTTP status that a service answers with. */
  readonly http: 400 | 401 | 413 | 500 | 503
  /** Among the refused candidates of a path search the highest rank is reported: the one that came furthest. */
  readonly rank: number
  /** A fatal refusal ends a search at once. */
  readonly fatal: boolean
  /** One line of what is wrong in general, for docs and `explain`. */
  readonly summary: string
  /** What would mend it. */
  readonly hint: string
  readonly message: (details: CodeDetails[C]) => string
}

type Catalogue = { readonly [C in Code]: CatalogueEntry<C> }

type Row<C extends Code> = Partial<Pick<CatalogueEntry<C>, 'exit' | 'http' | 'rank' | 'fatal'>> &
  Pick<CatalogueEntry<C>, 'summary' | 'hint' | 'message'>

/** Every stable code, its class, its exit code and HTTP status, and how it reads. */
export const catalogue: Catalogue = {
  // ── The caller's code ────────────────────────────────────────────────────────────────────────────────────────
  ERR_ARG_TYPE: argument({
    summary: 'an argument has the wrong type',
    hint: 'compare the call with the documented shape of this argument',
    message: (d) => `${d.argument}: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_ARG_VALUE: argument({
    summary: 'an argument is of the right type but outside its range',
    hint: 'use a value within the documented range',
    message: (d) => `${d.argument}: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_ARG_REQUIRED: argument({
    summary: 'a required argument is missing, because no default would be safe',
    hint: 'decide on a value and pass it; none is assumed',
    message: (d) => `${d.argument} is required: expected ${d.expected}`,
  }),
  ERR_ARG_UNKNOWN_OPTION: argument({
    summary: 'an option that does not exist, perhaps a misspelt one',
    hint: 'check the spelling; an unknown option is never ignored',
    message: (d) => `unknown option ${d.argument}; known are ${d.known.join(', ')}`,
  }),
  ERR_ARG_UNSUPPORTED: argument({
    summary: 'a documented argument with a value that this version cannot honour yet',
    hint: 'use one of the supported values; it is refused because ignoring it could accept what it should refuse',
    message: (d) => `${d.argument}: ${d.found} is not supported by this version; supported: ${d.expected}`,
  }),

  // ── Bytes ────────────────────────────────────────────────────────────────────────────────────────────────────
  ERR_DER_TRUNCATED: decode({
    summary: 'the encoding ends before the value it announces',
    hint: 'the file or field was cut; get it again in full',
    message: (d) => `${d.reading}: needs ${d.needed} bytes at offset ${d.offset}, ${d.available} are left`,
  }),
  ERR_DER_UNEXPECTED_TAG: decode({
    summary: 'another ASN.1 type than the one the standard puts there',
    hint: 'check that the input is what it is used as',
    message: (d) => `${d.reading}: expected ${d.expected} at offset ${d.offset}, found ${d.found}`,
  }),
  ERR_DER_NON_CANONICAL: decode({
    summary: 'valid BER perhaps, but not DER',
    hint: 'the issuing software does not write DER; have it issued anew',
    message: (d) => `${d.reading}: not DER at offset ${d.offset}: ${d.rule}, found ${d.found}`,
  }),
  ERR_DER_TRAILING_DATA: decode({
    summary: 'bytes are left over after the value',
    hint: 'remove what follows the value; nothing may be appended to it',
    message: (d) => `${d.reading}: ${d.count} bytes are left over at offset ${d.offset}`,
  }),
  ERR_DER_LIMIT: decode({
    summary: 'a limit on size, depth or count is exceeded',
    hint: 'the input is larger than any that this library reads',
    message: (d) =>
      `${d.reading}: ${d.limit} is ${d.found} at offset ${d.offset}, at most ${d.maximum} is read`,
  }),
  ERR_DER_VALUE: decode({
    summary: 'a value that its type does not allow',
    hint: 'the issuing software wrote a malformed value; have it issued anew',
    message: (d) => `${d.reading}: expected ${d.expected} at offset ${d.offset}, found ${d.found}`,
  }),
  ERR_PEM_NONE: decode({
    summary: 'no PEM block in the input',
    hint: 'a PEM file has lines that begin with -----BEGIN',
    message: (d) => `expected PEM with a ${d.wanted}, found ${d.found}`,
  }),
  ERR_PEM_LABEL: decode({
    summary: 'a PEM block of another kind',
    hint: 'pass the file that holds the wanted kind',
    message: (d) => `line ${d.line}: expected a ${d.wanted}, found a ${d.found}`,
  }),
  ERR_PEM_BODY: decode({
    summary: 'a PEM block whose body or end line is damaged',
    hint: 'the file was cut or edited; get it again',
    message: (d) => `line ${d.line}: ${d.label}: ${d.problem}`,
  }),
  ERR_PEM_LIMIT: decode({
    summary: 'a PEM file that is larger than any that is read',
    hint: 'split the file',
    message: (d) => `PEM: ${d.limit} is ${d.found}, at most ${d.maximum} is read`,
  }),
  ERR_INPUT_EMPTY: decode({
    summary: 'the input is empty',
    hint: 'the program that should have written it may have failed',
    message: (d) => `expected ${d.wanted}, found nothing: the input is empty`,
  }),
  ERR_INPUT_ENCODING: decode({
    summary: 'text in another encoding than UTF-8',
    hint: 'save the file as UTF-8 without byte order mark (PowerShell: -Encoding utf8NoBOM)',
    message: (d) => `expected ${d.wanted}, found ${d.found}`,
  }),
  ERR_INPUT_FORMAT: decode({
    summary: 'a file of a recognised, but another, format',
    hint: 'convert it; `openssl pkcs12 -in FILE -out FILE.pem` unpacks a PKCS#12 file',
    message: (d) => `expected ${d.wanted}, found ${d.found}`,
  }),
  ERR_FILE_READ: decode({
    summary: 'a file cannot be read',
    hint: 'check the path and the permissions',
    message: (d) => `${d.path}: ${d.problem}`,
  }),
  ERR_FILE_LIMIT: decode({
    summary: 'a file is larger than any that is read',
    hint: 'check that this is the file you meant',
    message: (d) => `${d.path}: larger than ${d.maximum} bytes`,
  }),

  // ── Certificates ─────────────────────────────────────────────────────────────────────────────────────────────
  ERR_CERT_VERSION: certificate({
    summary: 'the version is unknown or does not allow a field that is present',
    hint: 'have the certificate issued anew, as version 3',
    message: (d) => `certificate version ${d.version}: ${d.problem}`,
  }),
  ERR_CERT_SERIAL: certificate({
    summary: 'a serial number beyond 20 octets',
    hint: 'have the certificate issued anew with a shorter serial number',
    message: (d) => `serialNumber: ${d.problem}`,
  }),
  ERR_CERT_ALGORITHM_MISMATCH: certificate({
    summary: 'the signature algorithm inside and outside the signed part differ',
    hint: 'the certificate was altered, or its issuer is broken',
    message: (d) => `signature algorithm differs: ${d.inner} within tbsCertificate, ${d.outer} outside`,
  }),
  ERR_CERT_NAME: certificate({
    summary: 'an issuer or subject name that RFC 5280 does not allow',
    hint: 'have the certificate issued anew with a proper name',
    message: (d) => `${d.field}: ${d.problem}`,
  }),
  ERR_CERT_KEY: certificate({
    summary: 'a public key that is not well-formed',
    hint: 'have the certificate issued anew with a sound key',
    message: (d) => `subjectPublicKeyInfo (${d.algorithm}): ${d.problem}`,
  }),
  ERR_CERT_EXTENSION: certificate({
    summary: 'an extension whose content is malformed',
    hint: 'have the certificate issued anew by conforming software',
    message: (d) => `extension ${d.name} (${d.oid}): ${d.problem}`,
  }),
  ERR_CERT_DUPLICATE_EXTENSION: certificate({
    summary: 'the same extension twice',
    hint: 'have the certificate issued anew by conforming software',
    message: (d) => `extension ${d.name} (${d.oid}) appears more than once`,
  }),

  // ── Paths. The rank follows the order of the checks: what came further says more. ────────────────────────────
  ERR_PATH_NO_ISSUER: path({
    rank: 10,
    summary: 'no given certificate and no trust anchor has the name of the issuer',
    hint: 'give the missing intermediate, or the trust anchor that issued it',
    message: (d) =>
      `${named(d.certificate)}: no issuer named "${d.issuer}" among the certificates given and the trust anchors`,
  }),
  ERR_PATH_SIGNATURE: path({
    rank: 60,
    summary: "a certificate's signature does not verify with its issuer's key",
    hint: 'the certificate was altered, or comes from another CA of the same name',
    message: (d) =>
      `${named(d.certificate)}: signature (${d.algorithm}) does not verify with the key of "${d.issuer}"`,
  }),
  ERR_PATH_ALGORITHM: path({
    rank: 30,
    summary: 'a key or signature algorithm that is not accepted',
    hint: 'have the certificate issued anew with a current algorithm',
    message: (d) => `${named(d.certificate)}: ${d.algorithm}: ${d.problem}`,
  }),
  ERR_PATH_EXPIRED: path({
    rank: 50,
    summary: 'a certificate of the path has expired',
    hint: 'renew the certificate; if it was renewed, give the new one',
    message: (d) => `${named(d.certificate)}: notAfter ${d.notAfter} is before ${d.at}`,
  }),
  ERR_PATH_NOT_YET_VALID: path({
    rank: 50,
    summary: 'a certificate of the path is not valid yet',
    hint: 'compare the clocks of the CA and of this machine',
    message: (d) => `${named(d.certificate)}: notBefore ${d.notBefore} is after ${d.at}`,
  }),
  ERR_PATH_NOT_CA: path({
    rank: 40,
    summary: 'a certificate that is no CA was used as an issuer',
    hint: 'the issuer must be a version 3 certificate with basicConstraints cA TRUE',
    message: (d) => `${named(d.certificate)}: ${d.problem}`,
  }),
  ERR_PATH_LENGTH: path({
    rank: 45,
    summary: "the path is longer than an issuer's pathLenConstraint allows",
    hint: 'the CA was not allowed to have further CAs below it',
    message: (d) =>
      `${named(d.certificate)}: pathLenConstraint ${d.maximum} allows no ${d.found} intermediate certificates below it`,
  }),
  ERR_PATH_KEY_USAGE: path({
    rank: 45,
    summary: 'keyUsage does not allow what the certificate was used for',
    hint: 'have the certificate issued anew with the right keyUsage',
    message: (d) => `${named(d.certificate)}: keyUsage: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_PATH_PURPOSE: path({
    rank: 45,
    summary: 'extKeyUsage does not allow the purpose',
    hint: 'have the certificate issued anew with the right extKeyUsage; anyExtendedKeyUsage does not count',
    message: (d) => `${named(d.certificate)}: extKeyUsage: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_PATH_CRITICAL_EXTENSION: path({
    rank: 35,
    summary: 'a critical extension that is not understood',
    hint: 'RFC 5280 §4.2 requires the refusal; have the certificate issued anew without it',
    message: (d) => `${named(d.certificate)}: critical extension ${d.name} (${d.oid}) is not understood`,
  }),
  ERR_PATH_NAME_CONSTRAINT: path({
    rank: 62,
    summary: 'a name that the nameConstraints of a CA above do not allow',
    hint: 'the CA may not vouch for this name; have the certificate issued by one that may',
    message: (d) => `${named(d.certificate)}: "${d.name}": ${d.problem} of "${d.imposedBy}"`,
  }),
  ERR_PATH_ANCHOR_NAME: path({
    rank: 64,
    summary: 'a name for which the trust anchor may not speak',
    hint: 'the operator of the verifier chose the names of this trust anchor; ask for a name among them',
    message: (d) => `${named(d.certificate)}: "${d.name}": ${d.problem} of the trust anchor "${d.anchor}"`,
  }),
  ERR_PATH_POLICY: path({
    rank: 62,
    summary: 'the certificate policies of the path are not those that are required',
    hint: 'have the certificate issued under an accepted policy',
    message: (d) => `${named(d.certificate)}: certificate policies: ${d.problem}`,
  }),
  ERR_PATH_BUDGET: path({
    rank: 100,
    fatal: true,
    summary: 'the search for a path used up its budget of work',
    hint: 'send only the certificates that lead to the trust anchor',
    message: (d) => `path search: the budget of ${d.maximum} ${d.budget} is used up`,
  }),

  // ── Lists and responses ──────────────────────────────────────────────────────────────────────────────────────
  ERR_CRL_FIELD: certificate({
    summary: 'a certificate revocation list with a field that RFC 5280 does not allow',
    hint: 'the issuing software wrote a malformed list; get it again, or have it issued anew',
    message: (d) => `certificate revocation list: ${d.field}: ${d.problem}`,
  }),
  ERR_CRL_EXTENSION: certificate({
    summary: 'a certificate revocation list with a malformed, repeated or misplaced extension',
    hint: 'the issuing software wrote a malformed list; get it again, or have it issued anew',
    message: (d) => `certificate revocation list: extension ${d.name} (${d.oid}): ${d.problem}`,
  }),
  ERR_OCSP_FIELD: certificate({
    summary: 'an OCSP message with a field that RFC 6960 does not allow',
    hint: 'the responder is broken, or what answered is none',
    message: (d) => `OCSP: ${d.field}: ${d.problem}`,
  }),
  ERR_OCSP_EXTENSION: certificate({
    summary: 'an OCSP message with a malformed or repeated extension',
    hint: 'the responder is broken, or what answered is none',
    message: (d) => `OCSP: extension ${d.name} (${d.oid}): ${d.problem}`,
  }),

  // ── Revocation. Above the path: a path that fails here was whole in all else. ────────────────────────────────
  ERR_REVOCATION_REVOKED: revocation({
    exit: 1,
    http: 401,
    // Above a spent budget: whatever else might have been found, this was.
    rank: 110,
    summary: 'a certificate of the path was revoked by its CA',
    hint: 'get a new certificate with a new key; if the old key leaked, find out who used it',
    message: (d) => `${named(d.certificate)}: revoked at ${d.revokedAt} (${d.reason}), says ${d.evidence}`,
  }),
  ERR_REVOCATION_UNKNOWN: revocation({
    rank: 80,
    summary: 'nothing says whether a certificate of the path was revoked',
    hint: 'give a list or a response of its CA, or allow the address that its certificate names',
    message: (d) => `${named(d.certificate)}: standing unknown: ${d.problem}`,
  }),
  ERR_REVOCATION_STALE: revocation({
    rank: 82,
    summary: 'all that speaks for a certificate of the path is out of date, or from ahead of the clock',
    hint: 'get the newest list or response; if it is the newest, its CA has stopped publishing. Compare the clocks',
    message: (d) => `${named(d.certificate)}: ${d.evidence} counts ${d.until}, not at ${d.at}`,
  }),
  ERR_REVOCATION_EVIDENCE: revocation({
    rank: 84,
    summary:
      'evidence about a certificate of the path that proves nothing: not signed by whoever may, or not understood',
    hint: 'find out who put it there; get the list or response from its CA again',
    message: (d) => `${named(d.certificate)}: ${d.evidence}: ${d.problem}`,
  }),
  ERR_REVOCATION_RESPONDER: revocation({
    rank: 81,
    summary: 'who could say whether a certificate was revoked did not answer, or with an error',
    hint: 'try again; if it lasts, look at the address and the network, and at ingam revocation status',
    message: (d) => `${named(d.certificate)}: standing unknown: ${d.responder}: ${d.problem}`,
  }),
  ERR_REVOCATION_STAPLE: revocation({
    exit: 1,
    http: 401,
    rank: 88,
    summary: 'the evidence that came with the token proves nothing about its certificates',
    hint: "the signer must carry the response of its own CA's responder, unaltered",
    message: (d) => `${named(d.certificate)}: stapled response: ${d.problem}`,
  }),
  ERR_REVOCATION_STAPLE_STALE: revocation({
    exit: 1,
    http: 401,
    rank: 87,
    summary: 'the evidence that came with the token is too old, or from ahead of the clock',
    hint: 'the signer must fetch a fresh response; compare the clocks',
    message: (d) => `${named(d.certificate)}: stapled response counts ${d.until}, not at ${d.at}`,
  }),

  // ── Credentials ──────────────────────────────────────────────────────────────────────────────────────────────
  ERR_KEY_FORMAT: credential({
    summary: 'the input holds no private key',
    hint: 'give the file that begins with -----BEGIN PRIVATE KEY-----',
    message: (d) => `expected a private key, found ${d.found}`,
  }),
  ERR_KEY_ENCRYPTED: credential({
    summary: 'the private key is encrypted and no passphrase was given',
    hint: 'give the passphrase (the command: --passphrase-file or --passphrase-fd, or type it at the prompt)',
    message: (d) => `the private key is encrypted (${d.found}) and no passphrase was given`,
  }),
  ERR_KEY_PASSPHRASE: credential({
    summary: 'the private key cannot be decrypted with this passphrase',
    hint: 'check the passphrase; a trailing line break in a file is ignored',
    message: (d) => `the private key cannot be decrypted: ${d.problem}`,
  }),
  ERR_KEY_UNSUPPORTED: credential({
    summary: 'a key of a kind or size that cannot sign tokens',
    hint: 'use RSA of 2048 to 8192 bits, P-256 or Ed25519',
    message: (d) => `${d.algorithm} key: ${d.problem}`,
  }),
  ERR_KEY_MISMATCH: credential({
    summary: 'the private key does not belong to the certificate',
    hint: 'give the key that was made with this certificate; perhaps the files were renewed one without the other',
    message: (d) =>
      `the private key (${d.privateKey}) does not fit the certificate "${d.subject}" (${d.certificateKey})`,
  }),
  ERR_CREDENTIAL_CHAIN: credential({
    summary: 'the certificates do not form a chain that starts with the signer',
    hint: "put the signer's own certificate first, then its issuers",
    message: (d) => `certificate "${d.subject}": ${d.problem}`,
  }),
  ERR_CREDENTIAL_SIGNER: credential({
    summary: 'a certificate that no verifier would accept as a signer of tokens',
    hint: 'use an end-entity certificate with digitalSignature and clientAuth (or neither extension)',
    message: (d) => `certificate "${d.subject}": ${d.problem}`,
  }),
  ERR_CREDENTIAL_EXPIRED: credential({
    exit: 1,
    summary: "the signer's certificate is not valid now",
    hint: 'renew the certificate, or set the clock right',
    message: (d) => `certificate "${d.subject}": valid from ${d.notBefore} to ${d.notAfter}, not at ${d.at}`,
  }),

  // ── Tokens ───────────────────────────────────────────────────────────────────────────────────────────────────
  ERR_TOKEN_TOO_LARGE: token({
    http: 400,
    summary: 'the token is larger than the limit',
    hint: 'send fewer intermediates, or raise maxTokenBytes',
    message: (d) => `token: ${d.found} bytes, at most ${d.maximum} are read`,
  }),
  ERR_TOKEN_MALFORMED: token({
    http: 400,
    summary: 'not a compact JWS',
    hint: 'pass the token alone: three base64url parts joined by dots',
    message: (d) => `token: ${d.problem}`,
  }),
  ERR_TOKEN_ENCODING: token({
    http: 400,
    summary: 'a part of the token is not canonical base64 or not UTF-8',
    hint: 'the token was altered on its way, or its maker is broken',
    message: (d) => `token ${d.part}: ${d.problem} at offset ${d.offset}`,
  }),
  ERR_TOKEN_JSON: token({
    http: 400,
    summary: 'a part of the token is not strict JSON',
    hint: 'the maker must write each member once and keep within the limits on nesting and number',
    message: (d) => `token ${d.part}: ${d.problem} at offset ${d.offset}`,
  }),
  ERR_TOKEN_HEADER: token({
    http: 400,
    summary: 'a header member is missing or of the wrong shape',
    hint: 'see docs/token-format.md for the header',
    message: (d) => `token header: ${d.member}: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_TOKEN_HEADER_FORBIDDEN: token({
    http: 400,
    summary: 'a header member that would let the sender choose the key or change the rules',
    hint: 'the verifier decides on keys; send the certificates in x5c',
    message: (d) => `token header: ${d.member} is not allowed`,
  }),
  ERR_TOKEN_UNSUPPORTED: token({
    http: 400,
    summary: 'a part of the token format that this version cannot process yet',
    hint: 'it is refused because skipping it could accept what it should refuse',
    message: (d) => `token: ${d.feature} is not supported by this version`,
  }),
  ERR_TOKEN_TYPE: token({
    summary: 'a token of another type',
    hint: 'a token made for one purpose never passes under another',
    message: (d) => `token header: typ: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_TOKEN_ALGORITHM: token({
    summary: 'a signature algorithm that the verifier does not allow',
    hint: 'sign with one of the allowed algorithms; none and symmetric ones never are',
    message: (d) => `token header: alg: expected one of ${d.allowed.join(', ')}, found ${d.found}`,
  }),
  ERR_TOKEN_ALGORITHM_KEY: token({
    summary: "the algorithm does not suit the certificate's key",
    hint: 'the header was altered, or the signer is broken',
    message: (d) => `token header: alg ${d.algorithm} does not suit the key of x5c[0] (${d.key})`,
  }),
  ERR_TOKEN_UNKNOWN_THUMBPRINT: token({
    exit: 4,
    summary: 'x5t#S256 names a certificate that the verifier does not know',
    hint: 'send the certificates in x5c once, and the verifier knows them from then on; where one certificate is pinned, it is another one',
    message: (d) => `token header: x5t#S256 ${d.thumbprint} is not a certificate that this verifier knows`,
  }),
  ERR_TOKEN_THUMBPRINT: token({
    summary: 'x5t#S256 is not the thumbprint of x5c[0]',
    hint: 'the header was altered, or the signer is broken',
    message: (d) => `token header: x5t#S256 is ${d.claimed}, and x5c[0] has ${d.found}`,
  }),
  ERR_TOKEN_CHAIN: token({
    http: 400,
    summary: 'a certificate in x5c cannot be read',
    hint: 'each element is one DER certificate in padded base64 without line breaks, the signer first',
    message: (d) => `token header: x5c[${d.index}]: ${d.problem}`,
  }),
  ERR_TOKEN_CLAIM_MISSING: token({
    summary: 'a required claim is missing',
    hint: 'see docs/token-format.md for the claims',
    message: (d) => `token: claim ${d.claim} is missing`,
  }),
  ERR_TOKEN_CLAIM_INVALID: token({
    summary: 'a claim of the wrong type, or out of its range',
    hint: 'see docs/token-format.md for the claims',
    message: (d) => `token: claim ${d.claim}: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_TOKEN_AUDIENCE: token({
    summary: 'the token is meant for somebody else',
    hint: 'sign for the audience that the verifier expects, letter for letter',
    message: (d) =>
      `token: aud: expected ${d.expected.map(quoted).join(' or ')}, found ${d.found.map(quoted).join(', ')}`,
  }),
  ERR_TOKEN_MULTIPLE_AUDIENCES: token({
    summary: 'the token names several audiences, so that each could replay it to the others',
    hint: 'sign one token for each audience, or set allowMultipleAudiences',
    message: (d) => `token: aud: expected one audience, found ${d.found.map(quoted).join(', ')}`,
  }),
  ERR_TOKEN_EXPIRED: token({
    summary: 'the token has expired',
    hint: 'sign a new token; if it is new, compare the clocks',
    message: (d) =>
      `token: exp ${d.expiresAt} and ${d.toleranceSeconds} s of tolerance are not after ${d.at}`,
  }),
  ERR_TOKEN_NOT_YET_VALID: token({
    summary: 'the token is not valid yet',
    hint: "compare the signer's clock with this machine's",
    message: (d) => `token: ${d.claim} ${d.validFrom} is more than ${d.toleranceSeconds} s after ${d.at}`,
  }),
  ERR_TOKEN_LIFETIME: token({
    summary: 'the token lives longer than the verifier allows',
    hint: 'sign with a shorter lifetime, or raise maxLifetimeSeconds',
    message: (d) => `token: exp − iat is ${d.foundSeconds} s, at most ${d.maximumSeconds} s is allowed`,
  }),
  ERR_TOKEN_SUBJECT: token({
    summary: "the token claims a name that the signer's certificate does not bear",
    hint: 'claim a name of the certificate, with its type in front (dns:, uri:, email:, upn: or x509-sha256:)',
    message: (d) =>
      `token: sub: "${d.claimed}" is not borne by the certificate, which bears ${d.borne.map(quoted).join(', ')}`,
  }),
  ERR_TOKEN_BINDING: token({
    summary: 'the token is bound to a request or challenge that the verifier was not told to check',
    hint: "have the verifier check the binding, or set unexpectedBinding: 'report'",
    message: (d) => `token: bound by ${d.claims.join(', ')}, which this verifier was not told to check`,
  }),
  ERR_TOKEN_BINDING_MISSING: token({
    summary: 'the token is not bound to what the verifier demands',
    hint: 'sign a token for this very request, challenge or access token',
    message: (d) => `token: claim ${d.claim} is missing, which this verifier demands`,
  }),
  ERR_TOKEN_BINDING_MISMATCH: token({
    summary: 'the token is bound to another request, challenge or access token',
    hint: 'sign a new token for each request; if it is new, compare the address that the client calls with the configured origin',
    message: (d) => `token: claim ${d.claim}: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_TOKEN_SIGNER: token({
    summary: "the signer's certificate may not sign tokens",
    hint: 'use an end-entity certificate with digitalSignature and clientAuth (or neither extension)',
    message: (d) => `${named(d.certificate)}: ${d.problem}`,
  }),
  ERR_TOKEN_BARE: token({
    summary: 'a bare signature over the certificate, which never expires by itself',
    hint: 'have the signer make a token by generateToken or signToken; acceptBareUntil accepts bare ones until a date',
    message: (d) => `token: a bare signature, accepted until ${d.until}, is not accepted at ${d.at}`,
  }),
  ERR_TOKEN_SIGNATURE: token({
    summary: "the token's signature does not verify with the signer's key",
    hint: 'the token was altered, or signed with another key than that of x5c[0]',
    message: (d) => `token: signature (${d.algorithm}) does not verify with the key of x5c[0]`,
  }),
  ERR_TOKEN_REPLAYED: token({
    summary: 'the token was used before',
    hint: 'sign a new token for each request',
    message: () => 'token: used before: its jti was accepted already',
  }),
  ERR_TOKEN_REPLAY_EPOCH: token({
    exit: 4,
    http: 503,
    summary:
      'the token is older than the memory of used tokens, so nobody can tell whether it was used before',
    hint: 'sign a new token',
    message: (d) => `token: iat ${d.issuedAt} is before ${d.epoch}, when the memory of used tokens began`,
  }),
  ERR_TOKEN_REPLAY_FULL: token({
    exit: 4,
    http: 503,
    summary: 'the memory of used tokens is full, and forgetting one could let it pass twice',
    hint: 'try again later; the operator can raise maxReplayEntries (maxEntries of a store) or shorten lifetimes',
    message: (d) => `one-time use: all ${d.maximum} entries hold tokens that are still valid`,
  }),
  ERR_TOKEN_REPLAY_QUOTA: token({
    exit: 4,
    http: 503,
    summary: "this signer's share of the memory of used tokens is full",
    hint: 'slow down: sign fewer tokens in a lifetime, or have the operator raise maxReplayEntriesPerKey',
    message: (d) => `one-time use: this signer's key already has ${d.maximum} tokens that are still valid`,
  }),

  // ── The request ──────────────────────────────────────────────────────────────────────────────────────────────
  ERR_REQUEST_TARGET: request({
    summary: 'a request target that is not written as tokens write it, so that none can be bound to it',
    hint: 'send the path and query as new URL(…) serialises them: no dot segments, no spaces, no fragment',
    message: (d) => `request target: expected ${d.expected}, found ${d.found}`,
  }),
  ERR_REQUEST_CONTENT: request({
    http: 413,
    summary: 'more content than the server reads to compare it with a token',
    hint: 'send less, or have the operator raise maxContentBytes',
    message: (d) => `request content: more than ${d.maximum} bytes`,
  }),
}

/** Every code, in the catalogue's order. */
export const codes: readonly Code[] = Object.keys(catalogue).filter(isCode)

/** Whether the text is a code of this catalogue. */
export function isCode(text: string): text is Code {
  return Object.hasOwn(catalogue, text)
}

function named(ref: CertificateRef): string {
  const thumbprint = ref.thumbprint === '' ? '' : ` (${ref.thumbprint})`
  return `${ref.role} #${ref.position} "${ref.subject}"${thumbprint}`
}

function quoted(text: string): string {
  return `"${text}"`
}

function argument<C extends Code>(row: Row<C>): CatalogueEntry<C> {
  return { kind: 'ArgumentError', exit: 70, http: 500, rank: 0, fatal: true, ...row }
}

function decode<C extends Code>(row: Row<C>): CatalogueEntry<C> {
  return { kind: 'DecodeError', exit: 3, http: 400, rank: 0, fatal: false, ...row }
}

function certificate<C extends Code>(row: Row<C>): CatalogueEntry<C> {
  return { kind: 'CertificateError', exit: 3, http: 400, rank: 0, fatal: false, ...row }
}

function path<C extends Code>(row: Row<C>): CatalogueEntry<C> {
  return { kind: 'PathError', exit: 1, http: 401, rank: 0, fatal: false, ...row }
}

// Undecided unless it says otherwise: an outage is no forgery.
function revocation<C extends Code>(row: Row<C>): CatalogueEntry<C> {
  return { kind: 'RevocationError', exit: 4, http: 503, rank: 0, fatal: false, ...row }
}

function credential<C extends Code>(row: Row<C>): CatalogueEntry<C> {
  return { kind: 'CredentialError', exit: 3, http: 500, rank: 0, fatal: false, ...row }
}

function token<C extends Code>(row: Row<C>): CatalogueEntry<C> {
  return { kind: 'TokenError', exit: 1, http: 401, rank: 0, fatal: false, ...row }
}

function request<C extends Code>(row: Row<C>): CatalogueEntry<C> {
  return { kind: 'RequestError', exit: 1, http: 400, rank: 0, fatal: false, ...row }
}
