// `npm start`: a desk that runs until it is told to stop.
import './production.ts'
import { messageOf } from '../kernel/failures/message-of.ts'
import { greeting } from './greeting.ts'
import { openLog } from './log.ts'
import { settingsOrExit } from './settings-or-exit.ts'
import { closeWhenTold } from './stopping.ts'

const settings = settingsOrExit('start')
try {
  // Loaded only now: the help, and a wrong setting, are answered at once.
  const { startDesk } = await import('./desk.ts')
  const desk = await startDesk(settings)
  closeWhenTold(openLog(settings.logLevel), desk.close)
  console.log(greeting(desk.url, settings.roles))
} catch (error) {
  console.error(`The desk cannot start. ${messageOf(error)}`)
  process.exit(1)
}
