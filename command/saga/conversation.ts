// One saga while it is at work: takes what comes in, records what follows, and asks what is due.
import { randomUUID } from 'node:crypto'
import { type SagaReply, type SagaTrouble, SCHEMA_VERSION } from '../../events/catalogue.ts'
import type { EventStore, NewEvent, RecordedEvent, StreamName } from '../../events/store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { atEndOfTurn } from '../handling/end-of-turn.ts'
import { appendSettled } from '../handling/settled-append.ts'
import type { SagaDefinition } from './definition.ts'
import { GivenUp, persistently } from './persistently.ts'
import { type Remembered, recall } from './remembered.ts'
import { DELIVERY, type Due, decide, due, type Inbox, isLate } from './saga.ts'
import { toStored } from './stored.ts'

export interface Conversation {
  /** Takes an event of the business that the saga starts with or notices. */
  notice(event: RecordedEvent): void
  /** An operator has the saga tried again: takes the event that says so. */
  retry(event: RecordedEvent): void
  /** Looks at the clock: epoch milliseconds. */
  tick(now: number): void
  /** Resolves when nothing is being recorded. */
  rest(): Promise<void>
}

/** How a conversation ends: with nothing under way, every answer in and recorded; or because the saga cannot go on by itself. */
export type Ending<Facts> = { known: Remembered<Facts> } | { trouble: SagaTrouble; correlationId: string }

export interface Surroundings<Facts> {
  saga: SagaDefinition<Facts>
  store: EventStore
  bus: CommandBus
  /** Aborted when the process stops: what is not recorded then is asked again after the next start. */
  signal: AbortSignal
  /** How often something may fail by its own fault before it is given up. */
  tries: number
  /** The clock: epoch milliseconds. */
  now(): number
  /** Is told of each failure after which the conversation tries again. */
  troubled(id: string, error: unknown): void
}

/**
 * Opens the conversation of one saga.
 * @param remembered what is still known of it from before
 * @param ended is called once, in the end; not when the process stops before that
 */
export function openConversation<Facts>(
  { saga, store, bus, signal, tries, now, troubled }: Surroundings<Facts>,
  id: string,
  remembered: Remembered<Facts> | undefined,
  ended: (ending: Ending<Facts>) => void,
): Conversation {
  const stream: StreamName = `${saga.name}-${id}`
  const asked = new Set<string>()
  /** By the key of the request. */
  const failures = new Map<string, GivenUp>()
  let known = remembered
  let requests: readonly Due[] = []
  let inbox = emptyInbox()
  let correlationId = known?.correlationId
  let awaited = 0
  let running = false
  let over = false
  let resting = Promise.resolve()

  const trying = { tries, signal, pointless: () => over, troubled: (error: unknown) => troubled(id, error) }

  function wake(): void {
    if (running || over || signal.aborted) return
    running = true
    resting = new Promise((resolve) => atEndOfTurn(() => void run().finally(resolve)))
  }

  async function run(): Promise<void> {
    try {
      while (!isEmpty(inbox) && !signal.aborted) {
        const mail = inbox
        inbox = emptyInbox()
        correlationId ??= mail.start?.metadata.correlationId
        await persistently(() => advance(mail), trying)
        for (const request of requests) ask(request)
      }
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error
      return end({ trouble: troubleOf(error, []), correlationId: correlationId ?? id })
    }
    running = false
    if (awaited > 0 || signal.aborted || !known) return
    // What has failed may not be wanted any more: a reservation, say, when time was up or the order was cancelled.
    const stuck = requests.filter(({ key }) => failures.has(key))
    const failure = stuck[0] && failures.get(stuck[0].key)
    end(failure ? { trouble: troubleOf(failure, stuck), correlationId: correlationId ?? id } : { known })
  }

  function end(ending: Ending<Facts>): void {
    over = true
    ended(ending)
  }

  /** Records what the mail leads to, and decides again when somebody else has written to the stream. */
  async function advance(mail: Mail): Promise<void> {
    for (;;) {
      known ??= await recall(saga, store, stream)
      const before = known
      correlationId ??= before.correlationId
      const { events, state } = decide(saga, before.state, { ...mail, now: now() })
      if (events.length > 0 && state) {
        const causationId = mail.start?.id ?? before.lastEventId
        const batch = events.map(
          (event) =>
            ({
              ...toStored(saga, event, id),
              id: randomUUID(),
              metadata: {
                ...(correlationId !== undefined && { correlationId }),
                ...(causationId !== undefined && { causationId }),
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
        known = {
          state,
          revision: appended.revision,
          startedAt: before.startedAt ?? appended.position,
          ...(lastEventId !== undefined && { lastEventId }),
          ...(correlationId !== undefined && { correlationId }),
        }
      }
      requests = state ? due(saga, state) : []
      return
    }
  }

  function ask(request: Due): void {
    if (asked.has(request.key)) return
    asked.add(request.key)
    awaited++
    void persistently(() => answerOf(request), trying)
      .then((reply) => void (reply && inbox.replies.push(reply)))
      .catch((failure: GivenUp) => void failures.set(request.key, failure))
      .then(() => {
        awaited--
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
      correlationId: correlationId ?? id,
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

  return {
    notice(event) {
      if (event.type === saga.startsWith) inbox.start = event
      else inbox.noticed.push(event.type)
      wake()
    },
    retry(event) {
      inbox.retry = event.id
      correlationId ??= event.metadata.correlationId
      wake()
    },
    tick(time) {
      if (!known?.state || !isLate(known.state, time)) return
      inbox.timeIsUp = true
      wake()
    },
    rest: () => resting,
  }
}

/** What stays in a log and in a view of an error that may be as long as it likes. */
const LONGEST_ERROR = 1_000

function troubleOf({ message, tries }: GivenUp, stuck: readonly Due[]): SagaTrouble {
  return {
    reason: stuck.some(({ answer }) => answer === 'UNDONE') ? 'COMPENSATION_FAILED' : 'STUCK',
    steps: stuck.map(({ step }) => step).filter((step) => step !== DELIVERY),
    error: message.slice(0, LONGEST_ERROR),
    tries,
  }
}

interface Mail extends Omit<Inbox, 'now'> {
  replies: SagaReply[]
  noticed: string[]
  timeIsUp: boolean
}

function emptyInbox(): Mail {
  return { replies: [], noticed: [], timeIsUp: false }
}

function isEmpty({ start, replies, noticed, retry, timeIsUp }: Mail): boolean {
  return !start && !timeIsUp && retry === undefined && replies.length === 0 && noticed.length === 0
}
