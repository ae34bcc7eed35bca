// The messages between a caller and a command handler in another process, as JSON. The other process may run another
// version of the desk.
import type { CommandMessage, Deadline, Outcome } from './command-bus.ts'

/** `decide` is the kernel's own request. All others are questions of a domain. */
export type Question = { ask: 'decide'; message: CommandMessage } | DomainQuestion

/** A question about the state of one stream: its name, and fields that the domain chooses. */
export type DomainQuestion = Readonly<{ ask: string } & Record<string, unknown>>

/** The answer to a question of the domain, as JSON. */
export type Answer = Readonly<Record<string, unknown>>

/**
 * Answers the questions of a domain, by their names; `undefined` for an unreadable question. A function throws the
 * errors of `CommandBus.send`.
 */
export type Answers = Readonly<
  Record<string, (question: DomainQuestion, deadline?: Deadline) => Promise<Answer> | undefined>
>

/** A caller of an older release states no expiry: its request never expires here. */
export type Request = Question & { expiry?: Expiry }

/**
 * When the caller stops waiting. The clocks of two hosts differ, so a time of day would mean nothing: see transit.ts.
 */
export interface Expiry {
  /** The caller, different for each process and each start of it. */
  sender: string
  /** The caller's own monotonic clock, in ms. */
  sentAt: number
  /** How long it waits from then on, in ms. */
  withinMs: number
}

/** One of these, or the answer to a question of the domain. */
export interface Reply {
  outcome?: Outcome
  /** A failure of machinery: sending the same request again is safe. */
  notDecided?: string
  /** The stream cannot be folded. */
  cannotFold?: string
  /** A bug: the same request would fail again. */
  failed?: string
}

/** The request in a message; `undefined` for any other message. */
export function asRequest(message: unknown): Request | undefined {
  if (!isObject(message) || typeof message.ask !== 'string') return undefined
  const { ask, expiry: stated, ...fields } = message
  const expiry = isExpiry(stated) ? { expiry: stated } : {}
  if (ask !== 'decide') return { ask, ...fields, ...expiry }
  return isCommandMessage(fields.message) ? { ask, message: fields.message, ...expiry } : undefined
}

/** The reply in a message; `undefined` for any other message. */
export function asReply(message: unknown): Reply | undefined {
  if (!isObject(message)) return undefined
  if (isObject(message.outcome) && typeof message.outcome.accepted !== 'boolean') return undefined
  return message
}

/** Whether a request is a command, and not a question of the domain. */
export function isCommand(request: Request): request is { ask: 'decide'; message: CommandMessage; expiry?: Expiry } {
  return request.ask === 'decide'
}

function isExpiry(value: unknown): value is Expiry {
  if (!isObject(value) || typeof value.sender !== 'string') return false
  return [value.sentAt, value.withinMs].every(Number.isFinite)
}

function isCommandMessage(value: unknown): value is CommandMessage {
  if (!isObject(value) || !isObject(value.command) || typeof value.command.type !== 'string') return false
  return [value.stream, value.commandId, value.digest, value.correlationId].every((text) => typeof text === 'string')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
