// The stand-in for EventStoreDB behind the server's own protocol: for the real client, with its connections, streams
// and surprises.
import type { AllStreamResolvedEvent, ResolvedEvent, Position as ServerPosition } from '@eventstore/db-client'
import { StreamNotFoundError, TimeoutError, UnavailableError, WrongExpectedVersionError } from '@eventstore/db-client'
import gossipService from '@eventstore/db-client/generated/gossip_grpc_pb.js'
import gossipMessages from '@eventstore/db-client/generated/gossip_pb.js'
import featureService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import status from '@eventstore/db-client/generated/status_pb.js'
import streamService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import messages from '@eventstore/db-client/generated/streams_pb.js'
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import anyMessage from 'google-protobuf/google/protobuf/any_pb.js'
import type empty from 'google-protobuf/google/protobuf/empty_pb.js'
import type { ScriptedServer } from './scripted-server.given.ts'

type Read = ServerWritableStream<messages.ReadReq, messages.ReadResp>
type SupportedMethodsCall = ServerUnaryCall<empty.Empty, featureMessages.SupportedMethods>
type BatchAppend = ServerDuplexStream<messages.BatchAppendReq, messages.BatchAppendResp>

export interface ServedServer {
  /** A connection string. */
  url: string
  /** Cuts all connections at once. */
  kill(): void
  /** Listens at the same address again. */
  start(): Promise<void>
  /** The next client that requests the server's features receives an error. */
  failNextFeatures(): void
  /** From now on the server with this connection string is the leader of the two. */
  follow(leader: string): void
  /** From now on this server is the leader. */
  lead(): void
}

/** The description of the cluster that its nodes give. */
export interface Member {
  /** A connection string of the node alone. */
  url: string
  isLeader: boolean
  isAlive: boolean
}

/**
 * @param now the clock of the server, in epoch milliseconds
 * @param gossip returns this node's description of the cluster, at each request
 */
export async function serve(
  scripted: ScriptedServer,
  now: () => number = Date.now,
  gossip: () => readonly Member[] = () => [],
): Promise<ServedServer> {
  let server: Server
  let port = 0
  let failing = false
  let leader: string | undefined
  const start = async () => {
    server = new Server()
    server.addService(
      streamService.StreamsService,
      unserved({ read: read(scripted, () => leader), batchAppend: batchAppend(scripted, now) }),
    )
    server.addService(gossipService.GossipService, {
      read: (_: unknown, answer: sendUnaryData<gossipMessages.ClusterInfo>) => answer(null, clusterOf(gossip())),
    })
    server.addService(featureService.ServerFeaturesService, {
      getSupportedMethods(call: SupportedMethodsCall, answer: sendUnaryData<featureMessages.SupportedMethods>) {
        if (!failing) return getSupportedMethods(call, answer)
        failing = false
        answer({ code: 13, details: 'Received RST_STREAM with code 2' })
      },
    })
    port = await new Promise<number>((resolve, reject) => {
      const bound = (error: Error | null, at: number) => (error ? reject(error) : resolve(at))
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), bound)
    })
  }
  await start()
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    kill: () => server.forceShutdown(),
    start,
    failNextFeatures() {
      failing = true
    },
    follow(url) {
      leader = new URL(url).host
    },
    lead() {
      leader = undefined
    },
  }
}

function clusterOf(members: readonly Member[]): gossipMessages.ClusterInfo {
  const { FOLLOWER, LEADER } = gossipMessages.MemberInfo.VNodeState
  const cluster = new gossipMessages.ClusterInfo()
  for (const { url, isLeader, isAlive } of members) {
    const { hostname, port } = new URL(url)
    const endpoint = new gossipMessages.EndPoint()
    endpoint.setAddress(hostname)
    endpoint.setPort(Number(port))
    const member = new gossipMessages.MemberInfo()
    member.setHttpEndPoint(endpoint)
    member.setIsAlive(isAlive)
    member.setState(isLeader ? LEADER : FOLLOWER)
    cluster.addMembers(member)
  }
  return cluster
}

/** All methods of the service. Those that no test needs do nothing. */
function unserved(served: UntypedServiceImplementation): UntypedServiceImplementation {
  const methods = Object.keys(streamService.StreamsService)
  return Object.fromEntries(methods.map((method) => [method, served[method] ?? (() => {})]))
}

function getSupportedMethods(_: SupportedMethodsCall, answer: sendUnaryData<featureMessages.SupportedMethods>): void {
  const method = new featureMessages.SupportedMethod()
  method.setServiceName('event_store.client.streams.streams')
  method.setMethodName('batchappend')
  const methods = new featureMessages.SupportedMethods()
  methods.setEventStoreServerVersion('23.10.6')
  methods.setMethodsList([method])
  answer(null, methods)
}

const read =
  ({ client }: ScriptedServer, leader: () => string | undefined) =>
  (call: Read): void => {
    const elsewhere = call.metadata.get('requires-leader').length > 0 ? leader() : undefined
    if (elsewhere !== undefined) {
      refer(call, elsewhere)
      return
    }
    const options = call.request.getOptions() as messages.ReadReq.Options
    const stream = options.getStream()
    const all = options.getAll()
    const filter = options.getFilter()
    const direction = options.getReadDirection() === 1 ? 'backwards' : 'forwards'
    if (stream) {
      const fromRevision = stream.hasRevision() ? BigInt(stream.getRevision()) : 'end'
      const maxCount = Number(options.getCount())
      passOn(call, client.readStream(nameOf(stream), { direction, fromRevision, maxCount }))
    } else if (!all || !filter) {
      const fromPosition = all?.hasPosition() ? positionIn(all) : 'end'
      passOn(call, client.readAll({ direction, fromPosition, maxCount: Number(options.getCount()) }))
    } else {
      subscribe(client, call, all, filter)
    }
  }

function subscribe(
  client: ScriptedServer['client'],
  call: Read,
  all: messages.ReadReq.Options.AllOptions,
  filter: messages.ReadReq.Options.FilterOptions,
): void {
  let checkpoint: ServerPosition | undefined
  const subscription = client.subscribeToAll(
    {
      fromPosition: all.hasPosition() ? positionIn(all) : 'start',
      filter: {
        filterOn: 'streamName',
        prefixes: filter.getStreamIdentifier()?.getPrefixList() ?? [],
        maxSearchWindow: filter.getMax(),
        checkpointInterval: 1,
        checkpointReached: (_, position) => {
          checkpoint = position
          setImmediate(tell)
        },
      },
    },
    { highWaterMark: 32 },
  )
  // On the wire a checkpoint comes after the events before it.
  const tell = () => {
    if (!checkpoint || subscription.readableLength > 0) return
    const message = new messages.ReadResp.Checkpoint()
    message.setCommitPosition(checkpoint.commit.toString())
    message.setPreparePosition(checkpoint.prepare.toString())
    checkpoint = undefined
    const response = new messages.ReadResp()
    response.setCheckpoint(message)
    call.write(response)
  }
  subscription.on('confirmation', () => {
    const response = new messages.ReadResp()
    response.setConfirmation(new messages.ReadResp.SubscriptionConfirmation())
    call.write(response)
  })
  passOn(call, subscription)
  subscription.on('data', () => setImmediate(tell))
  call.on('cancelled', () => void subscription.unsubscribe())
}

function positionIn(all: messages.ReadReq.Options.AllOptions): ServerPosition {
  const at = all.getPosition()
  return { commit: BigInt(at?.getCommitPosition() ?? 0), prepare: BigInt(at?.getPreparePosition() ?? 0) }
}

function passOn(
  call: Read,
  source: ReturnType<ScriptedServer['client']['readAll' | 'readStream' | 'subscribeToAll']>,
): void {
  source.on('error', (error: Error) => {
    if (!(error instanceof StreamNotFoundError)) {
      fail(call, error)
      return
    }
    const response = new messages.ReadResp()
    response.setStreamNotFound(new messages.ReadResp.StreamNotFound())
    call.write(response)
    call.end()
  })
  source.on('data', (resolved: ResolvedEvent | AllStreamResolvedEvent) => {
    if (call.write(eventMessage(resolved))) return
    source.pause()
    call.once('drain', () => source.resume())
  })
  source.on('end', () => call.end())
}

function eventMessage({ event }: ResolvedEvent | AllStreamResolvedEvent): messages.ReadResp {
  if (!event?.position) throw new Error('Here every event has a position.')
  const recorded = new messages.ReadResp.ReadEvent.RecordedEvent()
  const id = new shared.UUID()
  id.setString(event.id)
  recorded.setId(id)
  const stream = new shared.StreamIdentifier()
  stream.setStreamName(Uint8Array.from(Buffer.from(event.streamId)))
  recorded.setStreamIdentifier(stream)
  recorded.setStreamRevision(event.revision.toString())
  recorded.setCommitPosition(event.position.commit.toString())
  recorded.setPreparePosition(event.position.prepare.toString())
  recorded.getMetadataMap().set('type', event.type)
  recorded.getMetadataMap().set('content-type', event.isJson ? 'application/json' : 'application/octet-stream')
  recorded.getMetadataMap().set('created', (BigInt(event.created.getTime()) * 10_000n).toString())
  recorded.setData(bytesOf(event.data))
  recorded.setCustomMetadata(bytesOf(event.metadata))
  const message = new messages.ReadResp.ReadEvent()
  message.setEvent(recorded)
  const response = new messages.ReadResp()
  response.setEvent(message)
  return response
}

/** Writers send bytes to a real server, which may or may not be JSON. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  return Buffer.from(value === undefined ? '' : JSON.stringify(value))
}

const batchAppend =
  ({ client }: ScriptedServer, now: () => number) =>
  (call: BatchAppend): void => {
    const append = async (request: messages.BatchAppendReq) => {
      const options = request.getOptions() as messages.BatchAppendReq.Options
      const events = request.getProposedMessagesList().map((message) => ({
        contentType: 'application/json' as const,
        id: message.getId()?.getString() ?? '',
        type: message.getMetadataMap().get('type') ?? '',
        data: JSON.parse(Buffer.from(message.getData_asU8()).toString()),
        metadata: JSON.parse(Buffer.from(message.getCustomMetadata_asU8()).toString() || '{}'),
      }))
      const known = options.hasNoStream() ? 'no_stream' : BigInt(options.getStreamPosition())
      const expectedRevision = options.hasAny() ? 'any' : known
      const response = new messages.BatchAppendResp()
      response.setCorrelationId(request.getCorrelationId())
      response.setStreamIdentifier(options.getStreamIdentifier())
      const deadline = options.getDeadline()?.toDate()
      if (deadline && deadline.getTime() <= now()) {
        response.setError(timeout())
        call.write(response)
        return
      }
      try {
        const appended = await client.appendToStream(nameOf(options), events, { expectedRevision })
        const success = new messages.BatchAppendResp.Success()
        success.setCurrentRevision(appended.nextExpectedRevision.toString())
        const position = new shared.AllStreamPosition()
        position.setCommitPosition(String(appended.position?.commit))
        position.setPreparePosition(String(appended.position?.prepare))
        success.setPosition(position)
        response.setSuccess(success)
      } catch (error) {
        if (!(error instanceof WrongExpectedVersionError)) {
          fail(call, error)
          return
        }
        response.setError(wrongVersion())
      }
      call.write(response)
    }
    call.on('data', (request: messages.BatchAppendReq) => void append(request))
    call.on('end', () => call.end())
  }

function wrongVersion(): status.Status {
  return statusOf(new shared.WrongExpectedVersion().serializeBinary(), 'event_store.client.WrongExpectedVersion')
}

/** The deadline of an append is a time of the server's clock. */
function timeout(): status.Status {
  return statusOf(new shared.Timeout().serializeBinary(), 'event_store.client.Timeout')
}

function statusOf(message: Uint8Array, type: string): status.Status {
  const details = new anyMessage.Any()
  details.pack(message, type)
  const error = new status.Status()
  error.setDetails(details)
  return error
}

const CODES: readonly [new (...given: never[]) => Error, number][] = [
  [TimeoutError, 10],
  [UnavailableError, 14],
]

function fail(call: Read | BatchAppend, error: unknown): void {
  const code = CODES.find(([kind]) => error instanceof kind)?.[1] ?? 2
  call.emit('error', { code, details: error instanceof Error ? error.message : String(error) })
}

function refer(call: Read, leader: string): void {
  const metadata = new Metadata()
  const [host = '', port = ''] = leader.split(':')
  metadata.set('exception', 'not-leader')
  metadata.set('leader-endpoint-host', host)
  metadata.set('leader-endpoint-port', port)
  call.emit('error', { code: 5, details: 'Leader info available', metadata })
}

function nameOf(named: { getStreamIdentifier(): shared.StreamIdentifier | undefined }): string {
  return Buffer.from(named.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()
}
