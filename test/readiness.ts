// Whether all parts of a desk are at work: it listens before the thread that folds its views has begun.
import { retry } from '../kernel/failures/retry.ts'

const WITHIN_MS = 60_000
const HABITS = { withinMs: WITHIN_MS, firstPauseMs: 20, longestPauseMs: 100 }

/**
 * Settles when a process of a desk says that it is ready. Before, what a mutation gives back may not be visible in its time, and views
 * of a log with history are empty.
 * @param lives whether the process is still there: one that has ended is waited for no longer
 * @throws Error with the answer, when it is not ready within a minute
 */
export async function untilReady(url: string, lives = () => true): Promise<void> {
  await retry(
    async () => {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(WITHIN_MS) })
      if (answer.status === 200) await answer.arrayBuffer()
      else throw new Error(`The desk at ${url} is not ready: ${answer.status} ${await answer.text()}`)
    },
    { ...HABITS, isRetryable: lives },
  )
}
