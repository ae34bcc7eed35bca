// Maps failures of MongoDB to the errors of the port: either the server cannot be reached, or waiting does not help.
import { MongoError, MongoErrorLabel, MongoNetworkError, MongoServerSelectionError } from 'mongodb'
import { messageOf } from '../../../failures/message-of.ts'
import { StoreUnavailable } from '../../../store/event-store.ts'

/**
 * Errors of the client that mean that there is no connection now. Some of their classes are not exported by the client
 * (7.8).
 */
const NO_CONNECTION: readonly string[] = [
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'MongoNotConnectedError',
  'MongoOperationTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
  'MongoWaitQueueTimeoutError',
]

/** Codes of errors that the server may not return at another time. */
const NOT_NOW: ReadonlySet<number> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  24, // LockTimeout
  43, // CursorNotFound
  46, // LockBusy
  50, // MaxTimeMSExpired
  63, // StaleShardVersion
  64, // WriteConcernFailed
  70, // ShardNotFound
  79, // UnknownReplWriteConcern
  89, // NetworkTimeout
  91, // ShutdownInProgress
  100, // UnsatisfiableWriteConcern
  112, // WriteConflict
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  136, // CappedPositionLost
  175, // QueryPlanKilled
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  234, // RetryChangeStream
  237, // CursorKilled
  239, // SnapshotTooOld
  246, // SnapshotUnavailable
  251, // NoSuchTransaction
  262, // ExceededTimeLimit
  290, // TransactionExceededLifetimeLimitSeconds
  384, // ConnectionError
  391, // ReauthenticationRequired
  402, // ResourceExhausted
  462, // IngressRequestRateLimitExceeded
  9001, // SocketException
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11601, // Interrupted
  11602, // InterruptedDueToReplStateChange
  13388, // StaleConfig
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
  14031, // OutOfDiskSpace
])

/** Whether a failure may pass without a change of a setting or the program. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true
  if (NO_CONNECTION.includes(error.name)) return true
  if (PASSING.some((label) => error.hasErrorLabel(label))) return true
  return NOT_NOW.has(Number(error.code)) || (error.code === INTERNAL_ERROR && BEHIND_IS_AWAY.test(error.message))
}

/**
 * MongoDB returns this code for its own faults, which waiting does not solve: treated as an outage they would be
 * hidden, and retried for ever. FerretDB returns it for everything unexpected, also when the database behind it is
 * unreachable: only its text distinguishes that.
 */
const INTERNAL_ERROR = 1
const BEHIND_IS_AWAY =
  /connection (refused|reset)|failed to connect|broken pipe|unexpected EOF|conn(ection)? (is )?closed|database is (closed|locked)|context (canceled|deadline exceeded)|SQLSTATE (08|53|57P)/i

/** Labels by which the client or the server says that another try may work. */
const PASSING: readonly string[] = [
  MongoErrorLabel.RetryableWriteError,
  MongoErrorLabel.TransientTransactionError,
  MongoErrorLabel.RetryableError,
  MongoErrorLabel.SystemOverloadedError,
]

/** The error that the port throws: StoreUnavailable while the server cannot be reached, the error itself otherwise. */
export function asThrown(error: unknown, servers: string): unknown {
  return isAway(error) ? new StoreUnavailable(cannotBeUsed(servers, error), { cause: error }) : error
}

/** The sentence on servers that cannot be used. */
export function cannotBeUsed(servers: string, error: unknown): string {
  return `MongoDB at ${servers} (MONGODB_URL) cannot be used: ${messageOf(error)}`
}
