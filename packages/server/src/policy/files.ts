// Server: policy. Certificates that a policy names by file, put into its text: what is stored and applied is whole. The
// rest of the text stays as it was written, comments too.

import { isPkiError } from 'ingam'
import { encodePem, parseCertificates } from 'ingam/x509'
import { isMap, isScalar, type Node, type Pair, parseDocument } from 'yaml'
import { describeFound, type Problem, valueError } from './problem.ts'
import { readYaml } from './yaml.ts'

/** Reads a file that a document names; what it throws passes through. */
export type ReadFile = (path: string) => Promise<string | Uint8Array>

/**
 * Returns the text with each `file: PATH` of a trust anchor replaced by `certificate:` and the file's one certificate as
 * PEM. **Nothing else about the policy is checked**: parsePolicy does.
 *
 * @param readFile is asked for the paths as they are written; where they lead is its matter
 * @throws {ServiceError} ERR_POLICY_SYNTAX where the text is not YAML as it is taken here, ERR_POLICY_VALUE where a file
 *   does not hold exactly one certificate
 */
export async function resolvePolicyFiles(text: string, readFile: ReadFile): Promise<string> {
  const { locate } = readYaml(text, 'policy')
  const edits: Edit[] = []
  const problems: Problem[] = []
  for (const { id, key, value, isFlow } of filesIn(text)) {
    const path = ['trustAnchors', id, 'file']
    const pem = await readPem(value.text, readFile)
    if (typeof pem !== 'string') problems.push({ path, ...pem })
    else edits.push(editOf(text, key, value, pem, isFlow))
  }
  if (problems.length > 0) throw valueError('policy', problems, locate)
  // From the end, so that the offsets before an edit stay true.
  return edits
    .toReversed()
    .reduce((done, { start, end, put }) => done.slice(0, start) + put + done.slice(end), text)
}

interface Span {
  readonly start: number
  readonly end: number
}

interface FileEntry {
  readonly id: string
  readonly key: Span
  readonly value: Span & { readonly text: string }
  readonly isFlow: boolean
}

interface Edit extends Span {
  readonly put: string
}

function filesIn(text: string): readonly FileEntry[] {
  const anchors = entryOf(
    parseDocument(text, { stringKeys: true, logLevel: 'error' }).contents,
    'trustAnchors',
  )?.value
  if (!isMap<Node, Node | null>(anchors)) return []
  return anchors.items.flatMap(({ key, value }): readonly FileEntry[] => {
    const file = entryOf(value, 'file')
    const [idText, keySpan, valueSpan] = [textOf(key), spanOf(file?.key), spanOf(file?.value)]
    const path = textOf(file?.value)
    if (idText === undefined || path === undefined || keySpan === undefined || valueSpan === undefined)
      return []
    const isFlow = isMap(anchors) && (anchors.flow === true || (isMap(value) && value.flow === true))
    return [{ id: idText, key: keySpan, value: { ...valueSpan, text: path }, isFlow }]
  })
}

function entryOf(node: unknown, name: string): Pair<Node, Node | null> | undefined {
  if (!isMap<Node, Node | null>(node)) return undefined
  return node.items.find(({ key }) => textOf(key) === name)
}

function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined
}

function spanOf(node: Node | null | undefined): Span | undefined {
  const range = node?.range
  return range == null ? undefined : { start: range[0], end: range[1] }
}

async function readPem(
  path: string,
  readFile: ReadFile,
): Promise<string | { readonly expected: string; readonly found: string }> {
  const expected = `a file with one certificate, as ${describeFound(path)} should be`
  const content = await readFile(path)
  try {
    const [certificate, ...others] = parseCertificates(content)
    if (certificate !== undefined && others.length === 0) return encodePem('CERTIFICATE', certificate.der)
    return { expected, found: `${others.length + 1} of them` }
  } catch (error) {
    if (!isPkiError(error)) throw error
    return { expected, found: `what cannot be read: ${error.message}` }
  }
}

// In a block: a literal text on lines of its own, below the line of the key, whose comment stays. Elsewhere, and where
// the path runs over lines: one line in quotes (JSON's are YAML's).
function editOf(text: string, key: Span, value: Span, pem: string, isFlow: boolean): Edit {
  const { start } = key
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const indent = text.slice(lineStart, start)
  const isBlock = !isFlow && /^ *$/u.test(indent) && !text.slice(start, value.end).includes('\n')
  if (!isBlock) return { start, end: value.end, put: `certificate: ${JSON.stringify(pem)}` }
  const newline = text.indexOf('\n', value.end)
  const end = newline < 0 ? text.length : newline
  const rest = text.slice(value.end, end)
  const lines = pem
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}  ${line}`)
  return { start, end, put: [`certificate: |${rest}`, ...lines].join('\n') }
}
