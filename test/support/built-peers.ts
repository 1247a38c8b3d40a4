// Where the peers in other languages lie once they are built, outside of git. The folder is named for what it was built
// from: a program of other sources is not found, so that none is asked by mistake.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Languages whose peers have to be built. */
export type BuiltLanguage = 'go' | 'java'

const ROOT = join(import.meta.dirname, '..', '..')

/** All that is built from, and the file without which nothing is built. */
const BUILT = {
  go: { sources: ['go.mod', 'go.sum', 'main.go'], product: 'peer' },
  java: { sources: ['pom.xml', 'jars.sha256', 'src/main/java/Peer.java'], product: 'classes/Peer.class' },
} as const

/** The folder with the sources of the peer. */
export function peerSources(language: BuiltLanguage): string {
  return join(ROOT, 'test', 'interop', 'peers', language)
}

/** The folder that holds what is built from the sources as they are. */
export function peerFolder(language: BuiltLanguage): string {
  const hash = createHash('sha256')
  for (const source of BUILT[language].sources) {
    hash.update(`${source}\0`).update(readFileSync(join(peerSources(language), source)))
  }
  return join(ROOT, '.ingam', 'peers', `${language}-${hash.digest('hex').slice(0, 16)}`)
}

/** The file that is there when the peer is built. */
export function peerProduct(language: BuiltLanguage): string {
  return join(peerFolder(language), BUILT[language].product)
}
