// The views as a process reaches them: a batch is written step by step, as a server without transactions takes it.

import type { FoldedBatch, ViewStore } from '../kernel/projecting/store/view-store.ts'
import { START } from '../kernel/store/position.ts'
import type { Life } from './node.ts'
import type { Random } from './random.ts'
import type { Weather } from './weather.ts'

interface Surroundings {
  life: Life
  weather: Weather
  random: Random
}

export function farViews(views: ViewStore, { life, weather, random }: Surroundings): ViewStore {
  const far = <Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> =>
    life.asks(async () => {
      await weather.way(what, 'views slow')
      if (weather.strikes('views away', what)) throw new Error('the views are away')
      const answer = await ask()
      await weather.way(what, 'views slow')
      return answer
    })

  async function write(batch: FoldedBatch): Promise<void> {
    const steps = stepsOf(batch)
    const whole = async () => {
      for (const step of steps) await views.write(step)
    }
    if (weather.strikes('write late', 'views')) {
      weather.muchLater('write', whole)
      throw new Error('the write was given up')
    }
    if (weather.strikes('write twice', 'views')) weather.muchLater('write', whole)
    const breaksOff = weather.strikes('write torn', 'views') ? random.whole(0, steps.length - 1) : undefined
    for (const [index, step] of steps.entries()) {
      if (index === breaksOff) throw new Error('the write broke off')
      await views.write(step)
      await weather.way('step of a write', 'views slow')
      // The rest of what a process was writing when it crashed was never sent.
      if (life.isOver()) return
    }
    if (weather.strikes('write unheard', 'views')) throw new Error('no answer')
  }

  return {
    get: (view, ids) => far(`get of ${view.name}`, () => views.get(view, ids)),
    page: (view, query) => far(`page of ${view.name}`, () => views.page(view, query)),
    count: (view, filter, limit) => far(`count of ${view.name}`, () => views.count(view, filter, limit)),
    history: (query) => far('history', () => views.history(query)),
    checkpoint: () => far('checkpoint', () => views.checkpoint()),
    lastFolded: () => far('last folded', () => views.lastFolded()),
    broken: () => far('broken', () => views.broken()),
    write: (batch) => far('write', () => write(batch)),
    close: async () => {},
  }
}

/** Documents one by one, then the history, then the checkpoint. */
function stepsOf({ documents, history, ...rest }: FoldedBatch): FoldedBatch[] {
  const nothing: FoldedBatch = { documents: [], broken: [], mended: [], history: [], checkpoint: START }
  const single = documents.flatMap(({ view, documents }) =>
    documents.map((document) => ({ ...nothing, documents: [{ view, documents: [document] }] })),
  )
  return [...single, { ...nothing, history }, { ...nothing, ...rest }]
}
