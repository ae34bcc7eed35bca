// From a mutation to a command and back: checks the input, sends the command, answers with a receipt or user errors.

import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type * as z from 'zod'
import { type Entity, generatedId } from '../../events/ids.ts'
import { CannotFold, NotDecided, type Outcome } from '../../kernel/deciding/bus/command-bus.ts'
import type { StreamName } from '../../kernel/store/event-store.ts'
import type { Payload } from '../../schema/payload.ts'
import type { Command } from '../commands.ts'
import type { CommandContext } from '../context.ts'
import { digestOf } from './digest.ts'
import { checked, inputs } from './input.ts'

type MutationName = keyof typeof inputs

/** The fields of every input; the entity's own id stands under the entity's name: `customerId`. */
type Input = { commandId?: string | undefined } & { [Id in `${Entity}Id`]?: string | undefined }

/**
 * The resolver of one mutation.
 * @param entity what the command is for; when the input has no id for it, one is derived from the `commandId`
 * @param toCommand makes the command from the checked input and that id; it may ask the context for what the command has to know
 */
export function mutation<Schema extends z.ZodType<Input>>(
  name: MutationName,
  entity: Entity,
  schema: Schema,
  toCommand: (input: z.output<Schema>, id: string, context: CommandContext) => Command | Promise<Command>,
) {
  return resolver(name, schema, async (input, commandId, context) => {
    const id = (input as Input)[`${entity}Id`] ?? generatedId(entity, name, commandId)
    return { id, stream: `${entity}-${id}`, command: await toCommand(input, id, context) }
  })
}

/** The resolver of an operator's mutation for a parked saga, whose id is the name of its stream: `placement-ord_1`. */
export function parkedMutation(name: 'retryParked' | 'discardParked', type: 'RetryParked' | 'DiscardParked') {
  return resolver(name, inputs[name], ({ id }) => {
    const [saga = '', own = ''] = id.split(/-(.*)/s)
    return { id, stream: `parked-${saga}`, command: { type, id: own } }
  })
}

/** The id that the payload is for, and the command that a stream is to decide. */
interface Addressed {
  id: string
  stream: StreamName
  command: Command
}

function resolver<Schema extends z.ZodType<{ commandId?: string | undefined }>>(
  name: MutationName,
  schema: Schema,
  addressed: (input: z.output<Schema>, commandId: string, context: CommandContext) => Addressed | Promise<Addressed>,
) {
  return async (_: unknown, args: { input: unknown }, context: CommandContext): Promise<Payload> => {
    const check = checked(schema, args.input)
    if (!check.ok) return { id: '', receipt: null, userErrors: check.errors }

    const { commandId = randomUUID(), ...input }: { commandId?: string | undefined } = check.input
    return explained(async () => {
      const { id, stream, command } = await addressed(check.input, commandId, context)
      const digest = digestOf(name, input)
      const outcome = await context.bus.send({
        stream,
        command,
        commandId,
        digest,
        correlationId: commandId,
        receiptOnly: true,
      })
      return payload(id, commandId, outcome)
    })
  }
}

function payload(id: string, commandId: string, outcome: Outcome): Payload {
  if (outcome.accepted) {
    const { duplicate, revision, position } = outcome
    return { id, receipt: { commandId, duplicate, version: revision + 1, position }, userErrors: [] }
  }
  const { path, ...refusal } = outcome.refusal
  return { id, receipt: null, userErrors: [path ? { ...refusal, path: ['input', ...path] } : refusal] }
}

/** Broken machinery is not the client's fault: the error says whether the same command may be accepted at another time. */
async function explained<Result>(attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof CannotFold) {
      throw unavailable(`The desk cannot process the command: ${error.message}. ${REPAIR}`, false, error)
    }
    if (!(error instanceof NotDecided)) throw error
    throw unavailable(
      'The desk could not process the command now. Send it again with the same commandId: it is never executed twice.',
      true,
      error,
    )
  }
}

const REPAIR =
  'Another try does not help: the operator of the desk has to repair the stream, see "Events that the desk cannot trust" in docs/operations.md.'

function unavailable(message: string, retryable: boolean, originalError: Error): GraphQLError {
  return new GraphQLError(message, { originalError, extensions: { code: 'UNAVAILABLE', retryable } })
}
