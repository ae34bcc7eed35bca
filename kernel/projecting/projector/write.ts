// Writes a folded batch. A document that the store refuses costs that document, not the batch.
import { documentTopic } from '../projection.ts'
import { type BrokenDocument, DocumentsRefused, type FoldedBatch, type ViewStore } from '../store/view-store.ts'

/**
 * Writes the batch. Documents that the store refuses are marked broken instead.
 * @returns the batch as it was written
 */
export async function write(views: Pick<ViewStore, 'write'>, batch: FoldedBatch): Promise<FoldedBatch> {
  let writable = batch
  for (;;) {
    try {
      await views.write(writable)
      return writable
    } catch (error) {
      if (!(error instanceof DocumentsRefused)) throw error
      const rest = without(writable, error.refused)
      // The batch contains no refused document: another try would have the same result.
      if (sizeOf(rest) === sizeOf(writable)) throw error
      writable = rest
    }
  }
}

function without(batch: FoldedBatch, refused: readonly BrokenDocument[]): FoldedBatch {
  const topics = new Set(refused.map(({ view, id }) => documentTopic(view, id)))
  const isLeft = ({ view, id }: { view: BrokenDocument['view']; id: string }) => !topics.has(documentTopic(view, id))
  return {
    ...batch,
    documents: batch.documents.map(({ view, documents }) => ({
      view,
      documents: documents.filter(({ id }) => isLeft({ view, id })),
    })),
    mended: batch.mended.filter(isLeft),
    broken: [...batch.broken.filter(isLeft), ...refused],
  }
}

function sizeOf({ documents }: FoldedBatch): number {
  return documents.reduce((sum, view) => sum + view.documents.length, 0)
}
