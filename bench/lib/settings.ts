// How long a run takes: the full one is for figures, the quick one shows that everything works.

export interface Settings {
  readonly race: { readonly rounds: number; readonly sliceMicros: number; readonly warmUpMicros: number }
  /** Tokens that are signed beforehand for one algorithm. */
  readonly tokens: number
  /** Chains that are issued beforehand where each call meets a new one. */
  readonly chains: number
  readonly cachedChains: number
  readonly growth: { readonly anchors: number; readonly cachedChains: number }
  readonly oneTimeEntries: number
  readonly evidence: { readonly entries: number }
  readonly processes: { readonly slices: number; readonly milliseconds: number }
  readonly startUps: number
  /** Exchanges with the token service in one slice, and slices that warm up. */
  readonly service: { readonly exchanges: number; readonly warmUps: number }
}

export const FULL: Settings = {
  race: { rounds: 25, sliceMicros: 12_000, warmUpMicros: 2_500_000 },
  tokens: 4_000,
  chains: 200,
  cachedChains: 5_000,
  growth: { anchors: 10_000, cachedChains: 100_000 },
  oneTimeEntries: 1_000_000,
  evidence: { entries: 1_000_000 },
  processes: { slices: 7, milliseconds: 800 },
  startUps: 15,
  service: { exchanges: 384, warmUps: 6 },
}

export const QUICK: Settings = {
  race: { rounds: 3, sliceMicros: 2_000, warmUpMicros: 4_000 },
  tokens: 200,
  chains: 50,
  cachedChains: 200,
  growth: { anchors: 100, cachedChains: 200 },
  oneTimeEntries: 20_000,
  evidence: { entries: 20_000 },
  processes: { slices: 2, milliseconds: 50 },
  startUps: 2,
  service: { exchanges: 64, warmUps: 1 },
}
