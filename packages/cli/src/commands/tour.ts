// CLI: `ingam tour`, which `npm start` runs: a holder signs, a verifier accepts, six forgeries are refused with their
// reasons, a certificate is revoked; then a token service answers until it is stopped. Makes what is missing in one folder.

import { Command } from 'commander'
import { createVerifier, escapeText, signToken } from 'ingam'
import { loadTrustAnchors } from 'ingam/node'
import { formatName } from 'ingam/x509'
import { type Context, styleFor } from '../context.ts'
import type { ExitCode } from '../failure.ts'
import { roomOf } from '../layout/room.ts'
import { formatRows, type Row } from '../layout/rows.ts'
import { shellWord } from '../output.ts'
import { loadHolder, prepareCa, prepareHolder } from '../tour/certificates.ts'
import { makeForgeries } from '../tour/forgeries.ts'
import {
  AUDIENCE,
  CA_NAME,
  CLIENT_NAME,
  CLIENT_URI,
  OTHER_AUDIENCE,
  type Paths,
  pathsOf,
} from '../tour/names.ts'
import { showRefusal, type View } from '../tour/refusal.ts'
import { showRevocation } from '../tour/revoked.ts'
import { readPort, serveTour } from '../tour/serving.ts'

/** The options of `ingam tour`. */
export interface TourOptions {
  readonly serve: boolean
}

/** The command with its usage page. */
export function tourCommand(context: Context, settle: (exit: ExitCode) => void): Command {
  return new Command('tour')
    .description(
      'See tokens accepted, forged ones refused, a certificate revoked; then a token service runs.',
    )
    .option('--no-serve', 'end before the service is started')
    .addHelpText('after', AFTER)
    .action(async (options: TourOptions) => settle(await run(context, options)))
}

/** Shows the whole way once, and serves until it is stopped. */
export async function run(context: Context, options: TourOptions): Promise<ExitCode> {
  const port = options.serve ? readPort(context) : undefined
  const paths = pathsOf(context)
  const view = { room: roomOf(context), style: styleFor(context, 'stdout') }
  const print = (text: string): void => void context.stdout.write(`${text}\n`)
  print(view.style.strong('The holder of a certificate signs; who trusts the CA decides.'))
  const madeCa = await showTokens(context, paths, view)
  if (port !== undefined) return await serveTour(context, paths, { port, madeCa, view })
  print('')
  print(view.style.strong('Try next, from this folder:'))
  for (const command of commandsOf(paths)) print(`   ${command}`)
  return 0
}

async function showTokens(context: Context, paths: Paths, { room, style }: View): Promise<boolean> {
  const print = (text: string): void => void context.stdout.write(`${text}\n`)
  const title = (text: string): void => print(`\n${style.strong(text)}`)
  const rows = (given: readonly Row[]): void => print(formatRows(given, room, '   '))

  const ca = { name: CA_NAME, folder: paths.caFolder }
  const client = { name: CLIENT_NAME, uri: CLIENT_URI, folder: paths.clientFolder }
  const madeCa = await prepareCa(context, ca)
  const madeClient = await prepareHolder(context, ca, client)
  print('')
  rows([
    [madeCa ? 'made a development CA' : 'found the development CA', paths.caFolder],
    [madeClient ? 'made a client certificate' : 'found the client certificate', paths.clientFolder],
  ])
  const credential = await loadHolder(context, client, paths.home)

  // The verifier comes first: it refuses tokens from before its memory of used tokens began.
  const trustAnchors = await loadTrustAnchors(paths.ca)
  const verifier = createVerifier({ trustAnchors, audience: AUDIENCE, revocation: 'off', clock: context.now })

  title('1. The client signs a token, the server verifies it')
  const token = await signToken(credential, { audience: AUDIENCE, claims: { order: 7 }, at: context.now() })
  const forgeries = await makeForgeries({ context, credential, token })
  const { identity, path, claims, expiresAt } = await verifier.verify(token)
  rows([
    ['token', `${token.slice(0, 48)}… (${token.length} bytes)`, style.faint],
    ['', 'accepted', style.good],
    [
      'signed by',
      `${escapeText(identity.subject)}  ${identity.uris.map((uri) => escapeText(uri)).join(' ')}`,
    ],
    ['vouched for by', escapeText(formatName(path.anchor.certificate.subject))],
    ['claims', `order ${String(claims['order'])}, expires at ${expiresAt.toISOString()}`],
  ])

  title('2. Six forgeries, each refused with its reason')
  for (const forgery of forgeries) print(await showRefusal(verifier, forgery, { room, style }))

  title('3. A certificate is revoked after its tokens were signed')
  for (const text of await showRevocation(context, paths, { room, style })) print(text)
  return madeCa
}

function commandsOf(paths: Paths): readonly string[] {
  const [ca, certificate, key] = [shellWord(paths.ca), shellWord(paths.certificate), shellWord(paths.key)]
  const sign = `npx ingam sign --cert ${certificate} --key ${key}`
  return [
    `${sign} --aud ${AUDIENCE} --claim order:=7 | npx ingam verify --ca ${ca} --aud ${AUDIENCE} --revocation off -`,
    `${sign} --aud ${OTHER_AUDIENCE} | npx ingam explain --ca ${ca} --aud ${AUDIENCE} --revocation off -`,
    `${sign} --aud ${AUDIENCE} | npx ingam inspect -`,
  ]
}

const AFTER = `
Keeps a development CA, certificates, and the service with its state in .ingam, or in the folder that INGAM_HOME names. The service listens on 127.0.0.1, on port 8780 or the one that PORT names, until Ctrl-C; the lines that are printed work in another terminal.

Exit codes: 0 shown, and served where it was asked to, 1 a certificate of the tour has expired, 2 usage, 3 the folder cannot be read or written, or the port is in use, 70 a forgery was accepted, which is our bug.

Example:
  ingam tour --no-serve`
