// Sentences about everything that did not come to the desk as the file has it: a few of each kind, and how many more there are.
import { counted } from '../../kernel/counted.ts'
import type { Imported, Remark } from './import.ts'
import type { Plan } from './plan.ts'
import { SKIP_REASONS } from './rows.ts'
import type { Shared } from './sharers.ts'

const ITEMS_NAMED = 10
const SHARERS_NAMED = 5

/**
 * One line each: skipped rows by reason, rounded prices, dates that cannot be read, ids that stand for several of the file's own, orders of several customers, then orders that were
 * there with other content, then what the desk has refused.
 */
export function remarks(plan: Plan, { changed, refused }: Imported): string[] {
  const { skipped, rowsSkipped, rounded, undated, merged, ofSeveralCustomers } = plan
  return [
    ...SKIP_REASONS.flatMap((reason) => {
      const named = skipped[reason].map(({ line, why }) => `Line ${line} was skipped (${reason}): ${why}`)
      return [...named, ...more(rowsSkipped[reason] - named.length, `(${reason})`)]
    }),
    ...rounded.first.map(({ line, how }) => `Line ${line} has a price with more than two digits: ${how}`),
    ...more(rounded.rows - rounded.first.length, '(rounded price)'),
    ...firstOf(
      undated.map(({ orderId: id, date }) => ({ id, message: JSON.stringify(date) })),
      'has a date that cannot be read, and gets the time of its import',
      '(date)',
    ),
    ...Object.entries(merged).flatMap(([column, ids]) => {
      return firstOf(ids.map(sharersOf), `stands for more than one ${column} of the file`, `(${column})`)
    }),
    ...firstOf(ofSeveralCustomers.map(sharersOf), 'has rows of several customers and is charged to the first of them'),
    ...firstOf(changed, 'is left as it is on the desk'),
    ...firstOf(refused, 'was refused'),
  ]
}

function firstOf(items: readonly Remark[], what: string, kind?: string): string[] {
  const named = items.slice(0, ITEMS_NAMED).map(({ id, message }) => `${id} ${what}: ${message}`)
  return [...named, ...more(items.length - named.length, kind)]
}

/** E.g. `"Z/1" (2 rows), "Z 1" (1 row)`. */
function sharersOf({ id, by }: Shared): Remark {
  const named = by.slice(0, SHARERS_NAMED).map(({ name, rows }) => `${JSON.stringify(name)} (${counted(rows, 'row')})`)
  return { id, message: [...named, ...more(by.length - named.length)].join(', ') }
}

function more(count: number, of = ''): string[] {
  return count > 0 ? [`and ${count} more ${of}`.trimEnd()] : []
}
