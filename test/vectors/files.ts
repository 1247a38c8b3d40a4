// The files of v1/, read.

import { readdirSync, readFileSync } from 'node:fs'
import type { PinnedVerifier, VectorFile } from './format.ts'

const FOLDER = new URL('v1/', import.meta.url)

/** The files whose verifier is made by createVerifier, in the order of their names. */
export function readVectors(): readonly VectorFile[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json') && name !== 'pinned.json')
    .sort()
    .map((name): VectorFile => JSON.parse(textOf(name)))
}

/** The tokens of verifyToken. */
export function readPinnedVectors(): VectorFile<PinnedVerifier> {
  return JSON.parse(textOf('pinned.json'))
}

function textOf(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}
