// The commands on the parked processes of one name: those that cannot continue, and wait for an operator.
import type { ParkedProcess, ParkingEvent, Trouble } from '../../store/kernel-events.ts'
import type { Decider, Refusal } from '../decider.ts'

export type ParkingCommand =
  | { type: 'Park'; saga: ParkedProcess; trouble: Trouble }
  | { type: 'RetryParked'; id: string }
  | { type: 'DiscardParked'; id: string }

/** The parked processes, by id. */
export type Parking = Map<string, ParkedProcess>

/**
 * The decider of parked processes, for streams of the category `parked`.
 * @param subject the clients' word for the subject of a parked process: `order`
 */
export function parkingOf(subject: string): Decider<{ command: ParkingCommand; state: Parking; event: ParkingEvent }> {
  const notParked = (id: string): Refusal => ({
    code: 'NOT_FOUND',
    message: `id must be the id of a parked ${subject}: ${id} is not parked.`,
    path: ['id'],
  })

  return {
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
          const { reason, steps, error, tries, ...saga } = data
          return parked.set(saga.id, saga)
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
}
