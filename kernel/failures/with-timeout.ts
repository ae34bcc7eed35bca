// A wait that has an end, for work that may hang.

/**
 * The result of the work; or, when that takes longer than the given milliseconds, the result of `late`. The work then
 * continues: the caller has to end it, and nobody receives its result or its failure. No timer is left behind.
 * @throws the error of the work in time, and otherwise the error of `late`
 */
export async function withTimeout<Result, Late>(
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
