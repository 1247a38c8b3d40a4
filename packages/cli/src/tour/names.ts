// CLI: the names and places of the tour: who is who in it, and where its files lie.

import { join } from 'node:path'
import type { Context } from '../context.ts'
import { CA_FILES, CLIENT_FILES } from '../dev-ca/store.ts'

export const AUDIENCE = 'https://api.example'
export const OTHER_AUDIENCE = 'https://other.example'
export const CA_NAME = 'Ingam development CA'
export const CLIENT_NAME = 'client'
export const CLIENT_URI = 'spiffe://ingam.example/client'
export const ADMIN_CA_NAME = 'Ingam development CA of administrators'
export const ADMIN_NAME = 'developer'
export const ADMIN_URI = 'spiffe://ingam.example/administrator'

/** Where the files of the tour lie. */
export interface Paths {
  readonly home: string
  readonly caFolder: string
  readonly clientFolder: string
  readonly ca: string
  readonly certificate: string
  readonly key: string
  /** A CA of its own: whoever may issue for workloads must not be able to make administrators. */
  readonly adminCaFolder: string
  readonly adminCa: string
  readonly adminFolder: string
  readonly adminCertificate: string
  readonly adminKey: string
  readonly serviceFolder: string
  readonly config: string
  readonly policy: string
  readonly keyEncryptionKey: string
  readonly state: string
}

/** The places below the folder that `INGAM_HOME` names, `.ingam` where it names none. */
export function pathsOf({ env }: Pick<Context, 'env'>): Paths {
  const named = env['INGAM_HOME'] ?? ''
  const home = named === '' ? '.ingam' : named
  const at = (...parts: readonly string[]): string => join(home, ...parts)
  return {
    home,
    caFolder: at('ca'),
    clientFolder: at('client'),
    ca: at('ca', CA_FILES.certificate),
    certificate: at('client', CLIENT_FILES.certificate),
    key: at('client', CLIENT_FILES.key),
    adminCaFolder: at('admin-ca'),
    adminCa: at('admin-ca', CA_FILES.certificate),
    adminFolder: at('admin'),
    adminCertificate: at('admin', CLIENT_FILES.certificate),
    adminKey: at('admin', CLIENT_FILES.key),
    serviceFolder: at('service'),
    config: at('service', 'ingam.yaml'),
    policy: at('service', 'policy.yaml'),
    keyEncryptionKey: at('service', 'key-encryption.key'),
    state: at('service', 'state'),
  }
}
