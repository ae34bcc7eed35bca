import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { DomainEvent, RecordedEvent } from '../../../../events/catalogue.ts'
import { openSqliteEventStore } from '../../../../events/open-log.ts'
import { SCHEMA_VERSION } from '../../../../events/upcasters.ts'
import { takerOf } from '../../../../kernel/projecting/listed-events.ts'
import { type Projection, shown, type ViewDocument } from '../../../../kernel/projecting/projection.ts'
import { ProjectorStopped } from '../../../../kernel/projecting/projector/progress.ts'
import { startProjector } from '../../../../kernel/projecting/projector/projector.ts'
import { usualOrder } from '../../../../kernel/projecting/store/declared.ts'
import { openSqliteViewStore } from '../../../../kernel/projecting/store/sqlite/sqlite-view-store.ts'
import { type FoldedBatch, MAX_DOCUMENT_BYTES, type ViewStore } from '../../../../kernel/projecting/store/view-store.ts'
import type { StreamName } from '../../../../kernel/store/event-store.ts'
import { type Position, START } from '../../../../kernel/store/position.ts'
import { customers } from '../../../../query/views/customers.ts'
import {
  checkpointStored,
  creditReserved,
  customerRegistered,
  leaseRenewed,
  orderPlaced,
  productAdded,
  stockReceived,
  streamOf,
} from '../../../../query/views/given.ts'
import { projections, viewSet } from '../../../../query/views/index.ts'
import { type ProductDocument, products } from '../../../../query/views/products.ts'
import { anyHistory, cutAt } from './any-history.given.ts'

test('recorded events can be read, and those that wait learn how far', async () => {
  const desk = await openDesk()
  const told: Position[] = []
  const projector = desk.project({ onFolded: (checkpoint) => told.push(checkpoint) })
  await desk.record(customerRegistered(), creditReserved({ amount: 500 }))
  const head = await projector.caughtUp()

  expect(await desk.documents(projections)).toMatchObject({ customers: [{ id: 'cus_1', reservedCredit: 500 }] })
  expect(await desk.views.checkpoint()).toBe(head)
  expect(told.at(-1)).toBe(head)
  expect(projector.health()).toEqual({
    position: head,
    retrying: false,
    brokenDocuments: 0,
    unplacedEvents: 0,
    foreignEvents: 0,
  })
})

test('views and history equal a fold of the whole log, however it is cut and wherever the projector restarts', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, fc.nat(11), async ({ events, cuts }, restart) => {
      const desk = await openDesk()
      let projector = desk.project()
      for (const [index, piece] of cutAt(events, cuts).entries()) {
        if (index === restart) {
          await projector.stop()
          projector = desk.project()
        }
        await desk.record(...piece)
        // Only sometimes, so that events are also folded while others are being recorded.
        if (index % 2 === 0) await projector.caughtUp()
      }
      await projector.caughtUp()

      const log = await desk.log()
      expect(await desk.documents(projections)).toEqual(naiveFold(log))
      const { entries } = await desk.views.history({ first: events.length })
      expect(entries.map(({ topics: _, ...event }) => event)).toEqual(
        log.filter(({ type }) => type !== 'CheckpointStored' && type !== 'LeaseRenewed'),
      )
      await desk.close()
    }),
    { numRuns: 20 },
  )
})

test('a log that was written before the catalogue changed makes the same views and the same history', async () => {
  const asStored = ({ type, data }: DomainEvent) => {
    if (type !== 'CreditLimitChanged') return { type, data }
    const { previousCreditLimit: previousLimit, ...rest } = data
    return { type, data: { ...rest, previousLimit } }
  }
  const timeless = (shown: object) =>
    JSON.parse(JSON.stringify(shown, (key, value) => (/^at$|At$|Since$|^id$|^metadata$/.test(key) ? undefined : value)))

  await fc.assert(
    fc.asyncProperty(anyHistory, async ({ events }) => {
      const [old, current] = [await openDesk(), await openDesk()]
      await old.recordVersion(1, ...(events.map(asStored) as DomainEvent[]))
      await current.record(...events)
      for (const desk of [old, current]) await desk.project().caughtUp()

      expect(timeless(await old.documents(projections))).toEqual(timeless(await current.documents(projections)))
      const history = async (desk: typeof old) => timeless(await desk.views.history({ first: events.length }))
      expect(await history(old)).toEqual(await history(current))
      await old.close()
      await current.close()
    }),
    { numRuns: 5 },
  )
})

test('a batch that was written only in part is folded again, and no event counts twice', async () => {
  const desk = await openDesk()
  await desk.record(customerRegistered(), creditReserved({ amount: 500 }), orderPlaced())
  let failed = false
  const views: ViewStore = {
    ...desk.views,
    async write(batch) {
      if (failed) return desk.views.write(batch)
      failed = true
      await desk.views.write({ ...batch, history: [], checkpoint: START })
      throw new Error('the connection broke')
    },
  }
  await desk.project({ views }).caughtUp()

  expect(await desk.documents(projections)).toEqual(naiveFold(await desk.log()))
  const { entries } = await desk.views.history({ topic: 'customers/cus_1', first: 10 })
  expect(entries.map(({ type }) => type)).toEqual(['CustomerRegistered', 'CreditReserved', 'OrderPlaced'])
})

test('while the views cannot be written or read it says so and tries again, and then nothing is missing', async () => {
  const desk = await openDesk()
  let isDown = true
  const orDown = <Result>(action: () => Promise<Result>) => (isDown ? Promise.reject(new Error('disk full')) : action())
  const projector = desk.project({
    views: {
      ...desk.views,
      get: (view, ids) => orDown(() => desk.views.get(view, ids)),
      write: (batch: FoldedBatch) => orDown(() => desk.views.write(batch)),
    },
  })
  await desk.record(customerRegistered(), creditReserved({ amount: 500 }))
  await expect
    .poll(() => projector.health())
    .toMatchObject({ retrying: true, lastFailure: { message: 'Error: disk full' } })
  await desk.record(creditReserved({ orderId: 'ord_2', amount: 700 }))
  expect(await desk.views.checkpoint()).toBe(START)

  isDown = false
  await projector.caughtUp()
  expect(await desk.documents(projections)).toMatchObject({ customers: [{ reservedCredit: 1_200 }] })
  expect(projector.health().retrying).toBe(false)
})

test('a projection that throws costs one document; a start with the corrected one mends it', async () => {
  const desk = await openDesk()
  const fragile = projections.map((projection) => (projection.name === 'products' ? unlucky : projection))
  const first = desk.project({ projections: fragile })
  await desk.record(productAdded(), stockReceived({ quantity: 13 }), productAdded({ productId: 'prd_2' }))
  await first.caughtUp()
  await desk.record(stockReceived({ quantity: 1 }), stockReceived({ productId: 'prd_2', quantity: 2 }))
  await first.caughtUp()

  expect(first.health()).toMatchObject({ retrying: false, brokenDocuments: 1 })
  expect(await desk.views.broken()).toMatchObject([{ view: 'products', id: 'prd_1' }])
  expect(await desk.views.get(products, ['prd_2'])).toMatchObject([{ inStock: 2 }])
  await first.stop()

  const again = desk.project({ projections: fragile })
  await desk.record(stockReceived({ quantity: 3 }))
  await again.caughtUp()
  expect(again.health()).toMatchObject({ brokenDocuments: 1 })
  await again.stop()

  const corrected = desk.project()
  await desk.record(stockReceived({ quantity: 4 }))
  await corrected.caughtUp()
  expect(await desk.views.broken()).toEqual([])
  expect(corrected.health()).toMatchObject({ brokenDocuments: 0 })
  expect(await desk.documents(projections)).toEqual(naiveFold(await desk.log()))
  const { entries } = await desk.views.history({ topic: 'products/prd_1', first: 10 })
  expect(entries.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4])
})

test('a document that the store refuses costs that document; the rest of its batch and all that follows is written', async () => {
  const desk = await openDesk()
  await desk.record(productAdded(), productAdded({ productId: 'prd_2' }), customerRegistered())
  const bloated = projections.map((projection) => (projection.name === 'products' ? growing : projection))
  const projector = desk.project({ projections: bloated })
  await projector.caughtUp()
  await desk.record(
    stockReceived({ quantity: 13 }),
    stockReceived({ productId: 'prd_2', quantity: 2 }),
    creditReserved({ amount: 5 }),
  )
  await projector.caughtUp()
  await desk.record(stockReceived({ quantity: 1 }))
  await projector.caughtUp()

  expect(projector.health()).toMatchObject({ retrying: false, brokenDocuments: 1 })
  expect(await desk.views.broken()).toEqual([
    { view: 'products', id: 'prd_1', error: expect.stringContaining('more than the 16000000') },
  ])
  expect(await desk.views.get(products, ['prd_2'])).toMatchObject([{ inStock: 2 }])
  expect(await desk.views.get(customers, ['cus_1'])).toMatchObject([{ reservedCredit: 5 }])
  expect(await desk.views.checkpoint()).toBe(await desk.head())
  await projector.stop()

  const again = desk.project({ projections: bloated })
  await again.caughtUp()
  expect(again.health()).toMatchObject({ retrying: false, brokenDocuments: 1 })
  await again.stop()

  const corrected = desk.project()
  await corrected.caughtUp()
  expect(await desk.views.broken()).toEqual([])
  expect(await desk.documents(projections)).toEqual(naiveFold(await desk.log()))
})

test('an event that a projection cannot place is counted, and the rest goes on', async () => {
  const desk = await openDesk()
  const astray = projections.map((projection) =>
    projection.name === 'products'
      ? {
          ...projection,
          documentsOf: () => {
            throw new Error('whose is it?')
          },
        }
      : projection,
  )
  const projector = desk.project({ projections: astray })
  await desk.record(productAdded(), customerRegistered())
  await projector.caughtUp()
  expect(projector.health()).toMatchObject({ unplacedEvents: 1 })
  expect(await desk.documents(projections)).toMatchObject({ customers: [{ id: 'cus_1' }], products: [] })
})

test.each([
  ['the place of a reader', checkpointStored()],
  ['a lease', leaseRenewed()],
])('%s moves the checkpoint, and nothing else', async (_, event) => {
  const desk = await openDesk()
  await desk.record(event)
  const head = await desk.project().caughtUp()
  expect(await desk.views.checkpoint()).toBe(head)
  expect((await desk.views.history({ first: 10 })).entries).toEqual([])
})

test('stopping ends the write that is under way', async () => {
  const desk = await openDesk()
  await desk.record(customerRegistered())
  const writing = signal()
  const slow = signal()
  const projector = desk.project({
    views: {
      ...desk.views,
      async write(batch) {
        writing.give()
        await slow.given
        await desk.views.write(batch)
      },
    },
  })
  await writing.given
  const stopped = projector.stop()
  slow.give()
  await stopped
  expect(await desk.views.checkpoint()).toBe(await desk.head())
})

test('waiting for a projector that is stopped fails with ProjectorStopped', async () => {
  const desk = await openDesk()
  await desk.record(customerRegistered())
  const projector = desk.project({
    views: { ...desk.views, write: () => Promise.reject(new Error('disk full')) },
  })
  const waiting = expect(projector.caughtUp()).rejects.toThrow(ProjectorStopped)
  await expect.poll(() => projector.health().retrying).toBe(true)
  await projector.stop()
  await waiting
  await expect(projector.caughtUp()).rejects.toThrow(ProjectorStopped)
})

const unlucky: Projection<ProductDocument, DomainEvent> = {
  ...products,
  evolve(product, event) {
    if (event.type === 'StockReceived' && event.data.quantity === 13) throw new Error('13 is unlucky')
    return products.evolve(product, event)
  },
}

/** It grows beyond what any store takes. */
const growing: Projection<ProductDocument, DomainEvent> = {
  ...products,
  evolve(product, event) {
    const after = products.evolve(product, event)
    const isLarge = event.type === 'StockReceived' && event.data.quantity === 13
    return after && isLarge ? { ...after, name: 'x'.repeat(MAX_DOCUMENT_BYTES) } : after
  },
}

function signal() {
  let give = () => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give }
}

/** An empty log and empty views in a directory of their own, which goes away with the test. */
async function openDesk() {
  const directory = await mkdtemp(join(tmpdir(), 'projector-'))
  const store = await openSqliteEventStore({ file: join(directory, 'events.db') })
  const views = await openSqliteViewStore({ file: join(directory, 'views.db'), logId: 'abcdefghijkl', ...viewSet })
  const revisions = new Map<StreamName, number>()
  const projectors: { stop(): Promise<void> }[] = []
  let isOpen = true

  const desk = {
    views,
    head: () => store.head(),

    project(options: Partial<Parameters<typeof startProjector>[0]> = {}) {
      const log = { info() {}, warn() {}, error() {} }
      const projector = startProjector({ store, views, projections, onFolded() {}, log, ...options })
      projectors.push(projector)
      return projector
    },

    record: (...events: DomainEvent[]) => desk.recordVersion(SCHEMA_VERSION, ...events),

    async recordVersion(schemaVersion: number, ...events: DomainEvent[]): Promise<void> {
      for (const event of events) {
        const stream = streamOf(event)
        const expected = revisions.get(stream) ?? -1
        revisions.set(stream, expected + 1)
        await store.append(stream, [{ ...event, id: randomUUID(), metadata: { schemaVersion } }], expected)
      }
    },

    async log(): Promise<RecordedEvent[]> {
      const head = await store.head()
      const events: RecordedEvent[] = []
      const enough = new AbortController()
      for await (const batch of store.subscribe(START, { signal: enough.signal })) {
        events.push(...batch.events)
        if (batch.position >= head) break
      }
      return events
    },

    /** The documents of each view, in the order of their ids. */
    async documents(of: readonly Projection<ViewDocument>[]): Promise<Record<string, ViewDocument[]>> {
      const found = of.map(async (view): Promise<[string, ViewDocument[]]> => {
        const page = await views.page(view, {
          filter: [],
          orderBy: { field: usualOrder(view), direction: 'ASC' },
          first: 100,
        })
        return [view.name, byId(page.items.map(({ item }) => item))]
      })
      return Object.fromEntries(await Promise.all(found))
    },

    async close(): Promise<void> {
      if (!isOpen) return
      isOpen = false
      for (const projector of projectors) await projector.stop()
      await views.close()
      await store.close()
      await rm(directory, { recursive: true })
    },
  }
  onTestFinished(desk.close)
  return desk
}

/** The views as they should be, without batches, memory or repeats. */
function naiveFold(log: readonly RecordedEvent[]): Record<string, ViewDocument[]> {
  const views = projections.map((projection): [string, ViewDocument[]] => {
    const documents = new Map<string, ViewDocument>()
    for (const event of log.filter(takerOf(projection.events))) {
      for (const id of projection.documentsOf(event)) {
        const after = projection.evolve(documents.get(id), event)
        if (after) documents.set(id, after)
      }
    }
    return [projection.name, byId([...documents.values()].filter(shown))]
  })
  return Object.fromEntries(views)
}

function byId(documents: ViewDocument[]): ViewDocument[] {
  return documents.sort((a, b) => (a.id < b.id ? -1 : 1))
}
