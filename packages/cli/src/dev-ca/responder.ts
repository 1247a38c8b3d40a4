// CLI: an OCSP responder for development: HTTP on loopback, by the CA's own key or by one that it appoints for a day. What it
// answers it reads from the CA's folder at each request.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import {
  type CertId,
  type Certificate,
  createCertId,
  parseCertificates,
  parseOcspRequest,
  parseOcspResponse,
  sameCertId,
} from 'ingam/x509'
import { certIdsIn, type ResponseFields, writeAnswer, writeError } from './evidence.ts'
import { readIndex, readText } from './index-file.ts'
import { LISTS_FOLDER, type ListSigner, readListSigners } from './publish.ts'
import { lastActOn, readRevocations } from './revocations.ts'
import { type EvidenceSigner, evidenceSignerOf } from './signing.ts'
import { CA_FILES, ISSUING_FILES, readAuthority } from './store.ts'

/** How to answer. */
export interface ResponderOptions {
  readonly folder: string
  /** 0 chooses a free one. */
  readonly port: number
  /** Whether the CA's own key signs, or one that it appoints. */
  readonly signsBy: 'ca' | 'delegate'
  /** How long an answer counts. */
  readonly seconds: number
  readonly now: () => Date
  /** Told of each answer, in words. */
  readonly onAnswer: (text: string) => void
}

/** A responder that listens. */
export interface Responder {
  readonly url: string
  readonly stop: () => Promise<void>
}

// One CA of the folder, and who signs its answers.
interface Answering {
  readonly ca: ListSigner
  readonly responder: Certificate
  readonly signer: EvidenceSigner
  readonly isDelegated: boolean
}

// LIMIT: a request about one certificate has some hundred bytes.
const MAX_REQUEST_BYTES = 16_384
const REQUEST_MILLISECONDS = 5_000
const MAX_CONNECTIONS = 64

/** Starts the responder on 127.0.0.1. */
export async function startResponder(options: ResponderOptions): Promise<Responder> {
  const answering = await readAnswering(options)
  const server = createServer((request, response) => {
    void serve(request, response, answering, options)
  })
  server.requestTimeout = REQUEST_MILLISECONDS
  server.headersTimeout = REQUEST_MILLISECONDS
  server.maxConnections = MAX_CONNECTIONS
  const port = await listen(server, options.port)
  return { url: `http://127.0.0.1:${port}`, stop: async () => await close(server) }
}

async function readAnswering({ folder, signsBy, now }: ResponderOptions): Promise<readonly Answering[]> {
  const signers = await readListSigners(folder)
  const answering: Answering[] = []
  for (const ca of signers) {
    if (signsBy === 'ca') {
      answering.push({ ca, responder: ca.certificate, signer: ca.signer, isDelegated: false })
      continue
    }
    const { issueResponder } = await import('../dev-ca.ts')
    const authority = await readAuthority(folder)
    const key = await readText(join(folder, (ca.name === 'ca' ? CA_FILES : ISSUING_FILES).key))
    const certificatePem = ca.name === 'ca' ? authority.rootPem : authority.certificatePem
    const issued = await issueResponder({ certificatePem, privateKeyPem: key ?? '' }, now())
    const [responder] = parseCertificates(issued.certificatePem)
    if (responder === undefined) continue
    answering.push({ ca, responder, signer: evidenceSignerOf(issued.privateKeyPem), isDelegated: true })
  }
  return answering
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answering: readonly Answering[],
  options: ResponderOptions,
): Promise<void> {
  const send = (status: number, type: string, body: Uint8Array | string): void => {
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
    response.end(body)
  }
  try {
    const list = /^\/((?:ca|issuing)(?:-delta)?\.crl)$/u.exec(request.url ?? '')?.[1]
    if (request.method === 'GET' && list !== undefined) return await sendList(list, options, send)
    const der = await readRequest(request)
    if (der === undefined) return send(400, 'text/plain', 'expected an OCSP request (RFC 6960 A.1)\n')
    const { answer, text } = await answerTo(der, answering, options)
    options.onAnswer(text)
    send(200, 'application/ocsp-response', answer)
  } catch (error) {
    options.onAnswer(`internalError: ${error instanceof Error ? error.message : String(error)}`)
    send(200, 'application/ocsp-response', writeError(2))
  }
}

async function sendList(
  name: string,
  { folder }: ResponderOptions,
  send: (status: number, type: string, body: Uint8Array | string) => void,
): Promise<void> {
  const pem = await readText(join(folder, LISTS_FOLDER, name))
  if (pem === undefined) return send(404, 'text/plain', 'not published\n')
  const base64 = pem.split('\n').slice(1, -2).join('')
  send(200, 'application/pkix-crl', Uint8Array.from(Buffer.from(base64, 'base64')))
}

// RFC 6960 A.1: POST with the request as content, or GET with its base64 as the path.
async function readRequest(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (request.method === 'GET') {
    const text = decodePath((request.url ?? '').slice(1))
    return text !== undefined && /^[A-Za-z\d+/]+=*$/u.test(text) && text.length <= MAX_REQUEST_BYTES
      ? Uint8Array.from(Buffer.from(text, 'base64'))
      : undefined
  }
  if (request.method !== 'POST') return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) return undefined
    size += chunk.length
    if (size > MAX_REQUEST_BYTES) return undefined
    chunks.push(chunk)
  }
  return size === 0 ? undefined : Uint8Array.from(Buffer.concat(chunks))
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

interface Answer {
  readonly answer: Uint8Array
  readonly text: string
}

async function answerTo(
  der: Uint8Array,
  answering: readonly Answering[],
  options: ResponderOptions,
): Promise<Answer> {
  const request = parse(der)
  const certIds = certIdsIn(der)
  if (request === undefined || certIds === undefined)
    return { answer: writeError(1), text: 'malformedRequest' }
  const [asked] = request.certIds
  const own = asked === undefined ? undefined : await findCa(asked, answering)
  // RFC 6960 §2.3: about others than its own CA's certificates it may not answer.
  if (own === undefined) return { answer: writeError(6), text: 'unauthorized: a certificate of another CA' }
  const states = await statesOf(own.ca.subject, options.folder)
  const responses: ResponseFields[] = request.certIds.map(({ serialNumber }, index) => ({
    certId: certIds[index] ?? new Uint8Array(0),
    status: states(Buffer.from(serialNumber).toString('hex')),
  }))
  const producedAt = new Date(Math.floor(options.now().getTime() / 1000) * 1000)
  const answer = writeAnswer(
    {
      responder: own.responder,
      isDelegated: own.isDelegated,
      producedAt,
      nextUpdate: new Date(producedAt.getTime() + options.seconds * 1000),
      responses,
      nonce: request.nonce,
    },
    own.signer,
  )
  // What cannot be read by a stranger does not leave.
  parseOcspResponse(answer)
  const shown = responses.map(({ status }, index) => {
    const serial = Buffer.from(request.certIds[index]?.serialNumber ?? []).toString('hex')
    return `${serial}: ${typeof status === 'string' ? status : `revoked (${status.reason})`}`
  })
  return { answer, text: shown.join(', ') }
}

function parse(der: Uint8Array): ReturnType<typeof parseOcspRequest> | undefined {
  try {
    return parseOcspRequest(der)
  } catch {
    // Whatever is wrong with it, the answer is malformedRequest.
    return undefined
  }
}

async function findCa(asked: CertId, answering: readonly Answering[]): Promise<Answering | undefined> {
  if (asked.hash === 'unknown') return undefined
  for (const candidate of answering) {
    const { certificate } = candidate.ca
    // The name of a certificate whose issuer is this CA, and whose number is the one that is asked for.
    const child: Certificate = {
      ...certificate,
      issuer: certificate.subject,
      serialNumber: asked.serialNumber,
    }
    if (sameCertId(asked, await createCertId(child, certificate, asked.hash))) return candidate
  }
  return undefined
}

async function statesOf(
  subject: string,
  folder: string,
): Promise<(serial: string) => ResponseFields['status']> {
  const issued = new Set(
    ((await readIndex(folder)) ?? []).filter(({ issuer }) => issuer === subject).map(({ serial }) => serial),
  )
  const { acts } = await readRevocations(folder)
  return (serial) => {
    const last = lastActOn({ serial, issuer: subject }, acts)
    if (last !== undefined && last.reason !== 'removeFromCRL') return last
    return issued.has(serial) ? 'good' : 'unknown'
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}
