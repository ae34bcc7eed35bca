// Makes the leader of the cluster answer every read: another node may not have the newest appends yet.
import type { AllStreamResolvedEvent, ReadStreamOptions, ResolvedEvent, StreamingRead } from '@eventstore/db-client'
import type { Client } from './client.ts'
import { isNotLeader } from './errors.ts'
import { untilDone } from './pages.ts'

type ReadAllOptions = Parameters<Client['readAll']>[0]
type SubscribeOptions = Parameters<Client['subscribeToAll']>[0]
type StreamOptions = Parameters<Client['subscribeToAll']>[1]

/**
 * A client that reads everything from the leader. The client's own preference guarantees nothing: it takes a follower
 * when it finds no leader, does not check a single address, and stays with a former leader.
 *
 * - A subscription at a follower would only be late. But a node that has lost the others has no news for ever. And the
 * search for the event at the subscription's beginning (`arrivals.ts`) must read the same node, or one that knows more.
 * - An append is correct at any node: a follower passes it on, and the leader checks the expected revision. A server
 * with the order to refuse it instead ends the call that all appends share, and the outcome of all appends in flight is
 * unknown.
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
 * The events of a read, until it ends or the reader leaves. A node that is not the leader refuses the read and names
 * the leader. The client connects to the leader, but the refused read has failed. So it begins once more, unless some
 * events were already returned.
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
