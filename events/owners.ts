// The customer, product or order that a stream belongs to.
import { categoryOf, ownPart } from '../kernel/store/categories.ts'
import { catalogue } from './catalogue.ts'
import type { Entity } from './ids.ts'

export interface Owner {
  entity: Entity
  id: string
}

/**
 * The owner of a stream. The streams of an order's placement and of its revisions belong to the order.
 * @returns `undefined` for a stream of the machinery
 */
export function ownerOf(stream: string): Owner | undefined {
  const id = ownPart(stream, catalogue)
  if (id === undefined) return undefined
  const category = categoryOf(stream)
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
