import { expect, test } from 'vitest'
import { StoreUnavailable } from '../store/event-store.ts'
import { whileStarting } from './at-start.ts'

const away = () => new StoreUnavailable('the connection was reset')

test('a start continues after a connection reset, and logs nothing about it', async () => {
  const { log, said } = noted()
  const failures = [away(), away()]
  const attempt = async () => {
    const failure = failures.shift()
    if (failure) throw failure
    return 'opened'
  }
  expect(await whileStarting(attempt, { server: 'MongoDB', log })).toBe('opened')
  expect(said).toEqual([])
})

test('a longer wait logs one line for its reason, and one when the start continues', async () => {
  const { log, said } = noted()
  const attempt = async () => {
    if (said.length === 0) throw away()
    return 'opened'
  }
  expect(await whileStarting(attempt, { server: 'MongoDB', log, saysSoAfterMs: 20 })).toBe('opened')
  expect(said).toEqual([
    'MongoDB is away; the start waits for it for 10 seconds: the connection was reset',
    'MongoDB is there; the start goes on',
  ])
})

test('a wait is also logged when a server accepts the connection and does not answer', async () => {
  const { log, said, whenSaid } = noted()
  const attempt = () => whenSaid.then(() => 'opened')
  expect(await whileStarting(attempt, { server: 'MongoDB', log, saysSoAfterMs: 1 })).toBe('opened')
  expect(said[0]).toBe('MongoDB is away; the start waits for it for 10 seconds: it has not answered')
})

test('a start that waits in vain ends with the last failure', async () => {
  const failing = whileStarting(() => Promise.reject(away()), { server: 'MongoDB', log: noted().log, waitsMs: 100 })
  await expect(failing).rejects.toThrow('the connection was reset')
})

test('a wrong password ends the start at once', async () => {
  let attempts = 0
  const attempt = async () => {
    attempts++
    throw new Error('the password is wrong')
  }
  await expect(whileStarting(attempt, { server: 'MongoDB', log: noted().log })).rejects.toThrow('password')
  expect(attempts).toBe(1)
})

function noted() {
  const said: string[] = []
  let saidSomething = () => {}
  const whenSaid = new Promise<void>((resolve) => (saidSomething = resolve))
  const note = (fields: { reason?: string }, message: string) => {
    said.push(fields.reason === undefined ? message : `${message}: ${fields.reason}`)
    saidSomething()
  }
  return { said, whenSaid, log: { info: note, warn: note } as unknown as Parameters<typeof whileStarting>[1]['log'] }
}
