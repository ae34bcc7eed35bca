import { GraphQLError } from 'graphql'
import pino from 'pino'
import { expect, test } from 'vitest'
import { ViewsLost } from '../../kernel/projecting/store/view-store.ts'
import { StoreUnavailable } from '../../kernel/store/event-store.ts'
import { clientError } from './errors.ts'

test.each([
  new StoreUnavailable('MongoDB at secret-host:27017 (MONGODB_URL) cannot be used'),
  new ViewsLost('The views in /srv/desk/views.db are gone.'),
])('a store that is away is reported as UNAVAILABLE, without its place and without a log line', (originalError) => {
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => lines.push(line) })
  const thrown = new GraphQLError(originalError.message, { originalError, path: ['customers'] })
  expect(clientError(thrown.toJSON(), thrown, log)).toEqual({
    message: 'The desk cannot read its data at the moment. Ask again in a moment.',
    path: ['customers'],
    extensions: { code: 'UNAVAILABLE', retryable: true },
  })
  expect(lines).toEqual([])
})
