// One document by its id, as new as the client needs it.

import { type Loaded, load, type QueryContext } from '../context.ts'
import type { ViewName } from '../views/index.ts'
import { waitFor } from './arguments.ts'

/**
 * The document of a view, or undefined when there is none with this id.
 * @throws GraphQLError with the code NOT_YET_VISIBLE when the views have not reached `atLeast` within 2 s
 */
export async function lookUp<View extends ViewName>(
  view: View,
  id: string,
  atLeast: number | null | undefined,
  context: QueryContext,
): Promise<Loaded<View>> {
  await waitFor(atLeast, context)
  // Another field of the same operation may have loaded it before.
  if (typeof atLeast === 'number') context.loaders[view].clear(id)
  return load(context.loaders, view, id)
}
