// The names of streams: the category, and the part that distinguishes a stream from others of its category.
import type { Catalogue } from './catalogue.ts'
import type { RecordedEvent } from './event-store.ts'

/** The requested categories; `undefined` means all. */
export type Categories = ReadonlySet<string> | undefined

/** @param categories none means all */
export function isWanted(event: Pick<RecordedEvent, 'stream'>, categories: Categories): boolean {
  return categories === undefined || categories.has(categoryOf(event.stream))
}

/** All other categories of the catalogue. */
export function othersThan(wanted: ReadonlySet<string>, { categories }: Catalogue): string[] {
  return Object.keys(categories).filter((category) => !wanted.has(category))
}

/** The first part of a stream's name: `account` of `account-7`. */
export function categoryOf(stream: string): string {
  const end = stream.indexOf('-')
  return end < 0 ? stream : stream.slice(0, end)
}

/**
 * The part of a stream's name after its category: `7` of `account-7`.
 * @returns `undefined` when the catalogue has no stream with this name
 */
export function ownPart(name: string, { categories }: Catalogue): string | undefined {
  const category = categoryOf(name)
  return Object.hasOwn(categories, category) ? categories[category]?.streams.exec(name)?.[1] : undefined
}
