// How old the events of a stream are, judged by their recorded times alone: the clock of the process that asks may be another one.

/**
 * How many milliseconds before the newest of them each event was recorded. A clock that was set back between two events counts as
 * standing still there.
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
