// The promises that all views keep: when a document begins, when it changes, and when it stays as it is.
import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../events/catalogue.ts'
import type { Projection, ViewDocument } from '../../kernel/projecting/projection.ts'
import {
  creditReserved,
  customerRegistered,
  folded,
  logCreated,
  orderApproved,
  orderPlaced,
  priceChanged,
  productAdded,
  recorder,
  sagaDiscarded,
  sagaParked,
  sagaRetried,
} from './given.ts'
import { projections as views } from './index.ts'

/** For each view: its name, an event that makes a document, the id of that, and events that only change one. */
const documents: [string, DomainEvent, string, DomainEvent[]][] = [
  ['customers', customerRegistered(), 'cus_1', [creditReserved(), orderApproved()]],
  ['orders', orderPlaced(), 'ord_1', [orderApproved(), creditReserved()]],
  ['products', productAdded(), 'prd_1', [priceChanged()]],
  ['parked', sagaParked(), 'placement-ord_1', [sagaRetried(), sagaDiscarded()]],
]

describe.each(documents)('of the view of %s', (name, beginning, id, changes) => {
  const view = () => views.find((view) => view.name === name) as Projection<ViewDocument>

  test('a document begins with the event that it is about', () => {
    const events = recorder()(beginning)
    expect(events.flatMap(view().documentsOf)).toEqual([id])
    expect(folded(view(), undefined, events)).toMatchObject({ id, position: 1 })
  })

  test('a document that has not begun cannot change', () => {
    const events = recorder()(...changes)
    expect(events.flatMap(view().documentsOf)).toEqual(changes.map(() => id))
    expect(events.map((event) => view().evolve(undefined, event))).toEqual(changes.map(() => undefined))
  })

  test('what does not concern a document leaves it as it is', () => {
    const [first, ...others] = recorder()(beginning, logCreated())
    const document = first && view().evolve(undefined, first)
    for (const event of others) {
      expect(view().documentsOf(event)).toEqual([])
      expect(view().evolve(document, event)).toBe(document)
    }
  })
})
