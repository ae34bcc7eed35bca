// Decides commands for any stream: one mailbox for each stream that has work, and a bounded memory of the others.
import { LRUCache } from 'lru-cache'
import type { Logger } from '../../logger.ts'
import { type EventStore, NO_EVENTS, type StreamName } from '../../store/event-store.ts'
import type { CommandBus, Deadline } from '../bus/command-bus.ts'
import type { Aggregate, Decider } from '../decider.ts'
import type { Memory } from '../memory.ts'
import { parkingOf } from '../processes/parking.ts'
import type { Kind, Loaded } from './loaded.ts'
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
   * Reads the state of a stream when its turn comes, so that the answer has every command that was accepted before.
   * @throws NotDecided, CannotFold
   */
  query<Answer>(stream: StreamName, question: (state: unknown) => Answer, deadline?: Deadline): Promise<Answer>
}

/** In units of about 300 bytes. */
const WEIGHT_AT_REST = 1_000_000

/** What any stream takes besides what is weighed. */
const WEIGHT_OF_STREAM = 3

/** A filter has 64 KiB. */
const WEIGHT_OF_FILTER = 220

/**
 * More than sagas have under way at once: what one of them sends for the first time is known to be new without a look into the stream.
 */
const REMEMBERED_OF_STREAM = 4_096

const SNAPSHOT_EVERY = 1_000

export interface CommandHandlerOptions {
  alone?: boolean
  weightAtRest?: number
  rememberedOfStream?: number
  snapshotEvery?: number
  snapshotPartSize?: number
  log?: Pick<Logger, 'info' | 'warn'>
}

const SILENT = { info() {}, warn() {} }

/**
 * A handler of commands on an event store. Each stream should have its commands handled by one handler at a time: two do no
 * harm, since the expected revision decides, but they cost each other reloads.
 *
 * @example
 * const handler = openCommandHandler(store, { account: { decider: account } })
 * const outcome = await handler.send(commandTo('account-7', { type: 'Deposit', amount: 5 }))
 * @param aggregates those of the domain. It may have `parked: { decider: parkingOf('order') }` for its own word for a parked process
 * @param options.alone whether no other process appends to the log; otherwise an answer that leaves no event, such as a refusal, is
 *   confirmed by a read before it is given
 * @param options.weightAtRest how much memory streams may take while nothing waits for them, in units of about 300 bytes: what a command takes
 * @param options.rememberedOfStream how many of the newest commands of one stream are kept there; what is older is looked up when it matters
 * @param options.snapshotEvery how many events there are at least between two snapshots of a stream
 * @param options.snapshotPartSize how many characters of JSON one event of a snapshot has at the most
 */
export function openCommandHandler(
  store: EventStore,
  aggregates: Aggregates,
  options: CommandHandlerOptions = {},
): CommandHandler {
  const { alone = true, weightAtRest = WEIGHT_AT_REST, log = SILENT } = options
  const { rememberedOfStream = REMEMBERED_OF_STREAM, snapshotEvery = SNAPSHOT_EVERY } = options
  const snapshots = openSnapshots(store, log, options.snapshotPartSize)
  const open = new Map<StreamName, Mailbox>()
  const idle = new LRUCache<StreamName, Loaded>({
    maxSize: weightAtRest,
    // One stream that weighs more by itself is kept alone: a cache that refused it would have it read anew for each batch.
    sizeCalculation: (loaded, stream) => Math.min(weightOf(loaded, kindOf(stream)), weightAtRest),
  })

  const kinds = new Map(
    Object.entries({ parked: { decider: parkingOf('process') }, ...aggregates }).map(
      ([category, decided]: [string, Decided]) => {
        return [category, { ...decided, rememberedOfStream, snapshotEvery } satisfies Kind]
      },
    ),
  )

  function kindOf(stream: StreamName): Kind {
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
      alone,
      cached: idle.get(stream),
      idle(loaded) {
        open.delete(stream)
        // Clients choose the ids that they ask for: a stream without events takes no place from one that has some.
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

function weightOf({ commands, state, keys }: Loaded, { decider, memory }: Kind): number {
  const ofState = (decider.weight?.(state) ?? 0) + (memory?.open(state).size ?? 0)
  // With a memory, the events of the commands are kept too.
  const ofCommands = memory ? 2 * commands.size : commands.size
  return Math.ceil(WEIGHT_OF_STREAM + ofCommands + ofState + (keys ? WEIGHT_OF_FILTER : 0))
}
