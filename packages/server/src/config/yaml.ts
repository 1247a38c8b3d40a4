// Server: YAML as a configuration may be written: one document, keys once and of text, no aliases, anchors, merge keys or
// tags, bounded in size and depth. Its values keep the place where they stand.

import { escapeText } from 'ingam'
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml'
import { ServiceError } from '../service-error.ts'

/** A place in a file, both from 1 on. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A document that was read. */
export interface YamlDocument {
  /** Plain objects, arrays, texts, numbers, booleans and null. */
  readonly value: unknown
  /** Where the value at a path stands; of the nearest above it where there is none. */
  readonly placeOf: (path: readonly (string | number)[]) => Place | undefined
  /** Where a key of the mapping at a path stands. */
  readonly placeOfKey: (path: readonly (string | number)[], key: string) => Place | undefined
}

// LIMIT: a configuration with a hundred administrators takes some 20 KiB.
const MAX_BYTES = 262_144
// LIMIT: the schema is five levels deep; more is refused before anybody walks it.
const MAX_DEPTH = 16

/**
 * Reads YAML 1.2 (core schema). **What the keys are is not checked.**
 *
 * @param text the file's content
 * @param source the file's name, for messages
 * @throws {ServiceError} ERR_CONFIG_SYNTAX with line and column
 */
export function parseYaml(text: string, source: string): YamlDocument {
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_BYTES)
    throw syntaxError(source, undefined, `at most ${MAX_BYTES} bytes expected, found ${bytes}`)
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    merge: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  })
  const placeAt = (offset: number | undefined): Place | undefined => {
    if (offset === undefined) return undefined
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const [error] = document.errors
  // The parser's own sentence may quote the text, and a secret with it.
  if (error !== undefined) throw syntaxError(source, placeAt(error.pos[0]), describeCode(error.code))
  const [warning] = document.warnings
  if (warning !== undefined) throw syntaxError(source, placeAt(warning.pos[0]), describeCode(warning.code))
  checkNode(document.contents, 0, (node, problem) => syntaxError(source, placeAt(node.range?.[0]), problem))
  return {
    value: document.contents === null ? {} : document.toJS({ maxAliasCount: 0 }),
    placeOf: (path) => placeAt(nearest(document, path)?.range?.[0]),
    placeOfKey: (path, key) =>
      placeAt(keyNode(document, path, key)?.range?.[0] ?? nearest(document, path)?.range?.[0]),
  }
}

function checkNode(
  node: unknown,
  depth: number,
  refuse: (node: Node, problem: string) => ServiceError,
): void {
  if (isAlias(node)) throw refuse(node, 'aliases are not allowed')
  if (isScalar(node)) {
    if (node.anchor !== undefined) throw refuse(node, 'anchors are not allowed')
    if (node.tag !== undefined) throw refuse(node, 'tags are not allowed')
    // The core schema has none, but takes them from explicit tags.
    if (typeof node.value === 'bigint') throw refuse(node, 'the number is too large')
    return
  }
  if (!isCollection(node)) return
  if (depth >= MAX_DEPTH) throw refuse(node, `at most ${MAX_DEPTH} levels expected`)
  if (node.anchor !== undefined) throw refuse(node, 'anchors are not allowed')
  if (node.tag !== undefined) throw refuse(node, 'tags are not allowed')
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.value === '<<') throw refuse(key, 'merge keys are not allowed')
      checkNode(key, depth + 1, refuse)
      checkNode(value, depth + 1, refuse)
    }
    return
  }
  for (const item of node.items) checkNode(item, depth + 1, refuse)
}

function nearest(document: Document.Parsed, path: readonly (string | number)[]): Node | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isScalar(node) || isCollection(node)) return node
  }
  return undefined
}

function keyNode(
  document: Document.Parsed,
  path: readonly (string | number)[],
  key: string,
): Node | undefined {
  const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
  if (!isMap(parent)) return undefined
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key)
  return pair !== undefined && isScalar(pair.key) ? pair.key : undefined
}

function syntaxError(source: string, place: Place | undefined, problem: string): ServiceError {
  const where =
    place === undefined ? escapeText(source) : `${escapeText(source)}:${place.line}:${place.column}`
  return new ServiceError('ERR_CONFIG_SYNTAX', `${where}: ${problem}`, {
    details: { file: escapeText(source), ...place, problem },
  })
}

function describeCode(code: string): string {
  const known: Readonly<Record<string, string>> = {
    DUPLICATE_KEY: 'the key stands twice',
    MULTIPLE_DOCS: 'one document expected, found several',
    NON_STRING_KEY: 'keys must be text',
    TAB_AS_INDENT: 'tabs cannot indent',
    BAD_INDENT: 'the indentation does not fit',
    TAG_RESOLVE_FAILED: 'tags are not allowed',
    BAD_ALIAS: 'aliases are not allowed',
    MULTIPLE_ANCHORS: 'anchors are not allowed',
    MISSING_CHAR: 'a bracket, quote or colon is missing',
  }
  return known[code] ?? `not YAML (${code.toLowerCase().replaceAll('_', ' ')})`
}
