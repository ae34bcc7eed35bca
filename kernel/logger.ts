// The part of a logger that the kernel uses; pino has it.

export interface Logger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** The logger of a program that gives none: warnings and errors go to stderr, one line each. */
export const toStderr: Logger = {
  debug() {},
  info() {},
  warn: (details, message) => console.error(message, details),
  error: (details, message) => console.error(message, details),
}
