// Every event of the booking of rooms with their equipment.
import * as z from 'zod'
import { defineCatalogue, type EventOf, type EventsOf, parkedCategory, sagaCategory } from '../../kernel/index.ts'

const id = z.string().regex(/^\w+$/)
const day = z.iso.date()
const ofRoom = { roomId: id, bookingId: id }
const ofEquipment = { equipmentId: id, bookingId: id }
const facts = { ...ofRoom, day, equipment: z.array(id) }
const reason = z.enum(['TAKEN', 'ALREADY_RELEASED', 'TIMED_OUT'])
export type Reason = z.output<typeof reason>

export const roomEvents = {
  RoomHeld: z.object(facts),
  BookingConfirmed: z.object(ofRoom),
  BookingDeclined: z.object({ ...ofRoom, reason }),
  BookingCancelled: z.object(ofRoom),
  RoomVacated: z.object(ofRoom),
}
export type RoomEvent = EventOf<typeof roomEvents>

export const equipmentEvents = {
  EquipmentReserved: z.object({ ...ofEquipment, day }),
  EquipmentRefused: z.object({ ...ofEquipment, reason }),
  EquipmentReleased: z.object(ofEquipment),
}
export type EquipmentEvent = EventOf<typeof equipmentEvents>

export const catalogue = defineCatalogue({
  version: 1,
  categories: {
    room: { streams: /^room-(\w+)$/, events: roomEvents, about: ({ roomId }) => roomId },
    equipment: { streams: /^equipment-(\w+)$/, events: equipmentEvents, about: ({ equipmentId }) => equipmentId },
    booking: sagaCategory('booking', { subject: { bookingId: id }, facts, reason }),
    parked: parkedCategory(['booking'], { bookingId: id }),
  },
})

export type Event = EventsOf<typeof catalogue>
