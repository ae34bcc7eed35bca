// `npm run demo`: a desk with a few customers, products and orders in it, on a data directory that goes away with it.
import './process/production.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../kernel/failures/message-of.ts'
import { fillDemo } from './desk/demo-orders.ts'
import { greeting } from './desk/greeting.ts'
import { openLog } from './process/log.ts'
import { closeWhenTold } from './process/stopping.ts'
import { settingsOrExit } from './settings/settings-or-exit.ts'

const { port, host, allowedHosts, logLevel, currency } = settingsOrExit('demo')
const dataDirectory = await mkdtemp(join(tmpdir(), 'creditline-demo-'))
const removeData = () => rm(dataDirectory, { recursive: true, force: true })
let stopping = false

try {
  const { startDesk } = await import('./desk/desk.ts')
  // The demo uses no server, even when the environment names one: made-up data does not belong among the data of others.
  const desk = await startDesk({ port, host, allowedHosts, logLevel, currency, dataDirectory, filled: true })
  closeWhenTold(openLog(logLevel), async () => {
    stopping = true
    await desk.close()
    await removeData()
  })
  await fillDemo(desk.url)
  console.log(greeting(desk.url))
  console.log('This demo desk has customers, products and orders. All of its data is deleted when it stops.\n')
} catch (error) {
  // The demo data cannot be written to a desk that is being stopped. That desk ends without help.
  if (!stopping) {
    await removeData()
    console.error(`The demo cannot start. ${messageOf(error)}`)
    process.exit(1)
  }
}
