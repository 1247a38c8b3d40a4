// A new chain of leaf and intermediate, from DER to the verdict, and then one signature by the leaf: as a multiple of the
// three bare signature checks that it cannot do without, with keys imported beforehand. Beside it what services use
// instead. Each contestant takes turns with the bare checks within one process; medians. Run it by `node bench/path.ts`
// after `npm run build`.

import 'reflect-metadata'
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto'
import { X509Certificate as PeculiarCertificate, X509ChainBuilder } from '@peculiar/x509'
import { createTestCa, type TestCertificate, type TestKeyType } from 'ingam/testing'
import { createTrustStore, parseCertificate, type TrustStore, verifyPath } from 'ingam/x509'
import { Certificate, CertificateChainValidationEngine } from 'pkijs'

const ROUNDS = Number(process.env['INGAM_ROUNDS'] ?? '1000')
const WARM_UP = 300
const KEY_TYPES = ['Ed25519', 'P-256', 'RSA-2048'] as const
const HASHES: Partial<Record<TestKeyType, string>> = { 'P-256': 'sha256', 'RSA-2048': 'sha256' }

interface Chain {
  readonly keyType: TestKeyType
  readonly root: TestCertificate
  readonly intermediate: TestCertificate
  readonly leaf: TestCertificate
}

type Contestant = () => Promise<unknown>

async function main(): Promise<void> {
  console.log('| key | contestant | median, µs | multiple of the bare checks |')
  console.log('|---|---|---|---|')
  for (const keyType of KEY_TYPES) {
    const { bare, others } = await contestantsFor(await issueChain(keyType))
    for (const [name, run] of others) {
      const [own, floor] = await race(run, bare)
      const cells =
        own === undefined ? 'refuses it | –' : `${own.toFixed(0)} | ${(own / (floor ?? 0)).toFixed(2)}`
      console.log(`| ${keyType} | ${name} | ${cells} |`)
    }
  }
  await compareStores()
}

async function issueChain(keyType: TestKeyType): Promise<Chain> {
  const root = await createTestCa({ keyType, name: 'Root' })
  const intermediate = await root.issue({ kind: 'ca', keyType, name: 'Intermediate', pathLenConstraint: 0 })
  const leaf = await intermediate.issue({ keyType, uris: ['spiffe://example/client'], dns: ['a.example'] })
  return { keyType, root, intermediate, leaf }
}

async function contestantsFor(
  chain: Chain,
): Promise<{ readonly bare: Contestant; readonly others: ReadonlyMap<string, Contestant> }> {
  const { root, intermediate, leaf, keyType } = chain
  const hash = HASHES[keyType] ?? null
  const data = new TextEncoder().encode('what the leaf signs')
  const signature = await signAs(leaf, data)
  const signed = [leaf, intermediate].map(({ certificate }) => certificate)
  const [leafKey, ...issuerKeys] = [leaf, intermediate, root].map(keyOf)
  const check = (key: KeyObject | undefined, bytes: Uint8Array, over: Uint8Array): void => {
    if (key === undefined || !verify(hash, bytes, key, over)) throw new Error('a signature is bad')
  }
  const bare = async (): Promise<void> => {
    for (const [index, { tbsCertificate, signatureValue }] of signed.entries()) {
      check(issuerKeys[index], tbsCertificate, signatureValue)
    }
    check(leafKey, data, signature)
  }
  const thenSignature = (judge: () => unknown): Contestant => {
    return async () => {
      await judge()
      check(keyOf(leaf), data, signature)
    }
  }
  const trustStore = createTrustStore([root.certificate])
  const others = new Map<string, Contestant>([
    ['ingam', thenSignature(() => verifyOurs(chain, trustStore))],
    ['X509Certificate by hand', thenSignature(() => walk(chain))],
    ['@peculiar/x509 by hand', thenSignature(() => verifyPeculiar(chain))],
    ['pkijs', thenSignature(() => verifyPkijs(chain))],
  ])
  return { bare, others }
}

async function signAs(
  { privateKeyPkcs8, certificate }: TestCertificate,
  data: Uint8Array,
): Promise<Uint8Array> {
  const key = createPrivateKey({ key: Buffer.from(privateKeyPkcs8), format: 'der', type: 'pkcs8' })
  return sign(certificate.subjectPublicKeyInfo.key.kind === 'ed25519' ? null : 'sha256', data, key)
}

function keyOf({ certificate }: TestCertificate): KeyObject {
  return createPublicKey({
    key: Buffer.from(certificate.subjectPublicKeyInfo.der),
    format: 'der',
    type: 'spki',
  })
}

async function verifyOurs({ leaf, intermediate }: Chain, trustAnchors: TrustStore): Promise<void> {
  await verifyPath({
    leaf: leaf.der,
    intermediates: [intermediate.der],
    trustAnchors,
    at: new Date(),
    purpose: 'clientAuth',
    revocation: 'off',
  })
}

const anchors = new WeakMap<Chain, X509Certificate>()

function walk(chain: Chain): void {
  const anchor = anchors.get(chain) ?? new X509Certificate(chain.root.der)
  anchors.set(chain, anchor)
  const intermediate = new X509Certificate(chain.intermediate.der)
  const leaf = new X509Certificate(chain.leaf.der)
  const now = new Date()
  const isValid = [leaf, intermediate, anchor].every((c) => c.validFromDate <= now && now <= c.validToDate)
  const chains = leaf.checkIssued(intermediate) && intermediate.checkIssued(anchor)
  const verified = leaf.verify(intermediate.publicKey) && intermediate.verify(anchor.publicKey)
  if (!isValid || !chains || !verified || !intermediate.ca) throw new Error('refused')
}

async function verifyPeculiar({ root, intermediate, leaf }: Chain): Promise<void> {
  const parse = (der: Uint8Array): PeculiarCertificate => new PeculiarCertificate(new Uint8Array(der))
  const builder = new X509ChainBuilder({ certificates: [parse(root.der), parse(intermediate.der)] })
  const chain = [...(await builder.build(parse(leaf.der)))]
  for (const [index, certificate] of chain.entries()) {
    const { publicKey } = chain[index + 1] ?? certificate
    if (!(await certificate.verify({ date: new Date(), publicKey }))) throw new Error('refused')
  }
}

async function verifyPkijs({ root, intermediate, leaf }: Chain): Promise<void> {
  const parse = (der: Uint8Array): Certificate => Certificate.fromBER(new Uint8Array(der).buffer)
  const trusted = parse(root.der)
  const engine = new CertificateChainValidationEngine({
    trustedCerts: [trusted],
    certs: [trusted, parse(intermediate.der), parse(leaf.der)],
  })
  const { result, resultMessage } = await engine.verify({ passedWhenNotRevValues: true })
  if (!result) throw new Error(resultMessage)
}

// Both run once a round, so that noise of the machine hits both alike. Nothing for a contestant that throws.
async function race(first: Contestant, second: Contestant): Promise<readonly number[]> {
  if (
    await first().then(
      () => false,
      () => true,
    )
  )
    return []
  const times: readonly (readonly [Contestant, number[]])[] = [
    [first, []],
    [second, []],
  ]
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const [run, list] of times) {
      const start = performance.now()
      await run()
      if (round >= WARM_UP) list.push((performance.now() - start) * 1_000)
    }
  }
  return times.map(([, list]) => median(list))
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN
}

async function compareStores(): Promise<void> {
  const chain = await issueChain('P-256')
  const others = await Promise.all(
    Array.from({ length: 9_999 }, (_, index) =>
      chain.root.issue({ kind: 'ca', name: `Anchor ${index}`, keyOf: chain.root }),
    ),
  )
  const one = createTrustStore([chain.root.certificate])
  const many = createTrustStore([chain.root, ...others].map(({ der }) => parseCertificate(der)))
  const [large = Number.NaN, small = Number.NaN] = await race(
    () => verifyOurs(chain, many),
    () => verifyOurs(chain, one),
  )
  console.log(`\nP-256 among 10,000 trust anchors: ${(large / small).toFixed(2)} of the time among 1`)
}

await main()
