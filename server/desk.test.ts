import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fillDemo } from './demo-orders.ts'
import { startDesk } from './desk.ts'

test('a log that was put back from a backup does not start with views that have seen more', async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'creditline-test-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true, force: true }))
  const log = join(dataDirectory, 'events.db')
  const backup = join(dataDirectory, 'backup.db')
  const views = join(dataDirectory, 'views.db')
  const start = () => startDesk({ host: '127.0.0.1', port: 0, dataDirectory, logLevel: 'silent' })

  await (await start()).close()
  await copyFile(log, backup)
  const desk = await start()
  await fillDemo(desk.url)
  await desk.close()
  await copyFile(backup, log)

  await expect(start()).rejects.toThrow(`The views in ${views} have folded more than the log holds.`)
  await rm(views)
  await (await start()).close()
})
