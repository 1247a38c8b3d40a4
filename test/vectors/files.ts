// The files of v1/, read.

import { readdirSync, readFileSync } from 'node:fs'
import type { PinnedVerifier, VectorFile } from './format.ts'

const FOLDER = new URL('v1/', import.meta.url)

const APART = ['pinned.json', 'assertions.json']

/** The files of cert-auth+jwt and cert-proof+jwt, in the order of their names. */
export function readVectors(): readonly VectorFile[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json') && !APART.includes(name))
    .sort()
    .map((name): VectorFile => JSON.parse(textOf(name)))
}

/** The tokens for an authorization server, which not every verifier of the others knows. */
export function readAssertionVectors(): VectorFile {
  return JSON.parse(textOf('assertions.json'))
}

/** The tokens of verifyToken. */
export function readPinnedVectors(): VectorFile<PinnedVerifier> {
  return JSON.parse(textOf('pinned.json'))
}

function textOf(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}
