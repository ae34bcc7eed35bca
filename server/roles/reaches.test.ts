import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { messagesInMemory } from '../../kernel/messaging/messaging.given.ts'
import type { MessagingHealth } from '../../kernel/messaging/messaging.ts'
import { reaches } from './reaches.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

function messagingWith(health: () => MessagingHealth) {
  return reaches({ ...messagesInMemory().connect(), health })
}

test('a connection that breaks for a moment is no reason to hand work over, one that stays broken is', () => {
  let ok = true
  const isReached = messagingWith(() => ({ ok, detail: '' }))
  vi.advanceTimersByTime(60_000)
  expect(isReached()).toBe(true)
  ok = false
  vi.advanceTimersByTime(2_000)
  expect(isReached()).toBe(true)
  vi.advanceTimersByTime(2_000)
  expect(isReached()).toBe(false)
  ok = true
  expect(isReached()).toBe(true)
})

test('a silence counts from its beginning, not from when it was noticed', () => {
  let health: MessagingHealth = { ok: true, detail: '' }
  const isReached = messagingWith(() => health)
  expect(isReached()).toBe(true)
  const reachedAt = performance.now()
  vi.advanceTimersByTime(4_000)
  expect(isReached()).toBe(true)
  health = { ok: false, detail: '', reachedAt }
  expect(isReached()).toBe(false)
})
