// The views of the shop's customers, orders and products.
import type { DomainEvent } from '../../events/catalogue.ts'
import type { Entity } from '../../events/ids.ts'
import { ownerOf } from '../../events/owners.ts'
import {
  type AggregateView,
  viewOf as kernelViewOf,
  type Projection,
  type VersionedDocument,
} from '../../kernel/projecting/projection.ts'

/** The view of an entity, with one document for each. See the function of the kernel. */
export function viewOf<Document extends VersionedDocument>(
  entity: Entity,
  view: AggregateView<Document, DomainEvent>,
): Projection<Document, DomainEvent> {
  const idOf = (stream: string) => {
    const owner = ownerOf(stream)
    return owner?.entity === entity ? owner.id : undefined
  }
  return kernelViewOf({ category: entity, idOf }, view)
}
