// The events that the kernel itself records: the identity of the log, checkpoints, leases, snapshots, parked processes.
import * as z from 'zod'
import type { Category, EventOf, Schemas } from './category.ts'

/** RFC 3339. */
const time = z.iso.datetime({ offset: true })

const logEvents = { LogCreated: z.object({ logId: z.string() }) }
export type LogEvent = EventOf<typeof logEvents>

/** The stream `log`, which describes the log itself. */
export function logCategory(events: Schemas): Category {
  return { streams: /^(log)$/, events: { ...logEvents, ...events }, about: () => 'log' }
}

const checkpointEvents = {
  CheckpointStored: z.object({ reader: z.string(), position: z.int().nonnegative() }),
}
export type CheckpointEvent = EventOf<typeof checkpointEvents>

const leaseEvents = {
  LeaseRenewed: z.object({
    lease: z.string(),
    holder: z.string(),
    shares: z.array(z.int()).describe('All that the holder has from now on.'),
    leaves: z.literal(true).optional().describe('The holder ends its work on these shares, and takes no others.'),
  }),
  LeaseReleased: z
    .object({ lease: z.string(), holder: z.string() })
    .describe('The holder leaves, and has no share any more.'),
}
export type LeaseEvent = EventOf<typeof leaseEvents>

/**
 * A part of the state of a stream after its event `revision`, in `snapshot-<stream>`. It only makes loading the stream
 * faster. Old logs also have events `SnapshotTaken`, which nobody reads.
 */
const snapshotEvents = {
  SnapshotPartTaken: z.object({
    of: z.string(),
    revision: z.int().nonnegative(),
    part: z.int().positive().describe('From 1 to `parts`.'),
    parts: z.int().positive(),
    text: z.string().describe('A piece of JSON.'),
    digest: z.string().describe('SHA-256 of the pieces of all parts together.'),
  }),
}
export type SnapshotPartTaken = EventOf<typeof snapshotEvents>

/**
 * The largest number of parts of a snapshot. Larger streams have no snapshot, so that reading one takes bounded memory.
 */
export const MOST_SNAPSHOT_PARTS = 32

/**
 * The number of useful newest events in a stream of snapshots: those of a complete snapshot, of one after it that a
 * crash left unfinished, and of the next one during its writing.
 */
export const SNAPSHOT_EVENTS_OF_USE = 3 * MOST_SNAPSHOT_PARTS

/** The records of the kernel in any log. Parked processes and sagas have the subject that their domain defines. */
export type KernelEvent = LogEvent | CheckpointEvent | LeaseEvent | SnapshotPartTaken

/**
 * The streams of the kernel's own records.
 * @param snapshotsOf the categories whose streams may have snapshots
 */
export function bookkeeping(snapshotsOf: readonly string[]) {
  return {
    checkpoint: { streams: /^checkpoint-(.+)$/s, events: checkpointEvents, about: ({ reader }) => reader },
    lease: { streams: /^lease-(.+)$/s, events: leaseEvents, about: ({ lease }) => lease },
    snapshot: {
      streams: new RegExp(`^snapshot-((?:${snapshotsOf.join('|')})-.+)$`, 's'),
      events: snapshotEvents,
      about: ({ of }) => of,
    },
  } satisfies Record<string, Category>
}

const trouble = {
  reason: z
    .enum(['STUCK', 'COMPENSATION_FAILED'])
    .describe('COMPENSATION_FAILED: something that it had reserved could not be released.'),
  steps: z.array(z.string()).describe('The steps that failed; none when it was not a step.'),
  error: z.string(),
  tries: z.number().describe('How often it was tried.'),
}
/** Why a process needs an operator to continue. */
export type Trouble = z.output<z.ZodObject<typeof trouble>>

/** A process that waits for an operator. Its events also have the fields of its subject. */
export interface ParkedProcess {
  saga: string
  id: string
  follows: string
  [subject: string]: unknown
}

/** The records of parked processes, without the fields of a domain. */
export type ParkingEvent =
  | { type: 'SagaParked'; data: ParkedProcess & Trouble }
  | { type: 'SagaRetried' | 'SagaDiscarded'; data: ParkedProcess }

/**
 * The category `parked`: the parked processes of each name have one stream.
 * @param names of the processes: sagas and choreographies
 * @param subject the fields that identify the subject of a process
 *
 * @example parked: parkedCategory(['transfer'], { transferId: z.string() })
 */
export function parkedCategory<
  const Names extends readonly [string, ...string[]],
  Subject extends z.core.$ZodLooseShape,
>(names: Names, subject: Subject) {
  const parked = {
    ...subject,
    saga: z.enum(names),
    id: z.string().min(1),
    follows: z
      .string()
      .describe('The stream whose events it follows. A retry reads it again, for what came meanwhile.'),
  }
  return {
    streams: new RegExp(`^parked-(${names.join('|')})$`),
    events: {
      SagaParked: z.object({ ...parked, ...trouble }),
      SagaRetried: z.object(parked).describe('An operator started it again.'),
      SagaDiscarded: z
        .object(parked)
        .describe('An operator gave it up: it stays as it is, and later events of the same subject do not concern it.'),
    },
    about: ({ saga }) => saga,
  } satisfies Category
}

const sagaReply = z.object({
  step: z.string().describe('The name of the step in the definition of the saga.'),
  answer: z.enum(['DONE', 'REFUSED', 'UNDONE', 'SETTLED']),
  reason: z.exactOptional(z.string()).describe('Why it was refused.'),
})
/** The answer of a participant to a step of a saga. */
export type SagaReply = z.output<typeof sagaReply>

/** The first event of every saga. */
const sagaTerms = {
  deadline: time.describe('A saga that is not decided by then ends as late.'),
  window: z.int().positive().describe('How many commands of this saga may be in flight.'),
}

interface SagaFields {
  /** The fields of each event that identify the saga's subject. */
  subject: z.core.$ZodLooseShape
  /** The facts that the saga keeps from the event that started it. */
  facts: z.core.$ZodLooseShape
  /** Why a saga was refused. */
  reason: z.ZodType<string>
}

/**
 * The category of a saga: streams `<name>-<id>`, where the id is the values of its subject joined by hyphens, and its events.
 *
 * @example
 * transfer: sagaCategory('transfer', {
 *   subject: { transferId: z.string() },
 *   facts: { from: z.string(), to: z.string(), amount: z.int() },
 *   reason: z.enum(['OVERDRAWN', 'TIMED_OUT']),
 * })
 */
export function sagaCategory<const Name extends string, const Fields extends SagaFields>(name: Name, fields: Fields) {
  const subject = Object.keys(fields.subject)
  return {
    streams: new RegExp(`^${name}-(.+)$`, 's'),
    events: sagaEvents(name, fields),
    about: (data) => subject.map((field) => data[field]).join('-'),
  } satisfies Category
}

/** The events of a saga: those of the saga `transfer` are `TransferStarted`, `TransferDecided`, and so on. */
export function sagaEvents<const Name extends string, const Fields extends SagaFields>(
  name: Name,
  { subject, facts, reason }: Fields,
) {
  const about = subject as Fields['subject']
  const named = {
    Started: z.object({ ...about, ...(facts as Fields['facts']), ...sagaTerms }),
    Resumed: z
      .object({ ...about, deadline: time, retry: z.string().describe('The id of the SagaRetried.') })
      .describe('An operator started it again before it was decided. The time for which it was parked does not count.'),
    Decided: z.object({
      ...about,
      outcome: z.enum(['APPROVED', 'REJECTED', 'CANCELLED']),
      reason: z.exactOptional(reason as Fields['reason']),
    }),
    Ended: z.object(about).describe('Every reservation is settled: nothing more will come.'),
  }
  return {
    ...withPrefix(name, named),
    RepliesReceived: z
      .object({ ...about, replies: z.array(sagaReply), noticed: z.array(z.string()) })
      .describe('One event for each batch: the answers of participants, and the later events that were noticed.'),
  }
}

/** An additional event, of a saga that is amended: `TransferAmended`. */
export function sagaAmendment<const Name extends string, const Fields extends Omit<SagaFields, 'reason'>>(
  name: Name,
  { subject, facts }: Fields,
) {
  const amendedAt = z.int().nonnegative().describe('The revision of the event that changed these facts.')
  return withPrefix(name, {
    Amended: z
      .object({ ...(subject as Fields['subject']), ...(facts as Fields['facts']), amendedAt })
      .describe('The facts have changed: these are settled in the end.'),
  })
}

/** The beginning of the types of a saga's events: `Transfer` of the saga `transfer`. */
export function sagaPrefix<Name extends string>(name: Name): Capitalize<Name> {
  return (name.charAt(0).toUpperCase() + name.slice(1)) as Capitalize<Name>
}

function withPrefix<Name extends string, Events extends Schemas>(name: Name, events: Events) {
  const named = Object.entries(events).map(([type, schema]) => [`${sagaPrefix(name)}${type}`, schema])
  return Object.fromEntries(named) as Prefixed<Name, Events>
}

type Prefixed<Name extends string, Events extends Schemas> = {
  [Type in keyof Events as `${Capitalize<Name>}${Type & string}`]: Events[Type]
}
