// `npm run import -- FILE.csv`: sends a wholesaler's orders to a running desk.
import { BadArguments } from '../client/command-line.ts'
import { DeskProblem } from '../client/desk-client.ts'
import { BAD_INPUT, complain, DESK_FAILED, DONE } from '../client/ending.ts'
import { parseArguments, USAGE } from './arguments.ts'
import { UnreadableFile } from './file-text.ts'
import { importPlan } from './import.ts'
import { planOf } from './plan.ts'
import { progressOn } from './progress.ts'
import { remarks } from './remarks.ts'
import { readRows } from './rows.ts'
import { summaryOf, summaryText } from './summary.ts'

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof DeskProblem) return complain(error.message, DESK_FAILED)
  if (error instanceof UnreadableFile) return complain(error.message, BAD_INPUT)
  if (error instanceof BadArguments)
    return complain(`${error.message}\ncreditline import --help shows the options.`, BAD_INPUT)
  throw error
})

async function main(args: readonly string[]): Promise<number> {
  const given = parseArguments(args)
  if (given === 'help') {
    console.log(USAGE)
    return DONE
  }
  const begun = performance.now()
  const plan = await planOf(readRows(given.file, given), given.timeZone)
  const imported = await importPlan(plan, given, progressOn(process.stderr))
  const summary = summaryOf(plan, imported, (performance.now() - begun) / 1000)
  for (const remark of remarks(plan, imported)) console.error(remark)
  console.log(given.json ? JSON.stringify(summary) : summaryText(summary))
  return imported.refused.length === 0 ? DONE : DESK_FAILED
}
