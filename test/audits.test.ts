// The desk as others measure GraphQL servers: the audits of the GraphQL over HTTP draft.
import { serverAudits } from 'graphql-http'
import { expect, test } from 'vitest'
import { sharedDesk } from './shared-desk.ts'

const desk = sharedDesk()

test('58 of 61 audits are ok, and none is in error', async () => {
  const audits = serverAudits({ url: `${desk.url()}/graphql` })
  const results = []
  for (const audit of audits) results.push(await audit.fn())
  const others = results.flatMap((result) => (result.status === 'ok' ? [] : [`${result.status}: ${result.name}`]))
  expect(audits).toHaveLength(61)
  expect(others.filter((line) => line.startsWith('error'))).toEqual([])
  expect(others.length, others.join('\n')).toBeLessThanOrEqual(3)
})
