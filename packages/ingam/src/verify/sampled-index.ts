// Layer: verify. An index of long texts. Hashing three thousand characters for each look-up costs as much as everything
// else about a known chain; so a few characters choose a bucket, and the owner compares all of them to decide.

/** What an index holds: the owner's record, linked to the others of its bucket. */
export interface IndexNode<N> {
  readonly sample: number
  next: N | undefined
}

// LIMIT: a header has two to four thousand characters, of which a hundred or more are the signature under the leaf's
// certificate: so close together, several samples fall on it, and chains of one CA do not share a bucket.
const SAMPLES = 64
// LIMIT: records in one bucket; all but a few would need to be made to collide.
const MAX_BUCKET = 8

/** FNV-1a over the length and a few characters spread over the first `length` of the text. It never decides. */
export function sampleOf(text: string, length: number = text.length): number {
  let hash = 0x811c9dc5 ^ length
  const step = Math.max(1, Math.floor(length / SAMPLES))
  for (let index = length - 1; index >= 0; index -= step) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash | 0
}

/** Records by sample. A bucket that is full takes no more: its texts are worth no memory. */
export class SampledIndex<N extends IndexNode<N>> {
  readonly #buckets = new Map<number, N>()

  /** The records that share the sample, linked by `next`; those that match are to be compared in full. */
  first(sample: number): N | undefined {
    return this.#buckets.get(sample)
  }

  /** Adds a record unless its bucket is full; says whether it did. */
  add(node: N): boolean {
    const first = this.#buckets.get(node.sample)
    if (first === undefined) {
      this.#buckets.set(node.sample, node)
      return true
    }
    let last = first
    for (let count = 1; last.next !== undefined; count++) {
      if (count >= MAX_BUCKET - 1) return false
      last = last.next
    }
    last.next = node
    return true
  }

  /** Removes a record that was added. */
  remove(node: N): void {
    const first = this.#buckets.get(node.sample)
    if (first === node) {
      if (node.next === undefined) this.#buckets.delete(node.sample)
      else this.#buckets.set(node.sample, node.next)
    }
    for (let before = first; before !== undefined; before = before.next) {
      if (before.next === node) before.next = node.next
    }
    node.next = undefined
  }
}
