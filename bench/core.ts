// The desk without GraphQL: log, views, projector, command handler and sagas.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, type CommandBus, openCommandHandler } from '../command/commands.ts'
import { placement } from '../command/placement/placement.ts'
import { policies } from '../command/placement/policies.ts'
import { revision } from '../command/revision/revision.ts'
import type { EventStore } from '../events/catalogue.ts'
import { openSqliteEventStore } from '../events/open-log.ts'
import { startPolicies } from '../kernel/deciding/choreography/start-policies.ts'
import { startSagas } from '../kernel/deciding/saga/start-sagas.ts'
import { openFeed } from '../kernel/projecting/feed/feed.ts'
import { openSqliteViewStore } from '../kernel/projecting/store/sqlite/sqlite-view-store.ts'
import type { StreamName } from '../kernel/store/event-store.ts'
import { logIdentity } from '../kernel/store/log-identity.ts'
import type { Position } from '../kernel/store/position.ts'
import { viewSet } from '../query/views/index.ts'
import { startProjectorThread } from '../server/projector/projector-thread.ts'

export interface Core {
  store: EventStore
  bus: CommandBus
  /** Waits until the views show everything that is recorded by now. */
  shown(): Promise<void>
  /** Sends a command that must be accepted; gives the position of what it recorded. */
  send(stream: StreamName, command: Command): Promise<Position>
  close(): Promise<void>
}

const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error }

/** @param watch may put something around the store, to count what goes through */
export async function openCore(directory: string, watch = (store: EventStore) => store): Promise<Core> {
  await mkdir(directory, { recursive: true })
  const files = { events: join(directory, 'events.db'), views: join(directory, 'views.db') }
  const store = watch(await openSqliteEventStore({ file: files.events }))
  const logId = await logIdentity(store)
  const views = await openSqliteViewStore({ file: files.views, logId, ...viewSet })
  const feed = await openFeed({ views, log: quiet })
  const projector = startProjectorThread({ places: { files }, logId, logLevel: 'warn' }, feed.look, quiet)
  const bus = openCommandHandler(store)
  const sagas = await startSagas({ saga: placement, store, bus, log: quiet })
  const revisions = await startSagas({ saga: revision, store, bus, log: quiet })
  const reactions = await startPolicies({ choreography: policies, store, bus, log: quiet })
  let sent = 0

  return {
    store,
    bus,
    async shown() {
      while (!(await feed.reached(await store.head(), 1_000)));
    },
    async send(stream, command) {
      const commandId = `bench-${sent++}`
      const outcome = await bus.send({ stream, command, commandId, digest: '', correlationId: commandId })
      if (!outcome.accepted) throw new Error(outcome.refusal.message)
      return outcome.position
    },
    async close() {
      await sagas.stop()
      await revisions.stop()
      await reactions.stop()
      await projector.stop()
      await feed.close()
      await views.close()
      await store.close()
    },
  }
}
