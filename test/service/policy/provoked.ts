// Every refusal of a policy's text, each by one change of a good one.

import { ca, indent } from './fixtures.ts'

const leaf = await ca.issue({ name: 'client' })

/** A good policy. */
export const GOOD = `version: 1
revocation: off
trustAnchors:
  workloads:
    certificate: |
${indent(ca.pem, 6)}
    names: { directoryNames: any, uris: [prod.example] }
clients:
  billing:
    authentication: private_key_jwt
    trustAnchor: workloads
    certificate: { san_uri: "spiffe://prod.example/billing" }
profiles:
  deploy:
    match: { trustAnchor: workloads, uri: "spiffe://prod.example/*" }
    audience: https://api.example
    binding: none
`

const PEM = ca.pem
  .trimEnd()
  .split('\n')
  .map((line) => `      ${line}`)
  .join('\n')
const inPlaceOf = (pem: string): string => indent(pem, 6)
const many = (length: number, of: (index: number) => string): string =>
  Array.from({ length }, (_, index) => of(index)).join(', ')

/** What is put in the place of what; the text is refused with ERR_POLICY_VALUE. */
export const WRONG_VALUES: readonly (readonly [from: string, to: string])[] = [
  [GOOD, ''],
  [GOOD, '- a'],
  ['version: 1', 'version: 2'],
  ['version: 1', 'version: "1"'],
  ['version: 1\n', ''],
  ['revocation: off', 'revocation: on'],
  ['revocation: off', 'revocation: { mode: maybe }'],
  ['revocation: off', 'revocation: { mode: require, depth: root }'],
  ['profiles:', 'profile:'],
  ['    audience:', '    audiance:'],
  [
    `  workloads:\n    certificate: |\n${PEM}\n    names: { directoryNames: any, uris: [prod.example] }`,
    '  {}',
  ],
  ['  workloads:\n    cert', '  "work loads":\n    cert'],
  [`certificate: |\n${PEM}`, 'file: ca.pem'],
  [PEM, '      none'],
  [PEM, inPlaceOf(`${ca.pem}${ca.pem}`)],
  [PEM, inPlaceOf(leaf.pem)],
  [PEM, inPlaceOf(ca.privateKeyPem)],
  ['clients:\n', `  again:\n    certificate: |\n${PEM}\n    names: any\nclients:\n`],
  ['    names: { directoryNames: any, uris: [prod.example] }\n', ''],
  ['directoryNames: any, ', ''],
  ['directoryNames: any', 'directoryNames: ["O=Example, C=DE"]'],
  ['directoryNames: any', 'directoryNames: all'],
  ['uris: [prod.example]', 'dns: ["*.example"]'],
  ['uris: [prod.example]', 'uris: ["spiffe://prod.example"]'],
  ['uris: [prod.example]', 'emails: ["@example.com"]'],
  ['uris: [prod.example]', 'ips: [192.0.2.0/33]'],
  ['private_key_jwt', 'client_secret_basic'],
  ['private_key_jwt', 'none'],
  ['private_key_jwt', 'tls_client_auth\n    legacy: true'],
  ['    trustAnchor: workloads\n    certificate: { san_uri: "spiffe://prod.example/billing" }\n', ''],
  [
    '    authentication: private_key_jwt\n    trustAnchor: workloads\n    certificate: { san_uri: "spiffe://prod.example/billing" }',
    '    authentication: none\n    grants: client_credentials\n    introspects: true',
  ],
  ['    trustAnchor: workloads\n', '    trustAnchor: workload\n'],
  ['billing" }', 'billing", san_dns: a.example }'],
  ['san_uri: "spiffe://prod.example/billing"', ''],
  ['prod.example/billing', 'prod.example/*'],
  ['san_uri: "spiffe://prod.example/billing"', 'san_ip: 192.0.2.0/24'],
  ['san_uri', 'san_url'],
  ['private_key_jwt', 'private_key_jwt\n    grants: password'],
  ['private_key_jwt', 'private_key_jwt\n    legacy: maybe'],
  ['  deploy:', '  1st:'],
  ['trustAnchor: workloads, uri', 'uri'],
  ['trustAnchor: workloads, uri', 'trustAnchor: workload, uri'],
  [', uri: "spiffe://prod.example/*"', ''],
  [', uri: "spiffe://prod.example/*"', ', issuer: CN=CA'],
  [', uri: "spiffe', ', url: "spiffe'],
  ['uri: "spiffe://prod.example/*"', 'uri: prod.example'],
  ['uri: "spiffe://prod.example/*"', 'uri: "spiffe://prod.example/**/a"'],
  ['uri: "spiffe://prod.example/*"', 'uri: "spiffe://prod.example/[a-z]"'],
  ['uri: "spiffe://prod.example/*"', 'uri: []'],
  ['uri: "spiffe://prod.example/*"', 'uri: null'],
  ['uri: "spiffe://prod.example/*"', `uri: [${many(65, (index) => `"x:${index}"`)}]`],
  ['uri: "spiffe://prod.example/*"', 'uri: ["x:a", "x:a"]'],
  ['uri: "spiffe://prod.example/*"', 'dns: "**.example"'],
  ['uri: "spiffe://prod.example/*"', 'dns: "https://a.example"'],
  ['uri: "spiffe://prod.example/*"', 'email: example.com'],
  ['uri: "spiffe://prod.example/*"', 'upn: corp.example'],
  ['uri: "spiffe://prod.example/*"', 'ip: 192.0.2.*'],
  ['uri: "spiffe://prod.example/*"', 'subject: "cn=deploy"'],
  ['uri: "spiffe://prod.example/*"', 'thumbprint: "3f:9a"'],
  [', uri:', ', extKeyUsage: client, uri:'],
  [', uri:', ', policy: 2.5.29.32.0, uri:'],
  ['audience: https://api.example', 'audience: []'],
  ['audience: https://api.example', 'audience: "https://api.example#a"'],
  ['binding: none', 'binding: none\n    scope: "read write"'],
  ['binding: none', 'binding: none\n    roles: [""]'],
  ['binding: none', 'binding: none\n    lifetime: 48h'],
  ['binding: none', 'binding: none\n    lifetime: 300'],
  ['    binding: none\n', ''],
  ['binding: none', 'binding: bearer'],
  ['binding: none', 'binding: none\n    algorithm: HS256'],
  ['binding: none', 'binding: none\n    subject: {uri}'],
  ['binding: none', "binding: none\n    subject: '{dns}'"],
  ['binding: none', 'binding: none\n    clients: [biling]'],
  ['binding: none', 'binding: none\n    clients: []'],
  ['binding: none', 'binding: none\n    grants: [implicit]'],
]

/** The same for ERR_POLICY_SYNTAX. */
export const WRONG_SYNTAX: readonly (readonly [from: string, to: string])[] = [
  [GOOD, `#${'x'.repeat(262_144)}`],
  [GOOD, 'a: \ud800'],
  [GOOD, `a: ${'['.repeat(12)}${']'.repeat(12)}`],
  ['version: 1', '%YAML 1.1\n---\nversion: 1'],
  ['version: 1', 'version: 1\nversion: 1'],
  ['version: 1', '? [version]\n: 1'],
  ['version: 1', '<<: {}'],
  ['version: 1', '__proto__: {}'],
  ['version: 1', 'version: !!int 1'],
  ['version: 1', '!!str version: 1'],
  ['version: 1', 'version: &one 1'],
  ['version: 1', 'version: *one'],
  ['uri: "spiffe://prod.example/*"', 'dns: *.prod.example'],
  ['uri: "spiffe://prod.example/*"', 'uri: *'],
  ['version: 1', 'version: 1\n---\nversion: 1'],
  ['version: 1', 'version: @1'],
  ['version: 1', 'version: "\\q"'],
  ['version: 1', 'version: a: b'],
  ['version: 1', 'version: [1'],
  ['version: 1', 'version: [\n- 1\n]'],
  ['version: 1', `${'v'.repeat(1_025)}: 1`],
  ['revocation: off', 'revocation: { mode:\n  - require }'],
  ['revocation: off', ' revocation: off'],
  ['  workloads:', '\tworkloads:'],
  ['version: 1', 'version\nrevocation: off'],
]

/** A good table of tests. */
export const GOOD_TABLE = `tests:
  - name: one
    certificate: { trustAnchor: workloads, uris: ["spiffe://prod.example/a"] }
    expect: { profile: deploy }
`

/** What is put in the place of what in the table; it is refused with ERR_POLICY_VALUE. */
export const WRONG_TABLES: readonly (readonly [from: string, to: string])[] = [
  [GOOD_TABLE, 'tests: none'],
  [GOOD_TABLE, 'tests: []'],
  ['    expect', '    except'],
  ['{ profile: deploy }', 'deploy'],
  ['{ profile: deploy }', '{ profile: deploy, refused: ERR_OAUTH_GRANT }'],
  ['name: one', 'name: ""'],
  ['name: one', 'grant: password'],
  ['{ profile: deploy }', '{ profile: deploy, binding: bearer, lifetime: 120 }'],
  ['{ profile: deploy }', '{ profile: deploy, rule: clients }'],
  ['{ profile: deploy }', '{ profil: deploy }'],
  ['{ profile: deploy }', '{}'],
  ['{ profile: deploy }', '{ rule: clients }'],
  ['{ profile: deploy }', '{ profile: deplay }'],
  ['{ profile: deploy }', '{ refused: ERR_OAUTH_GRAND }'],
  ['{ profile: deploy }', '{ refused: ERR_PATH_GRANT }'],
  ['{ profile: deploy }', '{ refused: ERR_TOKEN_EXPIRED }'],
  ['{ profile: deploy }', '{ refused: ERR_OAUTH_GRANT, rule: profiles.deploy.match.url }'],
  ['{ profile: deploy }', '{ refused: ERR_OAUTH_GRANT, rule: clients.billing.certificate.san_dns }'],
  ['{ profile: deploy }', '{ refused: ERR_PATH_EXPIRED, rule: profiles.deploy.match.uri }'],
  ['{ trustAnchor: workloads', '{ trustAnchor: workload'],
  ['    expect', '    client: biling\n    expect'],
  ['    expect', '    client: 1\n    expect'],
  ['    expect', '    client: { unknown: billing }\n    expect'],
  ['certificate: {', 'certificates: {'],
  ['certificate: { trustAnchor: workloads, uris', 'certificate: { uris'],
  ['certificate: { trustAnchor: workloads, uris: ["spiffe://prod.example/a"] }', 'certificate: 1'],
  ['tests:\n', `tests:\n${GOOD_TABLE.slice(7)}`],
]
