// Contestants take turns in slices of one process: what disturbs the machine disturbs all of them. The figure is the
// process's CPU time, in which waiting for others has no part, a call; of all slices the median.

/** One way to do the work. */
export interface Contestant<Input> {
  readonly name: string
  /** Does the work once for each input; throws if an outcome is not the expected one. */
  readonly run: (inputs: readonly Input[]) => Promise<void> | void
}

export interface RaceSettings<Input> {
  /** Slices of each contestant that count. */
  readonly rounds: number
  /** CPU time that a slice should take, in microseconds. */
  readonly sliceMicros: number
  /** CPU time that each contestant is given to be compiled, in microseconds. */
  readonly warmUpMicros: number
  /** Fresh inputs; called outside of the slices. */
  readonly inputs: (
    contestant: Contestant<Input>,
    count: number,
  ) => Promise<readonly Input[]> | readonly Input[]
}

/** The outcome of one contestant: microseconds of CPU time a call. */
export interface Timing {
  readonly name: string
  readonly median: number
  /** The quartiles, for the noise. */
  readonly low: number
  readonly high: number
  readonly calls: number
}

// LIMIT: below twenty calls a slice is shorter than what the kernel's accounting resolves well.
const FEWEST_CALLS = 20
const MOST_CALLS = 2_000

/** Runs the race; the contestants' order turns from round to round. */
export async function race<Input>(
  contestants: readonly Contestant<Input>[],
  settings: RaceSettings<Input>,
): Promise<readonly Timing[]> {
  const lanes = []
  for (const contestant of contestants) lanes.push(await warmUp(contestant, settings))
  for (let round = 0; round < settings.rounds; round++) {
    for (let turn = 0; turn < lanes.length; turn++) {
      const lane = lanes[(round + turn) % lanes.length]
      if (lane === undefined) continue
      lane.slices.push(await slice(lane.contestant, await settings.inputs(lane.contestant, lane.calls)))
    }
  }
  return lanes.map(({ contestant: { name }, slices, calls }) => ({
    name,
    median: quantile(slices, 0.5),
    low: quantile(slices, 0.25),
    high: quantile(slices, 0.75),
    calls,
  }))
}

interface Lane<Input> {
  readonly contestant: Contestant<Input>
  readonly calls: number
  readonly slices: number[]
}

async function warmUp<Input>(
  contestant: Contestant<Input>,
  settings: RaceSettings<Input>,
): Promise<Lane<Input>> {
  let spent = 0
  let each = 0
  let calls = FEWEST_CALLS
  do {
    each = await slice(contestant, await settings.inputs(contestant, calls))
    spent += each * calls
    calls = Math.round(Math.min(MOST_CALLS, Math.max(FEWEST_CALLS, settings.sliceMicros / each)))
  } while (spent < settings.warmUpMicros)
  return { contestant, calls, slices: [] }
}

async function slice<Input>({ run }: Contestant<Input>, inputs: readonly Input[]): Promise<number> {
  const start = process.cpuUsage()
  await run(inputs)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / inputs.length
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
