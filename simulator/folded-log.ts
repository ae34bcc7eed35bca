// Every version that every document of the views has ever had, by folding the log from its first event on.

import type { RecordedEvent } from '../events/catalogue.ts'
import { takerOf } from '../kernel/projecting/listed-events.ts'
import { documentTopic, type ViewDocument } from '../kernel/projecting/projection.ts'
import type { Position } from '../kernel/store/position.ts'
import { projections } from '../query/views/index.ts'

export interface FoldedLog {
  ids(view: string): string[]
  newest(view: string, id: string): ViewDocument | undefined
  /** The document as it was at a position. */
  at(view: string, id: string, position: Position): ViewDocument | undefined
  /** The topics of the documents that changed there. */
  changedAt(position: Position): string[]
  customerOf(orderId: string): string | undefined
}

export function foldedLog(events: readonly RecordedEvent[]): FoldedLog {
  const versions = new Map<string, Map<string, ViewDocument[]>>(projections.map(({ name }) => [name, new Map()]))
  const changes = new Map<Position, string[]>()
  const customers = new Map<string, string>()

  const views = projections.map((projection) => ({ ...projection, takes: takerOf(projection.events) }))

  for (const event of events) {
    if (event.type === 'OrderPlaced') customers.set(event.data.orderId, event.data.customerId)
    for (const { name, takes, documentsOf, evolve } of views) {
      if (!takes(event)) continue
      for (const id of documentsOf(event)) {
        const before = versions.get(name)?.get(id) ?? []
        const newest = before.at(-1)
        const after = evolve(newest, event)
        if (!after || after === newest) continue
        // As a store keeps it: without fields that are undefined.
        versions.get(name)?.set(id, [...before, JSON.parse(JSON.stringify(after))])
        changes.set(event.position, [...(changes.get(event.position) ?? []), documentTopic(name, id)])
      }
    }
  }

  const all = (view: string, id: string) => versions.get(view)?.get(id) ?? []
  return {
    ids: (view) => [...(versions.get(view)?.keys() ?? [])],
    newest: (view, id) => all(view, id).at(-1),
    at: (view, id, position) => all(view, id).findLast((document) => document.position <= position),
    changedAt: (position) => changes.get(position) ?? [],
    customerOf: (orderId) => customers.get(orderId),
  }
}
