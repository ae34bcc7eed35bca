// Collects the work of one turn of the event loop: that makes batches under load.

let waiting: (() => void)[] = []

/** Runs `work` at the end of this turn of the event loop, when all arrivals of the turn have been queued. */
export function atEndOfTurn(work: () => void): void {
  if (waiting.push(work) === 1) setImmediate(runAll)
}

function runAll(): void {
  const works = waiting
  waiting = []
  for (const work of works) work()
}
