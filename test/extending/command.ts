// A command: the registration of a prospect, which is a customer without credit, as a mutation.
import { type Addition, after, atTheEnd, before } from './addition.ts'

export const command: Addition = {
  heading: 'A command',
  changed: {
    'schema/schema.graphql': [
      after(
        '\ntype Mutation {\n',
        `  "Registers a customer without credit."
  registerProspect("The prospect to register." input: RegisterProspectInput!): CustomerPayload!

`,
      ),
      atTheEnd(`
"A customer to register without credit."
input RegisterProspectInput {
  "The command's id. The desk generates an id when it is missing."
  commandId: ID
  "The id of the customer. When it is missing, the desk derives it from the mutation's name and \`commandId\`."
  customerId: ID
  "The name: 1 to 200 characters, not all blank."
  name: String!
}
`),
    ],
    'command/customer/customer.ts': [
      before(
        "  | { type: 'ChangeCreditLimit';",
        "  | { type: 'RegisterProspect'; customerId: string; name: string }\n",
      ),
      before(
        "      case 'ChangeCreditLimit': {\n",
        `      case 'RegisterProspect': {
        const { customerId, name } = command
        if (customer.status === 'REGISTERED') {
          return { code: 'ALREADY_EXISTS', message: 'customerId must be a new id.', path: ['customerId'] }
        }
        return [{ type: 'CustomerRegistered', data: { customerId, name, creditLimit: 0 } }]
      }

`,
      ),
    ],
    'command/mutations/input.ts': [
      before(
        '  changeCreditLimit: z.object(',
        "  registerProspect: z.object({ commandId, customerId: optional(id('customer')), name: text(200) }),\n",
      ),
    ],
    'command/mutations/index.ts': [
      before(
        '  changeCreditLimit: mutation(',
        `  registerProspect: mutation('registerProspect', 'customer', inputs.registerProspect, ({ name }, customerId) => ({
    type: 'RegisterProspect',
    customerId,
    name,
  })),
`,
      ),
    ],
    'command/mutations/input.test.ts': [
      before('  changeCreditLimit: { customerId:', "  registerProspect: { name: 'Acme Tools' },\n"),
    ],
    'command/mutations/digest.test.ts': [
      before("  ['retryParked',", "  ['registerProspect', { name: 'Ada' }, 'x3lBIuuIGg6V1Xy9on2wC1/R+KE='],\n"),
    ],
  },
  created: {
    'schema/operations/30-register-prospect.graphql': `# Register a customer without credit
mutation RegisterProspect($input: RegisterProspectInput!) {
  registerProspect(input: $input) {
    customer {
      creditLimit
    }
    receipt {
      version
      position
    }
    userErrors {
      message
    }
  }
}
`,
    'schema/operations/30-register-prospect.json': `{
  "input": { "commandId": "demo-register-prospect", "customerId": "cus_prospect", "name": "Babbage Looms" }
}
`,
  },
  test: `// A prospect is a customer without credit.
import { expect, test } from 'vitest'
import { ask } from '../client.ts'
import { sharedDesk } from '../shared-desk.ts'

const desk = sharedDesk()

test('a prospect is registered without credit, and once only', async () => {
  const answer = await ask(
    desk.url(),
    \`mutation {
      registerProspect(input: { customerId: "cus_1", name: "Ada" }) { customer { name creditLimit } userErrors { code } }
      again: registerProspect(input: { customerId: "cus_1", name: "Ada" }) { userErrors { code } }
    }\`,
  )
  expect(answer).toEqual({
    registerProspect: { customer: { name: 'Ada', creditLimit: '0.00' }, userErrors: [] },
    again: { userErrors: [{ code: 'ALREADY_EXISTS' }] },
  })
})
`,
}
