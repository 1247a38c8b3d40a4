import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { ReportReporter, SkipReporter } from './test/support/reporter.ts'

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const source = (path: string): string => file(`./packages/ingam/src/${path}`)

function aliases(platform: 'node' | 'web'): { find: RegExp | string; replacement: string }[] {
  return [
    { find: '#platform', replacement: source(`platform/${platform}.ts`) },
    { find: /^ingam$/u, replacement: source('index.ts') },
    { find: /^ingam\/node$/u, replacement: source('node/index.ts') },
    { find: /^ingam\/x509$/u, replacement: source('entries/x509.ts') },
    { find: /^ingam\/testing$/u, replacement: source('testing/index.ts') },
    { find: /^@ingam\/server$/u, replacement: file('./packages/server/src/index.ts') },
  ]
}

// The same tests under both forms of the platform seam; what needs files or processes runs under "node" alone.
export default defineConfig({
  test: {
    // By default one core of two stays idle.
    maxWorkers: '100%',
    reporters: ['default', new SkipReporter(), new ReportReporter()],
    projects: [
      {
        resolve: { alias: aliases('node') },
        test: {
          name: 'node',
          include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        resolve: { alias: aliases('web') },
        test: {
          name: 'web',
          include: [
            'packages/ingam/src/**/*.test.ts',
            'test/vectors/**/*.test.ts',
            'test/paths/**/*.test.ts',
            'test/revocation/**/*.test.ts',
            'test/property/**/*.test.ts',
          ],
          exclude: ['packages/ingam/src/platform/node.test.ts', 'packages/ingam/src/node/**'],
          testTimeout: 60_000,
        },
      },
    ],
  },
})
