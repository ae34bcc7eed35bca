// The projector: reads the events of the log, folds them into the views, and writes the changes. It never skips an
// event and never gives up: after any failure it begins again at the checkpoint, as after a restart.

import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { backOff } from '../../failures/back-off.ts'
import { outageOf } from '../../failures/outage.ts'
import { type Logger, toStderr } from '../../logger.ts'
import { type Batch, type EventStore, type ForeignEvent, StoreUnavailable } from '../../store/event-store.ts'
import { type Position, START } from '../../store/position.ts'
import type { Projection, ViewDocument } from '../projection.ts'
import type { BrokenDocument, ViewStore } from '../store/view-store.ts'
import { coalesced } from './coalesced.ts'
import { fold, type Stored, type Touched, touch } from './fold.ts'
import { mend } from './mend.ts'
import { trackProgress } from './progress.ts'
import { type Rebuild, tellOfRebuild } from './rebuild.ts'
import { write } from './write.ts'
import { writtenLast } from './written-last.ts'

export interface ProjectorOptions {
  store: EventStore
  views: ViewStore
  projections: readonly Projection<ViewDocument>[]
  /** Called at the start and after each write: everything up to here can be read. */
  onFolded?(checkpoint: Position): void
  log?: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Whether it logs outages of the stores (default: yes). A process that also reads the views detects them anyway. */
  tellsOfOutages?: boolean
}

export interface Projector {
  health(): ProjectorHealth
  /**
   * Waits until everything that is recorded by now is folded and written.
   * @returns the position of the newest event at the time of the call
   * @throws ProjectorStopped when the projector is stopped before
   */
  caughtUp(): Promise<Position>
  /** Finishes the write in flight, and ends. */
  stop(): Promise<void>
}

export interface ProjectorHealth {
  /** Everything up to here is folded and written. */
  position: Position
  /** True from a failure on until a write succeeds, or there is nothing to write. */
  retrying: boolean
  lastFailure?: { message: string; at: string }
  /** Documents that are not folded further, since their projection threw or the view store refuses them. */
  brokenDocuments: number
  /** Events since the start for which a projection threw instead of naming their documents. */
  unplacedEvents: number
  /** Events of other writers in the log since the start: they are skipped. */
  foreignEvents: number
}

/**
 * Starts the projector; it runs until it is stopped. A log and its views have one projector at a time.
 *
 * @example const projector = startProjector({ store, views, projections: [rooms], onFolded: feed.look })
 */
export function startProjector(options: ProjectorOptions): Projector {
  const { store, views, projections, onFolded, log = toStderr, tellsOfOutages = true } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const progress = trackProgress()
  const remembered = writtenLast(views)
  const broken = new Map(projections.map(({ name }) => [name, new Set<string>()]))
  let isMended = false
  let unplacedEvents = 0
  const foreign = { events: 0, upTo: START }
  let lastFailure: ProjectorHealth['lastFailure']
  const pauses = backOff()
  let isRetrying = false
  let rebuild: Rebuild | undefined
  const outage = outageOf('A store of the projector', tellsOfOutages ? log : undefined)

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await project()
      } catch (error) {
        remembered.forget()
        lastFailure = { message: String(error), at: new Date().toISOString() }
        const pause = pauses.next()
        isRetrying = true
        if (error instanceof StoreUnavailable) outage.noticed(error)
        else {
          log.error(
            { err: error, position: progress.position(), pause },
            'Projecting failed; it begins again at the checkpoint',
          )
        }
        await sleep(pause, undefined, { signal }).catch(() => {})
      }
    }
    progress.stop()
  }

  async function project(): Promise<void> {
    if (!isMended) await mend({ store, views, projections }, signal)
    isMended = true
    for (const { view, id } of await views.broken()) broken.get(view)?.add(id)
    const checkpoint = await views.checkpoint()
    rebuild = await tellOfRebuild({ store, log }, checkpoint)
    reached(checkpoint)
    if (checkpoint >= (await store.head())) worked()

    for await (const batch of coalesced(store, checkpoint, signal)) {
      await take(batch)
      // A long run of batches would keep requests and timers waiting.
      await turn()
    }
    if (!signal.aborted) throw new Error('the subscription to the log ended by itself')
  }

  async function take({ events, position, foreign = [] }: Batch): Promise<void> {
    const touched = projections.map((projection) => touch(projection, events))
    const folded = fold(events, touched, await load(touched))
    const written = await write(views, { ...folded, mended: [], checkpoint: position })

    for (const { view, documents } of written.documents) remembered.remember(view, documents)
    for (const document of written.broken) noteBroken(document)
    for (const { projection, unplaced } of touched) noteUnplaced(projection, unplaced)
    noteForeign(foreign)
    worked()
    reached(position)
  }

  function worked(): void {
    pauses.reset()
    isRetrying = false
    outage.over()
  }

  function reached(position: Position): void {
    rebuild?.reached(position)
    progress.reach(position)
    onFolded?.(position)
  }

  /** Broken documents are not read: the fold leaves them unchanged. */
  async function load(touched: readonly Touched[]): Promise<Map<string, Stored>> {
    const stored = await Promise.all(
      touched.map(async ({ projection, events }): Promise<[string, Stored]> => {
        const set = broken.get(projection.name) ?? new Set()
        const ids = [...events.keys()].filter((id) => !set.has(id))
        return [projection.name, { documents: await remembered.load(projection, ids), broken: set }]
      }),
    )
    return new Map(stored)
  }

  function noteBroken({ view, id, error }: BrokenDocument): void {
    broken.get(view)?.add(id)
    log.error(
      { view, id, error },
      'A document could not be folded or stored; it is left as it is until a start mends it',
    )
  }

  function noteUnplaced({ name }: Projection<ViewDocument>, unplaced: Touched['unplaced']): void {
    const [first] = unplaced
    if (!first) return
    unplacedEvents += unplaced.length
    // One line for a batch: a projection that fails at every event must not fill the disk.
    const { position, type } = first.event
    log.error(
      { view: name, position, type, error: first.error, events: unplaced.length },
      'A view could not tell whom events concern; this is the first of them',
    )
  }

  /** After a failure a batch comes again: each event is reported once. */
  function noteForeign(found: readonly ForeignEvent[]): void {
    const news = found.filter(({ position }) => position > foreign.upTo)
    const [first] = news
    if (!first) return
    foreign.events += news.length
    foreign.upTo = news.at(-1)?.position ?? foreign.upTo
    // One line for a batch: a writer of a million foreign events must not fill the disk.
    log.warn(
      { ...first, events: news.length },
      'The log has events that no desk wrote; they are skipped. This is the first of them; creditline foreign list shows all',
    )
  }

  const running = run()
  return {
    health: () => ({
      position: progress.position(),
      retrying: isRetrying,
      ...(lastFailure && { lastFailure }),
      brokenDocuments: [...broken.values()].reduce((sum, ids) => sum + ids.size, 0),
      unplacedEvents,
      foreignEvents: foreign.events,
    }),

    async caughtUp() {
      const head = await store.head()
      await progress.waitFor(head)
      return head
    },

    async stop() {
      stopping.abort()
      await running
    },
  }
}
