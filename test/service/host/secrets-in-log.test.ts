// Sends tokens, keys and passphrases to wherever a request can carry them, and looks for them in the log at its most
// talkative, in the answers, and in the audit log.

import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { signAuthorizationGrant } from 'ingam'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSqliteStores } from '../../../packages/server/src/stores/sqlite-stores.ts'
import { fakeLog } from '../support/fakes.ts'
import { createServiceWorld, type ServiceWorld, WORKLOAD } from '../support/world.ts'

let world: ServiceWorld
beforeAll(async () => {
  world = await createServiceWorld('log: { level: debug }\n')
})
afterAll(async () => {
  await world.remove()
})

async function send(
  url: string,
  path: string,
  init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const { method = 'POST', headers = {}, body = '' } = init
    const request = httpRequest(`${url}${path}`, { method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve(text))
    })
    request.on('error', reject)
    request.end(body)
  })
}

// What is asked for (scope, resource, client_id, an unknown grant type) is said in records and at debug, and is no secret.
it('no secret that a request carries gets into the log, an answer or the audit log', async () => {
  const service = await world.start()
  const { url } = service
  const assertion = await signAuthorizationGrant(await world.workload.credential(), {
    audience: 'http://127.0.0.1:8780',
  })
  const secret = 'hunter2hunter2hunter2'
  const pem = world.workload.privateKeyPem
  const answers: string[] = []
  const ask = async (...[path, init]: [string, Parameters<typeof send>[2]?]): Promise<void> => {
    answers.push(await send(url, path, init))
  }
  const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString()
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }

  await ask('/token', { headers, body: form({ grant_type: grant, assertion }) })
  const issued = JSON.parse(answers.shift() ?? '') as { readonly access_token: string }
  await ask('/token', { headers, body: form({ grant_type: grant, assertion }) })
  await ask('/token', { headers, body: form({ grant_type: grant, assertion: `${assertion}x` }) })
  await ask('/token', { headers, body: form({ grant_type: grant, assertion: secret }) })
  await ask('/token', { headers, body: form({ grant_type: assertion, assertion }) })
  await ask('/token', {
    headers,
    body: form({ grant_type: grant, assertion, client_secret: secret, client_id: 'asked' }),
  })
  await ask('/token', {
    headers,
    body: form({ grant_type: grant, assertion, scope: 'asked', resource: 'https://asked.example' }),
  })
  await ask('/token', { headers, body: form({ [secret]: secret, [assertion]: 'x' }) })
  await ask('/token', { headers, body: `%zz${assertion}` })
  await ask('/token', { headers: { 'content-type': secret }, body: pem })
  await ask('/token', {
    headers: { ...headers, dpop: assertion },
    body: form({ grant_type: grant, assertion }),
  })
  await ask('/token', {
    headers: { ...headers, dpop: `${secret}.${secret}.${secret}` },
    body: form({ grant_type: grant, assertion }),
  })
  await ask('/token', { headers: { authorization: `Basic ${btoa(`a:${secret}`)}` }, body: assertion })
  for (const path of [
    '/introspect',
    '/revoke',
    '/challenge',
    '/jwks',
    `/${assertion}`,
    `/token?assertion=${assertion}`,
    `/token/${secret}`,
  ]) {
    await ask(path, {
      headers: { ...headers, authorization: `Bearer ${issued.access_token}` },
      body: form({ token: issued.access_token }),
    })
  }
  const ids = {
    'request-id': issued.access_token,
    'x-request-id': secret.padEnd(65, 'x'),
    'user-agent': assertion,
    cookie: secret,
    referer: assertion,
  }
  await ask('/jwks', { method: 'GET', headers: ids })
  await ask('/jwks', { method: 'GET', headers: { host: `${secret}.example` } })
  await ask('/admin/policy', { method: 'PUT', headers: { authorization: `Bearer ${assertion}` }, body: pem })
  await service.stop()

  const stores = await openSqliteStores({
    folder: (await world.config()).state.folder,
    clock: () => new Date(),
    maxQueue: 8,
    grantRetentionDays: 1,
    log: fakeLog(),
  })
  const audit = JSON.stringify(await stores.audit.read({ after: 0, limit: 1_000 }))
  await stores.close()

  expect(world.lines.length).toBeGreaterThan(20)
  const [, payload = '', signature = ''] = assertion.split('.')
  const [, issuedPayload = '', issuedSignature = ''] = issued.access_token.split('.')
  const keyLine = pem.split('\n')[1] ?? ''
  const kek = readFileSync(join(world.folder, 'kek'), 'utf8').trim()
  const secrets = { payload, signature, issuedPayload, issuedSignature, keyLine, kek, secret }
  for (const [name, value] of Object.entries(secrets)) {
    expect(value.length, name).toBeGreaterThan(15)
    expect(
      world.lines.filter((line) => line.includes(value)),
      `${name} in the log`,
    ).toEqual([])
    expect(audit.includes(value), `${name} in the audit log`).toBe(false)
    expect(answers.join('').includes(value), `${name} in an answer`).toBe(false)
  }
  // Names of certificates stand in no line at info, which is what is kept.
  const info = world.lines.filter((line) => !line.includes('"level":"debug"')).join('')
  expect(info).not.toContain(WORKLOAD)
  expect(info).not.toContain(Buffer.from(world.workload.der).toString('base64').slice(0, 60))
})
