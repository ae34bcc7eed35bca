import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { accepted } from '../../test/mutate.ts'
import { untilReady } from '../../test/readiness.ts'
import { startNats, withoutNats } from '../../test/servers.ts'
import { fillDemo } from './demo-orders.ts'
import { startDesk } from './desk.ts'

test('a log that was put back from a backup does not start with views that have seen more', async () => {
  const dataDirectory = await temporary()
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

  await expect(start()).rejects.toThrow(`The views in ${views} show a history that the log does not have`)
  await rm(views)
  await (await start()).close()
})

test.skipIf(withoutNats !== '')(
  `desks with logs of their own share a NATS and nothing else${withoutNats}`,
  async () => {
    const nats = await startNats()
    onTestFinished(() => nats.kill())
    const start = async () => {
      const desk = await startDesk({
        host: '127.0.0.1',
        port: 0,
        dataDirectory: await temporary(),
        logLevel: 'silent',
        natsUrl: nats.url,
      })
      onTestFinished(() => desk.close())
      await untilReady(desk.url)
      return desk
    }
    const [one, other] = await Promise.all([start(), start()])
    const ada = { customerId: 'cus_ada', name: 'Ada', creditLimit: '1.00' }
    await accepted(one.url, 'registerCustomer', ada)
    // To a handler that had heard of the first one it would be known already.
    await accepted(other.url, 'registerCustomer', ada)
  },
)

async function temporary(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
