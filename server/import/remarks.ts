// What did not come to the desk as the file has it, in sentences: a few of each kind, and how many more there are.
import type { Imported, Remark } from './import.ts'
import type { Plan } from './plan.ts'
import { SKIP_REASONS } from './rows.ts'

const ITEMS_NAMED = 10

/** One line each: skipped rows by reason, then orders that were there with other content, then what the desk has refused. */
export function remarks({ skipped, rowsSkipped }: Plan, { changed, refused }: Imported): string[] {
  return [
    ...SKIP_REASONS.flatMap((reason) => {
      const named = skipped[reason].map(({ line, why }) => `Line ${line} was skipped (${reason}): ${why}`)
      return [...named, ...more(rowsSkipped[reason] - named.length, `(${reason})`)]
    }),
    ...firstOf(changed, 'is left as it is on the desk'),
    ...firstOf(refused, 'was refused'),
  ]
}

function firstOf(items: readonly Remark[], what: string): string[] {
  const named = items.slice(0, ITEMS_NAMED).map(({ id, message }) => `${id} ${what}: ${message}`)
  return [...named, ...more(items.length - named.length)]
}

function more(count: number, of = ''): string[] {
  return count > 0 ? [`and ${count} more ${of}`.trimEnd()] : []
}
