// Ends a process that runs a desk: on a signal, or at an error that nobody has caught.
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'

/** Beyond it the process ends with what it has, and exit code 1. */
const STOPPING_TAKES_AT_MOST = 10_000

const signals = ['SIGTERM', 'SIGINT'] as const

/** How often a program that npm runs checks whether its parent is still there, in milliseconds. */
const PARENT_CHECK = 100

/**
 * From now on SIGTERM and SIGINT close what is open and end the process; so does an error that nobody catches, with exit code 1.
 * A further signal while the process closes ends it at once, with exit code 1.
 */
export function closeWhenTold(log: Logger, close: () => Promise<void>): void {
  let signal: NodeJS.Signals | undefined
  let closing = false
  const grace = closeWithGrace(
    { delay: STOPPING_TAKES_AT_MOST, logger: log, skip: [...signals] },
    async ({ signal: other, err }) => {
      closing = true
      if (err) log.fatal({ err }, 'Stopping: an uncaught error')
      else
        log.info(
          { signal: signal ?? other },
          'Stopping: no new work starts, and work in flight finishes within a few seconds',
        )
      await close()
      log.info('Stopped')
    },
  )

  function begin(told: NodeJS.Signals): void {
    if (closing) return
    signal = told
    grace.close()
  }

  let repeats = 0
  for (const told of signals) {
    process.on(told, () => {
      if (!closing) begin(told)
      else if (++repeats > repeatsOfOneSignal()) {
        log.error({ signal: told }, 'Stopping at once: a second signal arrived')
        process.exit(1)
      }
    })
  }
  whenNpmIsGone(() => begin('SIGTERM'))
}

/**
 * npm passes SIGTERM on to its shell alone. Debian's dash does not replace itself with the program, so it ends without passing the
 * signal on, and npm ends with it. The script cannot say `exec`, which cmd.exe does not know.
 */
function whenNpmIsGone(stop: () => void): void {
  const { npm_lifecycle_script: script } = process.env
  const program = process.argv[1]?.replaceAll('\\', '/').split('/').slice(-2).join('/')
  if (program === undefined || !script?.split(' ').includes(program)) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, PARENT_CHECK).unref()
}

/** Control-C in a terminal goes to npm and to what it runs, and npm passes it on. */
function repeatsOfOneSignal(): number {
  return process.env.npm_lifecycle_event === undefined ? 0 : 1
}
