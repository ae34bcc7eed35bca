// The sagas that were parked because they cannot go on by themselves: what is wrong with each, and what an operator made of it.
import { type DomainEvent, type ProcessName, parkedEvents } from '../../events/catalogue.ts'
import { listed } from '../../kernel/projecting/listed-events.ts'
import { changed, type Projection, type ViewDocument } from '../../kernel/projecting/projection.ts'
import type { Trouble } from '../../kernel/store/kernel-events.ts'

/** Its id is the name of the saga's stream: `placement-ord_1`. */
export interface ParkedDocument extends ViewDocument, Trouble {
  saga: ProcessName
  orderId: string
  status: 'PARKED' | 'RETRIED' | 'DISCARDED'
  parkedAt: string
  /** How often it was parked in all. */
  timesParked: number
}

export const parked: Projection<ParkedDocument, DomainEvent> = {
  name: 'parked',
  version: 1,
  queriedBy: { status: 'exact' },
  orderedBy: { parkedAt: 'text' },
  events: { parked: listed(parkedEvents, ['SagaParked', 'SagaRetried', 'SagaDiscarded'], []) },

  documentsOf({ type, data }) {
    switch (type) {
      case 'SagaParked':
      case 'SagaRetried':
      case 'SagaDiscarded':
        return [`${data.saga}-${data.id}`]
      case 'Unreadable':
        // Their stream has those of all orders: it does not name the order of this one.
        throw new Error(`it cannot be read: ${data.problem}`)
      default:
        return []
    }
  },

  evolve(document, event) {
    switch (event.type) {
      case 'SagaParked': {
        const { saga, id, orderId, reason, steps, error, tries } = event.data
        return {
          id: `${saga}-${id}`,
          saga,
          orderId,
          status: 'PARKED',
          reason,
          steps,
          error,
          tries,
          parkedAt: event.recordedAt,
          timesParked: (document?.timesParked ?? 0) + 1,
          position: event.position,
          createdAt: document?.createdAt ?? event.recordedAt,
          updatedAt: event.recordedAt,
        }
      }
      case 'SagaRetried':
        return document && changed(document, event, { status: 'RETRIED' })
      case 'SagaDiscarded':
        return document && changed(document, event, { status: 'DISCARDED' })
      default:
        return document
    }
  },
}
