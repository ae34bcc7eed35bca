// How fast work goes on, how much of it is left, and how long that may take, in words.

/** The time that the rate covers, in milliseconds: a rate over the whole time would hide that the work has stopped. */
const WINDOW = 5_000

/**
 * Returns a function to call now and then with the amount done so far: it returns `212/s, 1481 left, 7 s to go`.
 * @param now in milliseconds
 */
export function openPace(total: number, now = () => performance.now()): (done: number) => string {
  const begun = now()
  const seen = [{ at: begun, done: 0 }]
  return (done) => {
    const at = now()
    if (done >= total) return `in ${seconds(at - begun)}`
    seen.push({ at, done })
    while (at - (seen[1]?.at ?? at) >= WINDOW) seen.shift()
    const before = seen[0] ?? { at, done }
    const perSecond = at > before.at ? (1000 * (done - before.done)) / (at - before.at) : 0
    const left = total - done
    const rate = `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s, ${left} left`
    return perSecond > 0 ? `${rate}, ${seconds((1000 * left) / perSecond)} to go` : rate
  }
}

function seconds(milliseconds: number): string {
  const whole = Math.ceil(milliseconds / 1000)
  return whole < 120 ? `${whole} s` : `${Math.ceil(whole / 60)} min`
}
