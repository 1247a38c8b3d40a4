// Server: what is counted. All names begin with ingam_; labels have few values: none comes from a caller.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../service.ts'
import type { StoreHealth } from '../stores/contract.ts'

/** The metrics with their registry. */
export interface ServiceMetrics extends Metrics {
  /** Text in the format of Prometheus. */
  readonly text: () => Promise<string>
  readonly contentType: string
  readonly tlsReload: (outcome: 'taken' | 'refused') => void
  /** Asked when metrics are read. */
  readonly watch: (sources: MetricSources) => void
  readonly close: () => void
}

/** What is read when metrics are read. */
export interface MetricSources {
  readonly store: () => StoreHealth
  readonly policyVersion: () => number
  readonly inFlight: () => number
  readonly connections: () => number
  /** Seconds since 1970 UTC; undefined without TLS. */
  readonly tlsNotAfter: () => number | undefined
}

/** Metrics in a registry of their own, those of the process (`process_…`, `nodejs_…`) among them. */
export function createMetrics(): ServiceMetrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const requests = new Counter({
    name: 'ingam_requests_total',
    help: 'Requests answered, by endpoint and status',
    labelNames: ['endpoint', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'ingam_request_seconds',
    help: 'Seconds from the end of the headers to the answer',
    labelNames: ['endpoint'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })
  const counter = (name: string, help: string, label: string): Counter =>
    new Counter({ name, help, labelNames: [label], registers })
  const issued = counter(
    'ingam_tokens_issued_total',
    'Access tokens issued, by profile of the policy',
    'profile',
  )
  const refused = counter('ingam_refusals_total', 'Requests refused, by code', 'code')
  const shed = counter('ingam_shed_total', 'Requests that were not worked on, by reason', 'reason')
  const reloads = counter(
    'ingam_tls_reloads_total',
    'New pairs of certificate and key, by outcome',
    'outcome',
  )
  for (const reason of ['overloaded', 'rate', 'draining']) shed.inc({ reason }, 0)
  for (const outcome of ['taken', 'refused']) reloads.inc({ outcome }, 0)

  return Object.freeze<ServiceMetrics>({
    contentType: register.contentType,
    text: async () => await register.metrics(),
    request(endpoint, status, duration) {
      requests.inc({ endpoint, status })
      seconds.observe({ endpoint }, duration)
    },
    issued: (profile) => issued.inc({ profile }),
    refused: (code) => refused.inc({ code }),
    shed: (reason) => shed.inc({ reason }),
    tlsReload: (outcome) => reloads.inc({ outcome }),
    watch(sources) {
      const gauge = (name: string, help: string, read: () => number | undefined): void => {
        new Gauge({
          name,
          help,
          registers,
          collect() {
            const value = read()
            if (value !== undefined) this.set(value)
          },
        })
      }
      const { store, policyVersion, inFlight, connections, tlsNotAfter } = sources
      gauge('ingam_store_queue', 'Units of work that wait for the disk', () => store().queued)
      gauge('ingam_store_commits', 'Transactions committed since the start', () => store().commits)
      gauge('ingam_store_units', 'Units of work committed since the start', () => store().units)
      gauge('ingam_store_failing', '1 while the state cannot be written', () =>
        store().state === 'ok' ? 0 : 1,
      )
      gauge('ingam_policy_version', 'Version of the policy in force; 0 for none', policyVersion)
      gauge('ingam_requests_in_flight', 'Requests that are worked on', inFlight)
      gauge('ingam_connections', 'Connections that are open', connections)
      gauge('ingam_tls_not_after_seconds', 'When the server certificate expires, since 1970 UTC', tlsNotAfter)
    },
    close: () => register.clear(),
  })
}
