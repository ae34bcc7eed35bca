// The slots of the processes at work: their number is limited, and the follower of the log waits for a free slot, or
// for one process to leave.

export interface Places<Worker> {
  get(id: string): Worker | undefined
  has(id: string): boolean
  take(id: string, worker: Worker): void
  /** Makes room for another one. */
  leave(id: string): Worker | undefined
  all(): IterableIterator<Worker>
  count(): number
  isFull(): boolean
  /** Resolves when a slot is free, or the program stops. Only one caller at a time may wait. */
  room(): Promise<void>
  /** Resolves when no process of that id is at work, or the program stops. Only one caller at a time may wait. */
  gone(id: string): Promise<void>
}

/** @param most the largest number at work at once */
export function openSlots<Worker>(most: number, signal: AbortSignal): Places<Worker> {
  const atWork = new Map<string, Worker>()
  let somebodyLeft: (() => void) | undefined
  signal.addEventListener('abort', () => somebodyLeft?.())

  async function until(condition: () => boolean): Promise<void> {
    while (!condition() && !signal.aborted) {
      await new Promise<void>((resolve) => {
        somebodyLeft = resolve
      })
    }
  }

  const isFull = () => atWork.size >= most
  return {
    get: (id) => atWork.get(id),
    has: (id) => atWork.has(id),
    take: (id, worker) => void atWork.set(id, worker),
    leave(id) {
      const worker = atWork.get(id)
      atWork.delete(id)
      somebodyLeft?.()
      return worker
    },
    all: () => atWork.values(),
    count: () => atWork.size,
    isFull,
    room: () => until(() => !isFull()),
    gone: (id) => until(() => !atWork.has(id)),
  }
}
