// A position is a place in one log. Inside it is a number; clients see it as text that carries the log's identity.

/** The place of an event in its log; grows with every event, not always by one. Compared as a number. */
export type Position = number

/** The position before the first event. */
export const START: Position = 0

/** A position as clients see it. */
export function formatPosition(logId: string, position: Position): string {
  return `${logId}-${position}`
}

/**
 * Reads a position that a client gave back.
 * @returns the position, or why it cannot be used: `malformed`, or `another-log` when it belongs to another log.
 */
export function parsePosition(logId: string, text: string): Position | 'malformed' | 'another-log' {
  const match = /^([a-z0-9]{12})-(\d{1,16})$/.exec(text)
  if (!match) return 'malformed'
  const position = Number(match[2])
  if (!Number.isSafeInteger(position)) return 'malformed'
  return match[1] === logId ? position : 'another-log'
}
