// What some tests need from outside the lockfile. Where it is missing their suite is skipped, and the reason is
// counted at the end of the run by reporter.ts; with CI=true it fails instead, so that nothing is skipped unseen.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, test } from 'vitest'

/** What can be needed. */
export type Need =
  | 'openssl'
  | 'openssl 3.0'
  | 'certtool'
  | 'pyopenssl 23.0'
  | 'chromium'
  | 'bash'
  | 'zsh'
  | 'fish'
  | 'pkits'

const ROOT = join(import.meta.dirname, '..', '..')

const CANDIDATES: Readonly<Record<Need, readonly string[]>> = {
  openssl: ['openssl'],
  'openssl 3.0': ['openssl'],
  certtool: ['certtool'],
  // Debian's packages belong to Debian's Python, whichever comes first on the path.
  'pyopenssl 23.0': ['/usr/bin/python3'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  bash: ['bash'],
  zsh: ['zsh'],
  fish: ['fish'],
  pkits: [join(ROOT, '..', 'shared', 'vectors', 'pkits', 'pkits.json')],
}

const HOW: Readonly<Record<Need, string>> = {
  openssl: 'openssl is not installed',
  'openssl 3.0': 'openssl is not installed in version 3.0, whose verdicts are compared',
  certtool: 'certtool is not installed (package gnutls-bin)',
  'pyopenssl 23.0': '/usr/bin/python3 has no pyOpenSSL 23.0 (packages python3-openssl, python3-cryptography)',
  chromium: 'chromium is not installed',
  bash: 'bash is not installed',
  zsh: 'zsh is not installed',
  fish: 'fish is not installed',
  pkits: '../shared/vectors/pkits is not there',
}

/** The absolute path of what is needed, or undefined where it is missing. */
export function pathOf(need: Need): string | undefined {
  const found = CANDIDATES[need].map(locate).find((path) => path !== undefined)
  if (found === undefined) return undefined
  if (need === 'openssl 3.0' && !isOpenssl30(found)) return undefined
  if (need === 'pyopenssl 23.0' && !hasPyopenssl23(found)) return undefined
  return found
}

/**
 * A suite that needs something from outside. Its body is called with the path of each need, and only where all of
 * them are there.
 */
export function describeWith<N extends Need>(
  needs: readonly N[],
  name: string,
  body: (paths: Readonly<Record<N, string>>) => void,
): void {
  const found = new Map(needs.map((need) => [need, pathOf(need)]))
  const missing = needs.filter((need) => found.get(need) === undefined)
  const reason = missing.map((need) => HOW[need]).join('; ')
  if (missing.length === 0) {
    describe(name, () => body(Object.fromEntries(found) as Record<N, string>))
  } else if (isStrict()) {
    test(`${name}: what it needs is there`, () => {
      throw new Error(`${reason}; with CI=true nothing may be skipped`)
    })
  } else {
    describe(name, () => {
      test('what it needs is there', (context) => context.skip(`${SKIPPED}${reason}`))
    })
  }
}

/** How the reporter recognises the note of such a skip. */
const SKIPPED = 'needs: '

function isStrict(): boolean {
  return process.env['CI'] === 'true'
}

// Each version judges some paths in another way.
function isOpenssl30(path: string): boolean {
  return /^OpenSSL 3\.0\./u.test(spawnSync(path, ['version'], { encoding: 'utf8' }).stdout)
}

// 24.3 has no sign and verify any more.
function hasPyopenssl23(python: string): boolean {
  const script = 'import cryptography, OpenSSL; print(OpenSSL.__version__)'
  return /^23\.0\./u.test(spawnSync(python, ['-c', script], { encoding: 'utf8' }).stdout)
}

function locate(candidate: string): string | undefined {
  if (candidate.startsWith('/')) return existsSync(candidate) ? candidate : undefined
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, candidate)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not there, or not ours to run: either way this is not the program looked for.
    return false
  }
}
