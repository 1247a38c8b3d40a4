// One file of vectors while it is written: each case is a genuine token with one thing changed, and the verdict that a
// person has written beside it. Nothing here asks the library what it thinks; tokens.test.ts compares.

import { type CheckId, type Code, DEFAULT_ALGORITHMS } from 'ingam'
import type { TestCertificate } from 'ingam/testing'
import { AT, AUDIENCE, type ForgeOptions, forge } from '../../support/forge.ts'
import type {
  Requirement,
  VectorCase,
  VectorExpected,
  VectorFile,
  VectorStep,
  VectorVerifier,
} from '../format.ts'
import { client, root } from './pki.ts'

/** What is unusual about a token. */
export interface Draft extends ForgeOptions {
  /** Whose it is; default the usual client. */
  readonly by?: TestCertificate
  /** The text that is sent, from the signed token. */
  readonly token?: (signed: string, by: TestCertificate) => string | Promise<string>
  /** What the verifier is told to expect. */
  readonly expected?: VectorExpected
  readonly at?: string
  readonly waitSeconds?: number
}

/** What is unusual about a case besides its token. */
export interface CaseDraft extends Draft {
  readonly verifier?: Partial<VectorVerifier>
  readonly requires?: readonly Requirement[]
}

/** Adds one case: its name, what is so about it, how it differs from a good token. */
export type Add = (id: string, comment: string, draft?: CaseDraft) => Promise<void>

type Outcome = Pick<VectorStep, 'verdict' | 'check' | 'code'>

/** How the verifier of a file is set up unless the file says otherwise: the defaults of the format, all written out. */
export const USUAL: VectorVerifier = {
  profile: 'auth',
  trustAnchors: root.pem,
  knownChains: [],
  audience: [AUDIENCE],
  at: AT.toISOString(),
  oneTimeUse: 'off',
  algorithms: DEFAULT_ALGORITHMS,
  maxTokenBytes: 16_384,
  maxLifetimeSeconds: 600,
  expiryToleranceSeconds: 60,
  futureToleranceSeconds: 5,
  allowMultipleAudiences: false,
}

const ACCEPTED: Outcome = { verdict: 'accepted' }

export class Group {
  readonly #name: string
  readonly #description: string
  readonly #verifier: VectorVerifier
  readonly #cases: VectorCase[] = []

  constructor(name: string, description: string, verifier: Partial<VectorVerifier> = {}) {
    this.#name = name
    this.#description = description
    this.#verifier = { ...USUAL, ...verifier }
  }

  readonly accepted: Add = async (id, comment, draft = {}) => await this.#add(id, comment, draft, ACCEPTED)

  /** Adds cases that this check refuses with this code. */
  refusing(check: CheckId, code: Code): Add {
    return async (id, comment, draft = {}) => await this.#add(id, comment, draft, refusal(check, code))
  }

  /** Adds a case of several tokens. */
  sequence(id: string, comment: string, steps: readonly VectorStep[], draft: CaseDraft = {}): void {
    this.#cases.push({ id, comment, ...settings(draft), steps })
  }

  file(): VectorFile {
    return {
      version: 1,
      group: this.#name,
      description: this.#description,
      verifier: this.#verifier,
      cases: this.#cases,
    }
  }

  async #add(id: string, comment: string, draft: CaseDraft, outcome: Outcome): Promise<void> {
    this.#cases.push({ id, comment, ...settings(draft), ...(await stepOf(draft, outcome)) })
  }
}

/** A token of a sequence that passes. */
export async function passes(draft: Draft = {}): Promise<VectorStep> {
  return await stepOf(draft, ACCEPTED)
}

/** A token of a sequence that this check refuses. */
export async function fails(check: CheckId, code: Code, draft: Draft = {}): Promise<VectorStep> {
  return await stepOf(draft, refusal(check, code))
}

/** The token of a draft. */
export async function tokenOf(draft: Draft): Promise<string> {
  const { by = client, token = (signed) => signed } = draft
  return await token(await forge(by, draft), by)
}

/** A function of a text that replaces the first of what must be there. */
export function replacing(from: string, to: string): (text: string) => string {
  return (text) => {
    if (!text.includes(from)) throw new Error(`nothing to replace: ${from}`)
    return text.replace(from, () => to)
  }
}

/** `sub` and `iss`. */
export function named(sub: unknown): { readonly sub: unknown; readonly iss: unknown } {
  return { sub, iss: sub }
}

/** A good token of exactly so many characters. */
export async function ofSize(size: number): Promise<string> {
  // A byte more of filling is not always one character more of base64url: another header shifts the sums.
  for (const kid of ['a', 'ab', 'abc']) {
    const base = (await tokenOf({ header: { kid }, claims: { fill: '' } })).length
    const guess = Math.floor(((size - base) * 3) / 4)
    for (let fill = guess - 3; fill <= guess + 3; fill++) {
      const token = await tokenOf({ header: { kid }, claims: { fill: 'x'.repeat(fill) } })
      if (token.length === size) return token
    }
  }
  throw new Error(`no token of ${size} characters`)
}

async function stepOf(draft: Draft, outcome: Outcome): Promise<VectorStep> {
  const { at, expected, waitSeconds } = draft
  return {
    ...(at !== undefined && { at }),
    ...(expected && { expected }),
    token: await tokenOf(draft),
    ...outcome,
    ...(waitSeconds !== undefined && { waitSeconds }),
  }
}

function refusal(check: CheckId, code: Code): Outcome {
  return { verdict: 'refused', check, code }
}

function settings({ requires, verifier }: CaseDraft): Pick<VectorCase, 'requires' | 'verifier'> {
  return { ...(requires && { requires }), ...(verifier && { verifier }) }
}
