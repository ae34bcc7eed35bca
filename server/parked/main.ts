// `creditline parked`: what an operator does about the orders that cannot go on, on a running desk.

import { randomUUID } from 'node:crypto'
import { counted } from '../../kernel/counted.ts'
import { BadArguments } from '../client/command-line.ts'
import { type DeskClient, DeskProblem, deskClient } from '../client/desk-client.ts'
import { BAD_INPUT, complain, DESK_FAILED, DONE } from '../client/ending.ts'
import { type Arguments, parseArguments, USAGE } from './arguments.ts'
import { DISCARD, type OperatorAnswer, PARKED, type ParkedOrder, type ParkedPage, RETRY } from './operations.ts'

/** How long the desk may be out of reach, in milliseconds. */
const PATIENCE = 5_000

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof DeskProblem) return complain(error.message, DESK_FAILED)
  if (error instanceof BadArguments) return complain(`${error.message}\n\n${USAGE}`, BAD_INPUT)
  throw error
})

async function main(args: readonly string[]): Promise<number> {
  const given = parseArguments(args)
  if (given === 'help') {
    console.log(USAGE)
    return DONE
  }
  const client = deskClient(given.url, PATIENCE)
  return given.action === 'list' ? list(client, given) : operate(client, given)
}

async function list(client: DeskClient, { json }: Arguments): Promise<number> {
  let count = 0
  let after: string | null = null
  do {
    const page: ParkedPage = await client.send<ParkedPage>(PARKED, { after })
    for (const parked of page.parked.nodes) console.log(json ? JSON.stringify(parked) : told(parked))
    count += page.parked.nodes.length
    after = page.parked.pageInfo.hasNextPage ? page.parked.pageInfo.endCursor : null
  } while (after !== null)
  if (!json) console.log(count === 0 ? 'No order is parked.' : `${count} parked.`)
  return DONE
}

async function operate(client: DeskClient, { action, id, json }: Arguments): Promise<number> {
  const input = { commandId: randomUUID(), id }
  const { answer } = await client.send<OperatorAnswer>(action === 'retry' ? RETRY : DISCARD, { input })
  if (json) console.log(JSON.stringify(answer))
  const [refusal] = answer.userErrors
  if (refusal) return complain(`${refusal.message} (${refusal.code})`, DESK_FAILED)
  if (!json) console.log(action === 'retry' ? `${id} is retried.` : `${id} is discarded.`)
  return DONE
}

function told({ id, reason, steps, error, tries, timesParked, parkedAt, events }: ParkedOrder): string {
  const where = steps.length > 0 ? ` (${steps.join(', ')})` : ''
  const again = timesParked > 1 ? `, parked ${timesParked} times so far` : ''
  const story = events.nodes.map(({ recordedAt, type, summary }) => `  ${recordedAt}  ${type.padEnd(18)} ${summary}`)
  const head = [
    id,
    `  parked at ${parkedAt} after ${counted(tries, 'try', 'tries')}${again}`,
    `  ${reason}${where}: ${error}`,
  ]
  return [...head, ...story, ''].join('\n')
}
