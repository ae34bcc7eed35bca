// A path to a server that tests can cut: loudly, with closed sockets, or silently, as a network that drops packets.
import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'

export interface Wire {
  /** The address of the server through this wire: of the same kind as the given one, including user and password. */
  url: string
  /** Cuts all connections, and accepts no new ones. */
  cut(): void
  /**
   * Passes nothing on any more, in either direction, while all sockets stay open. New ones are accepted and receive
   * nothing.
   */
  silence(): void
  /** Ends a cut, or a silence: the data of the meantime arrives now, as TCP sends lost data again. */
  mend(): void
  /** Cuts when the next client has left. */
  cutAfterNext(): void
  connections(): { now: number; ever: number }
  /** How many connections were turned away. */
  refused(): number
  /** Sends a text to the client, as if it came from the server. */
  say(text: string): void
  remove(): Promise<void>
}

/** @param usualPort of the server, if the url names none */
export async function wireTo(url: string, usualPort = 4222): Promise<Wire> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  let state: 'passes' | 'cut' | 'silent' = 'passes'
  let refused = 0
  let ever = 0

  /** Data that a socket received waits there while the wire is silent. */
  function pass(from: Socket, to: Socket): void {
    from.on('data', (data) => {
      if (!to.write(data)) {
        from.pause()
        to.once('drain', () => state === 'silent' || from.resume())
      }
    })
    if (state === 'silent') from.pause()
  }

  const server = createServer((socket) => {
    if (state === 'cut') {
      refused++
      socket.destroy()
      return
    }
    const onward = dial(Number(port) || usualPort, hostname)
    clients.add(socket)
    ever++
    for (const one of [socket, onward]) {
      sockets.add(one)
      one
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(one)
          clients.delete(socket)
          socket.destroy()
          onward.destroy()
        })
    }
    pass(socket, onward)
    pass(onward, socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The wire has no port')

  function cut(): void {
    state = 'cut'
    for (const socket of sockets) socket.destroy()
  }

  const onWire = new URL(url)
  onWire.hostname = '127.0.0.1'
  onWire.port = String(address.port)
  return {
    url: onWire.href,
    cut,
    silence() {
      state = 'silent'
      for (const socket of sockets) socket.pause()
    },
    mend() {
      state = 'passes'
      for (const socket of sockets) socket.resume()
    },
    cutAfterNext() {
      server.once('connection', (socket) => socket.once('close', cut))
    },
    connections: () => ({ now: clients.size, ever }),
    refused: () => refused,
    say(text) {
      for (const client of clients) client.write(text)
    },
    async remove() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
