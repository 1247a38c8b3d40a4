// Server: policy. YAML 1.2 (core schema) as far as a policy needs it: one document of mappings, lists and plain values.
// Refused: tags, anchors, aliases, merge keys, directives, duplicate keys, keys that are no text, and whatever is too
// large or too deep. Messages are ours: those of the reader may repeat what stands in the text.

import {
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { type DocumentPath, describeFound, type Position, syntaxError } from './problem.ts'

/** A document that was read. */
export interface YamlDocument {
  /** Objects, arrays, strings, numbers, booleans and null; nothing in it is checked. */
  readonly value: unknown
  /** Where the value of a path stands, or the nearest one above it that is there. */
  readonly locate: (path: DocumentPath) => Position
}

/** LIMIT: a policy of some hundred profiles; the worst text of this size takes seconds, and operators alone send one. */
export const MAX_YAML_BYTES = 262_144
/** LIMIT: what a policy or a table of tests needs, and some more. */
export const MAX_YAML_DEPTH = 12

/**
 * Reads a text as one YAML document. **Nothing about the values is checked.**
 *
 * @param subject what the text is, for messages
 * @throws {ServiceError} ERR_POLICY_SYNTAX with every place where it is not the YAML that is taken here
 */
export function readYaml(text: string, subject: string): YamlDocument {
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_YAML_BYTES) {
    throw syntaxError(subject, [`expected at most ${MAX_YAML_BYTES} bytes; found ${bytes}`])
  }
  if (!text.isWellFormed()) throw syntaxError(subject, ['expected Unicode text; found half a surrogate pair'])
  const counter = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = counter.linePos(offset)
    // Before the first line was counted, as in an empty text, the counter answers 0.
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
    stringKeys: true,
    resolveKnownTags: false,
    // In a set below: here each key would be compared with all before it.
    uniqueKeys: false,
    // Not `silent`: a second document would then be passed over without an error.
    logLevel: 'error',
  })
  const wrong = new Map<number, string>()
  for (const { code, pos } of document.errors) wrong.set(pos[0], SENTENCES[code])
  const { directives } = document
  if (directives?.yaml.explicit === true || Object.keys(directives?.tags ?? {}).length > 1) {
    wrong.set(0, 'directives (%) are not taken')
  }
  const value =
    wrong.size > 0
      ? undefined
      : toValue(document.contents, 1, (offset, what) => {
          wrong.set(offset, what)
        })
  if (wrong.size > 0) {
    const sorted = [...wrong].sort(([a], [b]) => a - b)
    throw syntaxError(
      subject,
      sorted.map(([offset, what]) => `line ${at(offset).line}, column ${at(offset).column}: ${what}`),
    )
  }
  const pairsOf = indexPairs()
  return { value, locate: (path) => at(offsetOf(document.contents, path, pairsOf)) }
}

/** Remembers what is wrong; its answer stands for the value. */
type Report = (offset: number, what: string) => undefined

function toValue(node: Node | null, depth: number, report: Report): unknown {
  if (node === null) return null
  const offset = startOf(node)
  if (depth > MAX_YAML_DEPTH) return report(offset, `nested more than ${MAX_YAML_DEPTH} deep`)
  if (isAlias(node))
    return report(offset, 'aliases (*) are not taken: put a text that begins with * into quotes')
  if (isScalar(node) || isMap(node) || isSeq(node)) {
    if (node.anchor !== undefined) return report(offset, 'anchors (&) are not taken')
    if (node.tag !== undefined) return report(offset, 'tags (!) are not taken')
  }
  if (isScalar(node)) return node.value
  if (isSeq<Node | null>(node)) return node.items.map((item) => toValue(item, depth + 1, report))
  if (isMap<Node | null, Node | null>(node)) return toRecord(node.items, offset, depth, report)
  return report(offset, SENTENCES.UNEXPECTED_TOKEN)
}

function toRecord(
  pairs: readonly { readonly key: Node | null; readonly value: Node | null }[],
  offset: number,
  depth: number,
  report: Report,
): unknown {
  const record = new Map<string, unknown>()
  for (const { key, value } of pairs) {
    const keyOffset = key === null ? offset : startOf(key)
    if (!isScalar(key) || typeof key.value !== 'string' || key.value === '') {
      report(keyOffset, SENTENCES.NON_STRING_KEY)
    } else if (key.anchor !== undefined || key.tag !== undefined) {
      report(keyOffset, 'anchors (&) and tags (!) are not taken')
    } else if (key.value === '<<') {
      report(keyOffset, 'merge keys (<<) are not taken')
    } else if (key.value === '__proto__') {
      report(keyOffset, 'no key has this name')
    } else if (record.has(key.value)) {
      report(keyOffset, `the key ${describeFound(key.value)} stands here a second time`)
    } else {
      record.set(key.value, toValue(value, depth + 1, report))
    }
  }
  return Object.fromEntries(record)
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}

type PairsOf = (map: YamlMapping) => ReadonlyMap<unknown, { readonly key: Node; readonly value: Node | null }>
type YamlMapping = YAMLMap<Node | null, Node | null>

// Thousands of keys may be wrong in one mapping, and each is looked for.
function indexPairs(): PairsOf {
  const known = new WeakMap<YamlMapping, ReturnType<PairsOf>>()
  return (map) => {
    const found = known.get(map)
    if (found !== undefined) return found
    const pairs = new Map(
      map.items.flatMap(({ key, value }) => (isScalar(key) ? [[key.value, { key, value }] as const] : [])),
    )
    known.set(map, pairs)
    return pairs
  }
}

function offsetOf(top: Node | null, path: DocumentPath, pairsOf: PairsOf): number {
  let node: unknown = top
  let offset = top === null ? 0 : startOf(top)
  for (const step of path) {
    if (isMap<Node | null, Node | null>(node)) {
      const pair = pairsOf(node).get(step)
      if (pair === undefined) return offset
      offset = startOf(pair.key)
      node = pair.value
    } else if (isSeq<Node | null>(node) && typeof step === 'number') {
      const item: Node | null | undefined = node.items[step]
      if (item == null) return offset
      offset = startOf(item)
      node = item
    } else return offset
  }
  return offset
}

const SENTENCES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'aliases (*) are not taken: put a text that begins with * into quotes',
  BAD_ALIAS: 'aliases (*) are not taken: put a text that begins with * into quotes',
  BAD_COLLECTION_TYPE: 'tags (!) are not taken',
  BAD_DIRECTIVE: 'directives (%) are not taken',
  BAD_DQ_ESCAPE: 'no such escape in double quotes',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_PROP_ORDER: 'anchors (&) and tags (!) are not taken',
  BAD_SCALAR_START: 'a value cannot begin with this character: put it into quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a mapping within a line: put it on lines of its own, or a text with ": " into quotes',
  BLOCK_IN_FLOW: 'an indented block cannot stand within [ ] or { }',
  DUPLICATE_KEY: 'the key stands here a second time',
  IMPOSSIBLE: 'something that cannot stand here',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'something is missing: a comma, a colon, a quote, a bracket or a space',
  MULTILINE_IMPLICIT_KEY: 'a key runs over several lines: a colon may be missing',
  MULTIPLE_ANCHORS: 'anchors (&) are not taken',
  MULTIPLE_DOCS: 'a second document begins; one is taken',
  MULTIPLE_TAGS: 'tags (!) are not taken',
  NON_STRING_KEY: 'a key must be text',
  RESOURCE_EXHAUSTION: `nested more than ${MAX_YAML_DEPTH} deep`,
  TAB_AS_INDENT: 'a tab cannot indent: use spaces',
  TAG_RESOLVE_FAILED: 'tags (!) are not taken',
  UNEXPECTED_TOKEN: 'something that cannot stand here',
}
