// A field: the supplier of a product, from the mutation to the query.
import { type Addition, after } from './addition.ts'

export const field: Addition = {
  heading: 'A field',
  changed: {
    'schema/schema.graphql': [
      after(
        '\ninput AddProductInput {\n',
        '  "The supplier: 1 to 200 characters, not all blank."\n  supplier: String\n',
      ),
      after('\ntype Product implements Node {\n', '  "The supplier. Null when none was named."\n  supplier: String\n'),
    ],
    'schema/operations/15-product.graphql': [after('    price\n', '    supplier\n')],
    'events/catalogue.ts': [
      after(
        'ProductAdded: z.object({ productId, name: z.string(), price: cents',
        ', supplier: z.exactOptional(z.string())',
      ),
    ],
    'command/product/product.ts': [
      after(
        "{ type: 'AddProduct'; productId: string; name: string; price: Cents; stock: number",
        '; supplier?: string | undefined',
      ),
      after('const { productId, name, price, stock', ', supplier'),
      after("type: 'ProductAdded', data: { productId, name, price", ', ...(supplier !== undefined && { supplier })'),
    ],
    'command/mutations/input.ts': [
      after(
        "addProduct: z.object({\n    commandId,\n    productId: optional(id('product')),\n",
        '    supplier: optional(text(200)),\n',
      ),
    ],
    'command/mutations/index.ts': [
      after('inputs.addProduct, ({ name, price, stock', ', supplier'),
      after("type: 'AddProduct',\n", '    supplier,\n'),
    ],
    'query/views/products.ts': [
      after('export interface ProductDocument extends VersionedDocument {\n', '  supplier?: string\n'),
      [/name: 'products',\n {2}version: \d+/, "name: 'products',\n  version: 1000"],
      after(
        'name: event.data.name,\n',
        '        ...(event.data.supplier !== undefined && { supplier: event.data.supplier }),\n',
      ),
    ],
  },
  created: {},
  test: `// The supplier of a product is the one that the mutation named.
import { expect, test } from 'vitest'
import { ask } from '../client.ts'
import { sharedDesk } from '../shared-desk.ts'

const desk = sharedDesk()

test('a product has the supplier that it was added with', async () => {
  const added = await ask(
    desk.url(),
    \`mutation {
      addProduct(input: { productId: "prd_1", name: "Lamp", price: "9.00", supplier: "Oak and Sons" }) {
        product { supplier }
      }
    }\`,
  )
  expect(added).toEqual({ addProduct: { product: { supplier: 'Oak and Sons' } } })
})
`,
}
