// Appends wait for the end of the event-loop turn, so that one commit, and one wait for the disk, serves them all.

import type { Append } from './append.ts'
import { type Appended, StoreUnavailable } from './event-store.ts'

export interface WaitingAppend extends Append {
  resolve(appended: Appended): void
  reject(error: unknown): void
}

export interface AppendQueue {
  /** @throws StoreUnavailable when too many appends are waiting already */
  add(append: WaitingAppend): void
  /** Commits all waiting appends now. */
  drain(): void
}

const MAX_GROUP = 512
const MAX_GROUP_SIZE = 16 * 1024 * 1024
const MAX_WAITING = 10_000
const MAX_WAITING_SIZE = 256 * 1024 * 1024

/** @param commit settles every append of a group, and throws nothing */
export function appendQueue(commit: (group: WaitingAppend[]) => void): AppendQueue {
  let waiting: WaitingAppend[] = []
  let waitingSize = 0
  let scheduled = false

  const commitGroup = () => {
    const group = nextGroup()
    if (group.length > 0) commit(group)
  }

  const nextGroup = (): WaitingAppend[] => {
    let count = 0
    let size = 0
    for (const append of waiting) {
      if (count === MAX_GROUP || (count > 0 && size + append.size > MAX_GROUP_SIZE)) break
      count++
      size += append.size
    }
    waitingSize -= size
    if (count < waiting.length) return waiting.splice(0, count)
    const all = waiting
    waiting = []
    return all
  }

  const schedule = () => {
    if (scheduled || waiting.length === 0) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      commitGroup()
      schedule()
    })
  }

  return {
    add(append) {
      if (waiting.length >= MAX_WAITING || waitingSize + append.size > MAX_WAITING_SIZE) {
        throw new StoreUnavailable(`The event log cannot keep up: ${waiting.length} appends are waiting.`)
      }
      waiting.push(append)
      waitingSize += append.size
      schedule()
    },
    drain() {
      while (waiting.length > 0) commitGroup()
    },
  }
}
