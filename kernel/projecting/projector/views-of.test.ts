// The views of a log in a file: they belong to one log, and to its history.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { named } from '../../store/event-store.contract.ts'
import { NO_EVENTS } from '../../store/event-store.ts'
import { directory, opened } from '../../store/sqlite/log-file.given.ts'
import { begun, changed, type Projection, type ViewDocument } from '../projection.ts'
import { ViewsOfAnotherLog } from '../store/view-store.ts'
import { startProjector } from './projector.ts'
import { openViewsOf } from './views-of.ts'

const accounts: Projection<ViewDocument> = {
  name: 'accounts',
  version: 1,
  events: { account: { takes: ['AccountOpened'], ignores: ['LimitChanged'] } },
  queriedBy: {},
  orderedBy: { createdAt: 'text' },
  documentsOf: ({ stream }) => [stream],
  evolve: (document, event) => (document ? changed(document, event, {}) : begun(event.stream, event)),
}

test('the views of a log are there again when they are opened again', async () => {
  const { store, file } = await folded()
  const views = await openViewsOf(store, file, [accounts])
  expect(await views.get(accounts, ['account-acc_1'])).toMatchObject([{ id: 'account-acc_1' }])
  await views.close()
})

test('views with another version of a projection are empty until a projector has built them', async () => {
  const { store, file } = await folded()
  const views = await openViewsOf(store, file, [{ ...accounts, version: 2 }])
  expect(await views.checkpoint()).toBe(0)
  await views.close()
})

test('the views of one log are refused beside another, and the error names their file', async () => {
  const { file } = await folded()
  const other = await opened(join(await directory(), 'events.db'))
  await expect(openViewsOf(other, file, [accounts])).rejects.toThrow(ViewsOfAnotherLog)
  await expect(openViewsOf(other, file, [accounts])).rejects.toThrow(file)
  expect(existsSync(file)).toBe(true)
})

/** A log with an account, and the file of its views. */
async function folded() {
  const at = await directory()
  const file = join(at, 'views.db')
  const store = await opened(join(at, 'events.db'))
  await store.append('account-acc_1', named(1), NO_EVENTS)
  const views = await openViewsOf(store, file, [accounts])
  const projector = startProjector({ store, views, projections: [accounts] })
  await projector.caughtUp()
  await projector.stop()
  await views.close()
  return { store, file }
}
