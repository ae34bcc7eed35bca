// The booking desk: the parts of the kernel, put together in the order in which data flows.
import { join } from 'node:path'
import {
  commandTo,
  followDocument,
  openCommandHandler,
  openFeed,
  openLogOf,
  openViewsOf,
  startProjector,
  startSagas,
} from '../../kernel/index.ts'
import { booking } from './booking.ts'
import { bookings } from './bookings.ts'
import { catalogue } from './catalogue.ts'
import { equipment } from './equipment.ts'
import { type RoomCommand, room } from './room.ts'

/** Opens the desk on the files of a directory, which it makes unless they are there. */
export async function openDesk(directory: string) {
  const store = await openLogOf(catalogue, join(directory, 'events.db'))
  const handler = openCommandHandler(store, { room: { decider: room }, equipment: { decider: equipment } })
  const sagas = await startSagas({ saga: booking, store, bus: handler })
  const views = await openViewsOf(store, join(directory, 'views.db'), [bookings])
  const feed = await openFeed({ views })
  const projector = startProjector({ store, views, projections: [bookings], onFolded: feed.look })

  return {
    send: (command: RoomCommand) => handler.send(commandTo(`room-${command.roomId}`, command)),

    /** The document of a booking now, and after every change. */
    follow: (bookingId: string) => followDocument({ views, feed }, bookings, bookingId),

    async close() {
      await sagas.stop()
      await projector.stop()
      await feed.close()
      await views.close()
      await store.close()
    },
  }
}
