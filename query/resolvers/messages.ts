// The messages of a subscription on their way to the client, and what becomes of an error among them.

import { live, type Source } from '../../kernel/projecting/feed/live.ts'
import { StoreUnavailable } from '../../kernel/store/event-store.ts'
import type { QueryContext } from '../context.ts'
import { waitForLog } from './arguments.ts'
import { shownToClient } from './errors.ts'

type Message<Shown> = { shown: Shown } | { failure: unknown }

/**
 * A subscription field.
 * @param open begins to follow; what it throws refuses the subscription, and so does a `since` that the log does not have
 */
export function subscription<Arguments extends { since?: number | null | undefined }, Shown>(
  open: (args: Arguments, context: QueryContext) => AsyncIterableIterator<Message<Shown>, void>,
) {
  return {
    async subscribe(_: unknown, args: Arguments, context: QueryContext) {
      const items = open(args, context)
      try {
        await waitForLog(args.since, context)
        return items
      } catch (refusal) {
        await items.return?.()
        throw refusal
      }
    },
    resolve(message: Message<Shown>): Shown {
      if ('failure' in message) throw shownToClient(message.failure)
      return message.shown
    },
  }
}

/**
 * The items of a source as messages. An item that cannot be shown becomes a message with errors, and the next one follows; a source that
 * fails ends with such a message. So does one with an item that cannot be shown while a store is away: its reader resumes from the last
 * message, and misses nothing.
 */
export function messages<Item, Shown>(
  source: Source<Item>,
  show: (item: Item) => Shown | Promise<Shown>,
): AsyncIterableIterator<Message<Shown>, void> {
  const items = live(source)
  const ended = { value: undefined, done: true } as const
  let isAway = false
  const shown: AsyncIterableIterator<Message<Shown>, void> = {
    async next() {
      if (isAway) return shown.return?.() ?? ended
      try {
        const { value, done } = await items.next()
        return done ? ended : { value: { shown: await show(value) }, done: false }
      } catch (failure) {
        isAway = failure instanceof StoreUnavailable
        return { value: { failure }, done: false }
      }
    },
    async return() {
      await items.return?.()
      return ended
    },
    [Symbol.asyncIterator]: () => shown,
  }
  return shown
}
