// GnuTLS and this library agree on evidence: its certtool and ocsptool read and verify what our writers make, and the
// lists that certtool makes count here.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa, type TestCertificate } from 'ingam/testing'
import { verifyPath } from 'ingam/x509'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeHex } from '../../packages/ingam/src/bytes/hex.ts'
import { codeOf } from '../support/codes.ts'
import { describeWith } from '../support/requires.ts'

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

describeWith(['certtool', 'ocsptool'], 'GnuTLS', ({ certtool, ocsptool }) => {
  let folder = ''
  let ca: TestCertificate
  let impostor: TestCertificate
  let client: TestCertificate
  let responder: TestCertificate

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ingam-gnutls-'))
    // Its tools look at the system's clock.
    ca = await createTestCa({ name: 'Example CA' })
    impostor = await createTestCa({ name: 'Example CA' })
    client = await ca.issue({ name: 'client' })
    responder = await ca.issue({ name: 'responder', extKeyUsage: [OCSP_SIGNING], ocspNoCheck: true })
    for (const [name, { pem }] of Object.entries({ ca, impostor, client, responder }))
      write(`${name}.pem`, pem)
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  function write(name: string, content: string | Uint8Array): string {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }

  function ask(
    program: string,
    ...args: readonly string[]
  ): { readonly status: number | null; readonly text: string } {
    const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' })
    if (error !== undefined) throw error
    return { status, text: `${stdout}${stderr}` }
  }

  test('certtool reads and verifies our list, and under another key it does not', async () => {
    const crl = await ca.crl({
      revoked: [{ certificate: client, reason: 'keyCompromise' }],
      crlNumber: 4_711,
    })
    const file = write('ours.pem', crl.pem)
    const { text } = ask(certtool, '--crl-info', '--infile', file)
    expect(text).toContain('Issuer: CN=Example CA')
    expect(text).toContain('CRL Number (not critical): 1267')
    expect(text).toContain(`Serial Number (hex): ${encodeHex(client.certificate.serialNumber)}`)
    const verify = ['--verify-crl', '--infile', file, '--load-ca-certificate']
    expect(ask(certtool, ...verify, 'ca.pem').text).toContain('Verified')
    expect(ask(certtool, ...verify, 'impostor.pem').text).toContain('Not verified')
  })

  test.each(['good', 'revoked', 'unknown'] as const)(
    'ocsptool reads and verifies our response: %s',
    async (status) => {
      for (const signer of [ca, responder]) {
        const file = write(
          'ours.der',
          await ca.ocspResponse({ certificate: client, status, responder: signer }),
        )
        const { text } = ask(ocsptool, '--response-info', '--infile', file)
        expect(text).toContain('Response Status: Successful')
        expect(text).toContain(`Serial Number: ${encodeHex(client.certificate.serialNumber)}`)
        expect(text).toContain(`Certificate Status: ${status}`)
        const verify = ['--verify-response', '--load-response', file, '--load-trust']
        expect(ask(ocsptool, ...verify, 'ca.pem').text).toContain('Verifying OCSP Response: Success.')
        expect(ask(ocsptool, ...verify, 'impostor.pem').text).not.toContain('Success.')
      }
    },
  )

  test('a list by certtool counts', async () => {
    const key = write('ca.key', ca.privateKeyPem)
    const list = (name: string, ...certificates: readonly string[]): Uint8Array => {
      const template = write('list.template', 'crl_next_update = 7\ncrl_number = 2\n')
      const revoked = certificates.flatMap((file) => ['--load-certificate', file])
      const signing = ['--load-ca-privkey', key, '--load-ca-certificate', 'ca.pem', '--template', template]
      const { status, text } = ask(
        certtool,
        '--generate-crl',
        ...signing,
        ...revoked,
        '--outder',
        '--outfile',
        join(folder, name),
      )
      if (status !== 0) throw new Error(text)
      return Uint8Array.from(readFileSync(join(folder, name)))
    }
    const judge = async (crl: Uint8Array): Promise<string> =>
      await codeOf(() =>
        verifyPath({
          leaf: client.certificate,
          trustAnchors: [ca.certificate],
          at: new Date(Date.now() + 1_000),
          purpose: 'clientAuth',
          revocation: { mode: 'require', crls: [crl] },
        }),
      )
    expect(await judge(list('other.crl', 'responder.pem'))).toBe('accepted')
    expect(await judge(list('revoked.crl', 'client.pem'))).toBe('ERR_REVOCATION_REVOKED')
  })
})
