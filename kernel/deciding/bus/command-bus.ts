// The port to whoever decides: commands go out, outcomes come back. At most once for each try; callers retry.
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
  /** What tells a repeat from another command with the same id: a digest of the input as the caller gave it. */
  digest: string
  correlationId: string
  causationId?: string
  actor?: string
  /**
   * For the command of a saga: where the saga began. The command has left nothing up to here, nor has anything that could refuse it
   * for good, so that a repeat is looked for after it only.
   */
  after?: Position
  /**
   * The caller is content with where the events are, and looks at none of them: a client, who is given a receipt. They may be left out
   * of the outcome then, which spares a repeat a read, and an answer from another process nearly all of its size.
   */
  receiptOnly?: true
}

/**
 * A command as a message to the stream that decides it.
 * @param also a `commandId` (default: a random one), with which a repeat of the command is recognised; and other fields of the message
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
  /** The command had been accepted before; the rest is as it was then. */
  duplicate: boolean
  /** The stream's last event after the command, and its place in the log. */
  revision: Revision
  position: Position
  /** What was recorded; nothing where nothing was to be done. Not to be looked at when the message was `receiptOnly`. */
  events: readonly AnyEvent[]
}

/**
 * By this process's monotonic clock (`performance.now()`, ms): the caller does not wait any longer, so the command is not begun after it.
 * What has begun is finished all the same.
 */
export type Deadline = number

export interface CommandBus<Command extends AnyCommand = AnyCommand> {
  /**
   * Has a command decided, and its events appended.
   * @param deadline without it, the command waits for its turn as long as that takes
   * @throws NotDecided when broken machinery is in the way; the same message again is safe. CannotFold when the stream has an event that
   *   its decider cannot take: the same message again helps once a release is at work that can. Any other error is a bug
   */
  send(message: CommandMessage<Command>, deadline?: Deadline): Promise<Outcome>
}

/**
 * The stream has an event that its decider cannot take: another release wrote it, say. Or somebody has deleted it. Nothing was decided. Waiting does not help, and all
 * other streams go on.
 */
export class CannotFold extends Error {
  override name = 'CannotFold'
}

/** Machinery is broken or overloaded. The command may or may not have been recorded: the same message again settles it. */
export class NotDecided extends Error {
  override name = 'NotDecided'
}
