// The view of bookings: one document for each, with the state of its equipment.
import { begun, changed, listed, type Projection, type ViewDocument } from '../../kernel/index.ts'
import { type Event, equipmentEvents, roomEvents } from './catalogue.ts'

export interface BookingDocument extends ViewDocument {
  roomId: string
  day: string
  status: 'HELD' | 'CONFIRMED' | 'DECLINED' | 'CANCELLED' | 'OVER'
  equipment: Readonly<Record<string, 'RESERVED' | 'REFUSED' | 'RELEASED'>>
}

export const bookings: Projection<BookingDocument, Event> = {
  name: 'bookings',
  version: 1,
  queriedBy: { roomId: 'exact', status: 'exact' },
  orderedBy: { createdAt: 'text' },
  events: {
    room: listed(
      roomEvents,
      ['RoomHeld', 'BookingConfirmed', 'BookingDeclined', 'BookingCancelled', 'RoomVacated'],
      [],
    ),
    equipment: listed(equipmentEvents, ['EquipmentReserved', 'EquipmentRefused', 'EquipmentReleased'], []),
  },
  documentsOf: ({ data }) => ('bookingId' in data ? [data.bookingId] : []),

  evolve(booking, event) {
    if (event.type === 'RoomHeld') {
      const { bookingId, roomId, day } = event.data
      return { ...begun(bookingId, event), roomId, day, status: 'HELD', equipment: {} }
    }
    if (!booking) return undefined
    const withStatus = (status: BookingDocument['status']) => changed(booking, event, { status })
    const withEquipment = (id: string, state: BookingDocument['equipment'][string]) =>
      changed(booking, event, { equipment: { ...booking.equipment, [id]: state } })

    switch (event.type) {
      case 'BookingConfirmed':
        return withStatus('CONFIRMED')
      case 'BookingDeclined':
        return withStatus('DECLINED')
      case 'BookingCancelled':
        return withStatus('CANCELLED')
      case 'RoomVacated':
        return withStatus('OVER')
      case 'EquipmentReserved':
        return withEquipment(event.data.equipmentId, 'RESERVED')
      case 'EquipmentRefused':
        return withEquipment(event.data.equipmentId, 'REFUSED')
      case 'EquipmentReleased':
        return withEquipment(event.data.equipmentId, 'RELEASED')
      default:
        return booking
    }
  },
}
