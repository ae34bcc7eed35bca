// Pages as the schema has them: edges and nodes, where the page begins and ends, and how far it is true.
import type { Count, PageInfo } from '../../schema/types.generated.ts'
import type { QueryContext } from '../context.ts'
import type { Projection, ViewDocument } from '../projection.ts'
import { historyCursor, pageCursor, readHistoryCursor, readPageCursor } from '../store/cursor.ts'
import type { HistoryFilter } from '../store/history-filter.ts'
import type { PageQuery, ViewStore } from '../store/view-store.ts'
import { pageSize } from './arguments.ts'
import { clientError } from './errors.ts'

interface PageArguments {
  first: number | null | undefined
  after?: string | null | undefined
}

const USUAL_PAGE_SIZE = 20
const USUAL_HISTORY_SIZE = 50
const MAX_COUNT = 10_000

/** @throws GraphQLError when an argument is wrong, or a document of the page is broken */
export async function documentPage<Document extends ViewDocument>(
  { reads }: QueryContext,
  view: Projection<Document>,
  { first, after }: PageArguments,
  { filter, orderBy }: Pick<PageQuery, 'filter' | 'orderBy'>,
) {
  const query = { filter, orderBy, first: pageSize(first, USUAL_PAGE_SIZE), ...given(after) }
  const { items, hasNextPage, asOf } = await reads.views.page(view, query).catch(rethrow)
  const edges = items.map(({ item, cursor }) => ({ node: item, cursor }))
  return { ...connection(edges, hasNextPage, after), asOf, totalCount: () => count(reads.views, view, filter) }
}

/** Events in log order. @throws GraphQLError when an argument is wrong */
export async function historyPage({ reads }: QueryContext, filter: HistoryFilter, { first, after }: PageArguments) {
  const size = pageSize(first, USUAL_HISTORY_SIZE)
  const place = typeof after === 'string' ? { after: read(readHistoryCursor, after) } : {}
  const { entries, hasNextPage, asOf } = await reads.views.history({ ...filter, ...place, first: size })
  const edges = entries.map((node) => ({ node, cursor: historyCursor(node.position) }))
  return { ...connection(edges, hasNextPage, after), asOf }
}

/**
 * A page of a list that is at hand as a whole, and whose items keep their places.
 * @param name of the list, so that cursors of other lists are told apart
 * @throws GraphQLError when an argument is wrong
 */
export function listPage<Item>(name: string, list: readonly Item[], { first, after }: PageArguments) {
  const size = pageSize(first, USUAL_HISTORY_SIZE)
  const begin = typeof after === 'string' ? read((cursor) => Number(readPageCursor(name, cursor).value), after) : 0
  const edges = list
    .slice(begin, begin + size)
    .map((node, index) => ({ node, cursor: pageCursor(name, { value: begin + index + 1, id: '' }) }))
  return connection(edges, begin + size < list.length, after)
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

function given(after: PageArguments['after']): { after?: string } {
  return typeof after === 'string' ? { after } : {}
}

function read(reader: (cursor: string) => number, cursor: string): number {
  try {
    return reader(cursor)
  } catch (error) {
    return rethrow(error)
  }
}

function rethrow(error: unknown): never {
  throw clientError(error)
}
