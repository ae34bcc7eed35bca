import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Projection, ViewDocument } from '../../../../../kernel/projecting/projection.ts'
import { createBroken, markBroken } from '../../../../../kernel/projecting/store/sqlite/broken.ts'
import { type Connection, connect } from '../../../../../kernel/projecting/store/sqlite/connection.ts'
import { createTable, tableOf, writeDocument } from '../../../../../kernel/projecting/store/sqlite/documents.ts'
import { countStatement, pageStatement } from '../../../../../kernel/projecting/store/sqlite/pages.ts'
import { openSqliteViewStore } from '../../../../../kernel/projecting/store/sqlite/sqlite-view-store.ts'
import { describeViewStore, items } from '../../../../../kernel/projecting/store/view-store.contract.ts'
import type { Condition } from '../../../../../kernel/projecting/store/view-store.ts'
import { customers } from '../../../../../query/views/customers.ts'
import { orders } from '../../../../../query/views/orders.ts'
import { products } from '../../../../../query/views/products.ts'

const makeDirectory = () => mkdtemp(join(tmpdir(), 'creditline-views-'))

describeViewStore('the SQLite view store', async () => {
  const directory = await makeDirectory()
  return {
    open: (options) => openSqliteViewStore({ file: join(directory, 'views.db'), ...options }),
    remove: () => rm(directory, { recursive: true }),
  }
})

describe('the file of the SQLite view store', () => {
  let directory: string
  let file: string
  beforeAll(async () => {
    directory = await makeDirectory()
    file = join(directory, 'views.db')
  })
  afterAll(() => rm(directory, { recursive: true }))

  test('can be open twice: what one writes, the other reads', async () => {
    const options = { file, logId: 'log0log0log0', schemaVersion: 1, projections: [items] }
    const [writer, reader] = [await openSqliteViewStore(options), await openSqliteViewStore(options)]
    const document = { id: 'ord_1', position: 4, createdAt: 'today', updatedAt: 'today', rank: 1 }
    const documents = [{ view: items.name, documents: [document] }]
    await writer.write({ documents, broken: [], mended: [], history: [], checkpoint: 4 })
    expect(await reader.get(items, ['ord_1'])).toEqual([document])
    expect(await reader.checkpoint()).toBe(4)
    await writer.close()
    await reader.close()
  })

  test('is named, with what to do, when its views belong to another log', async () => {
    const opening = openSqliteViewStore({ file, logId: 'another0log0', schemaVersion: 1, projections: [items] })
    await expect(opening).rejects.toThrow(`The views in ${file} were folded from the log log0log0log0`)
    await expect(opening).rejects.toThrow('Put the log back')
  })
})

describe('the SQLite view store answers pages from indexes', () => {
  const MANY = 2_500
  const at = (index: number) => new Date(Date.UTC(2026, 0, 1) + index).toISOString()
  const common = (id: string, index: number) => ({ id, position: 1, createdAt: at(index), updatedAt: at(index) })
  const tables = { customers: tableOf(customers), orders: tableOf(orders), products: tableOf(products) }
  let directory: string
  let connection: Connection

  // Conditions match many documents, lest the few that match are sorted; only cus_few and prd_few have few.
  beforeAll(async () => {
    directory = await makeDirectory()
    connection = await connect(join(directory, 'views.db'))
    const write = (table: keyof typeof tables, id: string, index: number, fields: object) =>
      writeDocument(connection, tables[table], { ...common(id, index), ...fields })
    connection.writing(() => {
      createBroken(connection)
      for (const table of Object.values(tables)) createTable(connection, table)
      for (let index = 0; index < MANY; index++) {
        const few = index % 500 === 0
        write('orders', `ord_${index}`, index, {
          customerId: few ? 'cus_few' : 'cus_1',
          productIds: few ? ['prd_few', 'prd_1'] : ['prd_1'],
          status: index % 2 === 0 ? 'SHIPPED' : 'PENDING',
          total: index,
          placedAt: at(MANY - index),
        })
        write('customers', `cus_${index}`, index, { words: ['acme'], creditLimit: index, largestShippedTotal: index })
        write('products', `prd_${index}`, index, { words: ['acme'], available: index })
      }
    })
  })
  afterAll(async () => {
    connection.close()
    await rm(directory, { recursive: true })
  })

  const planOf = ({ text, values }: ReturnType<typeof pageStatement>) =>
    connection.all({ text: `EXPLAIN QUERY PLAN ${text}`, values }).map((row) => String(row[3]))

  /** The plans of the first page and of one in the middle, in both directions. */
  function plans(view: keyof typeof tables, field: string, filter: readonly Condition[]): string[][] {
    const after = { value: field === 'total' ? MANY / 2 : at(MANY / 2), id: 'x' }
    return (['ASC', 'DESC'] as const).flatMap((direction) =>
      [undefined, after].map((cursor) =>
        planOf(pageStatement(connection, tables[view], { filter, orderBy: { field, direction } }, cursor, 21)),
      ),
    )
  }

  function expectIndexesOnly(plan: readonly string[]): void {
    expect(
      plan
        .filter((step) => /^(SCAN|SEARCH)/.test(step))
        .every((step) => / USING (INDEX|PRIMARY KEY|COVERING)/.test(step)),
    ).toBe(true)
    expect(plan.filter((step) => step.includes('TEMP B-TREE'))).toEqual([])
  }

  test('recentValuableCustomers walks one index, bounded by the instant, from the cursor on', () => {
    const filter = [
      { field: 'createdAt', range: { gt: at(0) } },
      { field: 'largestShippedTotal', range: { gt: 100_000_00 } },
    ]
    expect(plans('customers', 'createdAt', filter)).toEqual([
      [`SEARCH t USING INDEX customers_v${customers.version}_by_createdAt (field_createdAt>?)`],
      [`SEARCH t USING INDEX customers_v${customers.version}_by_createdAt ((field_createdAt,id)>(?,?))`],
      [`SEARCH t USING INDEX customers_v${customers.version}_by_createdAt (field_createdAt>?)`],
      [
        `SEARCH t USING INDEX customers_v${customers.version}_by_createdAt (field_createdAt>? AND (field_createdAt,id)<(?,?))`,
      ],
    ])
  })

  const orderFilters: Condition[] = [
    { field: 'customerId', oneOf: ['cus_1'] },
    { field: 'status', oneOf: ['PENDING', 'SHIPPED'] },
    { field: 'productIds', oneOf: ['prd_1'] },
    { field: 'total', range: { gte: 0 } },
    { field: 'placedAt', range: { gte: at(0) } },
    { field: 'createdAt', range: { gte: at(0) } },
  ]
  const otherFilters: Condition[] = [
    { field: 'words', startsWith: 'ac' },
    { field: 'createdAt', range: { lt: at(MANY) } },
  ]
  const views: [keyof typeof tables, Projection<ViewDocument>, Condition[]][] = [
    ['orders', orders, orderFilters],
    ['customers', customers, [...otherFilters, { field: 'creditLimit', range: { gte: 0 } }]],
    ['products', products, [...otherFilters, { field: 'available', range: { lt: MANY } }]],
  ]
  for (const [view, { orderedBy }, conditions] of views) {
    test.each(Object.keys(orderedBy))(`${view} by %s, with any filter, need no sorting`, (field) => {
      for (const filter of subsets(conditions)) for (const plan of plans(view, field, filter)) expectIndexesOnly(plan)
    })
  }

  test('pages that leave out broken documents need no sorting either', () => {
    const mark = { view: 'orders', id: 'ord_1' } as const
    const before = plans('orders', 'createdAt', [])
    markBroken(connection, { broken: [{ ...mark, error: 'the fold threw' }], mended: [] })
    try {
      for (const filter of subsets(orderFilters)) plans('orders', 'createdAt', filter).forEach(expectIndexesOnly)
      expect(plans('orders', 'createdAt', [])).not.toEqual(before)
    } finally {
      markBroken(connection, { broken: [], mended: [mark] })
    }
    expect(plans('orders', 'createdAt', [])).toEqual(before)
  })

  test('the orders of a customer come from the index of the customer, in the usual order', () => {
    for (const plan of plans('orders', 'createdAt', [{ field: 'customerId', oneOf: ['cus_1'] }])) {
      expect(plan).toEqual([
        expect.stringContaining(`SEARCH t USING INDEX orders_v${orders.version}_of_customerId (field_customerId=?`),
      ])
    }
  })

  test('several states are walked side by side', () => {
    for (const plan of plans('orders', 'createdAt', [{ field: 'status', oneOf: ['PENDING', 'SHIPPED'] }])) {
      expect(plan[0]).toBe('MERGE (UNION ALL)')
    }
  })

  test('few documents are found by what they have, and sorted, instead of being looked for along the order', () => {
    const few: [Condition, string][] = [
      [
        { field: 'customerId', oneOf: ['cus_few'] },
        `SEARCH t USING INDEX orders_v${orders.version}_of_customerId (field_customerId=?)`,
      ],
      [{ field: 'productIds', oneOf: ['prd_few'] }, 'SEARCH s USING PRIMARY KEY (value=?)'],
    ]
    for (const [condition, step] of few) {
      const filter = [condition, { field: 'status', oneOf: ['PENDING', 'SHIPPED'] }]
      for (const plan of plans('orders', 'total', filter)) expect(plan).toContain(step)
      expect(planOf(countStatement(connection, tables.orders, filter, 100))).toContain(step)
    }
  })
})

function subsets<Element>(of: readonly Element[]): Element[][] {
  return of.reduce<Element[][]>((all, element) => all.concat(all.map((subset) => [...subset, element])), [[]])
}
