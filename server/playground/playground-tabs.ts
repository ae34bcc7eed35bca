// The first tabs of the playground: the example operations that show the story of two orders, from an empty desk on.
import { type ExampleOperation, exampleOperations } from '../../schema/operations.ts'

const story = [
  'RegisterCustomer',
  'AddProduct',
  'PlaceOrder',
  'Order',
  'OrderChanged',
  'ReviseOrder',
  'ShipOrder',
  'PlaceOrderByTotal',
  'CancelOrder',
  'Orders',
  'Customer',
  'Events',
  'ChangePrice',
]

/** The first tab where there are orders already. */
const overview = 'Orders'

/**
 * The tabs of the playground, the first one first. All other examples are in schema/operations.
 * @param filled whether the desk begins with orders, so that a look at them comes first
 */
export function playgroundTabs(filled = false): ExampleOperation[] {
  const order = filled ? [overview, ...story.filter((name) => name !== overview)] : story
  const examples = new Map(exampleOperations().map((example) => [example.name, example]))
  return order.map((name) => {
    const example = examples.get(name)
    if (example === undefined) throw new Error(`There is no example operation ${name}.`)
    return example
  })
}
