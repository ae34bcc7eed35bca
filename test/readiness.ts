// Whether all parts of a desk are at work: it listens before the thread that folds its views has begun.
import { vi } from 'vitest'

/** Settles when a desk says that it is ready. Before, what a mutation gives back may not be visible in its time. */
export async function untilReady(url: string): Promise<void> {
  const check = async () => {
    const { status } = await fetch(`${url}/health/ready`)
    if (status !== 200) throw new Error(`The desk at ${url} is not ready: ${status}`)
  }
  await vi.waitFor(check, { timeout: 30_000, interval: 20 })
}
