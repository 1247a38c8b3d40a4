// How long a run takes: the full one is for figures, the quick one shows that everything works.

export interface Settings {
  readonly race: { readonly rounds: number; readonly sliceMicros: number; readonly warmUpMicros: number }
  /** Tokens that are signed beforehand for one algorithm. */
  readonly tokens: number
  /** Chains that are issued beforehand where each call meets a new one. */
  readonly chains: number
  /** Cached chains and one-time entries whose memory is measured. */
  readonly cachedChains: number
  readonly oneTimeEntries: number
  readonly startUps: number
}

export const FULL: Settings = {
  race: { rounds: 41, sliceMicros: 12_000, warmUpMicros: 2_000_000 },
  tokens: 4_000,
  chains: 300,
  cachedChains: 20_000,
  oneTimeEntries: 1_000_000,
  startUps: 15,
}

export const QUICK: Settings = {
  race: { rounds: 3, sliceMicros: 2_000, warmUpMicros: 4_000 },
  tokens: 200,
  chains: 20,
  cachedChains: 500,
  oneTimeEntries: 20_000,
  startUps: 2,
}
