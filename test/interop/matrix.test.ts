// Every algorithm against every peer, both ways: the peer verifies our token with the key of the certificate in it, and we
// accept the token that the peer signed; each of them changed is refused. What a peer cannot do stands in the table, and a
// peer that has learnt it fails here too: the table says no more and no less than what is so.

import { join } from 'node:path'
import { createVerifier, signToken, TOKEN_ALGORITHMS, type TokenAlgorithm, type Verifier } from 'ingam'
import { createFixedClock, createTestCa, type TestCertificate, type TestKeyType } from 'ingam/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { KEY_TYPES } from '../support/algorithms.ts'
import { peerFolder } from '../support/built-peers.ts'
import { codeOf } from '../support/codes.ts'
import { describeWith, type Need } from '../support/requires.ts'
import { askOpenssl } from './peers/openssl.ts'
import { fastJwt, jose, jsonWebToken } from './peers/packages.ts'
import { type Answer, type Ask, askByProgram, type Job, type Report } from './peers/peer.ts'
import { type Gap, gapOf, PEERS, type PeerName } from './peers/table.ts'

type Paths = Readonly<Record<Need, string>>

const PYTHON_PEER = join(import.meta.dirname, 'peers', 'python', 'peer.py')

const ASKS: Readonly<Record<PeerName, (paths: Paths) => Ask>> = {
  OpenSSL: (paths) => askOpenssl(paths['openssl 3.0']),
  jose: () => jose,
  jsonwebtoken: () => jsonWebToken,
  'fast-jwt': () => fastJwt,
  // -I: neither the user's packages nor the environment.
  cryptography: (paths) => askByProgram(paths['cryptography 38'], ['-I', PYTHON_PEER, 'cryptography']),
  PyJWT: (paths) => askByProgram(paths['pyjwt 2.6'], ['-I', PYTHON_PEER, 'pyjwt']),
  'go-jose': (paths) => askByProgram(paths['go-jose'], []),
  'nimbus-jose-jwt': ({ java }) => {
    const classPath = ['lib/*', 'classes'].map((part) => join(peerFolder('java'), part))
    return askByProgram(java, ['-cp', classPath.join(':'), 'Peer'])
  },
}

const AUDIENCE = 'https://api.example'
const SUBJECT = 'uri:spiffe://example/client'
// The present, because most peers judge times by their own clock; with a fraction, because our signer writes one.
const SECOND = Math.floor(Date.now() / 1000) - 1
const AT = new Date(SECOND * 1000 + 125)
const CLAIMS = {
  iss: SUBJECT,
  sub: SUBJECT,
  aud: AUDIENCE,
  iat: SECOND + 0.125,
  // fast-jwt signs no other than whole seconds here.
  exp: SECOND + 600,
  jti: 'signed-by-a-peer',
  scope: 'read',
}

/** One of each for every algorithm. */
const JOBS = ['verify', 'verify other claims', 'verify other signature', 'sign'] as const
type JobName = (typeof JOBS)[number]

const root = await createTestCa({ at: AT })
const intermediate = await root.issue({ kind: 'ca' })
const jobs = new Map<string, Job>()

beforeAll(async () => {
  const leaves = new Map<TestKeyType, TestCertificate>()
  for (const algorithm of TOKEN_ALGORITHMS) {
    const keyType = KEY_TYPES[algorithm]
    const leaf =
      leaves.get(keyType) ?? (await intermediate.issue({ keyType, uris: ['spiffe://example/client'] }))
    leaves.set(keyType, leaf)
    const credential = await leaf.credential({ algorithm })
    const options = { audience: AUDIENCE, at: AT, lifetimeSeconds: 600, claims: { scope: 'read' } }
    const token = await signToken(credential, options)
    const verify = (changed: string): Job => {
      return {
        kind: 'verify',
        algorithm,
        token: changed,
        audience: AUDIENCE,
        issuer: SUBJECT,
        root: root.pem,
      }
    }
    jobs.set(`${algorithm} verify`, verify(token))
    jobs.set(`${algorithm} verify other claims`, verify(withOtherClaims(token)))
    jobs.set(`${algorithm} verify other signature`, verify(withOtherSignature(token)))
    jobs.set(`${algorithm} sign`, signJob(algorithm, leaf))
  }
})

for (const peer of PEERS) {
  const { name, version, needs } = peer
  describeWith(needs, name, (paths) => {
    let report: Report

    beforeAll(async () => {
      report = await ASKS[name](paths)([...jobs.values()])
    }, 120_000)

    test(`is of version ${version}, as the table has it`, () => {
      expect(report.version).toBe(version)
    })

    describe.each(TOKEN_ALGORITHMS)('%s', (algorithm) => {
      const gap = gapOf(peer, algorithm)
      const answerTo = (job: JobName): Answer => {
        const answer = report.answers[[...jobs.keys()].indexOf(`${algorithm} ${job}`)]
        if (answer === undefined) throw new Error(`${name} was not asked to ${job}`)
        return answer
      }
      if (gap === undefined) describeCell(algorithm, answerTo)
      else describeGap(gap, answerTo)
    })
  })
}

// RFC 8037 §3.1 leaves the curve to the key, and these two peers do so; here the old name means Ed25519.
for (const { name, needs } of PEERS.filter((peer) => ['fast-jwt', 'PyJWT'].includes(peer.name))) {
  describeWith(needs, `${name}: EdDSA with an Ed448 key`, (paths) => {
    test('is signed by the peer and refused', async () => {
      const leaf = await intermediate.issue({ keyType: 'Ed448', uris: ['spiffe://example/client'] })
      const { answers } = await ASKS[name](paths)([signJob('EdDSA', leaf)])
      const token = answers.map(tokenOf).join('')
      expect(await codeOf(() => verifierFor('EdDSA').verify(token))).toBe('ERR_TOKEN_ALGORITHM_KEY')
    })
  })
}

function describeCell(algorithm: TokenAlgorithm, answerTo: (job: JobName) => Answer): void {
  test('the peer verifies our token with the key of its x5c, and reads its claims', () => {
    const job = jobs.get(`${algorithm} verify`)
    const payload = job?.kind === 'verify' ? job.token.split('.')[1] : undefined
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ sub: SUBJECT, iat: SECOND + 0.125, scope: 'read' })
    expect(answerTo('verify')).toEqual({ outcome: 'accepted', claims })
  })

  test('the peer refuses our token with a changed byte in its claims', () => {
    expect(answerTo('verify other claims')).toMatchObject({ outcome: 'refused' })
  })

  test('the peer refuses our token with a changed byte in its signature', () => {
    expect(answerTo('verify other signature')).toMatchObject({ outcome: 'refused' })
  })

  test('accepts a token that the peer signed', async () => {
    await expect(verifierFor(algorithm).verify(tokenOf(answerTo('sign')))).resolves.toMatchObject({
      algorithm,
      identity: { uris: ['spiffe://example/client'] },
      claims: { scope: 'read' },
    })
  })

  test('refuses such a token with a changed byte in its claims', async () => {
    const token = withOtherClaims(tokenOf(answerTo('sign')))
    expect(await codeOf(() => verifierFor(algorithm).verify(token))).toBe('ERR_TOKEN_SIGNATURE')
  })

  test('refuses such a token with a changed byte in its signature', async () => {
    const token = withOtherSignature(tokenOf(answerTo('sign')))
    expect(await codeOf(() => verifierFor(algorithm).verify(token))).toBe('ERR_TOKEN_SIGNATURE')
  })
}

function describeGap({ why, says }: Gap, answerTo: (job: JobName) => Answer): void {
  test.each(JOBS)(`the peer cannot %s: ${why}`, (job) => {
    const answer = answerTo(job)
    if (answer.outcome === 'accepted' || answer.outcome === 'signed') {
      throw new Error('supported now: update the table (test/interop/peers/table.ts)')
    }
    expect(answer.says).toMatch(says)
  })
}

function signJob(algorithm: TokenAlgorithm, leaf: TestCertificate): Job {
  const x5c = leaf.chain.map(({ der }) => Buffer.from(der).toString('base64'))
  const header = { alg: algorithm, typ: 'cert-auth+jwt', x5c }
  return { kind: 'sign', algorithm, header, claims: CLAIMS, privateKey: leaf.privateKeyPem }
}

// Its memory of used tokens begins with the second: fast-jwt cuts the fraction off iat.
function verifierFor(algorithm: TokenAlgorithm): Verifier {
  const clock = createFixedClock(new Date(SECOND * 1000))
  const verifier = createVerifier({
    trustAnchors: [root.certificate],
    audience: AUDIENCE,
    revocation: 'off',
    algorithms: [algorithm],
    clock: clock.now,
  })
  clock.advance(1)
  return verifier
}

function tokenOf(answer: Answer): string {
  if (answer.outcome !== 'signed') throw new Error(`no token, but ${JSON.stringify(answer)}`)
  return answer.token
}

function withOtherClaims(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = Buffer.from(payload, 'base64url').toString()
  const changed = claims.replace(/(?<="scope": ?)"read"/u, '"rea1"')
  if (changed === claims) throw new Error('the claim to change is not there')
  return `${header}.${Buffer.from(changed).toString('base64url')}.${signature}`
}

function withOtherSignature(token: string): string {
  const start = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(start), 'base64url')
  signature[10] = (signature[10] ?? 0) ^ 1
  return token.slice(0, start) + signature.toString('base64url')
}
