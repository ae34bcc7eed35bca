import { randomBytes } from 'node:crypto'
import { type Db, type Document, type Filter, MongoClient } from 'mongodb'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Position, START } from '../../../store/position.ts'
import type { Projection, ViewDocument } from '../../projection.ts'
import { describeViewStore, items } from '../view-store.contract.ts'
import type { Condition, FoldedBatch, HistoryEntry, ViewStore } from '../view-store.ts'
import { DocumentBroken } from '../view-store.ts'
import { openMongoViewStore } from './mongodb-view-store.ts'
import { givenPrimary } from './primary.given.ts'
import { matching, matchingAfter } from './queries.ts'
import type { StoredDocument } from './stored.ts'

const { MONGODB_URL } = process.env
const LOG = 'log0log0log0'
const order = { field: 'createdAt', direction: 'ASC' } as const

describe('a MongoDB that cannot be used', () => {
  test('is named without its user and password', async () => {
    const url = 'mongodb://alice:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=100'
    const opening = openMongoViewStore({ url, logId: LOG, schemaVersion: 1, projections: [items] })
    await expect(opening).rejects.toThrow('MongoDB at 127.0.0.1:1 (MONGODB_URL) cannot be used: ')
    await expect(opening).rejects.not.toThrow(/alice|s3cret/)
  })

  test.each([
    'http://alice:s3cret@127.0.0.1',
    'mongodb://alice:s3cret@',
    'mongodb://alice:s3cret@h/?w=majority&nosuch=1',
  ])('has a URL that is no connection string: %s', async (url) => {
    const opening = openMongoViewStore({ url, logId: LOG, schemaVersion: 1, projections: [items] })
    await expect(opening).rejects.toThrow('MONGODB_URL is not a connection string such as mongodb://127.0.0.1:27017')
    await expect(opening).rejects.not.toThrow(/alice|s3cret/)
  })
})

test.each(['admin', 'config', 'local'])(
  '%s cannot be the namespace: it is a database of the server',
  async (namespace) => {
    const opening = openMongoViewStore({
      url: 'mongodb://127.0.0.1:1',
      namespace,
      logId: LOG,
      schemaVersion: 1,
      projections: [items],
    })
    await expect(opening).rejects.toThrow(`NAMESPACE cannot be ${namespace}`)
  },
)

describe('a replica set', () => {
  async function openAt(options: string, outcome?: Parameters<typeof givenPrimary>[1]) {
    const primary = await givenPrimary([{ _id: 'any', logId: LOG, checkpoint: 0, marked: 0, position: 0 }], outcome)
    const store = await openMongoViewStore({
      url: `${primary.url}/?${options}`,
      logId: LOG,
      schemaVersion: 1,
      projections: [items],
    })
    onTestFinished(async () => {
      await store.close()
      await primary.close()
    })
    return { primary, store }
  }

  test('reads and writes by majority and journal, for every URL', async () => {
    const { primary, store } = await openAt('w=1&journal=false&readConcernLevel=local&readPreference=secondary')
    await store.write({ ...batch(1, [document('tra_1', 1)]), history: [historyEntry(1)] })
    await store.page(items, { filter: [], orderBy: order, first: 1 })

    const concerns = primary.commands.map((command) => ('find' in command ? command.readConcern : command.writeConcern))
    expect(new Set(primary.commands.map((command) => Object.keys(command)[0]))).toEqual(
      new Set(['insert', 'find', 'update']),
    )
    for (const concern of concerns) {
      expect([{ w: 'majority', j: true }, expect.objectContaining({ level: 'majority' })]).toContainEqual(concern)
    }
  })

  test('moves the checkpoint when documents and history are written, and writes nothing before it knows whose views they are', async () => {
    const { primary, store } = await openAt('')
    const before = primary.commands.length
    await store.write({ ...batch(1, [document('tra_1', 1)]), history: [historyEntry(1)] })
    const steps = primary.commands.slice(before).map((command) => {
      const [verb = '', collection] = Object.entries(command)[0] ?? []
      return `${verb} ${String(collection).split('_')[0]}`
    })
    expect(steps[0]).toBe('find views')
    expect(steps.slice(1, -1).toSorted()).toEqual(['insert history', 'update transfers'])
    expect(steps.at(-1)).toBe('update views')
  })

  const isThere = { n: 0, nModified: 0, writeErrors: [{ index: 0, code: 11_000, errmsg: 'E11000 duplicate key' }] }
  const unconfirmed = { writeConcernError: { code: 64, codeName: 'WriteConcernFailed', errmsg: 'not replicated' } }
  test.each([
    ['a write', 'transfers_', unconfirmed],
    ['a document that is there already', 'transfers_', { ...isThere, ...unconfirmed }],
    ['history', 'history_', unconfirmed],
  ])('fails a batch when a majority does not confirm %s', async (_, collection, outcome) => {
    const isOf = ({ update, insert }: Record<string, unknown>) => String(update ?? insert).startsWith(collection)
    const { primary, store } = await openAt('', (command) => (isOf(command) ? outcome : {}))
    const written = store.write({ ...batch(1, [document('tra_1', 1)]), history: [historyEntry(1)] })
    await expect(written).rejects.toThrow('not replicated')
    expect(primary.commands.filter(({ update }) => update === 'views')).toEqual([])
  })

  test('shows earlier writes, also when a new primary answers', async () => {
    const { primary, store } = await openAt('')
    await store.write(batch(1, [document('tra_1', 1)]))
    const before = primary.commands.length
    await store.get(items, ['tra_1'])
    const reads = primary.commands.slice(before)
    expect(reads.length).toBeGreaterThan(0)
    for (const { readConcern } of reads) {
      const { afterClusterTime } = readConcern as { afterClusterTime: ReturnType<typeof primary.written> }
      expect(afterClusterTime.greaterThanOrEqual(primary.written())).toBe(true)
    }
  })
})

if (MONGODB_URL === undefined) {
  test.skip('the MongoDB view store: set MONGODB_URL to test it against a server', () => {})
} else {
  const isFerretDB = await withDatabase(MONGODB_URL, 'admin', async (database) => {
    const info = await database.command({ buildInfo: 1 })
    return Object.keys(info).some((name) => name.startsWith('ferretdb'))
  })
  // Each place has new collections and indexes.
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
  describeViewStore('the MongoDB view store', () => makePlace(MONGODB_URL), { readsEverything: isFerretDB })
  describeDatabase(MONGODB_URL, isFerretDB)
}

function describeDatabase(url: string, isFerretDB: boolean): void {
  const testPlace = (sentence: string, work: (place: Awaited<ReturnType<typeof makePlace>>) => Promise<void>) =>
    test(sentence, async () => {
      const place = await makePlace(url)
      try {
        await work(place)
      } finally {
        await place.remove()
      }
    })

  describe('the MongoDB database', () => {
    testPlace('keeps the newer of two documents that writers insert at the same moment', async (place) => {
      const [one, other] = [await place.open(), await place.open()]
      const ids = Array.from({ length: 20 }, (_, index) => `tra_${index}`)
      for (const id of ids) {
        await Promise.all([one.write(batch(1, [document(id, 1)])), other.write(batch(2, [document(id, 2)]))])
      }
      expect(await one.get(items, ids)).toEqual(ids.map((id) => document(id, 2)))
      await Promise.all([one.close(), other.close()])
    })

    testPlace('can be made by several processes that start at once', async (place) => {
      const stores = await Promise.all(Array.from({ length: 4 }, () => place.open()))
      for (const store of stores) expect(await store.checkpoint()).toBe(0)
      await stores[0]?.write(batch(2, [document('tra_1', 2)]))
      for (const store of stores) expect(await store.get(items, ['tra_1'])).toEqual([document('tra_1', 2)])
      for (const store of stores) await store.close()
    })

    testPlace('shows at least what an answer claims, while batches are written and documents break', async (place) => {
      const [writer, reader] = [await place.open(), await place.open()]
      await writer.write({ ...batch(1, [document('tra_1', 1)]), history: [historyEntry(1)] })
      const writing = writeAndBreak(writer, 60)
      let isWritten = false
      const done = writing.finally(() => {
        isWritten = true
      })
      while (!isWritten) {
        const known = await reader.checkpoint()
        const [byId] = await unlessBroken(reader.get(items, ['tra_1']))
        if (byId) expect(byId.position).toBeGreaterThanOrEqual(known)
        const { items: found, asOf } = await reader.page(items, { filter: [], orderBy: order, first: 10 })
        for (const { item } of found) expect(item.position).toBeGreaterThanOrEqual(asOf)
        const history = await reader.history({ first: 1_000 })
        expect(history.entries.map(({ position }) => position)).toEqual(upTo(history.asOf))
      }
      await done
      await Promise.all([writer.close(), reader.close()])
    })

    testPlace('gives numbers back exactly', async (place) => {
      const store = await place.open()
      const numbers = [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 31, -(2 ** 31) - 1, 0.1, 1e300, 0]
      const documents = numbers.map((rank, index) => ({
        ...document(`tra_${index}`, 2 ** 40),
        rank,
        nested: [{ rank }],
      }))
      const entry = historyEntry(2 ** 52, Number.MAX_SAFE_INTEGER)
      await store.write({ ...batch(2 ** 52, documents), history: [entry] })
      expect(
        await store.get(
          items,
          documents.map(({ id }) => id),
        ),
      ).toEqual(documents)
      expect(await store.history({ first: 1 })).toEqual({ entries: [entry], hasNextPage: false, asOf: 2 ** 52 })
      await store.close()
    })

    testPlace('finds a prefix whatever characters it has', async (place) => {
      const store = await place.open()
      const words = Array.from({ length: 128 }, (_, code) => `x${String.fromCharCode(code)}y`)
      await store.write(
        batch(
          1,
          words.map((word, code) => ({ ...document(`tra_${code}`, 1), words: ['w', word] })),
        ),
      )
      for (const [code, word] of words.entries()) {
        const filter = [{ field: 'words', startsWith: word }]
        const { items: found } = await store.page(items, { filter, orderBy: order, first: 2 })
        expect(found.map(({ item }) => item.id)).toEqual([`tra_${code}`])
      }
      await store.close()
    })

    testPlace('has the views of two releases beside each other, each with its checkpoint', async (place) => {
      const next = { ...items, version: 2 }
      const [old, fresh] = [await place.open(), await place.open({ projections: [next] })]
      await old.write(batch(7, [document('tra_1', 7)]))
      await fresh.write(batch(3, [document('tra_1', 3)]))
      expect([await old.checkpoint(), await fresh.checkpoint()]).toEqual([7, 3])
      expect(await old.get(items, ['tra_1'])).toEqual([document('tra_1', 7)])
      expect(await fresh.get(next, ['tra_1'])).toEqual([document('tra_1', 3)])
      await Promise.all([old.close(), fresh.close()])
    })

    testPlace('is named, with what to do, when its views belong to another log', async (place) => {
      await (await place.open()).close()
      const opening = place.open({ logId: 'another0log0' })
      await expect(opening).rejects.toThrow(`The views in the MongoDB database ${place.namespace} at `)
      await expect(opening).rejects.toThrow('with --rebuild-views, and they are built anew from it. Or set NAMESPACE')
    })

    testPlace('is rebuilt when that is asked for; who has the former views open finds them gone', async (place) => {
      const next = { ...items, version: 2 }
      const [former, other] = [await place.open(), await place.open({ projections: [next] })]
      for (const store of [former, other]) await store.write(batch(7, [document('tra_1', 7)]))
      const anew = await place.open({ anew: true })
      expect([await anew.checkpoint(), await other.checkpoint()]).toEqual([START, 7])
      expect(await anew.get(items, ['tra_1'])).toEqual([undefined])
      await expect(former.write(batch(8, []))).rejects.toThrow('are gone')
      await expect(former.checkpoint()).rejects.toThrow('are gone')

      const ofAnother = await place.open({ logId: 'another0log0', anew: true })
      await ofAnother.write(batch(2, []))
      await expect(other.checkpoint()).rejects.toThrow('are gone')
      await Promise.all([former, other, anew, ofAnother].map((store) => store.close()))
    })

    testPlace('fails reads and writes when somebody has deleted it', async (place) => {
      const store = await place.open()
      await store.write(batch(5, [document('tra_1', 5)]))
      await place.remove()
      const calls = [
        () => store.checkpoint(),
        () => store.get(items, ['tra_1']),
        () => store.write({ ...batch(6, [document('tra_1', 6)]), history: [historyEntry(6)] }),
      ]
      for (const call of calls) await expect(call).rejects.toThrow('are gone. They are built anew.')
      expect(await withDatabase(url, place.namespace, (database) => database.listCollections().toArray())).toEqual([])
      await store.close()
    })
  })

  const orders: [string, Condition[]][] = [
    ['everything', []],
    ['one value', [{ field: 'group', oneOf: ['even'] }]],
    ['several values', [{ field: 'group', oneOf: ['even', 'odd'] }]],
    ['an element of a list', [{ field: 'tags', oneOf: ['t1'] }]],
    ['a range', [{ field: 'amount', range: { gte: 100 } }]],
  ]
  const many = Array.from({ length: 500 }, (_, index) => ({
    ...document(`tra_${index}`, 1),
    createdAt: new Date(index).toISOString(),
    group: index % 2 === 0 ? 'even' : 'odd',
    amount: index,
    tags: [`t${index % 2}`],
  }))
  /** The server's plan for pages of many documents; the name of their collection is the adapter's own. */
  async function explained(
    { open, namespace }: Awaited<ReturnType<typeof makePlace>>,
    filters: Filter<StoredDocument>[],
  ): Promise<Document[]> {
    const store = await open()
    await store.write(batch(1, many))
    await store.close()
    return withDatabase(url, namespace, async (database) => {
      const names = (await database.listCollections().toArray()).map(({ name }) => name)
      const collection = database.collection<StoredDocument>(
        names.find((name) => name.startsWith(`transfers_v${items.version}_`)) ?? '',
      )
      const pages = filters.map((filter) => collection.find(filter, { sort: { createdAt: 1, _id: 1 }, limit: 21 }))
      return Promise.all(pages.map((page) => page.explain('executionStats')))
    })
  }
  const leftOut = isFerretDB ? ', left out: FerretDB does not explain which index it takes' : ''
  describe.skipIf(isFerretDB)(`pages on MongoDB are walks along an index, without sorting${leftOut}`, () => {
    for (const [what, filter] of orders) {
      testPlace(`filtered by ${what}, from the start and from a cursor`, async (place) => {
        const after = { value: new Date(250).toISOString(), id: 'tra_250' }
        const filters = [matching(items, filter), matchingAfter(items, { filter, orderBy: order }, after)]
        for (const { queryPlanner } of await explained(place, filters)) {
          const plan = JSON.stringify(queryPlanner.winningPlan)
          const stages = [...plan.matchAll(/"stage":"(\w+)"/g)].map(([, stage]) => stage)
          expect(stages).toContain('IXSCAN')
          expect(stages).not.toContain('SORT')
          expect(stages).not.toContain('COLLSCAN')
        }
      })
    }

    testPlace('filtered by a range, and read no other documents than they show', async (place) => {
      const rare = matching(items, [{ field: 'amount', range: { gte: 495 } }])
      const [{ executionStats } = {}] = await explained(place, [rare])
      expect(executionStats).toMatchObject({ nReturned: 5, totalDocsExamined: 5 })
    })
  })
}

/** A separate database for each place, so that tests can be run again on the same server. */
async function makePlace(url: string) {
  const namespace = `creditline_test_${randomBytes(6).toString('hex')}`
  return {
    namespace,
    open: (options: { logId?: string; projections?: readonly Projection<ViewDocument>[]; anew?: boolean } = {}) =>
      openMongoViewStore({ url, namespace, logId: LOG, schemaVersion: 1, projections: [items], ...options }),
    async remove() {
      await withDatabase(url, namespace, (database) => database.dropDatabase())
    },
  }
}

async function withDatabase<Result>(url: string, name: string, work: (database: Db) => Promise<Result>) {
  const client = await MongoClient.connect(url)
  try {
    return await work(client.db(name))
  } finally {
    await client.close()
  }
}

/**
 * At every position from 2 to `last` the document changes, or breaks; a broken document is mended at the same
 * checkpoint.
 */
async function writeAndBreak(store: ViewStore, last: Position): Promise<void> {
  const mark = { view: items.name, id: 'tra_1' }
  for (let position = 2; position <= last; position++) {
    const history = [historyEntry(position)]
    if (position % 3 !== 0) {
      await store.write({ ...batch(position, [document('tra_1', position)]), history })
      continue
    }
    await store.write({ ...batch(position, []), broken: [{ ...mark, error: 'no such field' }], history })
    await store.write({ ...batch(position, [document('tra_1', position)]), mended: [mark] })
  }
}

function unlessBroken<Answer>(reading: Promise<Answer[]>): Promise<Answer[]> {
  return reading.catch((error) => {
    if (error instanceof DocumentBroken) return []
    throw error
  })
}

const upTo = (position: Position) => Array.from({ length: position }, (_, index) => index + 1)

function document(id: string, position: Position) {
  const at = new Date(Date.UTC(2026, 0, 1)).toISOString()
  return { id, position, createdAt: at, updatedAt: at, rank: 0 }
}

function batch(checkpoint: Position, documents: readonly ViewDocument[]): FoldedBatch {
  return { documents: [{ view: items.name, documents }], broken: [], mended: [], history: [], checkpoint }
}

function historyEntry(position: Position, total = 1): HistoryEntry {
  return {
    id: `event-${position}`,
    type: 'TransferApproved',
    data: { transferId: 'tra_1', accountId: 'acc_1', total },
    metadata: { schemaVersion: 1 },
    stream: 'transfer-tra_1',
    revision: position,
    position,
    recordedAt: new Date(position).toISOString(),
    topics: ['transfers/tra_1'],
  }
}
