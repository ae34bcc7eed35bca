// The promises of every view store. Each adapter's test opens its store and runs this.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rounds } from '../../rounds.given.ts'
import { START } from '../../store/position.ts'
import { NOT_BEGUN, type Projection, type ViewDocument } from '../projection.ts'
import { historyCursor, pageCursor, readHistoryCursor } from './cursor.ts'
import type { ViewSet } from './declared.ts'
import type { Condition, FoldedBatch, HistoryEntry, HistoryQuery, PageQuery, Range, ViewStore } from './view-store.ts'
import { DocumentBroken, DocumentsRefused, InvalidCursor, MAX_DOCUMENT_BYTES, ViewsOfAnotherLog } from './view-store.ts'

/** A place for views that was empty at first. A store that opens it again finds the written data. */
export interface Place {
  open(options: ViewSet): Promise<ViewStore>
  remove(): Promise<void>
}

/** A document with a field for each kind of query. Only `id`, the times and `rank` are always there. */
interface Item extends ViewDocument {
  rank: number
  group?: string
  colour?: string
  amount?: number
  tags?: string[]
  words?: string[]
  note?: string
}

export const items: Projection<Item> = {
  name: 'transfers',
  version: 1,
  events: {},
  queriedBy: {
    group: 'exact',
    colour: 'exact',
    amount: 'range',
    rank: 'range',
    createdAt: 'range',
    tags: 'member',
    words: 'prefix',
  },
  orderedBy: { createdAt: 'text', rank: 'number' },
  documentsOf: () => [],
  evolve: (document) => document,
}

const hiding: Projection<Item> = { ...items, name: 'assets', hidesUntilBegun: true }

const others: Projection<ViewDocument> = {
  name: 'accounts',
  version: 1,
  events: {},
  queriedBy: {},
  orderedBy: { createdAt: 'text' },
  documentsOf: () => [],
  evolve: (document) => document,
}

const LOG = 'log0log0log0'

/** @param readsEverything a stand-in that reads all documents for each query gets no tests with thousands of them */
export function describeViewStore(
  name: string,
  makePlace: () => Promise<Place>,
  { readsEverything = false }: { readsEverything?: boolean } = {},
): void {
  /** Runs a test with a store in its own place, and closes and removes it afterwards. */
  const withStore = async (work: (store: ViewStore) => Promise<void>) => {
    const place = await makePlace()
    try {
      const store = await place.open({ logId: LOG, schemaVersion: 1, projections: [items, others, hiding] })
      await work(store).finally(() => store.close())
    } finally {
      await place.remove()
    }
  }
  const testStore = (sentence: string, work: (store: ViewStore) => Promise<void>) =>
    test(sentence, () => withStore(work))
  const withMany = readsEverything ? ', left out: the stand-in reads everything for each question' : ''

  describe(`${name}: documents by id`, () => {
    testStore('come in the order of their ids, with gaps and repeats', async (store) => {
      const [a, b] = [item('tra_a'), item('tra_b', { tags: ['x'], amount: 3 })]
      await store.write(batch({ documents: [a, b] }))
      expect(await store.get(items, ['tra_b', 'tra_x', 'tra_a', 'tra_b'])).toEqual([b, undefined, a, b])
      expect(await store.get(items, [])).toEqual([])
    })

    testStore('are those of the view that is asked', async (store) => {
      const account: ViewDocument = { id: 'same', position: 2, createdAt: time(1), updatedAt: time(1) }
      await store.write({
        ...batch({ documents: [item('same')] }),
        documents: [
          { view: 'transfers', documents: [item('same')] },
          { view: 'accounts', documents: [account] },
        ],
      })
      expect(await store.get(items, ['same'])).toEqual([item('same')])
      expect(await store.get(others, ['same'])).toEqual([account])
    })

    testStore('come back as they were written, whatever text they hold', async (store) => {
      const text = fc.string({ unit: 'binary' })
      const document = fc.record({
        id: fc.string({ unit: 'grapheme', minLength: 1 }),
        note: text,
        words: fc.array(text),
      })
      let position = 0
      await fc.assert(
        fc.asyncProperty(document, async ({ id, ...fields }) => {
          const written = item(id, { ...fields, position: ++position })
          await store.write(batch({ documents: [written] }))
          expect(await store.get(items, [id])).toEqual([written])
        }),
      )
    })
  })

  describe(`${name}: pages`, () => {
    testStore('follow each other to the end, and only the last one has no next page', async (store) => {
      await store.write(batch({ documents: numbered(5), checkpoint: 40 }))
      const query = { filter: [], orderBy: { field: 'createdAt', direction: 'ASC' }, first: 2 } as const
      const pages = await allPages(store, query)
      expect(
        pages.map(({ items, hasNextPage, asOf }) => ({ ids: items.map(({ item }) => item.id), hasNextPage, asOf })),
      ).toEqual([
        { ids: ['tra_000', 'tra_001'], hasNextPage: true, asOf: 40 },
        { ids: ['tra_002', 'tra_003'], hasNextPage: true, asOf: 40 },
        { ids: ['tra_004'], hasNextPage: false, asOf: 40 },
      ])
      expect((await store.page(items, { ...query, first: 5 })).hasNextPage).toBe(false)
      expect((await store.page(items, { ...query, first: 0 })).items).toEqual([])
    })

    testStore('of an empty store are empty, and as of its start', async (store) => {
      const query = { filter: [], orderBy: { field: 'rank', direction: 'DESC' }, first: 10 } as const
      expect(await store.page(items, query)).toEqual({ items: [], hasNextPage: false, asOf: START })
    })

    testStore('have documents with equal values by id, in both directions', async (store) => {
      const documents = ['b', 'd', 'a', 'c'].map((id) => item(id, { rank: 7 }))
      await store.write(batch({ documents }))
      expect(await idsOf(store, { filter: [], orderBy: { field: 'rank', direction: 'ASC' }, first: 1 })).toEqual([
        'a',
        'b',
        'c',
        'd',
      ])
      expect(await idsOf(store, { filter: [], orderBy: { field: 'rank', direction: 'DESC' }, first: 3 })).toEqual([
        'd',
        'c',
        'b',
        'a',
      ])
    })

    testStore('turn round at a cursor', async (store) => {
      await store.write(batch({ documents: numbered(5) }))
      const ascending = { filter: [], orderBy: { field: 'createdAt', direction: 'ASC' }, first: 3 } as const
      const cursor = (await store.page(items, ascending)).items.at(-1)?.cursor ?? ''
      const back = { ...ascending, orderBy: { field: 'createdAt', direction: 'DESC' }, after: cursor } as const
      expect((await store.page(items, back)).items.map(({ item }) => item.id)).toEqual(['tra_001', 'tra_000'])
    })

    test('contain the result of a filter and a sort of all documents', async () => {
      const cases = fc.record({
        documents: someItems(40),
        queries: fc.array(someQuery, { minLength: 8, maxLength: 8 }),
      })
      await fc.assert(
        fc.asyncProperty(cases, ({ documents, queries }) =>
          withStore(async (store) => {
            await store.write(batch({ documents }))
            for (const query of queries) {
              expect(await idsOf(store, query)).toEqual(expected(documents, query).map(({ id }) => id))
            }
          }),
        ),
        { numRuns: rounds(8) },
      )
    })

    testStore('have what was written last, and no longer what it was before', async (store) => {
      const change = fc.array(fc.record({ documents: someItems(8), query: someQuery }), { minLength: 1, maxLength: 10 })
      const all = new Map<string, Item>()
      let position = 0
      await fc.assert(
        fc.asyncProperty(change, async (changes) => {
          for (const { documents, query } of changes) {
            const written = documents.map((document) => ({ ...document, position: ++position }))
            for (const document of written) all.set(document.id, document)
            await store.write(batch({ documents: written, checkpoint: position }))
            expect(await idsOf(store, query)).toEqual(expected([...all.values()], query).map(({ id }) => id))
          }
        }),
        { numRuns: rounds(10) },
      )
    })

    test('stay right during changes: an unchanged document appears once, and none appears twice in its place', async () => {
      const cases = fc.record({
        before: someItems(30),
        meanwhile: fc.array(someItems(4), { maxLength: 12 }),
        query: someQuery,
      })
      await fc.assert(
        fc.asyncProperty(cases, ({ before, meanwhile, query }) =>
          withStore(async (store) => {
            await store.write(batch({ documents: before }))
            const met: Item[] = []
            const changed = new Set<string>()
            let after: string | undefined
            let position = 1_000
            for (let page = 0; ; page++) {
              const answer = await store.page(items, { ...query, ...(after !== undefined && { after }) })
              met.push(...answer.items.map(({ item }) => item))
              after = answer.items.at(-1)?.cursor
              if (!answer.hasNextPage) break
              const documents = (meanwhile[page] ?? []).map((document) => ({ ...document, position: ++position }))
              for (const { id } of documents) changed.add(id)
              await store.write(batch({ documents, checkpoint: position }))
            }
            const unchanged = (documents: Item[]) => documents.map(({ id }) => id).filter((id) => !changed.has(id))
            expect(unchanged(met)).toEqual(unchanged(expected(before, query)))
            expect(met).toEqual(inOrder(met, query.orderBy))
          }),
        ),
        { numRuns: rounds(8) },
      )
    })

    testStore('refuse a cursor that is none, or one of another order', async (store) => {
      await store.write(batch({ documents: numbered(3) }))
      const query = { filter: [], orderBy: { field: 'createdAt', direction: 'ASC' }, first: 1 } as const
      const other = pageCursor('rank', { value: 1, id: 'tra_001' })
      const wrong = [
        '',
        'x',
        'bm90IGpzb24',
        Buffer.from('[]').toString('base64url'),
        historyCursor(7),
        other,
        `${other}x`,
      ]
      for (const after of wrong) await expect(store.page(items, { ...query, after })).rejects.toThrow(InvalidCursor)
      for (const position of [-1, 1.5, '7', null]) {
        const after = Buffer.from(JSON.stringify(['history', position])).toString('base64url')
        await expect(async () => readHistoryCursor(after)).rejects.toThrow('malformed')
      }
      await expect(store.page(items, { ...query, after: other })).rejects.toThrow('ordered by rank')
      await expect(async () => readHistoryCursor(other)).rejects.toThrow(InvalidCursor)
      expect(readHistoryCursor(historyCursor(7))).toBe(7)
    })

    testStore('refuse a cursor whose value is not what the field holds, in either direction', async (store) => {
      await store.write(batch({ documents: numbered(3) }))
      const wrong = {
        createdAt: ['7', '-1e300', 'true', 'null', '[]', '{}', '["2026-01-01T00:00:00.000Z"]', '{"$gt":""}'],
        rank: ['"1"', '""', '"2026-01-01T00:00:00.000Z"', '1e999', 'true', 'null', '[1]', '{"$gt":0}'],
      }
      for (const [field, values] of Object.entries(wrong)) {
        for (const direction of ['ASC', 'DESC'] as const) {
          for (const value of values) {
            const after = Buffer.from(`["${field}",${value},"tra_001"]`).toString('base64url')
            const page = store.page(items, { filter: [], orderBy: { field, direction }, first: 1, after })
            await expect(page, `${value} as ${field}`).rejects.toThrow('the cursor is malformed')
          }
        }
      }
    })

    testStore('are not made by fields that the projection does not declare so', async (store) => {
      const query = { filter: [], orderBy: { field: 'createdAt', direction: 'ASC' }, first: 1 } as const
      const by = (condition: Condition) => store.page(items, { ...query, filter: [condition] })
      await expect(by({ field: 'note', oneOf: ['x'] })).rejects.toThrow('note is queried by values')
      await expect(by({ field: 'group', range: { gt: 'x' } })).rejects.toThrow('group is queried by a range')
      await expect(by({ field: 'tags', startsWith: 'x' })).rejects.toThrow('tags is queried by a prefix')
      await expect(by({ field: 'words', oneOf: ['x'] })).rejects.toThrow('words is queried by values')
      await expect(store.page(items, { ...query, orderBy: { field: 'amount', direction: 'ASC' } })).rejects.toThrow(
        'amount',
      )
      await expect(store.count(items, [{ field: 'note', oneOf: ['x'] }], 1)).rejects.toThrow('note')
    })
  })

  describe(`${name}: conditions`, () => {
    testStore('on a range take bounds of every kind, infinite ones too', async (store) => {
      await store.write(
        batch({ documents: [1, 2, 3].map((amount) => item(`tra_${amount}`, { amount })).concat(item('tra_none')) }),
      )
      const within = (range: Range) => matching(store, { field: 'amount', range })
      expect(await within({ gte: 2 })).toEqual(['tra_2', 'tra_3'])
      expect(await within({ gt: 2 })).toEqual(['tra_3'])
      expect(await within({ lte: 2 })).toEqual(['tra_1', 'tra_2'])
      expect(await within({ lt: 2 })).toEqual(['tra_1'])
      expect(await within({ gt: 1, lt: 3 })).toEqual(['tra_2'])
      expect(await within({ gte: -Infinity, lte: Infinity })).toEqual(['tra_1', 'tra_2', 'tra_3'])
      expect(await within({})).toEqual(['tra_1', 'tra_2', 'tra_3'])
      expect(await within({ gt: Infinity })).toEqual([])
      expect(await within({ lt: -Infinity })).toEqual([])
    })

    testStore('on a list match when any element does, and a document is met once', async (store) => {
      await store.write(
        batch({
          documents: [
            item('tra_1', { words: ['acme', 'acorn', 'gmbh'], tags: ['red', 'blue'] }),
            item('tra_2', { words: ['acorn'], tags: ['blue'] }),
            item('tra_3', { words: [], tags: [] }),
            item('tra_4'),
          ],
        }),
      )
      expect(await matching(store, { field: 'words', startsWith: 'ac' })).toEqual(['tra_1', 'tra_2'])
      expect(await matching(store, { field: 'words', startsWith: 'acme' })).toEqual(['tra_1'])
      expect(await matching(store, { field: 'words', startsWith: 'acmes' })).toEqual([])
      expect(await matching(store, { field: 'words', startsWith: '' })).toEqual(['tra_1', 'tra_2'])
      expect(await matching(store, { field: 'tags', oneOf: ['red', 'blue', 'blue'] })).toEqual(['tra_1', 'tra_2'])
      expect(await matching(store, { field: 'tags', oneOf: ['re'] })).toEqual([])
      expect(await matching(store, { field: 'tags', oneOf: [] })).toEqual([])
    })

    testStore('on a prefix are exact at the ends of Unicode and with characters that quote', async (store) => {
      const words = ['a\u{10ffff}b', '\ud7ff', '\ue000', '日本', '日木', 'x"y', 'x\\y', 'x\ny', 'x', '%', '_']
      const documents = words.map((word, index) => item(`tra_${index + 10}`, { words: [word] }))
      await store.write(batch({ documents }))
      const prefixes = [...words, 'a\u{10ffff}', '\u{10ffff}', '日', 'x"', 'x\\', 'x\n', '",', '"', '\\', '\n']
      for (const startsWith of prefixes) {
        // Two prefixes at once: one leads to the documents, the other is checked.
        const found = await matching(store, { field: 'words', startsWith }, { field: 'words', startsWith: '' })
        expect(found).toEqual(documents.filter(({ words }) => words?.[0]?.startsWith(startsWith)).map(({ id }) => id))
      }
    })

    testStore('do not find a document that is hidden until it has begun', async (store) => {
      const documents = numbered(3).map((document) => ({ ...document, words: ['blue'] }))
      const [hidden, ...begun] = documents.map((document, index) => ({
        ...document,
        createdAt: index === 0 ? NOT_BEGUN : document.createdAt,
      })) as [Item, Item, Item]
      await store.write({
        ...batch({ documents: [] }),
        documents: [{ view: 'assets', documents: [hidden, ...begun] }],
      })
      const ids = begun.map(({ id }) => id)
      const conditions: Condition[][] = [
        [],
        [{ field: 'words', startsWith: 'blue' }],
        [
          { field: 'words', startsWith: 'blue' },
          { field: 'rank', range: { gte: 0 } },
        ],
        [{ field: 'group', oneOf: ['even', 'odd'] }],
        [{ field: 'createdAt', range: { lt: '9' } }],
        [{ field: 'rank', range: {} }],
      ]
      for (const filter of conditions) {
        for (const field of ['createdAt', 'rank']) {
          for (const direction of ['ASC', 'DESC'] as const) {
            const { items: found } = await store.page(hiding, { filter, orderBy: { field, direction }, first: 10 })
            expect(found.map(({ item }) => item.id).sort()).toEqual(ids)
            const orderBy = { field, direction }
            const first = await store.page(hiding, { filter, orderBy, first: 1 })
            const after = first.items[0]?.cursor ?? ''
            const second = await store.page(hiding, { filter, orderBy, first: 5, after })
            expect([...first.items, ...second.items].map(({ item }) => item.id).sort()).toEqual(ids)
          }
        }
        expect(await store.count(hiding, filter, 100)).toBe(2)
      }
      expect(await store.get(hiding, [hidden.id])).toEqual([hidden])
      await store.write({
        ...batch({ documents: [] }),
        documents: [{ view: 'assets', documents: [{ ...hidden, createdAt: time(9), position: hidden.position + 1 }] }],
      })
      expect(await store.count(hiding, [{ field: 'words', startsWith: 'blue' }], 100)).toBe(3)
    })

    testStore('are counted up to a limit', async (store) => {
      await store.write(batch({ documents: numbered(30) }))
      const even: Condition = { field: 'group', oneOf: ['even'] }
      expect(await store.count(items, [], 100)).toBe(30)
      expect(await store.count(items, [], 30)).toBe(30)
      expect(await store.count(items, [], 10)).toBe(10)
      expect(await store.count(items, [even], 100)).toBe(15)
      expect(await store.count(items, [even, { field: 'rank', range: { lt: 11 } }], 100)).toBe(6)
      const all = await store.count(items, [], 100)
      expect(await store.count(items, [{ field: 'rank', range: {} }], 100)).toBe(all)
      expect(await store.count(items, [{ field: 'group', oneOf: [] }], 100)).toBe(0)
    })
  })

  describe.skipIf(readsEverything)(`${name}: many documents${withMany}`, () => {
    const documents = numbered(5_000)
    let place: Place
    let store: ViewStore
    beforeAll(async () => {
      place = await makePlace()
      store = await place.open({ logId: LOG, schemaVersion: 1, projections: [items, others, hiding] })
      await store.write(batch({ documents }))
    })
    afterAll(async () => {
      await store.close()
      await place.remove()
    })

    test('pages and counts are as right as with few', async () => {
      const query = fc.record({
        filter: fc.array(conditionOnMany, { maxLength: 3 }),
        orderBy: someOrder,
        first: fc.integer({ min: 1, max: 30 }),
      })
      await fc.assert(
        fc.asyncProperty(query, async (query) => {
          const all = expected(documents, query)
          const pages = await allPages(store, query, 3)
          const found = pages.flatMap(({ items }) => items.map(({ item }) => item.id))
          expect(found).toEqual(all.slice(0, 3 * query.first).map(({ id }) => id))
          expect(await store.count(items, query.filter, 1_000)).toBe(Math.min(all.length, 1_000))
        }),
        { numRuns: rounds(15) },
      )
    })
  })

  describe(`${name}: written batches`, () => {
    testStore('never put an older version of a document in the place of a newer one', async (store) => {
      const newer = item('tra_1', { position: 20, group: 'new', tags: ['new'], rank: 2 })
      await store.write(batch({ documents: [newer], checkpoint: 20 }))
      await store.write(
        batch({ documents: [item('tra_1', { position: 10, group: 'old', tags: ['old'] })], checkpoint: 10 }),
      )
      await store.write(batch({ documents: [{ ...newer, group: 'other', tags: ['other'] }], checkpoint: 20 }))
      expect(await store.get(items, ['tra_1'])).toEqual([newer])
      expect(await matching(store, { field: 'tags', oneOf: ['new'] })).toEqual(['tra_1'])
      expect(await matching(store, { field: 'tags', oneOf: ['old', 'other'] })).toEqual([])
      expect(await matching(store, { field: 'group', oneOf: ['old', 'other'] })).toEqual([])
    })

    testStore(
      'change nothing when they come twice, or late from a zombie that cut the log elsewhere',
      async (store) => {
        const entries = range(12).map((index) => entry(index + 1))
        const part = (from: number, to: number) =>
          batch({
            documents: [item('tra_1', { position: to, rank: to })],
            history: entries.slice(from, to),
            checkpoint: to,
          })
        await store.write(part(0, 4))
        await store.write(part(4, 12))
        const before = await everything(store)
        for (const late of [part(4, 12), part(0, 4), part(2, 9), part(9, 12)]) await store.write(late)
        expect(await everything(store)).toEqual(before)
        expect(before.entries).toEqual(entries)
      },
    )

    testStore('tell the last event that is folded, with the checkpoint, which may be far beyond it', async (store) => {
      expect(await store.lastFolded()).toEqual({ checkpoint: START })
      await store.write(batch({ history: [entry(3), entry(4)], checkpoint: 4 }))
      await store.write(batch({ history: [entry(7)], checkpoint: 8 }))
      await store.write(batch({ checkpoint: 1_000 }))
      const { stream, revision, position, id } = entry(7)
      expect(await store.lastFolded()).toMatchObject({ checkpoint: 1_000, event: { stream, revision, position, id } })
    })

    testStore('move the checkpoint forward only', async (store) => {
      expect(await store.checkpoint()).toBe(START)
      await store.write(batch({ checkpoint: 5 }))
      await store.write(batch({ checkpoint: 3 }))
      expect(await store.checkpoint()).toBe(5)
      await store.write(batch({ checkpoint: 8 }))
      expect(await store.checkpoint()).toBe(8)
    })
  })

  describe(`${name}: documents that it does not take`, () => {
    const { createdAt: _, ...undated } = item('tra_undated')
    // Bytes of UTF-8, characters, the elements of a list: they count differently, and each is too much.
    const large = [
      item('tra_text', { note: 'x'.repeat(MAX_DOCUMENT_BYTES + 1_000_000) }),
      item('tra_list', { tags: Array(1_000).fill('x'.repeat(MAX_DOCUMENT_BYTES / 999)) }),
    ]
    const misfits = [
      undated as Item,
      item('tra_nan', { rank: Number.NaN }),
      item('tra_object', { group: {} as string }),
      item('tra_single', { tags: 'red' as unknown as string[] }),
      item('tra_numbers', { words: [1] as unknown as string[] }),
    ]
    const [left, right] = [item('tra_left'), item('tra_right', { position: 2 })]
    const account: ViewDocument = { id: 'acc_1', position: 2, createdAt: time(1), updatedAt: time(1) }
    const refusedOf = (writing: Promise<void>) =>
      writing.then(
        () => expect.fail('it was written'),
        (error) => (error instanceof DocumentsRefused ? error.refused.map(({ view, id }) => `${view}/${id}`) : error),
      )

    for (const [what, documents] of [
      ['too large', large],
      ['other than their projection declares', misfits],
    ] as const) {
      testStore(`${what} are refused by name, and move neither history nor checkpoint`, async (store) => {
        await store.write(batch({ documents: [left], history: [entry(1)], checkpoint: 1 }))
        const all = [left, ...documents, right]
        const mixed = {
          ...batch({ history: [entry(2)], checkpoint: 2 }),
          documents: [
            { view: 'accounts' as const, documents: [account] },
            { view: 'transfers' as const, documents: all.map((document) => ({ ...document, position: 2 })) },
          ],
        }
        expect(await refusedOf(store.write(mixed))).toEqual(documents.map(({ id }) => `transfers/${id}`))
        expect(await store.checkpoint()).toBe(1)
        expect((await store.history({ first: 9 })).entries).toEqual([entry(1)])
        expect(
          await store.get(
            items,
            documents.map(({ id }) => id),
          ),
        ).toEqual(documents.map(() => undefined))
      })
    }

    testStore('keep nobody else from being written', async (store) => {
      const refused = large.map(({ id }) => ({ view: 'transfers', id, error: 'too large' }) as const)
      await refusedOf(store.write(batch({ documents: [left, ...large, right] })))
      await store.write(batch({ documents: [left, right], broken: refused }))
      expect(await store.get(items, ['tra_left', 'tra_right'])).toEqual([left, right])
      expect(await store.broken()).toHaveLength(large.length)
      await expect(store.get(items, ['tra_text'])).rejects.toThrow(DocumentBroken)
    })
  })

  describe(`${name}: broken documents`, () => {
    const broken = { view: 'transfers', id: 'tra_1', error: 'no such field' } as const
    testStore('are not shown by id; others are', async (store) => {
      await store.write(
        batch({ documents: numbered(3).map((document) => ({ ...document, id: `tra_${document.rank}` })) }),
      )
      await store.write(batch({ broken: [broken] }))
      await expect(store.get(items, ['tra_0', 'tra_1'])).rejects.toThrow(DocumentBroken)
      await expect(store.get(items, ['tra_1'])).rejects.toMatchObject({ view: 'transfers', id: 'tra_1' })
      expect(await store.get(items, ['tra_0', 'tra_2'])).toMatchObject([{ id: 'tra_0' }, { id: 'tra_2' }])
      expect(await store.get(others, ['tra_1'])).toEqual([undefined])
    })

    testStore('are left out of pages and counts, which are as full as without them', async (store) => {
      const documents = numbered(30).map((document) => ({
        ...document,
        words: ['blue', 'bluish'],
        tags: [document.rank % 2 === 0 ? 'even' : 'odd', 'all'],
      }))
      const isMarked = ({ rank }: Item) => rank % 3 === 0 || rank >= 25
      const marked = documents.filter(isMarked).map(({ id }) => ({ ...broken, id }))
      await store.write(batch({ documents }))
      await store.write(batch({ broken: [...marked, { ...broken, view: 'accounts', id: 'tra_001' }] }))
      const conditions: Condition[][] = [
        [],
        [{ field: 'words', startsWith: 'blu' }],
        [{ field: 'tags', oneOf: ['even'] }],
        [{ field: 'tags', oneOf: ['all', 'odd'] }],
        [
          { field: 'tags', oneOf: ['all'] },
          { field: 'rank', range: { gte: 10 } },
        ],
        [{ field: 'group', oneOf: ['even', 'odd'] }],
        [{ field: 'createdAt', range: { lt: '9' } }],
        [{ field: 'rank', range: {} }],
      ]
      const expectShown = async (filters: Condition[][], isShown: (document: Item) => boolean) => {
        for (const filter of filters) {
          for (const field of ['createdAt', 'rank']) {
            for (const direction of ['ASC', 'DESC'] as const) {
              const query: PageQuery = { filter, orderBy: { field, direction }, first: 7 }
              const wanted = expected(documents.filter(isShown), query)
              const pages = await allPages(store, query)
              expect(pages.flatMap((page) => page.items.map(({ item }) => item))).toEqual(wanted)
              expect(pages.slice(0, -1).every((page) => page.items.length === query.first)).toBe(true)
              expect(pages).toHaveLength(Math.ceil(wanted.length / query.first))
              expect(await store.count(items, filter, 100)).toBe(wanted.length)
            }
          }
        }
      }
      await expectShown(conditions, (document) => !isMarked(document))
      const mended = marked.map(({ view, id }) => ({ view, id }))
      await store.write(batch({ mended }))
      await expectShown([[]], () => true)
    })

    testStore('serve as the place that a page begins after', async (store) => {
      const documents = numbered(4)
      await store.write(batch({ documents }))
      const query: PageQuery = { filter: [], orderBy: { field: 'createdAt', direction: 'ASC' }, first: 2 }
      const after = (await store.page(items, query)).items.at(-1)?.cursor ?? ''
      await store.write(batch({ broken: [{ ...broken, id: 'tra_001' }] }))
      expect((await store.page(items, { ...query, after })).items.map(({ item }) => item.id)).toEqual([
        'tra_002',
        'tra_003',
      ])
    })

    testStore('are listed with the error, and after they are mended they are no longer', async (store) => {
      await store.write(batch({ broken: [broken, { ...broken, id: 'tra_2' }], checkpoint: 5 }))
      await store.write(batch({ broken: [{ ...broken, error: 'still none' }], checkpoint: 6 }))
      expect(await store.broken()).toEqual([
        { ...broken, error: 'still none' },
        { ...broken, id: 'tra_2' },
      ])
      await expect(store.get(items, ['tra_2'])).rejects.toThrow(DocumentBroken)

      const mended = item('tra_1', { position: 6 })
      await store.write(batch({ documents: [mended], mended: [{ view: 'transfers', id: 'tra_1' }], checkpoint: 6 }))
      expect(await store.broken()).toEqual([{ ...broken, id: 'tra_2' }])
      expect(await store.get(items, ['tra_1'])).toEqual([mended])
    })

    testStore('keep their marks when a zombie writes late', async (store) => {
      await store.write(batch({ broken: [broken], checkpoint: 5 }))
      await store.write(batch({ mended: [{ view: 'transfers', id: 'tra_1' }], checkpoint: 4 }))
      expect(await store.broken()).toEqual([broken])
      await store.write(batch({ mended: [{ view: 'transfers', id: 'tra_1' }], checkpoint: 7 }))
      await store.write(batch({ broken: [broken], checkpoint: 5 }))
      expect(await store.broken()).toEqual([])
    })
  })

  describe(`${name}: history`, () => {
    testStore('has the entries in log order, page by page, as of the checkpoint', async (store) => {
      const entries = [3, 4, 9, 12, 700].map((position) => entry(position))
      await store.write(batch({ history: entries.slice(0, 3), checkpoint: 10 }))
      await store.write(batch({ history: entries.slice(3), checkpoint: 1_000 }))
      expect(await store.history({ first: 5 })).toEqual({ entries, hasNextPage: false, asOf: 1_000 })
      expect(await store.history({ first: 2 })).toEqual({
        entries: entries.slice(0, 2),
        hasNextPage: true,
        asOf: 1_000,
      })
      expect(await store.history({ after: 4, first: 2 })).toEqual({
        entries: entries.slice(2, 4),
        hasNextPage: true,
        asOf: 1_000,
      })
      expect((await store.history({ after: 5, first: 9 })).entries).toEqual(entries.slice(2))
      expect((await store.history({ after: 700, first: 9 })).entries).toEqual([])
    })

    test('contains the result of a filter of all entries', async () => {
      const cases = fc.record({
        entries: someEntries,
        size: fc.integer({ min: 1, max: 50 }),
        queries: fc.array(someHistoryQuery, { minLength: 10, maxLength: 10 }),
      })
      await fc.assert(
        fc.asyncProperty(cases, ({ entries, size, queries }) =>
          withStore(async (store) => {
            for (let from = 0; from < entries.length; from += size) {
              const history = entries.slice(from, from + size)
              await store.write(batch({ history, checkpoint: history.at(-1)?.position ?? 0 }))
            }
            for (const query of queries) {
              const all = entries.filter((entry) => isWanted(entry, query))
              const answer = await store.history(query)
              expect(answer.entries).toEqual(all.slice(0, query.first))
              expect(answer.hasNextPage).toBe(all.length > query.first)
            }
          }),
        ),
        { numRuns: rounds(8) },
      )
    })

    const rareAmongMany = async (store: ViewStore) => {
      const entries = range(20_000).map((index) => entry(index + 1))
      const rare = {
        ...entry(15_000, 'TransferShipped'),
        stream: 'transfer-tra_rare' as const,
        topics: ['transfers/tra_rare', 'transfers/tra_1'],
        metadata: { commandId: 'rare"command', correlationId: 'rare\ncorrelation', schemaVersion: 1 },
      }
      entries[14_999] = rare
      for (let from = 0; from < entries.length; from += 1_000) {
        await store.write(batch({ history: entries.slice(from, from + 1_000), checkpoint: from + 1_000 }))
      }
      const filters: Partial<HistoryQuery>[] = [
        { topic: 'transfers/tra_rare' },
        { stream: 'transfer-tra_rare' },
        { typeIn: ['TransferShipped'] },
        { commandId: 'rare"command' },
        { correlationId: 'rare\ncorrelation' },
        { recordedAt: { gte: rare.recordedAt, lte: rare.recordedAt } },
      ]
      for (const filter of filters) {
        expect(await store.history({ ...filter, first: 3 })).toEqual({
          entries: [rare],
          hasNextPage: false,
          asOf: 20_000,
        })
        expect((await store.history({ ...filter, after: 15_000, first: 3 })).entries).toEqual([])
      }
      expect((await store.history({ typeIn: ['TransferPaid'], first: 3 })).entries).toEqual([])
    }
    test.skipIf(readsEverything)(`finds the rare entry among many, by each of its fields${withMany}`, () =>
      withStore(rareAmongMany),
    )
  })

  describe(`${name}: identity`, () => {
    const openAgain = async (first: ViewSet, second: ViewSet, look: (store: Promise<ViewStore>) => Promise<void>) => {
      const place = await makePlace()
      try {
        const store = await place.open(first)
        await store.write(
          batch({
            documents: [item('tra_1')],
            history: [entry(3)],
            broken: [{ view: 'transfers', id: 'x', error: 'e' }],
          }),
        )
        await store.close()
        await look(place.open(second))
      } finally {
        await place.remove()
      }
    }
    const same = { logId: LOG, schemaVersion: 1, projections: [items] }

    test('the written data is there when the store is opened again', () =>
      openAgain(same, same, async (opening) => {
        const store = await opening
        expect(await store.get(items, ['tra_1'])).toEqual([item('tra_1')])
        expect(await store.checkpoint()).toBe(1_000)
        expect((await store.history({ first: 9 })).entries).toEqual([entry(3)])
        expect(await store.broken()).toHaveLength(1)
        await store.close()
      }))

    test('views of another log are refused, and stay unchanged', async () => {
      await openAgain(same, { ...same, logId: 'another0log0' }, async (opening) => {
        await expect(opening).rejects.toThrow(ViewsOfAnotherLog)
      })
      await openAgain(same, { ...same, logId: 'another0log0' }, async (opening) => {
        await expect(opening).rejects.toThrow(/folded from the log log0log0log0.*Put the log back.*--rebuild-views/)
      })
    })

    const changes: [string, readonly Projection<ViewDocument>[]][] = [
      ['a new version of a projection', [{ ...items, version: 2 } as Projection<ViewDocument>]],
      ['another set of projections', [items, others]],
      [
        'a field that is queried as well',
        [{ ...items, queriedBy: { ...items.queriedBy, note: 'exact' } } as Projection<ViewDocument>],
      ],
    ]
    for (const [change, projections] of changes) {
      test(`${change} starts from nothing`, () =>
        openAgain(same, { logId: LOG, schemaVersion: 1, projections }, async (opening) => {
          const store = await opening
          const [view] = projections
          expect(await store.checkpoint()).toBe(START)
          expect(await store.get(view as Projection<Item>, ['tra_1'])).toEqual([undefined])
          expect((await store.history({ first: 9 })).entries).toEqual([])
          expect(await store.broken()).toEqual([])
          await store.write(batch({ documents: [item('tra_1', { note: 'again' })] }))
          expect(await store.get(view as Projection<Item>, ['tra_1'])).toEqual([item('tra_1', { note: 'again' })])
          await store.close()
        }))
    }
  })
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index)

/** An instant, the given number of minutes after the first. */
const time = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString()

function item(id: string, fields: Partial<Item> = {}): Item {
  return { id, position: 1, createdAt: time(0), updatedAt: time(0), rank: 0, ...fields }
}

/**
 * Documents one after another: half of them in the group `even`, some groups small, ranks with repeats after the first
 * hundred.
 */
function numbered(count: number): Item[] {
  return range(count).map((index) =>
    item(`tra_${String(index).padStart(3, '0')}`, {
      createdAt: time(Math.floor(index / (count > 100 ? 3 : 1))),
      rank: index < 100 ? index : (index * 7919) % 1_000,
      group: index % 2 === 0 ? 'even' : index % 97 === 0 ? 'rare' : 'odd',
      colour: index % 3 === 0 ? 'red' : 'blue',
      ...(index % 5 !== 0 && { amount: index % 50 }),
      tags: [`t${index % 2}`, `t${index % 700}`],
      words: [index % 4 === 0 ? 'acorn' : 'beech', `w${index % 900}`],
    }),
  )
}

function batch({
  documents = [],
  ...rest
}: Partial<Omit<FoldedBatch, 'documents'>> & { documents?: Item[] }): FoldedBatch {
  const view: string = 'transfers'
  return { documents: [{ view, documents }], broken: [], mended: [], history: [], checkpoint: 1_000, ...rest }
}

function entry(
  position: number,
  type: 'TransferApproved' | 'TransferShipped' | 'TransferPaid' = 'TransferApproved',
): HistoryEntry {
  const transferId = `tra_${position % 50}`
  return {
    id: `event-${position}`,
    type,
    data: { transferId, accountId: 'acc_1', total: position },
    metadata: { commandId: `command-${position}`, correlationId: `correlation-${position % 100}`, schemaVersion: 1 },
    stream: `transfer-${transferId}`,
    revision: Math.floor(position / 50),
    position,
    recordedAt: time(position),
    topics: [`transfers/${transferId}`, 'accounts/acc_1'],
  }
}

/** All pages from the first one on, up to a limit. */
async function allPages(store: ViewStore, query: PageQuery, most = Infinity) {
  const pages = []
  let after: string | undefined
  do {
    const page = await store.page(items, { ...query, ...(after !== undefined && { after }) })
    pages.push(page)
    after = page.hasNextPage ? page.items.at(-1)?.cursor : undefined
  } while (after !== undefined && pages.length < most)
  return pages
}

async function idsOf(store: ViewStore, query: PageQuery): Promise<string[]> {
  return (await allPages(store, query)).flatMap(({ items }) => items.map(({ item }) => item.id))
}

/** The ids of the documents that match, by id; found by page and by count, in both orders. */
async function matching(store: ViewStore, ...filter: Condition[]): Promise<string[]> {
  const [usual = [], other = []] = await Promise.all(
    Object.keys(items.orderedBy).map((field) =>
      idsOf(store, { filter, orderBy: { field, direction: 'ASC' }, first: 2 }),
    ),
  )
  expect(other.toSorted()).toEqual(usual.toSorted())
  expect(await store.count(items, filter, 1_000)).toBe(usual.length)
  return usual.toSorted()
}

async function everything(store: ViewStore) {
  const { entries } = await store.history({ first: 1_000 })
  const query = { filter: [], orderBy: { field: 'rank', direction: 'ASC' }, first: 100 } as const
  return { page: await store.page(items, query), entries, checkpoint: await store.checkpoint() }
}

function expected(documents: readonly Item[], { filter, orderBy }: Pick<PageQuery, 'filter' | 'orderBy'>): Item[] {
  const newest = new Map(documents.map((document) => [document.id, document]))
  return inOrder(
    [...newest.values()].filter((document) => filter.every((condition) => holds(document, condition))),
    orderBy,
  )
}

function inOrder(documents: readonly Item[], { field, direction }: PageQuery['orderBy']): Item[] {
  const at = (document: Item) => document[field as 'createdAt' | 'rank']
  const ascending = (a: Item, b: Item) => compare(at(a), at(b)) || compare(a.id, b.id)
  return documents.toSorted((a, b) => (direction === 'ASC' ? ascending(a, b) : ascending(b, a)))
}

/** Texts by code point, the order of their UTF-8. */
function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}

function holds(document: Item, condition: Condition): boolean {
  const value = document[condition.field as keyof Item]
  if (value === undefined) return false
  const elements = Array.isArray(value) ? value : [value]
  if ('oneOf' in condition) return elements.some((element) => condition.oneOf.includes(element))
  if ('startsWith' in condition) return elements.some((element) => String(element).startsWith(condition.startsWith))
  const { gte, gt, lte, lt } = condition.range
  return elements.every(
    (element) =>
      (gte === undefined || compare(element, gte) >= 0) &&
      (gt === undefined || compare(element, gt) > 0) &&
      (lte === undefined || compare(element, lte) <= 0) &&
      (lt === undefined || compare(element, lt) < 0),
  )
}

function isWanted(entry: HistoryEntry, query: HistoryQuery): boolean {
  const { gte, gt, lte, lt } = query.recordedAt ?? {}
  const at = entry.recordedAt
  return [
    query.after === undefined || entry.position > query.after,
    query.topic === undefined || entry.topics.includes(query.topic),
    query.stream === undefined || entry.stream === query.stream,
    query.typeIn === undefined || query.typeIn.includes(entry.type),
    query.commandId === undefined || entry.metadata.commandId === query.commandId,
    query.correlationId === undefined || entry.metadata.correlationId === query.correlationId,
    gte === undefined || at >= String(gte),
    gt === undefined || at > String(gt),
    lte === undefined || at <= String(lte),
    lt === undefined || at < String(lt),
  ].every(Boolean)
}

// Few distinct values, so that conditions meet documents and values repeat.
const someText = fc.constantFrom('a', 'ab', 'abc', 'b', 'ä', '日本', '"', '\\', 'a\n', '🙂', '\ue000')
const someNumber = fc.constantFrom(-3, 0, 0.5, 1, 2, 9_007_199_254_740_991)
const someTime = fc.integer({ min: 0, max: 5 }).map(time)
const someOrder: fc.Arbitrary<PageQuery['orderBy']> = fc.record({
  field: fc.constantFrom('createdAt', 'rank'),
  direction: fc.constantFrom('ASC', 'DESC'),
})

function someItems(maxLength: number): fc.Arbitrary<Item[]> {
  const optional = {
    group: someText,
    colour: someText,
    amount: someNumber,
    tags: fc.array(someText, { maxLength: 3 }),
    words: fc.array(someText, { maxLength: 3 }),
  }
  const always = {
    id: fc.constantFrom(...range(60).map((index) => `tra_${index}`), 'tra_🙂', 'tra_\ue000'),
    createdAt: someTime,
    rank: someNumber,
  }
  const one = fc.record({ ...always, ...optional }, { requiredKeys: ['id', 'createdAt', 'rank'] })
  return fc
    .uniqueArray(one, { maxLength, selector: ({ id }) => id })
    .map((documents) => documents.map(({ id, ...fields }) => item(id, fields as Partial<Item>)))
}

function someRange(bound: fc.Arbitrary<string | number>): fc.Arbitrary<Range> {
  return fc.record({ gte: bound, gt: bound, lte: bound, lt: bound }, { requiredKeys: [] })
}

function conditionsOf(
  text: fc.Arbitrary<string>,
  number: fc.Arbitrary<number>,
  at: fc.Arbitrary<string>,
): fc.Arbitrary<Condition> {
  const oneOf = fc.array(text, { maxLength: 3 })
  return fc.oneof(
    fc.record({ field: fc.constantFrom('group', 'colour', 'tags'), oneOf }),
    fc.record({
      field: fc.constantFrom('amount', 'rank'),
      range: someRange(fc.oneof(number, fc.constantFrom(Infinity, -Infinity))),
    }),
    fc.record({ field: fc.constant('createdAt'), range: someRange(at) }),
    fc.record({ field: fc.constant('words'), startsWith: fc.oneof(text, fc.constant('')) }),
  )
}

const someQuery: fc.Arbitrary<PageQuery> = fc.record({
  filter: fc.array(conditionsOf(someText, someNumber, someTime), { maxLength: 3 }),
  orderBy: someOrder,
  first: fc.integer({ min: 1, max: 10 }),
})

const conditionOnMany = conditionsOf(
  fc.constantFrom('even', 'odd', 'rare', 'red', 'blue', 't0', 't1', 't77', 'acorn', 'b', 'w', 'w1', 'w888'),
  fc.integer({ min: 0, max: 1_000 }),
  fc.integer({ min: 0, max: 1_700 }).map(time),
)

const someEntries: fc.Arbitrary<HistoryEntry[]> = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 3 }),
      minutes: fc.integer({ min: 0, max: 20 }),
      type: fc.constantFrom('TransferApproved' as const, 'TransferPaid' as const),
      order: fc.integer({ min: 0, max: 3 }),
      topics: fc.uniqueArray(fc.constantFrom('transfers/a', 'transfers/b', 'accounts/ä"'), { maxLength: 3 }),
      commandId: fc.option(fc.constantFrom('c1', 'c2', 'c"\n3'), { nil: undefined }),
      correlationId: fc.option(fc.constantFrom('r1', 'r2'), { nil: undefined }),
    }),
    { maxLength: 150 },
  )
  .map((facts) => {
    let position = 0
    return facts.map(({ gap, minutes, type, order, topics, commandId, correlationId }): HistoryEntry => {
      position += gap
      return {
        ...entry(position, type),
        stream: `transfer-tra_${order}`,
        // Clocks may jump: times follow the log only roughly.
        recordedAt: time(position + minutes),
        topics,
        metadata: { schemaVersion: 1, ...(commandId && { commandId }), ...(correlationId && { correlationId }) },
      }
    })
  })

const someHistoryQuery: fc.Arbitrary<HistoryQuery> = fc.record(
  {
    topic: fc.constantFrom('transfers/a', 'accounts/ä"', 'transfers/x'),
    stream: fc.constantFrom('transfer-tra_0', 'transfer-tra_1', 'transfer-tra_x'),
    typeIn: fc.subarray(['TransferApproved', 'TransferPaid', 'TransferShipped']),
    recordedAt: someRange(fc.integer({ min: 0, max: 300 }).map(time)),
    commandId: fc.constantFrom('c1', 'c"\n3', 'cx'),
    correlationId: fc.constantFrom('r1', 'rx'),
    after: fc.integer({ min: 0, max: 300 }),
    first: fc.integer({ min: 1, max: 40 }),
  },
  { requiredKeys: ['first'] },
)
