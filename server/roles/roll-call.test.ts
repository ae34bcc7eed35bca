import { describe, expect, test } from 'vitest'
import { roleOf } from './roll-call.ts'

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
})
