import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { logIdentity } from '../events/log-identity.ts'
import { openSqliteEventStore } from '../events/store/sqlite.ts'
import { openSqliteViewStore } from '../query/store/sqlite.ts'
import { views as projections } from '../query/views/index.ts'
import { startProjectorThread } from './projector-thread.ts'

test('everybody who asks for the health of the projector at the same time is answered', async () => {
  const at = await directory()
  const [events, views] = [join(at, 'events.db'), join(at, 'views.db')]
  const store = await openSqliteEventStore({ file: events })
  onTestFinished(() => store.close())
  const logId = await logIdentity(store)
  await (await openSqliteViewStore({ file: views, logId, projections })).close()

  let isRunning = () => {}
  const running = new Promise<void>((resolve) => (isRunning = resolve))
  const task = { places: { files: { events, views } }, logId, logLevel: 'silent' } as const
  const projector = startProjectorThread(task, () => isRunning(), pino({ level: 'silent' }))
  onTestFinished(() => projector.stop())
  await running

  const answers = await Promise.all([projector.health(), projector.health(), projector.health()])
  expect(answers).toEqual([expect.anything(), expect.anything(), expect.anything()])
})

test('a projector whose views cannot be reached does not keep the process from stopping', async () => {
  const files = { events: join(await directory(), 'events.db'), views: '' }
  const task = { places: { mongodbUrl: 'mongodb://127.0.0.1:9', files }, logId: 'any', logLevel: 'silent' } as const
  const projector = startProjectorThread(task, () => {}, pino({ level: 'silent' }))
  await projector.stop()
  expect(await projector.health()).toBeUndefined()
})

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
