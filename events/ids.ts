// The ids of customers, orders and products: their form, and the ids that the desk makes when a client gives none.
import { v5 as uuidV5 } from 'uuid'

export type Entity = 'customer' | 'order' | 'product'

const PREFIX = { customer: 'cus_', order: 'ord_', product: 'prd_' } as const satisfies Record<Entity, string>

/** The form of each entity's ids, in words for an error message. */
export const ID_FORM = {
  customer: 'cus_ followed by 1 to 64 characters of A-Z a-z 0-9 _ -',
  order: 'ord_ followed by 1 to 64 characters of A-Z a-z 0-9 _ -',
  product: 'prd_ followed by 1 to 64 characters of A-Z a-z 0-9 _ -',
} as const satisfies Record<Entity, string>

/** The form of the ids of each entity. */
export const ID = { customer: /^cus_[\w-]{1,64}$/, order: /^ord_[\w-]{1,64}$/, product: /^prd_[\w-]{1,64}$/ } as const

/** Whether a text has the form of an id of that entity: `isId('order', 'ord_1')`. It says nothing of whether there is one. */
export function isId(entity: Entity, text: string): boolean {
  return ID[entity].test(text)
}

/** The name space of generated ids (RFC 9562, version 5). To change it would let a retry make a second order. */
const NAMESPACE = '8a6c2a3e-6f0b-4c57-9d0e-5b1f0c7f3d21'

/**
 * The id of an entity that a mutation creates when the client gives none. It follows from the mutation's name and the
 * `commandId`, so that a retry creates the same one: `generatedId('order', 'placeOrder', commandId)`.
 */
export function generatedId(entity: Entity, mutation: string, commandId: string): string {
  return `${PREFIX[entity]}${uuidV5(`${mutation}/${commandId}`, NAMESPACE)}`
}
