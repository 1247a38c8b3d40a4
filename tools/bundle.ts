// Tool: puts the modules that tsc wrote together into a few files, because a runtime takes longer to find eighty files
// than to run them. Nothing is minified or renamed: what is published stays to be read. The two forms of the platform
// seam stay files of their own, between which the package's `imports` choose.

import { join } from 'node:path'
import { build } from 'vite'

const DIST = join(import.meta.dirname, '..', 'packages', 'ingam', 'dist')

await build({
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    target: 'es2024',
    minify: false,
    outDir: join(DIST, 'bundle'),
    lib: {
      formats: ['es'],
      entry: {
        index: join(DIST, 'index.js'),
        x509: join(DIST, 'entries', 'x509.js'),
        node: join(DIST, 'node', 'index.js'),
        testing: join(DIST, 'testing', 'index.js'),
        'platform-node': join(DIST, 'platform', 'node.js'),
        'platform-web': join(DIST, 'platform', 'web.js'),
      },
    },
    rolldownOptions: {
      external: [/^node:/u, '#platform'],
      output: { entryFileNames: '[name].js', chunkFileNames: 'shared-[name].js' },
    },
  },
})
