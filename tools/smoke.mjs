// Runs in a stranger's folder, in which only the tarball is installed: every entry point, and every algorithm each way.

import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVerifier, inspectToken, signProof, signToken, TOKEN_ALGORITHMS } from 'ingam'
import { generateToken, loadCredential, loadTrustAnchors, verifyToken } from 'ingam/node'
import { createTestCa } from 'ingam/testing'
import { createTrustStore, parseCertificates, verifyPath } from 'ingam/x509'

const audience = 'https://api.example'
const ca = await createTestCa()
const client = await ca.issue({ uris: ['spiffe://example/client'] })

const folder = await mkdtemp(join(tmpdir(), 'ingam-smoke-'))
const at = (name) => join(folder, name)
await writeFile(at('ca.pem'), ca.pem)
await writeFile(at('client.pem'), client.pem)
await writeFile(at('client.key'), client.privateKeyPem)

const [leaf] = parseCertificates(client.pem)
const trustAnchors = createTrustStore(parseCertificates(ca.pem))
const options = { intermediates: [], trustAnchors, at: new Date(), purpose: 'clientAuth', revocation: 'off' }
await verifyPath({ leaf, ...options })

const verifier = createVerifier({
  trustAnchors: await loadTrustAnchors(at('ca.pem')),
  audience,
  revocation: 'off',
})
const credential = await loadCredential({ certificate: at('client.pem'), privateKey: at('client.key') })
const token = await signToken(credential, { audience, claims: { order: 7 } })
const inspected = await inspectToken(token)
assert.equal(inspected.unverifiedClaims.order, 7)

const verified = await verifier.verify(token)
assert.deepEqual([...verified.identity.uris], ['spiffe://example/client'])
assert.equal(verified.claims.order, 7)
await assert.rejects(verifier.verify(token), { code: 'ERR_TOKEN_REPLAYED' })

const stranger = createVerifier({
  trustAnchors: [(await createTestCa()).certificate],
  audience,
  revocation: 'off',
})
const fresh = await signToken(await client.credential(), { audience })
await assert.rejects(stranger.verify(fresh), { name: 'PathError' })

// Each algorithm that the runtime has: a round trip, its neighbours refused, and by reference once it is known.
const KEY_TYPES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', EdDSA: 'Ed25519' }
const missing = []
for (const algorithm of TOKEN_ALGORITHMS) {
  const keyType = KEY_TYPES[algorithm] ?? (/^[PR]S/.test(algorithm) ? 'RSA-2048' : algorithm)
  const issuer = await createTestCa({ keyType }).catch(() => undefined)
  if (issuer === undefined) {
    missing.push(algorithm)
    continue
  }
  const holder = await issuer.issue({ keyType, uris: ['spiffe://example/client'] })
  const signer = await holder.credential({ algorithm })
  const judge = createVerifier({
    trustAnchors: [issuer.certificate],
    audience,
    revocation: 'off',
    algorithms: TOKEN_ALGORITHMS,
  })
  const named = await signToken(signer, { audience, certificateBy: 'x5t#S256' })
  await assert.rejects(judge.verify(named), { code: 'ERR_TOKEN_UNKNOWN_THUMBPRINT' })
  const own = await signToken(signer, { audience })
  const [header, payload, signature] = own.split('.')
  const changed = `${signature.slice(0, 9)}${signature[9] === 'A' ? 'B' : 'A'}${signature.slice(10)}`
  await assert.rejects(judge.verify(`${header}.${payload}.${changed}`), { code: 'ERR_TOKEN_SIGNATURE' })
  assert.equal((await judge.verify(own)).algorithm, algorithm)
  assert.equal((await judge.verify(named)).algorithm, algorithm)
}
// Versions of Node differ by what came last.
assert.deepEqual(
  missing.filter((algorithm) => !algorithm.startsWith('ML-DSA-')),
  [],
)

const request = { method: 'GET', targetUri: `${audience}/orders` }
const prover = createVerifier({
  trustAnchors: [ca.certificate],
  audience,
  revocation: 'off',
  profile: 'proof',
})
const proof = await signProof(credential, { audience, request, accessToken: 'opaque' })
await assert.rejects(prover.verify(proof, { request, accessToken: 'other' }), {
  code: 'ERR_TOKEN_BINDING_MISMATCH',
})
assert.equal((await prover.verify(proof, { request, accessToken: 'opaque' })).profile, 'proof')

const pinned = await generateToken(at('client.pem'), at('client.key'))
assert.equal(await verifyToken(pinned, at('client.pem')), true)
assert.equal(await verifyToken(pinned, at('ca.pem')), false)

const without = missing.length === 0 ? 'all algorithms' : `all algorithms but ${missing.join(', ')}`
console.log(`smoke: signed, verified, refused on Node ${process.versions.node} by ${without}`)
