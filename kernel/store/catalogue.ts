// A catalogue lists every event that a domain records, by the category of the stream that contains it.
import type { AnyEvent, Category, Data, EventOf, Schemas } from './category.ts'
import { bookkeeping, type KernelEvent, logCategory } from './kernel-events.ts'

/** Converts data of one version of the catalogue to the next version. */
export type Upcast = (data: Data) => Data

/**
 * By the type of the event, then by the version that it was stored with. Most types have no entry for most versions.
 */
export type Upcasters = Readonly<Record<string, Readonly<Record<number, Upcast>>>>

export interface Catalogue<Event extends AnyEvent = AnyEvent> {
  /** The version of the data of all events. A new upcaster raises it. */
  version: number
  categories: Readonly<Record<string, Category>>
  upcasters: Upcasters
  /** A type without a value: the events of the catalogue. */
  readonly event?: Event
}

interface Definition<Categories, Log> {
  version: number
  categories: Categories
  /** The events of the stream `log`, which describe the log itself. */
  log?: Log
  upcasters?: Upcasters
}

/**
 * The catalogue of a domain. The kernel adds the events that it records itself.
 *
 * @example
 * const catalogue = defineCatalogue({
 *   version: 1,
 *   categories: {
 *     counter: {
 *       streams: /^counter-(\w+)$/,
 *       events: { Counted: z.object({ counterId: z.string(), by: z.int() }) },
 *       about: ({ counterId }) => counterId,
 *     },
 *   },
 * })
 * type Event = EventsOf<typeof catalogue>
 * @throws Error when a category of the domain has the name of one of the kernel
 */
export function defineCatalogue<
  const Categories extends Readonly<Record<string, Category>>,
  const Log extends Schemas = Record<never, never>,
>({ version, categories, log, upcasters = {} }: Definition<Categories, Log>): Catalogue<EventIn<Categories, Log>> {
  const own = { ...bookkeeping(Object.keys(categories)), log: logCategory(log ?? {}) }
  const taken = Object.keys(categories).find((name) => Object.hasOwn(own, name))
  if (taken !== undefined) throw new Error(`The category ${taken} belongs to the kernel. Choose another name.`)
  return { version, categories: { ...categories, ...own }, upcasters }
}

/**
 * The union of the events of a catalogue, including the events of the kernel.
 *
 * @example type Event = EventsOf<typeof catalogue>
 */
export type EventsOf<C extends Catalogue> = NonNullable<C['event']>

/** The categories that views and history read: all except those in which the kernel keeps its own records. */
export function foldedCategories({ categories }: Catalogue): string[] {
  return Object.keys(categories).filter((name) => !isBookkeeping(name))
}

/** Whether streams of this category contain the kernel's own records: checkpoints, leases and snapshots. */
export function isBookkeeping(category: string): boolean {
  return Object.hasOwn(BOOKKEEPING, category)
}

const BOOKKEEPING = bookkeeping([])

type EventIn<Categories extends Readonly<Record<string, Category>>, Log extends Schemas> =
  | { [Name in keyof Categories]: EventOf<Categories[Name]['events']> }[keyof Categories]
  | EventOf<Log>
  | KernelEvent
