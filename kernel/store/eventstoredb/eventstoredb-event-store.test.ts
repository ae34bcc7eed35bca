// The event store on EventStoreDB: the contract of every store, against a real server where there is one, and always
// against a stand-in.
import { randomUUID } from 'node:crypto'
import { describe, test } from 'vitest'
import { describeEventStore } from '../event-store.contract.ts'
import { sample } from '../sample.given.ts'
import { eventStoreOn, openEventStoreDB } from './eventstoredb-event-store.ts'
import { namesIn } from './names.ts'
import { scriptedServer } from './scripted-server.given.ts'

const url = process.env.EVENTSTORE_URL
const namespace = `test_${randomUUID().slice(0, 8)}`

if (url) {
  describeEventStore('the event store on EventStoreDB', {
    open: () => openEventStoreDB({ catalogue: sample, url, namespace }),
    uniqueId: randomUUID,
  })
} else {
  describe('the event store on EventStoreDB', () => {
    test.skip('keeps the contract of event stores: set EVENTSTORE_URL to check it', () => {})
  })
}

const { shared } = scriptedServer()
describeEventStore('the event store on a stand-in for EventStoreDB', {
  open: async () => eventStoreOn(shared, { catalogue: sample, names: namesIn(namespace) }),
  uniqueId: randomUUID,
})
