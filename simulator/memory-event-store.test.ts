import { randomUUID } from 'node:crypto'
import { describeEventStore } from '../kernel/store/event-store.contract.ts'
import { sample } from '../kernel/store/sample.given.ts'
import { newLog, openMemoryEventStore } from './memory-event-store.ts'

const log = newLog()
describeEventStore('the event store in memory', {
  open: async () => openMemoryEventStore(log, Date.now, sample),
  uniqueId: randomUUID,
})
