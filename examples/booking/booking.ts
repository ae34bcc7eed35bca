// A booking is confirmed when all of its equipment is reserved. Otherwise the room and the equipment are released.
import { ask, type SagaDefinition } from '../../kernel/index.ts'
import type { Event, Reason } from './catalogue.ts'
import type { EquipmentCommand } from './equipment.ts'
import type { RoomCommand } from './room.ts'

type Facts = Extract<Event, { type: 'RoomHeld' }>['data']

export const booking: SagaDefinition<Facts, Reason, Event> = {
  name: 'booking',
  follows: 'room',
  startsWith: 'RoomHeld',
  noticing: ['BookingCancelled', 'RoomVacated'],
  cancelledBy: 'BookingCancelled',
  idOf: ({ data }) => ('bookingId' in data ? data.bookingId : undefined),
  about: (bookingId) => ({ bookingId }),

  begin(event) {
    if (event.type !== 'RoomHeld') throw new Error(`A booking cannot begin with ${event.type}`)
    return event.data
  },
  together: ({ bookingId, day, equipment }) =>
    equipment.map((equipmentId) => ({
      name: equipmentId,
      reserve: ofEquipment({ type: 'ReserveEquipment', equipmentId, bookingId, day }),
      refusedBy: 'EquipmentRefused',
      undo: ofEquipment({ type: 'ReleaseEquipment', equipmentId, bookingId }),
      settledOn: 'RoomVacated',
    })),
  whenDone: ({ roomId, bookingId }) => ofRoom({ type: 'ConfirmBooking', roomId, bookingId }),
  otherwise: ({ roomId, bookingId }, reason) => ofRoom({ type: 'DeclineBooking', roomId, bookingId, reason }),
  reasons: ['TAKEN', 'ALREADY_RELEASED'],
  whenLate: 'TIMED_OUT',
  within: 60_000,
  window: 16,
}

const ofRoom = (command: RoomCommand) => ask(`room-${command.roomId}`, command)
const ofEquipment = (command: EquipmentCommand) => ask(`equipment-${command.equipmentId}`, command)
