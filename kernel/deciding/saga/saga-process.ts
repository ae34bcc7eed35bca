// One saga at work: it receives events, records what follows, and sends the requests that are due.
import { randomUUID } from 'node:crypto'
import {
  type EventStore,
  type NewEvent,
  NO_EVENTS,
  type RecordedEvent,
  type StreamName,
} from '../../store/event-store.ts'
import type { SagaReply } from '../../store/kernel-events.ts'
import { readable } from '../../store/readable.ts'
import { appendSettled } from '../../store/settled-append.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { atEndOfTurn } from '../handling/end-of-turn.ts'
import type { Ending, Process, RunnerOptions, Runtime } from '../processes/process-kind.ts'
import { troubleOf } from '../processes/trouble.ts'
import { GivenUp, untilDone } from '../processes/until-done.ts'
import type { SagaDefinition } from './definition.ts'
import { type Remembered, rememberedOf } from './remembered.ts'
import { DELIVERY, type Due, decide, due, type Inbox, isLate } from './saga.ts'
import { toStored } from './stored.ts'

export interface SagaProcessOptions<Facts> extends RunnerOptions {
  saga: SagaDefinition<Facts>
  store: EventStore
  bus: CommandBus
}

/**
 * Opens the process of one saga.
 * @param remembered the state from before, if it is still kept
 */
export function openSagaProcess<Facts>(
  { saga, store, bus, tries, now }: SagaProcessOptions<Facts>,
  id: string,
  remembered: Remembered<Facts> | undefined,
  { signal, budget, troubled, ended }: Runtime<Remembered<Facts>>,
): Process {
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

  const trying = { tries, signal, budget, pointless: () => over, troubled }

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
        await untilDone(() => advance(mail), trying)
        for (const request of requests) ask(request)
      }
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error
      return end({ trouble: troubleOf(error), correlationId: correlationId ?? id })
    }
    running = false
    if (awaited > 0 || signal.aborted || !known) return
    // A failed request may not be wanted any more: a reservation, for example, after the deadline or a cancellation.
    const stuck = requests.filter(({ key }) => failures.has(key))
    const failure = stuck[0] && failures.get(stuck[0].key)
    if (!failure) return end({ known, over: known.state?.ended ?? false })
    const steps = stuck.map(({ step }) => step).filter((step) => step !== DELIVERY)
    const undoing = stuck.some(({ answer }) => answer === 'UNDONE')
    end({ trouble: troubleOf(failure, steps, undoing), correlationId: correlationId ?? id })
  }

  function end(ending: Ending<Remembered<Facts>>): void {
    over = true
    ended(ending)
  }

  /** Records the events that follow from the inbox, and decides again after a conflict. */
  async function advance(mail: Mail): Promise<void> {
    if (mail.unreadable) readable(mail.unreadable)
    // A starting saga usually has no event before: the expected revision detects one, and then the saga reads its
    // stream.
    if (mail.start && mail.retry === undefined) known ??= { state: undefined, revision: NO_EVENTS }
    for (;;) {
      known ??= await rememberedOf(saga, store, stream)
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
                schemaVersion: store.catalogue.version,
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
    void untilDone(() => answerOf(request), trying)
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
      // Clients cannot choose an id that begins with `~`, so nobody can take a saga's id.
      commandId: `~${stream}/${key}`,
      digest: '',
      correlationId: correlationId ?? id,
      ...(known?.lastEventId !== undefined && { causationId: known.lastEventId }),
      ...(known?.startedAt !== undefined && { after: known.startedAt }),
      ...(refusedBy === undefined && { receiptOnly: true }),
    })
    if (!outcome.accepted) {
      // The business moved on before the decision arrived. The saga notices the event of that move separately.
      if (step === DELIVERY) return { step, answer }
      throw new Error(`${to} refused ${command.type}: ${outcome.refusal.message}`)
    }
    const refusal = outcome.events.find(({ type }) => type === refusedBy)
    if (!refusal) return { step, answer }
    return { step, answer: 'REFUSED', ...('reason' in refusal.data && { reason: String(refusal.data.reason) }) }
  }

  return {
    notice(event) {
      if (event.type === 'Unreadable') inbox.unreadable = event
      else if (event.type === saga.startsWith) inbox.start = event
      else if (event.type === saga.amended?.by) inbox.amendments.push(event)
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

interface Mail extends Omit<Inbox, 'now'> {
  /** The reason why the saga cannot continue. */
  unreadable?: RecordedEvent
  replies: SagaReply[]
  amendments: RecordedEvent[]
  noticed: string[]
  timeIsUp: boolean
}

function emptyInbox(): Mail {
  return { replies: [], amendments: [], noticed: [], timeIsUp: false }
}

function isEmpty({ unreadable, start, replies, amendments, noticed, retry, timeIsUp }: Mail): boolean {
  const nothingCame = replies.length + amendments.length + noticed.length === 0
  return nothingCame && !unreadable && !start && !timeIsUp && retry === undefined
}
