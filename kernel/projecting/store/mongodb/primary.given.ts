// The primary of a replica set, as far as a client can tell: it accepts every request, reports the time, and records
// the requests.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { BSON, Timestamp } from 'mongodb'

type Command = Record<string, unknown>

export interface GivenPrimary {
  url: string
  /** The commands so far, without those by which clients maintain their connections. */
  commands: Command[]
  /** The time of the newest write. */
  written(): Timestamp
  close(): Promise<void>
}

const OP_MSG = 2013
const OP_QUERY = 2004
const OP_REPLY = 1

/**
 * @param found the documents that every `find` answers
 * @param outcome the fields of the answer to a write besides its success
 */
export async function givenPrimary(
  found: readonly object[],
  outcome: (command: Command) => object = () => ({}),
): Promise<GivenPrimary> {
  const commands: Command[] = []
  const sockets = new Set<Socket>()
  let ticks = 0
  let written = new Timestamp({ t: 1, i: 0 })

  function answerTo(command: Command, address: string): object {
    if ('hello' in command || 'ismaster' in command || 'isMaster' in command) return helloFrom(address)
    if ('endSessions' in command) return { ok: 1 }
    commands.push(command)
    const operationTime = new Timestamp({ t: 1, i: ++ticks })
    const told = { ok: 1, operationTime, $clusterTime: { clusterTime: operationTime } }
    if ('find' in command) return { ...told, cursor: { id: 0n, ns: 'creditline.any', firstBatch: found } }
    written = operationTime
    return { ...told, n: 1, nModified: 1, ...outcome(command) }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    const address = `127.0.0.1:${socket.localPort}`
    let received = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const message = received.subarray(0, received.readInt32LE(0))
        received = received.subarray(message.length)
        const isQuery = message.readInt32LE(12) === OP_QUERY
        const answer = BSON.serialize(answerTo(isQuery ? queryOf(message) : commandOf(message), address))
        socket.write(isQuery ? replyTo(message, answer) : messageTo(message, answer))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  const port = at !== null && typeof at === 'object' ? at.port : 0

  return {
    url: `mongodb://127.0.0.1:${port}`,
    commands,
    written: () => written,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function helloFrom(address: string): object {
  return {
    ok: 1,
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    setName: 'given',
    setVersion: 1,
    hosts: [address],
    primary: address,
    me: address,
    minWireVersion: 0,
    maxWireVersion: 21,
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    logicalSessionTimeoutMinutes: 30,
  }
}

/** The command of an OP_MSG; documents in a separate sequence after it are left out. */
function commandOf(message: Buffer): Command {
  return BSON.deserialize(message.subarray(21, 21 + message.readInt32LE(21)))
}

/** The command of an OP_QUERY, which only the first greeting uses. */
function queryOf(message: Buffer): Command {
  const start = message.indexOf(0, 20) + 9
  return BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)))
}

function messageTo(message: Buffer, answer: Uint8Array): Buffer {
  return framed(message, OP_MSG, [Buffer.alloc(5), answer])
}

function replyTo(message: Buffer, answer: Uint8Array): Buffer {
  const head = Buffer.alloc(20)
  head.writeInt32LE(8, 0)
  head.writeInt32LE(1, 16)
  return framed(message, OP_REPLY, [head, answer])
}

function framed(message: Buffer, opcode: number, parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(16)
  head.writeInt32LE(16 + body.length, 0)
  head.writeInt32LE(message.readInt32LE(4), 8)
  head.writeInt32LE(opcode, 12)
  return Buffer.concat([head, body])
}
