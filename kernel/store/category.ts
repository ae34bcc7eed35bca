// What a domain says of its events: the schema of each, and the streams that they are recorded in.
import type * as z from 'zod'

/** An event: what happened, and the data of it. A domain has a union of such types. */
export interface AnyEvent {
  type: string
  data: object
}

/** The schema of each event's data, by the event's type. */
export type Schemas = Readonly<Record<string, z.ZodObject>>

export type Data = Readonly<Record<string, unknown>>

/** The streams of one kind, `account-<id>` for example, and their events. */
export interface Category {
  /** How the streams are named. The group is the part of the name that distinguishes one stream from another. */
  streams: RegExp
  events: Schemas
  /** The part of the stream's name that an event belongs to by its data. An event in another stream is malformed. */
  about(data: Data): unknown
}

/** The union of the events with these schemas, by their types. */
export type EventOf<Events extends Schemas> = {
  [Type in keyof Events]: { type: Type & string; data: z.output<Events[Type]> }
}[keyof Events]
