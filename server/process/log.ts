// The log of a desk: JSON lines on stderr, so that stdout is for people.
import pino, { type DestinationStream, type Logger } from 'pino'
import type { LogLevel } from '../settings/settings.ts'

/**
 * Opens the log.
 * @param level the least severity that is logged
 * @param destination instead of stderr
 */
export function openLog(level: LogLevel, destination: DestinationStream = stderr()): Logger {
  return pino({ level, formatters: { log: withErrorsInFull } }, destination)
}

function stderr(): DestinationStream {
  return pino.destination({ fd: 2, sync: true })
}

/** pino writes an error in full under the name `err` alone: under any other name, its JSON would be `{}`. */
function withErrorsInFull(details: Record<string, unknown>): Record<string, unknown> {
  const written = (name: string, value: unknown) =>
    value instanceof Error && name !== 'err' ? pino.stdSerializers.err(value) : value
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, written(name, value)]))
}
