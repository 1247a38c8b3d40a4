// Layer: node. When to ask again: before what is held expires, and less and less often where nothing comes. With a share
// of chance, so that many verifiers that started together do not all ask together.

/** Milliseconds since 1970 UTC, and what chance there is. */
export interface ScheduleInputs {
  readonly now: number
  readonly minimumSeconds: number
  /** From 0 to 1; default random. */
  readonly chance?: number
}

// LIMIT: a CA that publishes out of turn, because a key was stolen, is heard within a day.
const LONGEST_SECONDS = 86_400
// LIMIT: where nothing says when there will be more; a fresh answer counts for minutes to an hour then.
const WITHOUT_NEXT_UPDATE_SECONDS = 900
// LIMIT: a responder that was restarted is found again within seconds; one that is down is asked every quarter of an hour.
const FIRST_RETRY_SECONDS = 5
const LAST_RETRY_SECONDS = 900

/** No failure makes anybody wait longer. */
export const LONGEST_RETRY_MILLISECONDS: number = LAST_RETRY_SECONDS * 1000

/** When to ask again after an answer: at about three quarters of the time for which it still counts. */
export function refreshAt(
  nextUpdate: number | undefined,
  { now, minimumSeconds, chance = Math.random() }: ScheduleInputs,
): number {
  const left = nextUpdate === undefined ? WITHOUT_NEXT_UPDATE_SECONDS : (nextUpdate - now) / 1000
  const seconds = Math.min(left, LONGEST_SECONDS) * (0.7 + 0.1 * chance)
  return now + Math.max(seconds, minimumSeconds) * 1000
}

/** When to ask again after so many failures in a row: each time after twice as long, from half of it on. */
export function retryAt(
  failures: number,
  { now, chance = Math.random() }: Omit<ScheduleInputs, 'minimumSeconds'>,
): number {
  const seconds = Math.min(FIRST_RETRY_SECONDS * 2 ** (failures - 1), LAST_RETRY_SECONDS)
  return now + seconds * (0.5 + 0.5 * chance) * 1000
}
