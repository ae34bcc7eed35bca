// The GraphQL operations that the command line sends to the desk.

/** A parked order as the desk shows it. */
export interface ParkedOrder {
  id: string
  orderId: string
  reason: 'STUCK' | 'COMPENSATION_FAILED'
  steps: string[]
  error: string
  tries: number
  timesParked: number
  parkedAt: string
  events: { nodes: { recordedAt: string; type: string; summary: string }[] }
}

export interface ParkedPage {
  parked: { nodes: ParkedOrder[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

/** The answer of the desk to an operator. */
export interface OperatorAnswer {
  answer: {
    parked: { id: string; status: string } | null
    receipt: { commandId: string; duplicate: boolean } | null
    userErrors: { code: string; message: string }[]
  }
}

export const PARKED = `query Parked($after: String) {
  parked(first: 20, after: $after) {
    nodes {
      id orderId reason steps error tries timesParked parkedAt
      events(first: 100) { nodes { recordedAt type summary } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

const answer = '{ parked { id status } receipt { commandId duplicate } userErrors { code message } }'

export const RETRY = `mutation RetryParked($input: RetryParkedInput!) { answer: retryParked(input: $input) ${answer} }`

export const DISCARD = `mutation DiscardParked($input: DiscardParkedInput!) { answer: discardParked(input: $input) ${answer} }`
