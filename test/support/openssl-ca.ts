// What an operator runs beside a CA of openssl's: `openssl ca` with its index, which revokes and writes lists, and
// `openssl ocsp -port`, which answers from the same index.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { OpensslCertificate, OpensslPki } from './openssl-pki.ts'

/** One CA with its index. */
export interface OpensslCa {
  /** Enters a certificate as issued: responders know those alone. */
  readonly enter: (certificate: OpensslCertificate) => void
  readonly revoke: (certificate: OpensslCertificate, reason?: string) => void
  /** A list as DER; `extensions` are lines of an openssl configuration. */
  readonly list: (options?: { readonly extensions?: readonly string[]; readonly days?: number }) => Uint8Array
  /** Starts a responder on a free port; it ends with `stop`. */
  readonly serve: (options: ServeOptions) => Promise<OpensslResponder>
}

export interface ServeOptions {
  /** Who signs; the CA itself where it is the same. */
  readonly signer: OpensslCertificate
  /** How long answers count; without it they have no nextUpdate. */
  readonly minutes?: number
  readonly extra?: readonly string[]
}

export interface OpensslResponder {
  readonly url: string
  readonly stop: () => Promise<void>
}

let made = 0

/** Keeps the index of a CA in files of the PKI's folder. */
export function createOpensslCa(openssl: string, pki: OpensslPki, ca: OpensslCertificate): OpensslCa {
  const name = `index-${++made}`
  const index = pki.write(`${name}.txt`, '')
  pki.write(`${name}.txt.attr`, 'unique_subject = no\n')
  const number = pki.write(`${name}.number`, '01\n')
  const keys = ['-keyfile', ca.keyFile, '-cert', ca.certificateFile]

  function configuration(extensions: readonly string[]): string {
    const lines = [
      '[ca]\ndefault_ca = own',
      `[own]\ndatabase = ${index}\ncrlnumber = ${number}\ndefault_md = sha256\ncrl_extensions = lists`,
      `[lists]\nauthorityKeyIdentifier = keyid:always`,
      ...extensions,
    ]
    return pki.write(`${name}.cnf`, `${lines.join('\n')}\n`)
  }

  return {
    enter(certificate) {
      pki.run('ca', '-config', configuration([]), ...keys, '-valid', certificate.certificateFile)
    },
    revoke(certificate, reason) {
      const why = reason === undefined ? [] : ['-crl_reason', reason]
      pki.run('ca', '-config', configuration([]), ...keys, '-revoke', certificate.certificateFile, ...why)
    },
    list({ extensions = [], days = 7 } = {}) {
      const pem = pki.path(`${name}.crl`)
      const config = configuration(extensions)
      pki.run('ca', '-config', config, ...keys, '-gencrl', '-crldays', String(days), '-out', pem)
      return Uint8Array.from(pki.run('crl', '-in', pem, '-outform', 'DER'))
    },
    async serve({ signer, minutes, extra = [] }) {
      const signing = ['-rsigner', signer.certificateFile, '-rkey', signer.keyFile]
      const lifetime = minutes === undefined ? [] : ['-nmin', String(minutes)]
      const args = [
        'ocsp',
        '-port',
        '0',
        '-index',
        index,
        '-CA',
        ca.certificateFile,
        ...signing,
        ...lifetime,
        ...extra,
      ]
      const child = spawn(openssl, args, { stdio: ['ignore', 'pipe', 'pipe'] })
      const port = await portOf(child)
      return {
        url: `http://127.0.0.1:${port}`,
        async stop() {
          const ended = once(child, 'exit')
          child.kill('SIGKILL')
          await ended
        },
      }
    },
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  let said = ''
  return await new Promise((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      const port = /ACCEPT \S*?:(\d+) PID/u.exec(said)?.[1]
      if (port !== undefined && said.includes('waiting')) resolve(Number(port))
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', () => reject(new Error(`openssl ocsp ended: ${said}`)))
    child.once('error', reject)
  })
}
