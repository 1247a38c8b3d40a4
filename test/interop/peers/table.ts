// The matrix: which peer does what by which algorithm. matrix.test.ts holds it against the peers themselves, a gap that has
// closed included; docs/interop.md shows it (npm run docs).

import type { TokenAlgorithm } from '../../../packages/ingam/src/keys/algorithms.ts'
import type { Need } from '../../support/requires.ts'

/** Algorithms that a peer can neither verify nor sign by. */
export interface Gap {
  readonly algorithms: readonly TokenAlgorithm[]
  /** For readers of the page. */
  readonly why: string
  /** The name by which the peer knows the same algorithm. */
  readonly insteadUse?: TokenAlgorithm
  /** What the peer says when it is asked all the same. */
  readonly says: RegExp
}

/** A peer and its gaps; by every other algorithm it verifies and signs. */
export interface Peer {
  readonly name: PeerName
  /** As it tells it itself. */
  readonly version: string
  /** What is asked of it, for readers of the page. */
  readonly asked: string
  readonly needs: readonly Need[]
  readonly gaps: readonly Gap[]
}

/** Whom we are compared with. */
export type PeerName =
  | 'OpenSSL'
  | 'jose'
  | 'jsonwebtoken'
  | 'fast-jwt'
  | 'cryptography'
  | 'PyJWT'
  | 'go-jose'
  | 'nimbus-jose-jwt'

const ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const

/** All peers, in the order of the page. */
export const PEERS: readonly Peer[] = [
  {
    name: 'OpenSSL',
    version: '3.0',
    asked: 'the command: `x509 -pubkey`, then `dgst` or `pkeyutl` over the first two parts',
    needs: ['openssl 3.0'],
    gaps: [
      {
        algorithms: ML_DSA,
        why: 'ML-DSA came with OpenSSL 3.5',
        says: /^Error: (?:Error getting public key|Could not read private key)/u,
      },
    ],
  },
  {
    name: 'jose',
    version: '6.2.17',
    asked: '`importX509` and `jwtVerify`; `SignJWT`',
    needs: [],
    gaps: [
      { algorithms: ['Ed448'], why: 'no Ed448', says: /^JOSENotSupported: Invalid or unsupported "alg"/u },
    ],
  },
  {
    name: 'jsonwebtoken',
    version: '9.0.3',
    asked: '`verify` with the certificate as PEM; `sign`',
    needs: [],
    gaps: [
      {
        algorithms: ['Ed25519', 'Ed448', 'EdDSA', ...ML_DSA],
        why: 'of public-key algorithms RSA and ECDSA alone',
        says: /Unknown key type|"algorithm" must be a valid string enum value/u,
      },
    ],
  },
  {
    name: 'fast-jwt',
    version: '6.3.6',
    asked: '`createVerifier` with the certificate as PEM; `createSigner`',
    needs: [],
    gaps: [
      {
        algorithms: ['Ed25519'],
        why: 'no name of RFC 9864',
        insteadUse: 'EdDSA',
        says: /Invalid public key provided for algorithms Ed25519|must be one of the following values/u,
      },
      {
        algorithms: ['Ed448'],
        why: 'no name of RFC 9864; it takes Ed448 keys as `EdDSA`, which means Ed25519 here',
        says: /Invalid public key provided for algorithms Ed448|must be one of the following values/u,
      },
      {
        algorithms: ML_DSA,
        why: 'no ML-DSA',
        says: /Unsupported PEM PCKS8 public key|must be one of the following values/u,
      },
    ],
  },
  {
    name: 'cryptography',
    version: '38.0.4',
    asked: "`load_der_x509_certificate` and the key's `verify` over the first two parts; `sign`",
    needs: ['cryptography 38'],
    gaps: [
      {
        algorithms: ML_DSA,
        why: 'no ML-DSA',
        says: /Could not deserialize key data|Unsupported public key algorithm/u,
      },
    ],
  },
  {
    name: 'PyJWT',
    version: '2.6.0',
    asked: '`decode` with the key that `cryptography` takes from the certificate; `encode`',
    needs: ['cryptography 38', 'pyjwt 2.6'],
    gaps: [
      {
        algorithms: ['Ed25519'],
        why: 'no name of RFC 9864',
        insteadUse: 'EdDSA',
        says: /Algorithm not supported/u,
      },
      {
        algorithms: ['Ed448'],
        why: 'no name of RFC 9864; it takes Ed448 keys as `EdDSA`, which means Ed25519 here',
        says: /Algorithm not supported/u,
      },
      {
        algorithms: ML_DSA,
        why: 'no ML-DSA, nor has its `cryptography`',
        says: /Could not deserialize key data|Unsupported public key algorithm/u,
      },
    ],
  },
  {
    name: 'go-jose',
    version: '4.1.9 with Go 1.26',
    asked: '`jwt.ParseSigned`, a path from `x5c` to the root, `Claims`, `Validate`; `jwt.Signed`',
    needs: ['go-jose'],
    gaps: [
      {
        algorithms: ['Ed25519'],
        why: 'no name of RFC 9864',
        insteadUse: 'EdDSA',
        // When it verifies it has no word of its own for this; the same key as EdDSA is the neighbour that it accepts.
        says: /error in cryptographic primitive|unknown\/unsupported algorithm/u,
      },
      {
        algorithms: ['Ed448'],
        why: 'no Ed448, nor has Go',
        says: /unsupported key type|private key with unknown algorithm/u,
      },
      {
        algorithms: ML_DSA,
        why: 'ML-DSA from Go 1.27 on',
        says: /unsupported key type|private key with unknown algorithm/u,
      },
    ],
  },
  {
    name: 'nimbus-jose-jwt',
    version: '10.10',
    asked: '`X509CertUtils`, `SignedJWT.verify`, `DefaultJWTClaimsVerifier`; `JWSObject.sign`',
    needs: ['java', 'nimbus-jose-jwt'],
    gaps: [
      { algorithms: ['Ed448'], why: 'no Ed448', says: /only supports OctetKeyPairs with crv=Ed25519/u },
      { algorithms: ML_DSA, why: 'no ML-DSA', says: /Unsupported JWS algorithm/u },
    ],
  },
]

/** The gap in this cell, or undefined where the peer verifies and signs. */
export function gapOf(peer: Peer, algorithm: TokenAlgorithm): Gap | undefined {
  return peer.gaps.find((gap) => gap.algorithms.includes(algorithm))
}
