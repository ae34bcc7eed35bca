// The command bus as a process reaches it: to handlers elsewhere, over a network that loses, repeats and delays.
import type { ShopBus } from '../command/commands.ts'
import { NotDecided } from '../kernel/deciding/bus/command-bus.ts'
import type { Life, Node } from './node.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Weather } from './weather.ts'

export type Handler = ShopBus & { stop(): Promise<void> }

interface Surroundings {
  life: Life
  weather: Weather
  time: VirtualTime
  /** Usually a single one of them handles the commands of a stream. */
  handlers: readonly Node<Handler>[]
}

const TIMEOUT = 3_000

export function farBus({ life, weather, time, handlers }: Surroundings): ShopBus {
  async function request<Answer>(stream: string, ask: (bus: ShopBus) => Promise<Answer>): Promise<Answer> {
    await weather.way(stream, 'commands slow')
    if (weather.strikes('command lost', stream)) return silence()
    const handler = handlerOf(stream).running()
    if (!handler) throw new NotDecided('nobody serves')
    const handle = () => handler.life.asks(async () => copy(await ask(handler.service)))
    if (weather.strikes('command twice', stream)) weather.muchLater(stream, handle)

    const answer = await Promise.race([handle(), time.pass(TIMEOUT).then(() => NO_ANSWER)])
    if (answer === NO_ANSWER || weather.strikes('command unheard', stream)) return silence()
    await weather.way(stream, 'commands slow')
    return answer as Answer
  }

  function handlerOf(stream: string): Node<Handler> {
    const goesAstray = weather.strikes('command astray', stream)
    const index = (stream.charCodeAt(stream.length - 1) + (goesAstray ? 1 : 0)) % handlers.length
    return handlers[index] as Node<Handler>
  }

  async function silence(): Promise<never> {
    await time.pass(TIMEOUT / 2)
    throw new NotDecided('no answer')
  }

  return {
    send: (message) => life.asks(() => request(message.stream, (bus) => bus.send(copy(message)))),
    priceOf: (productId) => life.asks(() => request(`product-${productId}`, (bus) => bus.priceOf(productId))),
  }
}

const NO_ANSWER = Symbol('no answer')

/** As it comes out of a message. */
function copy<Message>(message: Message): Message {
  return message === undefined ? message : JSON.parse(JSON.stringify(message))
}
