// A domain declares its events: the schema of each event, and the streams that contain it.
import type * as z from 'zod'

/** An event: its type and its data. A domain has a union of such types. */
export interface AnyEvent {
  type: string
  data: object
}

/** The schema of each event's data, by the event's type. */
export type Schemas = Readonly<Record<string, z.ZodObject>>

export type Data = Readonly<Record<string, unknown>>

/** The streams of one kind, `account-<id>` for example, and their events. */
export interface Category {
  /** The pattern of the stream names. Its group is the part of the name that distinguishes one stream from another. */
  streams: RegExp
  events: Schemas
  /** The part of the stream's name that the data of an event determine. An event in another stream is malformed. */
  about(data: Data): unknown
}

/**
 * The union of the events with these schemas, by type.
 *
 * @example
 * const accountEvents = { Deposited: z.object({ accountId: z.string(), amount: z.int() }) }
 * type AccountEvent = EventOf<typeof accountEvents>
 */
export type EventOf<Events extends Schemas> = {
  [Type in keyof Events]: { type: Type & string; data: z.output<Events[Type]> }
}[keyof Events]
