// The names of streams: the category of each, and the customer, product or order that it belongs to.
import { type Category, catalogue } from '../../events/catalogue.ts'
import type { Entity } from '../../events/ids.ts'
import type { RecordedEvent, StreamName } from './event-store.ts'

/** The categories that are wanted; `undefined`: all. */
export type Categories = ReadonlySet<Category> | undefined

const ALL = Object.keys(catalogue) as Category[]

/** @param categories none means all */
export function isWanted(event: RecordedEvent, categories: Categories): boolean {
  return categories === undefined || categories.has(categoryOf(event.stream))
}

/** All other categories that there are. */
export function othersThan(categories: ReadonlySet<Category>): Category[] {
  return ALL.filter((category) => !categories.has(category))
}

/** The first part of a stream's name: `customer` of `customer-cus_1`. */
export function categoryOf(stream: StreamName): Category {
  const end = stream.indexOf('-')
  return (end < 0 ? stream : stream.slice(0, end)) as Category
}

/** How the streams of each category are named. The part in brackets tells one from another. */
const NAMES: Readonly<Record<Category, RegExp>> = {
  customer: /^customer-(cus_[\w-]{1,64})$/,
  product: /^product-(prd_[\w-]{1,64})$/,
  order: /^order-(ord_[\w-]{1,64})$/,
  placement: /^placement-(ord_[\w-]{1,64})$/,
  revision: /^revision-(ord_[\w-]{1,64}-[1-9]\d*)$/,
  parked: /^parked-(placement|revision|choreography)$/,
  checkpoint: /^checkpoint-(.+)$/s,
  lease: /^lease-(.+)$/s,
  snapshot: /^snapshot-((?:customer|product|order)-.+)$/s,
  log: /^(log)$/,
}

/**
 * The part of a stream's name behind its category: `cus_1` of `customer-cus_1`.
 * @returns `undefined` when no stream of a desk has such a name
 */
export function ownPart(name: string): string | undefined {
  const end = name.indexOf('-')
  const category = end < 0 ? name : name.slice(0, end)
  return Object.hasOwn(NAMES, category) ? NAMES[category as Category].exec(name)?.[1] : undefined
}

/** Whose stream it is: an order's is also that of its placement and those of its revisions. `undefined` when it is of no such thing. */
export function ownerOf(stream: StreamName): { entity: Entity; id: string } | undefined {
  const id = ownPart(stream)
  const category = categoryOf(stream)
  if (id === undefined) return undefined
  switch (category) {
    case 'customer':
    case 'product':
    case 'order':
      return { entity: category, id }
    case 'placement':
      return { entity: 'order', id }
    case 'revision':
      return { entity: 'order', id: id.replace(/-\d+$/, '') }
    default:
      return undefined
  }
}
