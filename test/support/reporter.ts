// The last lines of a test run: which suites were skipped because something they need is missing, and what tests have to
// report of what they saw.

import type { Reporter, TestModule } from 'vitest/node'

// As requires.ts writes it; that module cannot be loaded here, outside of a test.
const SKIPPED = 'needs: '

/** Counts the skips made by requires.ts, and says why each was made. */
export class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines: string[] = []
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const result = test.result()
        const note = result.state === 'skipped' ? result.note : undefined
        if (note?.startsWith(SKIPPED)) {
          lines.push(
            `skipped: ${test.parent.type === 'suite' ? test.parent.fullName : module.moduleId}: ${note}`,
          )
        }
      }
    }
    if (lines.length === 0) return
    console.error(
      `${lines.join('\n')}\n${lines.length} suites were skipped; with CI=true each of them is a failure`,
    )
  }
}

declare module 'vitest' {
  interface TaskMeta {
    /** A line that the test has to say about what it saw; printed at the end of the run. */
    report?: string
  }
}

/** Prints what tests report of their own: scores, seeds, counts. */
export class ReportReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test) => test.meta().report ?? []),
    )
    if (lines.length > 0) console.error(lines.join('\n'))
  }
}
