// Layer: verify. A bounded memory of chains that were verified and of the header texts under which they came. A
// sampled index finds a header, a comparison of all its characters decides. Only the owner of a cache adds to it, and
// only after the signature of the token that carried the chain has verified.

import { type IndexNode, SampledIndex, sampleOf } from './sampled-index.ts'

/** A chain: stored once, in the text of a header that carries it, and found by the few headers under which it came. */
interface Chain<V> extends IndexNode<Chain<V>> {
  readonly value: V
  readonly text: string
  readonly reference: string
  readonly isFleeting: boolean
  /** At least one while the chain is held. */
  headers: readonly Header<V>[]
  bytes: number
  newer: Chain<V> | undefined
  older: Chain<V> | undefined
}

/** A header text under which a verified chain came, by value or by reference. */
interface Header<V> extends IndexNode<Header<V>> {
  readonly text: string
  readonly chain: Chain<V>
}

/** What a chain is known by whatever header carries it. */
export interface ChainKey {
  /** Chooses the bucket, no more. */
  readonly sample: number
  /** Whether a header that carries some chain carries exactly this one. */
  readonly isIn: (chainText: string) => boolean
}

/** What a chain is stored with. */
export interface ChainOrigin {
  /** Text of a header that carries the chain by value; it need not be one that came. */
  readonly text: string
  /** By what name a later header may refer to the chain. */
  readonly reference: string
  /** Whether it takes the place of the one of that name that came before, because both will change again soon. */
  readonly isFleeting?: boolean
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
  // Of several chains with one leaf the one that came last.
  readonly #references = new Map<string, Chain<V>>()
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

  /** The text in which the chain of this name is stored; it counts as no use of the chain. */
  findReference(reference: string): string | undefined {
    return this.#references.get(reference)?.text
  }

  /**
   * Remembers a chain and the header under which it came. The texts must be no parts of larger ones.
   *
   * @param origin not looked at where the chain is held already
   */
  add(key: ChainKey, value: V, headerText: string, origin: ChainOrigin): void {
    const known = this.#chainWith(key)
    if (known !== undefined && known.value !== value) this.#drop(known)
    const chain = known !== undefined && known.value === value ? known : this.#addChain(key, value, origin)
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

  #addChain(key: ChainKey, value: V, origin: ChainOrigin): Chain<V> | undefined {
    const { text, reference, isFleeting = false } = origin
    const former = this.#references.get(reference)
    if (isFleeting && former?.isFleeting === true) this.#drop(former)
    const chain: Chain<V> = {
      value,
      text,
      reference,
      isFleeting,
      headers: [],
      bytes: BYTES_OF_A_CHAIN + text.length,
      sample: key.sample,
      next: undefined,
      newer: undefined,
      older: undefined,
    }
    if (!this.#chains.add(chain)) return undefined
    this.#references.set(reference, chain)
    this.size++
    this.bytes += chain.bytes
    return chain
  }

  #addHeader(chain: Chain<V>, headerText: string): void {
    if (chain.headers.some(({ text }) => text === headerText)) return
    // The text that the chain is stored in takes no second place.
    const text = headerText === chain.text ? chain.text : headerText
    const header: Header<V> = { text, chain, sample: sampleOf(text), next: undefined }
    if (!this.#headers.add(header)) return
    const [first] = chain.headers
    const isFull = first !== undefined && chain.headers.length >= MAX_HEADERS
    if (isFull) this.#forgetHeader(first)
    chain.headers = first === undefined ? [header] : chain.headers.slice(isFull ? 1 : 0).concat(header)
    chain.bytes += ownBytes(header)
    this.bytes += ownBytes(header)
  }

  #forgetHeader(header: Header<V>): void {
    this.#headers.remove(header)
    header.chain.bytes -= ownBytes(header)
    this.bytes -= ownBytes(header)
  }

  #drop(chain: Chain<V>): void {
    for (const header of chain.headers) this.#forgetHeader(header)
    chain.headers = []
    this.#unlink(chain)
    this.#chains.remove(chain)
    if (this.#references.get(chain.reference) === chain) this.#references.delete(chain.reference)
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

function ownBytes({ text, chain }: Header<unknown>): number {
  return text === chain.text ? 0 : text.length
}

function isChain({ text }: Chain<unknown>, key: ChainKey): boolean {
  return key.isIn(text)
}
