// The messages of a subscription on their way to the client, and what becomes of an error among them.
import type { QueryContext } from '../context.ts'
import { stoppable } from '../feed/stoppable.ts'
import { shownToClient } from './errors.ts'

type Message<Shown> = { shown: Shown } | { failure: unknown }

/**
 * A subscription field.
 * @param open begins to follow; what it throws refuses the subscription
 */
export function subscription<Arguments, Shown>(
  open: (args: Arguments, context: QueryContext) => AsyncIterableIterator<Message<Shown>, void>,
) {
  return {
    subscribe: (_: unknown, args: Arguments, context: QueryContext) => open(args, context),
    resolve(message: Message<Shown>): Shown {
      if ('failure' in message) throw shownToClient(message.failure)
      return message.shown
    },
  }
}

/**
 * The items of a source as messages. An item that cannot be shown becomes a message with errors, and the next one follows; a source that
 * fails ends with such a message. Thrown from the iterator, it would end every subscription of the same WebSocket.
 */
export function messages<Item, Shown>(
  source: AsyncIterableIterator<Item, void>,
  show: (item: Item) => Shown | Promise<Shown>,
): AsyncIterableIterator<Message<Shown>, void> {
  async function message(item: Item): Promise<Message<Shown>> {
    try {
      return { shown: await show(item) }
    } catch (failure) {
      return { failure }
    }
  }

  async function* all(): AsyncGenerator<Message<Shown>, void> {
    try {
      for await (const item of source) yield await message(item)
    } catch (failure) {
      yield { failure }
    }
  }

  return stoppable(all(), () => void source.return?.())
}
