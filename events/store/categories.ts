// Which events a subscriber wants, by the category of their streams.
import type { Category } from '../catalogue.ts'
import type { RecordedEvent, StreamName } from './event-store.ts'

/** The categories that are wanted; `undefined`: all. */
export type Categories = ReadonlySet<Category> | undefined

/** @param categories none means all */
export function isWanted(event: RecordedEvent, categories: Categories): boolean {
  return categories === undefined || categories.has(categoryOf(event.stream))
}

/** The first part of a stream's name: `customer` of `customer-cus_1`. */
export function categoryOf(stream: StreamName): Category {
  const end = stream.indexOf('-')
  return (end < 0 ? stream : stream.slice(0, end)) as Category
}
