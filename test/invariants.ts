// What must hold at every prefix of the log, and at its end.
import type { RecordedEvent } from '../events/store/event-store.ts'

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
        if (add(reserved, data.customerId, data.amount) > (limits.get(data.customerId) ?? 0)) {
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
      case 'StockShipped':
        if (!held.delete(`${data.productId} ${data.orderId}`)) tell(`${data.orderId} shipped what it had not reserved`)
        break
    }
  }
  return wrong
}

/** What is reserved in the end for orders that should hold nothing, or not reserved for orders that should. */
export function heldAtEnd(events: readonly RecordedEvent[]): string[] {
  const status = new Map<string, string>()
  const held = new Map<string, Set<string>>()
  const holdings = (orderId: string) => {
    const existing = held.get(orderId) ?? new Set()
    held.set(orderId, existing)
    return existing
  }
  for (const { type, data } of events) {
    if (type.startsWith('Order') && 'orderId' in data) status.set(data.orderId, type)
    if (type === 'CreditReserved') holdings(data.orderId).add('credit')
    if (type === 'CreditReleased') holdings(data.orderId).delete('credit')
    if (type === 'StockReserved') holdings(data.orderId).add(data.productId)
    if (type === 'StockReleased' || type === 'StockShipped') holdings(data.orderId).delete(data.productId)
  }
  return [...status].flatMap(([orderId, last]) => {
    const holds = [...holdings(orderId)]
    if (last === 'OrderPlaced') return [`${orderId} is not decided`]
    if (last === 'OrderApproved') return holds.includes('credit') ? [] : [`${orderId} is approved without credit`]
    if (last === 'OrderShipped') return holds.length === 1 ? [] : [`${orderId} is shipped and holds ${holds}`]
    return holds.length === 0 ? [] : [`${orderId} still holds ${holds} after ${last}`]
  })
}
