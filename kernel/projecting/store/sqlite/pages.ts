// Finds a page: along an index that has its order, or from the few documents that a condition leaves over.
import { NOT_BEGUN } from '../../projection.ts'
import type { Key } from '../cursor.ts'
import { endOfPrefix, orderedAs, queriedAs } from '../declared.ts'
import type { Condition, PageQuery, Range } from '../view-store.ts'
import { brokenLeftOut } from './broken.ts'
import { type Connection, join, type Sql, sql, value } from './connection.ts'
import { column, exactIndex, lineOf, orderIndex, sideTable, type Table } from './documents.ts'

/**
 * A condition with at most this many matches is answered by sorting them. With more, a walk along the order soon meets
 * enough that match: of a million documents about every 500th.
 */
const FEW = 2_000

/** The values of an `exact` condition, up to this number, are walked side by side. */
const MOST_WALKED = 16

/** The statement that reads the bodies of a page: up to `limit` documents after `after`. */
export function pageStatement(
  connection: Connection,
  table: Table,
  query: Pick<PageQuery, 'filter' | 'orderBy'>,
  after: Key | undefined,
  limit: number,
): Sql {
  const { orderBy, filter } = query
  orderedAs(table.projection, orderBy.field)
  const order = { ...orderBy, after, limit }
  const shown = onlyShown(connection, table)
  const indexed = filter.filter((condition) => condition.field !== orderBy.field && isIndexed(table, condition))
  const along = indexed.find((condition) => canBeWalked(table, condition, orderBy.field))
  if (along && indexed.length === 1) return walkMatches(table, along, filter, order, shown)

  const fewest = mostSelective(connection, table, indexed)
  if (fewest && fewest.matches <= FEW) return sortMatches(table, fewest.condition, filter, order, shown)
  return along ? walkMatches(table, along, filter, order, shown) : walkOrder(table, filter, order, shown)
}

/** The statement that counts the documents that match, up to a limit. */
export function countStatement(connection: Connection, table: Table, filter: readonly Condition[], limit: number): Sql {
  const indexed = filter.filter((condition) => isIndexed(table, condition))
  const [only] = indexed
  const from = indexed.length === 1 && only ? only : mostSelective(connection, table, indexed)?.condition
  const shown = onlyShown(connection, table)
  if (!from) {
    const terms = [...shown, ...residues(table, filter)]
    return sql`SELECT count(*) FROM (SELECT 1 FROM ${table.name} t ${where(terms)} LIMIT ${value(limit)})`
  }
  if (filter.length === 1 && isOnList(table, from) && shown.length === 0) {
    const source = sql`${sideTable(table, from.field)} s WHERE ${access(table, from)}`
    return sql`SELECT count(*) FROM (SELECT DISTINCT s.id FROM ${source} LIMIT ${value(limit)})`
  }
  const { source, terms } = matchesOf(table, from, filter, shown)
  return sql`SELECT count(*) FROM (SELECT 1 FROM ${source} ${where(terms)} LIMIT ${value(limit)})`
}

interface Order {
  field: string
  direction: 'ASC' | 'DESC'
  after: Key | undefined
  limit: number
}

/** Along the index of the order, past documents that do not match. */
function walkOrder(table: Table, filter: readonly Condition[], order: Order, shown: readonly Sql[]): Sql {
  const at = `t.${column(order.field)}`
  const terms = [...bounds(at, 't.id', filter, order), ...shown, ...residues(table, withoutOrder(filter, order))]
  const source = `${table.name} t INDEXED BY ${orderIndex(table, order.field)}`
  return sql`SELECT t.body FROM ${source} ${where(terms)} ${sorted(at, 't.id', order)}`
}

/** Along the documents that match one condition, which have the usual order within each value. */
function walkMatches(
  table: Table,
  along: Condition,
  filter: readonly Condition[],
  order: Order,
  shown: readonly Sql[],
): Sql {
  const others = withoutOrder(filter, order).filter((condition) => condition !== along)
  const rest = [...shown, ...residues(table, others)]
  if (isOnList(table, along)) {
    const source = `${sideTable(table, along.field)} s CROSS JOIN ${table.name} t ON t.id = s.id`
    const terms = [access(table, along), ...bounds('s.usual_order', 's.id', filter, order), ...rest]
    return sql`SELECT t.body FROM ${source} ${where(terms)} ${sorted('s.usual_order', 's.id', order)}`
  }
  const at = `t.${column(order.field)}`
  const source = `${table.name} t INDEXED BY ${exactIndex(table, along.field)}`
  const walks = valuesOf(along).map((one) => {
    const terms = [sql`t.${column(along.field)} = ${value(one)}`, ...bounds(at, 't.id', filter, order), ...rest]
    return sql`SELECT t.body, ${at} AS at, t.id AS id FROM ${source} ${where(terms)}`
  })
  return sql`${join(walks, ' UNION ALL ')} ${sorted('at', 'id', order)}`
}

/** The few documents that match one condition, sorted; only those of the page are read whole. */
function sortMatches(
  table: Table,
  from: Condition,
  filter: readonly Condition[],
  order: Order,
  shown: readonly Sql[],
): Sql {
  const at = `t.${column(order.field)}`
  const { source, terms } = matchesOf(table, from, filter, shown)
  const all = order.after ? [...terms, beyond(at, 't.id', order, order.after)] : terms
  const rows = sql`SELECT t.rowid FROM ${source} ${where(all)} ${sorted(at, 't.id', order)}`
  return sql`SELECT t.body FROM ${table.name} t WHERE t.rowid IN (${rows}) ${sorted(at, 't.id', order)}`
}

/** The documents that match `from`, found by its index, and the terms that remain to be checked. */
function matchesOf(
  table: Table,
  from: Condition,
  filter: readonly Condition[],
  shown: readonly Sql[],
): { source: Sql; terms: Sql[] } {
  const others = filter.filter((condition) => condition !== from)
  const rest = [...shown, ...residues(table, others)]
  if (isOnList(table, from)) {
    const ids = sql`SELECT DISTINCT s.id FROM ${sideTable(table, from.field)} s WHERE ${access(table, from)}`
    return { source: sql`(${ids}) s CROSS JOIN ${table.name} t ON t.id = s.id`, terms: rest }
  }
  const index = 'oneOf' in from ? exactIndex(table, from.field) : orderIndex(table, from.field)
  return { source: sql`${table.name} t INDEXED BY ${index}`, terms: [access(table, from), ...rest] }
}

/** The condition with the fewest matches, counted up to a little over `FEW`. */
function mostSelective(connection: Connection, table: Table, indexed: readonly Condition[]) {
  const counted = indexed.map((condition) => {
    const source = isOnList(table, condition) ? `${sideTable(table, condition.field)} s` : `${table.name} t`
    const matches = sql`SELECT 1 FROM ${source} WHERE ${access(table, condition)} LIMIT ${value(FEW + 1)}`
    return { condition, matches: Number(connection.all(sql`SELECT count(*) FROM (${matches})`)[0]?.[0]) }
  })
  return counted.sort((a, b) => a.matches - b.matches)[0]
}

/**
 * Whether an index leads to the documents that match a condition. Fields with a range have one when they have an order.
 */
function isIndexed(table: Table, condition: Condition): boolean {
  // A range without bounds narrows nothing.
  if ('range' in condition && comparisons('', condition.range).length === 0) return false
  return queriedAs(table.projection, condition) !== 'range' || condition.field in table.projection.orderedBy
}

function canBeWalked(table: Table, condition: Condition, field: string): boolean {
  if (field !== table.usualOrder || !('oneOf' in condition)) return false
  const values = valuesOf(condition).length
  return isOnList(table, condition) ? values === 1 : values <= MOST_WALKED
}

function isOnList(table: Table, condition: Condition): boolean {
  return table.lists.includes(condition.field)
}

/** A condition as a term that an index can be used for, over the table `t` or the side table `s`. */
function access(table: Table, condition: Condition): Sql {
  if ('range' in condition) return join(comparisons(`t.${column(condition.field)}`, condition.range), ' AND ')
  const at = isOnList(table, condition) ? 's.value' : `t.${column(condition.field)}`
  if ('startsWith' in condition) return prefixTerm(at, condition.startsWith)
  return oneOfTerm(at, valuesOf(condition))
}

/** The terms that hidden and broken documents do not meet; a walk along `createdAt` begins after the hidden ones. */
function onlyShown(connection: Connection, { projection: { name, hidesUntilBegun } }: Table): Sql[] {
  const begun = hidesUntilBegun ? [sql`t.${column('createdAt')} > ${value(NOT_BEGUN)}`] : []
  return [...begun, ...brokenLeftOut(connection, name)]
}

/** Conditions as terms that are checked for each document in turn; the `+` keeps them from choosing an index. */
function residues(table: Table, conditions: readonly Condition[]): Sql[] {
  return conditions.flatMap((condition) => {
    queriedAs(table.projection, condition)
    const at = `t.${column(condition.field)}`
    if ('range' in condition) {
      const terms = comparisons(`+${at}`, condition.range)
      // A range without bounds still requires the field.
      return terms.length > 0 ? terms : [sql`${at} IS NOT NULL`]
    }
    if ('startsWith' in condition) return [sql`instr(${at}, ${value(`\n${lineOf(condition.startsWith)}`)})`]
    if (!isOnList(table, condition)) return [oneOfTerm(`+${at}`, valuesOf(condition))]
    const found = valuesOf(condition).map((one) => sql`instr(${at}, ${value(`\n${lineOf(String(one))}\n`)})`)
    return [sql`(${join(found, ' OR ')})`]
  })
}

/**
 * Where a walk begins and ends: after the cursor, and within the conditions on the field of the order. With a cursor
 * the conditions on the side of the beginning are only checked, so that SQLite starts from the cursor.
 */
function bounds(at: string, id: string, filter: readonly Condition[], order: Order): Sql[] {
  const { field, direction, after } = order
  const ranges = filter.flatMap((condition) =>
    condition.field === field && 'range' in condition ? [condition.range] : [],
  )
  const terms = ranges.flatMap(({ gte, gt, lte, lt }) => {
    const [lower, upper] = [
      { gte, gt },
      { lte, lt },
    ]
    const [begin, end] = direction === 'ASC' ? [lower, upper] : [upper, lower]
    return [...comparisons(after ? `+${at}` : at, begin), ...comparisons(at, end)]
  })
  return after ? [...terms, beyond(at, id, order, after)] : terms
}

function beyond(at: string, id: string, { direction }: Order, after: Key): Sql {
  return sql`(${at}, ${id}) ${direction === 'ASC' ? '>' : '<'} (${value(after.value)}, ${value(after.id)})`
}

function sorted(at: string, id: string, { direction, limit }: Order): Sql {
  return sql`ORDER BY ${at} ${direction}, ${id} ${direction} LIMIT ${value(limit)}`
}

function withoutOrder(filter: readonly Condition[], { field }: Order): Condition[] {
  return filter.filter((condition) => !(condition.field === field && 'range' in condition))
}

function comparisons(at: string, range: { [Bound in keyof Range]?: Range[Bound] | undefined }): Sql[] {
  const terms: Sql[] = []
  if (range.gte !== undefined) terms.push(sql`${at} >= ${value(range.gte)}`)
  if (range.gt !== undefined) terms.push(sql`${at} > ${value(range.gt)}`)
  if (range.lte !== undefined) terms.push(sql`${at} <= ${value(range.lte)}`)
  if (range.lt !== undefined) terms.push(sql`${at} < ${value(range.lt)}`)
  return terms
}

function oneOfTerm(at: string, values: readonly (string | number)[]): Sql {
  return values.length === 1
    ? sql`${at} = ${join(values.map(value), '')}`
    : sql`${at} IN (${join(values.map(value), ', ')})`
}

/** Everything from the prefix up to, but without, the first text that sorts after all that begin with it. */
function prefixTerm(at: string, prefix: string): Sql {
  const end = endOfPrefix(prefix)
  return end === undefined ? sql`${at} >= ${value(prefix)}` : sql`${at} >= ${value(prefix)} AND ${at} < ${value(end)}`
}

function valuesOf(condition: Condition): (string | number)[] {
  return 'oneOf' in condition ? [...new Set(condition.oneOf)] : []
}

function where(terms: readonly Sql[]): Sql {
  return terms.length === 0 ? { text: '', values: [] } : sql`WHERE ${join(terms, ' AND ')}`
}
