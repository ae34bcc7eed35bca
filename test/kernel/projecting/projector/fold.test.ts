import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DomainEvent, RecordedEvent } from '../../../../events/catalogue.ts'
import type { Projection, ViewDocument } from '../../../../kernel/projecting/projection.ts'
import { fold, type Stored, touch } from '../../../../kernel/projecting/projector/fold.ts'
import type { HistoryEntry } from '../../../../kernel/projecting/store/view-store.ts'
import { customers } from '../../../../query/views/customers.ts'
import {
  creditReserved,
  customerRegistered,
  logCreated,
  orderPlaced,
  productAdded,
  recorder,
  stockReceived,
} from '../../../../query/views/given.ts'
import { projections as views } from '../../../../query/views/index.ts'
import { type ProductDocument, products } from '../../../../query/views/products.ts'
import { anyHistory, cutAt } from './any-history.given.ts'

test('each changed document comes out once, as the last of its events left it', () => {
  const desk = emptyViews()
  const folded = desk.take(
    recorder()(customerRegistered(), creditReserved({ amount: 5 }), creditReserved({ amount: 6 })),
  )
  expect(folded.documents.find(({ view }) => view === 'customers')?.documents).toMatchObject([
    { id: 'cus_1', reservedCredit: 11, position: 3 },
  ])
})

test('the history says of each event which documents it changed, and where else that is announced', () => {
  const desk = emptyViews()
  const { history } = desk.take(recorder()(customerRegistered(), orderPlaced(), creditReserved()))
  expect(history.map(({ type, topics }) => [type, topics])).toEqual([
    ['CustomerRegistered', ['customers/cus_1']],
    ['OrderPlaced', ['customers/cus_1', 'orders/ord_1', 'customers/cus_1/orders']],
    ['CreditReserved', ['customers/cus_1', 'orders/ord_1', 'customers/cus_1/orders']],
  ])
})

test('an event that changes no document is in the history without topics', () => {
  const { history } = emptyViews().take(recorder()(logCreated(), creditReserved({ customerId: 'cus_unknown' })))
  expect(history.map(({ type, topics }) => [type, topics])).toEqual([
    ['LogCreated', []],
    ['CreditReserved', []],
  ])
})

test('a batch that comes again changes no document, and its history is the same', () => {
  const batch = recorder()(customerRegistered(), orderPlaced(), creditReserved())
  const desk = emptyViews()
  const first = desk.take(batch)
  const second = desk.take(batch)
  expect(second.documents.flatMap(({ documents }) => documents)).toEqual([])
  expect(second.history).toEqual(first.history)
})

test('a document whose projection throws stays as it was, is not folded further, and the others go on', () => {
  const desk = emptyViews([fragile])
  const record = recorder()
  const folded = desk.take(
    record(
      productAdded(),
      stockReceived({ quantity: 1 }),
      stockReceived({ quantity: 13 }),
      stockReceived({ quantity: 2 }),
      productAdded({ productId: 'prd_2' }),
    ),
  )
  expect(folded.broken).toEqual([
    { view: 'products', id: 'prd_1', error: 'StockReceived at position 3: Error: 13 is unlucky' },
  ])
  desk.take(record(stockReceived({ quantity: 4 }), stockReceived({ productId: 'prd_2', quantity: 5 })))
  expect(desk.documents('products')).toMatchObject([
    { id: 'prd_1', inStock: 1 },
    { id: 'prd_2', inStock: 5 },
  ])
})

test('the history of a broken document has no gap', () => {
  const desk = emptyViews([fragile])
  const record = recorder()
  desk.take(record(productAdded(), stockReceived({ quantity: 13 }), stockReceived({ quantity: 2 })))
  desk.take(record(stockReceived({ quantity: 3 })))
  expect(desk.history().map(({ topics }) => topics)).toEqual(Array(4).fill(['products/prd_1']))
})

test('an event that a projection cannot place is reported, and the rest goes on', () => {
  const astray: Projection<ProductDocument, DomainEvent> = {
    ...products,
    documentsOf(event) {
      if (event.type === 'StockReceived') throw new Error('whose is it?')
      return products.documentsOf(event)
    },
  }
  const batch = recorder()(stockReceived(), productAdded(), customerRegistered())
  expect(touch(astray, batch).unplaced).toEqual([{ event: batch[0], error: 'Error: whose is it?' }])

  const desk = emptyViews([astray, customers])
  desk.take(batch)
  expect(desk.documents('products')).toMatchObject([{ id: 'prd_1' }])
  expect(desk.documents('customers')).toMatchObject([{ id: 'cus_1' }])
})

test('a change that does not carry the position of its event breaks the document, since no store would take it', () => {
  const forgetful: Projection<ProductDocument, DomainEvent> = {
    ...products,
    evolve: (product, event) => product && { ...product, updatedAt: event.recordedAt },
  }
  const stored = emptyViews()
  stored.take(recorder()(productAdded()))
  const { broken } = stored.take(recorder()(logCreated(), productAdded()), [forgetful])
  expect(broken).toMatchObject([{ id: 'prd_1', error: expect.stringContaining('without the position') }])
})

test('however a log is cut into batches, and whichever batch comes twice, the views and the history are the same', () => {
  fc.assert(
    fc.property(anyHistory, ({ events, cuts }) => {
      const log = recorder()(...events)
      const whole = emptyViews()
      whole.take(log)

      const pieces = emptyViews()
      for (const piece of cutAt(log, cuts)) {
        pieces.take(piece)
        pieces.take(piece)
      }
      for (const { name } of views) expect(pieces.documents(name)).toEqual(whole.documents(name))
      expect(pieces.history()).toEqual(whole.history())
    }),
  )
})

const fragile: Projection<ProductDocument, DomainEvent> = {
  ...products,
  evolve(product, event) {
    if (event.type === 'StockReceived' && event.data.quantity === 13) throw new Error('13 is unlucky')
    return products.evolve(product, event)
  },
}

/** Views in memory that batches are folded into. */
function emptyViews(projections: readonly Projection<ViewDocument>[] = views) {
  const stored = new Map<string, Stored & { documents: Map<string, ViewDocument>; broken: Set<string> }>(
    projections.map(({ name }) => [name, { documents: new Map(), broken: new Set() }]),
  )
  const history = new Map<number, HistoryEntry>()
  return {
    take(events: readonly RecordedEvent[], by = projections) {
      const folded = fold(
        events,
        by.map((projection) => touch(projection, events)),
        stored,
      )
      for (const { view, documents } of folded.documents) {
        for (const document of documents) stored.get(view)?.documents.set(document.id, document)
      }
      for (const { view, id } of folded.broken) stored.get(view)?.broken.add(id)
      for (const entry of folded.history) if (!history.has(entry.position)) history.set(entry.position, entry)
      return folded
    },
    /** In the order of their ids. */
    documents: (view: string) =>
      [...(stored.get(view)?.documents.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1)),
    history: () => [...history.values()],
  }
}
