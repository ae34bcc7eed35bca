// How a program that speaks to a desk ends.

/** Exit code: everything that was requested is done. */
export const DONE = 0
/** Exit code: the desk was not there, or refused some of it. */
export const DESK_FAILED = 1
/** Exit code: the command line, or a file that it names, is wrong. */
export const BAD_INPUT = 2

/** Prints on standard error why the program ends, and returns its exit code. */
export function complain(message: string, exitCode: number): number {
  console.error(message)
  return exitCode
}
