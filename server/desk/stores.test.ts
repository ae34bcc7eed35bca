// A log is begun only where nothing shows that there was one.
import { existsSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../kernel/sqlite/database.ts'
import { openLog } from '../process/log.ts'
import { openEventStore, openViewStore, type StorePlaces } from './stores.ts'

const log = openLog('silent')

test.each<[string, (file: string) => void | Promise<void>]>([
  ['views of a log', () => {}],
  ['views that were truncated to nothing', (file) => truncateSync(file, 0)],
  ['views that were truncated', (file) => truncateSync(file, 5_000)],
  ['a file that is not a database', (file) => writeFileSync(file, 'no database, but something else '.repeat(200))],
  ['another database', otherDatabase],
])('no log is begun beside %s, at any try', async (_, damage) => {
  const places = await somewhere()
  await (await openViewStore(places, 'log0log0log0')).close()
  await damage(places.files.views)
  for (const _ of [1, 2]) {
    await expect(openEventStore(places, log)).rejects.toMatchObject({
      name: 'ViewsOfAnotherLog',
      message: expect.stringMatching(/^There is no log in \S+, but the views in \S+ .* Put the log back\./),
    })
    expect(existsSync(places.files.events)).toBe(false)
  }
})

test('a log is begun where there are no views, or a database with nothing in it', async () => {
  const places = await somewhere()
  const empty = await openDatabase(places.files.views, { synchronous: 'NORMAL' })
  empty.exec('VACUUM')
  empty.close()
  for (const at of [places, await somewhere()]) {
    const store = await openEventStore(at, log)
    expect(await store.head()).toBe(1)
    await store.close()
  }
})

async function otherDatabase(file: string): Promise<void> {
  await rm(file)
  const database = await openDatabase(file, { synchronous: 'NORMAL' })
  database.exec('CREATE TABLE recipes (name TEXT)')
  database.close()
}

async function somewhere(): Promise<StorePlaces> {
  const at = await mkdtemp(join(tmpdir(), 'creditline-stores-'))
  onTestFinished(() => rm(at, { recursive: true, force: true }))
  return { files: { events: join(at, 'events.db'), views: join(at, 'views.db') } }
}
