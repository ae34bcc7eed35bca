// The whole booking desk: command, saga, view and subscription, on real files.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BookingDocument } from './bookings.ts'
import { openDesk } from './desk.ts'

let directory: string
let desk: Awaited<ReturnType<typeof openDesk>>

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'booking-'))
  desk = await openDesk(directory)
})

afterEach(async () => {
  await desk.close()
  await rm(directory, { recursive: true })
})

test('a booking is confirmed when all of its equipment is reserved', async () => {
  const booked = until('b1', ({ status }) => status === 'CONFIRMED')
  await hold('b1', 'attic', ['beamer', 'piano'])
  expect(await booked).toMatchObject({ roomId: 'attic', equipment: { beamer: 'RESERVED', piano: 'RESERVED' } })
})

test('a booking without all of its equipment keeps neither the room nor the rest', async () => {
  await hold('b1', 'attic', ['beamer'])
  await until('b1', ({ status }) => status === 'CONFIRMED')
  await hold('b2', 'cellar', ['piano', 'beamer'])
  const declined = await until('b2', ({ equipment }) => equipment.piano === 'RELEASED')
  expect(declined.equipment).toEqual({ beamer: 'REFUSED', piano: 'RELEASED' })
  await until('b2', ({ status }) => status === 'DECLINED')

  await hold('b3', 'cellar', ['piano'])
  await until('b3', ({ status }) => status === 'CONFIRMED')
})

test('equipment is released when its booking is cancelled and when the room is vacated', async () => {
  for (const type of ['CancelBooking', 'VacateRoom'] as const) {
    await hold(type, 'attic', ['beamer'])
    await until(type, ({ status }) => status === 'CONFIRMED')
    await desk.send({ type, roomId: 'attic', bookingId: type })
    await until(type, ({ equipment }) => equipment.beamer === 'RELEASED')
  }
})

test('a booking that a restart cuts off goes on, and the desk still knows all others', async () => {
  await hold('b1', 'attic', ['beamer'])
  await until('b1', ({ status }) => status === 'CONFIRMED')
  await hold('b2', 'cellar', ['beamer'])
  await desk.close()
  await rm(join(directory, 'views.db'))
  desk = await openDesk(directory)
  await until('b2', ({ status }) => status === 'DECLINED')
  expect(await until('b1', () => true)).toMatchObject({ status: 'CONFIRMED', equipment: { beamer: 'RESERVED' } })
})

async function hold(bookingId: string, roomId: string, equipment: string[]): Promise<void> {
  const outcome = await desk.send({ type: 'HoldRoom', roomId, bookingId, day: '2030-05-01', equipment })
  expect(outcome).toMatchObject({ accepted: true })
}

async function until(bookingId: string, holds: (booking: BookingDocument) => boolean): Promise<BookingDocument> {
  for await (const { document } of desk.follow(bookingId)) if (document && holds(document)) return document
  throw new Error('The subscription ended.')
}
