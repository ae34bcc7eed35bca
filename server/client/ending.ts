// How a program that speaks to a desk ends.

/** Exit code: everything that was asked for is done. */
export const DONE = 0
/** Exit code: the desk was not there, or refused some of it. */
export const DESK_FAILED = 1
/** Exit code: the command line, or a file that it names, is wrong. */
export const BAD_INPUT = 2

/** Says on standard error why the program ends, and gives back what it ends with. */
export function complain(message: string, exitCode: number): number {
  console.error(message)
  return exitCode
}
