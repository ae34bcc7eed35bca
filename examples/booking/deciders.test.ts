// The rules of rooms and equipment.
import { test } from 'vitest'
import { given } from '../../kernel/deciding/given.ts'
import type { RoomEvent } from './catalogue.ts'
import { equipment } from './equipment.ts'
import { room } from './room.ts'

const day = '2030-05-01'
const ofRoom = { roomId: 'attic', bookingId: 'b1' }
const held = { type: 'RoomHeld', data: { ...ofRoom, day, equipment: ['beamer'] } } satisfies RoomEvent
const confirmed = { type: 'BookingConfirmed', data: ofRoom } as const
const ofBeamer = { equipmentId: 'beamer', bookingId: 'b1' }
const reserved = { type: 'EquipmentReserved', data: { ...ofBeamer, day } } as const
const released = { type: 'EquipmentReleased', data: ofBeamer } as const

test('a free room is held', () => {
  given(room)
    .when({ type: 'HoldRoom', ...held.data })
    .then(held)
})

test('a room is held for one booking a day', () => {
  const other = { type: 'HoldRoom', ...held.data, bookingId: 'b2' } as const
  given(room, held).when(other).thenRefused({ code: 'ILLEGAL_STATE' })
  given(room, held, { type: 'BookingCancelled', data: ofRoom })
    .when(other)
    .then({ type: 'RoomHeld', data: { ...held.data, bookingId: 'b2' } })
})

test('a booking is confirmed or declined while its room is held', () => {
  given(room, held)
    .when({ type: 'ConfirmBooking', ...ofRoom })
    .then(confirmed)
  given(room, held, confirmed)
    .when({ type: 'DeclineBooking', ...ofRoom, reason: 'TAKEN' })
    .thenRefused({})
})

test('a piece of equipment is reserved for one booking a day', () => {
  given(equipment)
    .when({ type: 'ReserveEquipment', ...reserved.data })
    .then(reserved)
  given(equipment, reserved)
    .when({ type: 'ReserveEquipment', ...reserved.data, bookingId: 'b2' })
    .then({ type: 'EquipmentRefused', data: { ...ofBeamer, bookingId: 'b2', reason: 'TAKEN' } })
})

test('a reservation that comes after its release is refused', () => {
  given(equipment, released)
    .when({ type: 'ReserveEquipment', ...reserved.data })
    .then({ type: 'EquipmentRefused', data: { ...ofBeamer, reason: 'ALREADY_RELEASED' } })
})
