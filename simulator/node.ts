// A process of the desk: it is started, crashes, and is started again. Only the content of the stores outlives it.
import type { VirtualTime } from './virtual-time.ts'

/** From a start to the next crash. Everything that a process does to the world, and everything that it hears of it, goes through here. */
export interface Life {
  isOver(): boolean
  /** Aborted by the crash. */
  signal: AbortSignal
  /** Does something outside of the process and hears the answer; nothing of both after a crash. */
  asks<Answer>(question: () => Promise<Answer>): Promise<Answer>
}

export interface Node<Service> {
  readonly name: string
  /** The service that runs in it, once it has started. */
  running(): { service: Service; life: Life } | undefined
  start(): void
  crash(): void
  /** Ends in an orderly way. */
  stop(): Promise<void>
}

/** A start that fails is tried again after so many milliseconds. */
const START_AGAIN = 300

export function openNode<Service extends { stop(): Promise<void> }>(
  name: string,
  time: VirtualTime,
  startService: (life: Life) => Promise<Service>,
): Node<Service> {
  let current: { life: Life; end(): void } | undefined
  let running: { service: Service; life: Life } | undefined

  async function bringUp(life: Life): Promise<void> {
    while (!life.isOver()) {
      try {
        const service = await startService(life)
        if (life.isOver()) await service.stop()
        else running = { service, life }
        return
      } catch {
        await time.pass(START_AGAIN)
      }
    }
  }

  function crash(): void {
    const service = running?.service
    current?.end()
    current = undefined
    running = undefined
    // Only its timers end by this: nothing that it does now reaches the world.
    void service?.stop()
  }

  return {
    name,
    running: () => running,
    start() {
      if (current) return
      current = beginLife()
      void bringUp(current.life)
    },
    crash,
    async stop() {
      const stopping = running
      await Promise.race([stopping?.service.stop(), stopping && over(stopping.life)])
      if (running === stopping) crash()
    },
  }
}

function over({ signal }: Life): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
}

function beginLife(): { life: Life; end(): void } {
  const crash = new AbortController()
  const { signal } = crash
  const life: Life = {
    isOver: () => signal.aborted,
    signal,
    asks: (question) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return
        question().then(
          (answer) => signal.aborted || resolve(answer),
          (error) => signal.aborted || reject(error),
        )
      }),
  }
  return { life, end: () => crash.abort() }
}
