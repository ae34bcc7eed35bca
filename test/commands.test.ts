// The promises that a client may rely on when it sends commands: refusals that name the field, and retries that are done once.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ask, send } from './client.ts'
import { accepted, type Mutation, mutate, mutations, type Receipt, refused } from './mutate.ts'
import { sharedDesk } from './shared-desk.ts'

const desk = sharedDesk()
const MOST = '90071992547409.91'
const TOO_MUCH = '90071992547409.92'
const MAX_INT = 2 ** 31 - 1

describe('refused input', () => {
  const customer = { customerId: 'cus_1', name: 'Ada', creditLimit: '1.00' }
  const product = { productId: 'prd_1', name: 'Lamp', price: '1.00' }
  const priced = { productId: 'prd_1', quantity: 1, unitPrice: '1.00' }
  const order = (...lines: object[]) => ({ orderId: 'ord_1', customerId: 'cus_1', content: { lines } })

  test.each<[string, Mutation, Record<string, unknown>, string]>([
    ['an id of the wrong form', 'registerCustomer', { ...customer, customerId: 'ord_1' }, 'customerId'],
    ['an id with a space', 'registerCustomer', { ...customer, customerId: 'cus_a b' }, 'customerId'],
    ['an id that is too long', 'addProduct', { ...product, productId: `prd_${'x'.repeat(65)}` }, 'productId'],
    ['an id that is only a prefix', 'placeOrder', { ...order(priced), orderId: 'ord_' }, 'orderId'],
    ['a customer who cannot be one', 'placeOrder', { ...order(priced), customerId: 'Ada' }, 'customerId'],
    [
      'a product that cannot be one',
      'placeOrder',
      order(priced, { ...priced, productId: '1' }),
      'content.lines.1.productId',
    ],
    ['an empty name', 'registerCustomer', { ...customer, name: '' }, 'name'],
    ['a blank name', 'registerCustomer', { ...customer, name: '   ' }, 'name'],
    ['too long a name', 'addProduct', { ...product, name: 'x'.repeat(201) }, 'name'],
    ['a negative limit', 'registerCustomer', { ...customer, creditLimit: '-0.01' }, 'creditLimit'],
    ['a limit beyond 2^53 cents', 'registerCustomer', { ...customer, creditLimit: TOO_MUCH }, 'creditLimit'],
    ['a negative price', 'addProduct', { ...product, price: '-1.00' }, 'price'],
    [
      'an expected limit beyond 2^53 cents',
      'changeCreditLimit',
      { ...customer, name: undefined, expectedCreditLimit: TOO_MUCH },
      'expectedCreditLimit',
    ],
    ['negative stock', 'addProduct', { ...product, stock: -1 }, 'stock'],
    ['a delivery of nothing', 'receiveStock', { productId: 'prd_1', quantity: 0 }, 'quantity'],
    ['no lines', 'placeOrder', order(), 'content.lines'],
    ['2,001 lines', 'placeOrder', order(...Array.from({ length: 2_001 }, () => priced)), 'content.lines'],
    ['a line of nothing', 'placeOrder', order(priced, { ...priced, quantity: 0 }), 'content.lines.1.quantity'],
    ['a line of less than nothing', 'placeOrder', order({ ...priced, quantity: -1 }), 'content.lines.0.quantity'],
    ['a negative line price', 'placeOrder', order({ ...priced, unitPrice: '-1.00' }), 'content.lines.0.unitPrice'],
    [
      'a line that comes to more than 2^53 cents',
      'placeOrder',
      order({ ...priced, quantity: 2, unitPrice: MOST }),
      'content.lines.0.quantity',
    ],
    [
      'lines that together come to more than 2^53 cents',
      'placeOrder',
      order({ ...priced, unitPrice: MOST }, { ...priced, unitPrice: '0.01' }),
      'content.lines.1.quantity',
    ],
    [
      'lines of one product that together are more than 2^31 − 1',
      'placeOrder',
      order({ ...priced, quantity: MAX_INT, unitPrice: '0.00' }, { ...priced, unitPrice: '0.00' }),
      'content.lines.1.quantity',
    ],
    ['a negative total', 'placeOrder', { customerId: 'cus_1', content: { total: '-0.01' } }, 'content.total'],
    ['a total beyond 2^53 cents', 'placeOrder', { customerId: 'cus_1', content: { total: TOO_MUCH } }, 'content.total'],
    ['too long a reason', 'cancelOrder', { orderId: 'ord_1', reason: 'x'.repeat(501) }, 'reason'],
    ['too long a tracking code', 'shipOrder', { orderId: 'ord_1', trackingCode: 'x'.repeat(101) }, 'trackingCode'],
    ['an empty tracking code', 'shipOrder', { orderId: 'ord_1', trackingCode: '' }, 'trackingCode'],
    ['an expected version of nothing', 'recordPayment', { orderId: 'ord_1', expectedVersion: 0 }, 'expectedVersion'],
    ['an empty commandId', 'registerCustomer', { ...customer, commandId: '' }, 'commandId'],
    ['too long a commandId', 'registerCustomer', { ...customer, commandId: 'x'.repeat(129) }, 'commandId'],
    ["a commandId of the desk's own form", 'registerCustomer', { ...customer, commandId: '~1' }, 'commandId'],
  ])('%s', async (_, mutation, { ...input }, path) => {
    if (mutation === 'changeCreditLimit') delete input.name
    expect(await refused(desk.url(), mutation, input)).toMatchObject({
      __typename: 'SimpleUserError',
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/.{10,}\.$/),
      path: ['input', ...path.split('.')],
    })
  })

  test('every field that is wrong is named, each by its own error', async () => {
    const input = { commandId: '', customerId: 'x', name: '', creditLimit: '-1.00' }
    const { receipt, userErrors } = await mutate(desk.url(), 'registerCustomer', input)
    expect(receipt).toBeNull()
    expect(userErrors.map(({ path }) => path?.at(-1)).sort()).toEqual(Object.keys(input).sort())
  })

  test.each<[string, Mutation, Record<string, unknown>, string]>([
    ['money with three digits', 'registerCustomer', { ...customer, creditLimit: '1.005' }, 'input.creditLimit'],
    ['money as a number', 'registerCustomer', { ...customer, creditLimit: 1 }, 'input.creditLimit'],
    ['a number beyond 2^31 − 1', 'receiveStock', { productId: 'prd_1', quantity: 2 ** 31 }, 'input.quantity'],
    ['both lines and a total', 'placeOrder', { customerId: 'cus_1', content: { lines: [], total: '1.00' } }, 'content'],
    ['neither lines nor a total', 'placeOrder', { customerId: 'cus_1', content: {} }, 'content'],
  ])('what the schema does not allow is an error of the request: %s', async (_, mutation, input, field) => {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { receipt { version } } }`
    const { data, errors } = await send(desk.url(), query, { input })
    expect(data ?? null).toBeNull()
    expect(errors).toMatchObject([{ message: expect.stringContaining(field), extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test('stock may be received up to 2^31 − 1 and no further', async () => {
    await addProduct('prd_full', '1.00', MAX_INT - 1)
    expect(await refused(desk.url(), 'receiveStock', { productId: 'prd_full', quantity: 2 })).toMatchObject({
      code: 'INVALID_INPUT',
      path: ['input', 'quantity'],
    })
    await accepted(desk.url(), 'receiveStock', { productId: 'prd_full', quantity: 1 })
    expect(await productOf('prd_full')).toEqual({ price: '1.00', inStock: MAX_INT, reserved: 0, available: MAX_INT })
  })

  test('the largest amounts that are allowed are kept to the cent', async () => {
    await register('cus_richest', MOST)
    await accepted(desk.url(), 'placeOrder', {
      orderId: 'ord_largest',
      customerId: 'cus_richest',
      content: { total: MOST },
    })
    expect(await decided('ord_largest')).toMatchObject({ status: 'APPROVED', total: MOST })
    expect(await customerOf('cus_richest')).toEqual({
      creditLimit: MOST,
      reservedCredit: MOST,
      availableCredit: '0.00',
    })
  })
})

describe('refused by the state of things', () => {
  test('what is there already', async () => {
    await register('cus_there')
    await addProduct('prd_there')
    await place('ord_there', 'cus_there', { total: '1.00' })
    const cases: [Mutation, Record<string, unknown>, string][] = [
      ['registerCustomer', { customerId: 'cus_there', name: 'Other', creditLimit: '2.00' }, 'customerId'],
      ['addProduct', { productId: 'prd_there', name: 'Other', price: '2.00' }, 'productId'],
      ['placeOrder', { orderId: 'ord_there', customerId: 'cus_there', content: { total: '2.00' } }, 'orderId'],
    ]
    for (const [mutation, input, field] of cases) {
      expect(await refused(desk.url(), mutation, input)).toMatchObject({
        code: 'ALREADY_EXISTS',
        path: ['input', field],
      })
    }
  })

  test('what is not there', async () => {
    const cases: [Mutation, Record<string, unknown>, string][] = [
      ['changeCreditLimit', { customerId: 'cus_none', creditLimit: '2.00' }, 'customerId'],
      ['changePrice', { productId: 'prd_none', price: '2.00' }, 'productId'],
      ['receiveStock', { productId: 'prd_none', quantity: 1 }, 'productId'],
      ['cancelOrder', { orderId: 'ord_none' }, 'orderId'],
      ['shipOrder', { orderId: 'ord_none' }, 'orderId'],
      ['recordPayment', { orderId: 'ord_none' }, 'orderId'],
    ]
    for (const [mutation, input, field] of cases) {
      expect(await refused(desk.url(), mutation, input)).toMatchObject({ code: 'NOT_FOUND', path: ['input', field] })
    }
  })

  test('an order in the wrong status, with words for the status and the right ones', async () => {
    await register('cus_states')
    await place('ord_too_large', 'cus_states', { total: '5000.00' })
    await place('ord_normal', 'cus_states', { total: '5.00' })
    const expectIllegal = async (mutation: Mutation, orderId: string, ...words: string[]) => {
      const refusal = await refused(desk.url(), mutation, { orderId })
      expect(refusal).toMatchObject({ code: 'ILLEGAL_STATE', path: ['input', 'orderId'] })
      for (const word of words) expect(refusal.message).toContain(word)
    }
    expect(await decided('ord_too_large')).toMatchObject({ status: 'REJECTED' })
    await expectIllegal('cancelOrder', 'ord_too_large', 'REJECTED', 'PENDING', 'APPROVED')
    await expectIllegal('shipOrder', 'ord_too_large', 'REJECTED', 'APPROVED')
    await decided('ord_normal')
    await expectIllegal('recordPayment', 'ord_normal', 'APPROVED', 'SHIPPED')
    await accepted(desk.url(), 'shipOrder', { orderId: 'ord_normal' })
    await expectIllegal('cancelOrder', 'ord_normal', 'SHIPPED', 'APPROVED')
    await expectIllegal('shipOrder', 'ord_normal', 'SHIPPED')
    await accepted(desk.url(), 'recordPayment', { orderId: 'ord_normal' })
    await expectIllegal('recordPayment', 'ord_normal', 'PAID')
    await expectIllegal('cancelOrder', 'ord_normal', 'PAID')
  })

  test('an expectation that does not hold is a Conflict that says what is', async () => {
    await register('cus_expect', '100.00')
    await addProduct('prd_expect', '3.00')
    await place('ord_expect', 'cus_expect', { total: '5.00' })
    await decided('ord_expect')
    const version = { orderId: 'ord_expect', expectedVersion: 1 }
    const cases: [Mutation, Record<string, unknown>, string, string, string][] = [
      [
        'changeCreditLimit',
        { customerId: 'cus_expect', creditLimit: '1.00', expectedCreditLimit: '99.00' },
        'expectedCreditLimit',
        '99.00',
        '100.00',
      ],
      [
        'changePrice',
        { productId: 'prd_expect', price: '1.00', expectedPrice: '2.5' },
        'expectedPrice',
        '2.50',
        '3.00',
      ],
      ['cancelOrder', version, 'expectedVersion', '1', '2'],
      ['shipOrder', version, 'expectedVersion', '1', '2'],
      ['recordPayment', version, 'expectedVersion', '1', '2'],
    ]
    for (const [mutation, input, field, expected, actual] of cases) {
      expect(await refused(desk.url(), mutation, input)).toMatchObject({
        __typename: 'Conflict',
        code: 'CONFLICT',
        path: ['input', field],
        expected,
        actual,
      })
    }
    const holds = { orderId: 'ord_expect', expectedVersion: 2 }
    expect(await accepted(desk.url(), 'shipOrder', holds)).toMatchObject({ version: 3 })
    await accepted(desk.url(), 'recordPayment', { orderId: 'ord_expect', expectedVersion: 3 })
    await accepted(desk.url(), 'changePrice', { productId: 'prd_expect', price: '4.00', expectedPrice: '3.00' })
  })
})

describe('retries', () => {
  test.each([2, 20])('a command that is sent %i times at the same moment is done once', async (times) => {
    await register(`cus_moment_${times}`)
    const input = {
      commandId: `moment-${times}`,
      orderId: `ord_moment_${times}`,
      customerId: `cus_moment_${times}`,
      content: { total: '1.00' },
    }
    const receipts = await Promise.all(
      Array.from({ length: times }, () => accepted(desk.url(), 'placeOrder', { ...input })),
    )
    expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    const outcomes = new Set(receipts.map(({ version, position }) => `${version} at ${position}`))
    expect(outcomes.size).toBe(1)
    expect(await eventsOf({ commandId: input.commandId })).toMatchObject([{ type: 'OrderPlaced' }])
  })

  test('of different inputs under one commandId at the same moment one is done', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        mutate(desk.url(), 'registerCustomer', {
          commandId: 'rivals',
          customerId: 'cus_rivals',
          name: 'Ada',
          creditLimit: `${n}.00`,
        }),
      ),
    )
    expect(answers.filter(({ receipt }) => receipt)).toHaveLength(1)
    const refusals = answers.flatMap(({ userErrors }) => userErrors)
    expect(refusals).toHaveLength(9)
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'COMMAND_ID_REUSED', path: ['input', 'commandId'] })
    }
  })

  test('every kind of command is recognised when it comes again, also by a desk that was started anew', async () => {
    const story: [Mutation, Record<string, unknown>][] = [
      ['registerCustomer', { customerId: 'cus_again', name: 'Ada', creditLimit: '100.00' }],
      ['changeCreditLimit', { customerId: 'cus_again', creditLimit: '200.00', expectedCreditLimit: '100.00' }],
      ['addProduct', { productId: 'prd_again', name: 'Lamp', price: '10.00', stock: 5 }],
      ['changePrice', { productId: 'prd_again', price: '11.00', expectedPrice: '10.00' }],
      ['receiveStock', { productId: 'prd_again', quantity: 5 }],
      [
        'placeOrder',
        {
          orderId: 'ord_again',
          customerId: 'cus_again',
          content: { lines: [{ productId: 'prd_again', quantity: 1 }] },
        },
      ],
      [
        'reviseOrder',
        { orderId: 'ord_again', expectedVersion: 2, content: { lines: [{ productId: 'prd_again', quantity: 2 }] } },
      ],
      ['shipOrder', { orderId: 'ord_again', expectedVersion: 4 }],
      ['recordPayment', { orderId: 'ord_again' }],
      ['placeOrder', { orderId: 'ord_again_2', customerId: 'cus_again', content: { total: '1.00' } }],
      ['cancelOrder', { orderId: 'ord_again_2', reason: 'Twice' }],
    ]
    expect(new Set(story.map(([mutation]) => mutation))).toEqual(new Set(mutations))
    const withId = (input: Record<string, unknown>, n: number) => ({ ...input, commandId: `again-${n}` })

    const first: Receipt[] = []
    for (const [n, [mutation, input]] of story.entries()) {
      if (mutation === 'reviseOrder') await decided('ord_again')
      if (mutation === 'shipOrder') await revised('ord_again')
      first.push(await accepted(desk.url(), mutation, withId(input, n)))
    }
    expect(first.every(({ duplicate }) => !duplicate)).toBe(true)
    const duplicates = first.map((receipt) => ({ ...receipt, duplicate: true }))
    const repeated = () =>
      Promise.all(story.map(([mutation, input], n) => accepted(desk.url(), mutation, withId(input, n))))
    expect(await repeated()).toEqual(duplicates)
    await desk.start()
    expect(await repeated()).toEqual(duplicates)

    // With other input each is refused, regardless of the state by now.
    for (const [n, [mutation, input]] of story.entries()) {
      const other = { ...withId(input, n), ...otherInput[mutation] }
      expect(await refused(desk.url(), mutation, other)).toMatchObject({
        code: 'COMMAND_ID_REUSED',
        path: ['input', 'commandId'],
      })
    }
  })

  test('commands that were decided together have their own versions, and are seen at the positions of their receipts', async () => {
    await addProduct('prd_together')
    const receive = (n: number) =>
      accepted(desk.url(), 'receiveStock', { commandId: `together-${n}`, productId: 'prd_together', quantity: 1 })
    const numbers = Array.from({ length: 30 }, (_, n) => n)
    const first = await Promise.all(numbers.map(receive))
    const recorded = await eventsOf({ stream: 'product-prd_together' })
    const events = new Map(recorded.map((event) => [event.commandId, event]))
    for (const { commandId, version, position } of first) {
      const event = events.get(commandId)
      expect(event).toMatchObject({ type: 'StockReceived', version })
      expect(placeOf(position)).toBeGreaterThanOrEqual(placeOf(event?.position))
    }

    await desk.start()
    const second = await Promise.all(numbers.map(receive))
    const versions = (receipts: Receipt[]) => receipts.map(({ version }) => version)
    expect(versions(second)).toEqual(versions(first))
    expect(second.every(({ duplicate }) => duplicate)).toBe(true)
  })

  test('the same input in other words is the same input', async () => {
    const input = { commandId: 'words', customerId: 'cus_words', name: 'Ada', creditLimit: '100.00' }
    await accepted(desk.url(), 'registerCustomer', input)
    expect(await accepted(desk.url(), 'registerCustomer', { ...input, creditLimit: '100' })).toMatchObject({
      duplicate: true,
    })
    const product = { commandId: 'words', productId: 'prd_words', name: 'Lamp', price: '1.50' }
    await accepted(desk.url(), 'addProduct', product)
    for (const same of [{ stock: 0 }, { price: '1.5' }]) {
      expect(await accepted(desk.url(), 'addProduct', { ...product, ...same })).toMatchObject({ duplicate: true })
    }
    const order = { orderId: 'ord_words', customerId: 'cus_words', content: { total: '1.00' } }
    await accepted(desk.url(), 'placeOrder', order)
    const cancel = { commandId: 'words', orderId: 'ord_words' }
    await accepted(desk.url(), 'cancelOrder', cancel)
    expect(await accepted(desk.url(), 'cancelOrder', { ...cancel, reason: null })).toMatchObject({ duplicate: true })
  })

  test('one commandId may be used for different customers, orders and products', async () => {
    for (const customerId of ['cus_same_a', 'cus_same_b']) {
      const input = { commandId: 'same', customerId, name: 'Ada', creditLimit: '1.00' }
      expect(await accepted(desk.url(), 'registerCustomer', input)).toMatchObject({ duplicate: false })
    }
  })

  test('a refused command left nothing and is decided afresh', async () => {
    const receive = { commandId: 'afresh', productId: 'prd_afresh', quantity: 3 }
    expect(await refused(desk.url(), 'receiveStock', receive)).toMatchObject({ code: 'NOT_FOUND' })
    await addProduct('prd_afresh')
    expect(await accepted(desk.url(), 'receiveStock', receive)).toMatchObject({ duplicate: false, version: 2 })
    expect(await accepted(desk.url(), 'receiveStock', receive)).toMatchObject({ duplicate: true, version: 2 })
  })

  test('an order without an id is one order, however often it is sent', async () => {
    await register('cus_one')
    const input = { commandId: 'one', customerId: 'cus_one', content: { total: '1.00' } }
    const answers = await Promise.all(Array.from({ length: 5 }, () => mutate(desk.url(), 'placeOrder', input)))
    answers.push(await mutate(desk.url(), 'placeOrder', input))
    expect(new Set(answers.map(({ entity }) => entity?.id)).size).toBe(1)
    expect(answers[0]?.entity?.id).toMatch(/^ord_[0-9a-f-]{36}$/)
    const other = { ...input, content: { total: '2.00' } }
    expect(await refused(desk.url(), 'placeOrder', other)).toMatchObject({ code: 'COMMAND_ID_REUSED' })
    expect(await ordersOf('cus_one')).toHaveLength(1)
  })

  test('without a commandId one is generated, and every request is a command of its own', async () => {
    await addProduct('prd_own')
    const input = { productId: 'prd_own', quantity: 1 }
    const [first, second] = [
      await accepted(desk.url(), 'receiveStock', input),
      await accepted(desk.url(), 'receiveStock', input),
    ]
    expect(first.commandId).not.toBe(second.commandId)
    expect(await accepted(desk.url(), 'receiveStock', { ...input, commandId: first.commandId })).toEqual({
      ...first,
      duplicate: true,
    })
  })

  test('a retry keeps the price of the first time, regardless of the list price by now', async () => {
    await register('cus_quote')
    await addProduct('prd_quote', '10.00', 5)
    const input = {
      commandId: 'quote',
      orderId: 'ord_quote',
      customerId: 'cus_quote',
      content: { lines: [{ productId: 'prd_quote', quantity: 1 }] },
    }
    await accepted(desk.url(), 'placeOrder', input)
    await accepted(desk.url(), 'changePrice', { productId: 'prd_quote', price: '99.00' })
    expect(await accepted(desk.url(), 'placeOrder', input)).toMatchObject({ duplicate: true })
    expect(await orderOf('ord_quote')).toMatchObject({ total: '10.00' })
  })
})

describe('lines', () => {
  test('a line without a price takes the list price, one with a price keeps it', async () => {
    await register('cus_lines')
    await addProduct('prd_lines', '12.34', 100)
    await place('ord_lines', 'cus_lines', {
      lines: [
        { productId: 'prd_lines', quantity: 3 },
        { productId: 'prd_lines', quantity: 2, unitPrice: '0.01' },
        { productId: 'prd_lines', quantity: 1, unitPrice: '0.00' },
      ],
    })
    expect(await decided('ord_lines')).toMatchObject({
      status: 'APPROVED',
      total: '37.04',
      lines: [
        { productId: 'prd_lines', quantity: 3, unitPrice: '12.34' },
        { productId: 'prd_lines', quantity: 2, unitPrice: '0.01' },
        { productId: 'prd_lines', quantity: 1, unitPrice: '0.00' },
      ],
      placement: { steps: { nodes: [{ name: 'credit' }, { name: 'stock prd_lines' }] } },
    })
    expect(await productOf('prd_lines')).toMatchObject({ reserved: 6, available: 94 })
  })

  test('an unknown product without a price is not found, by the path of its line', async () => {
    await addProduct('prd_known')
    const lines = [
      { productId: 'prd_known', quantity: 1 },
      { productId: 'prd_unknown', quantity: 1 },
    ]
    expect(await refused(desk.url(), 'placeOrder', { customerId: 'cus_any', content: { lines } })).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('prd_unknown'),
      path: ['input', 'content', 'lines', '1', 'productId'],
    })
  })

  test.each([
    ['an unknown customer', 'cus_unknown', 'prd_reason', 1, 'UNKNOWN_CUSTOMER'],
    ['an unknown customer before an unknown product', 'cus_unknown', 'prd_unknown', 1, 'UNKNOWN_CUSTOMER'],
    ['an unknown product that has a price', 'cus_reason', 'prd_unknown', 1, 'UNKNOWN_PRODUCT'],
    ['too little credit', 'cus_reason', 'prd_reason', 6, 'CREDIT_LIMIT_EXCEEDED'],
    ['an unknown product before too little credit', 'cus_reason', 'prd_unknown', 6, 'UNKNOWN_PRODUCT'],
    ['too little credit before too little stock', 'cus_reason', 'prd_reason', 20, 'CREDIT_LIMIT_EXCEEDED'],
    ['too little stock', 'cus_rich_reason', 'prd_reason', 11, 'OUT_OF_STOCK'],
  ])('the order is rejected for %s', async (_, customerId, productId, quantity, reason) => {
    await mutate(desk.url(), 'registerCustomer', { customerId: 'cus_reason', name: 'Ada', creditLimit: '5.00' })
    await mutate(desk.url(), 'registerCustomer', { customerId: 'cus_rich_reason', name: 'Ada', creditLimit: '500.00' })
    await mutate(desk.url(), 'addProduct', { productId: 'prd_reason', name: 'Lamp', price: '1.00', stock: 10 })
    const orderId = `ord_${randomUUID()}`
    await place(orderId, customerId, { lines: [{ productId, quantity, unitPrice: '1.00' }] })
    expect(await decided(orderId)).toMatchObject({ status: 'REJECTED', rejectionReason: reason })
    await settled(orderId, 'REJECTED')
    expect(await productOf('prd_reason')).toMatchObject({ reserved: 0, available: 10 })
  })
})

describe('large orders', () => {
  const products = Array.from({ length: 675 }, (_, n) => `prd_large_${n}`)
  const lines = products.map((productId) => ({ productId, quantity: 1 }))

  test('an order of 675 lines is decided, cancelled and rejected, and given back, in a short saga', async () => {
    await register('cus_large', '100000.00')
    await addProducts(products)

    await place('ord_large', 'cus_large', { lines })
    expect(await decided('ord_large')).toMatchObject({ status: 'APPROVED', total: '675.00' })
    expect(await reservedOf(products)).toEqual(new Set([1]))
    // Only its first product is still to be had, and is given back.
    await addProduct('prd_large_free', '1.00', 1)
    await place('ord_large_late', 'cus_large', { lines: [{ productId: 'prd_large_free', quantity: 1 }, ...lines] })
    expect(await decided('ord_large_late')).toMatchObject({ status: 'REJECTED', rejectionReason: 'OUT_OF_STOCK' })
    await settled('ord_large_late', 'REJECTED')
    expect(await productOf('prd_large_free')).toMatchObject({ reserved: 0 })
    expect(await customerOf('cus_large')).toMatchObject({ reservedCredit: '675.00' })

    await accepted(desk.url(), 'cancelOrder', { orderId: 'ord_large' })
    await settled('ord_large', 'CANCELLED')
    expect(await reservedOf([...products, 'prd_large_free'])).toEqual(new Set([0]))
    expect(await customerOf('cus_large')).toMatchObject({ reservedCredit: '0.00' })
    const saga = await eventsOf({ stream: 'placement-ord_large' })
    expect(saga.length).toBeLessThan(675 / 4)
  }, 120_000)

  test('an order of 675 lines is cancelled while it is being placed, and everything is given back', async () => {
    await register('cus_hasty', '100000.00')
    await place('ord_hasty', 'cus_hasty', { lines: lines.map((line) => ({ ...line, unitPrice: '2.00' })) })
    await accepted(desk.url(), 'cancelOrder', { orderId: 'ord_hasty' })
    await settled('ord_hasty', 'CANCELLED')
    expect(await reservedOf(products)).toEqual(new Set([0]))
    expect(await customerOf('cus_hasty')).toMatchObject({ reservedCredit: '0.00' })
  }, 120_000)

  test('an order of 2,000 lines is decided and cancelled', async () => {
    await register('cus_huge', '100000.00')
    await addProduct('prd_huge_a', '1.00', 1_000)
    await addProduct('prd_huge_b', '2.00', 1_000)
    const many = Array.from({ length: 2_000 }, (_, n) => ({
      productId: n % 2 ? 'prd_huge_a' : 'prd_huge_b',
      quantity: 1,
    }))
    await place('ord_huge', 'cus_huge', { lines: many })
    expect(await decided('ord_huge')).toMatchObject({ status: 'APPROVED', total: '3000.00' })
    expect((await orderOf('ord_huge')).lines).toHaveLength(2_000)
    await accepted(desk.url(), 'cancelOrder', { orderId: 'ord_huge' })
    await settled('ord_huge', 'CANCELLED')
    expect(await reservedOf(['prd_huge_a', 'prd_huge_b'])).toEqual(new Set([0]))
  }, 60_000)
})

/** For each mutation something else than what was sent at first. */
const otherInput: Record<Mutation, Record<string, unknown>> = {
  registerCustomer: { name: 'Bea' },
  changeCreditLimit: { creditLimit: '300.00' },
  addProduct: { stock: 6 },
  changePrice: { price: '12.00' },
  receiveStock: { quantity: 6 },
  placeOrder: { content: { total: '7.00' } },
  reviseOrder: { content: { total: '7.00' } },
  cancelOrder: { reason: 'Other' },
  shipOrder: { trackingCode: 'X' },
  recordPayment: { expectedVersion: 3 },
}

async function register(customerId: string, creditLimit = '1000.00'): Promise<Receipt> {
  return accepted(desk.url(), 'registerCustomer', { customerId, name: 'Ada', creditLimit })
}

async function addProduct(productId: string, price = '1.00', stock = 0): Promise<Receipt> {
  return accepted(desk.url(), 'addProduct', { productId, name: 'Lamp', price, stock })
}

/** Products at 1.00 with one piece each, a hundred in a request. */
async function addProducts(productIds: readonly string[]): Promise<void> {
  const adding: Promise<unknown>[] = []
  for (let n = 0; n < productIds.length; n += 100) {
    const fields = productIds.slice(n, n + 100).map(
      (productId) =>
        `${productId}: addProduct(input: { productId: "${productId}", name: "Lamp", price: "1.00", stock: 1 }) {
          receipt { version } }`,
    )
    adding.push(ask(desk.url(), `mutation { ${fields.join('\n')} }`))
  }
  await Promise.all(adding)
}

async function place(orderId: string, customerId: string, content: object): Promise<Receipt> {
  return accepted(desk.url(), 'placeOrder', { orderId, customerId, content })
}

interface Order {
  status: string
  rejectionReason: string | null
  total: string
  lines: { productId: string; quantity: number; unitPrice: string }[]
  placement: { state: string; endedAt: string | null; steps: { nodes: { name: string; state: string }[] } }
}

async function orderOf(orderId: string): Promise<Order> {
  const query = `query ($orderId: ID!) { order(id: $orderId) { status rejectionReason total
    lines { productId quantity unitPrice } placement { state endedAt steps(first: 10) { nodes { name state } } } } }`
  return (await ask<{ order: Order }>(desk.url(), query, { orderId })).order
}

async function decided(orderId: string): Promise<Order> {
  await expect.poll(async () => (await orderOf(orderId)).status, { timeout: 60_000 }).not.toBe('PENDING')
  return orderOf(orderId)
}

async function revised(orderId: string): Promise<void> {
  const query = 'query ($orderId: ID!) { order(id: $orderId) { revision { state } } }'
  const state = async () => (await ask<{ order: object }>(desk.url(), query, { orderId })).order
  await expect.poll(state).toEqual({ revision: { state: 'APPLIED' } })
}

/** Waits until the placement has given back everything that it had. */
async function settled(orderId: string, state: string): Promise<void> {
  const placement = async () => (await orderOf(orderId)).placement
  await expect.poll(placement, { timeout: 60_000 }).toMatchObject({ state, endedAt: expect.any(String) })
}

async function customerOf(id: string) {
  const query = 'query ($id: ID!) { customer(id: $id) { creditLimit reservedCredit availableCredit } }'
  return (await ask<{ customer: Record<string, string> }>(desk.url(), query, { id })).customer
}

async function productOf(id: string) {
  const query = 'query ($id: ID!) { product(id: $id) { price inStock reserved available } }'
  return (await ask<{ product: Record<string, number | string> }>(desk.url(), query, { id })).product
}

/** The different numbers of reserved pieces among products. */
async function reservedOf(productIds: readonly string[]): Promise<Set<number>> {
  const reserved = new Set<number>()
  for (let n = 0; n < productIds.length; n += 100) {
    const ids = productIds.slice(n, n + 100)
    const query = `{ ${ids.map((id, at) => `p${at}: product(id: "${id}") { reserved }`).join(' ')} }`
    const found = await ask<Record<string, { reserved: number }>>(desk.url(), query)
    for (const product of Object.values(found)) reserved.add(product.reserved)
  }
  return reserved
}

async function ordersOf(customerId: string): Promise<{ id: string }[]> {
  const query = 'query ($customerId: ID!) { orders(filter: { customerId: $customerId }) { nodes { id } } }'
  return (await ask<{ orders: { nodes: { id: string }[] } }>(desk.url(), query, { customerId })).orders.nodes
}

interface RecordedEvent {
  type: string
  version: number
  position: string
  commandId: string | null
}

/** Where a position is in its log: inside it is a number. */
function placeOf(position = ''): number {
  return Number(position.split('-')[1])
}

/** At most 1,000. */
async function eventsOf(filter: Record<string, unknown>): Promise<RecordedEvent[]> {
  const query = `query ($filter: EventFilter, $after: String) { events(first: 100, filter: $filter, after: $after) {
    nodes { type version position commandId } pageInfo { hasNextPage endCursor } } }`
  const found: RecordedEvent[] = []
  let after: string | null = null
  for (let page = 0; page < 10; page++) {
    const { events }: { events: { nodes: RecordedEvent[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } =
      await ask(desk.url(), query, { filter, after })
    found.push(...events.nodes)
    if (!events.pageInfo.hasNextPage) break
    after = events.pageInfo.endCursor
  }
  return found
}
