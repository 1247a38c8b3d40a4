// CLI: the end of the tour: a token service on this machine alone, and the lines by which somebody tries it from another
// terminal.

import { readFile } from 'node:fs/promises'
import { type Context, type ServerModule, say } from '../context.ts'
import { type ExitCode, usageError } from '../failure.ts'
import { shellWord } from '../output.ts'
import { runUntilStopped, type Started } from '../service/running.ts'
import { loadServer } from '../service/server.ts'
import { AUDIENCE, type Paths } from './names.ts'
import type { View } from './refusal.ts'
import { prepareService } from './service-files.ts'

/** Starts the service and serves until the person or the system stops it. */
export async function serveTour(
  context: Context,
  paths: Paths,
  { port, madeCa, view }: { readonly port: number; readonly madeCa: boolean; readonly view: View },
): Promise<ExitCode> {
  const server = await loadServer(context)
  const made = await prepareService(context, server, paths, madeCa)
  const url = `http://127.0.0.1:${port}`
  const config = await loadTourConfig(server, paths, { port, url })
  const print = (text: string): void => void context.stdout.write(`${text}\n`)
  const portHint = `choose another port: PORT=${port === 65_535 ? USUAL_PORT : port + 1} npm start`
  const onStarted = (running: Started): void => {
    print('')
    print(view.style.strong(`4. A token service answers on ${running.url}`))
    print(`   ${made ? 'made' : 'found'} its configuration, policy and state  ${paths.serviceFolder}`)
    print('')
    print(view.style.strong('In another terminal, from this folder:'))
    for (const [title, command] of linesOf(paths, running.url)) {
      print(`   ${view.style.faint(`# ${title}`)}`)
      print(`   ${command}`)
    }
    print('')
    say(context, 'note', 'the service runs until Ctrl-C')
  }
  return await runUntilStopped(context, server, config, { portHint, onStarted })
}

/** The port that PORT names. */
export function readPort({ env }: Context): number {
  const text = env['PORT'] ?? ''
  if (text === '') return USUAL_PORT
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN
  if (port >= 1 && port <= 65_535) return port
  throw usageError('PORT: expected a whole number from 1 to 65535', 'for example: PORT=8781 npm start')
}

// Only what the tour itself says: variables of the terminal are for other services.
async function loadTourConfig(
  server: ServerModule,
  paths: Paths,
  { port, url }: { readonly port: number; readonly url: string },
): Promise<Awaited<ReturnType<ServerModule['loadConfig']>>> {
  return await server.loadConfig({
    file: paths.config,
    env: { INGAM_ISSUER: url, INGAM_LISTEN_PORT: String(port) },
    readFile: async (path) => await readFile(path),
  })
}

function linesOf(paths: Paths, url: string): readonly (readonly [title: string, command: string])[] {
  const [certificate, key] = [shellWord(paths.certificate), shellWord(paths.key)]
  const login = `npx ingam login --service ${url} --cert ${certificate} --key ${key}`
  const admin = `--service ${url} --cert ${shellWord(paths.adminCertificate)} --key ${shellWord(paths.adminKey)}`
  return [
    [`an access token for ${AUDIENCE}`, login],
    ['what it says', `${login} | npx ingam inspect -`],
    ['what the audit log has of it', `npx ingam audit tail ${admin}`],
    [
      'end all that this certificate got',
      `npx ingam grants end --certificate ${certificate} --reason tried ${admin}`,
    ],
  ]
}

const USUAL_PORT = 8_780
