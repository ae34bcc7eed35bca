import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openFeed } from '../../kernel/projecting/feed/feed.ts'
import type { Payload } from '../../schema/payload.ts'
import { type Reads, readsOn } from '../context.ts'
import { openTestViews, type TestViews, testLogId } from '../test-views.given.ts'
import {
  creditLimitChanged,
  creditReserved,
  customerRegistered,
  orderApproved,
  orderPlaced,
  orderShipped,
  priceChanged,
  productAdded,
  stockReceived,
} from '../views/given.ts'
import { executor } from './execute.given.ts'

const position = (number: number) => `${testLogId}-${number}`
const lines = [
  { productId: 'prd_1', quantity: 1, unitPrice: 100 },
  { productId: 'prd_2', quantity: 2, unitPrice: 100 },
  { productId: 'prd_gone', quantity: 2, unitPrice: 100 },
]

let desk: TestViews
let reads: Reads
let run: ReturnType<typeof executor>['run']

/** Two customers, two products, and orders ord_1 to ord_5 of which the first is shipped. */
beforeAll(async () => {
  desk = await openTestViews()
  await desk.append(
    customerRegistered({ name: 'Acme Tools' }),
    customerRegistered({ customerId: 'cus_2', name: 'Zäh & Söhne Toolmakers', creditLimit: 1_000 }),
    productAdded({ name: 'Claw Hammer' }),
    productAdded({ productId: 'prd_2', name: 'Ball Hammer' }),
    stockReceived({ quantity: 7 }),
    orderPlaced({ total: 20_000_000, lines }),
    creditReserved({ amount: 20_000_000 }),
    orderApproved({ total: 20_000_000 }),
    orderShipped({ total: 20_000_000 }),
    ...[2, 3, 4, 5].map((n) =>
      orderPlaced({
        orderId: `ord_${n}`,
        customerId: 'cus_2',
        total: 100 * (n % 3),
        lines: [],
        ...(n === 4 && { placedAt: '2025-12-31T23:59:59.000Z' }),
      }),
    ),
  )
  const feed = await openFeed({ views: desk.views, log: { info() {}, warn() {} } })
  reads = readsOn({ views: desk.views, feed, logEnd: desk.views.checkpoint, currency: 'EUR', version: '1.2.3' })
  run = executor(reads).run
})

afterAll(async () => {
  await reads.feed.close()
  await desk.close()
})

describe('one by its id', () => {
  test('a customer is shown with what is left of the credit, never less than nothing', async () => {
    const { data } = await run(`{
      customer(id: "cus_1") {
        id name creditLimit reservedCredit availableCredit version position createdAt updatedAt
        recentOrders { orderId status total placedAt }
      }
    }`)
    expect(data.customer).toEqual({
      id: 'cus_1',
      name: 'Acme Tools',
      creditLimit: '2000.00',
      reservedCredit: '200000.00',
      availableCredit: '0.00',
      version: 2,
      position: position(9),
      createdAt: '2026-01-01T00:00:01.000Z',
      updatedAt: '2026-01-01T00:00:09.000Z',
      recentOrders: [{ orderId: 'ord_1', status: 'SHIPPED', total: '200000.00', placedAt: '2026-01-01T00:00:06.000Z' }],
    })
  })

  test('an order is shown with its customer, its products, and how its placement is doing', async () => {
    const { data } = await run(`{
      order(id: "ord_1") {
        status customer { name } lines { productId product { name } quantity unitPrice } rejectionReason
        placement { state startedAt endedAt steps(first: 2) { nodes { name state } edges { cursor } pageInfo { hasNextPage endCursor } } }
      }
    }`)
    expect(data.order).toMatchObject({
      status: 'SHIPPED',
      customer: { name: 'Acme Tools' },
      rejectionReason: null,
      lines: [
        { product: { name: 'Claw Hammer' }, unitPrice: '1.00' },
        { product: { name: 'Ball Hammer' }, quantity: 2 },
        { productId: 'prd_gone', product: null },
      ],
      placement: {
        state: 'APPROVED',
        endedAt: null,
        steps: {
          nodes: [
            { name: 'credit', state: 'DONE' },
            { name: 'stock prd_1', state: 'REQUESTED' },
          ],
          pageInfo: { hasNextPage: true },
        },
      },
    })
    const { endCursor } = data.order.placement.steps.pageInfo
    const rest = await run(
      'query ($after: String) { order(id: "ord_1") { placement { steps(after: $after) { nodes { name } pageInfo { hasNextPage hasPreviousPage } } } } }',
      { after: endCursor },
    )
    expect(rest.data.order.placement.steps).toEqual({
      nodes: [{ name: 'stock prd_2' }, { name: 'stock prd_gone' }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    })
  })

  test('anything is found by its id, with its own type', async () => {
    const { data } = await run(`{
      customer: node(id: "cus_1") { __typename id }
      order: node(id: "ord_2") { __typename ... on Order { total } }
      product: node(id: "prd_1") { __typename ... on Product { name inStock reserved available } }
      nobody: node(id: "cus_nobody") { id }
    }`)
    expect(data).toEqual({
      customer: { __typename: 'Customer', id: 'cus_1' },
      order: { __typename: 'Order', total: '2.00' },
      product: { __typename: 'Product', name: 'Claw Hammer', inStock: 7, reserved: 0, available: 7 },
      nobody: null,
    })
  })

  test.each([
    ['{ customer(id: "ord_1") { id } }', 'id must be cus_'],
    ['{ order(id: "") { id } }', 'id must be ord_'],
    ['{ product(id: "prd_%") { id } }', 'id must be prd_'],
    ['{ node(id: "1") { id } }', 'id must be cus_'],
    ['{ orders(filter: { customerId: "ord_1" }) { nodes { id } } }', 'filter.customerId must be cus_'],
    ['{ orders(filter: { productId: "ord_1" }) { nodes { id } } }', 'filter.productId must be prd_'],
  ])('%s is refused with the form of an id', async (source, message) => {
    const { errors } = await run(source)
    expect(errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test('documents that fifty fields ask for are read at once, each once', async () => {
    const get = vi.spyOn(desk.views, 'get')
    const { data } = await run('{ orders { nodes { customer { name } lines { product { name } } } } }')
    expect(data.orders.nodes).toHaveLength(5)
    expect(get.mock.calls.map(([view, ids]) => [view.name, ids])).toEqual([
      ['customers', ['cus_2', 'cus_1']],
      ['products', ['prd_1', 'prd_2', 'prd_gone']],
    ])
    get.mockRestore()
  })
})

describe('pages', () => {
  test('follow each other by their cursors, and say where they begin and end', async () => {
    const source = `query ($after: String) {
      orders(first: 2, after: $after) {
        nodes { id } edges { cursor node { id } } asOf
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`
    const seen: string[] = []
    let after: string | null = null
    for (const expected of [2, 2, 1]) {
      const { data } = await run(source, { after })
      const { nodes, edges, pageInfo, asOf } = data.orders
      expect(nodes).toHaveLength(expected)
      expect(edges.map((edge: { node: object }) => edge.node)).toEqual(nodes)
      expect(pageInfo).toEqual({
        hasNextPage: expected === 2,
        hasPreviousPage: after !== null,
        startCursor: edges[0].cursor,
        endCursor: edges.at(-1).cursor,
      })
      expect(asOf).toBe(position(13))
      seen.push(...nodes.map(({ id }: { id: string }) => id))
      after = pageInfo.endCursor
    }
    expect(seen).toEqual(['ord_5', 'ord_4', 'ord_3', 'ord_2', 'ord_1'])
  })

  test.each([
    ['orders(orderBy: { field: TOTAL, direction: ASC })', ['ord_3', 'ord_4', 'ord_2', 'ord_5', 'ord_1']],
    ['orders(orderBy: { field: PLACED_AT })', ['ord_5', 'ord_3', 'ord_2', 'ord_1', 'ord_4']],
    ['orders(orderBy: { field: PLACED_AT, direction: ASC })', ['ord_4', 'ord_1', 'ord_2', 'ord_3', 'ord_5']],
    ['orders(filter: { placedAt: { lt: "2026-01-01T00:00:00Z" } })', ['ord_4']],
    ['orders(filter: { placedAt: { gte: "2026-01-01T00:00:11Z" }, total: {} })', ['ord_5', 'ord_3']],
    ['orders(orderBy: { field: UPDATED_AT })', ['ord_5', 'ord_4', 'ord_3', 'ord_2', 'ord_1']],
    ['orders(filter: { customerId: "cus_1" })', ['ord_1']],
    ['orders(filter: { productId: "prd_2" })', ['ord_1']],
    ['orders(filter: { statusIn: [SHIPPED, PAID] })', ['ord_1']],
    ['orders(filter: { statusIn: [] })', []],
    ['orders(filter: { total: { gte: "1.00", lt: "200000.00" } })', ['ord_5', 'ord_4', 'ord_2']],
    ['orders(filter: { total: {}, createdAt: { gt: null } })', ['ord_5', 'ord_4', 'ord_3', 'ord_2', 'ord_1']],
    ['orders(filter: { customerId: "cus_1", total: { lt: null } })', ['ord_1']],
    ['orders(filter: { createdAt: { gt: "2026-01-01T00:00:11Z", lte: null } })', ['ord_5', 'ord_4']],
    ['orders(filter: { statusIn: [PENDING], total: { gt: "1.00" } })', ['ord_5', 'ord_2']],
    ['customers(filter: { search: "TOOL" })', ['cus_2', 'cus_1']],
    ['customers(filter: { search: "tool zäh" })', ['cus_2']],
    ['customers(filter: { search: "ZAH" })', ['cus_2']],
    [`customers(filter: { search: "${'😀'.repeat(196)} too" })`, ['cus_2', 'cus_1']],
    ['customers(filter: { search: "ools" })', []],
    ['customers(filter: { search: " " })', ['cus_2', 'cus_1']],
    ['customers(filter: { creditLimit: { lte: "10.00" } })', ['cus_2']],
    ['customers(filter: { createdAt: { lt: "2026-01-01T00:00:02Z" } })', ['cus_1']],
    ['recentValuableCustomers', ['cus_1']],
    ['recentValuableCustomers(orderTotalOver: "200000.00")', []],
    ['recentValuableCustomers(orderTotalOver: "-1.00")', ['cus_1']],
    ['recentValuableCustomers(createdAfter: "2026-01-01T00:00:01Z", orderTotalOver: null)', []],
    ['products(filter: { search: "ham" })', ['prd_2', 'prd_1']],
    ['products(filter: { availableBelow: 7 })', ['prd_2']],
    ['products(filter: { search: "hammer", availableBelow: 8 })', ['prd_2', 'prd_1']],
    ['products(first: 0)', []],
  ])('%s', async (field, ids) => {
    const { data, errors } = await run(`{ page: ${field} { nodes { id } } }`)
    expect(errors).toBeUndefined()
    expect(data.page.nodes.map(({ id }: { id: string }) => id)).toEqual(ids)
  })

  test("a customer's own orders can be filtered and sorted like all others", async () => {
    const { data } = await run(`{
      customer(id: "cus_2") {
        orders(filter: { total: { gt: "0.00" } }, orderBy: { field: TOTAL, direction: DESC }) { nodes { id } totalCount { value exact } }
      }
    }`)
    expect(data.customer.orders).toEqual({
      nodes: [{ id: 'ord_5' }, { id: 'ord_2' }, { id: 'ord_4' }],
      totalCount: { value: 3, exact: true },
    })
  })

  test('count only when asked to, and not beyond 10,000', async () => {
    const count = vi.spyOn(desk.views, 'count').mockResolvedValue(10_001)
    await run('{ customers { nodes { id } } }')
    expect(count).not.toHaveBeenCalled()
    const { data } = await run('{ customers { totalCount { value exact } } }')
    expect(data.customers.totalCount).toEqual({ value: 10_000, exact: false })
    count.mockRestore()
  })

  test.each([
    ['{ orders(first: 101) { nodes { id } } }', 'first must be 0 to 100, not 101'],
    ['{ events(first: -1) { nodes { id } } }', 'first must be 0 to 100, not -1'],
    ['{ products(after: "nonsense") { nodes { id } } }', 'after must be a cursor'],
    ['{ events(after: "nonsense") { nodes { id } } }', 'after must be a cursor'],
    ['{ order(id: "ord_1") { placement { steps(after: "nonsense") { nodes { name } } } } }', 'after must be a cursor'],
    [
      `{ customers(filter: { search: "${'a '.repeat(101)}" }) { nodes { id } } }`,
      'filter.search must have at most 200 characters, not 202',
    ],
    [
      `{ products(filter: { search: "${'😀'.repeat(197)} too" }) { nodes { id } } }`,
      'filter.search must have at most 200 characters, not 201',
    ],
    ['{ customers(filter: { search: "%" }) { nodes { id } } }', 'filter.search must have at least one letter or digit'],
    [
      '{ products(filter: { search: " _ " }) { nodes { id } } }',
      'filter.search must have at least one letter or digit',
    ],
    [`{ events(filter: { typeIn: [${'"A" '.repeat(101)}] }) { nodes { id } } }`, 'filter.typeIn must have at most 100'],
  ])('%s is refused with a word on what would be right', async (source, message) => {
    const { errors } = await run(source)
    expect(errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test('a cursor serves only the list that it comes from, in the same order', async () => {
    const page = (list: string) => `${list} { pageInfo { endCursor } }`
    const lists: Record<string, (after: string) => string> = {
      'customers by createdAt DESC': (after) => page(`customers(${after})`),
      'recentValuableCustomers by createdAt DESC': (after) => page(`recentValuableCustomers(${after})`),
      'products by createdAt DESC': (after) => page(`products(${after})`),
      'orders by createdAt DESC': (after) => page(`orders(${after})`),
      'orders by createdAt ASC': (after) => page(`orders(orderBy: { field: CREATED_AT, direction: ASC } ${after})`),
      'orders by total DESC': (after) => page(`orders(orderBy: { field: TOTAL } ${after})`),
      'orders by placedAt DESC': (after) => page(`orders(orderBy: { field: PLACED_AT } ${after})`),
      'cus_1.orders by createdAt DESC': (after) => `customer(id: "cus_1") { ${page(`orders(${after})`)} }`,
      'cus_2.orders by createdAt DESC': (after) => `customer(id: "cus_2") { ${page(`orders(${after})`)} }`,
      'cus_1.history': (after) => `customer(id: "cus_1") { ${page(`history(${after})`)} }`,
      'ord_1.history': (after) => `order(id: "ord_1") { ${page(`history(${after})`)} }`,
      'prd_1.history': (after) => `product(id: "prd_1") { ${page(`history(${after})`)} }`,
      events: (after) => page(`events(${after})`),
      'ord_1.placement.steps': (after) => `order(id: "ord_1") { placement { ${page(`steps(${after})`)} } }`,
      'ord_2.placement.steps': (after) => `order(id: "ord_2") { placement { ${page(`steps(${after})`)} } }`,
    }
    for (const [from, source] of Object.entries(lists)) {
      const { data } = await run(`{ ${source('first: 1')} }`)
      const after = `after: "${/"endCursor":"([^"]+)"/.exec(JSON.stringify(data))?.[1]}"`
      for (const [to, target] of Object.entries(lists)) {
        const { errors } = await run(`{ ${target(`first: 1, ${after}`)} }`)
        const message = `after must be a cursor that a page of ${to} returned`
        const refusal = [{ message, extensions: { code: 'BAD_USER_INPUT', argument: 'after' } }]
        if (to === from) expect(errors, from).toBeUndefined()
        else expect(errors, `${from}, given to ${to}`).toMatchObject(refusal)
      }
    }
  })

  test('a cursor serves its list under another filter: bounds may move on from page to page', async () => {
    const first = await run('{ orders(first: 1) { pageInfo { endCursor } } }')
    const { data } = await run(
      'query ($after: String) { orders(after: $after, filter: { customerId: "cus_2" }) { nodes { id } } }',
      { after: first.data.orders.pageInfo.endCursor },
    )
    expect(data.orders.nodes).toEqual([{ id: 'ord_4' }, { id: 'ord_3' }, { id: 'ord_2' }])
  })

  test.each([
    [
      'orders',
      '{ orders(first: 1, after: $after) { nodes { id } } }',
      '{ orders(first: 1) { pageInfo { endCursor } } }',
    ],
    [
      'events',
      '{ events(first: 1, after: $after) { nodes { id } } }',
      '{ events(first: 1) { pageInfo { endCursor } } }',
    ],
    [
      'steps',
      '{ order(id: "ord_1") { placement { steps(first: 1, after: $after) { nodes { name } } } } }',
      '{ order(id: "ord_1") { placement { steps(first: 1) { pageInfo { endCursor } } } } }',
    ],
  ])('a damaged cursor of %s is refused', async (_, query, source) => {
    const { data } = await run(source)
    const cursor = /"endCursor":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? ''
    const [mark] = cursor.split('.')
    for (const after of [
      '',
      mark,
      `${mark}.`,
      `${mark}.x`,
      `${mark}.-1`,
      `${mark}.W10`,
      cursor.split('.')[1],
      `.${cursor}`,
    ]) {
      const { errors } = await run(`query ($after: String) ${query}`, { after })
      expect(errors, after).toMatchObject([
        { message: expect.stringContaining('after must be a cursor'), extensions: { argument: 'after' } },
      ])
    }
  })
})

describe('the audit log', () => {
  test('shows an event as it was recorded, with a sentence for people', async () => {
    const [event] = await desk.append(
      creditLimitChanged({ customerId: 'cus_2', creditLimit: 900, previousCreditLimit: 1_000 }),
    )
    if (!event) throw new Error('nothing was recorded')
    reads.feed.look(event.position)
    const { data } = await run(`{
      events(filter: { typeIn: ["CreditLimitChanged"] }) {
        nodes { id type stream version position recordedAt data commandId causationId correlationId actor summary }
      }
    }`)
    expect(data.events.nodes).toEqual([
      {
        id: event.id,
        type: 'CreditLimitChanged',
        stream: 'customer-cus_2',
        version: 2,
        position: position(event.position),
        recordedAt: event.recordedAt,
        data: { customerId: 'cus_2', creditLimit: 900, previousCreditLimit: 1_000 },
        commandId: null,
        causationId: null,
        correlationId: null,
        actor: null,
        summary: 'Changed the credit limit from 10.00 to 9.00',
      },
    ])
  })

  test('says which command led to an event, and finds events by it', async () => {
    const [event] = await desk.append(priceChanged({ productId: 'prd_2' }))
    if (!event) throw new Error('nothing was recorded')
    const metadata = { schemaVersion: 1, commandId: 'c1', correlationId: 'c0', causationId: 'c1', actor: 'Ann' }
    const told = { ...event, id: 'told', position: event.position + 1, revision: event.revision + 1, metadata }
    await desk.write([told])
    const fields = 'nodes { id commandId causationId correlationId actor }'
    const { data } = await run(`{
      ofCommand: events(filter: { commandId: "c1", recordedAt: { gte: "2026-01-01T00:00:00Z" } }) { ${fields} }
      ofAll: events(filter: { correlationId: "c0", stream: "product-prd_2" }) { ${fields} }
      ofNobody: events(filter: { commandId: "c0" }) { ${fields} }
    }`)
    const nodes = [{ id: 'told', commandId: 'c1', causationId: 'c1', correlationId: 'c0', actor: 'Ann' }]
    expect(data).toEqual({ ofCommand: { nodes }, ofAll: { nodes }, ofNobody: { nodes: [] } })
  })

  test('can be read page by page, and goes on from where it ended', async () => {
    const source =
      'query ($after: String) { events(first: 4, after: $after) { nodes { version stream } pageInfo { hasNextPage endCursor } } }'
    const first = await run(source)
    expect(first.data.events.nodes.at(-1)).toEqual({ version: 1, stream: 'product-prd_2' })
    const second = await run(source, { after: first.data.events.pageInfo.endCursor })
    expect(second.data.events.nodes[0]).toEqual({ version: 2, stream: 'product-prd_1' })
  })

  test('has the history of a customer, an order and a product: what changed what is shown of it', async () => {
    const { data } = await run(`{
      customer(id: "cus_1") { history { nodes { type } } }
      order(id: "ord_1") { history(first: 2) { nodes { type } pageInfo { hasNextPage } } }
      product(id: "prd_1") { history { nodes { type } edges { cursor } asOf } }
    }`)
    const types = (nodes: { type: string }[]) => nodes.map(({ type }) => type)
    expect(types(data.customer.history.nodes)).toEqual([
      'CustomerRegistered',
      'OrderPlaced',
      'CreditReserved',
      'OrderApproved',
      'OrderShipped',
    ])
    expect(types(data.order.history.nodes)).toEqual(['OrderPlaced', 'CreditReserved'])
    expect(data.order.history.pageInfo.hasNextPage).toBe(true)
    expect(types(data.product.history.nodes)).toEqual(['ProductAdded', 'StockReceived'])
  })
})

describe('reading your own writes', () => {
  test('the desk says how far its views are', async () => {
    const { data } = await run('{ desk { currency version position } }')
    expect(data.desk).toEqual({ currency: 'EUR', version: '1.2.3', position: position(reads.feed.position()) })
  })

  test('a query waits for the position that it must see', async () => {
    const last = (await desk.append(stockReceived({ quantity: 1 }))).at(-1)?.position ?? 0
    reads.feed.look(last)
    const get = vi.spyOn(desk.views, 'get')
    const answer = run(`{
      before: product(id: "prd_1") { inStock }
      after: product(id: "prd_1", atLeast: "${position(last + 1)}") { inStock }
    }`)
    await expect.poll(() => reads.feed.health().waiting > 0 && get.mock.calls.length > 0).toBe(true)
    get.mockRestore()
    await desk.append(stockReceived({ quantity: 1 }))
    reads.feed.look(last + 1)
    expect((await answer).data).toEqual({ before: { inStock: 8 }, after: { inStock: 9 } })
  })

  test.each(['customers', 'orders', 'products'])(
    '%s fail with NOT_YET_VISIBLE when the views do not come',
    async (field) => {
      vi.spyOn(reads.feed, 'reached').mockResolvedValueOnce(false)
      const { errors } = await run(`{ ${field}(atLeast: "${position(1_000_000)}") { nodes { id } } }`)
      expect(errors).toMatchObject([{ path: [field], extensions: { code: 'NOT_YET_VISIBLE', retryable: true } }])
    },
  )

  test('a payload shows the read model after its own command, also after another one of the same request', async () => {
    const answers = executor(reads, async () => {
      const last = (await desk.append(creditLimitChanged({ creditLimit: 100 * (await desk.views.checkpoint()) }))).at(
        -1,
      )
      if (!last) throw new Error('nothing was recorded')
      setImmediate(() => reads.feed.look(last.position))
      const receipt = { commandId: 'c', duplicate: false, version: last.revision + 1, position: last.position }
      return { id: 'cus_1', receipt, userErrors: [] }
    })
    const { data } = await answers.run(`mutation {
      one: changeCreditLimit(input: { customerId: "cus_1", creditLimit: "1.00" }) { ...answer }
      two: changeCreditLimit(input: { customerId: "cus_1", creditLimit: "1.00" }) { ...answer }
    }
    fragment answer on CustomerPayload { customer { version position } receipt { version position } userErrors { message } }`)
    expect(data.one.customer).toEqual(data.one.receipt)
    expect(data.two.customer).toEqual(data.two.receipt)
    expect(data.two.receipt.version).toBe(data.one.receipt.version + 1)
  })

  test('a payload has no read model when the command was refused, or when the views do not come', async () => {
    const source = `mutation { addProduct(input: { name: "Saw", price: "1.00" }) {
      product { id } receipt { commandId } userErrors { __typename code message path ... on Conflict { expected actual } }
    } }`
    const userErrors: Payload['userErrors'] = [
      { code: 'CONFLICT', message: 'changed', path: ['expectedPrice'], expected: '1.00', actual: '2.00' },
      { code: 'NOT_FOUND', message: 'gone' },
    ]
    const refused = await executor(reads, () => ({ id: 'prd_1', receipt: null, userErrors })).run(source)
    expect(refused.data.addProduct).toEqual({
      product: null,
      receipt: null,
      userErrors: [
        { __typename: 'Conflict', ...userErrors[0] },
        { __typename: 'SimpleUserError', ...userErrors[1], path: null },
      ],
    })

    vi.spyOn(reads.feed, 'reached').mockResolvedValueOnce(false)
    const receipt = { commandId: 'c', duplicate: false, version: 1, position: 1_000_000 }
    const unseen = await executor(reads, () => ({ id: 'prd_1', receipt, userErrors: [] })).run(source)
    expect(unseen.data.addProduct).toEqual({ product: null, receipt: { commandId: 'c' }, userErrors: [] })
  })
})

describe('a document that could not be folded', () => {
  test('is an error with a code wherever it is asked for by id, and lists leave it out', async () => {
    const checkpoint = await desk.views.checkpoint()
    const broken = [{ view: 'customers', id: 'cus_2', error: 'the fold threw' }] as const
    await desk.views.write({ documents: [], broken, mended: [], history: [], checkpoint })
    const single = await run('{ orders(first: 5) { nodes { customer { id } } } customer(id: "cus_2") { id } }')
    const page = await run('{ customers { nodes { id } totalCount { value } } }')
    await desk.views.write({ documents: [], broken: [], mended: broken, history: [], checkpoint })

    const isBroken = { extensions: { code: 'VIEW_BROKEN', view: 'customers', id: 'cus_2' } }
    expect(single.data).toEqual({
      orders: { nodes: [...Array(4).fill({ customer: null }), { customer: { id: 'cus_1' } }] },
      customer: null,
    })
    expect(single.errors).toMatchObject(Array(5).fill(isBroken))
    expect(page).toEqual({ data: { customers: { nodes: [{ id: 'cus_1' }], totalCount: { value: 1 } } } })
  })
})

test('a customer that has only ordered, and is not registered, is found by nobody', async () => {
  const other = await openTestViews()
  const feed = await openFeed({ views: other.views, log: { info() {}, warn() {} } })
  const given = { views: other.views, feed, logEnd: other.views.checkpoint, currency: 'EUR', version: '1.2.3' }
  const { run } = executor(readsOn(given))
  const shown = async () => {
    const { data } = await run(`{
      customer(id: "cus_9") { name recentOrders { status } }
      node(id: "cus_9") { id }
      order(id: "ord_9") { customer { name } }
      customers { nodes { id } totalCount { value } }
      everyLimit: customers(filter: { creditLimit: { lte: "1000000.00" } }) { nodes { id } totalCount { value } }
      recentValuableCustomers(orderTotalOver: "0.00") { nodes { id } totalCount { value } }
    }`)
    return data
  }
  try {
    await other.append(
      orderPlaced({ orderId: 'ord_9', customerId: 'cus_9' }),
      orderShipped({ orderId: 'ord_9', customerId: 'cus_9' }),
    )
    const none = { nodes: [], totalCount: { value: 0 } }
    expect(await shown()).toEqual({
      customer: null,
      node: null,
      order: { customer: null },
      customers: none,
      everyLimit: none,
      recentValuableCustomers: none,
    })

    await other.append(customerRegistered({ customerId: 'cus_9', name: 'Late Ltd' }))
    const one = { nodes: [{ id: 'cus_9' }], totalCount: { value: 1 } }
    expect(await shown()).toEqual({
      customer: { name: 'Late Ltd', recentOrders: [{ status: 'SHIPPED' }] },
      node: { id: 'cus_9' },
      order: { customer: { name: 'Late Ltd' } },
      customers: one,
      everyLimit: one,
      recentValuableCustomers: one,
    })
  } finally {
    await feed.close()
    await other.close()
  }
})
