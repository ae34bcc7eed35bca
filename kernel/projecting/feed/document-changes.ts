// State subscriptions: a document now, and after every change. A slow reader misses intermediate states, never the last
// one.
import type { Position } from '../../store/position.ts'
import { documentTopic, type Projection, shown, type ViewDocument } from '../projection.ts'
import type { ViewStore } from '../store/view-store.ts'
import type { Feed } from './feed.ts'
import { live, type Source } from './live.ts'

export interface DocumentChange<Document extends ViewDocument | undefined> {
  kind: 'SNAPSHOT' | 'CHANGED'
  /** `undefined` in a snapshot: there is no such document yet. */
  document: Document
  /** To resume from: the document shows every event before it, and shows none after it. */
  position: Position
}

/**
 * Subscribes to a document: it is sent at once, and after every change. The subscription ends when its reader leaves
 * it, or the feed closes.
 * @param since only newer changes; a process whose views are behind it waits
 *
 * @example for await (const { document } of followDocument({ views, feed }, accounts, '7')) show(document)
 */
export function followDocument<Document extends ViewDocument>(
  { views, feed }: { views: Pick<ViewStore, 'get'>; feed: Feed },
  view: Projection<Document>,
  id: string,
  since?: Position,
): AsyncIterableIterator<DocumentChange<Document | undefined>, void> {
  const load = async () => shown((await views.get(view, [id]))[0])
  return live(documentChanges(feed, load, documentTopic(view.name, id), since))
}

/** The changes of the document that is announced on a topic. */
export function documentChanges<Document extends ViewDocument | undefined>(
  feed: Pick<Feed, 'changes' | 'position'>,
  load: () => Promise<Document>,
  topic: string,
  since: Position | undefined,
): Source<DocumentChange<Document>> {
  // Subscribe first, then read the checkpoint, then the document: a change in between is sent twice, and never lost.
  const changes = feed.changes(topic)
  let last = since ?? -1
  let isFirst = true

  return {
    async next() {
      if (!isFirst && !(await changes.next())) return undefined
      const known = Math.max(feed.position(), since ?? 0)
      const document = await load()
      // The views may be ahead of the feed.
      const position = Math.max(known, document?.position ?? 0)
      const isNews = document ? document.position > last : isFirst && since === undefined
      const kind = isFirst ? 'SNAPSHOT' : 'CHANGED'
      last = Math.max(last, document?.position ?? last)
      isFirst = false
      return isNews ? [{ kind, document, position }] : []
    },
    close: changes.close,
  }
}
