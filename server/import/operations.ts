// The GraphQL operations that the import sends to the desk. The texts never change, so the desk parses each of them once.
import type { RejectionReason } from '../../events/catalogue.ts'

/** The answer to a mutation, as far as the import reads it. */
export interface CommandAnswer {
  payload: {
    receipt: { duplicate: boolean } | null
    userErrors: { code: string; message: string }[]
  }
}

/** An order as the desk shows it; `total` is Money. */
export interface OrderState {
  id: string
  status: 'PENDING' | 'APPROVED' | 'REJECTED' | 'CANCELLED' | 'SHIPPED' | 'PAID'
  rejectionReason: RejectionReason | null
  total: string
}

export const DESK = 'query Desk { desk { currency version } }'

export const REGISTER_CUSTOMER = `mutation RegisterCustomer($input: RegisterCustomerInput!) {
  payload: registerCustomer(input: $input) { receipt { duplicate } userErrors { code message } }
}`

export const ADD_PRODUCT = `mutation AddProduct($input: AddProductInput!) {
  payload: addProduct(input: $input) { receipt { duplicate } userErrors { code message } }
}`

export const PLACE_ORDER = `mutation PlaceOrder($input: PlaceOrderInput!) {
  payload: placeOrder(input: $input) { receipt { duplicate } userErrors { code message } }
}`

/** The number of orders that one query reads: few enough for any limit on the price of a query. */
export const ORDERS_AT_ONCE = 25
const places = Array.from({ length: ORDERS_AT_ONCE }, (_, place) => place)

export const ORDER_STATES = `query OrderStates(${places.map((place) => `$id${place}: ID!`).join(' ')}) {
  ${places.map((place) => `o${place}: order(id: $id${place}) { ...State }`).join('\n  ')}
}
fragment State on Order { id status rejectionReason total }`

/** The variables of ORDER_STATES for up to ORDERS_AT_ONCE ids; with fewer, the last one stands in the places left over. */
export function orderStatesVariables(orderIds: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(places.map((place) => [`id${place}`, orderIds[place] ?? orderIds.at(-1)]))
}
