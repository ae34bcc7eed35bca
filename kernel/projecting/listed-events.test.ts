// Which events reach a view, and that the compiler finds a forgotten event.
import { expect, test } from 'vitest'
import * as z from 'zod'
import type { RecordedEvent } from '../store/event-store.ts'
import { listed, takerOf } from './listed-events.ts'

const events = { Opened: z.object({}), Renamed: z.object({}), Closed: z.object({}) }

test('a view takes the events that it lists, and neither ignored ones nor those of other categories', () => {
  const takes = takerOf({ account: listed(events, ['Opened', 'Closed'], ['Renamed']) })
  expect(takes(recorded('account-1', 'Opened'))).toBe(true)
  expect(takes(recorded('account-1', 'Renamed'))).toBe(false)
  expect(takes(recorded('asset-1', 'Opened'))).toBe(false)
})

test('an unreadable event reaches the views that take events of its category', () => {
  const takes = takerOf({ account: listed(events, ['Opened'], ['Renamed', 'Closed']) })
  expect(takes(recorded('account-1', 'Unreadable'))).toBe(true)
  expect(takes(recorded('asset-1', 'Unreadable'))).toBe(false)
})

test('an event of a category that is neither taken nor ignored is a compile error', () => {
  // @ts-expect-error Closed is neither taken nor ignored
  listed(events, ['Opened'], ['Renamed'])
  // @ts-expect-error Opened is taken and ignored
  listed(events, ['Opened', 'Renamed'], ['Opened', 'Closed'])
})

function recorded(stream: string, type: string): RecordedEvent {
  return { stream, type, data: {} } as unknown as RecordedEvent
}
