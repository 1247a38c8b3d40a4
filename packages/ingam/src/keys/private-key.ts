// Layer: keys. Private keys as people hold them: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 §A.1.2) and SEC 1 (RFC 5915), PEM
// or DER, wrapped into PKCS#8 for the platform. Encrypted keys are recognised and refused: to decrypt needs a runtime's
// files and passphrases, see `ingam/node`. No byte of a key reaches a message.

import { readOidContent } from '../der/oid.ts'
import { type DerReader, readAll } from '../der/reader.ts'
import { contextTag, TAG } from '../der/tag.ts'
import {
  writeElement,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../der/writer.ts'
import { createError, isPkiError } from '../errors/errors.ts'
import { readAlgorithmIdentifier } from '../x509/algorithm.ts'
import { nameOfOid } from '../x509/oids.ts'
import { decodeText, describeLabel, parsePem } from '../x509/pem.ts'

/** An unencrypted private key, ready for the platform. */
export interface PrivateKeyInput {
  /** DER of a PKCS#8 PrivateKeyInfo. */
  readonly pkcs8: Uint8Array
  /** The kind of key in a word or two, for messages. */
  readonly description: string
}

const WANTED = 'private key'
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
const RSASSA_PSS = '1.2.840.113549.1.1.10'
const EC_PUBLIC_KEY = '1.2.840.10045.2.1'

/**
 * Reads an unencrypted private key.
 *
 * @param input PEM text, its bytes, or DER of PKCS#8, PKCS#1 or SEC 1
 * @throws {CredentialError} ERR_KEY_FORMAT where it is something else, ERR_KEY_ENCRYPTED where it is encrypted
 * @throws {DecodeError} ERR_INPUT_* and ERR_PEM_* where it cannot be read
 */
export function readPrivateKey(input: string | Uint8Array): PrivateKeyInput {
  const decoded = decodeText(input, `a ${WANTED}`)
  return decoded instanceof Uint8Array ? fromDer(decoded) : fromPem(decoded)
}

function fromPem(text: string): PrivateKeyInput {
  const labels = [...text.matchAll(/^-----BEGIN ([^\r\n]+)-----\s*$/gmu)].map((match) => match[1] ?? '')
  const [key] = labels.filter((label) => label.endsWith('PRIVATE KEY'))
  if (key === undefined) {
    const [other] = labels
    if (other === undefined) parsePem(text, WANTED, [])
    throw createError('ERR_KEY_FORMAT', { found: `a ${describeLabel(other ?? '')}` })
  }
  if (key === 'ENCRYPTED PRIVATE KEY') throw createError('ERR_KEY_ENCRYPTED', { found: 'encrypted PKCS#8' })
  if (/^Proc-Type:.*ENCRYPTED/mu.test(text))
    throw createError('ERR_KEY_ENCRYPTED', { found: 'legacy PEM encryption' })
  if (!Object.hasOwn(READERS, key)) throw createError('ERR_KEY_FORMAT', { found: `a ${describeLabel(key)}` })
  // `openssl ecparam -genkey` writes the parameters before the key; certificates may stand beside it.
  const known = ['EC PARAMETERS', 'CERTIFICATE', ...Object.keys(READERS)]
  const keys = parsePem(text, WANTED, known).filter(({ label }) => Object.hasOwn(READERS, label))
  const [block] = keys
  if (block === undefined || keys.length > 1)
    throw createError('ERR_KEY_FORMAT', { found: `${keys.length} private keys in one input` })
  return readWith(READERS[block.label] ?? readPkcs8, block.der)
}

function fromDer(der: Uint8Array): PrivateKeyInput {
  for (const read of Object.values(READERS)) {
    try {
      return read(der)
    } catch (error) {
      if (!isPkiError(error)) throw error
      // Not of this form; the next one is tried, and none is an answer too.
    }
  }
  const encrypted = isEncryptedPkcs8(der)
  if (encrypted) throw createError('ERR_KEY_ENCRYPTED', { found: 'encrypted PKCS#8' })
  throw createError('ERR_KEY_FORMAT', { found: 'DER of something else' })
}

function readWith(read: (der: Uint8Array) => PrivateKeyInput, der: Uint8Array): PrivateKeyInput {
  try {
    return read(der)
  } catch (error) {
    if (!isPkiError(error) || error.code === 'ERR_KEY_FORMAT') throw error
    // The cause is left out on purpose: its details could hold bytes of the key.
    throw createError('ERR_KEY_FORMAT', { found: `a damaged one (${error.code})` })
  }
}

const READERS: Readonly<Record<string, (der: Uint8Array) => PrivateKeyInput>> = {
  'PRIVATE KEY': readPkcs8,
  'RSA PRIVATE KEY': readPkcs1,
  'EC PRIVATE KEY': readSec1,
}

// RFC 5958 §2: version 0 or 1, algorithm, key, perhaps attributes and public key.
function readPkcs8(der: Uint8Array): PrivateKeyInput {
  return readAll(der, 'PrivateKeyInfo', (outer) =>
    outer.readWithin(TAG.sequence, 'PrivateKeyInfo', (reader) => {
      reader.readSmallInteger('PrivateKeyInfo.version')
      const { oid, parameters } = readAlgorithmIdentifier(reader, 'privateKeyAlgorithm')
      const key = reader.readOctetString('privateKey')
      while (!reader.isEmpty) reader.readElement('PrivateKeyInfo.attributes')
      // RFC 4055 §1.2: the same key; WebCrypto takes it under rsaEncryption alone. The certificate says what it may sign.
      if (oid === RSASSA_PSS)
        return {
          pkcs8: wrap(writeSequence(writeOid(RSA_ENCRYPTION), writeNull()), key),
          description: 'RSA-PSS',
        }
      const curve =
        oid === EC_PUBLIC_KEY && parameters?.[0] === TAG.oid ? ` ${curveName(parameters.subarray(2))}` : ''
      return { pkcs8: der, description: describe(oid) + curve }
    }),
  )
}

// RFC 8017 §A.1.2: version and eight integers. Wrapped as it stands.
function readPkcs1(der: Uint8Array): PrivateKeyInput {
  readAll(der, 'RSAPrivateKey', (outer) =>
    outer.readWithin(TAG.sequence, 'RSAPrivateKey', (reader) => {
      for (let count = 0; count < 9; count++) reader.readInteger('RSAPrivateKey')
    }),
  )
  return { pkcs8: wrap(writeSequence(writeOid(RSA_ENCRYPTION), writeNull()), der), description: 'RSA' }
}

// RFC 5915 §3: version 1, key, named curve in [0]. The curve moves into the algorithm identifier.
function readSec1(der: Uint8Array): PrivateKeyInput {
  const parameters = readAll(der, 'ECPrivateKey', (outer) =>
    outer.readWithin(TAG.sequence, 'ECPrivateKey', (reader) => {
      reader.readSmallInteger('ECPrivateKey.version')
      reader.readOctetString('ECPrivateKey.privateKey')
      const curve = readCurve(reader)
      if (!reader.isEmpty) reader.readContent(contextTag(1, 'constructed'), 'ECPrivateKey.publicKey')
      return curve
    }),
  )
  const algorithm = writeSequence(writeOid(EC_PUBLIC_KEY), writeElement(TAG.oid, parameters))
  return { pkcs8: wrap(algorithm, der), description: `EC ${curveName(parameters)}` }
}

function readCurve(reader: DerReader): Uint8Array {
  return reader.readWithin(contextTag(0, 'constructed'), 'ECPrivateKey.parameters', (tagged) =>
    tagged.readContent(TAG.oid, 'ECPrivateKey.namedCurve'),
  )
}

function wrap(algorithm: Uint8Array, key: Uint8Array): Uint8Array {
  return writeSequence(writeInteger(0), algorithm, writeOctetString(key))
}

function curveName(content: Uint8Array): string {
  return nameOfOid(readOidContent(content, 'namedCurve', 0))
}

function describe(oid: string): string {
  if (oid === RSA_ENCRYPTION) return 'RSA'
  return oid === EC_PUBLIC_KEY ? 'EC' : nameOfOid(oid)
}

// RFC 8018 §A: all of PKCS#5 lies under this arc; so do the older PKCS#12 schemes under theirs.
const ENCRYPTION_ARCS = ['1.2.840.113549.1.5.', '1.2.840.113549.1.12.1.']

// RFC 5958 §3: SEQUENCE { algorithm, OCTET STRING }.
function isEncryptedPkcs8(der: Uint8Array): boolean {
  try {
    return readAll(der, 'EncryptedPrivateKeyInfo', (outer) =>
      outer.readWithin(TAG.sequence, 'EncryptedPrivateKeyInfo', (reader) => {
        const { oid } = readAlgorithmIdentifier(reader, 'encryptionAlgorithm')
        reader.readOctetString('encryptedData')
        return ENCRYPTION_ARCS.some((arc) => oid.startsWith(arc))
      }),
    )
  } catch (error) {
    if (isPkiError(error)) return false
    throw error
  }
}
