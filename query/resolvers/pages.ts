// Pages as the schema has them: edges and nodes, where the page begins and ends, and how far it is true.

import type { Projection, ViewDocument } from '../../kernel/projecting/projection.ts'
import { historyCursor, readHistoryCursor } from '../../kernel/projecting/store/cursor.ts'
import type { HistoryFilter } from '../../kernel/projecting/store/history-filter.ts'
import type { PageQuery, ViewStore } from '../../kernel/projecting/store/view-store.ts'
import type { Count, PageInfo } from '../../schema/types.generated.ts'
import type { QueryContext } from '../context.ts'
import { pageSize } from './arguments.ts'
import { cursorsOf } from './cursors.ts'
import { badArgument, shownToClient } from './errors.ts'

interface PageArguments {
  first: number | null | undefined
  after?: string | null | undefined
}

const USUAL_PAGE_SIZE = 20
const USUAL_HISTORY_SIZE = 50
const MAX_COUNT = 10_000

/**
 * Documents of a view, without those that are broken.
 * @param list names the list that the page is of: the field, with the entity that has it, such as `cus_1.orders`
 * @throws GraphQLError when an argument is wrong
 */
export async function documentPage<Document extends ViewDocument>(
  { reads }: QueryContext,
  list: string,
  view: Projection<Document>,
  { first, after }: PageArguments,
  { filter, orderBy }: Pick<PageQuery, 'filter' | 'orderBy'>,
) {
  const cursors = cursorsOf(`${list} by ${orderBy.field} ${orderBy.direction}`)
  const place = typeof after === 'string' ? { after: cursors.place(after) } : {}
  const query = { filter, orderBy, first: pageSize(first, USUAL_PAGE_SIZE), ...place }
  const { items, hasNextPage, asOf } = await reads.views.page(view, query).catch(rethrow)
  const edges = items.map(({ item, cursor }) => ({ node: item, cursor: cursors.cursor(cursor) }))
  return { ...connection(edges, hasNextPage, after), asOf, totalCount: () => count(reads.views, view, filter) }
}

/**
 * Events in log order.
 * @param list names the list that the page is of, such as `events` or `cus_1.history`
 * @throws GraphQLError when an argument is wrong
 */
export async function historyPage(
  { reads }: QueryContext,
  list: string,
  filter: HistoryFilter,
  { first, after }: PageArguments,
) {
  const cursors = cursorsOf(list)
  const size = pageSize(first, USUAL_HISTORY_SIZE)
  const place = typeof after === 'string' ? { after: positionAt(cursors.place(after)) } : {}
  const { entries, hasNextPage, asOf } = await reads.views.history({ ...filter, ...place, first: size })
  const edges = entries.map((node) => ({ node, cursor: cursors.cursor(historyCursor(node.position)) }))
  return { ...connection(edges, hasNextPage, after), asOf }
}

/**
 * A page of a list that is at hand as a whole, and whose items keep their places.
 * @param list names it, such as `ord_1.placement.steps`
 * @throws GraphQLError when an argument is wrong
 */
export function listPage<Item>(list: string, items: readonly Item[], { first, after }: PageArguments) {
  const cursors = cursorsOf(list)
  const size = pageSize(first, USUAL_HISTORY_SIZE)
  const begin = typeof after === 'string' ? indexAt(cursors.place(after)) : 0
  const edges = items
    .slice(begin, begin + size)
    .map((node, index) => ({ node, cursor: cursors.cursor(String(begin + index + 1)) }))
  return connection(edges, begin + size < items.length, after)
}

function connection<Node>(
  edges: readonly { node: Node; cursor: string }[],
  hasNextPage: boolean,
  after: PageArguments['after'],
) {
  const pageInfo: PageInfo = {
    hasNextPage,
    hasPreviousPage: typeof after === 'string',
    startCursor: edges[0]?.cursor,
    endCursor: edges.at(-1)?.cursor,
  }
  return { edges, nodes: edges.map(({ node }) => node), pageInfo }
}

async function count(views: ViewStore, view: Projection<ViewDocument>, filter: PageQuery['filter']): Promise<Count> {
  const counted = await views.count(view, filter, MAX_COUNT + 1)
  return { value: Math.min(counted, MAX_COUNT), exact: counted <= MAX_COUNT }
}

function positionAt(place: string): number {
  try {
    return readHistoryCursor(place)
  } catch (error) {
    return rethrow(error)
  }
}

function indexAt(place: string): number {
  if (/^\d{1,9}$/.test(place)) return Number(place)
  throw badArgument('after', 'must be a cursor that this list returned')
}

function rethrow(error: unknown): never {
  throw shownToClient(error)
}
