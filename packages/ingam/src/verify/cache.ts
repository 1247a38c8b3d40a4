// Layer: verify. A bounded memory of chains that were verified and of the header texts under which they came. A
// sampled index finds a header, a comparison of all its characters decides. Only the owner of a cache adds to it, and
// only after the signature of the token that carried the chain has verified.

/** A chain as the cache holds it: its own bytes once, and a few header texts that carried it. */
interface Chain<V> {
  readonly text: string
  readonly value: V
  readonly headers: CachedHeader<V>[]
  bytes: number
  newer: Chain<V> | undefined
  older: Chain<V> | undefined
}

/** A header text that carried a verified chain. */
export interface CachedHeader<V> {
  readonly text: string
  readonly algorithm: string
  readonly value: V
  /** Text of the chain it carried. */
  readonly chainText: string
}

// LIMIT: a signer writes one header, perhaps two while it changes version; more are not worth memory.
const MAX_HEADERS = 4
// LIMIT: headers with one sampled index; all but a few would need to be made to collide.
const MAX_BUCKET = 8
const SAMPLES = 24

/** Cache of verified chains with a limit on its bytes; the chain used least recently goes first. */
export class ChainCache<V> {
  readonly #maxBytes: number
  readonly #chains = new Map<string, Chain<V>>()
  readonly #buckets = new Map<number, CachedHeader<V>[]>()
  #newest: Chain<V> | undefined
  #oldest: Chain<V> | undefined
  bytes = 0
  hits = 0
  misses = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#chains.size
  }

  /** The header with exactly this text. */
  findHeader(text: string): CachedHeader<V> | undefined {
    const found = this.#buckets.get(sampleOf(text))?.find((header) => header.text === text)
    if (found === undefined) {
      this.misses++
      return undefined
    }
    this.hits++
    const chain = this.#chains.get(found.chainText)
    if (chain !== undefined) this.#touch(chain)
    return found
  }

  /** The value of the chain with exactly this text. */
  findChain(text: string): V | undefined {
    return this.#chains.get(text)?.value
  }

  /** Remembers a chain and the header that carried it. */
  add(chainText: string, value: V, headerText: string, algorithm: string): void {
    const known = this.#chains.get(chainText)
    if (known !== undefined && known.value !== value) this.#drop(known)
    const chain = this.#chains.get(chainText) ?? this.#addChain(chainText, value)
    this.#touch(chain)
    if (!chain.headers.some((header) => header.text === headerText))
      this.#addHeader(chain, headerText, algorithm)
    while (this.bytes > this.#maxBytes && this.#oldest !== undefined) this.#drop(this.#oldest)
  }

  /** Forgets a chain, for one whose dates have passed. */
  removeChain(text: string): void {
    const chain = this.#chains.get(text)
    if (chain !== undefined) this.#drop(chain)
  }

  #addChain(text: string, value: V): Chain<V> {
    // The DER behind the text, the parsed fields and the key weigh about twice the text again.
    const chain: Chain<V> = {
      text,
      value,
      headers: [],
      bytes: 3 * text.length + 1_024,
      newer: undefined,
      older: undefined,
    }
    this.#chains.set(text, chain)
    this.bytes += chain.bytes
    return chain
  }

  #addHeader(chain: Chain<V>, text: string, algorithm: string): void {
    if (chain.headers.length >= MAX_HEADERS) {
      const first = chain.headers.shift()
      if (first !== undefined) this.#forgetHeader(chain, first)
    }
    const header: CachedHeader<V> = { text, algorithm, value: chain.value, chainText: chain.text }
    const sample = sampleOf(text)
    const bucket = this.#buckets.get(sample) ?? []
    if (bucket.length >= MAX_BUCKET) return
    chain.headers.push(header)
    bucket.push(header)
    this.#buckets.set(sample, bucket)
    chain.bytes += text.length
    this.bytes += text.length
  }

  #forgetHeader(chain: Chain<V>, header: CachedHeader<V>): void {
    const sample = sampleOf(header.text)
    const rest = (this.#buckets.get(sample) ?? []).filter((other) => other !== header)
    if (rest.length === 0) this.#buckets.delete(sample)
    else this.#buckets.set(sample, rest)
    chain.bytes -= header.text.length
    this.bytes -= header.text.length
  }

  #drop(chain: Chain<V>): void {
    for (const header of chain.headers) this.#forgetHeader(chain, header)
    chain.headers.length = 0
    this.#unlink(chain)
    this.#chains.delete(chain.text)
    this.bytes -= chain.bytes
  }

  #touch(chain: Chain<V>): void {
    if (this.#newest === chain) return
    this.#unlink(chain)
    chain.older = this.#newest
    if (this.#newest !== undefined) this.#newest.newer = chain
    this.#newest = chain
    this.#oldest ??= chain
  }

  #unlink(chain: Chain<V>): void {
    if (chain.newer !== undefined) chain.newer.older = chain.older
    else if (this.#newest === chain) this.#newest = chain.older
    if (chain.older !== undefined) chain.older.newer = chain.newer
    else if (this.#oldest === chain) this.#oldest = chain.newer
    chain.newer = undefined
    chain.older = undefined
  }
}

// FNV-1a over the length and characters spread over the text: cheap, and it never decides.
function sampleOf(text: string): number {
  let hash = 0x811c9dc5 ^ text.length
  const step = Math.max(1, Math.floor(text.length / SAMPLES))
  for (let index = text.length - 1; index >= 0; index -= step) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
