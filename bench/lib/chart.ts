// One chart: the CPU time of a verification, and within it the share that the bare signature check takes. Plain SVG,
// readable on light and dark pages.

interface Bar {
  readonly runtime: string
  readonly algorithm: string
  readonly contestant: string
  readonly bare: number
  readonly own: number | undefined
}

const SHOWN = ['ingam', 'fast-jwt', 'jose', 'X509Certificate + jose']
const LABELS: Readonly<Record<string, string>> = {
  ingam: 'ingam: token and chain',
  'fast-jwt': 'fast-jwt: token alone',
  jose: 'jose: token alone',
  'X509Certificate + jose': 'X509Certificate + jose: token and chain',
}
const LEFT = 290
const WIDTH = 380
const ROW = 22
const MARGIN = 36

/** The chart of the first runtime's figures. */
export function chartOf(figures: readonly Bar[]): string {
  const [first] = figures
  const rows = figures.filter(
    ({ runtime, contestant }) => runtime === first?.runtime && SHOWN.includes(contestant),
  )
  const algorithms = [...new Set(rows.map(({ algorithm }) => algorithm))]
  const parts: string[] = []
  let top = 30
  for (const algorithm of algorithms) {
    parts.push(`<text x="16" y="${top + 14}" class="head">${algorithm}</text>`)
    top += ROW
    for (const contestant of SHOWN) {
      const row = rows.find((bar) => bar.algorithm === algorithm && bar.contestant === contestant)
      if (row === undefined) continue
      parts.push(...bar(row, top))
      top += ROW
    }
    top += 10
  }
  const height = top + MARGIN
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 170} ${height}" role="img" aria-label="CPU time of a verification as a multiple of the bare signature check">`,
    '<style>text{font:13px system-ui,sans-serif;fill:#57606a}.head{font-weight:600;fill:#8250df}.bare{fill:#8c959f}.own{fill:#8250df}.other{fill:#bf8700}.line{stroke:#8c959f;stroke-dasharray:3 3}</style>',
    `<text x="16" y="18">CPU time of one verification, as a multiple of the bare signature check (${first?.runtime ?? ''})</text>`,
    ...parts,
    `<text x="16" y="${height - 12}">grey: the signature check itself; colour: everything else. A bar that ends in an arrow goes on.</text>`,
    '</svg>',
    '',
  ].join('\n')
}

// Six times the bare check fill the width.
const MOST = 6

function bar({ contestant, bare, own }: Bar, top: number): string[] {
  const label = `<text x="${LEFT - 8}" y="${top + 14}" text-anchor="end">${LABELS[contestant] ?? contestant}</text>`
  if (own === undefined) return [label, `<text x="${LEFT}" y="${top + 14}">refuses it</text>`]
  const multiple = own / bare
  const unit = WIDTH / MOST
  const isLong = multiple > MOST
  const rest = Math.max(0, (Math.min(multiple, MOST) - 1) * unit)
  return [
    label,
    `<rect x="${LEFT}" y="${top + 3}" width="${unit.toFixed(1)}" height="14" class="bare"/>`,
    `<rect x="${(LEFT + unit).toFixed(1)}" y="${top + 3}" width="${rest.toFixed(1)}" height="14" class="${contestant === 'ingam' ? 'own' : 'other'}"/>`,
    `<text x="${(LEFT + unit + rest + 6).toFixed(1)}" y="${top + 14}">${isLong ? '→ ' : ''}${multiple.toFixed(2)}× (+${(own - bare).toFixed(0)} µs)</text>`,
  ]
}
