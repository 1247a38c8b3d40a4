// Server: what no single key can be refused for: rules between keys, and those on URLs and addresses.

import { describeValue, type Problem } from './problems.ts'
import type { ConfigDocument } from './schema.ts'

/** All that is wrong between the keys of a document that fits the schema. */
export function checkRules(document: ConfigDocument): readonly Problem[] {
  return [
    ...checkIssuer(document.issuer),
    ...checkListen(document),
    ...checkRevocation(document),
    ...checkTokens(document),
    ...checkAdministrators(document),
  ]
}

/** Whether an address or name is this machine's own, whatever a resolver says. */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  // `::ffff:127.0.0.1` and `127.1` are left out on purpose: nobody writes them by accident.
  return LOOPBACK.test(bare) || bare === '::1' || bare.toLowerCase() === 'localhost'
}

// RFC 1122 §3.2.1.3 (g): 127/8.
const LOOPBACK = /^127(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/u

// RFC 8414 §2: https, without query or fragment. Compared letter for letter by everybody, so that one form alone is taken.
function checkIssuer(issuer: string): readonly Problem[] {
  const refuse = (expected: string): readonly Problem[] => [
    { path: ['issuer'], text: `expected ${expected}, found ${describeValue(issuer)}` },
  ]
  if (!URL.canParse(issuer)) return refuse('an https URL')
  const url = new URL(issuer)
  if (url.username !== '' || url.password !== '') {
    return [
      { path: ['issuer'], text: 'expected a URL without user and password, found one with them (not shown)' },
    ]
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('an https URL')
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return refuse('https, or http on loopback')
  if (url.search !== '' || url.hash !== '' || /[?#]/u.test(issuer))
    return refuse('a URL without query and fragment')
  // What is below it becomes a route, and stands in URLs that clients compare.
  if (!/^[A-Za-z0-9._~/-]*$/u.test(url.pathname)) return refuse('a path of letters, digits and . _ ~ - alone')
  if (issuer.endsWith('/')) return refuse('a URL without a slash at the end')
  const normal = url.pathname === '/' ? url.origin : url.href
  return normal === issuer ? [] : refuse(`the URL as it is compared, ${describeValue(normal)}`)
}

function checkListen({ listen }: ConfigDocument): readonly Problem[] {
  const problems: Problem[] = []
  if (!/^(?:[A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:.]{2,45})$/u.test(listen.host)) {
    const text = `expected an address or a host name, found ${describeValue(listen.host)}`
    problems.push({ path: ['listen', 'host'], text })
  } else if (listen.tls === undefined && !listen.behindProxy && !isLoopback(listen.host)) {
    const text = `expected listen.tls, or behindProxy: true, or a loopback address, found plain HTTP on ${describeValue(listen.host)}`
    problems.push({ path: ['listen', 'host'], text })
  }
  return problems
}

function checkRevocation({ revocation }: ConfigDocument): readonly Problem[] {
  const problems: Problem[] = []
  if (revocation.fetch === 'http' && revocation.allowHosts.length === 0) {
    const text = 'expected at least one origin with fetch: http, found none'
    problems.push({ path: ['revocation', 'allowHosts'], text })
  }
  for (const [index, origin] of revocation.allowHosts.entries()) {
    const url = URL.canParse(origin) ? new URL(origin) : undefined
    if (url !== undefined && /^https?:$/u.test(url.protocol) && url.origin === origin) continue
    const text = `expected an origin such as http://crl.example, found ${describeValue(origin)}`
    problems.push({ path: ['revocation', 'allowHosts', index], text })
  }
  return problems
}

function checkTokens({ tokens }: ConfigDocument): readonly Problem[] {
  if (tokens.overlapHours < tokens.rotateDays * 24) return []
  const text = `expected less than rotateDays (${tokens.rotateDays * 24} hours), found ${tokens.overlapHours}`
  return [{ path: ['tokens', 'overlapHours'], text }]
}

function checkAdministrators({ admin }: ConfigDocument): readonly Problem[] {
  if (admin === undefined) return []
  const problems: Problem[] = []
  const names = new Set<string>()
  const matches = new Set<string>()
  for (const [index, { name, certificate }] of admin.administrators.entries()) {
    const path = ['admin', 'administrators', index]
    // `service` is the actor of what the service does by itself.
    if (name === 'service' || names.has(name)) {
      const text = `expected a name of one administrator alone, found ${describeValue(name)} ${name === 'service' ? '(the service itself)' : 'twice'}`
      problems.push({ path: [...path, 'name'], text })
    }
    const match = JSON.stringify(certificate)
    if (matches.has(match)) {
      problems.push({
        path: [...path, 'certificate'],
        text: 'expected a certificate of one administrator alone, found it twice',
      })
    }
    names.add(name)
    matches.add(match)
  }
  return problems
}
