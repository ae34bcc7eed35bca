// Reads arguments: their limits, and the conditions that filters stand for.
import { type Entity, ID_FORM, isId } from '../../events/ids.ts'
import type { HistoryFilter } from '../../kernel/projecting/store/history-filter.ts'
import type { Condition, Range } from '../../kernel/projecting/store/view-store.ts'
import { StoreUnavailable } from '../../kernel/store/event-store.ts'
import type { DateTimeRange, EventFilter, MoneyRange } from '../../schema/types.generated.ts'
import type { QueryContext, Reads } from '../context.ts'
import { wordsOf } from '../views/words.ts'
import { badArgument, notYetVisible } from './errors.ts'

type Maybe<T> = T | null | undefined

const MAX_PAGE_SIZE = 100
const MAX_SEARCH_LENGTH = 200
const MAX_TYPES = 100
export const VISIBLE_WITHIN_MS = 2_000

/** @throws GraphQLError when it is not 0 to 100 */
export function pageSize(first: Maybe<number>, usual: number): number {
  const size = first ?? usual
  if (size < 0 || size > MAX_PAGE_SIZE) throw badArgument('first', `must be 0 to ${MAX_PAGE_SIZE}, not ${size}`)
  return size
}

/** @throws GraphQLError when it does not have the form of an id of that entity */
export function requireId(entity: Entity, argument: string, id: string): void {
  if (!isId(entity, id)) throw badArgument(argument, `must be ${ID_FORM[entity]}`)
}

/**
 * Waits for the views, so that a client can read its own writes.
 * @throws GraphQLError with the code NOT_YET_VISIBLE when they have not reached the position within 2 s; StoreUnavailable when they
 *   cannot be read
 */
export async function waitFor(atLeast: Maybe<number>, { reads }: QueryContext): Promise<void> {
  if (typeof atLeast !== 'number') return
  if (await reads.feed.reached(atLeast, VISIBLE_WITHIN_MS)) return
  assertReadable(reads)
  throw notYetVisible('atLeast')
}

/** @throws StoreUnavailable while the views cannot be read: they are not late, but away */
export function assertReadable({ feed }: Pick<Reads, 'feed'>): void {
  const { away, failure } = feed.health()
  if (away) throw new StoreUnavailable(failure)
}

/**
 * Waits until the log has the position that a subscription resumes from. Views that lag behind it are no reason to wait: the
 * subscription has nothing to say until they have come that far.
 * @throws GraphQLError with the code NOT_YET_VISIBLE when the log has not reached it within 2 s
 */
export async function waitForLog(since: Maybe<number>, { reads }: QueryContext): Promise<void> {
  if (typeof since !== 'number' || since <= reads.feed.position()) return
  if (await isRecorded(since, reads)) return
  if (await reads.feed.reached(since, VISIBLE_WITHIN_MS)) return
  if (!(await isRecorded(since, reads))) throw notYetVisible('since')
}

/** Subscriptions go on without the log, so while it is away every position passes for recorded. */
async function isRecorded(position: number, { logEnd }: Reads): Promise<boolean> {
  try {
    return position <= (await logEnd())
  } catch {
    return true
  }
}

/**
 * Every word of the text must be the beginning of a word of the document.
 * @throws GraphQLError when the text is too long, or has no word although it is not blank
 */
export function searchConditions(field: string, text: Maybe<string>): Condition[] {
  if (typeof text !== 'string') return []
  // As names are counted: what UTF-16 writes as a pair is one character.
  const { length } = Array.from(text)
  if (length > MAX_SEARCH_LENGTH) {
    throw badArgument('filter.search', `must have at most ${MAX_SEARCH_LENGTH} characters, not ${length}`)
  }
  const words = wordsOf(text)
  if (words.length === 0 && text.trim() !== '')
    throw badArgument('filter.search', 'must have at least one letter or digit')
  return words.map((startsWith) => ({ field, startsWith }))
}

/** No condition where the range has no bound. */
export function rangeCondition(field: string, range: Maybe<MoneyRange | DateTimeRange>): Condition[] {
  const bounded = range ? bounds(range) : {}
  return Object.keys(bounded).length > 0 ? [{ field, range: bounded }] : []
}

/** @throws GraphQLError when `typeIn` is too long */
export function historyFilter(filter: Maybe<EventFilter>): HistoryFilter {
  if (!filter) return {}
  const { stream, recordedAt, commandId, correlationId } = filter
  return {
    ...(typeof stream === 'string' && { stream }),
    ...(filter.typeIn && { typeIn: eventTypes(filter.typeIn) }),
    ...(recordedAt && { recordedAt: bounds(recordedAt) }),
    ...(typeof commandId === 'string' && { commandId }),
    ...(typeof correlationId === 'string' && { correlationId }),
  }
}

/** @throws GraphQLError when there are more than any log has */
export function eventTypes(typeIn: readonly string[]): readonly string[] {
  if (typeIn.length > MAX_TYPES) {
    throw badArgument('filter.typeIn', `must have at most ${MAX_TYPES} types, not ${typeIn.length}`)
  }
  return typeIn
}

function bounds({ gte, gt, lte, lt }: MoneyRange | DateTimeRange): Range {
  const given = (bound: Maybe<string | number>) => bound !== null && bound !== undefined
  return {
    ...(given(gte) && { gte }),
    ...(given(gt) && { gt }),
    ...(given(lte) && { lte }),
    ...(given(lt) && { lt }),
  } as Range
}
