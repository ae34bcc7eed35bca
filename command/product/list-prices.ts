// The port to list prices: the one question that the path of a mutation asks. It is answered from the stream of the product, not from a view.
import type { Cents } from '../../events/money.ts'
import type { Deadline } from '../../kernel/deciding/bus/command-bus.ts'
import type { RemoteBus } from '../../kernel/deciding/bus/remote-bus.ts'
import type { Answer, Answers } from '../../kernel/deciding/bus/remote-messages.ts'
import type { CommandHandler } from '../../kernel/deciding/handling/command-handler.ts'
import type { Product } from './product.ts'

export interface ListPrices {
  /**
   * The list price of a product now; `undefined` when the product is unknown.
   * @throws NotDecided, CannotFold
   */
  priceOf(productId: string, deadline?: Deadline): Promise<Cents | undefined>
}

/** List prices by way of the command handler of this process. */
export function listPrices(handler: CommandHandler): ListPrices {
  return {
    priceOf: (productId, deadline) =>
      handler.query(
        `product-${productId}`,
        (state) => {
          const product = state as Product
          return product.status === 'ADDED' ? product.price : undefined
        },
        deadline,
      ),
  }
}

/** List prices by way of the command handlers in other processes. */
export function remoteListPrices(bus: RemoteBus): ListPrices {
  return {
    async priceOf(productId, deadline) {
      const stream = `product-${productId}` as const
      const price = await bus.ask(stream, { ask: 'price', productId }, ({ price }) => readPrice(price), deadline)
      return price ?? undefined
    },
  }
}

/** The answers of a process that has the command handler of products. */
export function priceAnswers(prices: ListPrices): Answers {
  return {
    price: ({ productId }, deadline) =>
      typeof productId === 'string' ? answer(prices, productId, deadline) : undefined,
  }
}

async function answer(prices: ListPrices, productId: string, deadline: Deadline | undefined): Promise<Answer> {
  return { price: (await prices.priceOf(productId, deadline)) ?? null }
}

function readPrice(price: unknown): Cents | null | undefined {
  return typeof price === 'number' || price === null ? price : undefined
}
