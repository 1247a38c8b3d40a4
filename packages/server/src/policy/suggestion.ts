// Server: policy. Which known word somebody may have meant.

/**
 * The known word that is nearest to the given one, where it is near enough to be meant: at most two letters (one, in a
 * word of up to four) left out, added, exchanged, or swapped with their neighbour.
 */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const allowed = word.length <= 4 ? 1 : 2
  let best: string | undefined
  let bestDistance = allowed + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > allowed) continue
    const distance = distanceOf(word.toLowerCase(), candidate.toLowerCase())
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** `"audiance"; did you mean audience?` */
export function withSuggestion(found: string, word: string, known: readonly string[]): string {
  const meant = suggest(word, known)
  return meant === undefined ? found : `${found}; did you mean ${meant}?`
}

// Optimal string alignment: Levenshtein's distance with swapped neighbours as one change.
function distanceOf(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    before = above
    above = current
  }
  return above[b.length] ?? 0
}
