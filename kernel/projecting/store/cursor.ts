// Page cursors: opaque to clients. They contain the place of a document or an event in the order of its page.
import { type Position, START } from '../../store/position.ts'
import type { Projection, ViewDocument } from '../projection.ts'
import { isOrdered, orderedAs } from './declared.ts'
import { InvalidCursor } from './view-store.ts'

/** The place of a document in an order: the value that it is ordered by, then its id. */
export interface Key {
  value: string | number
  id: string
}

/** The cursor of a document in pages ordered by `field`, in either direction. */
export function pageCursor(field: string, key: Key): string {
  return encode([field, key.value, key.id])
}

/**
 * The place in a cursor.
 * @param view the projection whose pages are ordered by `field`
 * @throws InvalidCursor when it was not made by `pageCursor` for the same field, or its value does not have the type of
 * the field
 */
export function readPageCursor(view: Projection<ViewDocument>, field: string, cursor: string): Key {
  const as = orderedAs(view, field)
  const [ofField, value, id, ...rest] = decode(cursor)
  if (typeof ofField !== 'string' || typeof id !== 'string' || rest.length > 0) throw malformed()
  if (ofField !== field) {
    throw new InvalidCursor(`the cursor belongs to a page ordered by ${ofField}; this one is ordered by ${field}`)
  }
  if (!isOrdered(as, value)) throw malformed()
  return { value, id }
}

/** The cursor of an entry of the history. */
export function historyCursor(position: Position): string {
  return encode(['history', position])
}

/**
 * The position in a cursor.
 * @throws InvalidCursor when it was not made by `historyCursor`
 */
export function readHistoryCursor(cursor: string): Position {
  const [kind, position, ...rest] = decode(cursor)
  if (kind !== 'history' || !isPosition(position) || rest.length > 0) throw malformed()
  return position
}

function isPosition(value: unknown): value is Position {
  return Number.isSafeInteger(value) && Number(value) >= START
}

function encode(parts: (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

function decode(cursor: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(parts)) return parts
  } catch {
    // Not JSON: answered below.
  }
  throw malformed()
}

function malformed(): InvalidCursor {
  return new InvalidCursor('the cursor is malformed')
}
