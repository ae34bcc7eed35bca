// The mailbox of one stream: it decides the waiting commands one after another, and appends their events together.
import { randomUUID } from 'node:crypto'
import { messageOf } from '../../failures/message-of.ts'
import type { AnyEvent } from '../../store/category.ts'
import {
  type Appended,
  type EventStore,
  type NewEvent,
  OutcomeUnknown,
  type Revision,
  StoreUnavailable,
  StreamDeleted,
  type StreamName,
} from '../../store/event-store.ts'
import { CannotRead } from '../../store/readable.ts'
import { appendSettled } from '../../store/settled-append.ts'
import { CannotFold, type CommandMessage, type Deadline, NotDecided, type Outcome } from '../bus/command-bus.ts'
import { isRefusal } from '../decider.ts'
import { atEndOfTurn } from './end-of-turn.ts'
import { catchUp, empty, load, recordedEvents } from './load.ts'
import { forgetOld, isWhole, type Loaded, marksOf, type Recorded, remember, type StreamKind } from './loaded.ts'
import { type Recalled, recall } from './recall.ts'
import type { Snapshots } from './snapshots.ts'

/** Keeps an append below the store's limit of 1 MiB, also when every command has the longest texts allowed. */
const COMMANDS_PER_APPEND = 256

/**
 * The largest number of waiting commands. Further ones are refused: the client should slow down, and the desk must not
 * run out of memory.
 */
const MAX_WAITING = 10_000

/** The number of tries on a stream to which another writer keeps appending. After them the caller retries. */
const MAX_CONFLICTS = 20

export interface Mailbox {
  /**
   * Decides a command when its turn comes, and answers once its events are stored.
   * @throws NotDecided when its turn comes after the deadline
   */
  decide(message: CommandMessage, deadline?: Deadline): Promise<Outcome>
  /**
   * Answers a question about the stored state when its turn comes. @throws NotDecided when that is after the deadline
   */
  ask<Answer>(question: (state: unknown) => Answer, deadline?: Deadline): Promise<Answer>
}

/** A caller that waits for the stream. */
interface Waiting {
  /** The command, if a command waits. */
  message?: CommandMessage
  deadline: Deadline | undefined
  /** Adds the events to record to `events`, and returns the action for after the append. */
  takeTurn(loaded: Loaded, recalled: Recalled | undefined, events: NewEvent[]): () => void | Promise<void>
  fail(error: unknown): void
}

interface MailboxOptions {
  store: EventStore
  snapshots: Snapshots
  stream: StreamName
  kind: StreamKind
  /** Nobody else appends to the stream: memory equals the store. */
  singleWriter: boolean
  /** The memory of the stream from before, if it is still kept. */
  cached: Loaded | undefined
  /** Called when nothing waits any more, with the present memory (none after a failure). */
  idle(loaded: Loaded | undefined): void
}

/** The mailbox of one stream. */
export function openMailbox({ store, snapshots, stream, kind, singleWriter, cached, idle }: MailboxOptions): Mailbox {
  const { decider, memory } = kind
  let loaded = cached
  let queue: Waiting[] = []
  let running = false

  function enqueue(waiting: Waiting): void {
    if (queue.length >= MAX_WAITING) {
      waiting.fail(new NotDecided(`Too many commands wait for ${stream}.`))
      return
    }
    queue.push(waiting)
    if (running) return
    running = true
    atEndOfTurn(() => void drain())
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = nextBatch()
      try {
        if (batch.length > 0) await settle(batch)
      } catch (error) {
        // The state in memory may differ from the stored one: forget it.
        loaded = undefined
        const failure = failureOf(error)
        for (const waiting of batch) waiting.fail(failure)
      }
    }
    running = false
    idle(loaded)
  }

  /** Expired commands take no place from others. */
  function nextBatch(): Waiting[] {
    const batch: Waiting[] = []
    let taken = 0
    for (; taken < queue.length && batch.length < COMMANDS_PER_APPEND; taken++) {
      const waiting = queue[taken] as Waiting
      if (isExpired(waiting)) waiting.fail(expired())
      else batch.push(waiting)
    }
    queue = queue.slice(taken)
    return batch
  }

  function expired(): NotDecided {
    return new NotDecided(`A command for ${stream} expired before its turn came.`)
  }

  /**
   * Errors that pass become a NotDecided, which the caller retries. Others, such as a stream that cannot be folded, are
   * passed on unchanged.
   */
  function failureOf(error: unknown): unknown {
    if (error instanceof StreamDeleted || error instanceof CannotRead)
      return new CannotFold(error.message, { cause: error })
    if (!(error instanceof StoreUnavailable || error instanceof OutcomeUnknown)) return error
    return new NotDecided(`${stream}: ${messageOf(error)}`, { cause: error })
  }

  /**
   * Nobody is answered, not even with a refusal, before the append is settled: a refusal may rest on the events of the
   * same append.
   */
  async function settle(batch: readonly Waiting[]): Promise<void> {
    let upToDate = singleWriter
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      if (!loaded) {
        // The first command of a stream is decided for an empty one, without a read: the expected revision detects an
        // existing one.
        const isNew =
          conflicts === 0 && batch.every(({ message }) => message && message.command.type === decider.beginsWith)
        loaded = isNew ? empty(kind) : await load(store, snapshots, stream, kind)
        upToDate = !isNew
      }
      const current = loaded
      const expected = current.revision
      const recalled = isWhole(current) ? undefined : await recall(store, stream, kind, current, batch)
      const events: NewEvent[] = []
      // Loading may have taken long.
      const answers = batch.map((waiting) =>
        isExpired(waiting) ? () => waiting.fail(expired()) : waiting.takeTurn(current, recalled, events),
      )
      recalled?.forget()
      if (events.length > 0) {
        const appended = await appendSettled(store, stream, events, expected)
        if (appended === 'conflict') {
          loaded = undefined
          continue
        }
        goBehind(current, expected, appended)
        current.lastEventId = events.at(-1)?.id ?? current.lastEventId
      } else if (!upToDate) {
        // No expected revision has confirmed these answers: another writer may have appended since.
        upToDate = true
        if (await catchUp(store, stream, kind, current)) continue
      }
      for (const answer of answers) await answer()
      forgetOld(current, kind)
      snapshots.offer(stream, kind, current)
      return
    }
    throw new NotDecided(`${stream}: another process keeps appending to it.`)
  }

  return {
    decide: (message, deadline) =>
      new Promise((resolve, fail) => {
        enqueue({
          message,
          deadline,
          takeTurn: (current, recalled, events) => decideOne(current, recalled, events, message, resolve, fail),
          fail,
        })
      }),
    ask: (question, deadline) =>
      new Promise((resolve, fail) => {
        enqueue({ deadline, takeTurn: (current) => () => resolve(question(current.state)), fail })
      }),
  }

  function decideOne(
    current: Loaded,
    recalled: Recalled | undefined,
    events: NewEvent[],
    message: CommandMessage,
    resolve: (outcome: Outcome) => void,
    fail: (error: unknown) => void,
  ): () => void | Promise<void> {
    const { command, commandId, digest } = message
    const before = current.commands.get(commandId) ?? recalled?.commands.get(commandId)
    if (before && before.digest !== digest) return () => resolve(reused(commandId))
    if (before) return async () => resolve(await repeated(before, message))

    let decision: ReturnType<typeof decider.decide>
    try {
      decision = decider.decide(command, current.state, current.revision + 1)
    } catch (error) {
      // A bug in one decision. The state is unchanged, so the other commands continue.
      return () => fail(error)
    }
    if (isRefusal(decision)) {
      const refusal = decision
      return () => resolve({ accepted: false, refusal })
    }

    const decided = decision
    const recorded: Recorded = {
      digest,
      first: current.revision + 1,
      last: current.revision + decided.length,
      position: 0,
      settled: marksOf(memory, decided),
      events: memory && decided,
    }
    for (const event of decided) {
      events.push(toRecord(event, message, store.catalogue.version))
      current.state = decider.evolve(current.state, event)
    }
    current.revision = recorded.last
    if (decided.length > 0) remember(current, commandId, recorded)
    return () => {
      recorded.position = current.position
      resolve({
        accepted: true,
        duplicate: false,
        revision: decided.length > 0 ? recorded.last : current.revision,
        position: recorded.position,
        events: decided,
      })
    }
  }

  async function repeated(before: Recorded, { receiptOnly }: CommandMessage): Promise<Outcome> {
    const events = receiptOnly ? [] : (before.events ?? (await recordedEvents(store, stream, before)))
    return { accepted: true, duplicate: true, revision: before.last, position: before.position, events }
  }
}

function isExpired({ deadline }: Waiting): boolean {
  return deadline !== undefined && deadline <= performance.now()
}

/** Foreign events may have taken up revisions before the appended events, whose revisions are then larger. */
function goBehind(current: Loaded, expected: Revision, appended: Appended): void {
  current.position = appended.position
  const shift = appended.revision - current.revision
  if (shift === 0) return
  current.revision = appended.revision
  for (const recorded of current.commands.values()) {
    if (recorded.first <= expected) continue
    recorded.first += shift
    recorded.last += shift
  }
}

function reused(commandId: string): Outcome {
  const message = `commandId must be new for a new command: ${commandId} was used before with other input.`
  return { accepted: false, refusal: { code: 'COMMAND_ID_REUSED', message, path: ['commandId'] } }
}

function toRecord(event: AnyEvent, message: CommandMessage, schemaVersion: number): NewEvent {
  const { commandId, digest, correlationId, causationId, actor } = message
  return {
    ...event,
    id: randomUUID(),
    metadata: {
      commandId,
      digest,
      correlationId,
      ...(causationId !== undefined && { causationId }),
      ...(actor !== undefined && { actor }),
      schemaVersion,
    },
  }
}
