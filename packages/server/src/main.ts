// Server: what `ingam serve` calls: configuration, start, signals, end. Streams, variables and signals are handed in.

import { readFile as readFileFromDisk } from 'node:fs/promises'
import { escapeText } from 'ingam'
import { loadConfig } from './config/load.ts'
import { checkConfig } from './host/check.ts'
import { startService } from './host/start.ts'

/** A signal that the service knows. */
export type ServiceSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

/** What {@link serve} takes. */
export interface ServeOptions {
  /** Without one the variables alone count. */
  readonly configFile?: string
  /** Only look whether the service could start. */
  readonly check?: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** The lines of a check. */
  readonly stdout: { readonly write: (text: string) => unknown }
  /** One line that tells the address, then the log. */
  readonly stderr: { readonly write: (text: string) => unknown }
  /** Calls back at each signal; returns how to stop listening. */
  readonly onSignal: (listener: (signal: ServiceSignal) => void) => () => void
  readonly readFile?: (path: string) => Promise<Uint8Array>
  readonly clock?: () => Date
  /** Called once the service listens. */
  readonly onListening?: (url: string) => void
}

/**
 * Runs the service until SIGTERM or SIGINT, then drains it; a second one ends at once. SIGHUP reads certificate and keys
 * again.
 *
 * @returns the exit code: 0 after a clean end, or a check without problems; 1 after a check with problems, or where a
 *   second signal cut the drain short
 * @throws {ServiceError} as {@link loadConfig} and {@link startService}
 */
export async function serve(options: ServeOptions): Promise<number> {
  const {
    configFile,
    env,
    stdout,
    stderr,
    onSignal,
    readFile = readFileFromDisk,
    clock = () => new Date(),
  } = options
  const inputs = { ...(configFile !== undefined && { file: configFile }), env, readFile }
  if (options.check === true) {
    const lines = await checkConfig({ ...inputs, now: clock() })
    for (const { state, part, text } of lines) stdout.write(`${state.padEnd(7)}  ${part}: ${text}\n`)
    return lines.every(({ state }) => state === 'ok') ? 0 : 1
  }

  const ended = Promise.withResolvers<number>()
  const signals: ServiceSignal[] = []
  let act: (signal: ServiceSignal) => void = (signal) => void signals.push(signal)
  // Heard from the beginning: a signal during the start ends the service as soon as it can be ended.
  const stopListening = onSignal((signal) => act(signal))
  try {
    const config = await loadConfig(inputs)
    const service = await startService({ config, env, logStream: stderr, clock, readFile })
    stderr.write(`ingam: listening on ${service.url} as ${escapeText(config.issuer)}\n`)
    options.onListening?.(service.url)
    let isStopping = false
    act = (signal) => {
      if (signal === 'SIGHUP') return void service.reload()
      if (isStopping) return ended.resolve(1)
      isStopping = true
      service.stop().then(
        () => ended.resolve(0),
        (error: unknown) => ended.reject(error),
      )
    }
    for (const signal of signals) act(signal)
    return await ended.promise
  } finally {
    stopListening()
  }
}
