// Revocation lists as nginx serves them: with the types that it sends when nobody has told it about lists, compressed where
// somebody asks for that, slowly, and while they are replaced.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttpSource, type HttpSource, type HttpSourceOptions } from 'ingam/node'
import { createFixedClock, createTestCa } from 'ingam/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { derOf, queryFor } from '../support/evidence-query.ts'
import { describeWith } from '../support/requires.ts'
import { type ServerProcess, startProcess } from '../support/server-process.ts'

const AT = new Date('2026-06-01T12:00:00Z')

describeWith(['nginx'], 'nginx', ({ nginx: path }) => {
  let root: string
  let server: ServerProcess
  let origin: string

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'ingam-lists-'))
    // Started by root, nginx reads files as another user.
    chmodSync(root, 0o755)
    server = await startProcess({
      name: 'nginx',
      path,
      configuration: (port, folder) => configurationOf(port, folder, root),
      args: (file, folder) => ['-e', 'stderr', '-p', folder, '-c', file],
      hasAnswered: async (port) => (await statusOf(port)) === 404,
    })
    origin = `http://127.0.0.1:${server.port}`
  })
  afterAll(async () => {
    await server.stop()
    rmSync(root, { recursive: true })
  })

  async function during<T>(
    options: Partial<HttpSourceOptions>,
    use: (source: HttpSource) => Promise<T>,
  ): Promise<T> {
    const source = await createHttpSource({ allow: [origin], loopback: 'allow', clock: () => AT, ...options })
    try {
      return await use(source)
    } finally {
      source.close()
    }
  }

  async function fetched(place: string): Promise<readonly (string | Uint8Array)[]> {
    const ca = await createTestCa({ at: AT })
    const { der } = await ca.crl()
    writeFileSync(join(root, 'ca.crl'), der)
    const leaf = await ca.issue({ crlDistributionPoints: [`${origin}${place}/ca.crl`] })
    const about = await queryFor(leaf, ca)
    return await during({ timeoutMilliseconds: 1_000 }, async (source) => {
      const problems = await source.fetch(about, new AbortController().signal)
      expect(derOf(source.find(about))).toEqual(problems.length === 0 ? [der] : [])
      return problems.map(({ problem }) => problem)
    })
  }

  test.each(['/octets', '/typed', '/compressing', '/chunked'])('a list below %s is taken', async (place) => {
    expect(await fetched(place)).toEqual([])
  })

  test.each([
    ['/text', 'content-type: expected application/pkix-crl'],
    ['/moved', 'a redirect to "http://127.0.0.1'],
    ['/forbidden', 'HTTP 403'],
    ['/failing', 'HTTP 500'],
    ['/closing', 'the connection ended before the answer did'],
    ['/slow', 'no whole answer within 1000 ms'],
  ])('a list below %s is not taken: %s', async (place, problem) => {
    expect(await fetched(place)).toEqual([expect.stringContaining(problem)])
  })

  test('a list that is replaced is taken over, the one before it stays for its time', async () => {
    const ca = await createTestCa({ at: AT })
    const leaf = await ca.issue({ crlDistributionPoints: [`${origin}/typed/replaced.crl`] })
    const about = await queryFor(leaf, ca)
    const [first, second] = [await ca.crl(), await ca.crl({ crlNumber: 2, revoked: [leaf] })]
    const clock = createFixedClock(AT)
    await writeFile(join(root, 'replaced.crl'), first.der)
    await during({ clock: clock.now }, async (source) => {
      const { signal } = new AbortController()
      expect(await source.fetch(about, signal)).toEqual([])
      await writeFile(join(root, 'next'), second.der)
      await rename(join(root, 'next'), join(root, 'replaced.crl'))
      clock.advance(60)
      expect(await source.fetch(about, signal)).toEqual([])
      expect(derOf(source.find(about))).toEqual([second.der, first.der])
    })
  })
})

async function statusOf(port: number): Promise<number> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).status
  } catch {
    // Not there yet.
    return 0
  }
}

function configurationOf(port: number, folder: string, root: string): string {
  const place = (name: string, ...lines: readonly string[]): string =>
    `location /${name}/ { alias ${root}/; ${lines.join('; ')}; }`
  const octets = 'default_type application/octet-stream'
  return `daemon off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / { return 404; }
    ${place('octets', octets)}
    ${place('typed', 'default_type application/pkix-crl')}
    ${place('compressing', octets, 'gzip on', 'gzip_min_length 1', 'gzip_types application/octet-stream')}
    ${place('chunked', octets, 'sub_filter_types application/octet-stream', "sub_filter 'never there' 'x'")}
    ${place('text', 'default_type text/plain')}
    location /moved/ { return 302 /octets/ca.crl; }
    location /forbidden/ { return 403; }
    location /failing/ { return 500; }
    location /closing/ { return 444; }
    ${place('slow', octets, 'limit_rate 1')}
  }
}
`
}
