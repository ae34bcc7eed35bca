// The sessions of a projector, one after another: a session folds into one set of views, and the next begins when those are lost.
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../../kernel/logger.ts'
import type { ProjectorHealth } from '../../kernel/projecting/projector/projector.ts'
import { rebuildPauses } from '../../kernel/projecting/store/rebuild-pauses.ts'
import type { ViewStore, ViewsLost } from '../../kernel/projecting/store/view-store.ts'

export interface Session {
  health(): ProjectorHealth
  /** Stops the projector and closes its views. */
  end(): Promise<void>
}

export interface Sessions {
  /** Between two sessions it is retrying, after the loss of the views. */
  health(): ProjectorHealth
  stop(): Promise<void>
}

interface Options {
  first: ViewStore
  begin(views: ViewStore, onLost: (lost: ViewsLost) => void): Session
  /** Opens the views that take the place of the lost ones. An error that it throws goes to `onFailed`. */
  open(lost: ViewsLost): Promise<ViewStore>
  /** No other session can begin. */
  onFailed(error: unknown): void
  log: Pick<Logger, 'warn'>
  /** The least pause before the next session, in ms: readers open the views at the same time. */
  pauseMs: number
}

/**
 * Begins the first session. A projector's knowledge of lost views does not hold for the next ones: another projector begins at their
 * checkpoint, when the former one has ended and closed its views.
 */
export function startSessions({ first, begin, open, onFailed, log, pauseMs }: Options): Sessions {
  const stopping = new AbortController()
  const { signal } = stopping
  const pauseAfter = rebuildPauses()
  let replacing: Promise<void> | undefined
  let lastLoss: { message: string; at: string } | undefined
  let session = begin(first, replace)

  function replace(lost: ViewsLost): void {
    if (signal.aborted || replacing) return
    lastLoss = { message: lost.message, at: new Date().toISOString() }
    // Started a turn later: views can be lost while their session is still beginning.
    replacing = Promise.resolve()
      .then(() => replaced(lost))
      .catch(onFailed)
      .finally(() => {
        replacing = undefined
      })
  }

  async function replaced(lost: ViewsLost): Promise<void> {
    const waitsMs = Math.max(pauseMs, pauseAfter(lost))
    log.warn({ err: lost, waitsMs }, 'The views are lost; they are rebuilt from the log')
    await ended()
    await pause(waitsMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const views = await open(lost)
    if (signal.aborted) await views.close()
    else session = begin(views, replace)
  }

  /** Views that are lost may be closed only with a failure, which harms nobody. */
  async function ended(): Promise<void> {
    await session.end().catch((err: unknown) => log.warn({ err }, 'The lost views could not be closed'))
  }

  return {
    health() {
      const health = session.health()
      return replacing && lastLoss ? { ...health, retrying: true, lastFailure: lastLoss } : health
    },

    async stop() {
      const wasReplaced = replacing !== undefined
      const former = session
      stopping.abort()
      await replacing
      if (!wasReplaced || session !== former) await session.end()
    },
  }
}
