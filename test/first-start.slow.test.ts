// The very first start of a desk, killed at any moment: the next one begins where that one was, or anew.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { rounds } from '../kernel/rounds.given.ts'
import { startDeskProcess } from './desk-process.ts'
import { accepted } from './mutate.ts'
import { embedded } from './place.ts'

const KILLS = rounds(5)

test('a desk that is killed at any moment of its very first start starts again', {
  timeout: rounds(600_000),
}, async () => {
  const parent = await mkdtemp(join(tmpdir(), 'creditline-first-'))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  const takes = await timeToStart(join(parent, 'whole'))
  for (let kill = 0; kill < KILLS; kill++) {
    const dataDirectory = join(parent, String(kill))
    await startAndKill(dataDirectory, takes * (0.3 + 0.8 * Math.random()))
    const desk = await startDeskProcess(dataDirectory, embedded)
    await accepted(desk.url, 'registerCustomer', { customerId: 'cus_1', name: 'Ada', creditLimit: '1.00' })
    await desk.end('SIGKILL')
    expect((await readdir(dataDirectory)).filter((name) => name.includes('.new-'))).toEqual([])
  }
})

test('processes that begin one log at the same moment all open it', { timeout: rounds(600_000) }, async () => {
  for (let round = 0; round < rounds(1); round++) {
    const directory = await mkdtemp(join(tmpdir(), 'creditline-first-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const outputs = await Promise.all([1, 2, 3, 4, 5].map(() => openInProcess(join(directory, 'events.db'))))
    expect(new Set(outputs), outputs.join('\n')).toEqual(new Set([expect.stringMatching(/^[a-z0-9]{12}$/)]))
    expect(new Set(outputs).size).toBe(1)
  }
})

/** Opens a log in a process of its own: its identity, or the error. */
async function openInProcess(file: string): Promise<string> {
  const script = `
    import { openLogOf } from './events/open-log.ts'
    import { recordedIdentity } from './kernel/store/log-identity.ts'
    const store = await openLogOf(${JSON.stringify(file)}, async () => {})
    process.stdout.write(await recordedIdentity(store))
    await store.close()`
  const args = ['--import', './server/typescript.mjs', '--input-type=module', '--eval', script]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return output || error
}

async function timeToStart(dataDirectory: string): Promise<number> {
  const begun = performance.now()
  const desk = await startDeskProcess(dataDirectory, embedded)
  const takes = performance.now() - begun
  await desk.end('SIGKILL')
  return takes
}

async function startAndKill(dataDirectory: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, ['--import', './server/typescript.mjs', 'server/main.ts'], {
    env: { ...process.env, ...embedded, PORT: '0', DATA_DIR: dataDirectory },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  await pause(afterMs)
  child.kill('SIGKILL')
  await ended
}
