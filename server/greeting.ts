// What a person reads who has just started a desk.

export function greeting(url: string): string {
  return `
Creditline is open.

  Playground   ${url}/playground
  GraphQL      ${url}/graphql  (HTTP and WebSocket)
  Health       ${url}/health/ready

Try this in the playground:

  mutation {
    registerCustomer(input: { name: "Ada's Flowers", creditLimit: "2000.00" }) {
      customer { id name availableCredit }
      userErrors { code message path }
    }
  }
`
}
