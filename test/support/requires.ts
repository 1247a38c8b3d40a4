// What some tests need from outside the lockfile. Where it is missing their suite is skipped, and the reason is
// counted at the end of the run by reporter.ts; with CI=true it fails instead, so that nothing is skipped unseen.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, test } from 'vitest'
import { peerProduct } from './built-peers.ts'

/** What can be needed. */
export type Need =
  | 'openssl'
  | 'openssl 3.0'
  | 'certtool'
  | 'ocsptool'
  | 'pyopenssl 23.0'
  | 'cryptography 38'
  | 'pyjwt 2.6'
  | 'go-jose'
  | 'nimbus-jose-jwt'
  | 'java'
  | 'chromium'
  | 'bash'
  | 'zsh'
  | 'fish'
  | 'nginx'
  | 'haproxy'
  | 'caddy'
  | 'pkits'

const ROOT = join(import.meta.dirname, '..', '..')

const CANDIDATES: Readonly<Record<Need, readonly string[]>> = {
  openssl: ['openssl'],
  'openssl 3.0': ['openssl'],
  certtool: ['certtool'],
  ocsptool: ['ocsptool'],
  // Debian's packages belong to Debian's Python, whichever comes first on the path.
  'pyopenssl 23.0': ['/usr/bin/python3'],
  'cryptography 38': ['/usr/bin/python3'],
  'pyjwt 2.6': ['/usr/bin/python3'],
  'go-jose': [peerProduct('go')],
  'nimbus-jose-jwt': [peerProduct('java')],
  java: ['java'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  bash: ['bash'],
  zsh: ['zsh'],
  fish: ['fish'],
  // Debian puts these where only root's path leads.
  nginx: ['nginx', '/usr/sbin/nginx'],
  haproxy: ['haproxy', '/usr/sbin/haproxy'],
  caddy: ['caddy'],
  pkits: [join(ROOT, '..', 'shared', 'vectors', 'pkits', 'pkits.json')],
}

/** What else must hold of what was found: each version judges some things in another way. */
const CONDITIONS: Partial<Readonly<Record<Need, (path: string) => boolean>>> = {
  'openssl 3.0': (path) => /^OpenSSL 3\.0\./u.test(outputOf(path, 'version')),
  // 24.3 has no sign and verify any more.
  'pyopenssl 23.0': (path) => pythonVersionOf(path, 'OpenSSL').startsWith('23.0.'),
  'cryptography 38': (path) => pythonVersionOf(path, 'cryptography').startsWith('38.'),
  'pyjwt 2.6': (path) => pythonVersionOf(path, 'jwt').startsWith('2.6.'),
}

const HOW: Readonly<Record<Need, string>> = {
  openssl: 'openssl is not installed',
  'openssl 3.0': 'openssl is not installed in version 3.0, whose verdicts are compared',
  certtool: 'certtool is not installed (package gnutls-bin)',
  ocsptool: 'ocsptool is not installed (package gnutls-bin)',
  'pyopenssl 23.0': '/usr/bin/python3 has no pyOpenSSL 23.0 (packages python3-openssl, python3-cryptography)',
  'cryptography 38': '/usr/bin/python3 has no cryptography 38 (package python3-cryptography)',
  'pyjwt 2.6': '/usr/bin/python3 has no PyJWT 2.6 (package python3-jwt)',
  'go-jose': 'the peer in Go is not built (npm run peers)',
  'nimbus-jose-jwt': 'the peer in Java is not built (npm run peers)',
  java: 'java is not installed (package default-jdk-headless)',
  chromium: 'chromium is not installed',
  bash: 'bash is not installed',
  zsh: 'zsh is not installed',
  fish: 'fish is not installed',
  nginx: 'nginx is not installed',
  haproxy: 'haproxy is not installed',
  caddy: 'caddy is not installed',
  pkits: '../shared/vectors/pkits is not there',
}

/** The absolute path of what is needed, or undefined where it is missing. */
export function pathOf(need: Need): string | undefined {
  const found = CANDIDATES[need].map(locate).find((path) => path !== undefined)
  return found !== undefined && CONDITIONS[need]?.(found) === false ? undefined : found
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

// -I: neither the user's packages nor the environment.
function pythonVersionOf(python: string, module: string): string {
  return outputOf(python, '-I', '-c', `import ${module}; print(${module}.__version__)`)
}

function outputOf(path: string, ...args: readonly string[]): string {
  return spawnSync(path, args, { encoding: 'utf8' }).stdout
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
