// Cursors as clients have them: a mark of the list that one belongs to, and the place in it, as the store has written it.
import { hash } from 'node:crypto'
import { badArgument } from './errors.ts'

/** Writes a page's cursors for clients, and reads one that a client sends. */
export interface Cursors {
  /** The cursor of a place, as `after` of the next page. */
  cursor(place: string): string
  /**
   * The place that a cursor stands for.
   * @throws GraphQLError when the cursor belongs to another list, or is none
   */
  place(cursor: string): string
}

/**
 * The cursors of one list: the same field of the same entity, in the same order. Filters are no part of it: a place in
 * an order has a meaning under every filter, and bounds such as "the last 30 days" move between two pages.
 * @param list its name, for people too, such as `cus_1.orders by total DESC`
 */
export function cursorsOf(list: string): Cursors {
  const mark = `${hash('sha1', list, 'base64url').slice(0, MARK_LENGTH)}.`
  return {
    cursor: (place) => mark + place,
    place(cursor) {
      if (cursor.startsWith(mark)) return cursor.slice(mark.length)
      throw badArgument('after', `must be a cursor that a page of ${list} returned`)
    },
  }
}

/** 48 bits tell the lists of one API apart. They are no secret: who makes up a cursor gets the page that it asks for. */
const MARK_LENGTH = 8
