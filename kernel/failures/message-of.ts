// What an error says, whatever was thrown.

/** What an error says, or the thrown value as text where it is none. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
