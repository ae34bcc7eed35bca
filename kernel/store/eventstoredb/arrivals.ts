// One subscription at the server: its single events, collected into groups.
import { setImmediate as turn } from 'node:timers/promises'
import type { AllStreamResolvedEvent, AllStreamSubscription, Position as ServerPosition } from '@eventstore/db-client'
import { StoreUnavailable } from '../event-store.ts'
import { type Position, START } from '../position.ts'
import type { Client } from './client.ts'
import { checkpointAt, positionOf, serverPosition } from './events.ts'
import { untilDone } from './pages.ts'

/**
 * Events in the order of the log, and a position before which no further event will arrive, if the server reported one.
 */
export interface Handful {
  resolved: AllStreamResolvedEvent[]
  checkpoint: Position | undefined
}

/** The server or the connection has ended a subscription; `cause` is the reason that the client reported. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

interface Arrivals {
  /**
   * The events that have arrived, up to a limit; waits until there is at least one. The others wait in the client, then
   * at the server.
   * @returns `undefined` when the signal has aborted
   * @throws Interrupted, after all earlier events were returned
   */
  take(limit: number): Promise<Handful | undefined>
  /** Ends the subscription at the server. */
  leave(): void
}

/**
 * The largest number of events that wait in the client: the server drops a subscriber that lets 32 of them wait there.
 */
const BUFFERED = 1_000

/**
 * The number of filtered events after which the server reports its position. A smaller number would make it read the
 * log in small pages.
 */
const CHECKPOINT_EVERY = 1_000

/** Subscribes to the events of streams with a prefix after a position. */
export function arrivals(client: Client, prefix: string, after: Position, signal: AbortSignal): Arrivals {
  let checkpoint: ServerPosition | undefined
  let isConfirmed = false
  let isBeginKnown = after === START
  let failure: unknown
  let wake = () => {}

  const subscription: AllStreamSubscription = client.subscribeToAll(
    {
      fromPosition: after === START ? 'start' : serverPosition(after),
      filter: {
        filterOn: 'streamName',
        prefixes: [prefix],
        maxSearchWindow: CHECKPOINT_EVERY,
        checkpointInterval: 1,
        // The client passes an error from here to nobody: it only keeps it.
        checkpointReached: (_, position) => {
          checkpoint = position
          wake()
        },
      },
    },
    { highWaterMark: BUFFERED },
  )
  const ended = (error: unknown) => {
    failure ??= error
    wake()
  }
  // The listener stays: the client also emits errors after the end, and without a listener an error would end the
  // process.
  subscription.on('error', ended)
  subscription.on('end', () => ended(new Error('The server has ended the subscription.')))
  subscription.on('close', () => ended(new Error('The subscription was closed.')))
  subscription.on('readable', () => wake())
  subscription.on('confirmation', () => {
    isConfirmed = true
    wake()
  })
  const aborted = () => wake()
  signal.addEventListener('abort', aborted)

  return {
    async take(limit) {
      while (!signal.aborted) {
        if (isConfirmed && !isBeginKnown) {
          const skipped = await skippedAfter(client, after)
          isBeginKnown = true
          if (signal.aborted) return undefined
          if (skipped) return { resolved: [skipped], checkpoint: undefined }
        }
        const resolved: AllStreamResolvedEvent[] = []
        let isDrained = false
        while (isBeginKnown && resolved.length < limit && !isDrained) {
          const next: AllStreamResolvedEvent | null = subscription.read()
          if (next) resolved.push(next)
          else isDrained = true
        }
        // A checkpoint overtakes the events that still wait in the client. It is valid after all of them are taken.
        const reached = isDrained && checkpoint ? checkpointAt(checkpoint) : undefined
        if (isDrained) checkpoint = undefined
        if (resolved.length > 0 || reached !== undefined) return { resolved, checkpoint: reached }
        if (failure !== undefined) throw new Interrupted('The subscription has ended.', { cause: failure })
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        // Events that arrive together are passed on one by one: after one turn of the event loop all of them are here.
        await turn()
      }
      return undefined
    },

    leave() {
      signal.removeEventListener('abort', aborted)
      subscription.unsubscribe().catch(() => {})
      subscription.destroy()
    },
  }
}

/**
 * The server (23.10) begins a subscription after the first event that it finds at the position or after it. If a
 * scavenge has removed the event at the position, that first event is one that nobody has seen.
 * @param after is called when the subscription has begun: a later event cannot be the one that the server skips
 */
async function skippedAfter(client: Client, after: Position): Promise<AllStreamResolvedEvent | undefined> {
  const read = client.readAll({ direction: 'forwards', fromPosition: serverPosition(after), maxCount: 1 })
  try {
    for await (const first of untilDone(read)) return positionOf(first) > after ? first : undefined
  } catch (error) {
    const cause = error instanceof StoreUnavailable ? error.cause : error
    throw new Interrupted('It cannot be told where the subscription began.', { cause })
  }
  return undefined
}
