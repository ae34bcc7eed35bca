// The checks of every store before a write. An append that breaks these rules is a bug of its caller.
import { MAX_APPEND_BYTES, type NewEvent, NO_EVENTS, type Revision, type StreamName } from './event-store.ts'

/** An append in its written form: the JSON texts of its events, in order. */
export interface Append {
  stream: StreamName
  events: readonly NewEvent[]
  expected: Revision
  data: string[]
  metadata: string[]
  /** The approximate memory size of the texts: their length. */
  size: number
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const NIL_UUID = '00000000-0000-0000-0000-000000000000'

/**
 * Checks the events of an append and serialises them.
 * @throws Error with a message that states the problem
 */
export function appendOf(stream: StreamName, events: readonly NewEvent[], expected: Revision): Append {
  if (events.length === 0) throw wrong(stream, 'there are no events')
  if (!Number.isSafeInteger(expected) || expected < NO_EVENTS) throw wrong(stream, `${expected} is not a revision`)

  const append: Append = { stream, events, expected, data: [], metadata: [], size: 0 }
  let dataLength = 0
  for (const event of events) {
    if (!event.type) throw wrong(stream, 'an event has no type')
    if (!UUID.test(event.id) || event.id === NIL_UUID)
      throw wrong(stream, `the event id "${event.id}" is not a UUID in lower case`)
    const data = JSON.stringify(event.data)
    const metadata = JSON.stringify(event.metadata)
    if (data === undefined || metadata === undefined) throw wrong(stream, `a ${event.type} has no data or no metadata`)
    append.data.push(data)
    append.metadata.push(metadata)
    append.size += data.length + metadata.length
    dataLength += data.length
  }
  // A character takes at most three bytes, so only large texts are measured.
  if (dataLength * 3 > MAX_APPEND_BYTES) {
    const bytes = append.data.reduce((sum, data) => sum + Buffer.byteLength(data), 0)
    if (bytes > MAX_APPEND_BYTES) throw wrong(stream, `${bytes} bytes of data are more than ${MAX_APPEND_BYTES}`)
  }
  return append
}

function wrong(stream: StreamName, what: string): Error {
  return new Error(`Cannot append to ${stream}: ${what}.`)
}
