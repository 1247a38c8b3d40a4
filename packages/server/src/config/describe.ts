// Server: what the schema says of each key, as a flat list: for the names of the variables and the table in the manual.

import { z } from 'zod'
import { configSchema } from './schema.ts'

/** One key of the configuration. */
export interface ConfigKey {
  /** Names from the top on; `[]` stands for each item of a list. */
  readonly path: readonly string[]
  /** `text`, `number`, `flag` for what a variable can say; `list` and `mapping` stand in the file alone. */
  readonly kind: 'text' | 'number' | 'flag' | 'list'
  /** The variable that overrides it; undefined for lists and what stands in them. */
  readonly variable: string | undefined
  readonly expected: string
  readonly description: string
  /** As JSON text; undefined where there is none. */
  readonly byDefault: string | undefined
  /** Whether something must be written. */
  readonly isRequired: boolean
}

/** Every key that has a value, in the order of the schema. */
export function describeKeys(): readonly ConfigKey[] {
  return KEYS
}

// The schema does not change.
const KEYS: readonly ConfigKey[] = readKeys()

function readKeys(): readonly ConfigKey[] {
  const keys: ConfigKey[] = []
  walk(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }), [], true, keys)
  return Object.freeze(keys)
}

/** The variable of a key: `limits.bodyBytes` is INGAM_LIMITS_BODY_BYTES. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((name) => name.replace(/[A-Z]/gu, (letter) => `_${letter}`).toUpperCase())
  return ['INGAM', ...words].join('_')
}

function walk(schema: unknown, path: readonly string[], isRequired: boolean, keys: ConfigKey[]): void {
  const properties = member(schema, 'properties')
  if (typeof properties === 'object' && properties !== null) {
    const required = member(schema, 'required')
    for (const [name, property] of Object.entries(properties)) {
      const mustBe = Array.isArray(required) && required.includes(name)
      walk(property, [...path, name], mustBe, keys)
    }
    return
  }
  const items = member(schema, 'items')
  const isInList = path.includes('[]')
  const byDefault = member(schema, 'default')
  keys.push({
    path,
    kind: kindOf(member(schema, 'type')),
    variable: isInList || items !== undefined ? undefined : variableOf(path),
    expected: String(member(schema, 'expected') ?? ''),
    description: String(member(schema, 'description') ?? ''),
    byDefault: byDefault === undefined ? undefined : JSON.stringify(byDefault),
    isRequired,
  })
  if (member(items, 'properties') !== undefined) walk(items, [...path, '[]'], true, keys)
}

function kindOf(type: unknown): ConfigKey['kind'] {
  if (type === 'array') return 'list'
  if (type === 'boolean') return 'flag'
  return type === 'integer' || type === 'number' ? 'number' : 'text'
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}
