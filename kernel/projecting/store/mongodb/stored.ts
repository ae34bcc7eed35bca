// The documents in the collections.
import type { Position } from '../../../store/position.ts'
import type { HistoryEntry } from '../view-store.ts'

/** Documents that are written by position: the newer one stays. */
export interface Positioned {
  _id: string
  position: Position
}

/** A document of a view; its id is `_id`. */
export type StoredDocument = Positioned & Record<string, unknown>

/** A document that is broken, or has been mended: then without `error`. The position is that of the batch that said so. */
export interface Mark extends Positioned {
  view: string
  id: string
  error?: string
}

/** An entry of the history; its position is `_id`. */
export type StoredEntry = Omit<HistoryEntry, 'position'> & { _id: Position }
