// What a caller and a command handler in another process say to each other, as JSON. The other may be of another version of the desk.
import type { Cents } from '../../../events/money.ts'
import type { CommandMessage, Outcome } from './command-bus.ts'

export type Question = { ask: 'decide'; message: CommandMessage } | { ask: 'price'; productId: string }

/** A caller of an older release states no expiry: it waits, as far as anybody knows. */
export type Request = Question & { expiry?: Expiry }

/** When the caller waits no longer. The clocks of two hosts differ, so a time of day would mean nothing: see transit.ts. */
export interface Expiry {
  /** The caller, different for each process and each start of it. */
  sender: string
  /** The caller's own monotonic clock, in ms. */
  sentAt: number
  /** How long it waits from then on, in ms. */
  withinMs: number
}

export type Reply =
  | { outcome: Outcome }
  /** The list price; `null` when the product is unknown. */
  | { price: Cents | null }
  /** Machinery is in the way: the same request again is safe. */
  | { notDecided: string }
  /** The stream cannot be folded. */
  | { cannotFold: string }
  /** A bug is in the way: the same request again would fail again. */
  | { failed: string }

/** The request that a message is; `undefined` when it is none. */
export function asRequest(message: unknown): Request | undefined {
  if (!isObject(message)) return undefined
  const expiry = isExpiry(message.expiry) ? { expiry: message.expiry } : {}
  if (message.ask === 'price' && typeof message.productId === 'string') {
    return { ask: 'price', productId: message.productId, ...expiry }
  }
  if (message.ask === 'decide' && isCommandMessage(message.message)) {
    return { ask: 'decide', message: message.message, ...expiry }
  }
  return undefined
}

/** The reply that a message is; `undefined` when it is none. */
export function asReply(message: unknown): Reply | undefined {
  if (!isObject(message)) return undefined
  const { outcome, price, notDecided, cannotFold, failed } = message
  if (isObject(outcome) && typeof outcome.accepted === 'boolean') return message as Reply
  if (typeof price === 'number' || price === null) return message as Reply
  if ([notDecided, cannotFold, failed].some((text) => typeof text === 'string')) return message as Reply
  return undefined
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
