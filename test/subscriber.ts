// A subscriber over a real WebSocket, which keeps everything that it was sent.
import { createClient } from 'graphql-ws'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

export interface Subscriber<Message> {
  /** Everything so far, oldest first. */
  messages: Message[]
  /** Settles with the messages when they meet a condition. */
  until(condition: (messages: Message[]) => boolean): Promise<Message[]>
  /** Cuts the connection as a broken network would; the client connects again by itself. */
  drop(): void
  /** Settles when the desk has ended the subscription: with the errors that it gave, if there were any. */
  ended: Promise<readonly { message: string; extensions?: { code?: string } }[]>
  /** The codes with which sockets were closed. */
  closeCodes: number[]
  stop(): Promise<void>
}

interface Options<Message> {
  /** The position to resume from, taken from a message; without it, the client does not come back. */
  resumeFrom?: (message: Message) => string
}

/**
 * Subscribes until the test has finished.
 * @param url of the desk; a function where it can change
 * @param query a subscription with one field; messages are that field's values
 * @param variables with `resumeFrom` the query needs a variable `$since`
 */
export function subscribe<Message>(
  url: string | (() => string),
  query: string,
  variables: Record<string, unknown> = {},
  { resumeFrom }: Options<Message> = {},
): Subscriber<Message> {
  let socket: WebSocket | undefined
  const closeCodes: number[] = []
  const messages: Message[] = []
  const client = createClient({
    url: () => `${(typeof url === 'string' ? url : url()).replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: resumeFrom ? 1_000 : 0,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 5)),
    shouldRetry: () => true,
    on: {
      connected: (opened) => {
        socket = opened as WebSocket
      },
      closed: (event) => void closeCodes.push((event as { code: number }).code),
    },
  })
  // The client writes the payload anew for every connection.
  const payload = { query, variables: { ...variables } as Record<string, unknown> }
  let unsubscribe = () => {}
  const ended = new Promise<readonly { message: string; extensions?: { code?: string } }[]>((resolve) => {
    unsubscribe = client.subscribe<Record<string, Message>>(payload, {
      next({ data, errors }) {
        if (errors) resolve(errors)
        const [message] = Object.values(data ?? {})
        if (message === undefined || message === null) return
        messages.push(message)
        if (resumeFrom) payload.variables.since = resumeFrom(message)
      },
      error: (error) => resolve(Array.isArray(error) ? error : []),
      complete: () => resolve([]),
    })
  })
  const stop = async () => {
    unsubscribe()
    await client.dispose()
  }
  onTestFinished(stop)
  return {
    messages,
    async until(condition) {
      await expect.poll(() => condition(messages) || messages, { timeout: 30_000, interval: 5 }).toBe(true)
      return messages
    },
    drop: () => socket?.terminate(),
    ended,
    closeCodes,
    stop,
  }
}
