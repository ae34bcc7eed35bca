// Advice for a server that cannot be used at the start.

/**
 * @param problem a sentence, with or without its full stop
 * @param setting the setting that contains the address of the server
 */
export function unreachableServerMessage(problem: string, setting: string): string {
  return `${problem.replace(/\.+$/, '')}. Start the server, or correct ${setting}.`
}
