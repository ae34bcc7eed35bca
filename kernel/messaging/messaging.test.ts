// The messages in memory, which other tests rely on, keep the same promises as those over a server.
import { randomUUID } from 'node:crypto'
import { describeMessaging } from './messaging.contract.ts'
import { messagesInMemory } from './messaging.given.ts'

const server = messagesInMemory()
describeMessaging('messages in memory', { connect: async () => server.connect(), newSubject: randomUUID })
