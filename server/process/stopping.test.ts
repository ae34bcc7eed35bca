import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a process with 0 when everything is closed', async (signal) => {
  const running = await start({})
  running.tell(signal)
  await running.logged('Stopping')
  running.finishClosing()
  expect(await running.exitCode()).toBe(0)
  await running.logged('Stopped')
})

test('a second signal ends a process without waiting for what is being closed', async () => {
  const running = await start({})
  running.tell('SIGINT')
  await running.logged('Stopping')
  running.tell('SIGINT')
  expect(await running.exitCode()).toBe(1)
})

test('one Control-C comes twice to what npm runs, and is one', async () => {
  const running = await start({ npm_lifecycle_event: 'start' })
  running.tell('SIGINT')
  await running.logged('Stopping')
  running.tell('SIGINT')
  await running.logged('SIGINT number 2')
  running.finishClosing()
  expect(await running.exitCode()).toBe(0)

  const impatient = await start({ npm_lifecycle_event: 'start' })
  impatient.tell('SIGINT')
  await impatient.logged('Stopping')
  impatient.tell('SIGINT')
  await impatient.logged('SIGINT number 2')
  impatient.tell('SIGINT')
  expect(await impatient.exitCode()).toBe(1)
})

/** Closes for as long as nobody writes to its stdin, and counts the signals that have come. */
const program = `
  import { once } from 'node:events'
  import { openLog } from './server/process/log.ts'
  import { closeWhenTold } from './server/process/stopping.ts'
  closeWhenTold(openLog('info'), async () => void (await once(process.stdin, 'data')))
  let count = 0
  process.on('SIGINT', () => console.error('SIGINT number ' + ++count))
  setInterval(() => {}, 60_000)
  console.error('Running')
`

async function start(env: Record<string, string>) {
  const { npm_lifecycle_event: _, ...inherited } = process.env
  const child = spawn(
    process.execPath,
    ['--import', './server/typescript.mjs', '--input-type=module', '--eval', program],
    {
      env: { ...inherited, ...env },
      stdio: ['pipe', 'ignore', 'pipe'],
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let log = ''
  child.stderr.on('data', (data) => {
    log += data
  })
  const ended = once(child, 'close')
  const running = {
    tell: (signal: NodeJS.Signals) => child.kill(signal),
    finishClosing: () => child.stdin.end('now'),
    logged: (text: string) => expect.poll(() => log).toContain(text),
    exitCode: async () => (await ended)[0],
  }
  await running.logged('Running')
  return running
}
