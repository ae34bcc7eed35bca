// What a caller and a command handler in another process say to each other, as JSON. The other may be of another version of the desk.
import type { Cents } from '../../events/money.ts'
import type { CommandMessage, Outcome } from './command-bus.ts'

export type Request = { ask: 'decide'; message: CommandMessage } | { ask: 'price'; productId: string }

export type Reply =
  | { outcome: Outcome }
  /** The list price; `null` when the product is unknown. */
  | { price: Cents | null }
  /** Machinery is in the way: the same request again is safe. */
  | { notDecided: string }
  /** A bug is in the way: the same request again would fail again. */
  | { failed: string }

/** The request that a message is; `undefined` when it is none. */
export function asRequest(message: unknown): Request | undefined {
  if (!isObject(message)) return undefined
  if (message.ask === 'price' && typeof message.productId === 'string') return message as Request
  if (message.ask === 'decide' && isCommandMessage(message.message)) return message as Request
  return undefined
}

/** The reply that a message is; `undefined` when it is none. */
export function asReply(message: unknown): Reply | undefined {
  if (!isObject(message)) return undefined
  const { outcome, price, notDecided, failed } = message
  if (isObject(outcome) && typeof outcome.accepted === 'boolean') return message as Reply
  if (typeof price === 'number' || price === null) return message as Reply
  if (typeof notDecided === 'string' || typeof failed === 'string') return message as Reply
  return undefined
}

function isCommandMessage(value: unknown): boolean {
  if (!isObject(value) || !isObject(value.command) || typeof value.command.type !== 'string') return false
  return [value.stream, value.commandId, value.digest, value.correlationId].every((text) => typeof text === 'string')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
