// Server: who may use /admin. A token of its own kind of use: signed for `<issuer>/admin`, bound to this very request,
// good once; its certificate is below the administrators' own trust anchors, and is exactly one administrator's.

import {
  createVerifier,
  escapeText,
  inspectToken,
  isPkiError,
  targetUriOf,
  type VerifiedToken,
  type Verifier,
} from 'ingam'
import type { AuditEvent, AuditType } from '../audit/record.ts'
import type { Administrator, ServiceConfig } from '../config/contract.ts'
import type { JsonRecord } from '../json.ts'
import { beforeEpoch } from '../oauth/undecided.ts'
import type { Exchange, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'
import type { CommitOutcome, OneTimeUse, UnitOfWork } from '../stores/contract.ts'
import { findAdministrator } from './certificate-match.ts'

/** An administrator's request that was found good; its token is used up by the first {@link commit} or {@link take}. */
export interface Admission {
  readonly administrator: Administrator
  readonly exchange: Exchange
  readonly now: Date
  /** An event of this act, with who acts and under which request. */
  readonly event: (type: AuditType, details: JsonRecord, thumbprint?: string) => AuditEvent
  /**
   * Commits a unit of work together with the use of the token: both, or none.
   *
   * @throws {ServiceError} ERR_ADMIN_TOKEN where the token was used before, ERR_OAUTH_UNDECIDED where the store cannot know;
   *   as Stores.commit
   */
  readonly commit: (unit: Omit<UnitOfWork, 'uses'>) => Promise<Admitted>
  /** Uses up the token alone, where nothing has yet. @throws {ServiceError} as {@link commit} */
  readonly take: () => Promise<void>
}

/** How a unit ended whose token was fresh. */
export type Admitted = Extract<CommitOutcome, { outcome: 'committed' | 'conflict' | 'blocked' }>

/** Admits a request, or refuses it. */
export type AdminGate = (exchange: Exchange, role: Administrator['role']) => Promise<Admission>

/** LIMIT: seconds for which an administrator's token may live: one is signed for each request. */
export const MAX_ADMIN_TOKEN_SECONDS = 120

/**
 * Makes the gate. What it admits was signed by an administrator for this request and role.
 *
 * **Not done: the token is not used up.** That is part of the act: see {@link Admission}.
 *
 * @returns a gate that throws {ServiceError} ERR_ADMIN_TOKEN for whoever is no administrator, always alike,
 *   ERR_ADMIN_FORBIDDEN for an auditor who acts, ERR_SERVICE_RATE_LIMITED, ERR_SERVICE_CLOCK, and as Stores.commit
 */
export function createAdminGate(service: Service, admin: NonNullable<ServiceConfig['admin']>): AdminGate {
  const { issuer } = service.config
  const verifier = createAdminVerifier(service, admin)

  return async (exchange, role) => {
    // Before the token is looked at: that the clock has failed says nothing about it.
    const now = service.clock.now()
    const token = await verify(exchange)
    const { thumbprint } = token.identity
    service.perCertificate.take(rateKeyOf(thumbprint), now)
    const administrator = findAdministrator(admin.administrators, token.identity)
    const admission = admit(service, { exchange, now, token, administrator })
    if (administrator === undefined) return await admission.refuse('no administrator')
    if (role === 'operator' && administrator.role !== 'operator') return await admission.refuse('role')
    return { ...admission, administrator }
  }

  async function verify(exchange: Exchange): Promise<VerifiedToken> {
    const { request, body } = exchange
    const token = bearerOf(request.headers.get('Authorization'))
    if (token === undefined) throw early(exchange, 'ERR_ADMIN_TOKEN')
    try {
      const targetUri = adminTargetOf(issuer, request)
      return await verifier.verify(token, { request: { method: request.method, targetUri, content: body } })
    } catch (error) {
      // A wrong call of the library is a fault of the service, and an ArgumentError is a TypeError.
      if (!isPkiError(error) || error instanceof TypeError) throw error
      // Of all checks that of revocation alone comes after the signature's (docs/token-format.md).
      if (error.code.startsWith('ERR_REVOCATION_')) throw await late(exchange, token, error.code)
      throw early(exchange, error.code, error)
    }
  }

  function early({ requestId, peer }: Exchange, code: string, cause?: unknown): ServiceError {
    service.refusals.early({ code, requestId, address: peer.address })
    service.metrics.refused('ERR_ADMIN_TOKEN')
    return notAdmitted(`no administrator's token: ${code}`, { code }, cause)
  }

  async function late(exchange: Exchange, token: string, code: string): Promise<ServiceError> {
    const now = service.clock.now()
    const thumbprint = await signerOf(token)
    if (thumbprint !== undefined) service.perCertificate.take(rateKeyOf(thumbprint), now)
    const refusal = refusalOf(exchange, now, { reason: 'revocation', code }, thumbprint)
    await service.stores.commit({ audit: [refusal] })
    service.metrics.refused('ERR_ADMIN_TOKEN')
    return notAdmitted(`the administrator's certificate: ${code}`, { code })
  }
}

function createAdminVerifier(
  { config, clock, log, revocationSources }: Service,
  { trustAnchors, revocation: mode }: NonNullable<ServiceConfig['admin']>,
): Verifier {
  // A verifier reads its clock once when it is made, for a memory that is not used here: a clock that cannot be relied on
  // must not keep the service from starting.
  let isMade = false
  const verifier = createVerifier({
    trustAnchors,
    audience: `${config.issuer}/admin`,
    revocation: mode === 'off' ? 'off' : { mode, depth: 'chain', sources: revocationSources, onUndecided },
    requiredBinding: ['request'],
    oneTimeUse: 'caller',
    maxLifetimeSeconds: MAX_ADMIN_TOKEN_SECONDS,
    clock: () => (isMade ? clock.now() : new Date(0)),
  })
  isMade = true
  return verifier

  function onUndecided(): void {
    log.warn({}, "accepted although the standing of an administrator's certificate is unknown")
  }
}

/**
 * The URI for which a token must have been signed: the configured issuer's origin, and path and query as they came. No
 * header of the request has a say in it.
 *
 * @throws {RequestError} ERR_REQUEST_TARGET where path and query are not written as the URL Standard writes them
 */
export function adminTargetOf(issuer: string, { url }: Request): string {
  // What stands before the path is what the server was told by others.
  const target = url.slice(url.indexOf('/', url.indexOf('://') + 3)).replace(/#.*$/su, '')
  return targetUriOf(new URL(issuer).origin, target)
}

// Of a token whose signature has verified: its certificate stands in it, or is named by a header that was signed.
async function signerOf(token: string): Promise<string | undefined> {
  const { unverifiedCertificates, unverifiedHeader } = await inspectToken(token)
  const named = unverifiedHeader['x5t#S256']
  return unverifiedCertificates[0]?.thumbprint ?? (typeof named === 'string' ? named : undefined)
}

interface Arrival {
  readonly exchange: Exchange
  readonly now: Date
  readonly token: VerifiedToken
  readonly administrator: Administrator | undefined
}

interface Arrived extends Omit<Admission, 'administrator'> {
  /** Writes the refusal, durably, and throws it. */
  readonly refuse: (reason: 'no administrator' | 'role') => Promise<never>
}

function admit(service: Service, { exchange, now, token, administrator }: Arrival): Arrived {
  const { thumbprint, anchor } = token.identity
  const name = administrator?.name
  const use = useOf(token)
  let isSettled = false

  const refusal = (reason: string): AuditEvent =>
    refusalOf(exchange, now, { reason, anchor }, thumbprint, name)
  const commit: Admission['commit'] = async (unit) => {
    // Once, whatever comes of it: a unit that could not be written has used nothing, and is not tried again here.
    isSettled = true
    const otherwise = unit.auditOtherwise ?? [refusal('used before, or undecided')]
    const outcome = await service.stores.commit({ ...unit, uses: [use], auditOtherwise: otherwise })
    switch (outcome.outcome) {
      case 'used':
        service.metrics.refused('ERR_ADMIN_TOKEN')
        throw notAdmitted("the administrator's token was used before", { reason: 'used before' })
      case 'before-epoch':
        throw beforeEpoch("an administrator's token", outcome.epoch, now)
      default:
        return outcome
    }
  }

  return {
    exchange,
    now,
    event: (type, details, about) => ({
      type,
      at: now.getTime(),
      requestId: exchange.requestId,
      ...(about !== undefined && { thumbprint: about }),
      actor: name ?? '',
      details: { ...details, administrator: thumbprint },
    }),
    commit,
    async take() {
      if (!isSettled) await commit({ audit: [] })
    },
    async refuse(reason) {
      await service.stores.commit({ audit: [refusal(reason)] })
      const code = reason === 'role' ? 'ERR_ADMIN_FORBIDDEN' : 'ERR_ADMIN_TOKEN'
      service.metrics.refused(code)
      if (code === 'ERR_ADMIN_TOKEN') throw notAdmitted("the certificate is not one administrator's", {})
      throw new ServiceError(code, `administrator ${name ?? ''} has the role auditor`)
    },
  }
}

// RFC 6750 §2.1. Of several headers a Request makes one with commas in it, which no token has.
function bearerOf(header: string | null): string | undefined {
  const [, token] = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/iu.exec(header ?? '') ?? []
  return token
}

function useOf({ oneTimeEntry }: VerifiedToken): OneTimeUse {
  if (oneTimeEntry === undefined) throw new TypeError('the verifier leaves one-time use to its caller')
  const { key, keepUntil, issuedAt } = oneTimeEntry
  return { key, keepUntil, issuedAt }
}

// One administrator that reads and one workload that gets tokens do not take each other's share.
function rateKeyOf(thumbprint: string): string {
  return `admin:${thumbprint}`
}

function refusalOf(
  { requestId, request, path }: Exchange,
  now: Date,
  details: JsonRecord,
  thumbprint: string | undefined,
  actor?: string,
): AuditEvent {
  return {
    type: 'admin.refused',
    at: now.getTime(),
    requestId,
    ...(thumbprint !== undefined && { thumbprint }),
    ...(actor !== undefined && { actor }),
    details: { ...details, method: request.method, path: escapeText(path) },
  }
}

// One answer for all: whoever is no administrator learns nothing of what was wrong.
function notAdmitted(
  message: string,
  details: Readonly<Record<string, string>>,
  cause?: unknown,
): ServiceError {
  return new ServiceError('ERR_ADMIN_TOKEN', message, {
    details,
    headers: { 'WWW-Authenticate': 'Bearer' },
    ...(cause !== undefined && { cause }),
  })
}
