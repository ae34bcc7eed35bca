// A wait that has an end, for work that may hang.

/**
 * What the work gives; or, when that takes longer than so many milliseconds, what `late` gives or throws. The work goes on then: to end
 * it is for the caller, and what becomes of it, a failure too, is told to nobody. No timer is left behind.
 * @throws what the work throws in time, else what `late` throws
 */
export async function within<Result, Late>(
  milliseconds: number,
  work: PromiseLike<Result>,
  late: () => Late,
): Promise<Result | Late> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  return Promise.race([work, timeout.then(late)]).finally(() => clearTimeout(timer))
}
