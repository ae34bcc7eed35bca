import { expect, test, vi } from 'vitest'
import type { ViewStore } from '../../kernel/projecting/store/view-store.ts'
import { ViewsLost } from '../../kernel/projecting/store/view-store.ts'
import { type Session, startSessions } from './projector-sessions.ts'

const healthy = { position: 7, retrying: false, brokenDocuments: 0, unplacedEvents: 0, foreignEvents: 0 }

/** Sessions that note what happens, in order, and whose views are lost when the test says so. */
function noted({
  ending = async () => {},
  open = async () => {},
}: Partial<Record<'ending' | 'open', () => Promise<void>>> = {}) {
  const notes: string[] = []
  let lose = (_: ViewsLost) => {}
  let count = 0
  const warn = vi.fn()
  const sessions = startSessions({
    first: {} as ViewStore,
    begin(_, onLost): Session {
      const number = ++count
      notes.push(`begin ${number}`)
      lose = onLost
      return {
        health: () => healthy,
        async end() {
          notes.push(`end ${number}`)
          await ending()
          notes.push(`ended ${number}`)
        },
      }
    },
    async open() {
      notes.push('open')
      await open()
      return { close: async () => void notes.push('close') } as unknown as ViewStore
    },
    onFailed: (error) => notes.push(`failed: ${(error as Error).message}`),
    log: { warn },
    pauseMs: 0,
  })
  return { sessions, notes, warn, lose: () => lose(new ViewsLost('The views are removed')) }
}

test('the next session begins when the former one has ended, and not before', async () => {
  let finish = () => {}
  const { notes, lose } = noted({ ending: () => new Promise((resolve) => (finish = resolve)) })
  lose()
  await vi.waitFor(() => expect(notes).toContain('end 1'))
  expect(notes).toEqual(['begin 1', 'end 1'])
  finish()
  await vi.waitFor(() => expect(notes).toEqual(['begin 1', 'end 1', 'ended 1', 'open', 'begin 2']))
})

test('a former session that cannot be closed is logged, and the next one begins all the same', async () => {
  const { notes, warn, lose } = noted({ ending: () => Promise.reject(new Error('disk I/O error')) })
  lose()
  await vi.waitFor(() => expect(notes).toEqual(['begin 1', 'end 1', 'open', 'begin 2']))
  expect(warn.mock.calls.map(([bound]) => bound.err.message)).toEqual(['The views are removed', 'disk I/O error'])
})

test('between two sessions the health is that of a projector that retries after the loss', async () => {
  let come = () => {}
  const { sessions, notes, lose } = noted({ open: () => new Promise((resolve) => (come = resolve)) })
  lose()
  await vi.waitFor(() => expect(notes).toContain('open'))
  expect(sessions.health()).toMatchObject({ retrying: true, lastFailure: { message: 'The views are removed' } })
  come()
  await vi.waitFor(() => expect(sessions.health()).toEqual(healthy))
})

test('views that cannot be opened are reported once', async () => {
  const { notes, lose } = noted({ open: () => Promise.reject(new Error('the log is gone')) })
  lose()
  lose()
  await vi.waitFor(() => expect(notes.at(-1)).toBe('failed: the log is gone'))
  expect(notes.filter((note) => note === 'open')).toHaveLength(1)
})

test('a stop while views are being opened ends each session once, and closes the views that come', async () => {
  let come = () => {}
  const { sessions, notes, lose } = noted({ open: () => new Promise((resolve) => (come = resolve)) })
  lose()
  await vi.waitFor(() => expect(notes).toContain('open'))
  const stopped = sessions.stop()
  come()
  await stopped
  expect(notes).toEqual(['begin 1', 'end 1', 'ended 1', 'open', 'close'])
})

test('a stop ends a session that lost nothing once', async () => {
  const { sessions, notes } = noted()
  await sessions.stop()
  expect(notes).toEqual(['begin 1', 'end 1', 'ended 1'])
})
