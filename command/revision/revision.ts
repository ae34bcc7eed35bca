// A revision of an order reserves the additions; then the new content replaces the old and the surplus is released, or
// all is as before.
import type {
  DomainEvent,
  RecordedEvent,
  RevisionFacts,
  RevisionRejectionReason,
  StockChange,
} from '../../events/catalogue.ts'
import { CREDIT, stockOf } from '../../events/placement.ts'
import { ask, type SagaDefinition, type Step } from '../../kernel/deciding/saga/definition.ts'

export const revision: SagaDefinition<RevisionFacts, RevisionRejectionReason, DomainEvent> = {
  name: 'revision',

  follows: 'order',
  startsWith: 'OrderRevisionRequested',
  noticing: ['OrderCancelled', 'OrderRevised'],
  idOf: ({ data }) => ('orderId' in data && 'revision' in data ? `${data.orderId}-${data.revision}` : undefined),
  about: (id) => ({ orderId: id.replace(/-\d+$/, ''), revision: Number(/\d+$/.exec(id)) }),

  begin: whatChanges,
  together: (order) => [credit(order), ...order.stock.map((change) => stock(order, change))],
  whenDone: ({ orderId, revision }) => ask(`order-${orderId}`, { type: 'ApplyRevision', orderId, revision }),
  otherwise: ({ orderId, revision }, reason) =>
    ask(`order-${orderId}`, { type: 'RejectRevision', orderId, revision, reason }),
  reasons: ['ALREADY_RELEASED', 'UNKNOWN_PRODUCT', 'CREDIT_LIMIT_EXCEEDED', 'OUT_OF_STOCK'],
  whenLate: 'TIMED_OUT',
  cancelledBy: 'OrderCancelled',

  within: 60_000,
  window: 64,
}

/** To raise is to reserve at least so much, to lower is to reserve at most so much: never less than the order costs at the time. */
function credit({ orderId, customerId, revision, total: { before, after } }: RevisionFacts): Step {
  const customer = `customer-${customerId}` as const
  const its = { customerId, orderId, revision }
  return {
    name: CREDIT,
    reserve: ask(customer, { type: 'RaiseCredit', ...its, to: after }),
    refusedBy: 'CreditRaiseRefused',
    undo: ask(customer, { type: 'LowerCredit', ...its, to: before }),
    settledOn: 'OrderRevised',
    settle: ask(customer, { type: 'LowerCredit', ...its, to: after }),
  }
}

/** The same for each product that it takes more or less of: from zero where it is new, to zero where it is left out. */
function stock({ orderId, revision }: RevisionFacts, { productId, before, after }: StockChange): Step {
  const product = `product-${productId}` as const
  const its = { productId, orderId, revision }
  return {
    name: stockOf(productId),
    reserve: ask(product, { type: 'RaiseStock', ...its, from: before, to: after }),
    refusedBy: 'StockRaiseRefused',
    undo: ask(product, { type: 'LowerStock', ...its, to: before }),
    settledOn: 'OrderRevised',
    settle: ask(product, { type: 'LowerStock', ...its, to: after }),
  }
}

function whatChanges(event: RecordedEvent): RevisionFacts {
  if (event.type !== 'OrderRevisionRequested') throw new Error(`A revision cannot begin with ${event.type}`)
  const { orderId, customerId, revision, total, revisedTotal, stock } = event.data
  return { orderId, customerId, revision, total: { before: total, after: revisedTotal }, stock }
}
