// How a process that runs a desk ends: when it is told to, or at an error that nobody has caught.
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'

/** Beyond it the process ends with what it has, and exit code 1. */
const STOPPING_TAKES_AT_MOST = 10_000

/** From now on SIGTERM and SIGINT close what is open and end the process; so does an error that nobody catches, with exit code 1. */
export function closeWhenTold(log: Logger, close: () => Promise<void>): void {
  closeWithGrace({ delay: STOPPING_TAKES_AT_MOST, logger: log }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'Stopping: an error that nobody has caught')
    else log.info({ signal }, 'Stopping: nothing new is begun, and what is under way finishes within a few seconds')
    await close()
    log.info('Stopped')
  })
}
