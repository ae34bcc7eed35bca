// The log of a desk: JSON lines on stderr, so that stdout is for people.
import pino, { type Logger } from 'pino'
import type { LogLevel } from './settings.ts'

/** @param level the least severity that is logged */
export function openLog(level: LogLevel): Logger {
  return pino({ level }, pino.destination({ fd: 2, sync: true }))
}
