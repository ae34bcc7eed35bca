// Runs a task at most once at a time, and once more when it was requested meanwhile: any number of requests cost two
// runs.

/** @param task must not reject */
export function oneAtATime(task: () => Promise<void>) {
  let running: Promise<void> | undefined
  let again = false

  async function runs(): Promise<void> {
    do {
      again = false
      await task()
    } while (again)
    running = undefined
  }

  return {
    run(): void {
      again = true
      running ??= runs()
    },
    async settled(): Promise<void> {
      await running
    },
  }
}
