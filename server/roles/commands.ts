// The role `command`: decides commands, those of its own process or those of the partitions that it holds.
import {
  type CommandBus,
  openCommandHandler,
  openRemoteBus,
  type ShopBus,
  serveCommands,
} from '../../command/commands.ts'
import { PARTITIONS } from '../../kernel/deciding/bus/partitions.ts'
import { openLease } from '../../kernel/lease/lease.ts'
import type { Messaging } from '../../kernel/messaging/messaging.ts'
import type { Infrastructure } from '../desk/infrastructure.ts'
import type { RunningRole } from './active-once.ts'
import { reaches } from './reaches.ts'

/**
 * Where the parts of this process send their commands. The gateway and the sagas have limits of their own, so that no client waits behind
 * the thousands of commands that sagas repeat after a takeover. Sagas wait for their turn as long as that takes; a client is refused
 * soon, and may try another time.
 */
export function commandBuses({ messaging, namespace, store, alone, log }: Infrastructure): {
  clients: ShopBus
  sagas: CommandBus
} {
  if (messaging) {
    return {
      clients: openRemoteBus({ messaging, namespace }),
      sagas: openRemoteBus({ messaging, namespace, turnWithinMs: Number.POSITIVE_INFINITY }),
    }
  }
  const handler = openCommandHandler(store, { singleWriter: alone, log })
  return { clients: handler, sagas: handler }
}

/**
 * Serves the partitions of this process; the others are served by other processes with this role. One that is cut off from the messages
 * leaves its partitions to those.
 */
export async function runCommands(infrastructure: Infrastructure, messaging: Messaging): Promise<RunningRole> {
  const { store, namespace, holder, log } = infrastructure
  const handler = openCommandHandler(store, { singleWriter: false, log })
  const served = serveCommands({ messaging, namespace, handler, holds: (partition) => lease.holds(partition) })
  const lease = await openLease({
    store,
    name: 'commands',
    shares: PARTITIONS,
    holder,
    onTaken: served.take,
    onLost: served.give,
    isAble: reaches(messaging),
    log,
  })
  return {
    async health() {
      const partitions = lease.held().length
      return { ...lease.health(), active: partitions, figures: { partitions } }
    },
    async stop() {
      await lease.release()
      await served.stop()
    },
  }
}
