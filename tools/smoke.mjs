// Runs in a stranger's folder, in which only the tarball is installed: every entry point, and one token each way.

import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVerifier, inspectToken, signToken } from 'ingam'
import { loadCredential, loadTrustAnchors } from 'ingam/node'
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
console.log(`smoke: signed, verified, refused on Node ${process.versions.node}`)
