// Bulk writes that can arrive twice, or late: a stored document that is not older stays.
import {
  type Collection,
  type Filter,
  MongoBulkWriteError,
  MongoServerError,
  type OptionalUnlessRequiredId,
} from 'mongodb'
import type { Ordered } from './connection.ts'
import type { Positioned, StoredEntry } from './stored.ts'

const DUPLICATE_KEY = 11_000

/**
 * Stores documents in the place of older ones. Where a newer one is stored, the guard finds nothing to replace and
 * MongoDB tries to insert: the duplicate key means that all is well. But the same error occurs when another writer
 * inserted an older document in this moment. So after a duplicate key the remaining documents are written again.
 * @param older how the position of a document that is replaced compares with that of the new one
 */
export async function storeNewer<Stored extends Positioned>(
  ordered: Ordered,
  collection: Collection<Stored>,
  documents: readonly Stored[],
  older: '$lt' | '$lte' = '$lt',
): Promise<void> {
  let left = documents
  while (left.length > 0) {
    const replacements = left.map((document) => ({
      replaceOne: {
        filter: { _id: document._id, position: { [older]: document.position } } as Filter<Stored>,
        replacement: document,
        upsert: true,
      },
    }))
    const writing = ordered.writing((session) => collection.bulkWrite(replacements, { ordered: false, session }))
    if (await isStoredWhole(writing)) return

    const stored = await positionsOf(ordered, collection, left)
    left = left.filter(({ _id, position }) => {
      const found = stored.get(_id)
      return found === undefined || (older === '$lt' ? found < position : found <= position)
    })
  }
}

/** Stores the entries that are not stored yet. */
export async function storeMissing(
  { reading, writing }: Ordered,
  collection: Collection<StoredEntry>,
  entries: readonly StoredEntry[],
): Promise<void> {
  let left = entries
  while (left.length > 0) {
    const missing = [...left]
    const inserting = writing((session) => collection.insertMany(missing, { ordered: false, session }))
    if (await isStoredWhole(inserting)) return

    const among = { _id: { $in: left.map(({ _id }) => _id) } }
    const stored = await reading((session) => collection.find(among, { projection: { _id: 1 }, session }).toArray())
    const ids = new Set(stored.map(({ _id }) => _id))
    left = left.filter(({ _id }) => !ids.has(_id))
  }
}

/** Inserts a document; an existing one with the same id stays. */
export async function insertUnlessThere<Stored extends { _id: string }>(
  { writing }: Ordered,
  collection: Collection<Stored>,
  document: Stored,
): Promise<void> {
  const inserted = document as OptionalUnlessRequiredId<Stored>
  await isStoredWhole(writing((session) => collection.insertOne(inserted, { session })))
}

async function positionsOf<Stored extends Positioned>(
  { reading }: Ordered,
  collection: Collection<Stored>,
  documents: readonly Stored[],
): Promise<Map<string, number>> {
  const among = { _id: { $in: documents.map(({ _id }) => _id) } } as Filter<Stored>
  const stored = await reading((session) =>
    collection.find<Positioned>(among, { projection: { position: 1 }, session }).toArray(),
  )
  return new Map(stored.map(({ _id, position }) => [_id, position]))
}

/** False when the only errors are duplicate keys. */
async function isStoredWhole(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if (isDuplicateKeyOnly(error)) return false
    throw error
  }
}

function isDuplicateKeyOnly(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return error instanceof MongoServerError && error.code === DUPLICATE_KEY
  const errors = [error.writeErrors].flat()
  return !error.result.getWriteConcernError() && errors.length > 0 && errors.every(({ code }) => code === DUPLICATE_KEY)
}
