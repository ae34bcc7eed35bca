// A position is a place in one log. Inside it is a number; clients see it as text that carries the log's identity.

/** The place of an event in its log. It grows with every event, not always by one, and is compared as a number. */
export type Position = number

/** The position before the first event. */
export const START: Position = 0

/** The text form of a position, for clients. */
export function formatPosition(logId: string, position: Position): string {
  return `${logId}-${position}`
}

/**
 * Reads a position that a client sent.
 * @returns the position, or the reason why it cannot be used: `malformed`, or `another-log` when it belongs to another
 * log.
 */
export function parsePosition(logId: string, text: string): Position | 'malformed' | 'another-log' {
  const match = /^([a-z0-9]{12})-(\d{1,16})$/.exec(text)
  if (!match) return 'malformed'
  const position = Number(match[2])
  if (!Number.isSafeInteger(position)) return 'malformed'
  return match[1] === logId ? position : 'another-log'
}
