import { expect, test } from 'vitest'
import { gatewayUnderTest } from '../http/gateway-under-test.given.ts'

const json = 'application/json'
const graphql = 'application/graphql-response+json'

test.each([
  ['*/*', json],
  ['', json],
  [json, json],
  [graphql, graphql],
  ['APPLICATION/JSON', json],
  ['Application/GraphQL-Response+JSON', graphql],
  [`${graphql}, ${json}`, graphql],
  [`${json}, ${graphql}`, json],
  [`${graphql};q=0.5, ${json}`, json],
  [`${json};q=0.5, ${graphql};Q=0.9`, graphql],
  [`${graphql};q=0, ${json}`, json],
  [`${graphql};q=0, */*`, json],
  [`${json};q=0, */*`, graphql],
  [`*/*;q=0.1, ${graphql}`, graphql],
  [`${graphql};q=0.1, */*`, json],
  ['application/*', json],
  [`${graphql}; charset=UTF-8`, graphql],
  [`text/html;q=0.9, ${graphql}`, graphql],
  ['text/plain, */*;q=0.1', json],
])('to Accept: %s everything is answered as %s, with the status of that type', async (accept, type) => {
  const gateway = await gatewayUnderTest()
  const answer = async (query: string) => {
    const { status, headers } = await gateway.post({ query }, { accept })
    return { status, type: headers.get('content-type') }
  }
  const expected = (status: number) => ({ status, type: `${type}; charset=utf-8` })
  const refusal = expected(type === json ? 200 : 400)
  expect(await answer('{ hello }')).toEqual(expected(200))
  expect(await answer('{ hello broken }')).toEqual(expected(200))
  expect(await answer('{')).toEqual(refusal)
  expect(await answer('{ goodbye }')).toEqual(refusal)
  expect(await answer(`${'{ self '.repeat(200)}{ hello }${' }'.repeat(200)}`)).toEqual(refusal)
  expect(await answer('query ($name: Int!) { hello(name: $name) }')).toEqual(refusal)
  expect(await answer('subscription { count(to: 1) }')).toEqual(expected(400))
})

test.each([json, graphql])('to Accept: %s a request that is no operation is refused in that type', async (accept) => {
  const gateway = await gatewayUnderTest()
  const answer = async (body: unknown, more: Record<string, string> = {}) => {
    const { status, headers } = await gateway.post(body, { accept, ...more })
    return { status, type: headers.get('content-type') }
  }
  const type = `${accept}; charset=utf-8`
  expect(await answer('{')).toEqual({ status: 400, type })
  expect(await answer({})).toEqual({ status: 400, type })
  expect(await answer('{}', { 'content-type': 'text/plain' })).toEqual({ status: 415, type })
  expect(await answer('{}', { 'content-encoding': 'gzip' })).toEqual({ status: 415, type })
})

test.each(['text/plain', 'image/*', `${json};q=0`, `*/*;q=0`, `${json};q=0, ${graphql};q=0`])(
  'a request that accepts nothing but %s is refused before it is executed',
  async (accept) => {
    const gateway = await gatewayUnderTest()
    const { status, headers, body } = await gateway.post({ query: 'mutation { slow }' }, { accept })
    expect([status, headers.get('content-type')]).toEqual([406, 'application/json; charset=utf-8'])
    expect(body.errors?.[0]?.message).toContain('The Accept header must include')
  },
)

test.each([
  ['text/html', true],
  ['TEXT/HTML, */*;q=0.8', true],
  ['text/html;q=0.9, application/json;q=0.5', true],
  ['text/html;q=0, */*', false],
  ['application/json, text/html;q=0.9', false],
  ['*/*', false],
])('a GET with Accept: %s is the visit of a person: %j', async (accept, isVisit) => {
  const { url } = await gatewayUnderTest()
  const headers = { accept, 'apollo-require-preflight': '1' }
  const answer = await fetch(`${url}/graphql?query={hello}`, { headers })
  expect(answer.headers.get('content-type')).toMatch(isVisit ? /^text\/html/ : /^application\/json/)
})
