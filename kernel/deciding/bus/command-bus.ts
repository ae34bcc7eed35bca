// The port to the command handlers: commands go out, outcomes come back. Each try is executed at most once; callers
// retry.
import { randomUUID } from 'node:crypto'
import type { AnyEvent } from '../../store/category.ts'
import type { Revision, StreamName } from '../../store/event-store.ts'
import type { Position } from '../../store/position.ts'
import type { AnyCommand, Refusal } from '../decider.ts'

/** A command on its way to the stream that decides it. */
export interface CommandMessage<Command extends AnyCommand = AnyCommand> {
  stream: StreamName
  command: Command
  /** The key of duplicate detection, together with the stream. */
  commandId: string
  /** A digest of the caller's input: it distinguishes a repeat from another command with the same id. */
  digest: string
  correlationId: string
  causationId?: string
  actor?: string
  /**
   * For the command of a saga: the position where the saga began. Neither the command nor anything that refuses it for
   * good has left an event up to here, so the search for a repeat starts after it.
   */
  after?: Position
  /**
   * The caller needs only the revision and the position, and reads none of the events: a client, who receives a
   * receipt. The outcome may then omit the events, which spares a repeat a read, and an answer from another process
   * nearly all of its size.
   */
  receiptOnly?: true
}

/**
 * A command as a message to the stream that decides it.
 * @param also a `commandId` (default: a random one), by which a repeat of the command is recognised; and other fields
 * of the message
 *
 * @example const outcome = await handler.send(commandTo('account-7', { type: 'Deposit', amount: 5 }))
 */
export function commandTo<Command extends AnyCommand>(
  stream: StreamName,
  command: Command,
  { commandId = randomUUID(), ...also }: Partial<Omit<CommandMessage, 'stream' | 'command'>> = {},
): CommandMessage<Command> {
  return { stream, command, commandId, digest: '', correlationId: commandId, ...also }
}

export type Outcome = Accepted | { accepted: false; refusal: Refusal }

export interface Accepted {
  accepted: true
  /** The command had been accepted before; the other fields have the values of the first time. */
  duplicate: boolean
  /** The revision of the stream's last event after the command, and its position. */
  revision: Revision
  position: Position
  /** The recorded events; empty when the command changed nothing. Not to be read when the message was `receiptOnly`. */
  events: readonly AnyEvent[]
}

/**
 * By this process's monotonic clock (`performance.now()`, ms): the caller does not wait any longer, so the command is
 * not begun after it. A command that has begun is finished all the same.
 */
export type Deadline = number

export interface CommandBus<Command extends AnyCommand = AnyCommand> {
  /**
   * Sends a command to its handler, which decides it and appends its events.
   * @param deadline without it, the command waits for its turn without limit
   * @throws NotDecided when a failure of machinery prevents the decision; sending the same message again is safe.
   * CannotFold when the decider cannot apply an event of the stream: sending the same message again helps once a
   * release that can apply it is running. Any other error is a bug
   */
  send(message: CommandMessage<Command>, deadline?: Deadline): Promise<Outcome>
}

/**
 * The decider cannot apply an event of the stream: another release wrote it, for example. Or somebody has deleted the
 * stream. Nothing was decided. Waiting does not help, and all other streams continue.
 */
export class CannotFold extends Error {
  override name = 'CannotFold'
}

/**
 * Machinery has failed or is overloaded. The command may or may not have been recorded: sending the same message again
 * settles it.
 */
export class NotDecided extends Error {
  override name = 'NotDecided'
}
