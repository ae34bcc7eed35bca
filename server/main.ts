// `npm start`: a desk that runs until it is told to stop.
import './production.ts'
import closeWithGrace from 'close-with-grace'
import { messageOf } from '../events/message-of.ts'
import { startDesk } from './desk.ts'
import { greeting } from './greeting.ts'
import { settingsOrExit } from './settings-or-exit.ts'

const settings = settingsOrExit()
try {
  const desk = await startDesk(settings)
  closeWithGrace({ delay: 10_000, logger: console }, async ({ err }) => {
    if (err) console.error(err)
    await desk.close()
  })
  console.log(greeting(desk.url, settings.roles))
} catch (error) {
  console.error(`The desk cannot start. ${messageOf(error)}`)
  process.exit(1)
}
