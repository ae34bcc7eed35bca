// GraphQL on a WebSocket (graphql-transport-ws): how messages begin, answer and end operations.
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, type Message, MessageType, parseMessage } from 'graphql-ws'
import { limits } from './limits.ts'
import type { OperationText, Pipeline, Prepared, Refused, Result } from './pipeline.ts'
import type { RequestInfo } from './request.ts'

const initialisationTakesAtMost = 3_000

export interface Wire {
  /** The subprotocol that both sides have agreed on. */
  protocol: string
  /** Settles when the text has left. It never rejects. */
  send(text: string): Promise<void>
  close(code: number, reason: string): void
}

export interface Conversation {
  /** Takes a message of the client. */
  receive(text: string): void
  /** Ends everything when the socket is gone. */
  closed(): void
}

interface Operation {
  id: string
  /** Those of a subscription that has begun. */
  results?: AsyncGenerator<Result, undefined>
}

/**
 * Answers one client. An id names an operation from `subscribe` until either side ends it. From then on nothing is sent for that
 * operation, and the id is free: the protocol of graphql-ws 6.4.2 forgets the newer of two operations when the older one ends.
 */
export function converse(wire: Wire, request: RequestInfo, pipeline: Pipeline): Conversation {
  /** The operations that the client waits for, by their ids. */
  const operations = new Map<string, Operation>()
  /** Those that have not ended, also after the client has completed them: a query or mutation is executed to its end. */
  const executing = new Set<Operation>()
  const subscriptions = new Set<Operation>()
  let state: 'new' | 'initialised' | 'closed' = 'new'
  const initialisation = setTimeout(
    () => close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
    initialisationTakesAtMost,
  )
  if (wire.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
    close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
  }

  function answer(message: Message): void {
    switch (message.type) {
      case MessageType.ConnectionInit:
        if (state === 'new') acknowledge()
        else close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
        break
      case MessageType.Ping:
        void send({ type: MessageType.Pong, ...(message.payload && { payload: message.payload }) })
        break
      case MessageType.Pong:
        break
      case MessageType.Subscribe:
        if (state === 'new') close(CloseCode.Unauthorized, 'Unauthorized')
        else if (!operations.has(message.id)) void begin(message.id, message.payload)
        else close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${message.id} already exists`)
        break
      case MessageType.Complete:
        abandon(operations.get(message.id))
        break
      default:
        close(CloseCode.BadRequest, 'Only a server may send this message')
    }
  }

  function acknowledge(): void {
    state = 'initialised'
    clearTimeout(initialisation)
    void send({ type: MessageType.ConnectionAck })
  }

  async function begin(id: string, text: OperationText): Promise<void> {
    if (operations.size >= limits.operationsPerSocket) return refuse(id, tooMany)
    const prepared = pipeline.prepare(text)
    if ('refused' in prepared) return refuse(id, prepared)
    const isSubscription = prepared.operation.operation === 'subscription'
    const [running, most] = isSubscription
      ? [subscriptions, limits.unendedSubscriptionsPerSocket]
      : [executing, limits.unendedPerSocket]
    if (running.size >= most) return refuse(id, tooManyUnended)
    const operation: Operation = { id }
    operations.set(id, operation)
    running.add(operation)
    const refused = await run(operation, prepared)
    running.delete(operation)
    if (operations.get(id) !== operation) return
    operations.delete(id)
    if (refused === undefined) await send({ type: MessageType.Complete, id })
    else await refuse(id, refused)
  }

  /** @returns why the operation has failed, if it has */
  async function run(operation: Operation, prepared: Prepared): Promise<Refused | undefined> {
    try {
      if (prepared.operation.operation !== 'subscription') {
        const result = await pipeline.execute(prepared, request)
        if ('refused' in result) return result
        return await next(operation, result)
      }
      const begun = await pipeline.subscribe(prepared, request)
      if (!(Symbol.asyncIterator in begun)) return await next(operation, begun)
      operation.results = begun
      // The client may have completed it meanwhile.
      if (operations.get(operation.id) !== operation) await begun.return(undefined)
      else for await (const result of begun) await next(operation, result)
      return undefined
    } catch (error) {
      return pipeline.failed(error)
    }
  }

  async function next(operation: Operation, payload: Result): Promise<undefined> {
    const { id } = operation
    if (operations.get(id) === operation) await send({ type: MessageType.Next, id, payload })
  }

  function abandon(operation: Operation | undefined): void {
    if (operation === undefined) return
    operations.delete(operation.id)
    // A source that fails while it ends has no reader to tell.
    operation.results
      ?.return(undefined)
      .catch(pipeline.failed)
      .finally(() => subscriptions.delete(operation))
  }

  const refuse = (id: string, { refused }: Refused) => send({ type: MessageType.Error, id, payload: refused })
  const send = (message: object) => wire.send(JSON.stringify(message))

  function close(code: number, reason: string): void {
    end()
    wire.close(code, reason)
  }

  function end(): void {
    state = 'closed'
    clearTimeout(initialisation)
    for (const operation of [...operations.values()]) abandon(operation)
  }

  return {
    receive(text) {
      if (state === 'closed') return
      try {
        answer(parseMessage(text))
      } catch {
        close(CloseCode.BadRequest, 'Invalid message received')
      }
    },
    closed: end,
  }
}

const tooMany = overloaded(
  `A socket may have at most ${limits.operationsPerSocket} operations in flight. Complete one first.`,
)

const tooManyUnended = overloaded('Too many completed operations of this socket have not ended yet. Retry in a moment.')

function overloaded(message: string): Refused {
  return { refused: [{ message, extensions: { code: 'OVERLOADED' } }] }
}
