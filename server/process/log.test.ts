import { expect, test } from 'vitest'
import { openLog } from './log.ts'

test.each(['err', 'error', 'reason', 'cause'])(
  'an error that is logged as %s comes out with its message and stack',
  (name) => {
    const lines: string[] = []
    const log = openLog('info', { write: (line) => void lines.push(line) })
    const error = new TypeError('The disk is full.', { cause: new Error('ENOSPC') })
    log.warn({ [name]: error, position: 5 }, 'A write failed')
    log.child({ part: 'saga' }).error({ [name]: error }, 'A write failed')
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      expect(JSON.parse(line)[name]).toMatchObject({
        type: 'TypeError',
        message: expect.stringContaining('The disk is full.'),
        stack: expect.stringContaining('log.test.ts'),
      })
    }
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ position: 5, msg: 'A write failed' })
  },
)

test('an error that is logged alone comes out with its message', () => {
  const lines: string[] = []
  openLog('info', { write: (line) => void lines.push(line) }).error(new Error('The disk is full.'))
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { message: 'The disk is full.' }, msg: 'The disk is full.' })
})
