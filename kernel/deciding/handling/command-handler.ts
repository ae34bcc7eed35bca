// Decides commands for any stream: one mailbox for each stream that has work, and a bounded memory of the others.
import { LRUCache } from 'lru-cache'
import type { Logger } from '../../logger.ts'
import { type EventStore, NO_EVENTS, type StreamName } from '../../store/event-store.ts'
import type { CommandBus, Deadline } from '../bus/command-bus.ts'
import type { Aggregate, Decider } from '../decider.ts'
import type { Memory } from '../memory.ts'
import { parkingOf } from '../processes/parking.ts'
import type { Loaded, StreamKind } from './loaded.ts'
import { type Mailbox, openMailbox } from './mailbox.ts'
import { openSnapshots } from './snapshots.ts'

/** How the streams of one category are decided. */
export interface Decided {
  decider: Decider<Aggregate>
  /** For streams that grow long: the handler keeps a bounded part of each in memory, and takes snapshots. */
  memory?: Memory<Aggregate>
}

/** The deciders of a domain, by the category of the streams that they decide. */
export type Aggregates = Readonly<Record<string, Decided>>

export interface CommandHandler extends CommandBus {
  /**
   * Reads the state of a stream when its turn comes. The answer includes every command that was accepted before.
   * @throws NotDecided, CannotFold
   */
  query<Answer>(stream: StreamName, question: (state: unknown) => Answer, deadline?: Deadline): Promise<Answer>
}

/** In units of about 300 bytes. */
const WEIGHT_AT_REST = 1_000_000

/** The weight of any stream besides its weighed content. */
const WEIGHT_OF_STREAM = 3

/** A filter has 64 KiB. */
const WEIGHT_OF_FILTER = 220

/**
 * More than the sagas have in flight at once: a command that a saga sends for the first time is known to be new without
 * a read of the stream.
 */
const REMEMBERED_OF_STREAM = 4_096

const SNAPSHOT_EVERY = 1_000

export interface CommandHandlerOptions {
  singleWriter?: boolean
  weightAtRest?: number
  rememberedOfStream?: number
  snapshotEvery?: number
  snapshotPartSize?: number
  log?: Pick<Logger, 'info' | 'warn'>
}

const SILENT = { info() {}, warn() {} }

/**
 * A command handler on an event store. One handler at a time should handle the commands of a stream. Two do no harm, since
 * the expected revision decides, but they make each other reload.
 *
 * @example
 * const handler = openCommandHandler(store, { account: { decider: account } })
 * const outcome = await handler.send(commandTo('account-7', { type: 'Deposit', amount: 5 }))
 * @param aggregates those of the domain. `parked: { decider: parkingOf('order') }` among them sets the domain's word for
 *   a parked process
 * @param options.singleWriter whether no other process appends to the log; otherwise an answer without an event, such as
 *   a refusal, is confirmed by a read first
 * @param options.weightAtRest the memory for streams without waiting commands, in units of about 300 bytes, the size of
 *   a command
 * @param options.rememberedOfStream the number of a stream's newest commands in memory; older ones are searched for when
 *   a command depends on them
 * @param options.snapshotEvery the smallest number of events between two snapshots of a stream
 * @param options.snapshotPartSize the largest number of characters of JSON in one event of a snapshot
 */
export function openCommandHandler(
  store: EventStore,
  aggregates: Aggregates,
  options: CommandHandlerOptions = {},
): CommandHandler {
  const { singleWriter = true, weightAtRest = WEIGHT_AT_REST, log = SILENT } = options
  const { rememberedOfStream = REMEMBERED_OF_STREAM, snapshotEvery = SNAPSHOT_EVERY } = options
  const snapshots = openSnapshots(store, log, options.snapshotPartSize)
  const open = new Map<StreamName, Mailbox>()
  const idle = new LRUCache<StreamName, Loaded>({
    maxSize: weightAtRest,
    // A single stream above the limit is kept alone: without it in the cache, each batch would read it again.
    sizeCalculation: (loaded, stream) => Math.min(weightOf(loaded, kindOf(stream)), weightAtRest),
  })

  const kinds = new Map(
    Object.entries({ parked: { decider: parkingOf('process') }, ...aggregates }).map(
      ([category, decided]: [string, Decided]) => {
        return [category, { ...decided, rememberedOfStream, snapshotEvery } satisfies StreamKind]
      },
    ),
  )

  function kindOf(stream: StreamName): StreamKind {
    const kind = kinds.get(stream.slice(0, stream.indexOf('-')))
    if (!kind) throw new Error(`No decider decides for ${stream}`)
    return kind
  }

  function mailboxOf(stream: StreamName): Mailbox {
    const existing = open.get(stream)
    if (existing) return existing
    const mailbox = openMailbox({
      store,
      snapshots,
      stream,
      kind: kindOf(stream),
      singleWriter,
      cached: idle.get(stream),
      idle(loaded) {
        open.delete(stream)
        // Clients choose the ids that they request: a stream without events takes no place from one that has some.
        if (loaded && loaded.revision !== NO_EVENTS) idle.set(stream, loaded)
      },
    })
    // The cache weighs a stream when it is put in: one that has grown must not be there already.
    idle.delete(stream)
    open.set(stream, mailbox)
    return mailbox
  }

  return {
    send: (message, deadline) => mailboxOf(message.stream).decide(message, deadline),
    query: (stream, question, deadline) => mailboxOf(stream).ask(question, deadline),
  }
}

function weightOf({ commands, state, keys }: Loaded, { decider, memory }: StreamKind): number {
  const ofState = (decider.weight?.(state) ?? 0) + (memory?.open(state).size ?? 0)
  // With a memory, the events of the commands are kept too.
  const ofCommands = memory ? 2 * commands.size : commands.size
  return Math.ceil(WEIGHT_OF_STREAM + ofCommands + ofState + (keys ? WEIGHT_OF_FILTER : 0))
}
