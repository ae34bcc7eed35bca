// The view store on MongoDB, for desks whose parts run apart: a database that can be deleted at any time, and is then
// rebuilt.
import { BSON, type ClientSession, type Filter, MongoInvalidArgumentError } from 'mongodb'
import { documentTopic, type Projection, type ViewDocument } from '../../projection.ts'
import { pageCursor, readPageCursor } from '../cursor.ts'
import { misfitOf, orderedAs, tooLarge, type ViewSet } from '../declared.ts'
import type {
  BrokenDocument,
  FoldedBatch,
  HistoryEntry,
  HistoryQuery,
  Page,
  PageQuery,
  ViewStore,
} from '../view-store.ts'
import { DocumentBroken, DocumentsRefused, MAX_DOCUMENT_BYTES } from '../view-store.ts'
import { type Collections, claimedBy, dropViews, openCollections } from './collections.ts'
import { type Connection, connect, type Ordered } from './connection.ts'
import { matching, matchingAfter, matchingEntries } from './queries.ts'
import type { Mark, StoredDocument } from './stored.ts'
import { storeMissing, storeNewer } from './writes.ts'

export interface MongoViewStoreOptions extends ViewSet {
  /** A MongoDB connection string: `MONGODB_URL`. A database in it is the one that authenticates the user, as usual. */
  url: string
  /** The name of the database. */
  namespace?: string
  /** Whether these views are dropped if they exist; with them all others, if they are of another log (default: no). */
  anew?: boolean
}

/**
 * Opens the views in a database, and creates them if they do not exist. Views of other projections, or of other
 * versions of them, stay beside these: two releases of the desk can run on one database, each with its own views and
 * checkpoint. Lost connections are made again; every function of the store throws meanwhile.
 * @throws ViewsOfAnotherLog when the views in the database were folded from another log
 * @throws Error that names the servers, when they cannot be reached
 */
export async function openMongoViewStore(options: MongoViewStoreOptions): Promise<ViewStore> {
  const { url, namespace = 'creditline', projections, anew = false } = options
  const connection = await connect(url, namespace)
  try {
    if (anew) await dropViews(connection, options)
    return viewStore(connection, projections, await openCollections(connection, options))
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** The identity of the log that the views in a database were folded from; `undefined` when it has none. */
export async function logOfMongoViews({
  url,
  namespace,
}: {
  url: string
  namespace: string
}): Promise<string | undefined> {
  const connection = await connect(url, namespace)
  try {
    return await claimedBy(connection)
  } finally {
    await connection.close()
  }
}

function viewStore(
  connection: Connection,
  projections: MongoViewStoreOptions['projections'],
  collections: Collections,
): ViewStore {
  const { reading, close } = connection
  const misfit = (view: string, document: ViewDocument) => {
    const projection = projections.find(({ name }) => name === view)
    return projection && misfitOf(projection, document)
  }
  let wasAnyBroken = false
  /**
   * Reads documents without a fixed position, unless marks have ever changed. If no mark has ever changed, none had
   * when the reads began, and the documents are not older than that: so neither read waits for the other. With marks
   * the order matters.
   */
  async function ifNoneWasBroken<Found>(read: (session: ClientSession) => Promise<Found>): Promise<Found | undefined> {
    if (wasAnyBroken) return undefined
    const [{ marked }, found] = await Promise.all([reading(collections.state), reading(read)])
    if (marked === 0) return found
    wasAnyBroken = true
    return undefined
  }
  return {
    async get<Document extends ViewDocument>(view: Projection<Document>, ids: readonly string[]) {
      if (ids.length === 0) return []
      const collection = collections.documents(view.name)
      const read = async (session: ClientSession) => {
        const options = { session, batchSize: ids.length + 1 }
        return collection.find({ _id: { $in: [...new Set(ids)] } }, options).toArray()
      }
      const found =
        (await ifNoneWasBroken(read)) ??
        (await reading((session) => unlessBroken(collections, view.name, ids, session, () => read(session))))
      const byId = new Map(found.map((stored) => [stored._id, toDocument<Document>(stored)]))
      return ids.map((id) => byId.get(id))
    },

    async page<Document extends ViewDocument>(view: Projection<Document>, query: PageQuery): Promise<Page<Document>> {
      const { orderBy, first } = query
      const { field, direction } = orderBy
      orderedAs(view, field)
      const after = query.after === undefined ? undefined : readPageCursor(view, field, query.after)
      const filtered = (broken: readonly string[]) =>
        after ? matchingAfter(view, query, after, broken) : matching(view, query.filter, broken)
      const sort = new Map([field, '_id'].map((key) => [key, direction === 'ASC' ? 1 : -1] as const))

      const { found, asOf } = await reading(async (session) => {
        const { checkpoint, broken } = await stateWithBroken(collections, view.name, session)
        const options = { session, sort, limit: first + 1, batchSize: first + 2 }
        const found = await collections.documents(view.name).find(filtered(broken), options).toArray()
        return { found, asOf: checkpoint }
      })
      const items = found.slice(0, first).map((stored) => ({
        item: toDocument<Document>(stored),
        cursor: pageCursor(field, { value: stored[field] as string | number, id: stored._id }),
      }))
      return { items, hasNextPage: found.length > first, asOf }
    },

    async count(view, filter, limit) {
      const wanted = matching(view, filter)
      if (limit <= 0) return 0
      const counted = (matches: typeof wanted, session: ClientSession) =>
        collections.documents(view.name).countDocuments(matches, { session, limit })
      const read = async (session: ClientSession) => {
        const { broken } = await stateWithBroken(collections, view.name, session)
        return counted(matching(view, filter, broken), session)
      }
      return (await ifNoneWasBroken((session) => counted(wanted, session))) ?? reading(read)
    },

    async history(query: HistoryQuery) {
      const { first } = query
      return reading(async (session) => {
        const { checkpoint } = await collections.state(session)
        const options = { session, sort: { _id: 1 }, limit: first + 1, batchSize: first + 2 } as const
        const found = await collections.history.find(matchingEntries(query, checkpoint), options).toArray()
        const entries = found.slice(0, first).map(({ _id, ...entry }) => ({ ...entry, position: _id }) as HistoryEntry)
        return { entries, hasNextPage: found.length > first, asOf: checkpoint }
      })
    },

    async write(batch) {
      assertTaken(batch, misfit)
      await writeBatch(connection, collections, batch)
    },

    async checkpoint() {
      return (await reading((session) => collections.state(session))).checkpoint
    },

    async lastFolded() {
      return reading(async (session) => {
        const { checkpoint } = await collections.state(session)
        const folded = { _id: { $lte: checkpoint } }
        const last = await collections.history.findOne(folded, { session, sort: { _id: -1 } })
        return { checkpoint, ...(last && { event: { ...last, position: last._id } }) }
      })
    },

    async broken() {
      const marked = { error: { $exists: true } }
      const found = await reading((session) =>
        collections.marks.find(marked, { session, sort: { view: 1, id: 1 } }).toArray(),
      )
      return found.map(({ view, id, error }) => ({ view, id, error }) as BrokenDocument)
    },

    close,
  }
}

/**
 * Each step is durable before the next begins, so the checkpoint never exceeds the written data. The first step ensures
 * that nothing is written to views that were deleted, or are folded from another log by now. Documents and history are
 * one step: nobody reads history beyond the checkpoint. Marks come after the documents: a mended document has to be
 * there when its mark is removed.
 */
async function writeBatch(ordered: Ordered, collections: Collections, batch: FoldedBatch): Promise<void> {
  const { checkpoint } = await ordered.reading((session) => collections.state(session))
  const isNew = batch.history.filter(({ position }) => position > checkpoint)
  const entries = isNew.map(({ position, ...entry }) => ({ _id: position, ...entry }))
  try {
    await Promise.all([
      ...batch.documents.map(({ view, documents }) =>
        storeNewer(ordered, collections.documents(view), documents.map(toStored)),
      ),
      storeMissing(ordered, collections.history, entries),
    ])
  } catch (error) {
    // The client does not say which of the documents it cannot send.
    if (error instanceof MongoInvalidArgumentError || error instanceof BSON.BSONError) assertTaken(batch, unsendable)
    throw error
  }

  const marks = marksOf(batch)
  if (marks.length > 0 && batch.checkpoint >= checkpoint) {
    await collections.marksWillChange()
    await storeNewer(ordered, collections.marks, marks, '$lte')
  }
  if (batch.checkpoint > checkpoint) await collections.advance(batch.checkpoint)
}

/** @throws DocumentsRefused with those documents that there is a reason to refuse */
function assertTaken(
  { documents }: FoldedBatch,
  reasonAgainst: (view: string, document: ViewDocument) => string | undefined,
): void {
  const refused = documents.flatMap(({ view, documents }) =>
    documents.flatMap((document): BrokenDocument[] => {
      const error = reasonAgainst(view, document)
      return error === undefined ? [] : [{ view, id: document.id, error }]
    }),
  )
  if (refused.length > 0) throw new DocumentsRefused(refused)
}

function unsendable(_: string, document: ViewDocument): string | undefined {
  try {
    const bytes = BSON.calculateObjectSize(toStored(document), { ignoreUndefined: true })
    return bytes > MAX_DOCUMENT_BYTES ? tooLarge(bytes) : undefined
  } catch (error) {
    return String(error)
  }
}

/** A mended document keeps a mark without an error, so that a late batch does not break it again. */
function marksOf({ broken, mended, checkpoint }: FoldedBatch): Mark[] {
  const marked = [...broken, ...mended]
  return marked.map((mark) => ({ ...mark, _id: documentTopic(mark.view, mark.id), position: checkpoint }))
}

/**
 * Reads the checkpoint, then the marked documents of a view. Later reads without these are right as of the checkpoint.
 * A document that is out of date at the checkpoint had its mark before, and when the mark is removed, the document is
 * mended already. As long as nothing has ever been broken there are no marks to read.
 */
async function stateWithBroken({ state, marks }: Collections, view: string, session: ClientSession) {
  const { checkpoint, marked } = await state(session)
  if (marked === 0) return { checkpoint, broken: [] }
  const found = await marks.find({ view, error: { $exists: true } }, { session, projection: { id: 1 } }).toArray()
  return { checkpoint, broken: found.map(({ id }) => id) }
}

/**
 * Reads documents while marks do not change: a mark that changes meanwhile would make an outdated document look right.
 * After such a change all is read again.
 * @throws DocumentBroken when one of the ids is marked
 */
async function unlessBroken(
  { state, marks }: Collections,
  view: string,
  ids: readonly string[],
  session: ClientSession,
  read: () => Promise<StoredDocument[]>,
): Promise<StoredDocument[]> {
  for (;;) {
    const { marked } = await state(session)
    const found = await read()
    if (marked === 0) return found

    const onThem: Filter<Mark> = { _id: { $in: ids.map((id) => documentTopic(view, id)) }, error: { $exists: true } }
    const broken = await marks.findOne(onThem, { session })
    if ((await state(session)).marked !== marked) continue
    if (broken) throw new DocumentBroken(view, broken.id)
    return found
  }
}

function toStored({ id, ...fields }: ViewDocument): StoredDocument {
  return { _id: id, ...fields }
}

function toDocument<Document extends ViewDocument>({ _id, ...fields }: StoredDocument): Document {
  return { id: _id, ...fields } as unknown as Document
}
