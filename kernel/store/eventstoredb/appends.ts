// The order of appends on their way to the server: one at a time for each stream, a limited number in total, none on a
// cold connection.
import type { Append } from '../append.ts'
import { categoryOf } from '../categories.ts'
import { type Appended, RevisionConflict, StoreUnavailable, type StreamName } from '../event-store.ts'
import { unavailable } from './errors.ts'

export interface Appends {
  /** @throws StoreUnavailable when nothing was sent, and otherwise the errors of `send` */
  add(append: Append): Promise<Appended>
  /** Resolves when no append waits or is in flight. */
  idle(): Promise<void>
}

interface Wiring {
  /** Checks whether the server answers. */
  probe(): Promise<void>
  send(append: Append): Promise<Appended>
}

interface Waiting {
  append: Append
  resolve(appended: Appended): void
  reject(error: unknown): void
}

/**
 * The largest number of appends in flight. The client (6.2.1) keeps up to 15 writes for its connection. A sixteenth
 * makes later ones wait, and when the connection breaks then, the client rejects promises that nobody holds, which ends
 * a Node process.
 */
const UNDER_WAY = 15
const WAITING = 10_000

/**
 * Appends to one stream are sent in the order of their calls, each after the answer to the previous one: the server
 * drops a repeat without an answer while the original is not indexed yet. Leases go first: a renewal that waits behind
 * thousands of others comes too late, and the holder of the lease has to stop its work for nothing. The connection is
 * probed before the first append and after a failed one: on a fresh connection many simultaneous appends may hang, and
 * while no server answers nothing is sent at all.
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
