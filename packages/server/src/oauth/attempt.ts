// Server: one request on its way to a yes or a no, and what is known so far of who makes it. Once a signature or a TLS
// handshake has verified, a refusal is durable before it leaves; before that it is only counted, because anybody can
// cause it at no cost.

import type { AuditEvent, AuditType } from '../audit/record.ts'
import type { JsonRecord } from '../json.ts'
import type { Exchange, Service } from '../service.ts'
import { ServiceError } from '../service-error.ts'

/** Collects what the audit record of this request will say. */
export class Attempt {
  readonly #service: Service
  readonly #exchange: Exchange
  readonly #at: Date
  readonly #proven = new Set<string>()
  #thumbprint: string | undefined
  #notes: JsonRecord

  constructor(service: Service, exchange: Exchange, at: Date, endpoint: 'token' | 'introspect' | 'revoke') {
    this.#service = service
    this.#exchange = exchange
    this.#at = at
    this.#notes = { endpoint }
  }

  /** Adds to what the record will say. Never a token, a key or a nonce. */
  note(fields: JsonRecord): void {
    this.#notes = { ...this.#notes, ...fields }
  }

  /**
   * Says that the holder of a certificate made this request, by a signature or a TLS handshake that verified, and takes
   * from its rate, once a request.
   *
   * @param thumbprint base64url SHA-256 of the certificate's DER
   * @throws {ServiceError} ERR_SERVICE_RATE_LIMITED
   */
  prove(thumbprint: string): void {
    this.#thumbprint = thumbprint
    if (this.#proven.has(thumbprint)) return
    this.#proven.add(thumbprint)
    this.#service.perCertificate.take(thumbprint, this.#at)
  }

  /** An audit event of this request, with the notes. */
  event(type: AuditType, details: JsonRecord = {}): AuditEvent {
    return {
      type,
      at: this.#at.getTime(),
      requestId: this.#exchange.requestId,
      ...(this.#thumbprint !== undefined && { thumbprint: this.#thumbprint }),
      actor: 'service',
      details: { ...this.#notes, ...details },
    }
  }

  /**
   * Records a refusal; resolves once that is durable, where it has to be.
   *
   * @returns what is to be thrown: the refusal, or why it could not be recorded
   */
  async recordRefusal(error: unknown): Promise<unknown> {
    // Whatever else was thrown is a fault of the service and no refusal: it goes into the log with its stack.
    if (!(error instanceof ServiceError)) return error
    const reason = error.details['reason']
    this.#service.metrics.refused(error.code)
    if (this.#thumbprint === undefined || !isJudgement(error)) {
      const { requestId, peer } = this.#exchange
      const code = typeof reason === 'string' && reason.startsWith('ERR_') ? reason : error.code
      this.#service.refusals.early({ code, requestId, address: peer.address })
      return error
    }
    try {
      const details = { ...error.details, code: error.code }
      await this.#service.stores.commit({ audit: [this.event('token.refused', details)] })
      return error
    } catch (failure) {
      // No answer without its record: the caller hears that the service cannot work now.
      return failure
    }
  }
}

// What the service could not do, or did not look at for want of capacity, is no judgement on the holder; and a record for
// each request above the rate would let one holder fill the disk.
function isJudgement({ code, status }: ServiceError): boolean {
  return code === 'ERR_OAUTH_UNDECIDED' || (status < 500 && status !== 429)
}
