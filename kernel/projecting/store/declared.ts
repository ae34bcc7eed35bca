// The declarations of projections about their fields, as every view store reads them.
import type { OrderedAs, Projection, QueriedAs, ViewDocument } from '../projection.ts'
import { type Condition, MAX_DOCUMENT_BYTES } from './view-store.ts'

/** How a field is queried. @throws Error when the projection does not declare it so */
export function queriedAs({ name, queriedBy }: Projection<ViewDocument>, condition: Condition): QueriedAs {
  const as = queriedBy[condition.field]
  const fits =
    'range' in condition
      ? as === 'range'
      : 'startsWith' in condition
        ? as === 'prefix'
        : as === 'exact' || as === 'member'
  if (as && fits) return as
  const asked = 'range' in condition ? 'a range' : 'startsWith' in condition ? 'a prefix' : 'values'
  const declared = as ? `declares it as '${as}'` : 'does not declare it in queriedBy'
  throw new Error(`${condition.field} is queried by ${asked}, but the view ${name} ${declared}`)
}

/** The type of a field that pages are ordered by. @throws Error when the projection does not declare it so */
export function orderedAs({ name, orderedBy }: Projection<ViewDocument>, field: string): OrderedAs {
  const as = orderedBy[field]
  if (as === undefined) throw new Error(`The view ${name} does not declare ${field} in orderedBy`)
  return as
}

/** Whether a value has the type of a field that pages are ordered by. */
export function isOrdered(as: OrderedAs, value: unknown): value is string | number {
  return as === 'text' ? typeof value === 'string' : Number.isFinite(value)
}

/**
 * Why a document cannot be queried as its projection declares: a field that pages are ordered by is missing, or a
 * queried one has another type. `undefined` for a correct document.
 */
export function misfitOf(
  { queriedBy, orderedBy }: Projection<ViewDocument>,
  document: ViewDocument,
): string | undefined {
  const fields = document as unknown as Record<string, unknown>
  for (const [field, as] of Object.entries(orderedBy)) {
    if (!isOrdered(as, fields[field])) return `${field}, which pages are ordered by, is not a ${as}`
  }
  for (const field of Object.keys(queriedBy)) {
    const value = fields[field] ?? undefined
    if (value === undefined) continue
    const isList = queriedBy[field] === 'member' || queriedBy[field] === 'prefix'
    if (isList && !isListOfTexts(value)) return `${field} is not a list of texts`
    if (!isList && !isScalar(value)) return `${field} is not a text or a number`
  }
  return undefined
}

/** The reason to refuse a document of this many bytes. */
export function tooLarge(bytes: number): string {
  return `${bytes} bytes are more than the ${MAX_DOCUMENT_BYTES} that a document may have`
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || Number.isFinite(value)
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === 'string')
}

/** The field that pages are usually ordered by. Matches of a value are indexed in this order as well. */
export function usualOrder({ name, orderedBy }: Projection<ViewDocument>): string {
  const [usual] = Object.keys(orderedBy)
  if (usual === undefined) throw new Error(`The view ${name} declares no field in orderedBy`)
  return usual
}

/**
 * The fields with a range but without their own order: the index of the usual order contains them, and filters by them.
 */
export function rangesAlong({ queriedBy, orderedBy }: Projection<ViewDocument>): string[] {
  return Object.keys(queriedBy).filter((field) => queriedBy[field] === 'range' && !(field in orderedBy))
}

/** The views of a store: their log and their definitions. */
export interface ViewSet {
  /** The identity of the log that the views are folded from. */
  logId: string
  /** The version of the catalogue, in which the history has the events. */
  schemaVersion: number
  projections: readonly Projection<ViewDocument>[]
}

/**
 * The definition of stored views, as text: with another definition they are rebuilt. A new version of the catalogue
 * also rebuilds them, since the history has the events as they were read.
 */
export function definitionOf(
  layout: number,
  { schemaVersion, projections }: Pick<ViewSet, 'schemaVersion' | 'projections'>,
): string {
  const declared = projections
    .map(({ name, version, queriedBy, orderedBy }) => ({ name, version, queriedBy, orderedBy }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return JSON.stringify({ layout, schemaVersion, projections: declared })
}

/** The first text, by code point, after all those that begin with a prefix; `undefined` when there is none. */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.at(-1) === 0x10ffff) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  const next = last === 0xd7ff ? 0xe000 : last + 1
  return String.fromCodePoint(...points, next)
}
