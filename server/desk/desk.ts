// The desk, or the parts of it that run in this process, put together in the order in which data flows. This file is an overview of
// the system.
import { openFeed } from '../../kernel/projecting/feed/feed.ts'
import { deskHealth, ownRoles, type RunningRoles } from '../health/desk-health.ts'
import { startHealthServer } from '../health/health-server.ts'
import { commandBuses, runCommands } from '../roles/commands.ts'
import { runGateway } from '../roles/gateway.ts'
import { hintsOf } from '../roles/hints.ts'
import { runProjector } from '../roles/projector.ts'
import { answerRollCall, startRollCall } from '../roles/roll-call.ts'
import { runSagas } from '../roles/sagas.ts'
import type { Settings } from '../settings/settings.ts'
import { closeBackwards, type Opened } from './close-backwards.ts'
import { type Infrastructure, openInfrastructure } from './infrastructure.ts'
import { waitingForServers } from './stores.ts'
import { openViews } from './views.ts'

export interface Desk {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  url: string
  /** Lets commands that are under way finish, ends subscriptions properly, and closes everything. */
  close(): Promise<void>
}

/**
 * Starts a desk: all of its roles and everything embedded, but for what the settings name.
 * @throws DataDirectoryUnusable, ViewsOfAnotherLog, or when the address is taken or a server cannot be reached
 */
export async function startDesk(settings: Settings): Promise<Desk> {
  const opened = closeBackwards()
  try {
    const infrastructure = await openInfrastructure(settings, opened)
    const url = await startRoles(infrastructure, settings, opened)
    return { url, close: opened.close }
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function startRoles(infrastructure: Infrastructure, settings: Settings, opened: Opened): Promise<string> {
  const { roles, messaging, log } = infrastructure
  const { coordination, filled } = settings
  const running: RunningRoles = {}
  const hints = hintsOf(infrastructure)

  const views = roles.has('gateway') || roles.has('projector') ? await openViews(infrastructure, settings) : undefined
  opened.push(async () => views?.close())
  const feed =
    views && roles.has('gateway')
      ? await waitingForServers(infrastructure.places, log)(() => openFeed({ views, log }))
      : undefined
  if (feed) {
    opened.push(() => feed.close())
    hints.listen(feed.look)
    views?.whenReopened(feed.restart)
  }

  if (views && roles.has('projector')) {
    const projector = await runProjector(infrastructure, views, hints.viewsMoved)
    opened.push(() => projector.stop())
    running.projector = projector
  }

  if (messaging && roles.has('command')) {
    const commands = await runCommands(infrastructure, messaging)
    opened.push(() => commands.stop())
    running.command = commands
  }
  const buses = commandBuses(infrastructure)

  if (roles.has('saga')) {
    const sagas = await runSagas(infrastructure, buses.sagas, settings)
    opened.push(() => sagas.stop())
    running.saga = sagas
  }

  const rollCall = feed && messaging ? startRollCall({ ...infrastructure, messaging }) : undefined
  opened.push(() => rollCall?.stop())
  const health = () => deskHealth(infrastructure, running, { feed, rollCall })
  const front =
    views && feed
      ? await runGateway(infrastructure, {
          address: settings,
          views,
          feed,
          bus: buses.clients,
          health,
          coordination,
          filled,
        })
      : await startHealthServer(settings, health, log)
  opened.push(() => front.close())
  // To the end: what is being handed over is held still.
  if (messaging) answerRollCall({ ...infrastructure, messaging }, () => ownRoles(running))
  return front.url
}
