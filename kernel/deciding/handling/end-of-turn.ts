// What arrives in one turn of the event loop is worked on together: that is what makes batches under load.

let waiting: (() => void)[] = []

/** Runs `work` at the end of this turn of the event loop, when everything that arrived in it has been queued. */
export function atEndOfTurn(work: () => void): void {
  if (waiting.push(work) === 1) setImmediate(runAll)
}

function runAll(): void {
  const works = waiting
  waiting = []
  for (const work of works) work()
}
