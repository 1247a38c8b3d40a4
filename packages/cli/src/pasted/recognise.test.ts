// What a person pastes: tokens bare, in header lines and in curl commands; several are never chosen between, and no
// message repeats one.

import { describe, expect, test } from 'vitest'
import { isUnrecognised, type Place, recognise } from './recognise.ts'

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
const OTHER = 'eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiJ5In0.b3RoZXI'

function problemOf(text: string, from?: Place): string {
  const reading = recognise(text, from)
  if (!isUnrecognised(reading)) throw new Error('recognised')
  const said = [reading.problem, ...reading.hints].join('\n')
  expect(said).not.toContain(TOKEN)
  expect(said).not.toContain(OTHER)
  return said
}

describe('without a command', () => {
  test.each([
    [TOKEN, undefined],
    [`  ${TOKEN}\n`, undefined],
    [`Bearer ${TOKEN}`, 'what follows "Bearer"'],
    [`bearer\t${TOKEN}\r\n`, 'what follows "Bearer"'],
    [`Authorization: Bearer ${TOKEN}`, 'the Authorization header'],
    [`authorization:BEARER ${TOKEN}`, 'the Authorization header'],
    [`Ingam-Proof: ${TOKEN}`, 'the Ingam-Proof header'],
    [`Host: h\r\nAuthorization: Bearer ${TOKEN}\r\nAccept: */*\r\n`, 'the Authorization header'],
  ])('%j', (text, where) => {
    expect(recognise(text)).toEqual({ token: TOKEN, ...(where === undefined ? {} : { where }) })
  })

  test.each(['not-a-token', 'a.b.c', `${TOKEN} ${OTHER}`, `${TOKEN}\n${OTHER}`, 'Bearer a b', '{"a": 1}'])(
    '%j is left to the verifier to refuse',
    (text) => {
      expect(recognise(text)).toEqual({ token: text })
    },
  )

  test.each(['Authorization: Basic dTpw', 'Host: h', 'Ingam-Proof: a b', 'Authorization: Bearer'])(
    '%j has none',
    (text) => {
      expect(problemOf(text)).toContain('no token')
    },
  )

  test('two headers: said, and chosen with --from', () => {
    const text = `Authorization: Bearer ${TOKEN}\nIngam-Proof: ${OTHER}`
    expect(problemOf(text)).toBe(
      'several tokens in what was pasted: the Authorization header, the Ingam-Proof header\n' +
        'choose one with: --from authorization\nchoose one with: --from ingam-proof',
    )
    expect(recognise(text, 'ingam-proof')).toEqual({ token: OTHER, where: 'the Ingam-Proof header' })
    expect(problemOf(text, 'assertion')).toContain('--from names (assertion)')
  })

  test('one place with two tokens cannot be chosen from; the same token twice is one', () => {
    const line = `Authorization: Bearer ${TOKEN}`
    expect(problemOf(`${line}\nAuthorization: Bearer ${OTHER}`, 'authorization')).toContain(
      'one place holds several',
    )
    expect(recognise(`${line}\n${line}`)).toMatchObject({ token: TOKEN })
  })
})

describe('in a curl command', () => {
  test.each([
    [`curl -H 'Authorization: Bearer ${TOKEN}' https://h/`, 'the Authorization header'],
    [`$ curl -H "Authorization: Bearer ${TOKEN}" https://h/ | jq .`, 'the Authorization header'],
    [`/usr/bin/curl -sSH'Authorization: Bearer ${TOKEN}' https://h/`, 'the Authorization header'],
    [
      `curl https://h/ \\\n  --header $'authorization: Bearer ${TOKEN}' \\\n  --compressed`,
      'the Authorization header',
    ],
    [`curl -H "Ingam-Proof: ${TOKEN}" -H 'Authorization: Basic eA==' https://h/`, 'the Ingam-Proof header'],
    [`curl --oauth2-bearer ${TOKEN} https://h/`, 'the option --oauth2-bearer'],
    [`curl -d 'grant_type=x&assertion=${TOKEN}' https://h/`, 'the form field assertion'],
    [`curl -d grant_type=x -dassertion=${TOKEN} https://h/`, 'the form field assertion'],
    [`curl --data-urlencode assertion=${TOKEN} https://h/`, 'the form field assertion'],
    [`curl -F client_assertion=${TOKEN} https://h/`, 'the form field client_assertion'],
    // The value of another option is not a header.
    [`curl -A -H -H 'Authorization: Bearer ${TOKEN}' https://h/`, 'the Authorization header'],
    [
      `curl -o 'Authorization: Bearer ${OTHER}' --oauth2-bearer ${TOKEN} https://h/`,
      'the option --oauth2-bearer',
    ],
  ])('%s', (text, where) => {
    expect(recognise(text)).toMatchObject({ token: TOKEN, where: `${where} of a curl command` })
  })

  test.each([
    [`curl -H 'Authorization: Bearer ${TOKEN}' -d assertion=${OTHER} https://h/`, 'several tokens'],
    [`curl -H 'Authorization: Bearer ${TOKEN}' https://h/ > o -H 'Ingam-Proof: ${OTHER}'`, 'several tokens'],
    ['curl -H "Authorization: Bearer $TOKEN" https://h/', 'holds a shell variable'],
    ['curl -H "Authorization: Bearer $(cat t)" https://h/', 'a command substitution'],
    [`curl -H 'Authorization: Bearer ${TOKEN}`, 'ends within a quotation'],
    [
      `curl --oauth2-bearer ${TOKEN} https://h/; curl --oauth2-bearer ${OTHER} https://h/`,
      'more than one command',
    ],
    ['curl https://h/', 'no token'],
    ['curl -d @body.txt -d assertion=@token.txt -F "assertion=<token.txt" https://h/', 'no token'],
    [`curl 'https://h/?assertion=${TOKEN}'`, 'no token'],
  ])('%s: refused', (text, said) => {
    expect(problemOf(text)).toContain(said)
  })
})

describe('the request of a curl command', () => {
  const header = `-H 'Authorization: Bearer ${TOKEN}'`
  const requestOf = (text: string): unknown => {
    const reading = recognise(text)
    return isUnrecognised(reading) ? reading : reading.request
  }

  test.each([
    [`curl ${header} https://h/a?b=1`, 'GET', false],
    [`curl -I ${header} https://h/a?b=1`, 'HEAD', false],
    [`curl --head ${header} --url https://h/a?b=1`, 'HEAD', false],
    [`curl ${header} https://h/a?b=1 -d x=1`, 'POST', true],
    [`curl ${header} https://h/a?b=1 --json '{}' -X PATCH`, 'PATCH', true],
    [`curl -sXDELETE ${header} https://h/a?b=1 2>/dev/null`, 'DELETE', false],
    [`curl -T file ${header} https://h/a?b=1`, 'PUT', true],
    [`curl --upload-file file ${header} https://h/a?b=1`, 'PUT', true],
    [`curl --max-time 5 -u user:password ${header} -- https://h/a?b=1`, 'GET', false],
  ])('%s', (text, method, hasBody) => {
    expect(requestOf(text)).toEqual({ method, url: 'https://h/a?b=1', hasBody })
  })

  test.each([
    ['two URLs', `curl ${header} https://h/ https://i/`],
    ['a URL without scheme', `curl ${header} h/a`],
    ['a variable in the URL', `curl ${header} https://$HOST/`],
    ['a variable as method', `curl -X "$M" ${header} https://h/`],
    ['data that goes into the query', `curl -G -d a=1 ${header} https://h/`],
    ['an option that is not known', `curl --unheard-of ${header} https://h/`],
  ])('%s: none is told', (_what, text) => {
    expect(requestOf(text)).toBeUndefined()
    expect(recognise(text)).toMatchObject({ token: TOKEN })
  })
})

describe('a megabyte that is no token is read in linear time', () => {
  const megabyte = 1_048_576
  test.each([
    ['spaces in a header', `Authorization: a${' '.repeat(megabyte)}b`],
    ['spaces behind Bearer', `Bearer a${' '.repeat(megabyte)}b`],
    ['header lines', 'a:\n'.repeat(megabyte / 3)],
    ['a path before curl', `${'/'.repeat(megabyte)}x`],
    ['one word', `curl ${'a'.repeat(megabyte)}`],
    ['words', `curl ${'a '.repeat(megabyte / 2)}`],
    ['line ends behind a backslash', `curl ${'\\\n'.repeat(megabyte / 2)}x`],
    ['variables', `curl ${'\x24{'.repeat(megabyte / 2)}`],
    ['open quotes', `curl "${'$"'.repeat(megabyte / 2)}`],
    ['flags in one word', `curl -${'s'.repeat(megabyte)}`],
    ['form fields', `curl -d ${'assertion='.repeat(megabyte / 10)}`],
    ['form fields, joined', `curl -d '${'assertion=&'.repeat(megabyte / 11)}'`],
  ])('%s', (_what, text) => {
    // Quadratic work would take minutes: the time-out of the test is what fails then.
    expect(() => recognise(text)).not.toThrow(RangeError)
  })
})
