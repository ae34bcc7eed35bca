// Repeats across an upgrade: the digests of commands stay as releases before have stored them.
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { digestOf } from './digest.ts'
import { mutations } from './index.ts'
import { checked, inputs } from './input.ts'

type Name = keyof typeof inputs

/** Computed by the release before `placedAt`: for each mutation without its optional fields, and with those that it had then. */
const STORED: [Name, object, digest: string][] = [
  ['registerCustomer', { name: 'Ada', creditLimit: 200000 }, 'bP+URNxI9xpgVB5GKM8q///Nh9g='],
  ['registerCustomer', { customerId: 'cus_1', name: 'Ada', creditLimit: 200000 }, 't6n1yLVMJkr3RaxXm4hKSeb/skU='],
  ['changeCreditLimit', { customerId: 'cus_1', creditLimit: 5 }, 'oTh3+c0LW0LXaXuEFUGBAWNa3go='],
  [
    'changeCreditLimit',
    { customerId: 'cus_1', creditLimit: 5, expectedCreditLimit: 7 },
    'wNYfFUw1YwVU2DRGIS1XGDBSJIQ=',
  ],
  ['addProduct', { name: 'Vase', price: 1250 }, 'YYeTaxHA3IrhBc40dZVNfVa5t8Y='],
  ['addProduct', { productId: 'prd_1', name: 'Vase', price: 1250, stock: 5 }, '50aA17iCAJhEWZYZYZfGZ+lGilM='],
  ['changePrice', { productId: 'prd_1', price: 1 }, 'u4M/ZUANB8wOPaPDeVFYatIbBnw='],
  ['changePrice', { productId: 'prd_1', price: 1, expectedPrice: 2 }, '9ZK2V1ROlXEBnQEfAVpwnQtRgh8='],
  ['receiveStock', { productId: 'prd_1', quantity: 3 }, 'p0qj9YYSczVQF8aSNP2loiW4+oQ='],
  ['placeOrder', { customerId: 'cus_1', content: { total: 500 } }, 'auNdEknf3ya8zx96gG1iBpJOGNg='],
  [
    'placeOrder',
    {
      orderId: 'ord_1',
      customerId: 'cus_1',
      content: {
        lines: [
          { productId: 'prd_1', quantity: 2 },
          { productId: 'prd_2', quantity: 1, unitPrice: 900 },
        ],
      },
    },
    'swHMDU3N8PlGfUigF2cA/1aIQlw=',
  ],
  [
    'reviseOrder',
    { orderId: 'ord_1', content: { lines: [{ productId: 'prd_1', quantity: 2 }] } },
    '4XCVI3khwyDb0+0pt9GgJLnYEj8=',
  ],
  [
    'reviseOrder',
    { orderId: 'ord_1', content: { lines: [{ productId: 'prd_1', quantity: 2, unitPrice: 3 }] }, expectedVersion: 2 },
    'zsAb3jMc4u5C3Xz9kBGri+7rCBk=',
  ],
  ['cancelOrder', { orderId: 'ord_1' }, 'yWGIpI8mqc5z65GYp6l37bgENZQ='],
  ['cancelOrder', { orderId: 'ord_1', reason: 'too late', expectedVersion: 1 }, 'RAD1D4ylyaGsviIEpQZotv9ej+8='],
  ['shipOrder', { orderId: 'ord_1' }, 'hgJxaAea5LPh8nH5Z07YjaBbOPI='],
  ['shipOrder', { orderId: 'ord_1', trackingCode: 'A1', expectedVersion: 2 }, '/qcGA9NBPvYilmdSXabEzqYOM8w='],
  ['recordPayment', { orderId: 'ord_1' }, 'QMptWJWeT6fJZqaBFYdggtM4k2s='],
  ['recordPayment', { orderId: 'ord_1', expectedVersion: 3 }, '58I7683mmsNX4l8A/SDS3XxLefw='],
  ['retryParked', { id: 'placement-ord_1' }, 'suDXgVvxAZgdxMZD2Lx/ubgJ81Q='],
  ['discardParked', { id: 'placement-ord_1' }, 'SaBvx66PqXQ/BgolVPtqceksxHA='],
]

test('every mutation has digests that an earlier release has stored', () => {
  expect(new Set(STORED.map(([name]) => name))).toEqual(new Set(Object.keys(mutations)))
})

test.each(STORED)('%s %j has the digest that an earlier release has stored', async (name, input, digest) => {
  expect(await digestSent(name, input)).toBe(digest)
})

test('an optional field has a digest of its own only where it is given', async () => {
  const [, input, digest] = STORED.find(([name]) => name === 'placeOrder') as (typeof STORED)[number]
  for (const placedAt of [null, undefined]) expect(await digestSent('placeOrder', { ...input, placedAt })).toBe(digest)
  const dated = await digestSent('placeOrder', { ...input, placedAt: '2010-12-01T08:26:00.000Z' })
  expect(dated).not.toBe(digest)
  expect(await digestSent('placeOrder', { ...input, placedAt: '2010-12-01T08:27:00.000Z' })).not.toBe(dated)
})

describe('a field that is added to an input later', () => {
  const before = { orderId: 'ord_1', content: { lines: [{ productId: 'prd_1' }, { productId: 'prd_2' }] } }
  const lines = (added: unknown) => ({
    orderId: 'ord_1',
    content: { lines: [{ productId: 'prd_1', added }, { productId: 'prd_2' }] },
  })

  test.each([undefined, null])('leaves the digest as it was where it is %s, at any depth', (absent) => {
    expect(digestOf('placeOrder', { ...before, added: absent })).toBe(digestOf('placeOrder', before))
    expect(digestOf('placeOrder', lines(absent))).toBe(digestOf('placeOrder', before))
  })

  test.each([0, false, '', [], [null]])('counts where it is %j', (value) => {
    expect(digestOf('placeOrder', { ...before, added: value })).not.toBe(digestOf('placeOrder', before))
    expect(digestOf('placeOrder', lines(value))).not.toBe(digestOf('placeOrder', before))
  })
})

/** `addProduct.stock` was 0 by default before this rule, and digests are stored with it. */
const DEFAULTS: Partial<Record<Name, object>> = { addProduct: { stock: 0 } }

test.each(Object.keys(inputs) as Name[])('%s: no optional field has a default in the input', (name) => {
  const shape: Record<string, z.ZodType> = inputs[name].shape
  const optional = Object.keys(shape).filter((field) => shape[field]?.safeParse(undefined).success)
  const defaults = optional.flatMap((field) => {
    const value = shape[field]?.parse(undefined)
    return value === undefined ? [] : [[field, value]]
  })
  expect(Object.fromEntries(defaults)).toEqual(DEFAULTS[name] ?? {})
})

async function digestSent(name: Name, input: object): Promise<string | undefined> {
  expect(checked(inputs[name], input)).toMatchObject({ ok: true })
  const sent: string[] = []
  const outcome = { accepted: true, duplicate: false, revision: 0, position: 1, events: [] } as const
  await mutations[name](
    undefined,
    { input: { commandId: 'c1', ...input } },
    {
      prices: { priceOf: async () => 1 },
      bus: {
        async send({ digest }) {
          sent.push(digest)
          return outcome
        },
      },
    },
  )
  return sent[0]
}
