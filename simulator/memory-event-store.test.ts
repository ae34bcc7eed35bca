import { randomUUID } from 'node:crypto'
import { describeEventStore } from '../test/kernel/store/event-store.contract.ts'
import { newLog, openMemoryEventStore } from './memory-event-store.ts'

const log = newLog()
describeEventStore('the event store in memory', { open: async () => openMemoryEventStore(log), uniqueId: randomUUID })
