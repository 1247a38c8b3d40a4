// Layer: x509. Numbers that RFC 5280 holds to 20 octets: serial numbers (§4.1.2.2) and numbers of lists (§5.2.3).

/** LIMIT: RFC 5280 §4.1.2.2, §5.2.3. */
export const MAX_NUMBER_OCTETS = 20

/** Whether an INTEGER's content octets are more than the standard allows; a zero in front, for the sign, does not count. */
export function isLongNumber(content: Uint8Array): boolean {
  const { length } = content
  return length > MAX_NUMBER_OCTETS + 1 || (length > MAX_NUMBER_OCTETS && content[0] !== 0)
}

/** What is wrong with such a number. */
export function longNumberProblem({ length }: Uint8Array): string {
  return `${length} octets, at most ${MAX_NUMBER_OCTETS} are allowed`
}
