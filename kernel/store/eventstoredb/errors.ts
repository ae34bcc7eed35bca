// Maps failures of the client to the errors of the port.
import {
  AccessDeniedError,
  InvalidArgumentError,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError,
  TimeoutError,
  UnsupportedError,
  WrongExpectedVersionError,
} from '@eventstore/db-client'
import {
  OutcomeUnknown,
  type Revision,
  RevisionConflict,
  StoreUnavailable,
  StreamDeleted,
  type StreamName,
} from '../event-store.ts'

/**
 * Maps a failed append to an error for its caller. Only a wrong expected version and a tombstone prove that nothing was
 * stored: a restart, and even another append on the same connection, fail appends that the server stores all the same.
 */
export function appendFailure(
  error: unknown,
  stream: StreamName,
  expected: Revision,
): RevisionConflict | StreamDeleted | OutcomeUnknown {
  if (error instanceof StreamDeletedError) return new StreamDeleted(stream)
  if (error instanceof WrongExpectedVersionError) return new RevisionConflict(stream, expected)
  return new OutcomeUnknown(`It is not known whether the append to ${stream} was stored: ${reason(error)}`, {
    cause: error,
  })
}

export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error
  return new StoreUnavailable(`EventStoreDB (EVENTSTORE_URL) cannot be used: ${reason(error)}`, { cause: error })
}

/** Such a stream has no events: it was never there, or somebody has deleted it. */
export function isNoStream(error: unknown): boolean {
  return error instanceof StreamNotFoundError || error instanceof StreamDeletedError
}

/**
 * The store was unavailable because another node is the leader. The client has already connected to the leader when it
 * reports this.
 */
export function isNotLeader(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.cause instanceof NotLeaderError
}

/** The server has dropped a healthy subscriber because events came faster than it took them. */
export function isTooSlow(error: unknown): boolean {
  return error instanceof TimeoutError
}

/** Waiting does not help: somebody has to change a setting. */
export function isLasting(error: unknown): boolean {
  return (
    error instanceof AccessDeniedError || error instanceof InvalidArgumentError || error instanceof UnsupportedError
  )
}

export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // The transport announces a detail that it does not have.
  return error.message.replace(/\.? Resolution note:\s*$/, '') || error.constructor.name
}
