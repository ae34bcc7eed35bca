// Subscribers: they take message after message, lose the connection, and come back with the position of the last message.

import { follow } from '../kernel/projecting/feed/follow.ts'
import { live } from '../kernel/projecting/feed/live.ts'
import type { ViewDocument } from '../kernel/projecting/projection.ts'
import type { HistoryEntry } from '../kernel/projecting/store/view-store.ts'
import type { Position } from '../kernel/store/position.ts'
import type { Reads } from '../query/context.ts'
import { customerOrdersChanges, documentChanges } from '../query/resolvers/live-documents.ts'
import { orderEventFeed } from '../query/resolvers/live-events.ts'
import type { Gateway } from './desk.ts'
import type { Node } from './node.ts'
import type { Subscribed, Topic } from './plan/plan.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** A message: the position to resume from, and either an event or documents. */
export interface Heard {
  position: Position
  event?: HistoryEntry
  documents?: readonly ViewDocument[]
}

export interface Subscriber {
  readonly subscribed: Subscribed
  readonly heard: readonly Heard[]
  /** Everything after this position was to be heard. */
  since(): Position
  drop(): void
  /** Leaves for good. */
  leave(): void
}

interface Surroundings {
  gateway: Node<Gateway>
  time: VirtualTime
  random: Random
  /** From this moment on it takes no time over a message. */
  hurriesAt: number
}

export function openSubscriber(subscribed: Subscribed, { gateway, time, random, hurriesAt }: Surroundings): Subscriber {
  const heard: Heard[] = []
  let since: Position | undefined = 'fromStart' in subscribed.to && subscribed.to.fromStart ? 0 : undefined
  let beginning = since ?? 0
  let left = false
  let drop = () => {}

  async function run(): Promise<void> {
    while (!left) {
      const running = gateway.running()
      if (running) await listen(running.service.reads, running.life.signal)
      await time.pass(random.between(5, 200))
    }
  }

  /** Until the connection breaks, or the subscription ends. */
  async function listen(reads: Reads, crashed: AbortSignal): Promise<void> {
    const broken = new Promise<undefined>((resolve) => {
      drop = () => resolve(undefined)
    })
    const onCrash = () => drop()
    crashed.addEventListener('abort', onCrash)
    // Without a message there is nothing to resume from: it begins anew.
    if (since === undefined) beginning = reads.feed.position()
    const messages = open(subscribed.to, reads, since)
    try {
      for (;;) {
        const next = await Promise.race([messages.next(), broken])
        if (!next || next.done) return
        heard.push(next.value)
        since = next.value.position
        if (time.now() < hurriesAt) await time.pass(random.between(0, subscribed.dwells))
      }
    } catch {
      // The views are away: it comes back.
    } finally {
      crashed.removeEventListener('abort', onCrash)
      void messages.return?.()
    }
  }

  void run()
  return {
    subscribed,
    heard,
    since: () => beginning,
    drop: () => drop(),
    leave() {
      left = true
      drop()
    },
  }
}

function open(to: Topic, reads: Reads, since: Position | undefined): AsyncIterator<Heard, void> {
  if ('ordersOf' in to) {
    const changes = customerOrdersChanges(reads, to.ordersOf, since)
    return mapped(live(changes), ({ orders, position }) => ({ documents: orders, position }))
  }
  if ('view' in to) {
    const changes = documentChanges(reads, to.view, to.id, since)
    return mapped(live(changes), ({ document, position }) => ({ documents: document ? [document] : [], position }))
  }
  const customerId = to.customerId ?? null
  const feed = to.feed === 'events' ? follow(reads, {}, since) : orderEventFeed(reads, { customerId }, since)
  return mapped(live(feed), (item) => {
    return 'resumeSince' in item ? { position: item.resumeSince } : { event: item, position: item.position }
  })
}

function mapped<Item>(source: AsyncIterator<Item, void>, show: (item: Item) => Heard): AsyncIterator<Heard, void> {
  return {
    async next() {
      const next = await source.next()
      return next.done ? next : { done: false, value: show(next.value) }
    },
    async return() {
      await source.return?.()
      return { done: true, value: undefined }
    },
  }
}
