// Paths at random: a well-formed one of random shape, and in it one defect or none. The same seed makes the same path but
// for its keys and signatures.

import { createTestCa, type IssueOptions, type TestCertificate, type TestExtension } from 'ingam/testing'
import type { PolicyInputs } from 'ingam/x509'
import {
  certificatePolicies,
  inhibitAnyPolicy,
  name,
  nameConstraints,
  policyConstraints,
  policyMappings,
  subjectAltName,
} from './extensions.ts'
import { AT } from './mini-ca.ts'

/** A question about a path: certificates, anchor, inputs. */
export interface RandomPath {
  readonly seed: number
  readonly defect: DefectName
  /** What was built, for whoever has to find out why two verifiers disagree. */
  readonly description: string
  readonly leaf: Uint8Array
  readonly intermediates: readonly Uint8Array[]
  readonly anchor: Uint8Array
  readonly policies: PolicyInputs
}

/** Makes the path of a seed. */
export async function randomPath(seed: number): Promise<RandomPath> {
  const random = new Random(seed)
  const draft = draftPath(random)
  const defect = random.chance(0.2) ? 'none' : random.pick(DEFECT_NAMES)
  DEFECTS[defect](draft, random)
  return { seed, defect, ...(await issueDraft(draft)), description: describe(seed, defect, draft) }
}

/** A generator of numbers that a seed determines (mulberry32). */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
}

type Twin = 'none' | 'expired' | 'of another key' | 'from elsewhere'

interface Link {
  options: IssueOptions
  readonly extensions: TestExtension[]
  /** Signed by a stranger who bears the issuer's name. */
  byStranger: boolean
  /** A bit of the signature is turned. */
  isBroken: boolean
  /** Not given to the verifier. */
  isMissing: boolean
  /** Another certificate of the same name, given beside it. */
  twin: Twin
  readonly notes: string[]
}

interface Draft {
  /** The anchor first, the leaf last. */
  readonly links: Link[]
  policies: PolicyInputs
  readonly junk: number
  readonly isReversed: boolean
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_PURPOSE = '2.5.29.37.0'
const ANY_POLICY = '2.5.29.32.0'
const POLICY = '1.2.3.1'
const OTHER_POLICY = '1.2.3.2'

function draftPath(random: Random): Draft {
  const depth = random.below(5)
  const links: Link[] = Array.from({ length: depth + 1 }, (_, index) =>
    link({ kind: 'ca', name: `CA ${index}`, keyType: keyTypeOf(random) }),
  )
  for (const [index, made] of links.entries()) {
    const below = depth - index
    if (random.chance(0.3)) change(made, { pathLenConstraint: below + random.below(2) }, 'pathLen')
    if (random.chance(0.2)) change(made, { extKeyUsage: [CLIENT_AUTH, SERVER_AUTH] }, 'extKeyUsage')
    const above = links[index - 1]
    if (above !== undefined && index > 1 && random.chance(0.1)) {
      change(made, { name: above.options.name ?? '' }, 'self-issued')
    }
  }
  const leaf = link({ name: 'Leaf', keyType: keyTypeOf(random) })
  if (random.chance(0.2)) change(leaf, { extKeyUsage: null }, 'no extKeyUsage')
  const draft: Draft = {
    links: [...links, leaf],
    policies: {
      initialPolicySet: [ANY_POLICY],
      initialExplicitPolicy: false,
      initialPolicyMappingInhibit: false,
      initialInhibitAnyPolicy: false,
    },
    junk: random.below(3),
    isReversed: random.chance(0.5),
  }
  if (random.chance(0.4)) addNames(draft, random)
  if (random.chance(0.4)) addPolicies(draft, random)
  return draft
}

function link(options: IssueOptions): Link {
  return {
    options,
    extensions: [],
    byStranger: false,
    isBroken: false,
    isMissing: false,
    twin: 'none',
    notes: [],
  }
}

function change(target: Link, options: IssueOptions, note: string): void {
  target.options = { ...target.options, ...options }
  target.notes.push(note)
}

function extend(target: Link, extension: TestExtension, note: string): void {
  const index = target.extensions.findIndex(({ oid }) => oid === extension.oid)
  if (index >= 0) target.extensions.splice(index, 1)
  target.extensions.push(extension)
  target.notes.push(note)
}

function keyTypeOf(random: Random): NonNullable<IssueOptions['keyType']> {
  return random.pick(['P-256', 'P-256', 'P-256', 'P-384', 'P-521', 'Ed25519', 'Ed448'])
}

const NAMES = {
  dns: {
    inside: ['a.example.com', 'example.com'],
    outside: ['example.org', 'anexample.com'],
    base: 'example.com',
  },
  email: { inside: ['a@example.com'], outside: ['a@example.org', 'a@sub.example.com'], base: 'example.com' },
  uri: {
    inside: ['https://example.com/a', 'spiffe://example.com'],
    outside: ['https://example.org', 'https://a.example.com/'],
    base: 'example.com',
  },
} as const
type TextKind = keyof typeof NAMES
const TEXT_KINDS = ['dns', 'email', 'uri'] as const
const NETWORK = name.ip(192, 0, 2, 0, 255, 255, 255, 0)

// Names of the leaf, and constraints of a CA that they keep to.
function addNames(draft: Draft, random: Random): void {
  const leaf = leafOf(draft)
  const kinds = TEXT_KINDS.filter(() => random.chance(0.6))
  const names = kinds.map((kind) => name[kind](random.pick(NAMES[kind].inside)))
  if (random.chance(0.3)) names.push(name.ip(192, 0, 2, random.below(256)))
  if (names.length === 0) return
  extend(leaf, subjectAltName(...names), 'names')
  const ca = caOf(draft, random)
  const bases = TEXT_KINDS.map((kind) => name[kind](NAMES[kind].base))
  const constraints = random.chance(0.5)
    ? { permitted: [...bases, NETWORK] }
    : {
        excluded: [
          name.dns('bad.example.com'),
          name.email('bad.example.com'),
          name.ip(10, 0, 0, 0, 255, 0, 0, 0),
        ],
      }
  extend(ca, nameConstraints(constraints), 'permitted' in constraints ? 'permitted' : 'excluded')
}

// Policies along the whole path, required or not.
function addPolicies(draft: Draft, random: Random): void {
  for (const target of draft.links.slice(1)) {
    const isAny = target !== leafOf(draft) && random.chance(0.2)
    extend(target, certificatePolicies(...(isAny ? [ANY_POLICY] : [POLICY])), isAny ? 'anyPolicy' : 'policy')
  }
  draft.policies = {
    ...draft.policies,
    initialExplicitPolicy: random.chance(0.5),
    initialPolicySet: random.chance(0.5) ? [ANY_POLICY] : [POLICY, OTHER_POLICY],
  }
  if (random.chance(0.2))
    extend(caOf(draft, random), policyConstraints(random.below(3)), 'requireExplicitPolicy')
}

type Defect = (draft: Draft, random: Random) => void

function leafOf({ links }: Draft): Link {
  const leaf = links.at(-1)
  if (leaf === undefined) throw new Error('a path has a leaf')
  return leaf
}

function anchorOf({ links }: Draft): Link {
  const [anchor] = links
  if (anchor === undefined) throw new Error('a path has an anchor')
  return anchor
}

function caOf({ links }: Draft, random: Random): Link {
  return random.pick(links.slice(0, -1))
}

// Below the anchor, whose own signature and issuer nobody looks at.
function issuedOf({ links }: Draft, random: Random): Link {
  return random.pick(links.slice(1))
}

function seconds(count: number): Date {
  return new Date(AT.getTime() + count * 1_000)
}

const UNKNOWN = { oid: '1.3.6.1.4.1.99999.1', value: Uint8Array.of(5, 0) } as const

function outsideName(kind: TextKind): Defect {
  return (draft, random) => {
    const base = [name[kind](NAMES[kind].base)]
    extend(leafOf(draft), subjectAltName(name[kind](random.pick(NAMES[kind].outside))), `${kind} outside`)
    extend(caOf(draft, random), nameConstraints({ permitted: base }), `${kind} permitted`)
  }
}

function excludedName(kind: TextKind): Defect {
  return (draft, random) => {
    const base = [name[kind](NAMES[kind].base)]
    extend(leafOf(draft), subjectAltName(name[kind](random.pick(NAMES[kind].inside))), `${kind} inside`)
    extend(caOf(draft, random), nameConstraints({ excluded: base }), `${kind} excluded`)
  }
}

// The valid one is still there: no defect, but another way to go.
function twinOf(twin: Twin): Defect {
  return (draft, random) => {
    const intermediates = draft.links.slice(1, -1)
    if (intermediates.length > 0) random.pick(intermediates).twin = twin
  }
}

function explicit(draft: Draft): void {
  draft.policies = { ...draft.policies, initialExplicitPolicy: true }
  for (const target of draft.links.slice(1)) extend(target, certificatePolicies(POLICY), 'policy')
}

const DEFECTS = {
  none: () => undefined,
  expired: (draft, random) =>
    change(random.pick(draft.links), { notAfter: seconds(-1 - random.below(9)) }, 'expired'),
  'ends at the instant': (draft, random) => change(random.pick(draft.links), { notAfter: AT }, 'ends now'),
  'not yet valid': (draft, random) =>
    change(random.pick(draft.links), { notBefore: seconds(1 + random.below(9)) }, 'early'),
  'begins at the instant': (draft, random) =>
    change(random.pick(draft.links), { notBefore: AT }, 'begins now'),
  'no basicConstraints': (draft, random) =>
    change(caOf(draft, random), { withoutExtensions: ['2.5.29.19'] }, 'no basicConstraints'),
  'cA FALSE': (draft, random) =>
    extend(
      caOf(draft, random),
      { oid: '2.5.29.19', critical: true, value: Uint8Array.of(0x30, 0) },
      'cA FALSE',
    ),
  'basicConstraints not critical': (draft, random) =>
    extend(
      caOf(draft, random),
      { oid: '2.5.29.19', value: Uint8Array.of(0x30, 3, 1, 1, 0xff) },
      'basicConstraints not critical',
    ),
  'pathLenConstraint too small': (draft) => change(anchorOf(draft), { pathLenConstraint: 0 }, 'pathLen 0'),
  'no keyCertSign': (draft, random) =>
    change(caOf(draft, random), { keyUsage: ['cRLSign'] }, 'no keyCertSign'),
  'no keyUsage': (draft, random) => change(random.pick(draft.links), { keyUsage: null }, 'no keyUsage'),
  'another purpose': (draft, random) =>
    change(random.pick(draft.links), { extKeyUsage: [SERVER_AUTH] }, 'serverAuth'),
  'any purpose': (draft, random) =>
    change(random.pick(draft.links), { extKeyUsage: [ANY_PURPOSE] }, 'anyExtendedKeyUsage'),
  'unknown critical extension': (draft, random) =>
    extend(random.pick(draft.links), { ...UNKNOWN, critical: true }, 'unknown critical'),
  'unknown extension': (draft, random) => extend(random.pick(draft.links), UNKNOWN, 'unknown'),
  'broken signature': (draft, random) => {
    issuedOf(draft, random).isBroken = true
  },
  'another key of the same name': (draft, random) => {
    issuedOf(draft, random).byStranger = true
  },
  'missing intermediate': (draft, random) => {
    const intermediates = draft.links.slice(1, -1)
    if (intermediates.length > 0) random.pick(intermediates).isMissing = true
  },
  'an expired twin': twinOf('expired'),
  'a namesake of another key': twinOf('of another key'),
  'a twin from elsewhere': twinOf('from elsewhere'),
  'another issuer name': (draft, random) => {
    // CN=X
    const issuerName = Uint8Array.of(0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, 0x58)
    change(issuedOf(draft, random), { issuerName }, 'another issuer name')
  },
  'version 1': (draft, random) => change(caOf(draft, random), { version: 1 }, 'version 1'),
  'no subjectKeyIdentifier': (draft, random) =>
    change(caOf(draft, random), { withoutExtensions: ['2.5.29.14'] }, 'no SKI'),
  'no authorityKeyIdentifier': (draft, random) =>
    change(issuedOf(draft, random), { withoutExtensions: ['2.5.29.35'] }, 'no AKI'),
  'wrong authorityKeyIdentifier': (draft, random) =>
    extend(
      issuedOf(draft, random),
      { oid: '2.5.29.35', value: Uint8Array.of(0x30, 3, 0x80, 1, 0x55) },
      'wrong AKI',
    ),
  'weak RSA key': (draft, random) => change(issuedOf(draft, random), { keyType: 'RSA-1024' }, 'RSA-1024'),
  'dns not permitted': outsideName('dns'),
  'dns excluded': excludedName('dns'),
  'email not permitted': outsideName('email'),
  'email excluded': excludedName('email'),
  'uri not permitted': outsideName('uri'),
  'uri excluded': excludedName('uri'),
  'address not permitted': (draft, random) => {
    extend(leafOf(draft), subjectAltName(name.ip(192, 0, 3, random.below(256))), 'address outside')
    extend(caOf(draft, random), nameConstraints({ permitted: [NETWORK] }), 'addresses permitted')
  },
  'address excluded': (draft, random) => {
    extend(leafOf(draft), subjectAltName(name.ip(192, 0, 2, random.below(256))), 'address inside')
    extend(caOf(draft, random), nameConstraints({ excluded: [NETWORK] }), 'addresses excluded')
  },
  'host under a constraint with a full stop': (draft, random) => {
    extend(leafOf(draft), subjectAltName(name.dns(random.pick(['example.com', 'a.example.com']))), 'host')
    const side = random.pick(['permitted', 'excluded'] as const)
    extend(
      caOf(draft, random),
      nameConstraints({ [side]: [name.dns('.example.com')] }),
      `${side} .example.com`,
    )
  },
  'wildcard under a constraint': (draft, random) => {
    extend(leafOf(draft), subjectAltName(name.dns('*.example.com')), 'wildcard')
    const base = random.pick(['example.com', 'a.example.com', 'a.b.example.com', 'example.org'])
    const side = random.pick(['permitted', 'excluded'] as const)
    extend(caOf(draft, random), nameConstraints({ [side]: [name.dns(base)] }), `${side} ${base}`)
  },
  'subject not permitted': (draft, random) => {
    const base = name.directory(Uint8Array.of(0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 10, 0x0c, 1, 0x58))
    extend(caOf(draft, random), nameConstraints({ permitted: [base] }), 'O=X permitted')
  },
  'registeredID constrained': (draft, random) => {
    extend(leafOf(draft), subjectAltName(name.registeredId('1.2.3')), 'registeredID')
    extend(caOf(draft, random), nameConstraints({ excluded: [name.registeredId('1.2.4')] }), 'RID excluded')
  },
  'no policy': (draft, random) => {
    explicit(draft)
    const target = issuedOf(draft, random)
    target.extensions.splice(
      0,
      target.extensions.length,
      ...target.extensions.filter(({ oid }) => oid !== '2.5.29.32'),
    )
    target.notes.push('no policy')
  },
  'another policy': (draft, random) => {
    explicit(draft)
    extend(issuedOf(draft, random), certificatePolicies(OTHER_POLICY), 'another policy')
  },
  'policy not acceptable': (draft) => {
    explicit(draft)
    draft.policies = { ...draft.policies, initialPolicySet: [OTHER_POLICY] }
  },
  'policy mapped': (draft, random) => {
    explicit(draft)
    const ca = random.pick(draft.links.slice(0, -1))
    extend(ca, policyMappings([POLICY, OTHER_POLICY]), 'mapping')
    if (random.chance(0.5)) extend(leafOf(draft), certificatePolicies(OTHER_POLICY), 'mapped policy')
    draft.policies = { ...draft.policies, initialPolicyMappingInhibit: random.chance(0.3) }
  },
  'anyPolicy mapped': (draft, random) => {
    explicit(draft)
    extend(caOf(draft, random), policyMappings([ANY_POLICY, OTHER_POLICY]), 'anyPolicy mapped')
  },
  'anyPolicy inhibited': (draft, random) => {
    explicit(draft)
    extend(issuedOf(draft, random), certificatePolicies(ANY_POLICY), 'anyPolicy')
    const intermediates = draft.links.slice(1, -1)
    if (intermediates.length === 0 || random.chance(0.5)) {
      draft.policies = { ...draft.policies, initialInhibitAnyPolicy: true }
    } else extend(random.pick(intermediates), inhibitAnyPolicy(random.below(3)), 'inhibitAnyPolicy')
  },
  'anyPolicy inhibited by the anchor': (draft, random) => {
    explicit(draft)
    extend(issuedOf(draft, random), certificatePolicies(ANY_POLICY), 'anyPolicy')
    extend(anchorOf(draft), inhibitAnyPolicy(random.below(3)), 'inhibitAnyPolicy')
  },
  'policy required by the anchor': (draft, random) => {
    extend(anchorOf(draft), policyConstraints(random.below(3)), 'requireExplicitPolicy')
  },
} as const satisfies Readonly<Record<string, Defect>>

/** What may be wrong with a path. */
export type DefectName = keyof typeof DEFECTS

/** Every defect by its name. */
export const DEFECT_NAMES: readonly DefectName[] = Object.keys(DEFECTS).filter(isDefectName)

function isDefectName(text: string): text is DefectName {
  return Object.hasOwn(DEFECTS, text)
}

async function issueDraft({
  links,
  policies,
  junk,
  isReversed,
}: Draft): Promise<Omit<RandomPath, 'seed' | 'defect' | 'description'>> {
  const ders: Uint8Array[] = []
  let issuer: TestCertificate | undefined
  const twins: Uint8Array[] = []
  for (const made of links) {
    const issued: TestCertificate = await issueLink(made, issuer)
    if (issuer !== undefined && made.twin !== 'none') twins.push(await issueTwin(made, issuer, issued))
    const last = issued.der.length - 1
    ders.push(made.isBroken ? issued.der.with(last, (issued.der[last] ?? 0) ^ 1) : issued.der)
    issuer = issued
  }
  const strangers = Array.from({ length: junk }, (_, index) =>
    createTestCa({ at: AT, name: `Junk ${index}` }),
  )
  const pool = [
    ...ders.slice(1, -1).filter((_, index) => links[index + 1]?.isMissing !== true),
    ...twins,
    ...(await Promise.all(strangers)).map(({ der }) => der),
  ]
  const [anchor] = ders
  const leaf = ders.at(-1)
  if (anchor === undefined || leaf === undefined) throw new Error('a path has an anchor and a leaf')
  return { anchor, leaf, intermediates: isReversed ? pool.toReversed() : pool, policies }
}

async function issueLink(made: Link, issuer: TestCertificate | undefined): Promise<TestCertificate> {
  const options = { ...made.options, extensions: made.extensions }
  if (issuer === undefined) return await createTestCa({ at: AT, ...options })
  if (!made.byStranger) return await issuer.issue(options)
  const stranger = await createTestCa({ at: AT, subjectName: issuer.certificate.subject.der })
  return await stranger.issue(options)
}

async function issueTwin(made: Link, issuer: TestCertificate, issued: TestCertificate): Promise<Uint8Array> {
  const options = { ...made.options, extensions: made.extensions }
  if (made.twin === 'of another key') return (await issuer.issue(options)).der
  const twin = { ...options, keyOf: issued }
  if (made.twin === 'expired') return (await issuer.issue({ ...twin, notAfter: seconds(-1) })).der
  const elsewhere = await createTestCa({ at: AT, name: 'Elsewhere' })
  return (await elsewhere.issue(twin)).der
}

function describe(seed: number, defect: DefectName, { links, policies }: Draft): string {
  const shown = links.map(({ options, notes, byStranger, isBroken, isMissing, twin }) =>
    [
      options.name,
      options.keyType,
      ...notes,
      ...(byStranger ? ['by a stranger'] : []),
      ...(isBroken ? ['broken'] : []),
      ...(isMissing ? ['missing'] : []),
      ...(twin === 'none' ? [] : [`twin ${twin}`]),
    ].join(' '),
  )
  return `seed ${seed}, ${defect}: ${shown.join(' → ')}; ${JSON.stringify(policies)}`
}
