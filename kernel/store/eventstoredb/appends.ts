// The order of appends on their way to the server: those of one stream one after another, not too many at once, none on a cold connection.
import type { Append } from '../append.ts'
import { categoryOf } from '../categories.ts'
import { type Appended, RevisionConflict, StoreUnavailable, type StreamName } from '../event-store.ts'
import { unavailable } from './errors.ts'

export interface Appends {
  /** @throws StoreUnavailable when nothing was sent, else what `send` throws */
  add(append: Append): Promise<Appended>
  /** Until nothing waits and nothing is under way. */
  idle(): Promise<void>
}

interface Wiring {
  /** Sees whether the server answers. */
  probe(): Promise<void>
  send(append: Append): Promise<Appended>
}

interface Waiting {
  append: Append
  resolve(appended: Appended): void
  reject(error: unknown): void
}

/**
 * So many appends are under way at once. The client (6.2.1) keeps up to 15 writes for its connection; behind a sixteenth it makes
 * others wait, and when the connection breaks then, it rejects promises that nobody holds, which ends a Node process.
 */
const UNDER_WAY = 15
const WAITING = 10_000

/**
 * Appends to one stream are sent in the order in which they were asked for, each after the answer to the one before: the server drops
 * a repeat without an answer while the original is not indexed yet. Leases go first: a renewal that waits behind thousands of others
 * comes too late, and whoever holds the lease has to stop its work for nothing. Before the first append, and after one that failed,
 * the connection is probed: on a fresh one a crowd of appends may hang, and where no server answers nothing is sent at all.
 */
export function appendsOf({ probe, send }: Wiring): Appends {
  const lanes = new Map<StreamName, Waiting[]>()
  const ready: StreamName[] = []
  const idlers: (() => void)[] = []
  let waiting = 0
  let underWay = 0
  let warm: Promise<void> | undefined

  function line(stream: StreamName): void {
    if (categoryOf(stream) === 'lease') ready.unshift(stream)
    else ready.push(stream)
  }

  function next(): void {
    while (underWay < UNDER_WAY) {
      const stream = ready.shift()
      if (stream === undefined) break
      const first = lanes.get(stream)?.shift()
      if (!first) continue
      waiting--
      underWay++
      void settle(first).then(() => done(stream))
    }
    if (underWay === 0) for (const idle of idlers.splice(0)) idle()
  }

  function done(stream: StreamName): void {
    underWay--
    if (lanes.get(stream)?.length) line(stream)
    else lanes.delete(stream)
    next()
  }

  async function settle({ append, resolve, reject }: Waiting): Promise<void> {
    try {
      warm ??= probe()
      await warm
    } catch (error) {
      warm = undefined
      reject(unavailable(error))
      return
    }
    try {
      resolve(await send(append))
    } catch (error) {
      if (!(error instanceof RevisionConflict)) warm = undefined
      reject(error)
    }
  }

  return {
    add: (append) =>
      new Promise((resolve, reject) => {
        if (waiting >= WAITING) throw new StoreUnavailable(`${waiting} appends are waiting already.`)
        waiting++
        const lane = lanes.get(append.stream)
        if (lane) lane.push({ append, resolve, reject })
        else {
          lanes.set(append.stream, [{ append, resolve, reject }])
          line(append.stream)
        }
        next()
      }),

    idle: () =>
      new Promise((resolve) => {
        if (underWay === 0) resolve()
        else idlers.push(resolve)
      }),
  }
}
