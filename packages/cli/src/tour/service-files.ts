// CLI: the files of the service that the tour starts: its configuration, its policy, its key-encryption key, and who may
// administer it. Made where they are missing, and never changed: a person may go on from them.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Context, ServerModule } from '../context.ts'
import { CommandError } from '../failure.ts'
import { writeNewFile, writeNewFolder } from '../folders.ts'
import { prepareCa, prepareHolder } from './certificates.ts'
import { ADMIN_CA_NAME, ADMIN_NAME, ADMIN_URI, AUDIENCE, CLIENT_URI, type Paths } from './names.ts'

/** Makes what is missing; whether anything was. `freshCa`: the CA of workloads was made by this run. */
export async function prepareService(
  context: Context,
  server: ServerModule,
  paths: Paths,
  freshCa: boolean,
): Promise<boolean> {
  if (freshCa && existsSync(paths.serviceFolder)) {
    throw new CommandError(1, `${paths.serviceFolder}: its policy trusts an earlier development CA`, [
      `remove the folder ${paths.serviceFolder} and start again`,
    ])
  }
  const adminCa = { name: ADMIN_CA_NAME, folder: paths.adminCaFolder }
  const made = [
    await prepareCa(context, adminCa),
    await prepareHolder(context, adminCa, { name: ADMIN_NAME, uri: ADMIN_URI, folder: paths.adminFolder }),
    await prepareFile(paths, paths.config, CONFIG),
    await prepareFile(paths, paths.policy, policyOf(await readFile(paths.ca, 'utf8'))),
    await prepareKey(server, paths),
  ]
  return made.includes(true)
}

async function prepareFile(paths: Paths, path: string, text: string): Promise<boolean> {
  if (existsSync(path)) return false
  if (!existsSync(paths.serviceFolder)) await writeNewFolder(paths.serviceFolder, [])
  await writeNewFile(path, text, () => Promise.resolve())
  return true
}

// A new key does not open what an earlier one closed: it is made for a state that is not there yet, and for no other.
async function prepareKey(server: ServerModule, paths: Paths): Promise<boolean> {
  if (existsSync(paths.keyEncryptionKey)) return false
  if (existsSync(paths.state)) {
    throw new CommandError(3, `${paths.keyEncryptionKey}: no such file, and the state was made with it`, [
      `remove the folder ${paths.serviceFolder} and start again`,
    ])
  }
  await server.createKeyEncryptionKeyFile(paths.keyEncryptionKey, randomBytes)
  return true
}

const CONFIG = `# The service of the tour: for development alone. docs/server.md lists every key.
issuer: http://127.0.0.1:8780
listen:
  host: 127.0.0.1
  port: 8780
state:
  folder: state
secrets:
  keyEncryptionKey:
    file: key-encryption.key
# Applied where the state has no policy yet; from then on: ingam policy apply FILE
initialPolicy: policy.yaml
admin:
  trustAnchors: [../admin-ca/ca.pem]
  administrators:
    - name: ${ADMIN_NAME}
      role: operator
      certificate:
        san_uri: ${ADMIN_URI}
  revocation: off
log:
  level: warn
`

function policyOf(caPem: string): string {
  const pem = caPem.trim().replaceAll(/^/gmu, '      ')
  return `# Who gets which token. docs/policy.md lists every key; no rule means no.
version: 1
revocation: off
trustAnchors:
  development:
    certificate: |
${pem}
    names:
      directoryNames: any
      uris: [ingam.example]
profiles:
  client:
    match:
      trustAnchor: development
      uri: ${CLIENT_URI}
    audience: [${AUDIENCE}]
    scope: [read, write]
    lifetime: 5m
    binding: none
`
}
