// Every mutation of the schema, and the command that it stands for.

import type { Cents } from '../../events/money.ts'
import { inParallel } from '../../kernel/in-parallel.ts'
import type { QuotedLine } from '../order/order.ts'
import type { ListPrices } from '../product/list-prices.ts'
import { inputs } from './input.ts'
import { mutation, parkedMutation } from './mutation.ts'

/** As many as the commands of one saga: an order of many lines does not take the places of the others on the bus. */
const PRICES_AT_ONCE = 64

export const mutations = {
  registerCustomer: mutation(
    'registerCustomer',
    'customer',
    inputs.registerCustomer,
    ({ name, creditLimit }, customerId) => ({ type: 'RegisterCustomer', customerId, name, creditLimit }),
  ),
  changeCreditLimit: mutation(
    'changeCreditLimit',
    'customer',
    inputs.changeCreditLimit,
    ({ creditLimit, expectedCreditLimit }, customerId) => ({
      type: 'ChangeCreditLimit',
      customerId,
      creditLimit,
      expectedCreditLimit,
    }),
  ),

  addProduct: mutation('addProduct', 'product', inputs.addProduct, ({ name, price, stock }, productId) => ({
    type: 'AddProduct',
    productId,
    name,
    price,
    stock,
  })),
  changePrice: mutation('changePrice', 'product', inputs.changePrice, ({ price, expectedPrice }, productId) => ({
    type: 'ChangePrice',
    productId,
    price,
    expectedPrice,
  })),
  receiveStock: mutation('receiveStock', 'product', inputs.receiveStock, ({ quantity }, productId) => ({
    type: 'ReceiveStock',
    productId,
    quantity,
  })),

  placeOrder: mutation(
    'placeOrder',
    'order',
    inputs.placeOrder,
    async ({ customerId, content, placedAt }, orderId, { prices, coordination }) => ({
      type: 'PlaceOrder',
      orderId,
      customerId,
      content: await contentOf(content, prices),
      placedAt,
      ...(coordination && { coordination }),
    }),
  ),
  reviseOrder: mutation(
    'reviseOrder',
    'order',
    inputs.reviseOrder,
    async ({ content, expectedVersion }, orderId, { prices }) => ({
      type: 'ReviseOrder',
      orderId,
      content: await contentOf(content, prices),
      expectedVersion,
    }),
  ),
  cancelOrder: mutation('cancelOrder', 'order', inputs.cancelOrder, ({ reason, expectedVersion }, orderId) => ({
    type: 'CancelOrder',
    orderId,
    reason,
    expectedVersion,
  })),
  shipOrder: mutation('shipOrder', 'order', inputs.shipOrder, ({ trackingCode, expectedVersion }, orderId) => ({
    type: 'ShipOrder',
    orderId,
    trackingCode,
    expectedVersion,
  })),
  recordPayment: mutation('recordPayment', 'order', inputs.recordPayment, ({ expectedVersion }, orderId) => ({
    type: 'RecordPayment',
    orderId,
    expectedVersion,
  })),

  retryParked: parkedMutation('retryParked', 'RetryParked'),
  discardParked: parkedMutation('discardParked', 'DiscardParked'),
}

async function contentOf({ lines, total }: Content, prices: ListPrices) {
  return lines ? { lines: await quoted(lines, prices) } : { total: total ?? 0 }
}

interface Content {
  lines?: QuotedLine[] | undefined
  total?: Cents | undefined
}

/** Lines with their prices: where none was agreed, the list price now, if there is one. Each product is asked for once. */
async function quoted(lines: readonly QuotedLine[], listed: ListPrices): Promise<QuotedLine[]> {
  const unpriced = new Set(lines.filter(({ unitPrice }) => unitPrice === undefined).map(({ productId }) => productId))
  const prices = new Map<string, Cents | undefined>()
  await inParallel([...unpriced], PRICES_AT_ONCE, async (productId) => {
    prices.set(productId, await listed.priceOf(productId))
  })
  return lines.map(({ productId, quantity, unitPrice }) => ({
    productId,
    quantity,
    unitPrice: unitPrice ?? prices.get(productId),
  }))
}
