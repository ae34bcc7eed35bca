import { MongoNetworkError, MongoServerError } from 'mongodb'
import { expect, test } from 'vitest'
import { StoreUnavailable } from '../../../store/event-store.ts'
import { asThrown } from './errors.ts'

const failure = (code: number, message: string) => new MongoServerError({ code, message, errmsg: message })

test.each([
  ['a connection that is lost', new MongoNetworkError('connection closed')],
  ['a primary that has stepped down', failure(189, 'the primary has stepped down')],
  ['a FerretDB whose PostgreSQL refuses connections', failure(1, 'failed to connect to `host=db`: connection refused')],
  ['a FerretDB whose PostgreSQL shuts down', failure(1, 'terminating connection (SQLSTATE 57P01)')],
  ['a FerretDB that shuts down', failure(1, '[pool.go] sql: database is closed')],
])('%s counts as an unreachable store', (_, error) => {
  expect(asThrown(error, 'db:27017')).toBeInstanceOf(StoreUnavailable)
})

test.each([
  ['an internal error of the server', failure(1, 'Invariant failure: key is not a BSON object')],
  ['an internal error that speaks of a closed cursor', failure(1, 'unexpected type in the closed interval')],
  ['a command that the server does not know', failure(59, 'no such command')],
  ['a user without rights', failure(13, 'not authorized')],
  ['an error of the program', new TypeError('undefined is not a function')],
])('%s is no outage and is thrown unchanged', (_, error) => {
  expect(asThrown(error, 'db:27017')).toBe(error)
})
