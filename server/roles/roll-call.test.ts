import { describe, expect, onTestFinished, test } from 'vitest'
import { messagesInMemory } from '../../kernel/messaging/messaging.given.ts'
import { MessagingUnavailable } from '../../kernel/messaging/messaging.ts'
import { answerRollCall, type RoleAnswers, roleOf, startRollCall } from './roll-call.ts'

const standby = { ok: true, detail: 'standby', active: 0 }
const active = { ok: true, detail: 'at 7', active: 1 }

describe('how a part is by those who answer', () => {
  test.each([
    ['nobody runs it', [{}, { saga: standby }], false, 'no process with the role projector answers'],
    ['one is active', [{ projector: active }, { projector: standby }], true, '2 processes: at 7'],
    ['all stand by', [{ projector: standby }], false, '1 process, none of them is active yet'],
    [
      'the one that should be active cannot start',
      [{ projector: standby }, { projector: { ok: false, detail: 'the disk is full', active: 0 } }],
      false,
      '2 processes, none of them is active yet: the disk is full',
    ],
    [
      'the active one is in trouble',
      [{ projector: { ...active, ok: false, detail: 'trying again' } }, { projector: standby }],
      false,
      'trying again',
    ],
  ])('%s', (_, answers, ok, detail) => {
    expect(roleOf(answers, 'projector', 1)).toEqual({ ok, detail })
  })

  test('all shares must be held', () => {
    const half = { ok: true, detail: 'holds 32', active: 32 }
    expect(roleOf([{ command: half }], 'command', 64)).toEqual({
      ok: false,
      detail: '1 process, they hold 32 of 64 partitions',
    })
    expect(roleOf([{ command: half }, { command: half }], 'command', 64).ok).toBe(true)
  })

  test('its figures are the sums over the active processes that send figures', () => {
    const holds = (partitions: number) => ({ ok: true, detail: '', active: partitions, figures: { partitions } })
    const older = { ok: true, detail: '', active: 14 }
    const answers = [{ command: holds(30) }, { command: holds(20) }, { command: older }]
    expect(roleOf(answers, 'command', 64).figures).toEqual({ partitions: 50 })
    expect(roleOf([{ command: older }], 'command', 64)).not.toHaveProperty('figures')
  })

  test('the last answer of the process that was active before adds nothing', () => {
    const at = (position: number) => ({ ok: true, detail: '', active: 1, figures: { position } })
    expect(roleOf([{ projector: at(1_000) }, { projector: at(1_005) }], 'projector', 1).figures).toEqual({
      position: 1_005,
    })
  })

  test('the figures of a standby are left out', () => {
    const parked = (count: number, active: number) => ({ ok: true, detail: '', active, figures: { parked: count } })
    expect(roleOf([{ saga: parked(2, 1) }, { saga: parked(5, 0) }], 'saga', 1).figures).toEqual({ parked: 2 })
    expect(roleOf([{ saga: parked(5, 0) }], 'saga', 1)).not.toHaveProperty('figures')
  })
})

describe('a roll call', () => {
  const roles: RoleAnswers = { projector: active }

  /** A gateway, and a way to add processes that answer it. */
  function deployment() {
    const messages = messagesInMemory()
    const connect = (holder: string) => ({ messaging: messages.connect(), namespace: 'desk', holder })
    const gateway = connect('gateway')
    return {
      gateway,
      messages,
      process(holder: string, answer: () => Promise<RoleAnswers> = async () => roles) {
        const connected = connect(holder)
        answerRollCall(connected, answer)
        return connected.messaging
      },
      start(everyMs = 20) {
        const rollCall = startRollCall(gateway, { everyMs, gatheredForMs: 30 })
        onTestFinished(rollCall.stop)
        return rollCall
      },
    }
  }

  test('that has just begun is waited for', async () => {
    const { process, start } = deployment()
    process('one')
    expect(await start(60_000).others()).toEqual([roles])
  })

  test('counts each other process once, and not the one that calls', async () => {
    const { gateway, process, start } = deployment()
    answerRollCall(gateway, async () => roles)
    let called = 0
    process('one', async () => ({ projector: { ...active, detail: `call ${++called}` } }))
    process('other')
    const rollCall = start()
    await expect.poll(() => called).toBeGreaterThan(3)
    const [one, ...rest] = await rollCall.others()
    expect(rest).toEqual([roles])
    expect(one?.projector?.detail).not.toBe('call 1')
  })

  test('that a process is too late for does not make it missing', async () => {
    const { process, start } = deployment()
    let called = 0
    const never = new Promise<RoleAnswers>(() => {})
    process('one', () => (++called % 2 === 1 ? Promise.resolve(roles) : never))
    const rollCall = start()
    for (const calls of [2, 3, 4, 5, 6]) {
      await expect.poll(() => called, { interval: 5 }).toBeGreaterThanOrEqual(calls)
      expect(await rollCall.others()).toEqual([roles])
    }
  })

  test('finds a process missing that is gone', async () => {
    const { process, start } = deployment()
    const leaving = process('one')
    process('other', async () => ({ saga: standby }))
    const rollCall = start()
    await expect.poll(() => rollCall.others()).toEqual([roles, { saga: standby }])
    await leaving.close()
    await expect.poll(() => rollCall.others()).toEqual([{ saga: standby }])
  })

  test('without a connection finds nobody, and asks again', async () => {
    const { gateway, process, start } = deployment()
    process('one')
    const { messaging } = gateway
    let isAway = true
    gateway.messaging = {
      ...messaging,
      gather: (...call) => (isAway ? Promise.reject(new MessagingUnavailable('away')) : messaging.gather(...call)),
    }
    const rollCall = start()
    expect(await rollCall.others()).toEqual([])
    isAway = false
    await expect.poll(() => rollCall.others()).toEqual([roles])
  })

  test('takes no notice of answers of another version', async () => {
    const { messages, process, start } = deployment()
    for (const answer of [null, 'here', roles, { holder: 1, roles }, { holder: 'one', roles: null }]) {
      messages.connect().serve('desk.roll-call', () => answer)
    }
    process('one')
    expect(await start().others()).toEqual([roles])
  })
})
