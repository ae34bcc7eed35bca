// `npm start`: a desk that runs until a signal stops it.
import './process/production.ts'
import { messageOf } from '../kernel/failures/message-of.ts'
import { greeting } from './desk/greeting.ts'
import { openLog } from './process/log.ts'
import { closeWhenTold } from './process/stopping.ts'
import { settingsOrExit } from './settings/settings-or-exit.ts'

const settings = settingsOrExit('start')
try {
  // Loaded only now: the help, and a wrong setting, are answered at once.
  const { startDesk } = await import('./desk/desk.ts')
  const desk = await startDesk(settings)
  closeWhenTold(openLog(settings.logLevel), desk.close)
  console.log(greeting(desk.url, settings.roles))
} catch (error) {
  console.error(`The desk cannot start. ${messageOf(error)}`)
  process.exit(1)
}
