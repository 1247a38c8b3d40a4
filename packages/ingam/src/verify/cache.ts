// Layer: verify. A bounded memory of chains that were verified and of the header texts under which they came. A
// sampled index finds a header, a comparison of all its characters decides. Only the owner of a cache adds to it, and
// only after the signature of the token that carried the chain has verified.

import { type IndexNode, SampledIndex, sampleOf } from './sampled-index.ts'

/** A chain: stored once, in the texts of the few headers that carried it. */
interface Chain<V> extends IndexNode<Chain<V>> {
  readonly value: V
  /** At least one while the chain is held. */
  headers: readonly Header<V>[]
  bytes: number
  newer: Chain<V> | undefined
  older: Chain<V> | undefined
}

/** A header text that carried a verified chain. */
interface Header<V> extends IndexNode<Header<V>> {
  readonly text: string
  readonly chain: Chain<V>
}

/** What a chain is known by whatever header carries it. */
export interface ChainKey {
  /** Chooses the bucket, no more. */
  readonly sample: number
  /** Whether a header that was added carries exactly this chain. */
  readonly isIn: (headerText: string) => boolean
}

// LIMIT: a signer writes one header, perhaps two while it changes version; more are not worth memory.
const MAX_HEADERS = 4
// What a chain weighs beside the text of its header, as measured: the leaf's key, the path, the names, the index.
const BYTES_OF_A_CHAIN = 3_500

/** Cache of verified chains with a limit on its bytes; the chain used least recently goes first. */
export class ChainCache<V> {
  readonly #maxBytes: number
  readonly #chains = new SampledIndex<Chain<V>>()
  readonly #headers = new SampledIndex<Header<V>>()
  #newest: Chain<V> | undefined
  #oldest: Chain<V> | undefined
  bytes = 0
  size = 0
  hits = 0
  misses = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The value of the chain that came under exactly this header: the first `length` characters of the text. */
  findHeader(text: string, length: number = text.length): V | undefined {
    let header = this.#headers.first(sampleOf(text, length))
    if (header !== undefined) {
      const wanted = text.slice(0, length)
      while (header !== undefined && header.text !== wanted) header = header.next
    }
    if (header === undefined) {
      this.misses++
      return undefined
    }
    this.hits++
    this.#touch(header.chain)
    return header.chain.value
  }

  /** The value of exactly this chain. */
  findChain(key: ChainKey): V | undefined {
    return this.#chainWith(key)?.value
  }

  /** Remembers a chain and the header that carried it. The header's text must be no part of a larger one. */
  add(key: ChainKey, value: V, headerText: string): void {
    const known = this.#chainWith(key)
    if (known !== undefined && known.value !== value) this.#drop(known)
    const chain = known !== undefined && known.value === value ? known : this.#addChain(key, value)
    if (chain === undefined) return
    this.#addHeader(chain, headerText)
    // A chain is found by its headers alone: without one it is nothing.
    if (chain.headers.length === 0) this.#drop(chain)
    else this.#touch(chain)
    while (this.bytes > this.#maxBytes && this.#oldest !== undefined) this.#drop(this.#oldest)
  }

  /** Forgets a chain, for one whose dates have passed. */
  removeChain(key: ChainKey): void {
    const chain = this.#chainWith(key)
    if (chain !== undefined) this.#drop(chain)
  }

  #chainWith(key: ChainKey): Chain<V> | undefined {
    let chain = this.#chains.first(key.sample)
    while (chain !== undefined && !isChain(chain, key)) chain = chain.next
    return chain
  }

  #addChain({ sample }: ChainKey, value: V): Chain<V> | undefined {
    const chain: Chain<V> = {
      value,
      headers: [],
      bytes: BYTES_OF_A_CHAIN,
      sample,
      next: undefined,
      newer: undefined,
      older: undefined,
    }
    if (!this.#chains.add(chain)) return undefined
    this.size++
    this.bytes += chain.bytes
    return chain
  }

  #addHeader(chain: Chain<V>, text: string): void {
    if (chain.headers.some((header) => header.text === text)) return
    const header: Header<V> = { text, chain, sample: sampleOf(text), next: undefined }
    if (!this.#headers.add(header)) return
    const [first] = chain.headers
    const isFull = first !== undefined && chain.headers.length >= MAX_HEADERS
    if (isFull) this.#forgetHeader(first)
    chain.headers = first === undefined ? [header] : chain.headers.slice(isFull ? 1 : 0).concat(header)
    chain.bytes += text.length
    this.bytes += text.length
  }

  #forgetHeader(header: Header<V>): void {
    this.#headers.remove(header)
    header.chain.bytes -= header.text.length
    this.bytes -= header.text.length
  }

  #drop(chain: Chain<V>): void {
    for (const header of chain.headers) this.#forgetHeader(header)
    chain.headers = []
    this.#unlink(chain)
    this.#chains.remove(chain)
    this.size--
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

function isChain({ headers: [header] }: Chain<unknown>, key: ChainKey): boolean {
  return header !== undefined && key.isIn(header.text)
}
