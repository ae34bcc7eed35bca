// Page cursors: opaque to clients, inside them the place of a document or an event in the order of its page.
import type { Position } from '../../events/position.ts'
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
 * The place that a cursor stands for.
 * @throws InvalidCursor when it was not made by `pageCursor` for the same field
 */
export function readPageCursor(field: string, cursor: string): Key {
  const [ofField, value, id, ...rest] = decode(cursor)
  const isKey = (typeof value === 'string' || Number.isFinite(value)) && typeof id === 'string' && rest.length === 0
  if (typeof ofField !== 'string' || !isKey) throw malformed()
  if (ofField !== field) {
    throw new InvalidCursor(`the cursor belongs to a page ordered by ${ofField}; this one is ordered by ${field}`)
  }
  return { value: value as string | number, id }
}

/** The cursor of an entry of the history. */
export function historyCursor(position: Position): string {
  return encode(['history', position])
}

/**
 * The position that a cursor stands for.
 * @throws InvalidCursor when it was not made by `historyCursor`
 */
export function readHistoryCursor(cursor: string): Position {
  const [kind, position, ...rest] = decode(cursor)
  if (kind !== 'history' || !Number.isSafeInteger(position) || rest.length > 0) throw malformed()
  return position as Position
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
  return new InvalidCursor('the cursor is malformed: give back one that a page has answered')
}
