// The command line of `creditline parked`.
import { parseArgs } from 'node:util'

export const USAGE = `Usage: creditline parked list | retry ID | discard ID [options]
   or: npm run parked -- list | retry ID | discard ID [options]

Shows the orders that cannot go on by themselves, and has one tried again, or given up. An ID is that of the list (placement-ord_1001);
the id of the order alone stands for its placement.

  --url URL  the desk's GraphQL endpoint (http://127.0.0.1:4000/graphql)
  --json     the answer as JSON: for a list, one object a line
  --help     this text`

export interface Arguments {
  action: 'list' | 'retry' | 'discard'
  /** Of the parked order; empty for a list. */
  id: string
  url: string
  json: boolean
}

/** The command line is wrong; the message is a sentence that names the argument and what would be right. */
export class BadArguments extends Error {
  override name = 'BadArguments'
}

/**
 * Reads the arguments after `parked`.
 * @returns the arguments, or `help` when that is what was asked for
 * @throws BadArguments
 */
export function parseArguments(args: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parsed(args)
  if (values.help) return 'help'
  const [action, id, ...more] = positionals
  const { json } = values
  const url = endpoint(values.url)
  switch (action) {
    case 'list':
      if (id !== undefined) throw new BadArguments(`A list is of all that are parked: ${id} is too much.`)
      return { action, id: '', url, json }
    case 'retry':
    case 'discard':
      if (id === undefined) throw new BadArguments(`The id of a parked order is missing, such as placement-ord_1001.`)
      if (more.length > 0) throw new BadArguments(`One order at a time: ${more.join(' ')} is too much.`)
      return { action, id: id.startsWith('ord_') ? `placement-${id}` : id, url, json }
    default:
      throw new BadArguments(`What to do must be list, retry or discard; it is ${action ? `"${action}"` : 'missing'}.`)
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new BadArguments((error as Error).message)
  }
}

function endpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new BadArguments(`--url must be an address such as http://127.0.0.1:4000/graphql; it is "${text}".`)
}
