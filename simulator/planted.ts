// Bugs that desks like this one have had, one each, to be put in the place of the right parts: the simulator must find them.

import { type Command, openCommandHandler, type ShopBus } from '../command/commands.ts'
import type { EventStore, PlacementFacts, RecordedEvent } from '../events/catalogue.ts'
import type { Ask, Choreography, Policy } from '../kernel/deciding/choreography/definition.ts'
import type { ViewStore } from '../kernel/projecting/store/view-store.ts'
import { NO_EVENTS, type ReadOptions, RevisionConflict, type StreamName } from '../kernel/store/event-store.ts'
import { START } from '../kernel/store/position.ts'
import type { Sabotage } from './desk.ts'
import type { MemoryViews } from './memory-view-store.ts'

interface Planted {
  sabotage: Sabotage
  /** The promise that it breaks. */
  breaks: string
}

export const planted: Record<string, Planted> = {
  'credit is reserved without a lock': {
    sabotage: { log: withoutExpectedRevision },
    breaks: 'nothing is reserved beyond the limit, or given back twice',
  },
  'a release is forgotten, and given again': {
    sabotage: { openHandler: forgettingReleases },
    breaks: 'nothing is reserved beyond the limit, or given back twice',
  },
  'refusals rest on what a handler remembers': {
    sabotage: { openHandler: rememberingWhatIsEmpty },
    breaks: 'every order is decided, and holds what it should',
  },
  'a command that comes again after a crash is done again': {
    sabotage: { openHandler: forgettingCommands },
    breaks: 'a command is recorded once',
  },
  'the checkpoint of the sagas passes what is under way': {
    sabotage: { log: sagasAtHead },
    breaks: 'every order is decided, and holds what it should',
  },
  'a late write puts an older document in the place of a newer one': {
    sabotage: { views: withoutGuard },
    breaks: 'the views equal the fold of the log',
  },
  'the checkpoint of the views is written first': {
    sabotage: { projectorViews: checkpointFirst },
    breaks: 'a subscriber sees exactly what changed',
  },
  'policies note another reason than the one that they were told': {
    sabotage: { policies: notingAnotherReason },
    breaks: 'both styles come to the same',
  },
  'nobody hears that a parked order is to be tried again': {
    sabotage: { log: withoutRetries },
    breaks: 'every order is decided, and holds what it should',
  },
  'what is given up is tried again': {
    sabotage: { log: takingGivenUpForRetried },
    breaks: 'what is given up is left as it is',
  },
}

function withoutExpectedRevision(log: EventStore): EventStore {
  return {
    ...log,
    async append(stream, events, expected) {
      try {
        return await log.append(stream, events, expected)
      } catch (error) {
        if (!(error instanceof RevisionConflict) || !stream.startsWith('customer-')) throw error
        return log.append(stream, events, await newestRevision(log, stream))
      }
    },
  }
}

async function newestRevision(log: EventStore, stream: StreamName): Promise<number> {
  for await (const [newest] of log.readBackwards(stream, { limit: 1 })) return newest?.revision ?? NO_EVENTS
  return NO_EVENTS
}

/** A handler that does not look again into a stream that it has found empty, and confirms no refusal. */
function rememberingWhatIsEmpty(log: EventStore): ShopBus {
  const empty = new Set<StreamName>()
  async function* read(stream: StreamName, options: ReadOptions): AsyncGenerator<RecordedEvent[]> {
    if (empty.has(stream)) return
    empty.add(stream)
    for await (const page of log.read(stream, options)) {
      empty.delete(stream)
      yield page
    }
  }
  async function append(...what: Parameters<EventStore['append']>): ReturnType<EventStore['append']> {
    empty.delete(what[0])
    return log.append(...what)
  }
  return openCommandHandler({ ...log, read, append }, { singleWriter: true })
}

/** A handler that takes a release for something else when it loads a customer. */
function forgettingReleases(log: EventStore): ShopBus {
  return openHandlerReading(log, (event) =>
    event.type === 'CreditReleased'
      ? ({ ...event, type: 'CreditReservationRefused', metadata: { schemaVersion: 1 } } as unknown as RecordedEvent)
      : event,
  )
}

/** A handler that recalls what happened, and not which command led to it. */
function forgettingCommands(log: EventStore): ShopBus {
  return openHandlerReading(log, (event) => ({ ...event, metadata: { schemaVersion: 1 } }))
}

function openHandlerReading(log: EventStore, recalled: (event: RecordedEvent) => RecordedEvent): ShopBus {
  async function* read(...what: Parameters<EventStore['read']>): AsyncGenerator<RecordedEvent[]> {
    for await (const page of log.read(...what)) yield page.map(recalled)
  }
  return openCommandHandler({ ...log, read }, { singleWriter: false })
}

function withoutGuard(views: ViewStore, { documents: kept }: MemoryViews): ViewStore {
  return {
    ...views,
    async write(batch) {
      await views.write(batch)
      for (const { view, documents } of batch.documents) {
        for (const document of documents) kept.get(view)?.set(document.id, { text: JSON.stringify(document), document })
      }
    },
  }
}

function checkpointFirst(views: ViewStore): ViewStore {
  return {
    ...views,
    async write(batch) {
      await views.write({ documents: [], broken: [], mended: [], history: [], checkpoint: batch.checkpoint })
      await views.write({ ...batch, checkpoint: START })
    },
  }
}

function sagasAtHead(log: EventStore): EventStore {
  return {
    ...log,
    async append(stream, events, expected) {
      const position = await log.head()
      const moved = events.map((event) =>
        event.type === 'CheckpointStored' ? { ...event, data: { ...event.data, position } } : event,
      )
      return log.append(stream, moved, expected)
    },
  }
}

function notingAnotherReason(choreography: Choreography<PlacementFacts>): Choreography<PlacementFacts> {
  const confused = (ask: Ask): Ask => {
    const command = ask.command as Command
    if (command.type !== 'NoteReservation' || !command.refusedBecause) return ask
    const confusedOne: Command = { ...command, refusedBecause: 'OUT_OF_STOCK' }
    return { ...ask, command: confusedOne }
  }
  const policies = choreography.policies.map((policy): Policy<PlacementFacts> => {
    return { ...policy, ask: (...because) => policy.ask(...because).map(confused) }
  })
  return { ...choreography, policies }
}

function withoutRetries(log: EventStore): EventStore {
  return {
    ...log,
    async *subscribe(...from) {
      for await (const batch of log.subscribe(...from)) {
        yield { ...batch, events: batch.events.filter(({ type }) => type !== 'SagaRetried') }
      }
    },
  }
}

/** For sagas and policies: the projector, which reads all there is, gets the truth. */
function takingGivenUpForRetried(log: EventStore): EventStore {
  return {
    ...log,
    async *subscribe(after, options) {
      const isOfSagas = !options.categories?.includes('log')
      for await (const batch of log.subscribe(after, options)) {
        const events = batch.events.map((event) =>
          isOfSagas && event.type === 'SagaDiscarded' ? ({ ...event, type: 'SagaRetried' } as RecordedEvent) : event,
        )
        yield { ...batch, events }
      }
    },
  }
}
