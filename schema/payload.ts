// The answer of a mutation: made by the command side, with its read models added by the query side.
import type { ErrorCode } from './types.generated.ts'

/** The outcome of a command; a refused one has user errors and no receipt. */
export interface Payload {
  /** The customer, product, order or parked order that the command was for. */
  id: string
  receipt: Receipt | null
  userErrors: UserError[]
}

/** Proof of an accepted command: the place of its last event in the entity's own stream, and in the log. */
export interface Receipt {
  commandId: string
  duplicate: boolean
  /** The number of events in the entity's own stream. */
  version: number
  position: number
}

/** An expected refusal; with code CONFLICT it says what was expected and what is. */
export interface UserError {
  code: ErrorCode
  message: string
  /** The field, from the mutation's arguments on, e.g. `['input', 'creditLimit']`. */
  path?: readonly string[]
  expected?: string
  actual?: string
}
