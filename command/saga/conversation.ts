// One saga while it is at work: takes what comes in, records what follows, and asks what is due.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type SagaReply, SCHEMA_VERSION } from '../../events/catalogue.ts'
import type { Position } from '../../events/position.ts'
import {
  type EventStore,
  type NewEvent,
  NO_EVENTS,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '../../events/store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { atEndOfTurn } from '../handling/end-of-turn.ts'
import { appendSettled } from '../handling/settled-append.ts'
import type { SagaDefinition } from './definition.ts'
import { DELIVERY, type Due, decide, due, evolve, type Inbox, type SagaState } from './saga.ts'
import { fromStored, toStored } from './stored.ts'

/** What is known of a saga from its stream. */
export interface Remembered<Facts> {
  state: SagaState<Facts> | undefined
  revision: Revision
  /** Where the saga began: it has asked nothing before. */
  startedAt?: Position
  /** The id of the stream's last event, and what the stream's events have in common with the order's. */
  lastEventId?: string
  correlationId?: string
}

export interface Conversation {
  /** Takes an event of the business that the saga starts with or notices. */
  notice(event: RecordedEvent): void
  /** Looks at the clock: epoch milliseconds. */
  tick(now: number): void
  /** Resolves when nothing is being recorded. */
  rest(): Promise<void>
}

export interface Surroundings<Facts> {
  saga: SagaDefinition<Facts>
  store: EventStore
  bus: CommandBus
  /** Aborted when the process stops: what is not recorded then is asked again after the next start. */
  signal: AbortSignal
  /** Is told of each failure; the conversation itself tries again. */
  troubled(id: string, error: unknown): void
}

const FIRST_PAUSE = 50
const LONGEST_PAUSE = 5_000

/**
 * Opens the conversation of one saga.
 * @param remembered what is still known of it from before
 * @param finished is called when nothing is under way: every answer is in and recorded
 */
export function openConversation<Facts>(
  { saga, store, bus, signal, troubled }: Surroundings<Facts>,
  id: string,
  remembered: Remembered<Facts> | undefined,
  finished: (remembered: Remembered<Facts>) => void,
): Conversation {
  const stream = `${saga.name}-${id}` as StreamName
  const asked = new Set<string>()
  let known = remembered
  let inbox = emptyInbox()
  let awaited = 0
  let running = false
  let resting = Promise.resolve()

  function wake(): void {
    if (running || signal.aborted) return
    running = true
    resting = new Promise((resolve) => atEndOfTurn(() => void run().finally(resolve)))
  }

  async function run(): Promise<void> {
    while (!isEmpty(inbox) && !signal.aborted) {
      const mail = inbox
      inbox = emptyInbox()
      known = await persistently(() => advance(mail))
      if (known?.state) for (const request of due(saga, known.state)) ask(request)
    }
    running = false
    if (known && awaited === 0 && !signal.aborted) finished(known)
  }

  /** Records what the mail leads to, and decides again when somebody else has written to the stream. */
  async function advance(mail: Inbox): Promise<Remembered<Facts>> {
    for (;;) {
      const before = known ?? (await recall(saga, store, stream))
      known = before
      const { events, state } = decide(saga, before.state, mail)
      if (events.length === 0 || !state) return before

      const cause = mail.start ?? { id: before.lastEventId, metadata: { correlationId: before.correlationId } }
      const { correlationId } = cause.metadata
      const batch = events.map(
        (event) =>
          ({
            ...toStored(saga, event, state.facts),
            id: randomUUID(),
            metadata: {
              ...(correlationId !== undefined && { correlationId }),
              ...(cause.id !== undefined && { causationId: cause.id }),
              schemaVersion: SCHEMA_VERSION,
            },
          }) as NewEvent,
      )
      const appended = await appendSettled(store, stream, batch, before.revision)
      if (appended === 'conflict') {
        known = undefined
        continue
      }
      const lastEventId = batch.at(-1)?.id
      return {
        state,
        revision: appended.revision,
        startedAt: before.startedAt ?? appended.position,
        ...(lastEventId !== undefined && { lastEventId }),
        ...(correlationId !== undefined && { correlationId }),
      }
    }
  }

  function ask(request: Due): void {
    if (asked.has(request.key)) return
    asked.add(request.key)
    awaited++
    void persistently(() => answerOf(request)).then((reply) => {
      awaited--
      if (!reply) return
      inbox.replies.push(reply)
      wake()
    })
  }

  async function answerOf({ key, step, stream: to, command, answer, refusedBy }: Due): Promise<SagaReply> {
    const outcome = await bus.send({
      stream: to,
      command,
      // Clients cannot choose an id that begins with `~`, so nobody can take a saga's place.
      commandId: `~${stream}/${key}`,
      digest: '',
      correlationId: known?.correlationId ?? id,
      ...(known?.lastEventId !== undefined && { causationId: known.lastEventId }),
      ...(known?.startedAt !== undefined && { after: known.startedAt }),
    })
    if (!outcome.accepted) {
      // The business went on before the decision arrived; what it went on to is noticed by its own event.
      if (step === DELIVERY) return { step, answer }
      throw new Error(`${to} refused ${command.type}: ${outcome.refusal.message}`)
    }
    const refusal = outcome.events.find(({ type }) => type === refusedBy)
    if (!refusal) return { step, answer }
    return { step, answer: 'REFUSED', ...('reason' in refusal.data && { reason: String(refusal.data.reason) }) }
  }

  /** Tries until it works, with growing pauses; `undefined` when the process stops first. */
  async function persistently<Result>(attempt: () => Promise<Result>): Promise<Result | undefined> {
    for (let wait = FIRST_PAUSE; !signal.aborted; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      try {
        return await attempt()
      } catch (error) {
        // Told to stop, it does not try again: whoever has the sagas next does.
        if (signal.aborted) return undefined
        troubled(id, error)
        await pause(wait, undefined, { signal }).catch(() => undefined)
      }
    }
    return undefined
  }

  return {
    notice(event) {
      if (event.type === saga.startsWith) inbox.start = event
      else inbox.noticed.push(event.type)
      wake()
    },
    tick(now) {
      const state = known?.state
      if (!state || state.decision || Date.parse(state.deadline) > now) return
      inbox.overdue = true
      wake()
    },
    rest: () => resting,
  }
}

interface Mail extends Inbox {
  replies: SagaReply[]
  noticed: string[]
}

function emptyInbox(): Mail {
  return { replies: [], noticed: [], overdue: false }
}

function isEmpty({ start, replies, noticed, overdue }: Inbox): boolean {
  return !start && !overdue && replies.length === 0 && noticed.length === 0
}

async function recall<Facts>(
  saga: SagaDefinition<Facts>,
  store: EventStore,
  stream: StreamName,
): Promise<Remembered<Facts>> {
  const remembered: Remembered<Facts> = { state: undefined, revision: NO_EVENTS }
  for await (const page of store.read(stream)) {
    for (const event of page) {
      remembered.state = evolve(saga, remembered.state, fromStored(saga, event))
      remembered.revision = event.revision
      remembered.startedAt ??= event.position
      remembered.lastEventId = event.id
      if (event.metadata.correlationId !== undefined) remembered.correlationId = event.metadata.correlationId
    }
  }
  return remembered
}
