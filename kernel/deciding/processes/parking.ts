// What can be asked of the parked sagas of one name: those that cannot go on by themselves, and wait for an operator.
import type { ParkedSaga, ParkingEvent, SagaTrouble } from '../../../events/catalogue.ts'
import type { Decider, Refusal } from '../decider.ts'

export type ParkingCommand =
  | { type: 'Park'; saga: ParkedSaga; trouble: SagaTrouble }
  | { type: 'RetryParked'; id: string }
  | { type: 'DiscardParked'; id: string }

/** What is parked now, by the id of the saga. */
export type Parking = Map<string, ParkedSaga>

export const parking: Decider<{ command: ParkingCommand; state: Parking; event: ParkingEvent }> = {
  initialState: () => new Map(),

  decide(command, parked) {
    if (command.type === 'Park') {
      const { saga, trouble } = command
      return parked.has(saga.id) ? [] : [{ type: 'SagaParked', data: { ...saga, ...trouble } }]
    }
    const saga = parked.get(command.id)
    if (!saga) return notParked(command.id)
    switch (command.type) {
      case 'RetryParked':
        return [{ type: 'SagaRetried', data: saga }]
      case 'DiscardParked':
        return [{ type: 'SagaDiscarded', data: saga }]
      default:
        throw new Error(`A parking knows no command ${JSON.stringify(command satisfies never)}`)
    }
  },

  evolve(parked, { type, data }) {
    switch (type) {
      case 'SagaParked': {
        const { saga, id, orderId, revision, follows } = data
        return parked.set(id, { saga, id, orderId, ...(revision !== undefined && { revision }), follows })
      }
      case 'SagaRetried':
      case 'SagaDiscarded':
        parked.delete(data.id)
        return parked
      default:
        throw new Error(`A parking knows no event ${type satisfies never}`)
    }
  },

  skipsUnreadable: true,

  weight: ({ size }) => size,
}

function notParked(id: string): Refusal {
  return { code: 'NOT_FOUND', message: `id must be the id of a parked order: ${id} is not parked.`, path: ['id'] }
}
