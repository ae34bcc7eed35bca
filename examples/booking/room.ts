// A room is held for one booking a day. The booking is confirmed or declined once the answer about its equipment is known.
import type { Decider, Refusal } from '../../kernel/index.ts'
import type { Reason, RoomEvent } from './catalogue.ts'

type OfRoom = { roomId: string; bookingId: string }

export type RoomCommand =
  | ({ type: 'HoldRoom'; day: string; equipment: string[] } & OfRoom)
  | ({ type: 'ConfirmBooking' | 'CancelBooking' | 'VacateRoom' } & OfRoom)
  | ({ type: 'DeclineBooking'; reason: Reason } & OfRoom)

interface Booking {
  day: string
  status: 'HELD' | 'CONFIRMED' | 'OVER'
}

export const room: Decider<{ command: RoomCommand; state: Map<string, Booking>; event: RoomEvent }> = {
  initialState: () => new Map(),

  decide(command, bookings) {
    const { roomId, bookingId } = command
    const status = bookings.get(bookingId)?.status
    const impossible = refuse(`This is not possible: the booking is ${status ?? 'unknown'}.`)
    switch (command.type) {
      case 'HoldRoom': {
        const { day, equipment } = command
        if (status) return refuse(`The booking ${bookingId} exists already.`)
        const isTaken = [...bookings.values()].some((other) => other.day === day && other.status !== 'OVER')
        if (isTaken) return refuse(`The room ${roomId} is taken on ${day}.`)
        return [{ type: 'RoomHeld', data: { roomId, bookingId, day, equipment } }]
      }
      case 'ConfirmBooking':
        return status === 'HELD' ? [{ type: 'BookingConfirmed', data: { roomId, bookingId } }] : impossible
      case 'DeclineBooking': {
        const { reason } = command
        return status === 'HELD' ? [{ type: 'BookingDeclined', data: { roomId, bookingId, reason } }] : impossible
      }
      case 'CancelBooking':
        if (status !== 'HELD' && status !== 'CONFIRMED') return impossible
        return [{ type: 'BookingCancelled', data: { roomId, bookingId } }]
      case 'VacateRoom':
        return status === 'CONFIRMED' ? [{ type: 'RoomVacated', data: { roomId, bookingId } }] : impossible
      default:
        throw new Error(`A room knows no command ${JSON.stringify(command satisfies never)}`)
    }
  },

  evolve(bookings, { type, data }) {
    if (type === 'RoomHeld') return bookings.set(data.bookingId, { day: data.day, status: 'HELD' })
    const booking = bookings.get(data.bookingId)
    if (booking) booking.status = type === 'BookingConfirmed' ? 'CONFIRMED' : 'OVER'
    return bookings
  },
}

function refuse(message: string): Refusal {
  return { code: 'ILLEGAL_STATE', message }
}
