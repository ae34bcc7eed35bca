// Several things that are of use only together.

/**
 * Waits for all of them to start.
 * @throws what the first of them throws that cannot start, after those that have started were stopped; if one of these cannot stop either,
 * that failure is not reported: the reason of the first one counts
 */
export async function allOrNone<Running extends { stop(): Promise<void> }>(
  starting: readonly Promise<Running>[],
): Promise<Running[]> {
  const results = await Promise.allSettled(starting)
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (!failed) return started
  await Promise.allSettled(started.map((one) => one.stop()))
  throw failed.reason
}
