// Layer: node. The two functions of a well-known tutorial for Python's pyOpenSSL, with their two arguments, made safe:
// the token is signed for a minute instead of for ever. docs/from-pyopenssl.md tells what was wrong and how to move on.

import { platform } from '#platform'
import { createError, PathError, type PkiError, TokenError } from '../errors/errors.ts'
import { checkOptionKeys, choice, kindOf, validDate, wholeNumber } from '../errors/options.ts'
import { isMlDsa, type TokenAlgorithm } from '../keys/algorithms.ts'
import { createPinnedCredential } from '../keys/credential.ts'
import { type BareContent, bareContentOf, bareSchemeOf, judgeBare } from '../token/bare.ts'
import { createBench } from '../token/bench.ts'
import { UNBOUND } from '../token/binding.ts'
import { judgeToken } from '../token/judge.ts'
import { createPinnedPlan, PINNED_LIFETIME_SECONDS, PINNED_WINDOW_SECONDS } from '../token/pinned.ts'
import { PINNED_PROFILE } from '../token/profile.ts'
import { createMemoryReplayStore, type ReplayStore } from '../token/replay.ts'
import { sign } from '../token/sign.ts'
import type { Certificate } from '../x509/certificate.ts'
import { parseCertificates } from '../x509/pem.ts'
import { describeKey } from '../x509/spki.ts'
import { checkPath, readCertificateFile, readFileWith, readPrivateKeyFile } from './files.ts'

/** What {@link generateToken} takes besides the two files. */
export interface GenerateTokenOptions {
  /** Decrypts the private key where it is encrypted. */
  readonly passphrase?: string | Uint8Array
  /** The algorithm to sign with; default by the key. */
  readonly algorithm?: TokenAlgorithm
  /** The signer's clock; default the system's. */
  readonly at?: Date
}

/**
 * Returns a token that proves possession of the certificate's key to whoever pins this certificate. It lives for 60
 * seconds and can be used once where the verifier remembers it.
 *
 * **Every service that pins this certificate accepts it: the token names no audience, so that each service that
 * receives it could use it at the others.** Where there is more than one, use `signToken`, which names its audience.
 *
 * @param certFile path of the certificate, PEM or DER; the first one of it counts
 * @param keyFile path of its private key, PEM or DER
 * @throws {DecodeError} ERR_FILE_*, ERR_INPUT_*, ERR_PEM_*, ERR_DER_*; {CertificateError} ERR_CERT_*
 * @throws {CredentialError} ERR_KEY_*, ERR_CREDENTIAL_SIGNER, ERR_CREDENTIAL_EXPIRED; {ArgumentError} ERR_ARG_*
 */
export async function generateToken(
  certFile: string,
  keyFile: string,
  options: GenerateTokenOptions = {},
): Promise<string> {
  checkOptionKeys('generateToken options', options, ['passphrase', 'algorithm', 'at'])
  const { passphrase, algorithm, at } = options
  checkPath('certFile', certFile)
  checkPath('keyFile', keyFile)
  const credential = await createPinnedCredential({
    certificate: await readCertificateFile(certFile),
    privateKey: await readPrivateKeyFile(keyFile, passphrase),
    ...(algorithm === undefined ? {} : { algorithm }),
  })
  // What verifyToken would refuse is not made: such a signature alone is larger than these tokens may be.
  if (isMlDsa(credential.algorithm)) {
    const problem = 'tokens for a pinned certificate are not signed with ML-DSA'
    throw createError('ERR_KEY_UNSUPPORTED', { algorithm: credential.algorithm, problem })
  }
  const signing = {
    certificateBy: 'x5t#S256',
    lifetimeSeconds: PINNED_LIFETIME_SECONDS,
    ...(at === undefined ? {} : { at }),
  } as const
  return await sign(credential, PINNED_PROFILE, signing, SIGNING)
}

/** What {@link verifyToken} takes besides the token and the certificate. */
export interface VerifyTokenOptions {
  /** The verifier's clock; default the system's. */
  readonly at?: Date
  /** Remembers used tokens, so that each passes once; made by {@link createReplayStore} and kept as long as the server runs. */
  readonly oneTimeUse?: ReplayStore
  /**
   * Until when bare signatures over the certificate, as the tutorial makes them, are accepted too; default never. **They
   * are the same each time: whoever has seen one can use it until then, as often as it likes.**
   */
  readonly acceptBareUntil?: Date
  /** What bare signatures are made over; default `'der'`. */
  readonly bareOver?: BareContent
  /** Told of each bare signature that was accepted, so that its sender can be found before the date. */
  readonly onBareAccepted?: () => void
  /** Learns why a token was refused, for the log; not called for one that is accepted. */
  readonly onRefusal?: (refusal: PkiError) => void
}

/**
 * Returns whether the token was signed, within the last minutes, by the holder of this very certificate: all its bytes
 * are pinned. The certificate's dates, its keyUsage, its critical extensions and the strength of its key count.
 *
 * **Not checked: who issued the certificate, whether it is revoked, and, without `oneTimeUse`, whether the token was
 * used before.** Unlike everything else that is named verify here it returns a boolean, as the tutorial does: an
 * accepted token is `true`, every other one `false`.
 *
 * @param token what {@link generateToken} returned; a bare signature as bytes, base64 or base64url
 * @param certFile path of the certificate, PEM or DER; the first one of it is pinned
 * @throws {DecodeError} ERR_FILE_*, ERR_INPUT_*, ERR_PEM_*, ERR_DER_* and {CertificateError} ERR_CERT_* for the file;
 *   {ArgumentError} ERR_ARG_*
 */
export async function verifyToken(
  token: string | Uint8Array,
  certFile: string,
  options: VerifyTokenOptions = {},
): Promise<boolean> {
  checkOptionKeys('verifyToken options', options, VERIFY_KEYS)
  checkPath('certFile', certFile)
  const at = options.at === undefined ? new Date() : validDate('at', options.at)
  const bareOver = choice('bareOver', options.bareOver, ['der', 'pem'])
  const { acceptBareUntil, oneTimeUse, onBareAccepted, onRefusal } = options
  const bare =
    acceptBareUntil === undefined
      ? undefined
      : { until: validDate('acceptBareUntil', acceptBareUntil), over: bareOver }
  if (oneTimeUse !== undefined) checkStore(oneTimeUse)
  const certificate = await readPinned(certFile)
  try {
    if (isBare(token)) {
      await judgeBare(token, certificate, bare, at)
      onBareAccepted?.()
    } else {
      const plan = createPinnedPlan(certificate, () => at, oneTimeUse)
      await judgeToken(createBench(plan), { token, binding: UNBOUND })
    }
    return true
  } catch (error) {
    // What is wrong with the call, or with the store, is no verdict on a token.
    if (!(error instanceof TokenError || error instanceof PathError)) throw error
    onRefusal?.(error)
    return false
  }
}

/** What {@link createReplayStore} takes. */
export interface ReplayStoreOptions {
  /** Entries held at most; default 1,000,000. A full store refuses. */
  readonly maxEntries?: number
  /** The clock; default the system's. Tokens signed before the store began are refused as undecided. */
  readonly at?: Date
}

/** Returns an empty memory of used tokens, for `oneTimeUse` of {@link verifyToken}. It holds within this process. */
export function createReplayStore(options: ReplayStoreOptions = {}): ReplayStore {
  checkOptionKeys('createReplayStore options', options, ['maxEntries', 'at'])
  const at = options.at === undefined ? new Date() : validDate('at', options.at)
  const bounds = { default: 1_000_000, minimum: 1, maximum: 100_000_000 }
  const maxEntries = wholeNumber('maxEntries', options.maxEntries, bounds)
  return createMemoryReplayStore({
    windowSeconds: PINNED_WINDOW_SECONDS,
    epoch: at.getTime() / 1000,
    maxEntries,
    // Whoever pins one certificate has one holder.
    maxEntriesPerKey: maxEntries,
  })
}

/** What {@link dangerouslyGenerateBareToken} takes besides the two files. */
export interface BareTokenOptions {
  readonly passphrase?: string | Uint8Array
  /** What is signed; default `'der'`. */
  readonly over?: BareContent
}

/**
 * Returns the tutorial's token: a signature with SHA-256 over the certificate itself, as `openssl dgst -sha256 -sign`
 * makes it. **It is the same each time and never expires by itself: whoever sees it once can use it until the
 * certificate dies, anywhere.** For tests of what still accepts it; use {@link generateToken}.
 *
 * @throws as {@link generateToken}; ERR_KEY_UNSUPPORTED where the key is neither RSA nor EC
 */
export async function dangerouslyGenerateBareToken(
  certFile: string,
  keyFile: string,
  options: BareTokenOptions = {},
): Promise<Uint8Array> {
  checkOptionKeys('dangerouslyGenerateBareToken options', options, ['passphrase', 'over'])
  checkPath('certFile', certFile)
  checkPath('keyFile', keyFile)
  const over = choice('over', options.over, ['der', 'pem'])
  const certificate = await readPinned(certFile)
  const pkcs8 = await readPrivateKeyFile(keyFile, options.passphrase)
  // Key and certificate are shown to fit as for any other token.
  await createPinnedCredential({ certificate: certificate.der, privateKey: pkcs8 })
  const scheme = bareSchemeOf(certificate.subjectPublicKeyInfo)
  const key = scheme && (await platform.importPrivateKey(pkcs8, scheme))
  if (scheme === undefined || key === undefined) {
    throw createError('ERR_KEY_UNSUPPORTED', {
      algorithm: describeKey(certificate.subjectPublicKeyInfo),
      problem: 'a bare signature is made with RSA or EC',
    })
  }
  return await platform.sign(scheme, key, bareContentOf(certificate, over))
}

// What is handed on to the signer of all profiles, whose names are not the caller's.
const SIGNING = { argument: 'options', known: ['certificateBy', 'lifetimeSeconds', 'at'] } as const
const VERIFY_KEYS = [
  'at',
  'oneTimeUse',
  'acceptBareUntil',
  'bareOver',
  'onBareAccepted',
  'onRefusal',
] as const

async function readPinned(certFile: string): Promise<Certificate> {
  const [certificate] = await readFileWith(certFile, parseCertificates)
  if (certificate === undefined) throw createError('ERR_INPUT_EMPTY', { wanted: 'a certificate' })
  return certificate
}

// Before the token is looked at: a store that is none would be noticed only by a token that is accepted.
function checkStore(store: unknown): void {
  const isStore = typeof store === 'object' && store !== null && 'take' in store && 'peek' in store
  if (isStore && typeof store.take === 'function' && typeof store.peek === 'function') return
  throw createError('ERR_ARG_TYPE', {
    argument: 'oneTimeUse',
    expected: 'a store made by createReplayStore',
    found: kindOf(store),
  })
}

// A JWS has dots, which neither alphabet has.
function isBare(token: unknown): token is string | Uint8Array {
  return token instanceof Uint8Array || (typeof token === 'string' && token !== '' && !token.includes('.'))
}
