import { expect, test } from 'vitest'
import { gatewayUnderTest } from '../http/gateway-under-test.given.ts'

const operation = {
  name: 'Hello',
  title: 'Say hello',
  document: '# `tick` </script> \u2028\nquery Hello { hello }',
  variables: { name: 'Ada' },
  kind: 'query' as const,
}

test('the root leads to the playground', async () => {
  const { url } = await gatewayUnderTest()
  expect((await fetch(`${url}/`)).url).toBe(`${url}/playground/`)
  expect((await fetch(`${url}/playground`)).url).toBe(`${url}/playground/`)
})

test('the page refers to nothing outside of the desk, and everything that it refers to is there', async () => {
  const { url } = await gatewayUnderTest()
  const page = await (await fetch(`${url}/playground/`)).text()
  const references = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, reference]) => reference ?? '')
  expect(references.length).toBeGreaterThan(5)
  for (const reference of references) {
    const absolute = new URL(reference, `${url}/playground/`)
    expect(absolute.origin).toBe(url)
    expect((await fetch(absolute)).status, reference).toBe(200)
  }
})

test('the page has the name of the desk', async () => {
  const { url } = await gatewayUnderTest()
  const page = await (await fetch(`${url}/playground/`)).text()
  expect([...page.matchAll(/<title>(.*)<\/title>/g)].map(([, title]) => title)).toEqual(['Creditline'])
})

test('the page may run scripts of the desk only, and be framed by no other', async () => {
  const { url } = await gatewayUnderTest()
  const { headers } = await fetch(`${url}/playground/`)
  const policy = headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("connect-src 'self';")
  expect(policy).toContain("frame-ancestors 'self'")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test('every given operation is a tab, with any text in it', async () => {
  const { url } = await gatewayUnderTest({ operations: [operation] })
  const response = await fetch(`${url}/playground/options.js`)
  expect(response.headers.get('content-type')).toContain('text/javascript')
  const script = await response.text()
  let options: { initialWindows: Record<string, string>[] } | undefined
  const browser = {
    location: { href: `${url}/playground/` },
    AltairGraphQL: {
      init(given: typeof options) {
        options = given
      },
    },
    localStorage: { getItem: () => 'yes' },
    document: {},
    MutationObserver: class {
      observe() {}
    },
  }
  new Function(...Object.keys(browser), script)(...Object.values(browser))
  expect(options?.initialWindows).toEqual([
    {
      initialName: 'Say hello',
      initialQuery: operation.document,
      initialVariables: '{\n  "name": "Ada"\n}',
      endpointURL: `${url}/graphql`,
      subscriptionsEndpoint: `${url.replace('http', 'ws')}/graphql`,
      initialSubscriptionRequestHandlerId: 'graphql-ws',
    },
  ])
})

test.each([
  '/playground/nothing.js',
  '/playground/../../package.json',
  '/playground/%2e%2e/index.js',
  '/playground/iframe-sandbox/index.html',
])('%s is not there', async (path) => {
  const { url } = await gatewayUnderTest()
  expect((await fetch(url + path)).status).toBe(404)
})
