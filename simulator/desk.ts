// The desk under test: its real parts, each role in a process of its own, over stores and a bus that are far away.

import { openCommandHandler, type ShopBus } from '../command/commands.ts'
import { placement } from '../command/placement/placement.ts'
import { policies } from '../command/placement/policies.ts'
import { revision } from '../command/revision/revision.ts'
import type { EventStore, PlacementFacts } from '../events/catalogue.ts'
import type { Choreography } from '../kernel/deciding/choreography/definition.ts'
import { startPolicies } from '../kernel/deciding/choreography/start-policies.ts'
import { startSagas } from '../kernel/deciding/saga/start-sagas.ts'
import { openFeed } from '../kernel/projecting/feed/feed.ts'
import { type Projector, startProjector } from '../kernel/projecting/projector/projector.ts'
import type { ViewStore } from '../kernel/projecting/store/view-store.ts'
import { logIdentity } from '../kernel/store/log-identity.ts'
import { type Reads, readsOn } from '../query/context.ts'
import { projections, viewSet } from '../query/views/index.ts'
import { farBus, type Handler } from './far-bus.ts'
import { farLog } from './far-log.ts'
import { farViews } from './far-views.ts'
import { type MemoryLog, openMemoryEventStore } from './memory-event-store.ts'
import { type MemoryViews, openMemoryViewStore } from './memory-view-store.ts'
import { type Life, type Node, openNode } from './node.ts'
import type { Poison } from './poison.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Weather } from './weather.ts'

/** The parts of a process that serves clients. */
export interface Gateway {
  bus: ShopBus
  reads: Reads
  stop(): Promise<void>
}

/** The processes of a desk. */
export const NODES = ['command handler 1', 'command handler 2', 'saga runner', 'projector', 'gateway'] as const

export type NodeName = (typeof NODES)[number]

export interface Desk {
  sagas: Node<AllSagas>
  projector: Node<Projector>
  gateway: Node<Gateway>
  node(name: NodeName): Node<unknown>
  /** A second process of a role that should have one: a lease does not keep a stopped process from going on later. */
  zombie: { sagas(): Node<AllSagas>; projector(): Node<Projector> }
  /** All of them, without zombies. */
  nodes: readonly Node<unknown>[]
}

/** Parts that take the place of the real ones, with a bug each: to see whether it is found. */
export interface Sabotage {
  /** The log and the views themselves, for everybody. */
  log?(log: EventStore): EventStore
  views?(views: ViewStore, kept: MemoryViews): ViewStore
  /** The views as the projector has them. */
  projectorViews?(views: ViewStore): ViewStore
  openHandler?(log: EventStore): ShopBus
  policies?(choreography: Choreography<PlacementFacts>): Choreography<PlacementFacts>
}

/** Of placements in both styles, and of revisions. */
interface AllSagas {
  atWork(): number
  stop(): Promise<void>
}

interface World {
  log: MemoryLog
  views: MemoryViews
  /** By how much the clock of the log is wrong, in milliseconds. */
  clockError(): number
  time: VirtualTime
  weather: Weather
  poison: Poison
  random: (key: string) => Random
  /** How long a placement may take, and how many of its commands may be under way. */
  within: number
  window: number
  sabotage: Sabotage
}

const log = { debug() {}, info() {}, warn() {}, error() {} }

export function openDesk({ time, weather, poison, random, sabotage, ...world }: World): Desk {
  const asItIs = <Part>(part: Part) => part
  const { log: aroundLog = asItIs, views: aroundViews = asItIs } = sabotage
  const {
    projectorViews = asItIs,
    policies: aroundPolicies = asItIs,
    openHandler = (log) => openCommandHandler(log, { singleWriter: false, rememberedOfStream: 4, snapshotEvery: 6 }),
  } = sabotage

  const store = aroundLog(openMemoryEventStore(world.log, () => Date.now() + world.clockError()))
  const { within, window } = world

  const logOf = (life: Life, name: string) => farLog(store, { life, weather, time, random: random(name) })
  const busOf = (life: Life) => farBus({ life, weather, time, handlers })
  const viewsOf = async (life: Life, name: string) => {
    const logId = await logIdentity(logOf(life, name))
    const views = aroundViews(openMemoryViewStore(world.views, { logId, ...viewSet }), world.views)
    return farViews(views, { life, weather, random: random(name) })
  }

  const handlerNode = (name: NodeName) =>
    openNode<Handler>(name, time, async (life) => {
      const handler = openHandler(logOf(life, name))
      const send: ShopBus['send'] = async (message) => {
        if (poison.strikes(message)) throw new Error(`a bug in ${message.command.type}`)
        return handler.send(message)
      }
      return { ...handler, send, stop: async () => {} }
    })
  const handlers = [handlerNode('command handler 1'), handlerNode('command handler 2')]

  const sagasNode = (name: string) =>
    openNode<AllSagas>(name, time, async (life) => {
      const store = logOf(life, name)
      await logIdentity(store)
      const bus = busOf(life)
      const all = [
        await startSagas({ saga: { ...placement, within, window }, store, bus, log }),
        await startSagas({ saga: { ...revision, within, window }, store, bus, log }),
        await startPolicies({ choreography: { ...aroundPolicies(policies), within, window }, store, bus, log }),
      ]
      return {
        atWork: () => all.reduce((sum, sagas) => sum + sagas.health().atWork, 0),
        stop: async () => void (await Promise.all(all.map((sagas) => sagas.stop()))),
      }
    })
  const sagas = sagasNode('saga runner')

  const projectorNode = (name: string) =>
    openNode<Projector>(name, time, async (life) => {
      const views = projectorViews(await viewsOf(life, name))
      const onFolded = (checkpoint: number) => {
        if (weather.strikes('hint lost', 'hint')) return
        void life
          .asks(() => weather.way('hint', 'views slow'))
          .then(() => gateway.running()?.service.reads.feed.look(checkpoint))
      }
      return startProjector({ store: logOf(life, name), views, projections, onFolded, log })
    })
  const projector = projectorNode('projector')

  const gateway = openNode<Gateway>('gateway', time, async (life) => {
    const views = await viewsOf(life, 'gateway')
    const feed = await openFeed({ views, log })
    // Subscribers make no position up.
    const logEnd = async () => Number.POSITIVE_INFINITY
    const reads = readsOn({ views, feed, logEnd, currency: 'EUR', version: '' })
    return { bus: busOf(life), reads, stop: feed.close }
  })

  const nodes: readonly Node<unknown>[] = [...handlers, sagas, projector, gateway]
  return {
    sagas,
    projector,
    gateway,
    node: (name) => nodes.find((node) => node.name === name) as Node<unknown>,
    zombie: {
      sagas: () => sagasNode('second saga runner'),
      projector: () => projectorNode('second projector'),
    },
    nodes,
  }
}
