// Server: why somebody gets a token, or does not: the judgement of /token over what an administrator shows, without its
// effects. Nothing is used up, nothing is fetched, nothing is written.

import { borneSubjectsOf, type Explanation, inspectToken, isPkiError } from 'ingam'
import { type Certificate, parseCertificates } from 'ingam/x509'
import type { DecisionAnswer, ExplainPolicyAnswer, ExplainPolicyInput, SupposedFacts } from '../contract.ts'
import { coversHolder } from '../oauth/blocks.ts'
import type { CertificateFacts, CompiledPolicy, PolicyDecision, PolicyRequest } from '../policy/contract.ts'
import { explainDecision } from '../policy/explain.ts'
import { supposedFactsOf } from '../policy/facts.ts'
import type { PolicyInForce, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import { toBlockAnswer } from './grants.ts'

/**
 * What the policy in force says to a request, and which rule decides it.
 *
 * **Not judged, because nothing is sent: the binding (DPoP, TLS), and whether an assertion was used before.** What is
 * not judged of the holder is said with each {@link ExplainPolicyInput.holder}.
 *
 * @throws {ServiceError} ERR_SERVICE_NO_POLICY, ERR_SERVICE_REQUEST where PEM or assertion cannot be read
 */
export async function explainPolicy(
  { policy, stores }: Pick<Service, 'policy' | 'stores'>,
  input: ExplainPolicyInput,
  now: Date,
): Promise<ExplainPolicyAnswer> {
  const inForce = policy.current()
  const { version, clients } = inForce.policy
  const shown = await readHolder(inForce, input, now)
  const client = clientOf(inForce.policy, input, shown.facts)
  const holder = shown.holder === undefined ? {} : { holder: shown.holder }
  const known = client === undefined ? {} : { client }
  if (shown.facts === undefined) {
    const lines = ['the holder is refused before the policy is asked', ...linesOfHolder(shown.holder)]
    return { policyVersion: version, allowed: false, ...holder, ...known, lines }
  }
  const { facts } = shown
  const subject = input.subject ?? shown.subject ?? borneSubjectsOf(facts)[0] ?? ''
  const request: PolicyRequest = {
    grant: input.grant,
    facts,
    subject: input.grant === 'client_credentials' ? (input.clientId ?? subject) : subject,
    audience: input.audience ?? [],
    scope: input.scope ?? [],
    ...(input.clientId !== undefined && clients.has(input.clientId) && { clientId: input.clientId }),
  }
  const decision = inForce.policy.decide(request)
  const names = [request.subject, ...borneSubjectsOf(facts)]
  const block = (await stores.grants.blocks()).find(({ selector }) => coversHolder(selector, facts, names))
  const isHolderGood = shown.holder === undefined || shown.holder.accepted
  const isClientGood =
    client === undefined ? input.grant === 'jwt-bearer' : client.known && client.miss === undefined
  return {
    policyVersion: version,
    allowed: isHolderGood && isClientGood && decision.allowed && block === undefined,
    ...holder,
    ...known,
    facts,
    decision: toDecisionAnswer(decision),
    ...(block && { block: toBlockAnswer(block) }),
    lines: [
      ...linesOfHolder(shown.holder),
      ...linesOfClient(input, client),
      ...explainDecision(decision, request),
      ...(block === undefined ? [] : [`blocked by ${block.by}: ${block.reason}`]),
    ],
  }
}

/** What is known of the holder. */
interface Shown {
  readonly holder?: NonNullable<ExplainPolicyAnswer['holder']>
  readonly facts?: CertificateFacts
  /** An assertion's sub. */
  readonly subject?: string
}

async function readHolder(
  inForce: PolicyInForce,
  { holder, grant, clientId }: ExplainPolicyInput,
  now: Date,
): Promise<Shown> {
  switch (holder.kind) {
    case 'facts':
      return { facts: complete(holder.facts, now) }
    case 'certificates': {
      const found = await judgePath(inForce.policy, certificatesOf(holder.pem), now)
      return { ...found, holder: { accepted: found.facts !== undefined, checks: [], ...found.holder } }
    }
    case 'assertion': {
      const client = clientId === undefined ? undefined : inForce.policy.clients.get(clientId)
      const byClient = client?.legacy === true ? (inForce.legacyClients ?? inForce.clients) : inForce.clients
      const verifier = grant === 'jwt-bearer' ? inForce.grants : byClient
      const explanation = await verifier.explain(holder.assertion)
      const chain = explanation.certificates.map(({ unverifiedCertificate }) => unverifiedCertificate)
      const { facts } = chain.length === 0 ? {} : await judgePath(inForce.policy, chain, now)
      const subject = await subjectOf(holder.assertion)
      return {
        holder: toHolderAnswer(explanation),
        ...(facts && { facts }),
        ...(subject !== undefined && { subject }),
      }
    }
  }
}

// The same path rules as for a holder at /token; how certificates stand is for the verifier of assertions to say.
async function judgePath(
  policy: CompiledPolicy,
  [leaf, ...intermediates]: readonly Certificate[],
  at: Date,
): Promise<{ facts?: CertificateFacts; holder?: { code: string; message: string; hint: string } }> {
  if (leaf === undefined) throw malformed('a certificate is needed')
  try {
    return { facts: await supposedFactsOf([leaf, ...intermediates], policy, at) }
  } catch (error) {
    if (!isPkiError(error)) throw error
    const { code, message, hint } = error
    return { holder: { code, message, hint } }
  }
}

function certificatesOf(pem: string): readonly Certificate[] {
  try {
    const certificates = parseCertificates(pem)
    if (certificates.length <= MAX_CERTIFICATES) return certificates
  } catch (error) {
    if (!isPkiError(error)) throw error
    throw malformed(error.message)
  }
  throw malformed(`at most ${MAX_CERTIFICATES} certificates are read`)
}

// LIMIT: as many as the library takes in a token.
const MAX_CERTIFICATES = 10

async function subjectOf(assertion: string): Promise<string | undefined> {
  try {
    const { sub } = (await inspectToken(assertion)).unverifiedClaims
    return typeof sub === 'string' ? sub : undefined
  } catch (error) {
    if (!isPkiError(error)) throw error
    // The explanation of the verifier says what is wrong with it.
    return undefined
  }
}

function complete({ notAfter, ...facts }: SupposedFacts, now: Date): CertificateFacts {
  return {
    subject: '',
    dns: [],
    uris: [],
    emails: [],
    ips: [],
    upns: [],
    thumbprint: '',
    issuer: '',
    serialNumber: '',
    policies: [],
    extKeyUsage: [],
    notAfter: notAfter === undefined ? now.getTime() + YEAR_MILLISECONDS : Date.parse(notAfter),
    ...facts,
  }
}

const YEAR_MILLISECONDS = 31_536_000_000

type ClientAnswer = NonNullable<ExplainPolicyAnswer['client']>

function clientOf(
  { clients }: CompiledPolicy,
  { clientId, grant }: ExplainPolicyInput,
  facts: CertificateFacts | undefined,
): ClientAnswer | undefined {
  if (clientId === undefined) return undefined
  const client = clients.get(clientId)
  if (client === undefined) return { id: clientId, known: false }
  const rule = `clients.${clientId}.grants`
  if (!client.grants.includes(grant))
    return {
      id: clientId,
      known: true,
      miss: { profile: '', rule, expected: client.grants.join(', '), found: grant },
    }
  // One that only names itself may ask for the holder of any certificate, and never for itself.
  if (client.authentication === 'none' && grant === 'jwt-bearer') return { id: clientId, known: true }
  const miss = facts === undefined ? undefined : client.matches(facts)
  return { id: clientId, known: true, ...(miss && { miss }) }
}

function toHolderAnswer({ accepted, checks, error }: Explanation): ExplainPolicyAnswer['holder'] & object {
  if (error === undefined) return { accepted, checks }
  const { code, message, hint } = error
  return { accepted, checks, code, message, hint }
}

function toDecisionAnswer(decision: PolicyDecision): DecisionAnswer {
  if (decision.allowed) {
    const { algorithm: _, ...answer } = decision
    return answer
  }
  const { nearest, ...answer } = decision
  return { ...answer, ...(nearest && { nearest }) }
}

function linesOfHolder(holder: ExplainPolicyAnswer['holder']): readonly string[] {
  if (holder === undefined) return ['the facts are supposed: nothing was verified']
  if (holder.accepted) return ['the holder is accepted']
  return [`the holder is refused: ${holder.code ?? ''}: ${holder.message ?? ''}`]
}

function linesOfClient({ grant }: ExplainPolicyInput, client: ClientAnswer | undefined): readonly string[] {
  if (client === undefined) return grant === 'jwt-bearer' ? [] : ['client_credentials needs a clientId']
  if (!client.known) return ['the client is not registered']
  if (client.miss === undefined) return ['the client is registered, and this is its certificate']
  const { rule, expected, found } = client.miss
  return [`the client is refused: ${rule}: expected ${expected}; found ${found}`]
}

function malformed(problem: string): ServiceError {
  return new ServiceError('ERR_SERVICE_REQUEST', problem, { publicDetail: `holder: ${problem}` })
}
