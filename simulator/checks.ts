// The promises that must hold after every run, regardless of what went wrong in it.

import { isDeepStrictEqual } from 'node:util'
import type { RecordedEvent } from '../events/catalogue.ts'
import type { HistoryEntry } from '../kernel/projecting/store/view-store.ts'
import { projections } from '../query/views/index.ts'
import { heldAtEnd, overdrafts } from '../test/invariants.ts'
import { isAboutTheLog } from './about-the-log.ts'
import type { Answer } from './clients.ts'
import { type FoldedLog, foldedLog } from './folded-log.ts'
import type { MemoryViews } from './memory-view-store.ts'
import { doneAfterGivingUp, waitingForOperator } from './parked.ts'
import type { Heard, Subscriber } from './subscribers.ts'

export interface Violation {
  /** The broken promise: the same bug breaks the same promise. */
  promise: string
  detail: string
}

interface World {
  events: readonly RecordedEvent[]
  /** How many there were when everybody had come to rest. */
  rest: number
  views: MemoryViews
  answers: readonly Answer[]
  subscribers: readonly Subscriber[]
}

/** Every promise that was broken. */
export function broken({ events, rest, views, answers, subscribers }: World): Violation[] {
  const folded = foldedLog(events)
  const told = (promise: string, details: readonly string[]) => details.map((detail) => ({ promise, detail }))
  return [
    ...told('nothing is reserved beyond the limit, or given back twice', overdrafts(events)),
    ...told('every order is decided, and holds what it should', heldAtEnd(events, waitingForOperator(events).givenUp)),
    ...told('a saga is begun, decided and ended once', sagas(events)),
    ...told('what is given up is left as it is', doneAfterGivingUp(events, rest)),
    ...told('a command is recorded once', recordedTwice(events)),
    ...told('what was acknowledged is recorded', lost(events, answers)),
    ...told('a command is answered as the first time', answeredOtherwise(answers)),
    ...told('the views equal the fold of the log', wrongViews(views, folded)),
    ...told('the history has every event once', wrongHistory(events, views, folded)),
    ...subscribers.flatMap((subscriber) =>
      told('a subscriber sees exactly what changed', wronglyTold(subscriber, events, folded)).map(
        ({ promise, detail }) => ({
          promise,
          detail: `${subscriber.subscribed.name}: ${detail}`,
        }),
      ),
    ),
  ]
}

function sagas(events: readonly RecordedEvent[]): string[] {
  const counts = new Map<string, number>()
  for (const { type, stream } of events) {
    if (!/^(Placement|Revision)(Started|Decided|Ended)$/.test(type)) continue
    counts.set(`${type} in ${stream}`, (counts.get(`${type} in ${stream}`) ?? 0) + 1)
  }
  const { givenUp } = waitingForOperator(events)
  const orchestrated = events.flatMap(({ type, data }) => {
    const isToBeDecided = type === 'OrderPlaced' && !data.coordination && !givenUp.has(data.orderId)
    return isToBeDecided ? [`placement-${data.orderId}`] : []
  })
  return [
    ...[...counts].filter(([, count]) => count > 1).map(([what, count]) => `${what}, ${count} times`),
    ...orchestrated
      .filter((stream) => !counts.has(`PlacementDecided in ${stream}`))
      .map((stream) => `${stream} is not decided`),
  ]
}

/** All events of a command stand side by side in its stream, and have the digest of one input. */
function recordedTwice(events: readonly RecordedEvent[]): string[] {
  const last = new Map<string, RecordedEvent>()
  return events.flatMap((event) => {
    const { commandId, digest } = event.metadata
    if (commandId === undefined) return []
    const key = `${commandId} in ${event.stream}`
    const before = last.get(key)
    last.set(key, event)
    const isSame = !before || (before.revision === event.revision - 1 && before.metadata.digest === digest)
    return isSame ? [] : [`${key} at ${before.position} and ${event.position}`]
  })
}

function lost(events: readonly RecordedEvent[], answers: readonly Answer[]): string[] {
  const byPlace = new Map(events.map((event) => [`${event.stream}@${event.revision}`, event]))
  return answers.flatMap(({ stream, payload: { receipt } }) => {
    if (!receipt) return []
    // Commands that were appended together have the position of the last of them.
    const event = byPlace.get(`${stream}@${receipt.version - 1}`)
    const isThere = event?.metadata.commandId === receipt.commandId && event.position <= receipt.position
    return isThere ? [] : [`${receipt.commandId} at version ${receipt.version} of ${stream}`]
  })
}

function answeredOtherwise(answers: readonly Answer[]): string[] {
  const first = new Map<string, number>()
  return answers.flatMap(({ stream, payload: { receipt } }) => {
    if (!receipt) return []
    const key = `${receipt.commandId} of ${stream}`
    const version = first.get(key) ?? receipt.version
    first.set(key, version)
    return version === receipt.version ? [] : [`${key} at version ${version} and ${receipt.version}`]
  })
}

function wrongViews({ documents, broken }: MemoryViews, folded: FoldedLog): string[] {
  return [
    ...[...broken.keys()].map((document) => `${document} is broken`),
    ...projections.flatMap(({ name }) => {
      const stored = new Map([...(documents.get(name) ?? [])].map(([id, { document }]) => [id, document]))
      const ids = new Set([...stored.keys(), ...folded.ids(name)])
      return [...ids].flatMap((id) => {
        const should = folded.newest(name, id)
        return isDeepStrictEqual(stored.get(id), should)
          ? []
          : [`${name}/${id} is ${JSON.stringify(stored.get(id))} and should be ${JSON.stringify(should)}`]
      })
    }),
  ]
}

function wrongHistory(events: readonly RecordedEvent[], { history }: MemoryViews, folded: FoldedLog): string[] {
  const should = events.filter((event) => !isAboutTheLog(event))
  const entries = history.map(({ text }): HistoryEntry => JSON.parse(text))
  const [extra] = entries.filter(({ position }, index) => position !== should[index]?.position)
  if (extra) return [`there is an entry at ${extra.position} that does not belong there`]
  if (entries.length < should.length) return [`there is no entry at ${should[entries.length]?.position}`]
  return entries.flatMap(({ position, topics }) =>
    folded
      .changedAt(position)
      .filter((topic) => !topics.includes(topic))
      .map((topic) => `the entry at ${position} does not tell of ${topic}`),
  )
}

function wronglyTold(subscriber: Subscriber, events: readonly RecordedEvent[], folded: FoldedLog): string[] {
  const { heard, subscribed } = subscriber
  const { to } = subscribed
  const backwards = heard.filter(({ position }, index) => position < (heard[index - 1]?.position ?? 0))
  if (backwards.length > 0) return [`the position goes back to ${backwards[0]?.position}`]

  if ('feed' in to) {
    const should = events.filter(({ type, stream, position, data }) => {
      if (position <= subscriber.since() || isAboutTheLog({ stream })) return false
      if (to.feed === 'events') return true
      const isNote = type === 'ReservationsAwaited' || type === 'ReservationNoted'
      return stream.startsWith('order-') && !isNote && 'customerId' in data && data.customerId === to.customerId
    })
    const told = heard.flatMap(({ event }) => (event ? [event.position] : []))
    return isDeepStrictEqual(
      told,
      should.map(({ position }) => position),
    )
      ? []
      : [`heard of the events at ${told} instead of ${should.map(({ position }) => position)}`]
  }

  const view = 'view' in to ? to.view : 'orders'
  const latest = new Map(heard.flatMap(({ documents = [] }) => documents.map((document) => [document.id, document])))
  const expected = 'view' in to ? [to.id] : folded.ids('orders').filter((id) => folded.customerOf(id) === to.ordersOf)
  return [
    ...('view' in to ? repeated(heard) : []),
    ...heard.flatMap(({ documents = [], position }) =>
      documents.flatMap((document) => {
        if (!isDeepStrictEqual(document, folded.at(view, document.id, document.position))) {
          return [`${document.id} has never been ${JSON.stringify(document)}`]
        }
        const should = folded.at(view, document.id, position)
        return 'view' in to && should && should.position > document.position
          ? [
              `at ${position} ${document.id} was shown as of ${document.position}, and it had changed at ${should.position}`,
            ]
          : []
      }),
    ),
    ...expected.flatMap((id) =>
      isDeepStrictEqual(latest.get(id), folded.newest(view, id)) ? [] : [`was not told what became of ${id}`],
    ),
  ]
}

/** A state subscription never sends the same state twice. */
function repeated(heard: readonly Heard[]): string[] {
  const places = heard.flatMap(({ documents = [] }) => documents.map(({ position }) => position))
  return places.filter((place, index) => place <= (places[index - 1] ?? -1)).map((place) => `${place} was shown again`)
}
