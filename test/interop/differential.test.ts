// The same random paths to us and to `openssl verify -x509_strict`: where the verdicts differ, the difference stands in
// the table below with its reason, or the test fails. INGAM_PATHS sets how many (default 200), INGAM_SEED where to begin.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePem, type PathLimits, parseCertificate, verifyPath } from 'ingam/x509'
import { afterAll, expect, test } from 'vitest'
import { codeOf } from '../support/codes.ts'
import { AT } from '../support/mini-ca.ts'
import { DEFECT_NAMES, type DefectName, type RandomPath, randomPath } from '../support/random-path.ts'
import { describeWith } from '../support/requires.ts'

const PATHS = Number(process.env['INGAM_PATHS'] ?? '200')
const SEED = Number(process.env['INGAM_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31)))

interface Difference {
  readonly ours: string
  /** Beginning of what OpenSSL says, `OK` where it accepts. */
  readonly openssl: string
  readonly reason: string
}

/** Where the two disagree, and which of them the standard has on its side. */
const DIFFERENCES: Partial<Record<DefectName, readonly Difference[]>> = {
  'ends at the instant': [
    {
      ours: 'accepted',
      openssl: 'error 10 ',
      reason: 'RFC 5280 §4.1.2.5: the period includes notAfter; OpenSSL ends it a second early',
    },
  ],
  'no authorityKeyIdentifier': [
    {
      ours: 'accepted',
      openssl: 'error 85 ',
      reason: 'RFC 5280 §4.2.1.1 asks CAs to write it; §6.1 does not look at it',
    },
    {
      ours: 'accepted',
      openssl: 'error 19 ',
      reason: 'RFC 5280 §3.2: self-issued is not self-signed; OpenSSL tells them apart by this identifier',
    },
  ],
  'wrong authorityKeyIdentifier': [
    {
      ours: 'accepted',
      openssl: 'error 20 ',
      reason: 'RFC 5280 §4.2.1.1: it helps to find the issuer; §6.1 does not compare it',
    },
  ],
  'no subjectKeyIdentifier': [
    {
      ours: 'accepted',
      openssl: 'error 86 ',
      reason: 'RFC 5280 §4.2.1.2 asks CAs to write it; §6.1 does not look at it',
    },
    {
      ours: 'accepted',
      openssl: 'error 19 ',
      reason: 'RFC 5280 §3.2: self-issued is not self-signed; OpenSSL tells them apart by this identifier',
    },
  ],
  'basicConstraints not critical': [
    {
      ours: 'accepted',
      openssl: 'error 89 ',
      reason: 'RFC 5280 §4.2.1.9 asks CAs to mark it; §6.1.4 (k) asks for its presence and for cA alone',
    },
  ],
  'no keyUsage': [
    {
      ours: 'accepted',
      openssl: 'error 92 ',
      reason: 'RFC 5280 §4.2.1.3 asks CAs to write it; §6.1.4 (n) holds where it is present',
    },
    {
      ours: 'accepted',
      openssl: 'error 81 ',
      reason:
        'the same, with pathLenConstraint: RFC 5280 §4.2.1.9 binds CAs, §6.1.4 (m) asks for no keyUsage',
    },
  ],
  'anyPolicy inhibited by the anchor': [
    {
      ours: 'ERR_PATH_POLICY',
      openssl: 'OK',
      reason: 'RFC 5937 §3.2: the policy constraints of the anchor hold; OpenSSL does not read them',
    },
  ],
  'policy required by the anchor': [
    {
      ours: 'ERR_PATH_POLICY',
      openssl: 'OK',
      reason: 'RFC 5937 §3.2: the policy constraints of the anchor hold; OpenSSL does not read them',
    },
  ],
  'a twin from elsewhere': [
    {
      ours: 'accepted',
      openssl: 'error 20 ',
      reason:
        'RFC 4158 §2.4: another path is tried; OpenSSL does not turn back from an issuer that leads nowhere',
    },
  ],
  'weak RSA key': [
    {
      ours: 'ERR_PATH_ALGORITHM',
      openssl: 'OK',
      reason: 'NIST SP 800-131A: less than 2048 bits; OpenSSL takes them at its default security level',
    },
  ],
  'wildcard under a constraint': [
    {
      ours: 'ERR_PATH_NAME_CONSTRAINT',
      openssl: 'OK',
      reason: 'RFC 5280 §4.2.1.10 knows no wildcard: one that could stand for an excluded name is refused',
    },
  ],
  'host under a constraint with a full stop': [
    {
      ours: 'ERR_PATH_NAME_CONSTRAINT',
      openssl: 'OK',
      reason:
        'RFC 5280 §4.2.1.10 knows no leading full stop: where it excludes, it excludes the host itself too',
    },
  ],
}

describeWith(['openssl 3.0'], 'openssl verify -x509_strict', ({ 'openssl 3.0': openssl }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ingam-differential-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test(`${PATHS} random paths from seed ${SEED}`, { timeout: 60_000 + PATHS * 200 }, async ({ task }) => {
    const unexplained: string[] = []
    const counts = { bothAccept: 0, bothRefuse: 0, differ: 0 }
    const judgeNext = async (worker: number): Promise<void> => {
      for (let index = worker; index < PATHS; index += WORKERS) {
        const path = await randomPath(SEED + index)
        const [ours, theirs] = await Promise.all([judgeOurs(path), judgeTheirs(openssl, folder, path)])
        const isSame = (ours === 'accepted') === (theirs === 'OK')
        if (isSame) counts[theirs === 'OK' ? 'bothAccept' : 'bothRefuse']++
        else counts.differ++
        if (!isSame && !isExplained(path.defect, ours, theirs)) {
          unexplained.push(`${path.description}\n  ours: ${ours}\n  openssl: ${theirs}`)
        }
      }
    }
    await Promise.all(Array.from({ length: WORKERS }, (_, worker) => judgeNext(worker)))
    expect(unexplained).toEqual([])
    expect(counts.bothAccept).toBeGreaterThan(PATHS / 10)
    expect(counts.bothRefuse).toBeGreaterThan(PATHS / 4)
    task.meta.report =
      `openssl verify -x509_strict: ${PATHS} random paths from seed ${SEED}: both accept ${counts.bothAccept}, ` +
      `both refuse ${counts.bothRefuse}, ${counts.differ} differ for the reasons in docs/profile.md`
  })
})

test('each difference belongs to a defect', () => {
  for (const defect of Object.keys(DIFFERENCES)) expect(DEFECT_NAMES).toContain(defect)
})

// As many processes at once as two cores can use.
const WORKERS = 3

function isExplained(defect: DefectName, ours: string, theirs: string): boolean {
  return (DIFFERENCES[defect] ?? []).some(
    (difference) => difference.ours === ours && theirs.startsWith(difference.openssl),
  )
}

// A spent budget decides nothing: CAs that issue to themselves under one name make more detours than the usual one has room for.
async function judgeOurs(path: RandomPath): Promise<string> {
  const answer = await judgeWithin(path, {})
  return answer === 'ERR_PATH_BUDGET' ? await judgeWithin(path, AMPLE) : answer
}

const AMPLE: PathLimits = { maxSignatureChecks: 1_000, maxEdges: 10_000 }

async function judgeWithin(path: RandomPath, limits: PathLimits): Promise<string> {
  return await codeOf(() =>
    verifyPath({
      leaf: path.leaf,
      intermediates: path.intermediates,
      trustAnchors: [parseCertificate(path.anchor)],
      at: AT,
      purpose: 'clientAuth',
      policies: path.policies,
      revocation: 'off',
      limits,
    }),
  )
}

async function judgeTheirs(openssl: string, folder: string, path: RandomPath): Promise<string> {
  const file = (role: string, ...ders: readonly Uint8Array[]): string => {
    const location = join(folder, `${path.seed}-${role}.pem`)
    writeFileSync(location, ders.map((der) => encodePem('CERTIFICATE', der)).join(''))
    return location
  }
  const { initialPolicySet, initialExplicitPolicy, initialPolicyMappingInhibit, initialInhibitAnyPolicy } =
    path.policies
  const untrusted =
    path.intermediates.length === 0 ? [] : ['-untrusted', file('untrusted', ...path.intermediates)]
  const options = [
    ...['verify', '-x509_strict', '-policy_check', '-purpose', 'sslclient'],
    ...['-attime', String(AT.getTime() / 1_000), '-no-CApath', '-no-CAstore'],
    ...(initialExplicitPolicy ? ['-explicit_policy'] : []),
    ...(initialPolicyMappingInhibit ? ['-inhibit_map'] : []),
    ...(initialInhibitAnyPolicy ? ['-inhibit_any'] : []),
    ...initialPolicySet.flatMap((policy) => ['-policy', policy]),
    ...['-CAfile', file('anchor', path.anchor), ...untrusted, file('leaf', path.leaf)],
  ]
  return await new Promise((resolve) => {
    execFile(openssl, options, (error, _stdout, stderr) => {
      resolve(error === null ? 'OK' : (/error \d+ at .*/u.exec(stderr)?.[0] ?? stderr))
    })
  })
}
