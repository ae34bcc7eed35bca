// Commands as a client sends them: the name of a mutation, its input, and what came of it.
import { ask } from './client.ts'

export interface Receipt {
  commandId: string
  duplicate: boolean
  version: number
  position: string
}

export interface Refusal {
  __typename: 'SimpleUserError' | 'Conflict'
  code: string
  message: string
  path: string[] | null
  expected?: string
  actual?: string
}

/** `entity` is the customer, order or product of the payload: its id and its version. */
export interface Answer {
  entity: { id: string; version: number } | null
  receipt: Receipt | null
  userErrors: Refusal[]
}

const entities = {
  registerCustomer: 'customer',
  changeCreditLimit: 'customer',
  addProduct: 'product',
  changePrice: 'product',
  receiveStock: 'product',
  placeOrder: 'order',
  reviseOrder: 'order',
  cancelOrder: 'order',
  shipOrder: 'order',
  recordPayment: 'order',
}

export type Mutation = keyof typeof entities
export const mutations = Object.keys(entities) as Mutation[]

/** Sends one command; a refusal is part of the answer, an error of the response is thrown. */
export async function mutate(url: string, mutation: Mutation, input: Record<string, unknown>): Promise<Answer> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`
  const document = `mutation ($input: ${type}!) {
    answer: ${mutation}(input: $input) {
      entity: ${entities[mutation]} { id version }
      receipt { commandId duplicate version position }
      userErrors { __typename code message path ... on Conflict { expected actual } }
    }
  }`
  return (await ask<{ answer: Answer }>(url, document, { input })).answer
}

/** The receipt of a command that must be accepted. */
export async function accepted(url: string, mutation: Mutation, input: Record<string, unknown>): Promise<Receipt> {
  const { receipt, userErrors } = await mutate(url, mutation, input)
  if (!receipt || userErrors.length > 0) throw new Error(`${mutation} was refused: ${JSON.stringify(userErrors)}`)
  return receipt
}

/** The only refusal of a command that must be refused. */
export async function refused(url: string, mutation: Mutation, input: Record<string, unknown>): Promise<Refusal> {
  const { entity, receipt, userErrors } = await mutate(url, mutation, input)
  const [refusal, ...others] = userErrors
  if (!refusal || others.length > 0 || receipt || entity) {
    throw new Error(`${mutation} should have been refused once: ${JSON.stringify({ entity, receipt, userErrors })}`)
  }
  return refusal
}
