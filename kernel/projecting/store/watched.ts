// A view store that reports when its views are lost: removed, replaced or damaged while they are open.
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../../logger.ts'
import { rebuildPauses } from './rebuild-pauses.ts'
import { type ViewStore, ViewsLost } from './view-store.ts'

/** The same store; its errors are still thrown. */
export function watchedViews(views: ViewStore, onLost: (lost: ViewsLost) => void): ViewStore {
  async function watch<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      if (error instanceof ViewsLost) onLost(error)
      throw error
    }
  }
  return {
    get: (view, ids) => watch(views.get(view, ids)),
    page: (view, query) => watch(views.page(view, query)),
    count: (view, filter, limit) => watch(views.count(view, filter, limit)),
    history: (query) => watch(views.history(query)),
    write: (batch) => watch(views.write(batch)),
    checkpoint: () => watch(views.checkpoint()),
    lastFolded: () => watch(views.lastFolded()),
    broken: () => watch(views.broken()),
    close: () => views.close(),
  }
}

/** Views that are lost again at once are not reopened for a while: the cause is elsewhere then. */
const REOPENED_AFTER_MS = 5_000
const TRIED_AGAIN_AFTER_MS = 500

interface Options {
  /** Opens the views. @param lost those that were open before */
  open: (lost?: ViewsLost) => Promise<ViewStore>
  /** The views are open again. A projector, in any process, rebuilds them from here on. */
  onReopened: () => void
  log: Pick<Logger, 'warn'>
}

/**
 * A view store for readers that reopens lost views; until then every function throws ViewsLost. A writer has to begin
 * again itself, at the checkpoint of the views that it finds.
 * @throws the errors of the first `open`
 */
export async function reopenedViews({ open, onReopened, log }: Options): Promise<ViewStore> {
  const closing = new AbortController()
  const { signal } = closing
  const pauseAfter = rebuildPauses()
  let openedAt = Number.NEGATIVE_INFINITY
  let reopening: Promise<void> | undefined
  let current = watched(await open())

  function watched(views: ViewStore): ViewStore {
    return watchedViews(views, (lost) => {
      if (!signal.aborted) reopening ??= reopen(lost).finally(() => (reopening = undefined))
    })
  }

  async function reopen(lost: ViewsLost): Promise<void> {
    const pauseMs = pauseAfter(lost)
    const waitsMs = Math.max(0, openedAt + REOPENED_AFTER_MS - performance.now(), pauseMs)
    log.warn({ err: lost, waitsMs }, 'The views are lost; they are opened again, and built anew from the log')
    await unlessAborted(waitsMs, signal)
    while (!signal.aborted) {
      try {
        const next = await openedUnlessAborted(() => open(lost), signal)
        if (!next) return
        const former = current
        current = watched(next)
        openedAt = performance.now()
        await former.close().catch(() => {})
        onReopened()
        return
      } catch (err) {
        if (signal.aborted) return
        log.warn({ err }, 'The views cannot be opened again; it is tried once more')
        await unlessAborted(TRIED_AGAIN_AFTER_MS, signal)
      }
    }
  }

  return {
    get: (view, ids) => current.get(view, ids),
    page: (view, query) => current.page(view, query),
    count: (view, filter, limit) => current.count(view, filter, limit),
    history: (query) => current.history(query),
    write: (batch) => current.write(batch),
    checkpoint: () => current.checkpoint(),
    lastFolded: () => current.lastFolded(),
    broken: () => current.broken(),
    async close() {
      closing.abort()
      await reopening
      await current.close()
    },
  }
}

/** The views, or nothing as soon as the signal aborts. Views that open too late are closed. */
async function openedUnlessAborted(
  open: () => Promise<ViewStore>,
  signal: AbortSignal,
): Promise<ViewStore | undefined> {
  const opening = open()
  let stopListening = () => {}
  const aborted = new Promise<void>((resolve) => {
    const end = () => resolve()
    signal.addEventListener('abort', end)
    stopListening = () => signal.removeEventListener('abort', end)
  })
  const opened = await Promise.race([opening, aborted]).finally(stopListening)
  if (opened && !signal.aborted) return opened
  // A failure concerns nobody any more.
  opening.then((late) => late.close()).catch(() => {})
  return undefined
}

/** Resolves after the given number of ms, or as soon as the signal aborts. */
async function unlessAborted(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch(() => {})
}
