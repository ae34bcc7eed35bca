// The collections of a set of views, named by versions and definition; their indexes; and the one document with the
// checkpoint.

import { createHash, randomUUID } from 'node:crypto'
import type { ClientSession, Collection, Filter, IndexDescription } from 'mongodb'
import { type Position, START } from '../../../store/position.ts'
import type { Projection, ViewDocument } from '../../projection.ts'
import { definitionOf, rangesAlong, usualOrder, type ViewSet } from '../declared.ts'
import { ViewsLost, ViewsOfAnotherLog, WAY_OUT } from '../view-store.ts'
import type { Connection } from './connection.ts'
import type { Mark, StoredDocument, StoredEntry } from './stored.ts'
import { insertUnlessThere } from './writes.ts'

/** Raise it when collections change in a way that the declarations of the projections do not show. */
const LAYOUT = 1

/** One for each set of views. */
interface State {
  _id: string
  logId: string
  definition: string
  checkpoint: Position
  /** How often marks have changed; raised before they do. */
  marked: number
  /** Distinguishes rebuilt views from the former ones; sets of older releases have none. */
  built?: string
}

/** The log that all views of the database were folded from. */
interface Identity {
  _id: string
  logId: string
}

export interface Collections {
  documents(view: string): Collection<StoredDocument>
  history: Collection<StoredEntry>
  marks: Collection<Mark>
  /** Everything up to the checkpoint is folded and written. */
  state(session: ClientSession): Promise<Pick<State, 'checkpoint' | 'marked'>>
  advance(checkpoint: Position): Promise<void>
  /** Call it before marks change. */
  marksWillChange(): Promise<void>
}

/**
 * The collections for these projections. They and their indexes are created if they do not exist.
 * @throws ViewsOfAnotherLog when the database has views that were folded from another log
 */
export async function openCollections(connection: Connection, set: ViewSet): Promise<Collections> {
  const { logId, projections } = set
  const { database, place, reading, writing } = connection
  const { definition, key, names } = named(set)
  const states = database.collection<State>(STATES)
  const history = database.collection<StoredEntry>(names.history)
  const marks = database.collection<Mark>(names.marks)
  const documents = new Map(names.documents.map(([view, name]) => [view, database.collection<StoredDocument>(name)]))
  const documentsOf = (view: string) => {
    const found = documents.get(view)
    if (!found) throw new Error(`The view store was opened without the view ${view}`)
    return found
  }

  await claim(connection, logId)
  const found = () => reading((session) => states.findOne({ _id: key }, { session }))
  // The state comes last: where it exists, all indexes do.
  if (!(await found())) {
    for (const projection of projections) await createIndexes(documentsOf(projection.name), indexesOf(projection))
    await createIndexes(history, HISTORY_INDEXES)
    const state = { _id: key, logId, definition, checkpoint: START, marked: 0, built: randomUUID() }
    await insertUnlessThere(connection, states, state)
  }
  // Views that are rebuilt meanwhile are not these: a process that has read these must not write to those.
  const own = { _id: key, logId, built: (await found())?.built ?? null } as Filter<State>

  async function update(change: { $max: { checkpoint: Position } } | { $inc: { marked: number } }): Promise<void> {
    const { matchedCount } = await writing((session) => states.updateOne(own, change, { session }))
    if (matchedCount === 0) throw gone(place)
  }
  return {
    documents: documentsOf,
    history,
    marks,
    async state(session) {
      const state = await states.findOne(own, { session })
      if (!state) throw gone(place)
      return state
    },
    advance: (checkpoint) => update({ $max: { checkpoint } }),
    marksWillChange: () => update({ $inc: { marked: 1 } }),
  }
}

/**
 * Drops the set of views of these projections, the state first: a writer then finds it gone. In a database with views
 * of another log all are dropped, and the database belongs to no log then.
 */
export async function dropViews(connection: Connection, set: ViewSet): Promise<void> {
  const { logId } = set
  const { database, writing } = connection
  const { key, names } = named(set)
  const identities = database.collection<Identity>(IDENTITIES)
  const states = database.collection<State>(STATES)
  const claimed = await claimedBy(connection)
  const isOfAnother = claimed !== undefined && claimed !== logId
  await writing((session) => states.deleteMany(isOfAnother ? {} : { _id: key }, { session }))
  const listed = await database.listCollections({}, { nameOnly: true }).toArray()
  const own = new Set([names.history, names.marks, ...names.documents.map(([, name]) => name)])
  for (const { name } of listed) {
    if (isOfAnother ? name !== IDENTITIES : own.has(name)) await database.dropCollection(name)
  }
  if (isOfAnother) await writing((session) => identities.deleteMany({}, { session }))
}

/** The log that all views of the database were folded from, if there are any. */
export async function claimedBy({ database, reading }: Connection): Promise<string | undefined> {
  const identities = database.collection<Identity>(IDENTITIES)
  return (await reading((session) => identities.findOne({ _id: 'identity' }, { session })))?.logId
}

const STATES = 'views'
const IDENTITIES = 'log'

/** The name of a set of views, by the definition of its projections. */
function named({ schemaVersion, projections }: ViewSet) {
  const definition = definitionOf(LAYOUT, { schemaVersion, projections })
  const key = createHash('sha256').update(definition).digest('hex').slice(0, 8)
  const documents = projections.map(({ name, version }) => [name, `${name}_v${version}_${key}`] as const)
  return { definition, key, names: { history: `history_${key}`, marks: `broken_${key}`, documents } }
}

/** The first process at an empty database gives it the identity of the log. */
async function claim(connection: Connection, logId: string): Promise<void> {
  const { database, place, reading } = connection
  const identities = database.collection<Identity>(IDENTITIES)
  await insertUnlessThere(connection, identities, { _id: 'identity', logId })
  const identity = await reading((session) => identities.findOne({ _id: 'identity' }, { session }))
  if (identity?.logId === logId) return
  throw new ViewsOfAnotherLog(
    `The views in the MongoDB database ${place} were folded from the log ${identity?.logId}, and this is the log ${logId}. ` +
      `${WAY_OUT} Or set NAMESPACE, and this desk has a database of its own.`,
  )
}

/** Somebody has deleted them while they were in use: later writes would never be complete. */
function gone(place: string): ViewsLost {
  return new ViewsLost(`The views in the MongoDB database ${place} are gone. They are built anew.`)
}

/** One by one: FerretDB 1.24 drops the connection when several requested collections exist already. */
async function createIndexes<Stored extends { _id: unknown }>(
  collection: Collection<Stored>,
  indexes: readonly IndexDescription[],
): Promise<void> {
  for (const index of indexes) await collection.createIndexes([index])
}

/** The matches of a field are in the usual order; a list has an entry in the index for each element. */
function indexesOf(projection: Projection<ViewDocument>): IndexDescription[] {
  const { queriedBy, orderedBy } = projection
  const usual = usualOrder(projection)
  const orders = Object.keys(orderedBy).map((field) =>
    ascending(field, '_id', ...(field === usual ? rangesAlong(projection) : [])),
  )
  const conditions = Object.keys(queriedBy)
    .filter((field) => queriedBy[field] !== 'range')
    .map((field) => ascending(field, usual, '_id'))
  return [...orders, ...conditions]
}

const HISTORY_INDEXES = [
  ascending('topics', '_id'),
  ascending('stream', '_id'),
  ascending('type', '_id'),
  ascending('metadata.commandId', '_id'),
  ascending('metadata.correlationId', '_id'),
  ascending('recordedAt', '_id'),
]

function ascending(...fields: string[]): IndexDescription {
  return { key: new Map(fields.map((field) => [field, 1])) }
}
