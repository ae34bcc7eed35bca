// The greeting for a person who has just started a desk, or a part of one.
import { type Role, roles } from '../settings/settings.ts'

/** The lines that a started desk prints for people: its addresses, and what to try. @param url of its gateway or its health */
export function greeting(url: string, running: readonly Role[] = roles): string {
  return running.includes('gateway')
    ? welcome(url)
    : `\nCreditline is running. Roles in this process: ${running.join(', ')}.\n\n  Health       ${url}/health/ready\n`
}

function welcome(url: string): string {
  return `
Creditline is running.

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
