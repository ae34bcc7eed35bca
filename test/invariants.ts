// The invariants that must hold at every prefix of the log, and at its end.
import type { OrderLine, RecordedEvent } from '../events/catalogue.ts'

/** Every place where more credit was reserved than the limit allowed, or more stock than there was, or something given back twice. */
export function overdrafts(events: readonly RecordedEvent[]): string[] {
  const limits = new Map<string, number>()
  const reserved = new Map<string, number>()
  const stock = new Map<string, number>()
  const held = new Map<string, number>()
  const wrong: string[] = []
  const add = (sums: Map<string, number>, key: string, amount: number) => {
    const sum = (sums.get(key) ?? 0) + amount
    sums.set(key, sum)
    return sum
  }

  for (const { type, data, position } of events) {
    const tell = (what: string) => wrong.push(`${what} at ${position}`)
    switch (type) {
      case 'CustomerRegistered':
      case 'CreditLimitChanged':
        limits.set(data.customerId, data.creditLimit)
        break
      case 'CreditReserved':
        if (held.has(`${data.customerId} ${data.orderId}`)) tell(`${data.orderId} reserved credit twice`)
        held.set(`${data.customerId} ${data.orderId}`, data.amount)
        add(reserved, data.customerId, data.amount)
        if ((reserved.get(data.customerId) ?? 0) > (limits.get(data.customerId) ?? 0)) {
          tell(`${data.customerId} is over the limit`)
        }
        break
      case 'CreditReleased':
        if (data.amount > 0 && held.get(`${data.customerId} ${data.orderId}`) !== data.amount) {
          tell(`${data.orderId} gave back credit that it did not have`)
        }
        held.delete(`${data.customerId} ${data.orderId}`)
        add(reserved, data.customerId, -data.amount)
        break
      case 'CreditReservationRaised':
      case 'CreditReservationLowered': {
        const key = `${data.customerId} ${data.orderId}`
        const change = type === 'CreditReservationRaised' ? data.by : -data.by
        if (data.by < 0 || held.get(key) !== data.amount - change) tell(`${data.orderId} has lost count of its credit`)
        held.set(key, data.amount)
        const sum = add(reserved, data.customerId, change)
        if (change > 0 && sum > (limits.get(data.customerId) ?? 0)) tell(`${data.customerId} is over the limit`)
        break
      }
      case 'StockReceived':
        add(stock, data.productId, data.quantity)
        break
      case 'StockReserved':
        if (held.has(`${data.productId} ${data.orderId}`)) tell(`${data.orderId} reserved ${data.productId} twice`)
        held.set(`${data.productId} ${data.orderId}`, data.quantity)
        if (add(stock, data.productId, -data.quantity) < 0) tell(`${data.productId} is below zero`)
        break
      case 'StockReleased':
        if (data.quantity > 0 && held.get(`${data.productId} ${data.orderId}`) !== data.quantity) {
          tell(`${data.orderId} gave back ${data.productId} that it did not have`)
        }
        held.delete(`${data.productId} ${data.orderId}`)
        add(stock, data.productId, data.quantity)
        break
      case 'StockReservationRaised':
      case 'StockReservationLowered': {
        const key = `${data.productId} ${data.orderId}`
        const change = type === 'StockReservationRaised' ? data.by : -data.by
        if (data.by < 0 || (held.get(key) ?? 0) !== data.quantity - change) {
          tell(`${data.orderId} has lost count of ${data.productId}`)
        }
        if (data.quantity > 0) held.set(key, data.quantity)
        else held.delete(key)
        if (add(stock, data.productId, -change) < 0) tell(`${data.productId} is below zero`)
        break
      }
      case 'StockShipped':
        if (held.get(`${data.productId} ${data.orderId}`) !== data.quantity) {
          tell(`${data.orderId} shipped what it had not reserved`)
        }
        held.delete(`${data.productId} ${data.orderId}`)
        break
    }
  }
  return wrong
}

/**
 * Everything that is reserved in the end for orders that should hold nothing, or not reserved for orders that should, or not shipped.
 * @param except orders that cannot go on: they wait for an operator, or were given up by one
 */
export function heldAtEnd(events: readonly RecordedEvent[], except: ReadonlySet<string> = new Set()): string[] {
  const orders = new Map<string, Holder>()
  const of = (orderId: string) => {
    const known = orders.get(orderId) ?? { status: '', content: new Map(), held: new Map(), shipped: new Map() }
    orders.set(orderId, known)
    return known
  }
  for (const { type, data } of events) {
    switch (type) {
      case 'OrderPlaced':
      case 'OrderRevised':
        of(data.orderId).content = contentOf(data)
        break
      case 'CreditReserved':
      case 'CreditReservationRaised':
      case 'CreditReservationLowered':
        of(data.orderId).held.set('credit', data.amount)
        break
      case 'CreditReleased':
        of(data.orderId).held.delete('credit')
        break
      case 'StockReserved':
      case 'StockReservationRaised':
      case 'StockReservationLowered':
        of(data.orderId).held.set(data.productId, data.quantity)
        break
      case 'StockReleased':
        of(data.orderId).held.delete(data.productId)
        break
      case 'StockShipped':
        of(data.orderId).held.delete(data.productId)
        of(data.orderId).shipped.set(data.productId, data.quantity)
        break
    }
    if (type.startsWith('Order') && 'orderId' in data) of(data.orderId).status = statusAfter(type)
  }
  return [...orders].flatMap(([orderId, { status, content, held, shipped }]) => {
    const stock = new Map([...content].filter(([what]) => what !== 'credit'))
    const credit = new Map([...content].filter(([what]) => what === 'credit'))
    if (except.has(orderId)) return []
    switch (status) {
      case '':
        return []
      case 'OrderPlaced':
        return [`${orderId} is not decided`]
      case 'OrderRevisionRequested':
        return [`a revision of ${orderId} is not decided`]
      case 'OrderApproved':
        return differences(`${orderId} is approved and holds`, held, content)
      case 'OrderShipped':
        return [
          ...differences(`${orderId} is shipped and holds`, held, credit),
          ...differences(`${orderId} shipped`, shipped, stock),
        ]
      default:
        return differences(`${orderId} holds after ${status}`, held, new Map())
    }
  })
}

interface Holder {
  status: string
  /** `credit` and the ids of products, and how much of each the order is over. */
  content: Map<string, number>
  held: Map<string, number>
  shipped: Map<string, number>
}

function contentOf({ total, lines }: { total: number; lines: readonly OrderLine[] }): Map<string, number> {
  const content = new Map([['credit', total]])
  for (const { productId, quantity } of lines) content.set(productId, (content.get(productId) ?? 0) + quantity)
  return content
}

/** A revision that is decided leaves an order approved. */
function statusAfter(type: string): string {
  return type === 'OrderRevised' || type === 'OrderRevisionRejected' ? 'OrderApproved' : type
}

function differences(what: string, actual: Map<string, number>, expected: Map<string, number>): string[] {
  return [...new Set([...actual.keys(), ...expected.keys()])]
    .filter((key) => (actual.get(key) ?? 0) !== (expected.get(key) ?? 0))
    .map((key) => `${what} ${actual.get(key) ?? 0} of ${key} instead of ${expected.get(key) ?? 0}`)
}
