// Conditions, pages and history queries, as filters of MongoDB.
import type { Filter } from 'mongodb'
import { type Position, START } from '../../../store/position.ts'
import { NOT_BEGUN, type Projection, type ViewDocument } from '../../projection.ts'
import type { Key } from '../cursor.ts'
import { queriedAs, rangesAlong, usualOrder } from '../declared.ts'
import type { Condition, HistoryQuery, PageQuery, Range } from '../view-store.ts'
import type { StoredDocument, StoredEntry } from './stored.ts'

/**
 * The documents that match all conditions.
 * @param broken the ids of documents that are left out
 * @throws Error when the projection does not declare one of the fields so
 */
export function matching(
  projection: Projection<ViewDocument>,
  conditions: readonly Condition[],
  broken: readonly string[] = [],
): Filter<StoredDocument> {
  return all([
    ...conditions.map((condition) => termOf(projection, condition)),
    ...onlyShown(projection, broken),
    ...alongTheOrder(projection, conditions),
  ])
}

/**
 * The documents that match and come after a place in the order. Each of the two ways to come after it is a separate
 * filter, at the root: so each is a walk along an index, and the two are merged without sorting.
 * @param broken the ids of documents that are left out
 */
export function matchingAfter(
  projection: Projection<ViewDocument>,
  { filter, orderBy: { field, direction } }: Pick<PageQuery, 'filter' | 'orderBy'>,
  after: Key,
  broken: readonly string[] = [],
): Filter<StoredDocument> {
  const terms = [...filter.map((condition) => termOf(projection, condition)), ...onlyShown(projection, broken)]
  const beyond = direction === 'ASC' ? '$gt' : '$lt'
  return {
    $or: [
      all([...terms, { [field]: { [beyond]: after.value } }]),
      all([...terms, { [field]: after.value }, { _id: { [beyond]: after.id } }]),
    ],
  }
}

/** The entries of the history up to a position that match. */
export function matchingEntries(query: Omit<HistoryQuery, 'first'>, until: Position): Filter<StoredEntry> {
  const { after = START, topic, stream, typeIn, recordedAt, commandId, correlationId } = query
  return {
    _id: { $gt: after, $lte: until },
    ...(topic !== undefined && { topics: topic }),
    ...(stream !== undefined && { stream }),
    ...(typeIn && { type: { $in: [...typeIn] } }),
    ...(recordedAt && { recordedAt: bounds(recordedAt) }),
    ...(commandId !== undefined && { 'metadata.commandId': commandId }),
    ...(correlationId !== undefined && { 'metadata.correlationId': correlationId }),
  } as Filter<StoredEntry>
}

/** The terms that hidden and broken documents do not meet. */
function onlyShown({ hidesUntilBegun }: Projection<ViewDocument>, broken: readonly string[]): Filter<StoredDocument>[] {
  return [
    ...(hidesUntilBegun ? [{ createdAt: { $gt: NOT_BEGUN } }] : []),
    ...(broken.length > 0 ? [{ _id: { $nin: [...broken] } }] : []),
  ]
}

function termOf(projection: Projection<ViewDocument>, condition: Condition): Filter<StoredDocument> {
  queriedAs(projection, condition)
  const { field } = condition
  if ('range' in condition) return { [field]: bounds(condition.range) }
  if ('startsWith' in condition) return { [field]: { $regex: beginning(condition.startsWith) } }
  const [only, ...others] = condition.oneOf
  return { [field]: only !== undefined && others.length === 0 ? only : { $in: [...condition.oneOf] } }
}

/**
 * Only values of the type of the bound are within it. A range without bounds still requires the field. With bounds the
 * filter omits that condition, since an index cannot check it, and each document would be read.
 */
function bounds({ gte, gt, lte, lt }: Range) {
  if ([gte, gt, lte, lt].every((bound) => bound === undefined)) return { $exists: true }
  return {
    ...(gte !== undefined && { $gte: gte }),
    ...(gt !== undefined && { $gt: gt }),
    ...(lte !== undefined && { $lte: lte }),
    ...(lt !== undefined && { $lt: lt }),
  }
}

/**
 * An anchored expression of nothing but literal text is a range of the index; it is met by one element, not by two
 * together.
 */
function beginning(prefix: string): string {
  return `^${prefix.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('\0', '\\x00')}`
}

/**
 * The index of the usual order has the fields that are queried by a range only. MongoDB checks them there while the
 * filter also has a condition on the order, even one that every document meets; otherwise it walks the whole index, and
 * reads each document.
 */
function alongTheOrder(
  projection: Projection<ViewDocument>,
  conditions: readonly Condition[],
): Filter<StoredDocument>[] {
  const [usual, along] = [usualOrder(projection), rangesAlong(projection)]
  const asks = (fields: readonly string[]) => conditions.some(({ field }) => fields.includes(field))
  return asks(along) && !asks([usual]) ? [{ [usual]: { $exists: true } }] : []
}

function all(terms: Filter<StoredDocument>[]): Filter<StoredDocument> {
  return terms.length === 0 ? {} : { $and: terms }
}
