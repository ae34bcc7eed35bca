// What the playground opens with: of the example operations those that tell the story of one order, from an empty desk on.
import { type ExampleOperation, exampleOperations } from '../schema/operations.ts'

const story = [
  'RegisterCustomer',
  'AddProduct',
  'PlaceOrder',
  'Order',
  'OrderChanged',
  'ShipOrder',
  'Customer',
  'Events',
  'ChangePrice',
]

/** The tabs of the playground, the first one first. All other examples are in schema/operations. */
export function playgroundTabs(): ExampleOperation[] {
  const examples = new Map(exampleOperations().map((example) => [example.name, example]))
  return story.map((name) => {
    const example = examples.get(name)
    if (example === undefined) throw new Error(`There is no example operation ${name}.`)
    return example
  })
}
