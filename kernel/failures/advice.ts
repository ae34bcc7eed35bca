// What to do about a server that cannot be used at the start.

/**
 * @param problem a sentence, with or without its full stop
 * @param setting the one that says where the server is
 */
export function startOrCorrect(problem: string, setting: string): string {
  return `${problem.replace(/\.+$/, '')}. Start the server, or correct ${setting}.`
}
