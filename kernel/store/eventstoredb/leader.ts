// Reads that the leader of the cluster answers, and nobody else: another node may not have yet what was just appended.
import type { AllStreamResolvedEvent, ReadStreamOptions, ResolvedEvent, StreamingRead } from '@eventstore/db-client'
import type { Client } from './client.ts'
import { isNotLeader } from './errors.ts'
import { untilDone } from './pages.ts'

type ReadAllOptions = Parameters<Client['readAll']>[0]
type SubscribeOptions = Parameters<Client['subscribeToAll']>[0]
type StreamOptions = Parameters<Client['subscribeToAll']>[1]

/**
 * A client of which everything is read from the leader. What it prefers of itself is no promise: it takes a follower where it finds no
 * leader, asks nobody at a single address, and stays with a leader that is none any more.
 *
 * - A subscription at a follower would lack nothing but time. But a node that has lost the others has no news for ever; and the event that
 *   is looked for at its begin (`eventstoredb-arrivals.ts`) has to be looked for where it has begun, or where more is known.
 * - An append is right wherever it goes: a follower passes it on, and the leader judges what is expected. A server that is told to refuse
 *   it instead ends the call that all appends share, and the outcome of all that are under way is unknown.
 */
export function readingFromLeader(client: Client): Client {
  const requiresLeader = true
  return {
    appendToStream: client.appendToStream.bind(client),
    setStreamMetadata: client.setStreamMetadata.bind(client),
    readStream: (stream: string, options?: ReadStreamOptions) =>
      client.readStream(stream, { ...options, requiresLeader }),
    readAll: (options?: ReadAllOptions) => client.readAll({ ...options, requiresLeader }),
    subscribeToAll: (options?: SubscribeOptions, readable?: StreamOptions) =>
      client.subscribeToAll({ ...options, requiresLeader }, readable),
  } as Client
}

/**
 * What a read gives, until its end or until nobody wants more. A node that refuses the read, because it is not the leader, names the one
 * that is; the client goes there, but what was refused has failed. So it is begun once more, unless some of it was given out.
 * @throws StoreUnavailable
 */
export async function* atLeader<Resolved extends ResolvedEvent | AllStreamResolvedEvent>(
  begin: () => StreamingRead<Resolved>,
  isEmpty?: (error: unknown) => boolean,
): AsyncGenerator<Resolved> {
  let isBegun = false
  try {
    for await (const resolved of untilDone(begin(), isEmpty)) {
      isBegun = true
      yield resolved
    }
  } catch (error) {
    if (isBegun || !isNotLeader(error)) throw error
    yield* untilDone(begin(), isEmpty)
  }
}
