#!/usr/bin/env node
// Starts the built command; says what to do where it has not been built, or where Node is too old for it.
import { existsSync } from 'node:fs'

const OLDEST_NODE = 24
const main = new URL('../dist/main.js', import.meta.url)

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  fail(
    `Node ${OLDEST_NODE} or newer is needed, this is ${process.versions.node}`,
    'in the repository, `npx ingam` uses the Node that npm ci installed',
  )
} else if (existsSync(main)) {
  await import(main.href)
} else {
  fail('the command has not been built yet', 'in the repository, run: npm ci && npm run build')
}

function fail(message, hint) {
  process.stderr.write(`ingam: error: ${message}\ningam: hint: ${hint}\n`)
  process.exitCode = 70
}
