import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteEventStore } from '../../events/open-log.ts'
import { openSqliteViewStore } from '../../kernel/projecting/store/sqlite/sqlite-view-store.ts'
import { logIdentity } from '../../kernel/store/log-identity.ts'
import { viewSet } from '../../query/views/index.ts'
import { startProjectorThread } from './projector-thread.ts'

test('everybody who asks for the health of the projector at the same time is answered', async () => {
  const at = await directory()
  const [events, views] = [join(at, 'events.db'), join(at, 'views.db')]
  const store = await openSqliteEventStore({ file: events })
  onTestFinished(() => store.close())
  const logId = await logIdentity(store)
  await (await openSqliteViewStore({ file: views, logId, ...viewSet })).close()

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

test('stores that are away are no error of the projector: it waits for them, logs this once, and goes on when they are back', async () => {
  const at = await directory()
  const files = { events: join(at, 'later', 'events.db'), views: join(at, 'views.db') }
  const lines: { level: number; msg: string }[] = []
  const log = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) })
  const store = await openSqliteEventStore({ file: join(at, 'events.db') })
  const logId = await logIdentity(store)
  await store.close()
  await (await openSqliteViewStore({ file: files.views, logId, ...viewSet })).close()

  let folded = false
  const told = (position: number) => (folded = position > 0)
  const projector = startProjectorThread({ places: { files }, logId, logLevel: 'silent' }, told, log)
  onTestFinished(() => projector.stop())
  await expect.poll(() => projector.health()).toMatchObject({ cannotOpen: expect.stringContaining('events.db') })
  await rename(join(at, 'events.db'), join(at, 'moved.db'))
  await mkdir(join(at, 'later'))
  await rename(join(at, 'moved.db'), files.events)
  await expect.poll(() => folded).toBe(true)
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    [40, 'the projector waits for its stores'],
    [30, 'the projector can use its stores again'],
  ])
})

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
