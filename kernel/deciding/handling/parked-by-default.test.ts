// A command handler decides about parked processes without being given a decider for them.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { directory, opened } from '../../store/sqlite/log-file.given.ts'
import { commandTo } from '../bus/command-bus.ts'
import { parkingOf } from '../processes/parking.ts'
import { openCommandHandler } from './command-handler.ts'

const retry = commandTo('parked-transfer', { type: 'RetryParked', id: '7' })

test('a handler decides about parked processes, also for a domain that says nothing of them', async () => {
  const handler = openCommandHandler(await opened(join(await directory(), 'events.db')), {})
  expect(await handler.send(retry)).toMatchObject({
    refusal: { code: 'NOT_FOUND', message: 'id must be the id of a parked process: 7 is not parked.' },
  })
})

test('a domain may have its own word for a parked process', async () => {
  const parked = { decider: parkingOf('transfer') }
  const handler = openCommandHandler(await opened(join(await directory(), 'events.db')), { parked })
  expect(await handler.send(retry)).toMatchObject({ refusal: { message: expect.stringContaining('parked transfer') } })
})

test('a command for a category without a decider is an error that names the stream', async () => {
  const handler = openCommandHandler(await opened(join(await directory(), 'events.db')), {})
  expect(() => handler.send(commandTo('account-7', { type: 'Deposit' }))).toThrow('account-7')
})
