// The command line of `creditline parked`.
import { BadArguments, endpoint, parsed, usualOptions } from '../client/command-line.ts'

export const USAGE = `Usage: creditline parked list | retry ID | discard ID [options]
   or: npm run parked -- list | retry ID | discard ID [options]

Shows the orders that cannot go on by themselves, and has one tried again, or given up. An ID is that of the list (placement-ord_1001);
the id of the order alone stands for its placement.

  --url URL  the desk, or its GraphQL endpoint (http://127.0.0.1:4000)
  --json     the answer as JSON: for a list, one object a line
  -h, --help this text`

export interface Arguments {
  action: 'list' | 'retry' | 'discard'
  /** Of the parked order; empty for a list. */
  id: string
  url: string
  json: boolean
}

/**
 * Reads the arguments after `parked`.
 * @returns the arguments, or `help` when the command line requests it
 * @throws BadArguments
 */
export function parseArguments(args: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parsed(args, usualOptions)
  if (values.help) return 'help'
  const [action, id, ...more] = positionals
  const { json } = values
  const url = endpoint(values.url)
  switch (action) {
    case 'list':
      if (id !== undefined) throw new BadArguments(`list takes no id: remove ${id}.`)
      return { action, id: '', url, json }
    case 'retry':
    case 'discard':
      if (id === undefined) throw new BadArguments(`The id of a parked order is missing, such as placement-ord_1001.`)
      if (more.length > 0) throw new BadArguments(`Give one id only: remove ${more.join(' ')}.`)
      return { action, id: id.startsWith('ord_') ? `placement-${id}` : id, url, json }
    default:
      throw new BadArguments(`The action must be list, retry or discard; it is ${action ? `"${action}"` : 'missing'}.`)
  }
}
