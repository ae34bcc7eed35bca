// The ages of a stream's events, from their recorded times alone: the clock of this process may be another one.

/**
 * For each event, the number of milliseconds between it and the newest one. A clock that was set back between two
 * events counts as having stood still there.
 * @param events of one stream, in its order
 */
export function agesOf(events: readonly { recordedAt: string }[]): number[] {
  const ages: number[] = []
  let age = 0
  let after = Number.NEGATIVE_INFINITY
  for (const { recordedAt } of [...events].reverse()) {
    const time = Date.parse(recordedAt)
    age += Math.max(0, after - time)
    after = time
    ages.push(age)
  }
  return ages.reverse()
}
