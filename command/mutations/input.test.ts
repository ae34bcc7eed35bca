// The rules for the input of each mutation: every limit has a sentence, which names the wrong field.
import { describe, expect, test } from 'vitest'
import { MAX_CENTS, parseMoney } from '../../events/money.ts'
import { checked, inputs } from './input.ts'

type Name = keyof typeof inputs

/** An input of each mutation that has nothing wrong. */
const valid = {
  registerCustomer: { name: 'Acme Tools', creditLimit: 0 },
  changeCreditLimit: { customerId: 'cus_1', creditLimit: MAX_CENTS },
  addProduct: { name: 'Hammer', price: 0, stock: 2 ** 31 - 1 },
  changePrice: { productId: 'prd_1', price: 1 },
  receiveStock: { productId: 'prd_1', quantity: 1 },
  placeOrder: { customerId: 'cus_1', content: { lines: [{ productId: 'prd_1', quantity: 1 }] } },
  reviseOrder: { orderId: 'ord_1', content: { total: 0 } },
  cancelOrder: { orderId: 'ord_1' },
  shipOrder: { orderId: 'ord_1' },
  recordPayment: { orderId: 'ord_1' },
  retryParked: { id: 'placement-ord_1' },
  discardParked: { id: 'placement-ord_1' },
} as const satisfies Record<Name, object>

const names = Object.keys(valid) as Name[]

/** The messages about an input: `customerId must be …`, each with its path. */
function told(name: Name, changes: object): { path: string; message: string }[] {
  const check = checked(inputs[name], { ...valid[name], ...changes })
  if (check.ok) return []
  return check.errors.map(({ code, message, path }) => {
    expect(code).toBe('INVALID_INPUT')
    return { path: path?.join('.') ?? '', message }
  })
}

const lines = (...all: object[]) => ({ content: { lines: all } })
const line = (changes: object = {}) => ({ productId: 'prd_1', quantity: 1, ...changes })

test.each(names)('%s: what is right is accepted', (name) => {
  expect(told(name, {})).toEqual([])
})

describe('a commandId', () => {
  test.each(names)('%s: has 1 to 128 characters, is not blank and does not begin with ~', (name) => {
    for (const commandId of ['x', 'x'.repeat(128), 'a~', '🛒', null, undefined])
      expect(told(name, { commandId })).toEqual([])
    const wrong = [
      ['', 'commandId must have 1 to 128 characters.'],
      ['x'.repeat(129), 'commandId must have 1 to 128 characters.'],
      [' ', 'commandId must not be blank.'],
      ['~placement-ord_1/credit/reserve', 'commandId must not begin with ~.'],
      ['half \ud83d of it', 'commandId must be valid Unicode, without half of a surrogate pair.'],
    ]
    for (const [commandId, message] of wrong) {
      expect(told(name, { commandId })).toEqual([{ path: 'input.commandId', message }])
    }
  })
})

test('a parked order has the id of its saga', () => {
  for (const name of ['retryParked', 'discardParked'] as const) {
    expect(told(name, { id: 'placement-ord_with-hyphens' })).toEqual([])
    for (const id of ['', 'ord_1', 'placement-', '-ord_1', 'placement-ord 1', `placement-${'x'.repeat(129)}`]) {
      const message = 'id must be the id of a parked order, such as placement-ord_1.'
      expect(told(name, { id })).toEqual([{ path: 'input.id', message }])
    }
  }
})

describe('placedAt', () => {
  const fromNow = (ms: number) => new Date(Date.now() + ms).toISOString()

  test('may be any time that is past, as far as clocks agree on that', () => {
    for (const placedAt of [undefined, null, '0000-01-01T00:00:00.000Z', fromNow(0), fromNow(3_000)]) {
      expect(told('placeOrder', { placedAt })).toEqual([])
    }
  })

  test('is not in the future', () => {
    for (const placedAt of [fromNow(30_000), fromNow(3_600_000), '9999-12-31T23:59:59.999Z']) {
      const message = 'placedAt must not be in the future.'
      expect(told('placeOrder', { placedAt })).toEqual([{ path: 'input.placedAt', message }])
    }
  })
})

describe('an id has its form', () => {
  const fields: [Name, string, string][] = [
    ['registerCustomer', 'customerId', 'cus_'],
    ['changeCreditLimit', 'customerId', 'cus_'],
    ['addProduct', 'productId', 'prd_'],
    ['changePrice', 'productId', 'prd_'],
    ['receiveStock', 'productId', 'prd_'],
    ['placeOrder', 'orderId', 'ord_'],
    ['placeOrder', 'customerId', 'cus_'],
    ['cancelOrder', 'orderId', 'ord_'],
    ['shipOrder', 'orderId', 'ord_'],
    ['recordPayment', 'orderId', 'ord_'],
  ]
  test.each(fields)('%s: %s', (name, field, prefix) => {
    for (const id of [`${prefix}a`, `${prefix}${'Z-_9'.repeat(16)}`]) expect(told(name, { [field]: id })).toEqual([])
    const message = `${field} must be ${prefix} followed by 1 to 64 characters of A-Z a-z 0-9 _ -.`
    for (const id of ['', prefix, `${prefix}${'x'.repeat(65)}`, `${prefix}ä`, `${prefix}a\n`, `x${prefix}1`, 'abc_1']) {
      expect(told(name, { [field]: id })).toEqual([{ path: `input.${field}`, message }])
    }
  })

  test('also in a line', () => {
    const [{ path, message } = { path: '', message: '' }] = told(
      'placeOrder',
      lines(line(), line({ productId: 'cus_1' })),
    )
    expect(path).toBe('input.content.lines.1.productId')
    expect(message).toBe('content.lines.1.productId must be prd_ followed by 1 to 64 characters of A-Z a-z 0-9 _ -.')
  })
})

describe('money is from 0 to 2^53 - 1 cents', () => {
  const fields: [Name, string][] = [
    ['registerCustomer', 'creditLimit'],
    ['changeCreditLimit', 'creditLimit'],
    ['changeCreditLimit', 'expectedCreditLimit'],
    ['addProduct', 'price'],
    ['changePrice', 'price'],
    ['changePrice', 'expectedPrice'],
    ['placeOrder', 'content.total'],
    ['placeOrder', 'content.lines.0.unitPrice'],
  ]
  const input = (field: string, amount: unknown) =>
    field === 'content.total'
      ? { content: { total: amount } }
      : field.endsWith('unitPrice')
        ? lines(line({ unitPrice: amount }))
        : { [field]: amount }

  test.each(fields)('%s: %s', (name, field) => {
    for (const text of ['0', '0.01', '90071992547409.91']) {
      expect(told(name, input(field, parseMoney(text)))).toEqual([])
    }
    for (const text of ['-0.01', '-90071992547409.92', '-1000000000000000000000']) {
      const message = `${field} must not be negative.`
      expect(told(name, input(field, parseMoney(text)))).toEqual([{ path: `input.${field}`, message }])
    }
    for (const text of ['90071992547409.92', '1000000000000000000000']) {
      const message = `${field} must be at most 90071992547409.91.`
      expect(told(name, input(field, parseMoney(text)))).toEqual([{ path: `input.${field}`, message }])
    }
  })
})

describe('a quantity', () => {
  test('that is received or ordered is from 1 to 2^31 - 1', () => {
    for (const quantity of [1, 2 ** 31 - 1]) {
      expect(told('receiveStock', { quantity })).toEqual([])
      expect(told('placeOrder', lines(line({ quantity })))).toEqual([])
    }
    for (const [quantity, message] of [
      [0, 'must be at least 1.'],
      [-1, 'must be at least 1.'],
      [2 ** 31, 'must be at most 2147483647.'],
    ] as const) {
      expect(told('receiveStock', { quantity })).toEqual([{ path: 'input.quantity', message: `quantity ${message}` }])
      const path = 'content.lines.0.quantity'
      expect(told('placeOrder', lines(line({ quantity })))).toEqual([
        { path: `input.${path}`, message: `${path} ${message}` },
      ])
    }
  })

  test('of all lines of a product together is at most 2^31 - 1', () => {
    const most = line({ quantity: 2 ** 31 - 1 })
    const other = line({ productId: 'prd_2' })
    expect(told('placeOrder', lines(most, other))).toEqual([])
    const message = 'content.lines.2.quantity must be at most 2147483647 for all lines of prd_1 together.'
    expect(told('placeOrder', lines(most, other, line()))).toEqual([
      { path: 'input.content.lines.2.quantity', message },
    ])
  })

  test('that is in stock from the beginning is from 0 to 2^31 - 1', () => {
    expect(told('addProduct', { stock: 0 })).toEqual([])
    expect(told('addProduct', { stock: -1 })).toEqual([{ path: 'input.stock', message: 'stock must not be negative.' }])
    expect(told('addProduct', { stock: 2 ** 31 })).toMatchObject([{ path: 'input.stock' }])
  })
})

describe('a text', () => {
  const fields: [Name, string, number][] = [
    ['registerCustomer', 'name', 200],
    ['addProduct', 'name', 200],
    ['shipOrder', 'trackingCode', 100],
    ['cancelOrder', 'reason', 500],
  ]
  test.each(fields)('%s: %s has 1 to %i characters and is not blank', (name, field, most) => {
    expect(told(name, { [field]: 'x'.repeat(most) })).toEqual([])
    for (const text of ['', 'x'.repeat(most + 1)]) {
      const message = `${field} must have 1 to ${most} characters.`
      expect(told(name, { [field]: text })).toEqual([{ path: `input.${field}`, message }])
    }
    expect(told(name, { [field]: ' \t' })).toEqual([{ path: `input.${field}`, message: `${field} must not be blank.` }])
    expect(told(name, { [field]: '\ud83d\udd28' })).toEqual([])
    const message = `${field} must be valid Unicode, without half of a surrogate pair.`
    expect(told(name, { [field]: '\udd28\ud83d' })).toEqual([{ path: `input.${field}`, message }])
  })
})

test('an expected version is at least 1', () => {
  for (const name of ['cancelOrder', 'shipOrder', 'recordPayment'] as const) {
    expect(told(name, { expectedVersion: 1 })).toEqual([])
    const message = 'expectedVersion must be at least 1.'
    expect(told(name, { expectedVersion: 0 })).toEqual([{ path: 'input.expectedVersion', message }])
  }
})

test('an order has 1 to 2,000 lines', () => {
  expect(told('placeOrder', lines(...Array(2_000).fill(line())))).toEqual([])
  expect(told('placeOrder', lines())).toEqual([
    { path: 'input.content.lines', message: 'content.lines must have at least one line.' },
  ])
  expect(told('placeOrder', lines(...Array(2_001).fill(line())))).toEqual([
    { path: 'input.content.lines', message: 'content.lines must have at most 2000 lines.' },
  ])
})

test('an order has lines or a total', () => {
  expect(told('placeOrder', { content: { total: 5 } })).toEqual([])
  for (const content of [{}, { total: 5, lines: [line()] }]) {
    const message = 'content must have either lines or total.'
    expect(told('placeOrder', { content })).toEqual([{ path: 'input.content', message }])
  }
})

test('several problems are reported together, each once', () => {
  const changes = {
    commandId: '~',
    customerId: 'x',
    ...lines(line({ quantity: 0, unitPrice: -1 }), line({ productId: '' })),
  }
  expect(told('placeOrder', changes).map(({ path }) => path)).toEqual([
    'input.commandId',
    'input.customerId',
    'input.content.lines.0.quantity',
    'input.content.lines.0.unitPrice',
    'input.content.lines.1.productId',
  ])
})

test('null and absent mean the same', () => {
  const optional: [Name, string[]][] = [
    ['registerCustomer', ['commandId', 'customerId']],
    ['changeCreditLimit', ['commandId', 'expectedCreditLimit']],
    ['addProduct', ['commandId', 'productId']],
    ['changePrice', ['commandId', 'expectedPrice']],
    ['receiveStock', ['commandId']],
    ['placeOrder', ['commandId', 'orderId']],
    ['cancelOrder', ['commandId', 'reason', 'expectedVersion']],
    ['shipOrder', ['commandId', 'trackingCode', 'expectedVersion']],
    ['recordPayment', ['commandId', 'expectedVersion']],
  ]
  for (const [name, fields] of optional) {
    const nulls = Object.fromEntries(fields.map((field) => [field, null]))
    expect(checked(inputs[name], { ...valid[name], ...nulls })).toEqual(checked(inputs[name], valid[name]))
  }
  const unpriced = checked(inputs.placeOrder, { ...valid.placeOrder, ...lines(line({ unitPrice: null })) })
  expect(unpriced).toEqual(checked(inputs.placeOrder, valid.placeOrder))
})

test('no stock is a stock of zero, as the schema says', () => {
  const { stock: _, ...without } = valid.addProduct
  const zero = checked(inputs.addProduct, { ...without, stock: 0 })
  expect(checked(inputs.addProduct, { ...without, stock: null })).toEqual(zero)
  expect(checked(inputs.addProduct, without)).toEqual(zero)
})
