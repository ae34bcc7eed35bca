import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteEventStore } from '../../events/open-log.ts'
import { StoreUnavailable } from '../../kernel/store/event-store.ts'
import { activeOnce } from './active-once.ts'

test('work that cannot start says why, and is active as soon as it can', async () => {
  const { infrastructure } = await shared()
  let obstacle: string | undefined = 'the views are of another log'
  const role = await activeOnce(infrastructure, 'work', () => {
    if (obstacle) throw new Error(obstacle)
    return { health: () => ({ ok: true, detail: 'at work' }), stop: async () => {} }
  })
  onTestFinished(() => role.stop())
  await expect.poll(role.health).toEqual({ ok: false, detail: 'the views are of another log', active: 0 })
  obstacle = undefined
  await expect.poll(role.health).toEqual({ ok: true, detail: 'at work', active: 1 })
})

test('work that this process could not do is done by a standby', async () => {
  const { infrastructure } = await shared()
  let isAble = true
  const start = () => ({ health: () => ({ ok: true, detail: 'at work' }), stop: async () => {} })
  const first = await activeOnce({ ...infrastructure, holder: 'first' }, 'work', start, () => isAble)
  onTestFinished(() => first.stop())
  await expect.poll(async () => (await first.health()).active).toBe(1)
  const standby = await activeOnce({ ...infrastructure, holder: 'standby' }, 'work', start)
  onTestFinished(() => standby.stop())
  isAble = false
  await expect.poll(async () => (await standby.health()).active).toBe(1)
  await expect.poll(first.health).toEqual({ ok: true, detail: 'standby, held by standby', active: 0 })
})

test('a store that is away at the start is waited for, with or without a lease', async () => {
  const { infrastructure } = await shared()
  const away = new StoreUnavailable('the server is away')
  const failures = [away, away]
  const store = {
    ...infrastructure.store,
    readBackwards(...what: Parameters<typeof infrastructure.store.readBackwards>) {
      const failure = failures.shift()
      if (failure) throw failure
      return infrastructure.store.readBackwards(...what)
    },
  }
  const withLease = await activeOnce({ ...infrastructure, store }, 'work', () => atWork)
  onTestFinished(() => withLease.stop())
  await expect.poll(withLease.health).toMatchObject({ ok: true, active: 1 })
  failures.push(away, away)
  const alone = await activeOnce({ ...infrastructure, alone: true }, 'work', () => {
    const failure = failures.shift()
    if (failure) throw failure
    return atWork
  })
  expect(await alone.health()).toMatchObject({ ok: true, active: 1 })
})

const atWork = { health: () => ({ ok: true, detail: 'at work' }), stop: async () => {} }

/** The infrastructure of two processes with one log. */
async function shared() {
  const directory = await mkdtemp(join(tmpdir(), 'creditline-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const store = await openSqliteEventStore({ file: join(directory, 'events.db') })
  onTestFinished(() => store.close())
  return { infrastructure: { store, alone: false, holder: 'only', log: pino({ level: 'silent' }) } }
}
